"""JSON Web Tokens as others see them: PyJWT finds our keys by discovery and judges our tokens, pyVmomi logs in with one. Runs in the venv; `run` calls it."""

import base64
import ssl
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import jwt
import requests
from pyVim.connect import Disconnect, SmartConnect
from pyVim.sso import SsoAuthenticator
from pyVmomi import vim

from world import PASSWORD, TOOL_SECONDS, World, expect, play

URN = "urn:ietf:params:oauth:token-type:"
FORM = "/api/vcenter/authentication/token"
PATHS = ("/api/vcenter/tokenservice/token-exchange", FORM)


def discovery_leads_to_the_keys(world):
    found = configuration(world)
    expect(found["issuer"].startswith("https://") and found["issuer"].endswith("/openidconnect/vsphere.local"), found)
    keys = get(world, found["jwks_uri"])["keys"]
    expect([key["kty"] for key in keys] == ["RSA"] and not {"d", "p", "q"} & set(keys[0]), keys)
    return f"{found['issuer']}, {len(keys)} key"


def pyjwt_accepts_our_tokens(world):
    for path in PATHS:
        token = exchanged(world, path, requested_token_type=URN + "id_token", audience="nsx")
        claims = judged(world, token, "nsx")
        expect((claims["sub"], claims["given_name"]) == ("alice@VSPHERE.LOCAL", "Alice"), claims)
    return ", ".join(sorted(claims))


def pyjwt_refuses_a_changed_token_and_another_audience(world):
    token = exchanged(world, FORM, requested_token_type=URN + "id_token", audience="nsx")
    other = exchanged(world, FORM, requested_token_type=URN + "id_token", audience="avi")
    header, _, signature = token.split(".")
    mixed = ".".join([header, other.split(".")[1], signature])
    seen = []
    for wrong, audience in [(mixed, "avi"), (token, "avi")]:
        try:
            judged(world, wrong, audience)
        except jwt.InvalidTokenError as error:
            seen.append(type(error).__name__)
    expect(seen == ["InvalidSignatureError", "InvalidAudienceError"], seen)
    return ", ".join(seen)


def an_access_token_opens_a_session_of_pyvmomi(world):
    si = connect(world, exchanged(world, FORM))
    who = si.content.sessionManager.currentSession.userName
    Disconnect(si)
    expect(who == r"VSPHERE.LOCAL\alice", who)
    return who


def an_identity_token_and_a_changed_one_open_none(world):
    token = exchanged(world, FORM)
    identity = exchanged(world, FORM, requested_token_type=URN + "id_token")
    for wrong in (identity, token[:-10] + "AAAAAAAA" + token[-2:], "none"):
        try:
            connect(world, wrong)
        except vim.fault.InvalidLogin as fault:
            seen = type(fault).__name__
        else:
            raise AssertionError("logged in")
    return seen


def an_access_token_opens_a_rest_session(world):
    headers = {"Authorization": "Bearer " + exchanged(world, FORM)}
    answer = requests.post(world.url + "/api/session", headers=headers, verify=world.ca, timeout=TOOL_SECONDS)
    expect(answer.status_code == 201, answer.text)
    mine = {"vmware-api-session-id": answer.json()}
    shown = get(world, world.url + "/api/session", mine)
    expect(shown["user"] == "alice@VSPHERE.LOCAL", shown)
    return shown["user"]


def an_access_token_becomes_an_assertion(world):
    """As clients of a federation do: the answer is decoded and logged in with."""
    token = exchanged(world, FORM)
    spec = {**of(token, "access_token"), "requested_token_type": URN + "saml2"}
    answer = requests.post(world.url + FORM, data=spec, verify=world.ca, timeout=TOOL_SECONDS).json()
    saml = base64.b64decode(answer["access_token"]).decode()
    si = SmartConnect(host=world.host, port=world.port, token=saml, tokenType="saml", sslContext=tls(world))
    who = si.content.sessionManager.currentSession.userName
    Disconnect(si)
    expect(who == r"VSPHERE.LOCAL\alice", who)
    return who


def what_is_no_token_is_an_invalid_grant(world):
    answer = requests.post(world.url + FORM, data=of("AAAA", "saml2"), verify=world.ca, timeout=TOOL_SECONDS)
    expect((answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), answer.text)
    return answer.json()["error_description"]


def exchanged(world, path, **wishes):
    subject = base64.b64encode(bearer(world).encode()).decode()
    spec = {**of(subject, "saml2"), **wishes}
    body = {"data": spec} if path == FORM else {"json": spec}
    answer = requests.post(world.url + path, **body, verify=world.ca, timeout=TOOL_SECONDS)
    expect(answer.status_code == 200, answer.text)
    return answer.json()["access_token"]


def of(token, kind):
    grant = "urn:ietf:params:oauth:grant-type:token-exchange"
    return {"grant_type": grant, "subject_token": token, "subject_token_type": URN + kind}


def judged(world, token, audience):
    found = configuration(world)
    keys = jwt.PyJWKClient(found["jwks_uri"], ssl_context=tls(world))
    algorithms = found["id_token_signing_alg_values_supported"]
    options = {"require": ["exp", "iat", "nbf", "sub", "jti"]}
    key = keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=algorithms, audience=audience, issuer=found["issuer"], options=options)


def configuration(world):
    return get(world, world.url + "/openidconnect/vsphere.local/.well-known/openid-configuration")


def get(world, url, headers=None):
    answer = requests.get(url, headers=headers, verify=world.ca, timeout=TOOL_SECONDS)
    expect(answer.status_code == 200, f"{answer.status_code} {answer.text}")
    return answer.json()


def bearer(world):
    sts = SsoAuthenticator(world.url + "/sts/STSService")
    return sts.get_bearer_saml_assertion("alice@vsphere.local", PASSWORD, ssl_context=tls(world))


def connect(world, token):
    return SmartConnect(host=world.host, port=world.port, token=token, tokenType="oauth-bearer", sslContext=tls(world))


def tls(world):
    return ssl.create_default_context(cafile=world.ca)


CASES = [
    discovery_leads_to_the_keys,
    pyjwt_accepts_our_tokens,
    pyjwt_refuses_a_changed_token_and_another_audience,
    an_access_token_opens_a_session_of_pyvmomi,
    an_identity_token_and_a_changed_one_open_none,
    an_access_token_opens_a_rest_session,
    an_access_token_becomes_an_assertion,
    what_is_no_token_is_an_invalid_grant,
]

if __name__ == "__main__":
    play("json tokens", World.from_environment(), CASES)
