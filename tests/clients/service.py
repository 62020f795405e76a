"""Starts `vcsso serve` for the client tests with a folder of its own, and stops it. Or takes a running one, named by VCSSO_URL."""

import os
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from world import Skip, World, one_line

HERE = Path(__file__).resolve().parent
START_SECONDS = 60  # a first start makes two RSA keys and runs the migrations, on a busy machine
STOP_SECONDS = 30  # SIGTERM lets open requests finish


@contextmanager
def started(binary, database):
    """The service on `database` ("sqlite" is the embedded default). Yields the world and a case that stops the service."""
    with tempfile.TemporaryDirectory(prefix="vcsso-clients-") as work:
        make_certificate(work, "ci-robot")
        make_certificate(work, "alice")
        shutil.copy(HERE / "seed.toml", work)
        command = [binary, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--seed", f"{work}/seed.toml"]
        command += ["--tunnel", "127.0.0.1:0"]
        command += [] if database == "sqlite" else ["--database", database]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VCSSO_")}
        with open(f"{work}/stderr", "w") as errors:
            process = subprocess.Popen(command, cwd=work, env=clean, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            url, health = ready(process, f"{work}/stderr")
            yield world(work, url, health, tunnel_port(work)), lambda _: stopped(process)
        finally:
            process.kill()
            process.wait()


@contextmanager
def replica(work, name, binary, database):
    """A service with a state folder of its own under `work`, sharing the keys there with the others. Yields the world and its process."""
    if not Path(work, "seed.toml").exists():
        make_certificate(work, "ci-robot")
        make_certificate(work, "alice")
        shutil.copy(HERE / "seed.toml", work)
    command = [os.path.abspath(binary), "serve", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--seed", f"{work}/seed.toml"]
    command += ["--state", f"{work}/{name}", "--keys", f"{work}/keys"]
    command += [] if database == "sqlite" else ["--database", database]
    clean = {variable: value for variable, value in os.environ.items() if not variable.startswith("VCSSO_")}
    with open(f"{work}/{name}.log", "w") as errors:
        process = subprocess.Popen(command, cwd=work, env=clean, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        url, health = ready(process, f"{work}/{name}.log")
        yield world(work, url, health), process
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@contextmanager
def running():
    """The service at VCSSO_URL, which has our seed; VCSSO_CA, VCSSO_HEALTH, VCSSO_TUNNEL_PORT and VCSSO_ROBOT_CERT, …_KEY say the rest."""
    with tempfile.TemporaryDirectory(prefix="vcsso-clients-") as work:
        make_certificate(work, "alice")
        yield world(work, os.environ["VCSSO_URL"].rstrip("/"), os.environ.get("VCSSO_HEALTH", ""), os.environ.get("VCSSO_TUNNEL_PORT", "")), not_ours


def world(work, url, health, tunnel=""):
    robot = Path(work, "ci-robot.crt")
    return World(
        url=url,
        health=health,
        ca=os.environ.get("VCSSO_CA") or fetch_ca(work, url),
        work=work,
        robot_cert=str(robot) if robot.exists() else os.environ.get("VCSSO_ROBOT_CERT", ""),
        robot_key=f"{work}/ci-robot.key" if robot.exists() else os.environ.get("VCSSO_ROBOT_KEY", ""),
        user_cert=f"{work}/alice.crt",
        user_key=f"{work}/alice.key",
        tunnel=tunnel,
    )


def tunnel_port(work):
    """As the banner says it, which stands before the READY line."""
    found = re.search(r"GOVMOMI_TUNNEL_PROXY_PORT=(\d+)", Path(work, "stderr").read_text())
    return found.group(1) if found else ""


def ready(process, log):
    """Waits for the line `READY url=… health=…`; what the service prints after it is read and dropped, so that it never blocks."""
    alarm = threading.Timer(START_SECONDS, process.kill)
    alarm.start()
    for line in process.stdout:
        found = re.match(r"READY url=(\S+) health=(\S+)", line)
        if found:
            alarm.cancel()
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found.groups()
    alarm.cancel()
    raise RuntimeError(f"no READY line, exit {process.wait()}: {one_line(Path(log).read_text()[-2000:], 2000)}")


def stopped(process):
    process.terminate()
    code = process.wait(STOP_SECONDS)
    if code != 0:
        raise AssertionError(f"exit {code} after SIGTERM, wanted 0")
    return "exit 0"


def not_ours(_):
    raise Skip("the service was running before")


def fetch_ca(work, url):
    """The CA comes from the service itself: there is nothing yet to check it by."""
    with urllib.request.urlopen(url + "/ca.pem", timeout=10, context=ssl._create_unverified_context()) as answer:
        Path(work, "ca.pem").write_bytes(answer.read())
    return f"{work}/ca.pem"


def make_certificate(work, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}"]
        + ["-keyout", f"{work}/{name}.key", "-out", f"{work}/{name}.crt"],
        check=True,
        capture_output=True,
    )
