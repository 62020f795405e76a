"""Plain HTTP by curl, and other people's judges on the token that comes back: xmlsec1 and opensaml's samlsign."""

import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Template

from world import PASSWORD, TOOL_SECONDS, Skip, expect

REQUEST = Template(Path(__file__).resolve().parent.joinpath("requests", "issue.xml").read_text())
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def the_ca_vouches_for_the_listener(world):
    status, _, body = curl(world, world.url + "/ca.pem")
    expect(status == 200 and "BEGIN CERTIFICATE" in body, f"{status} {body}")
    return f"{status}, {len(body)} bytes of PEM"


def the_service_says_it_is_ready(world):
    if not world.health:
        raise Skip("VCSSO_HEALTH is not set")
    seen = {path: curl(world, world.health + path)[0] for path in ("/livez", "/readyz", "/metrics", "/sdk")}
    expect(seen == {"/livez": 200, "/readyz": 200, "/metrics": 200, "/sdk": 404}, seen)
    return seen


def the_versions_name_vim25_alone(world):
    status, headers, body = curl(world, world.url + "/sdk/vimServiceVersions.xml")
    expect(status == 200 and re.findall(r"<name>(.*?)</name>", body) == ["urn:vim25"], f"{status} {body}")
    expect(headers.get("x-vcsso-trace"), headers)
    return re.findall(r"<version>(.*?)</version>", body)[0]


def a_right_password_gets_a_token(world):
    status, headers, body = issue(world, "alice@vsphere.local", PASSWORD)
    expect(status == 200 and assertion(body) is not None, f"{status} {body}")
    expect(re.search(f"Created[^>]*>{TIME}<", body), f"no time with three fractional digits in {body}")
    expect(headers.get("x-vcsso-trace"), headers)
    return f"{status}, {len(assertion(body))} bytes, trace {headers['x-vcsso-trace']}"


def a_wrong_password_gets_FailedAuthentication_and_nothing_else(world):
    status, headers, body = issue(world, "carol@vsphere.local", "wrong")
    expect(status == 500 and "<faultcode>ns0:FailedAuthentication</faultcode>" in body, f"{status} {body}")
    texts = re.sub(r"<[^>]*>", "\0", body).split("\0")
    expect(len([text for text in texts if text]) <= 2, f"pyVmomi reads two texts only: {body}")
    expect(headers.get("x-vcsso-trace"), headers)
    return f"{status} {re.search('<faultstring>(.*?)</faultstring>', body).group(1)}, trace {headers['x-vcsso-trace']}"


def an_unknown_user_gets_the_same_answer_as_a_wrong_password(world):
    answers = [issue(world, name, "wrong")[::2] for name in ("carol@vsphere.local", "nobody@vsphere.local")]
    expect(answers[0] == answers[1] and answers[0][0] == 500, answers)
    return f"{answers[0][0]}, {len(answers[0][1])} bytes, twice"


def xmlsec1_accepts_the_token_and_its_chain(world):
    token = token_file(world)
    expect(judge("xmlsec1", *XMLSEC1, "--trusted-pem", world.ca, token).returncode == 0, "refused")
    forged = forged_file(world, token)
    expect(judge("xmlsec1", *XMLSEC1, "--trusted-pem", world.ca, forged).returncode != 0, "a changed token passed")
    return "good token OK, changed token refused"


def samlsign_accepts_the_token(world):
    token = token_file(world)
    signer = signer_file(world, token)
    expect(judge("samlsign", "-f", token, "-c", signer).returncode == 0, "refused")
    forged = forged_file(world, token)
    expect(judge("samlsign", "-f", forged, "-c", signer).returncode != 0, "a changed token passed")
    return "good token OK, changed token refused"


