"""pyVmomi 9: sessions by password and by SAML token, holder-of-key, delegation, refusals. Runs in the venv; `run` calls it."""

import datetime
import ssl
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from pyVim import sso
from pyVim.connect import Disconnect, SmartConnect, VimSessionOrientedStub
from pyVmomi import SoapStubAdapter, vim, vmodl

from world import PASSWORD, World, expect, play

ALICE = r"VSPHERE.LOCAL\alice"
ROBOT = r"VSPHERE.LOCAL\ci-robot"
ATTRIBUTES = ("currentSession", "sessionList", "message", "messageLocaleList", "supportedLocaleList", "defaultLocale")
VERSION = "vim.version.v8_0_2_0"  # 8.0.2.0, which the service's vimServiceVersions.xml names


def a_bearer_token_opens_a_session(world):
    return who(connect(world, token=bearer(world), tokenType="saml"), ALICE)


def a_bearer_token_asked_for_with_a_certificate_opens_a_session(world):
    """The certificate only joins the TLS handshake: pyVmomi signs no request of a password."""
    certificate, key = world.user_cert, world.user_key
    token = sts(world).get_bearer_saml_assertion("alice@vsphere.local", PASSWORD, certificate, key, ssl_context=tls(world))
    return who(connect(world, token=token, tokenType="saml"), ALICE)


def a_bearer_token_serves_a_long_lived_stub(world):
    login = VimSessionOrientedStub.makeCredBearerTokenLoginMethod(
        "alice@vsphere.local", PASSWORD, sts_url(world), ssl_context=tls(world)
    )
    return who(session_stub(world, login), ALICE)


def a_certificate_gets_a_holder_of_key_token_for_a_long_lived_stub(world):
    certificate, key = world.robot()
    login = VimSessionOrientedStub.makeCertHokTokenLoginMethod(sts_url(world), ssl_context=tls(world))
    return who(session_stub(world, login, certFile=certificate, certKeyFile=key), ROBOT)


def a_token_gets_another_token(world):
    """The assertion before the Timestamp, SHA-512, no UseKey."""
    _, key = world.robot()
    token = sts(world).get_token_by_token(holder_of_key(world), key, ssl_context=tls(world))
    expect("PreviousSession" in token and "ci-robot@" in token, token)
    again = sts(world).get_token_by_token(token, key, ssl_context=tls(world))
    expect("PreviousSession" in again, again)
    return "twice, each by the one before"


def a_solution_user_acts_as_the_subject_of_a_token(world):
    subject = sts(world).get_bearer_saml_assertion("alice@vsphere.local", PASSWORD, delegatable=True, ssl_context=tls(world))
    token = holder_of_key(world, act_as_token=subject)
    expect("alice@VSPHERE.LOCAL" in token and "del:Delegate " in token, token)
    return "alice, by ci-robot"


def a_token_that_is_not_delegatable_is_not_acted_as(world):
    try:
        holder_of_key(world, act_as_token=bearer(world))
    except sso.SoapException as error:
        expect("Cannot continue delegation chain" in str(error), error)
        return str(error)
    raise AssertionError("a token was issued")


def a_password_opens_a_session(world):
    return who(connect(world, user="alice@vsphere.local", pwd=PASSWORD), ALICE)


