#!/usr/bin/env python3
"""LoginBySSPI, and tokens of the STS, against the real service: logins.py BINARY [DATABASE…]. Prints a line for each case and, last, the sums."""

import base64
import hashlib
import html
import http.client
import os
import re
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

import gssapi
import spnego
import tokens
from cases import HOST, KERBEROS, NTLMSSP, SPNEGO, TARGET, gss_binding, mit, ntlm_user, random_proof, set_neg_mechs
from cases import pyspnego as any_pyspnego
from cases import spnego_binding, without_mic
from kdc import PASSWORD, REALM, log_in, realm
from pyVim.connect import Disconnect, SmartConnect
from service import fetch_ca, ready, stopped
from world import expect, play

SEED = f"""
[[user]]
name = "alice"
password = "{PASSWORD}"
groups = ["Administrators"]

[[user]]
name = "bob"
password = "{PASSWORD}"
ntlm = true

[[user]]
name = "carol"
password = "{PASSWORD}"

[[permission]]
principal = "Everyone"
group = true
role = "ReadOnly"
"""
CONFIG = """
[sspi]
ntlm = true
keytab = "{keytab}"
services = ["HTTP/{host}@{realm}"]
"""
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<{0} xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>{1}</{0}>'
    "</soapenv:Body></soapenv:Envelope>"
)
# Every answer comes within milliseconds; more than this is a hang.
ANSWER_SECONDS = 30


class Lab:
    """The realm, the service that has its keytab, and how to reach it."""

    def __init__(self, folder, url, work):
        self.folder, self.work = folder, work
        self.host, port = url.split("//")[1].rsplit(":", 1)
        self.port = int(port)
        self.ca = fetch_ca(work, url)

    def client(self):
        return Client(self)


class Client:
    """Speaks SOAP and remembers the cookie, as any client of the API does."""

    def __init__(self, lab):
        context = ssl.create_default_context(cafile=lab.ca)
        self.connection = http.client.HTTPSConnection(lab.host, lab.port, timeout=ANSWER_SECONDS, context=context)
        self.connection.connect()
        self.certificate_hash = hashlib.sha256(self.connection.sock.getpeercert(binary_form=True)).hexdigest()
        self.cookie = None

    def call(self, method, parameters=""):
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25/8.0.2.0"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.connection.request("POST", "/sdk", ENVELOPE.format(method, parameters), headers)
        answer = self.connection.getresponse()
        body = answer.read().decode()
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return answer.status, body, cookie

    def say(self, token):
        """What the service answers to a token: a challenge, a session's user, or the type of a fault."""
        encoded = base64.b64encode(token).decode()
        status, body, cookie = self.call("LoginBySSPI", f"<base64Token>{encoded}</base64Token>")
        challenge = re.search("<base64Token>(.*?)</base64Token>", body)
        if challenge:
            expect(status == 500 and 'xsi:type="SSPIChallenge"' in body and '"sspi-' in cookie, f"{status} {cookie} {body}")
            return "challenge", base64.b64decode(challenge.group(1))
        if status == 200:
            expect(cookie and "sspi-" not in cookie, cookie)
            return "session", html.unescape(re.search("<userName>(.*?)</userName>", body).group(1))
        expect(cookie is None, cookie)
        return "fault", re.search('xsi:type="(.*?)"', body).group(1)

    def user(self):
        """Whose session it is, read back from the service."""
        status, body, _ = self.call("Fetch", "<prop>currentSession</prop>")
        found = re.search("<userName>(.*?)</userName>", body)
        return status == 200 and found and found.group(1)


def log_in_by(lab, step, wanted, client=None):
    """Runs an exchange to its end, reads the session and ends it; how many calls it took."""
    client = client or lab.client()
    token = step(None)
    for leg in range(1, 6):
        word, said = client.say(token)
        if word == "session":
            break
        expect(word == "challenge", said)
        expect(client.user() is None, "the name of an exchange is no session")
        token = step(said)
    expect((word, said) == ("session", f"VSPHERE.LOCAL\\{wanted}"), (word, said))
    expect(client.user() == said, client.user())
    status, body, _ = client.call("Logout")
    expect(status == 200 and client.user() is None, f"{status} {body}")
    return f"{leg} calls, session of {said}"


def refused(lab, step, client=None):
    """Runs an exchange that must end in InvalidLogin."""
    client = client or lab.client()
    word, said = client.say(step(None))
    while word == "challenge":
        word, said = client.say(step(said))
    expect((word, said) == ("fault", "InvalidLogin"), (word, said))
    expect(not client.user(), "a session")
    return said


def pyspnego(protocol, user="bob", password=PASSWORD, **options):
    return any_pyspnego(protocol, [spnego.Password(user, password)], **options)