def vi_json_opens_uses_and_ends_a_session(world):
    login = json.dumps({"userName": "alice@vsphere.local", "password": PASSWORD})
    status, headers, body = curl(world, vi_json(world, "Login"), *JSON, "-d", login)
    session = headers.get("vmware-api-session-id")
    expect(status == 200 and session and json.loads(body)["userName"] == r"VSPHERE.LOCAL\alice", f"{status} {body}")
    mine = ["-H", f"vmware-api-session-id: {session}"]
    current = curl(world, vi_json(world, "currentSession"), *mine)
    expect(json.loads(current[2])["key"] == json.loads(body)["key"], current)
    # The same session, as SOAP carries it.
    soap = SOAP.format('<Fetch xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><prop>currentSession</prop></Fetch>')
    cookie = ["-H", f'Cookie: vmware_soap_session="{session}"', "-H", "Content-Type: text/xml"]
    expect(json.loads(body)["key"] in curl(world, world.url + "/sdk", *cookie, "-d", soap)[2], "unknown to SOAP")
    ended = curl(world, vi_json(world, "Logout"), *mine, "-X", "POST")
    expect(ended[0] == 204, ended)
    after = curl(world, vi_json(world, "currentSession"), *mine)
    expect(after[::2] == (200, "null"), after)
    return f"{status}, {current[0]}, {ended[0]}, then {after[2]}"


def vi_json_refuses_with_a_fault(world):
    login = json.dumps({"userName": "nobody@vsphere.local", "password": "wrong"})
    status, headers, body = curl(world, vi_json(world, "Login"), *JSON, "-d", login)
    expect(status == 500 and headers.get("content-type") == "application/json", f"{status} {headers}")
    expect(json.loads(body)["_typeName"] == "InvalidLogin" and headers.get("x-vcsso-trace"), body)
    return f"{status} {body}"


def vi_json(world, member):
    return f"{world.url}/sdk/vim25/8.0.2.0/SessionManager/SessionManager/{member}"


def issue(world, username, password):
    now = datetime.now(timezone.utc)
    created, expires = (f"{time:%Y-%m-%dT%H:%M:%S}.000Z" for time in (now, now + timedelta(minutes=5)))
    message = Path(world.work, "issue.xml")
    message.write_text(REQUEST.substitute(created=created, expires=expires, username=username, password=password))
    action = 'SOAPAction: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue"'
    return curl(world, world.url + "/sts/STSService", "-H", "Content-Type: text/xml; charset=utf-8", "-H", action, "--data-binary", f"@{message}")


def curl(world, url, *arguments):
    """The status, the headers by lower-case name, the body."""
    head, body = Path(world.work, "head"), Path(world.work, "body")
    command = ["curl", "-sS", "--cacert", world.ca, "-D", str(head), "-o", str(body), "-w", "%{http_code}", *arguments, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_SECONDS)
    expect(done.returncode == 0, done.stderr)
    headers = dict(line.split(": ", 1) for line in head.read_text().splitlines() if ": " in line)
    return int(done.stdout), {name.lower(): value for name, value in headers.items()}, body.read_text() if body.exists() else ""


def assertion(body):
    found = re.search(r"<saml2:Assertion.*</saml2:Assertion>", body, re.DOTALL)
    return found and found.group(0)


def token_file(world):
    token = Path(world.work, "token.xml")
    token.write_text(assertion(issue(world, "alice@vsphere.local", PASSWORD)[2]) or "")
    return str(token)


def forged_file(world, token):
    """The same token for carol: one name changed, the signature left."""
    good = Path(token).read_text()
    changed = re.sub(r"(<saml2:NameID[^>]*>)[^@]*@", r"\1carol@", good)
    expect(changed != good, "no NameID to change")
    forged = Path(world.work, "forged.xml")
    forged.write_text(changed)
    return str(forged)


def signer_file(world, token):
    certificate = re.search(r"<ds:X509Certificate>([^<]*)<", Path(token).read_text()).group(1)
    lines = re.findall(".{1,64}", "".join(certificate.split()))
    signer = Path(world.work, "signer.pem")
    signer.write_text("\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]))
    return str(signer)


def judge(program, *arguments):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=TOOL_SECONDS)


JSON = ["-H", "Content-Type: application/json"]
SOAP = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
XMLSEC1 = ["--verify", "--enabled-key-data", "x509", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"]

CASES = [
    the_ca_vouches_for_the_listener,
    the_service_says_it_is_ready,
    the_versions_name_vim25_alone,
    a_right_password_gets_a_token,
    a_wrong_password_gets_FailedAuthentication_and_nothing_else,
    an_unknown_user_gets_the_same_answer_as_a_wrong_password,
    xmlsec1_accepts_the_token_and_its_chain,
    samlsign_accepts_the_token,
    vi_json_opens_uses_and_ends_a_session,
    vi_json_refuses_with_a_fault,
]