def disconnect_ends_the_session(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    session = si._stub.cookie
    Disconnect(si)
    si._stub.cookie = session
    try:
        left = si.content.sessionManager.currentSession
    except vim.fault.NotAuthenticated as fault:
        return type(fault).__name__
    expect(left is None, left)
    return "no current session"


def a_wrong_password_gets_no_token(world):
    try:
        sts(world).get_bearer_saml_assertion("carol@vsphere.local", "wrong", ssl_context=tls(world))
    except sso.SoapException as fault:
        expect("FailedAuthentication" in fault._fault_code, fault)
        return f"{fault._fault_code}: {fault._fault_string}"
    raise AssertionError("a token was issued")


def a_wrong_password_opens_no_session(world):
    return refused(vim.fault.InvalidLogin, lambda: connect(world, user="carol@vsphere.local", pwd="wrong"))


def a_user_without_permission_is_refused(world):
    return refused(vim.fault.NoPermission, lambda: connect(world, user="bob@vsphere.local", pwd=PASSWORD))


def a_token_of_a_user_without_permission_is_refused(world):
    token = bearer(world, "bob@vsphere.local")
    return refused(vim.fault.NoPermission, lambda: connect(world, token=token, tokenType="saml"))


def a_changed_token_is_refused(world):
    token = bearer(world).replace("alice@", "carol@")
    return refused(vim.fault.InvalidLogin, lambda: connect(world, token=token, tokenType="saml"))


def a_holder_of_key_token_is_nothing_without_its_key(world):
    token = holder_of_key(world)
    return refused(vim.fault.InvalidLogin, lambda: connect(world, token=token, tokenType="saml"))


def every_attribute_of_the_session_manager_is_read(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    manager = si.content.sessionManager
    seen = {name: getattr(manager, name) for name in ATTRIBUTES}
    Disconnect(si)
    expect(seen["currentSession"].userName == ALICE, seen["currentSession"])
    expect(seen["currentSession"].key in [session.key for session in seen["sessionList"]], seen["sessionList"])
    expect(seen["defaultLocale"] == "en" and "de" in seen["messageLocaleList"], seen["messageLocaleList"])
    expect("en_US" in seen["supportedLocaleList"], seen["supportedLocaleList"])
    return f"{len(seen['sessionList'])} sessions, {len(seen['supportedLocaleList'])} locales, message {seen['message']!r}"


def the_message_is_set_and_read(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    manager = si.content.sessionManager
    manager.UpdateServiceMessage("Down at five.\nReally.")
    seen = manager.message
    manager.UpdateMessage("")
    expect(seen == "Down at five.\nReally." and not manager.message, (seen, manager.message))
    Disconnect(si)
    return repr(seen)


def the_locale_is_changed(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    manager = si.content.sessionManager
    manager.SetLocale("de_CH")
    session = manager.currentSession
    wrong = refused(vim.fault.InvalidLocale, lambda: manager.SetLocale("xx"))
    Disconnect(si)
    expect((session.locale, session.messageLocale) == ("de_CH", "de"), session)
    return f"{session.locale}, {session.messageLocale}; xx: {wrong}"


def sessions_are_asked_about_and_ended(world):
    admin, other = (connect(world, user="alice@vsphere.local", pwd=PASSWORD) for _ in range(2))
    manager, key = admin.content.sessionManager, other.content.sessionManager.currentSession.key
    before = manager.SessionIsActive(sessionID=key, userName=ALICE)
    manager.TerminateSession([key])
    after = manager.SessionIsActive(sessionID=key, userName=ALICE)
    expect((before, after) == (True, False), (before, after))
    gone = refused(vim.fault.NotAuthenticated, other.CurrentTime)
    own = refused(vmodl.fault.InvalidArgument, lambda: manager.Terminate([manager.currentSession.key]))
    again = refused(vim.fault.NotFound, lambda: manager.TerminateSession([key]))
    Disconnect(admin)
    return f"{gone}; own: {own}; again: {again}"


def a_session_is_impersonated_in_place(world):
    admin, carol = (connect(world, user=f"{name}@vsphere.local", pwd=PASSWORD) for name in ("alice", "carol"))
    manager = admin.content.sessionManager
    key = manager.currentSession.key
    session = manager.ImpersonateUser(userName=r"VSPHERE.LOCAL\carol", locale="fr")
    expect((session.key, session.userName, session.locale) == (key, r"VSPHERE.LOCAL\carol", "fr"), session)
    nobody = refused(vim.fault.InvalidLogin, lambda: manager.ImpersonateUser(userName="nobody"))
    Disconnect(admin)
    Disconnect(carol)
    return f"{session.userName}; nobody: {nobody}"


def tickets_are_spent_once(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    manager = si.content.sessionManager
    spec = vim.SessionManager.VmomiServiceRequestSpec(method=vim.SessionManager.CloneSession)
    service = manager.AcquireGenericServiceTicket(spec)
    expect(service.hostName and service.sslThumbprint, service)
    for ticket in (manager.AcquireCloneTicket(), service.id):
        stub = SoapStubAdapter(world.host, world.port, version=VERSION, path="/sdk", sslContext=tls(world))
        clone = vim.ServiceInstance("ServiceInstance", stub).content.sessionManager
        session = clone.CloneSession(ticket)
        expect(session.userName == ALICE and session.key != manager.currentSession.key, session)
        clone.Logout()
        again = refused(vim.fault.InvalidLogin, lambda: clone.CloneSession(ticket))
    url = vim.SessionManager.HttpServiceRequestSpec(method="httpGet", url=world.url + "/folder/x")
    manager.AcquireGenericServiceTicket(url)
    Disconnect(si)
    return f"{session.userName}, twice; again: {again}"


def a_vcenter_gives_no_local_ticket(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    seen = refused(vmodl.fault.NotSupported, lambda: si.content.sessionManager.AcquireLocalTicket(userName="root"))
    Disconnect(si)
    return seen


def an_extension_logs_in_with_its_certificate(world):
    """On the port that everybody uses: no proxy ends TLS before it."""
    key, pem = "com.example.pyvmomi", Path(world.user_cert).read_text()
    alice = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    manager = alice.content.extensionManager
    description = vim.Description(label="Example", summary="An example")
    beat = datetime.datetime.now(datetime.timezone.utc)
    manager.RegisterExtension(vim.Extension(description=description, key=key, version="1.0", lastHeartbeatTime=beat))
    body = "".join(line for line in pem.splitlines() if not line.startswith("-"))
    manager.SetCertificate(key, body)
    expect(manager.FindExtension(key).lastHeartbeatTime == beat, manager.FindExtension(key))
    trust = {"sslContext": tls(world), "cacertsFile": world.ca}
    stub = SoapStubAdapter(
        world.host, world.port, version=VERSION, path="/sdk", certFile=world.user_cert, certKeyFile=world.user_key, **trust
    )
    si = vim.ServiceInstance("ServiceInstance", stub)
    expect(si.content.sessionManager.LoginExtensionByCertificate(key).extensionSession is True, "no session of an extension")
    seen = who(si, key)
    manager.UnregisterExtension(key)
    Disconnect(alice)
    refused(vim.fault.InvalidLogin, lambda: si.content.sessionManager.LoginExtensionByCertificate(key))
    return seen


def events_are_found_by_user_and_by_type(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    manager, spec = si.content.eventManager, vim.event.EventFilterSpec
    everywhere = spec.ByEntity(entity=si.content.rootFolder, recursion="all")
    own = spec.ByUsername(systemUser=False, userList=[ALICE])
    seen = manager.QueryEvents(spec(entity=everywhere, userName=own, type=[vim.event.SessionEvent], maxCount=1))
    expect([type(event) for event in seen] == [vim.event.UserLoginSessionEvent], seen)
    expect(seen[0].sessionId == si.content.sessionManager.currentSession.key, seen)
    collector = manager.CreateCollectorForEvents(spec(eventTypeId=["vim.event.ServerStartedSessionEvent"]))
    started = collector.ReadNextEvents(10)
    expect(len(started) == len(collector.latestPage) == 1, started)
    collector.DestroyCollector()
    Disconnect(si)
    return seen[0].fullFormattedMessage


def a_change_wakes_whoever_waits(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    collector, query = si.content.propertyCollector, vmodl.query.PropertyCollector
    properties = query.PropertySpec(type=vim.SessionManager, all=False, pathSet=["sessionList"])
    objects = query.ObjectSpec(obj=si.content.sessionManager)
    known = collector.CreateFilter(query.FilterSpec(propSet=[properties], objectSet=[objects]), False)
    first = collector.WaitForUpdatesEx("", query.WaitOptions(maxWaitSeconds=10))
    others = []
    login = threading.Timer(0.5, lambda: others.append(connect(world, user="alice@vsphere.local", pwd=PASSWORD)))
    login.start()
    told = collector.WaitForUpdatesEx(first.version, query.WaitOptions(maxWaitSeconds=10))
    login.join()
    Disconnect(others[0])
    change = told.filterSet[0].objectSet[0].changeSet[0]
    expect((change.name, change.op) == ("sessionList", "assign"), told)
    known.DestroyPropertyFilter()
    expect(collector.WaitForUpdatesEx(told.version, query.WaitOptions(maxWaitSeconds=0)) is None, "an update without filter")
    try:
        collector.CheckForUpdates("no version")
    except vmodl.query.InvalidCollectorVersion:
        Disconnect(si)
        return f"version {first.version}, then {told.version}"
    raise AssertionError("a version that was never given out was taken")


def a_container_without_machines_is_an_empty_view(world):
    si = connect(world, user="alice@vsphere.local", pwd=PASSWORD)
    view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [vim.VirtualMachine], True)
    expect((list(view.view), view.recursive) == ([], True), view)
    view.Destroy()
    Disconnect(si)
    return "nothing in it"


def other_logins_are_refused_as_a_vcenter_refuses_them(world):
    """SSPI is off here; tests/clients/negotiate logs in by it."""
    stub = SoapStubAdapter(world.host, world.port, version=VERSION, path="/sdk", sslContext=tls(world))
    manager = vim.ServiceInstance("ServiceInstance", stub).content.sessionManager
    sspi = refused(vmodl.fault.NotSupported, lambda: manager.LoginBySSPI("TlRMTVNTUAABAAAA"))
    subject = refused(vim.fault.NoClientCertificate, lambda: manager.LoginExtensionBySubjectName("com.example"))
    return f"{sspi}; {subject}"


def connect(world, **credentials):
    return SmartConnect(host=world.host, port=world.port, sslContext=tls(world), **credentials)


def who(si, wanted):
    name = si.content.sessionManager.currentSession.userName
    Disconnect(si)
    expect(name == wanted, f"{name}, wanted {wanted}")
    return name


def refused(wanted, act):
    try:
        act()
    except wanted as fault:
        return f"{type(fault).__name__}: {fault.msg}"
    raise AssertionError("a session was opened")


def session_stub(world, login, **certificate):
    # Given a certificate, the adapter makes a context of its own, so it must hear of the CA as well.
    trust = {"sslContext": tls(world), "cacertsFile": world.ca}
    stub = SoapStubAdapter(world.host, world.port, version=VERSION, path="/sdk", **trust, **certificate)
    return vim.ServiceInstance("ServiceInstance", VimSessionOrientedStub(stub, login))


def login_signed(world, token, wanted):
    """LoginByToken with a token in hand, signed by ci-robot's key: what makeCertHokTokenLoginMethod does after its token."""
    stub = SoapStubAdapter(world.host, world.port, version=VERSION, path="/sdk", sslContext=tls(world), samlToken=token)
    si = vim.ServiceInstance("ServiceInstance", stub)
    with stub.requestModifier(lambda request: sso.add_saml_context(request, token, world.robot_key)):
        si.content.sessionManager.LoginByToken()
    stub.samlToken = None
    return who(si, wanted)


def bearer(world, user="alice@vsphere.local", **asked):
    return sts(world).get_bearer_saml_assertion(user, PASSWORD, ssl_context=tls(world), **asked)


def holder_of_key(world, **asked):
    certificate, key = world.robot()
    return sts(world).get_hok_saml_assertion(certificate, key, ssl_context=tls(world), **asked)


def sts(world):
    return sso.SsoAuthenticator(sts_url(world))


def sts_url(world):
    return world.url + "/sts/STSService"


def tls(world):
    return ssl.create_default_context(cafile=world.ca)


CASES = [
    a_bearer_token_opens_a_session,
    a_bearer_token_asked_for_with_a_certificate_opens_a_session,
    a_bearer_token_serves_a_long_lived_stub,
    a_certificate_gets_a_holder_of_key_token_for_a_long_lived_stub,
    a_token_gets_another_token,
    a_solution_user_acts_as_the_subject_of_a_token,
    a_token_that_is_not_delegatable_is_not_acted_as,
    a_password_opens_a_session,
    disconnect_ends_the_session,
    a_wrong_password_gets_no_token,
    a_wrong_password_opens_no_session,
    a_user_without_permission_is_refused,
    a_token_of_a_user_without_permission_is_refused,
    a_changed_token_is_refused,
    a_holder_of_key_token_is_nothing_without_its_key,
    every_attribute_of_the_session_manager_is_read,
    the_message_is_set_and_read,
    the_locale_is_changed,
    sessions_are_asked_about_and_ended,
    a_session_is_impersonated_in_place,
    tickets_are_spent_once,
    a_vcenter_gives_no_local_ticket,
    an_extension_logs_in_with_its_certificate,
    events_are_found_by_user_and_by_type,
    a_change_wakes_whoever_waits,
    a_container_without_machines_is_an_empty_view,
    other_logins_are_refused_as_a_vcenter_refuses_them,
]

if __name__ == "__main__":
    play("pyvmomi", World.from_environment(), CASES)
