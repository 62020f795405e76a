"""A realm of its own in a temporary folder: an MIT KDC on a loopback port, users, services and their keytab."""

import os
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

REALM = "LAB.TEST"
PASSWORD = "Secret!23"
# The tickets of a service are sealed with the strongest of its keys; the first name is the acceptor's usual one.
SERVICES = {
    "HTTP/vcsso.lab.test": "aes256-cts-hmac-sha1-96:normal,aes128-cts-hmac-sha1-96:normal",
    "HTTP/aes128.lab.test": "aes128-cts-hmac-sha1-96:normal",
    "HTTP/sha2.lab.test": "aes256-cts-hmac-sha384-192:normal",
    "HTTP/sha2-128.lab.test": "aes128-cts-hmac-sha256-128:normal",
    "HTTP/other.lab.test": "aes256-cts-hmac-sha1-96:normal",
}
USERS = ("alice", "alice/evil", "bob")
TOOL_SECONDS = 30  # each of these tools answers within a second


@contextmanager
def realm():
    """Yields the realm's folder while its KDC runs, with KRB5_CONFIG set for this process."""
    with tempfile.TemporaryDirectory(prefix="vcsso-realm-") as folder:
        folder = Path(folder)
        port = free_port()
        (folder / "krb5.conf").write_text(krb5_conf(folder, port))
        (folder / "kdc.conf").write_text(kdc_conf(folder, port))
        os.environ["KRB5_CONFIG"] = str(folder / "krb5.conf")
        os.environ["KRB5_KDC_PROFILE"] = str(folder / "kdc.conf")
        run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        for service, keys in SERVICES.items():
            admin(f"addprinc -randkey -e {keys} {service}")
            admin(f"ktadd -k {folder}/keytab -norandkey {service}")
        for user in USERS:
            admin(f"addprinc -pw {PASSWORD} {user}")
        with open(folder / "kdc.log", "w") as log:
            kdc = subprocess.Popen([found("krb5kdc"), "-n", "-r", REALM], stdout=log, stderr=log)
        try:
            wait_for(port, kdc)
            yield folder
        finally:
            kdc.terminate()
            kdc.wait(TOOL_SECONDS)


def log_in(folder, user, enctype=None):
    """A ticket-granting ticket of the user; the file that holds it. With an enctype, every session key is of it."""
    cache = folder / f"cache-{user.replace('/', '-')}-{enctype}"
    config = folder / f"krb5-{enctype}.conf"
    if enctype:
        limits = f"permitted_enctypes = {enctype}\n allow_weak_crypto = false\n"
        text = (folder / "krb5.conf").read_text().replace("[libdefaults]\n", "[libdefaults]\n " + limits)
        config.write_text(text)
    environment = {**os.environ, **({"KRB5_CONFIG": str(config)} if enctype else {})}
    run("kinit", "-c", str(cache), user, input=PASSWORD + "\n", env=environment)
    return cache


def krb5_conf(folder, port):
    return f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 forwardable = true
[realms]
 {REALM} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 .lab.test = {REALM}
"""


def kdc_conf(folder, port):
    return f"""[realms]
 {REALM} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
  max_life = 10h
 }}
"""


def admin(command):
    run("kadmin.local", "-r", REALM, "-q", command)


def run(program, *arguments, **options):
    done = subprocess.run(
        [found(program), *arguments], capture_output=True, text=True, timeout=TOOL_SECONDS, **options
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program} {' '.join(arguments)}: {done.stderr or done.stdout}")
    return done.stdout


def found(program):
    """The administrator's programs are not always on a person's path."""
    folders = os.environ["PATH"].split(":") + ["/usr/sbin", "/sbin"]
    return next(str(Path(folder, program)) for folder in folders if Path(folder, program).exists())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, kdc):
    for _ in range(100):
        if kdc.poll() is not None:
            raise RuntimeError("the KDC stopped")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the KDC does not listen")
