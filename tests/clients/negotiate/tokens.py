"""Tokens of the STS by Kerberos and NTLM, as clients of both shapes ask for them: a Challenge with the Context of the first
message, or the same request again without any. Written from WS-Trust with `http.client`; `logins.py` plays the cases."""

import base64
import html
import http.client
import os
import re
import ssl
import uuid
from datetime import datetime, timedelta, timezone

import gssapi
import spnego
from cases import KERBEROS, NTLMSSP, SPNEGO, TARGET, mit, ntlm_user, random_proof, set_neg_mechs
from cases import pyspnego as any_pyspnego
from kdc import PASSWORD, REALM, log_in
from world import expect

WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
MESSAGE = """<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wsu="{wss}wssecurity-utility-1.0.xsd"
 xmlns:wst="{wst}"><S:Header><wsse:Security xmlns:wsse="{wss}wssecurity-secext-1.0.xsd"><wsu:Timestamp><wsu:Created>{now}</wsu:Created>\
<wsu:Expires>{end}</wsu:Expires></wsu:Timestamp></wsse:Security></S:Header><S:Body>{body}</S:Body></S:Envelope>"""
REQUEST = """<wst:RequestSecurityToken{context}><wst:TokenType>urn:oasis:names:tc:SAML:2.0:assertion</wst:TokenType>\
<wst:RequestType>{wst}/Issue</wst:RequestType><wst:Lifetime><wsu:Created>{now}</wsu:Created><wsu:Expires>{end}</wsu:Expires>\
</wst:Lifetime><wst:KeyType>{wst}/Bearer</wst:KeyType>{exchange}</wst:RequestSecurityToken>"""
RESPONSE = "<wst:RequestSecurityTokenResponse{context}>{exchange}</wst:RequestSecurityTokenResponse>"
EXCHANGE = """<wst:BinaryExchange EncodingType="{wss}soap-message-security-1.0#Base64Binary" \
ValueType="http://schemas.xmlsoap.org/ws/2005/02/trust/spnego">{token}</wst:BinaryExchange>"""
CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos"
# Every answer comes within milliseconds; more than this is a hang.
ANSWER_SECONDS = 30


class Client:
    """Asks for a token. With a Context it goes on by a Challenge, each message over a connection of its own; without one it
    repeats its request over one connection."""

    def __init__(self, lab, context=None):
        self.lab, self.context, self.connection, self.began = lab, context, None, False

    def say(self, token):
        encoded = {"wst": WST, "wss": WSS, "now": time(), "end": time(5)}
        encoded["context"] = f' Context="{self.context}"' if self.context else ""
        encoded["exchange"] = EXCHANGE.format(token=base64.b64encode(token).decode(), **encoded)
        goes_on = self.context and self.began
        body = (RESPONSE if goes_on else REQUEST).format(**encoded)
        headers = {"Content-Type": "text/xml", "SOAPAction": f'"{WST}/{"RSTR" if goes_on else "RST"}/Issue"'}
        self.began = True
        if self.context or not self.connection:
            context = ssl.create_default_context(cafile=self.lab.ca)
            self.connection = http.client.HTTPSConnection(self.lab.host, self.lab.port, timeout=ANSWER_SECONDS, context=context)
        self.connection.request("POST", "/sts/STSService", MESSAGE.format(body=body, **encoded), headers)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.read().decode())