def Kerberos_raw(lab):
    return log_in_by(lab, mit(lab).step, "alice")


def Kerberos_raw_without_an_answer(lab):
    return log_in_by(lab, mit(lab, flags=gssapi.RequirementFlag.integrity).step, "alice")


def Kerberos_in_SPNEGO(lab):
    return log_in_by(lab, mit(lab, mech=SPNEGO).step, "alice")


def Kerberos_by_pyspnego_in_SPNEGO(lab):
    cache = log_in(lab.folder, "bob")
    client = any_pyspnego("negotiate", [spnego.KerberosCCache(f"FILE:{cache}", principal=f"bob@{REALM}")])
    return log_in_by(lab, client.step, "bob")


def Kerberos_bound_to_the_TLS_connection(lab):
    client = lab.client()
    bound = mit(lab, binding=gss_binding(client.certificate_hash))
    return log_in_by(lab, bound.step, "alice", client)


def NTLM_raw(lab):
    return log_in_by(lab, pyspnego("ntlm").step, "bob")


def NTLM_in_SPNEGO(lab):
    return log_in_by(lab, only_ntlm("bob").step, "bob")


def NTLM_of_our_domain(lab):
    return log_in_by(lab, pyspnego("ntlm", "VSPHERE\\bob").step, "bob")


def NTLM_bound_to_the_TLS_connection(lab):
    client = lab.client()
    bound = pyspnego("ntlm", channel_bindings=spnego_binding(client.certificate_hash))
    return log_in_by(lab, bound.step, "bob", client)


def NTLM_of_gss_ntlmssp_in_SPNEGO(lab):
    users = lab.folder / "ntlm-users"
    users.write_text(f"VSPHERE:bob:{PASSWORD}\n")
    os.environ["NTLM_USER_FILE"] = str(users)
    name = gssapi.Name("VSPHERE\\bob", gssapi.NameType.user)
    credentials = gssapi.Credentials(name=name, mechs=[SPNEGO], usage="initiate")
    set_neg_mechs(credentials, [NTLMSSP])
    flags = gssapi.RequirementFlag.integrity
    client = gssapi.SecurityContext(name=TARGET, creds=credentials, mech=SPNEGO, flags=flags, usage="initiate")
    return log_in_by(lab, client.step, "bob")


def pyVmomi_by_a_Kerberos_token(lab):
    token = base64.b64encode(mit(lab).step(None)).decode()
    context = ssl.create_default_context(cafile=lab.ca)
    instance = SmartConnect(host=lab.host, port=lab.port, token=token, tokenType="sspi", sslContext=context)
    user = instance.content.sessionManager.currentSession.userName
    expect(user == "VSPHERE.LOCAL\\alice", user)
    Disconnect(instance)
    return f"session of {user}"


# Where Kerberos alone is accepted.


def Kerberos_that_is_not_the_first_choice_answers_the_client(lab):
    ntlm_user(lab)
    os.environ["KRB5CCNAME"] = f"FILE:{log_in(lab.folder, 'alice')}"
    credentials = gssapi.Credentials(mechs=[SPNEGO], usage="initiate")
    set_neg_mechs(credentials, [NTLMSSP, KERBEROS])
    flags = gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.integrity
    client = gssapi.SecurityContext(name=TARGET, creds=credentials, mech=SPNEGO, flags=flags, usage="initiate")
    said = log_in_by(lab, client.step, "alice")
    # The service's proof came with a challenge, and the client has checked it.
    expect(said.startswith("3 calls") and client.complete, said)
    return said


def NTLM_where_it_is_off(lab):
    return refused(lab, pyspnego("ntlm").step)


# What must be refused.


def A_principal_of_two_components(lab):
    return refused(lab, mit(lab, user="alice/evil").step)


def A_ticket_for_another_service_of_the_keytab(lab):
    return refused(lab, mit(lab, host="other.lab.test").step)


def A_replayed_AP_REQ_on_another_connection(lab):
    token = mit(lab).step(None)
    one, other = lab.client(), lab.client()
    expect(one.say(token)[0] == "session", "the first was refused")
    said = refused(lab, lambda _: token, other)
    expect(one.user(), "the first session ended")
    return said


def A_token_that_is_bound_to_another_connection(lab):
    elsewhere = hashlib.sha256(b"another certificate").hexdigest()
    refused(lab, mit(lab, binding=gss_binding(elsewhere)).step)
    return refused(lab, pyspnego("ntlm", channel_bindings=spnego_binding(elsewhere)).step)


def NTLM_of_who_did_not_ask_for_it_and_of_nobody(lab):
    for user in ("carol", "alice", "Administrator", "nobody", "guest"):
        said = refused(lab, pyspnego("ntlm", user).step)
    return said


