"""The vSphere Automation SDK of Python: sessions by password and by SAML token over JSON-RPC. Runs in the venv; `run` calls it."""

import ssl
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import requests
from com.vmware.cis_client import Session
from com.vmware.vapi.std.errors_client import OperationNotFound, Unauthenticated, Unauthorized
from com.vmware.vcenter_client import Cluster
from pyVim import sso
from vmware.vapi.bindings.stub import StubConfiguration
from vmware.vapi.lib.connect import get_requests_connector
from vmware.vapi.security.client.security_context_filter import LegacySecurityContextFilter
from vmware.vapi.security.session import create_session_security_context
from vmware.vapi.security.sso import create_saml_bearer_security_context, create_saml_security_context
from vmware.vapi.security.user_password import create_user_password_security_context
from vmware.vapi.stdlib.client.factories import StubConfigurationFactory
from vmware.vapi.vsphere.client import create_vsphere_client

from world import PASSWORD, World, expect, play

ALICE, ROBOT = "alice@VSPHERE.LOCAL", "ci-robot@VSPHERE.LOCAL"


def a_password_opens_a_session(world):
    return lived(world, create_user_password_security_context("alice@vsphere.local", PASSWORD), ALICE)


def a_bearer_token_opens_a_session(world):
    return lived(world, create_saml_bearer_security_context(bearer(world)), ALICE)


def a_holder_of_key_token_opens_a_session(world):
    certificate, key = world.robot()
    token = holder_of_key(world, certificate, key)
    return lived(world, create_saml_security_context(token, key), ROBOT)


def a_client_of_the_whole_api_logs_in_by_each_token(world):
    certificate, key = world.robot()
    seen = []
    for credential in (
        {"bearer_token": bearer(world)},
        {"hok_token": holder_of_key(world, certificate, key), "private_key": key},
        {"username": "alice@vsphere.local", "password": PASSWORD},
    ):
        with create_vsphere_client(server=world.url.split("//")[1], session=trusting(world), **credential) as client:
            seen.append(client.session_svc.get().user)
            session = client.get_session_id()
        refused(Unauthenticated, lambda: service(world, create_session_security_context(session)).get())
    expect(seen == [ALICE, ROBOT, ALICE], seen)
    return ", ".join(seen) + ", each logged out when the client was closed"


def a_holder_of_key_token_is_nothing_without_its_key(world):
    certificate, key = world.robot()
    token = holder_of_key(world, certificate, key)
    wrong = service(world, create_saml_security_context(token, world.user_key))
    without = service(world, create_saml_bearer_security_context(token))
    return refused(Unauthenticated, wrong.create) + ", " + refused(Unauthenticated, without.create)


def a_changed_token_opens_no_session(world):
    token = bearer(world).replace("alice@", "carol@")
    return refused(Unauthenticated, service(world, create_saml_bearer_security_context(token)).create)


def a_user_without_permission_is_refused(world):
    context = create_user_password_security_context("bob@vsphere.local", PASSWORD)
    return refused(Unauthorized, service(world, context).create)


def a_service_that_is_not_here_is_said_not_to_be_found(world):
    return refused(OperationNotFound, Cluster(configuration(world, None)).list)


def lived(world, context, user):
    """Opens a session, looks at it, and ends it."""
    session = service(world, context).create()
    mine = service(world, create_session_security_context(session))
    shown = mine.get()
    expect(shown.user == user, shown)
    age = datetime.now(timezone.utc) - shown.created_time.replace(tzinfo=timezone.utc)
    expect(abs(age) < timedelta(minutes=5), shown.created_time)
    mine.delete()
    return f"{user}, then {refused(Unauthenticated, mine.get)}"


def refused(error, call):
    try:
        call()
    except error as refusal:
        expect(refusal.error_type == error.__name__.upper() or error is OperationNotFound, refusal)
        return type(refusal).__name__
    raise AssertionError(f"no {error.__name__}")


def service(world, context):
    return Session(configuration(world, context))


def configuration(world, context) -> StubConfiguration:
    chain = [LegacySecurityContextFilter(security_context=context)] if context else []
    connector = get_requests_connector(session=trusting(world), url=world.url + "/api", provider_filter_chain=chain)
    return StubConfigurationFactory.new_std_configuration(connector)


def trusting(world):
    session = requests.Session()
    session.verify = world.ca
    session.trust_env = False
    return session


def bearer(world):
    return sts(world).get_bearer_saml_assertion("alice@vsphere.local", PASSWORD, ssl_context=tls(world))


def holder_of_key(world, certificate, key):
    return sts(world).get_hok_saml_assertion(certificate, key, ssl_context=tls(world))


def sts(world):
    return sso.SsoAuthenticator(sts_url=world.url + "/sts/STSService/vsphere.local")


def tls(world):
    return ssl.create_default_context(cafile=world.ca)


CASES = [
    a_password_opens_a_session,
    a_bearer_token_opens_a_session,
    a_holder_of_key_token_opens_a_session,
    a_client_of_the_whole_api_logs_in_by_each_token,
    a_holder_of_key_token_is_nothing_without_its_key,
    a_changed_token_opens_no_session,
    a_user_without_permission_is_refused,
    a_service_that_is_not_here_is_said_not_to_be_found,
]

if __name__ == "__main__":
    play("vapi", World.from_environment(), CASES)
