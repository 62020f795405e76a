"""zeep 4: a client that knows nothing but `vimService.wsdl` makes its own stubs, logs in, reads and logs out. Runs in the venv; `run` calls it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import requests
from zeep import Client, Transport
from zeep.exceptions import Fault

from world import PASSWORD, TOOL_SECONDS, World, expect, play

ALICE = r"VSPHERE.LOCAL\alice"


def the_description_leads_back_to_the_service(world):
    port = stubs(world).wsdl.services["VimService"].ports["VimPort"]
    expect(port.binding_options["address"] == world.url + "/sdk", port.binding_options)
    return f"{port.binding_options['address']}, {len(port.binding._operations)} operations"


def a_stub_logs_in_reads_its_session_and_logs_out(world):
    client = stubs(world)
    content = service_content(client)
    session = login(client, content, PASSWORD)
    expect(session.userName == ALICE and session.extensionSession is False, session)
    [read] = retrieve(client, content, "currentSession")
    expect((read.name, read.val.key, read.val.userName) == ("currentSession", session.key, ALICE), read)
    expect(read.val.loginTime == session.loginTime and read.val.callCount > 0, read)
    client.service.Logout(_this=content.sessionManager)
    expect(retrieve(client, content, "currentSession") == [], "the session is still there")
    return f"{read.val.userName}, {read.val.callCount} calls"


def a_type_that_extends_another_is_sent_by_its_name(world):
    client = stubs(world)
    content = service_content(client)
    login(client, content, PASSWORD)
    spec = client.get_type("{urn:vim25}SessionManagerVmomiServiceRequestSpec")(method="cloneSession")
    ticket = client.service.AcquireGenericServiceTicket(_this=content.sessionManager, spec=spec)
    expect(ticket.id and ticket.certThumbprintList[0].hashAlgorithm == "sha256", ticket)
    return f"a ticket of {ticket.hostName}, {ticket.ticketType}"


def what_may_not_be_read_is_a_typed_fault(world):
    client = stubs(world)
    content = service_content(client)
    [missing] = read_object(client, content, "sessionList").missingSet
    fault = missing.fault.fault
    kind = type(fault).__name__
    expect((missing.path, kind, fault.object._value_1) == ("sessionList", "NotAuthenticated", "group-d1"), missing)
    return f"{kind}: {missing.fault.localizedMessage}"


def a_refused_login_is_a_fault_of_its_type(world):
    client = stubs(world)
    content = service_content(client)
    try:
        login(client, content, "wrong", "nobody@vsphere.local")
    except Fault as fault:
        [detail] = fault.detail
        expect(detail.tag == "{urn:vim25}InvalidLoginFault", detail.tag)
        client.get_element(detail.tag)
        return fault.message
    raise AssertionError("a session was opened")


def stubs(world):
    """zeep reads the description and whatever it imports, and keeps the cookie."""
    session = requests.Session()
    session.verify = world.ca
    session.trust_env = False
    return Client(world.url + "/sdk/vimService.wsdl", transport=Transport(session=session, timeout=TOOL_SECONDS))


def service_content(client):
    return client.service.RetrieveServiceContent(_this=reference(client, "ServiceInstance", "ServiceInstance"))


def login(client, content, password, name="alice@vsphere.local"):
    return client.service.Login(_this=content.sessionManager, userName=name, password=password, locale="en_US")


def retrieve(client, content, path):
    return read_object(client, content, path).propSet


def read_object(client, content, path):
    specification = {
        "propSet": [{"type": "SessionManager", "pathSet": [path]}],
        "objectSet": [{"obj": content.sessionManager}],
    }
    [found] = client.service.RetrieveProperties(_this=content.propertyCollector, specSet=[specification])
    return found


def reference(client, kind, value):
    return client.get_type("{urn:vim25}ManagedObjectReference")(value, type=kind)


CASES = [
    the_description_leads_back_to_the_service,
    a_stub_logs_in_reads_its_session_and_logs_out,
    a_type_that_extends_another_is_sent_by_its_name,
    what_may_not_be_read_is_a_typed_fault,
    a_refused_login_is_a_fault_of_its_type,
]

if __name__ == "__main__":
    play("wsdl", World.from_environment(), CASES)