def A_forged_AUTHENTICATE(lab):
    for change in (random_proof, without_mic):
        client = pyspnego("ntlm")
        said = refused(lab, lambda challenge: change(client.step(challenge)) if challenge else client.step(None))
    return said


def An_answer_without_its_cookie(lab):
    client, ours = pyspnego("ntlm"), lab.client()
    _, challenge = ours.say(client.step(None))
    token, strange = client.step(challenge), lab.client()
    said = refused(lab, lambda _: token, strange)
    expect(ours.say(token) == ("session", "VSPHERE.LOCAL\\bob"), "the right one was hindered")
    expect(strange.user() is None, "a session")
    return said


def A_ninth_exchange_of_one_address(lab):
    waiting = [(pyspnego("ntlm"), lab.client()) for _ in range(8)]
    challenges = [connection.say(client.step(None)) for client, connection in waiting]
    expect({word for word, _ in challenges} == {"challenge"}, challenges)
    said = refused(lab, pyspnego("ntlm").step)
    for (client, connection), (_, challenge) in zip(waiting, challenges):
        expect(connection.say(client.step(challenge))[0] == "session", "one that waited was refused")
    return said


def Garbage(lab):
    for text in ("!", "TlRM", "YIIB", ""):
        status, body, cookie = lab.client().call("LoginBySSPI", f"<base64Token>{text}</base64Token>")
        expect(status == 500 and 'xsi:type="InvalidLogin"' in body and cookie is None, f"{status} {body}")
    return "InvalidLogin"


def only_ntlm(user):
    """A client that has an NT hash and so nothing to offer but NTLM."""
    nt_hash = "709d04a7d662836466d4413b65272258"  # of PASSWORD
    return any_pyspnego("negotiate", [spnego.NTLMHash(user, nt_hash=nt_hash)])


CASES = [
    Kerberos_raw,
    Kerberos_raw_without_an_answer,
    Kerberos_in_SPNEGO,
    Kerberos_by_pyspnego_in_SPNEGO,
    Kerberos_bound_to_the_TLS_connection,
    NTLM_raw,
    NTLM_in_SPNEGO,
    NTLM_of_our_domain,
    NTLM_bound_to_the_TLS_connection,
    NTLM_of_gss_ntlmssp_in_SPNEGO,
    pyVmomi_by_a_Kerberos_token,
    A_principal_of_two_components,
    A_ticket_for_another_service_of_the_keytab,
    A_replayed_AP_REQ_on_another_connection,
    A_token_that_is_bound_to_another_connection,
    NTLM_of_who_did_not_ask_for_it_and_of_nobody,
    A_forged_AUTHENTICATE,
    An_answer_without_its_cookie,
    A_ninth_exchange_of_one_address,
    Garbage,
]
WITHOUT_NTLM = [Kerberos_that_is_not_the_first_choice_answers_the_client, NTLM_where_it_is_off, A_principal_of_two_components]


@contextmanager
def serving(binary, database, folder, ntlm=True):
    """The service with the realm's keytab."""
    with tempfile.TemporaryDirectory(prefix="vcsso-sspi-") as work:
        config = CONFIG.format(keytab=folder / "keytab", host=HOST, realm=REALM)
        for name, text in (("seed.toml", SEED), ("vcsso.toml", config)):
            Path(work, name).write_text(text if ntlm else text.replace("ntlm = true\n", ""))
        command = [binary, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"]
        command += ["--seed", f"{work}/seed.toml", "--config", f"{work}/vcsso.toml"]
        command += [] if database == "sqlite" else ["--database", database]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VCSSO_")}
        with open(f"{work}/stderr", "w") as errors:
            process = subprocess.Popen(command, cwd=work, env=clean, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            url, _ = ready(process, work)
            yield Lab(folder, url, work)
            stopped(process)
        finally:
            process.kill()
            process.wait()


def main(binary, *databases):
    total = Counter()
    with realm() as folder:
        for database in databases or ("sqlite",):
            print(f"== LoginBySSPI and the STS on {database.split(':')[0]}", flush=True)
            with serving(str(Path(binary).resolve()), database, folder) as lab:
                total += play("sspi", lab, CASES)
                total += play("sts by sspi", lab, tokens.CASES)
        print("== LoginBySSPI and the STS by Kerberos alone", flush=True)
        with serving(str(Path(binary).resolve()), "sqlite", folder, ntlm=False) as lab:
            total += play("sspi", lab, WITHOUT_NTLM)
            total += play("sts by sspi", lab, tokens.WITHOUT_NTLM)
    print(f"{total['PASS']} passed, {total['FAIL']} failed, {total['SKIP']} skipped")
    return total["FAIL"] > 0 or total["PASS"] == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