class Answer:
    """What came back: a token of the exchange, an assertion, both, or a fault."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        found = re.search("<wst:BinaryExchange [^>]*>(.*?)</wst:BinaryExchange>", body)
        self.exchange = base64.b64decode(found.group(1)) if found else None
        found = re.search("<saml2:Assertion .*</saml2:Assertion>", body)
        self.assertion = found.group(0) if found else None
        found = re.search("<faultcode>ns0:(.*?)</faultcode>", body)
        self.fault = found.group(1) if found else None
        found = re.search(' Context="(.*?)"', body)
        self.context = html.unescape(found.group(1)) if found else None


def exchanged(lab, step, wanted, context=None, complete=None):
    """Runs an exchange to its end; how many messages it took."""
    client = Client(lab, context)
    token = step(None)
    for leg in range(1, 6):
        answer = client.say(token)
        if answer.assertion:
            break
        expect(answer.status == 200 and answer.exchange, f"{answer.status} {answer.body}")
        expect(answer.context == context if context else answer.context.startswith("sspi-"), answer.context)
        token = step(answer.exchange)
    expect(answer.context == context, answer.body)
    expect(f">{wanted}@VSPHERE.LOCAL</saml2:NameID>" in answer.assertion and CLASS in answer.assertion, answer.assertion)
    # The last token is this service's proof: the client's library judges it.
    if answer.exchange:
        step(answer.exchange)
    if complete:
        expect(complete(), "the client is not through")
    return f"{leg} messages, token of {wanted}"


def both_shapes(lab, new_client, wanted):
    """The same client twice: with a Context, and without one."""
    said = []
    for context in (f"urn:uuid:{uuid.uuid4()}", None):
        client = new_client()
        said.append(exchanged(lab, client.step, wanted, context, lambda: client.complete))
    return "; ".join(said)


def refused(lab, step, context, wanted="FailedAuthentication"):
    client, token = Client(lab, context), step(None)
    answer = client.say(token)
    while answer.exchange:
        expect(not answer.assertion, "a token was issued")
        answer = client.say(step(answer.exchange))
    expect((answer.status, answer.fault) == (500, wanted), f"{answer.status} {answer.body}")
    return answer.fault


def refused_in_both(lab, new_step):
    return " and ".join(refused(lab, new_step(), context) for context in ("urn:refused", None))


def pyspnego(protocol, user="bob", password=PASSWORD):
    return any_pyspnego(protocol, [spnego.Password(user, password)])


def only_ntlm(user):
    """A client that has an NT hash and so nothing to offer but NTLM."""
    nt_hash = "709d04a7d662836466d4413b65272258"  # of PASSWORD
    return any_pyspnego("negotiate", [spnego.NTLMHash(user, nt_hash=nt_hash)])


def Kerberos_raw(lab):
    return both_shapes(lab, lambda: mit(lab), "alice")


def Kerberos_raw_without_an_answer(lab):
    """As `sso.py` asks: no mutual authentication, so the first answer has no BinaryExchange."""
    answer = Client(lab).say(mit(lab, flags=gssapi.RequirementFlag.integrity).step(None))
    expect(answer.assertion and not answer.exchange, f"{answer.status} {answer.body}")
    return "1 message"


def Kerberos_in_SPNEGO(lab):
    return both_shapes(lab, lambda: mit(lab, mech=SPNEGO), "alice")


def Kerberos_by_pyspnego_in_SPNEGO(lab):
    cache = log_in(lab.folder, "bob")
    credentials = [spnego.KerberosCCache(f"FILE:{cache}", principal=f"bob@{REALM}")]
    return both_shapes(lab, lambda: any_pyspnego("negotiate", credentials), "bob")


def NTLM_raw(lab):
    return both_shapes(lab, lambda: pyspnego("ntlm"), "bob")


def NTLM_in_SPNEGO(lab):
    return both_shapes(lab, lambda: only_ntlm("bob"), "bob")


def Kerberos_that_is_not_the_first_choice(lab):
    """Three messages, where Kerberos alone is accepted."""
    ntlm_user(lab)
    os.environ["KRB5CCNAME"] = f"FILE:{log_in(lab.folder, 'alice')}"
    flags = gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.integrity

    def client():
        credentials = gssapi.Credentials(mechs=[SPNEGO], usage="initiate")
        set_neg_mechs(credentials, [NTLMSSP, KERBEROS])
        return gssapi.SecurityContext(name=TARGET, creds=credentials, mech=SPNEGO, flags=flags, usage="initiate")

    said = both_shapes(lab, client, "alice")
    expect(said.count("3 messages") == 2, said)
    return said


def NTLM_where_it_is_off(lab):
    return refused_in_both(lab, lambda: pyspnego("ntlm").step)


def The_Context_of_the_answer_goes_on_without_the_connection(lab):
    client, ntlm = Client(lab), pyspnego("ntlm")
    answer = client.say(ntlm.step(None))
    client.context = answer.context
    answer = client.say(ntlm.step(answer.exchange))
    expect(answer.assertion and ">bob@" in answer.assertion, f"{answer.status} {answer.body}")
    return f"{client.context[:12]}…"


def A_wrong_password_and_a_forged_AUTHENTICATE(lab):
    refused_in_both(lab, lambda: pyspnego("ntlm", "carol").step)

    def forged():
        client = pyspnego("ntlm")
        return lambda challenge: random_proof(client.step(challenge)) if challenge else client.step(None)

    return refused_in_both(lab, forged)


def A_replayed_AP_REQ(lab):
    token = mit(lab).step(None)
    expect(Client(lab).say(token).assertion, "the first was refused")
    return refused_in_both(lab, lambda: lambda _: token)


def A_ticket_for_another_service_of_the_keytab(lab):
    return refused_in_both(lab, lambda: mit(lab, host="other.lab.test").step)


def Two_clients_do_not_meet(lab):
    """Eight half-open exchanges of one address, half of them by each shape, answered in another order."""
    waiting = [(Client(lab, f"urn:{number}" if number % 2 else None), pyspnego("ntlm")) for number in range(8)]
    answers = [client.say(ntlm.step(None)) for client, ntlm in waiting]
    expect(all(answer.exchange for answer in answers), [answer.body for answer in answers])
    refused(lab, pyspnego("ntlm").step, "urn:8")
    for (client, ntlm), answer in reversed(list(zip(waiting, answers))):
        expect(client.say(ntlm.step(answer.exchange)).assertion, "one that waited was refused")
    # Somebody else's Context, and an answer that comes again.
    client, ntlm = Client(lab, "urn:mine"), pyspnego("ntlm")
    token = ntlm.step(client.say(ntlm.step(None)).exchange)
    stranger = Client(lab, "urn:theirs")
    stranger.began = True
    expect(stranger.say(token).fault == "FailedAuthentication", "a Context that nobody gave was known")
    expect(client.say(token).assertion, "the right one was hindered")
    expect(client.say(token).fault == "FailedAuthentication", "it came twice")
    return "8 at once, and a ninth refused"


def time(minutes=0):
    return (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


CASES = [
    Kerberos_raw,
    Kerberos_raw_without_an_answer,
    Kerberos_in_SPNEGO,
    Kerberos_by_pyspnego_in_SPNEGO,
    NTLM_raw,
    NTLM_in_SPNEGO,
    The_Context_of_the_answer_goes_on_without_the_connection,
    A_wrong_password_and_a_forged_AUTHENTICATE,
    A_replayed_AP_REQ,
    A_ticket_for_another_service_of_the_keytab,
    Two_clients_do_not_meet,
]
WITHOUT_NTLM = [Kerberos_that_is_not_the_first_choice, NTLM_where_it_is_off, A_replayed_AP_REQ]
