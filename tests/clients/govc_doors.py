"""govc at the doors around the login: services are found, REST sessions are opened."""

import base64
import json
import ssl
from urllib.parse import urlsplit

from govc import ALICE_LOGIN, Govc, bearer, robot_flags, user_flags
from world import expect


def services_are_listed(world):
    nobody = Govc(world)
    kinds = [service["ServiceType"]["Type"] for service in listed(nobody)]
    expect(kinds == ["cs.identity", "sso:sts", "sso:admin", "cs.vapi", "vcenterserver"], kinds)
    text = nobody("sso.service.ls")
    expect([line.split()[1] for line in text.splitlines()] == kinds, text)
    return ", ".join(kinds)


def services_are_found_by_type_and_endpoint(world):
    nobody = Govc(world)
    sts = world.url + "/sts/STSService/vsphere.local"
    for flags, wanted in [
        (["-t", "cs.identity", "-P", "wsTrust"], [sts]),
        (["-t", "cs.identity", "-P", "vmomi"], [world.url + "/sso-adminserver/sdk/vsphere.local"]),
        (["-t", "sso:sts"], [sts]),
        (["-t", "vcenterserver", "-P", "vmomi"], [world.url + "/sdk"]),
        (["-T", "com.vmware.cis.cs.identity.sso", "-p", "com.vmware.cis"], [sts, sts]),
        (["-s", "default-first-site", "-t", "vcenterserver"], [world.url + "/sdk"]),
        (["-t", "unknown"], []),
        (["-n", "unknown"], []),
    ]:
        found = nobody("sso.service.ls", "-U", *flags).split()
        expect(found == wanted, f"{flags}: {found}")
    return sts


def the_certificate_is_told_before_the_connection(world):
    endpoint = listed(Govc(world), "-t", "sso:sts")[0]["ServiceEndpoints"][0]
    address = urlsplit(world.url)
    shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((address.hostname, address.port)))
    expect(base64.b64decode(endpoint["SslTrust"][0]) == shown, "sslTrust is not the listener's certificate")
    return f"{len(shown)} bytes, the listener's own"


def a_password_opens_a_rest_session(world):
    return rest_user(Govc(world, **ALICE_LOGIN), "alice@VSPHERE.LOCAL")


def a_bearer_token_opens_a_rest_session(world):
    somebody = Govc(world)
    somebody("session.login", "-r", "-token", bearer(world))
    return rest_user(somebody, "alice@VSPHERE.LOCAL")


def a_holder_of_key_token_opens_a_rest_session(world):
    machine, flags = Govc(world), robot_flags(world)
    token = machine("session.login", "-issue", *flags)
    machine("session.login", "-r", "-token", token, *flags)
    return rest_user(machine, "ci-robot@VSPHERE.LOCAL", *flags)


def a_holder_of_key_token_opens_no_rest_session_without_its_key(world):
    token = Govc(world)("session.login", "-issue", *robot_flags(world))
    seen = Govc(world).refused("session.login", "-r", "-token", token, *user_flags(world))
    expect("Cannot complete login" in seen or "401" in seen, seen)
    return seen


def a_token_is_exchanged_for_a_jwt(world):
    token = bearer(world)
    claims = claims_of(Govc(world)("session.login", "-jwt", "nsx", "-token", token))
    expect((claims["aud"], claims["sub"], claims["token_class"]) == (["nsx"], "alice@VSPHERE.LOCAL", "id_token"), claims)
    return f"{claims['iss']}, good for {claims['exp'] - claims['iat']} s"


def a_holder_of_key_token_is_exchanged_after_its_login(world):
    """govc logs in with it first, and that login shows the key."""
    flags = robot_flags(world)
    token = Govc(world)("session.login", "-issue", *flags)
    claims = claims_of(Govc(world)("session.login", "-jwt", "nsx", "-token", token, *flags))
    expect(claims["sub"] == "ci-robot@VSPHERE.LOCAL", claims)
    seen = Govc(world).refused("session.login", "-jwt", "nsx", "-token", token, *user_flags(world))
    expect("Cannot complete login" in seen or "401" in seen, seen)
    return f"{claims['sub']}; without the key: {seen}"


def a_changed_token_is_not_exchanged(world):
    seen = Govc(world).refused("session.login", "-jwt", "nsx", "-token", bearer(world).replace("alice@", "carol@"))
    expect("Cannot complete login" in seen or "401" in seen, seen)
    return seen


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def rest_user(somebody, wanted, *flags):
    seen = json.loads(somebody("session.login", "-r", "-X", "GET", *flags, "/api/session"))
    expect(seen["user"] == wanted, seen)
    return seen["user"]


def listed(somebody, *flags):
    return json.loads(somebody("sso.service.ls", "-json", *flags))


CASES = [
    services_are_listed,
    services_are_found_by_type_and_endpoint,
    the_certificate_is_told_before_the_connection,
    a_password_opens_a_rest_session,
    a_bearer_token_opens_a_rest_session,
    a_holder_of_key_token_opens_a_rest_session,
    a_holder_of_key_token_opens_no_rest_session_without_its_key,
    a_token_is_exchanged_for_a_jwt,
    a_holder_of_key_token_is_exchanged_after_its_login,
    a_changed_token_is_not_exchanged,
]
