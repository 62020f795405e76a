"""govmomi's govc: about, sessions by password and by token, SAML tokens, the session cache, refusals; the same over VI JSON."""

import base64
import json
import os
import re
import subprocess
import tempfile

from world import PASSWORD, TOOL_SECONDS, expect

ALICE = r"VSPHERE.LOCAL\alice"
ALICE_LOGIN = {"GOVC_USERNAME": "alice@vsphere.local", "GOVC_PASSWORD": PASSWORD}


def cases(program):
    Govc.program = program
    return CASES


class Govc:
    """One person at one machine: a session cache of their own, credentials or none."""

    program = "govc"

    def __init__(self, world, **credentials):
        self.world = world
        self.credentials = credentials
        self.home = tempfile.mkdtemp(prefix="govmomi-", dir=world.work)

    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOVC_", "GOVMOMI_"))}
        ours = {"GOVC_URL": self.world.url + "/sdk", "GOVC_TLS_CA_CERTS": self.world.ca, "GOVMOMI_HOME": self.home}
        return {**clean, **ours, **self.credentials}

    def run(self, *arguments, stdin=""):
        command = [self.program, *arguments]
        options = {"env": self.environment(), "cwd": self.home, "input": stdin}
        return subprocess.run(command, **options, capture_output=True, text=True, timeout=TOOL_SECONDS)

    def start(self, *arguments):
        return subprocess.Popen([self.program, *arguments], env=self.environment(), stdout=subprocess.PIPE, text=True)

    def __call__(self, *arguments, stdin=""):
        done = self.run(*arguments, stdin=stdin)
        expect(done.returncode == 0, f"govc {arguments[0]}: exit {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout.strip()

    def refused(self, *arguments, stdin=""):
        done = self.run(*arguments, stdin=stdin)
        expect(done.returncode != 0, f"govc {arguments[0]} succeeded: {done.stdout}")
        return (done.stdout + done.stderr).strip()

    def current_session(self):
        return json.loads(self("session.ls", "-S", "-json"))["currentSession"]

    def who(self):
        return self.current_session()["userName"]


def about(world):
    seen = Govc(world, **ALICE_LOGIN)("about")
    expect(re.search(r"API type: +VirtualCenter", seen), seen)
    return seen.splitlines()[0]


def a_password_opens_a_session(world):
    alice = Govc(world, **ALICE_LOGIN)
    alice("session.login")
    expect(alice.who() == ALICE, alice.who())
    return alice.who()


def a_cached_session_is_used_again(world):
    alice = Govc(world, **ALICE_LOGIN)
    before = world.audit_logins()
    keys = [alice.current_session()["key"] for _ in range(3)]
    opened = None if before is None else world.audit_logins() - before
    expect(len(set(keys)) == 1, keys)
    expect(opened in (None, 1), f"{opened} sessions opened by three commands")
    return f"three commands, one key; sessions opened: {'not counted' if opened is None else int(opened)}"


def logout_ends_the_session(world):
    alice, other = Govc(world, **ALICE_LOGIN), Govc(world, **ALICE_LOGIN)
    key = alice.current_session()["key"]
    expect(key in session_keys(other), "the session is not in the list before")
    alice("session.logout")
    expect(key not in session_keys(other), "the session is still in the list")
    return "listed before, not after"


def a_wrong_password_is_refused(world):
    seen = Govc(world, GOVC_USERNAME="carol@vsphere.local", GOVC_PASSWORD="wrong").refused("session.login")
    expect("Cannot complete login due to an incorrect user name or password." in seen, seen)
    return seen


def a_wrong_password_gets_no_token(world):
    seen = Govc(world, GOVC_USERNAME="carol@vsphere.local", GOVC_PASSWORD="wrong").refused("session.login", "-issue")
    expect("ns0:FailedAuthentication" in seen, seen)
    return seen


def a_user_without_permission_is_refused(world):
    seen = Govc(world, GOVC_USERNAME="bob@vsphere.local", GOVC_PASSWORD=PASSWORD).refused("session.login")
    expect("Permission to perform this operation was denied." in seen, seen)
    return seen


def a_bearer_token_opens_a_session(world):
    token = bearer(world)
    expect(confirmation(token) == "bearer", token)
    return login_by_token(world, token, ALICE)


def a_bearer_token_opens_a_session_beside_a_signature(world):
    """govc signs whenever it has a certificate; beside a bearer token that proves nothing and harms nothing."""
    return login_by_token(world, bearer(world), ALICE, *user_flags(world))


def a_certificate_gets_a_holder_of_key_token(world):
    flags = robot_flags(world)
    token = Govc(world)("session.login", "-issue", *flags)
    expect(confirmation(token) == "holder-of-key", token)
    return login_by_token(world, token, r"VSPHERE.LOCAL\ci-robot", *flags)


def a_password_and_a_strange_certificate_get_a_holder_of_key_token(world):
    flags = user_flags(world)
    token = Govc(world, **ALICE_LOGIN)("session.login", "-issue", *flags)
    expect(confirmation(token) == "holder-of-key", token)
    return login_by_token(world, token, ALICE, *flags)


def a_holder_of_key_token_is_nothing_without_its_key(world):
    token = Govc(world)("session.login", "-issue", *robot_flags(world))
    unsigned = Govc(world).refused("session.login", "-l", "-token", token)
    stranger = Govc(world).refused("session.login", "-l", "-token", token, *user_flags(world))
    for seen in (unsigned, stranger):
        expect("Cannot complete login" in seen, seen)
    return unsigned


def a_changed_token_is_refused(world):
    seen = Govc(world).refused("session.login", "-l", "-token", bearer(world).replace("alice@", "carol@"))
    expect("Cannot complete login" in seen, seen)
    return seen


def a_session_of_somebody_else_is_ended(world):
    alice, victim = Govc(world, **ALICE_LOGIN), Govc(world, **ALICE_LOGIN)
    key = victim.current_session()["key"]
    alice("session.rm", key)
    expect(key not in session_keys(alice), "the session is still in the list")
    own = alice.refused("session.rm", alice.current_session()["key"])
    expect("A specified parameter was not correct" in own, own)
    none = alice.refused("session.rm", key)
    expect("could not be found" in none, none)
    return f"ended; own: {own}; again: {none}"


def a_clone_ticket_opens_a_session_once(world):
    ticket = Govc(world, **ALICE_LOGIN)("session.login", "-clone")
    expect(ticket.startswith("cst-VCT-"), ticket)
    borrower = Govc(world)
    borrower("session.login", "-ticket", ticket)
    expect(borrower.who() == ALICE, borrower.who())
    seen = Govc(world).refused("session.login", "-ticket", ticket)
    expect("Cannot complete login" in seen, seen)
    return f"{borrower.who()}, then: {seen}"


def a_cookie_opens_the_same_session(world):
    alice = Govc(world, **ALICE_LOGIN)
    cookie = alice("session.login", "-l")
    other = Govc(world)
    other("session.login", "-cookie", cookie)
    expect(other.current_session()["key"] == alice.current_session()["key"], "two sessions")
    return other.who()


def a_session_becomes_somebody_elses(world):
    """carol must be logged in herself; govc asks with the name as it is typed."""
    carol = Govc(world, GOVC_USERNAME="carol@vsphere.local", GOVC_PASSWORD=PASSWORD)
    carol("session.login")
    alice = Govc(world, **ALICE_LOGIN)
    alice("session.login", "-as", "carol@vsphere.local")
    expect(alice.who() == r"VSPHERE.LOCAL\carol", alice.who())
    seen = Govc(world, **ALICE_LOGIN).refused("session.login", "-as", "nobody@vsphere.local")
    expect("Cannot complete login" in seen, seen)
    return f"{alice.who()}; of somebody without session: {seen}"


def the_session_manager_is_collected(world):
    alice = Govc(world, **ALICE_LOGIN)
    collect = lambda *paths: alice("object.collect", "-s", "SessionManager:SessionManager", *paths)
    expect(collect("currentSession.userName") == ALICE, collect("currentSession.userName"))
    expect(collect("defaultLocale") == "en", collect("defaultLocale"))
    expect("zh_CN" in collect("supportedLocaleList"), collect("supportedLocaleList"))
    names = {line.split()[0] for line in alice("object.collect", "SessionManager:SessionManager").splitlines()}
    wanted = {"currentSession", "defaultLocale", "messageLocaleList", "sessionList", "supportedLocaleList"}
    expect(wanted <= names, names)
    return sorted(names)


def vi_json_says_about(world):
    seen = Govc(world, GOVC_VI_JSON="true", **ALICE_LOGIN)("about")
    expect(re.search(r"API type: +VirtualCenter", seen), seen)
    return seen.splitlines()[0]


def vi_json_opens_a_session_and_reads_the_list(world):
    alice = Govc(world, GOVC_VI_JSON="true", GOVC_PERSIST_SESSION="false", **ALICE_LOGIN)
    found = json.loads(alice("session.ls", "-json"))
    listed = [session for session in found["sessionList"] if session["key"] == found["currentSession"]["key"]]
    expect([session["userName"] for session in listed] == [ALICE], found)
    return f"{listed[0]['userName']}, {len(found['sessionList'])} sessions"


def vi_json_refuses_a_stranger(world):
    person = Govc(world, GOVC_VI_JSON="true", GOVC_USERNAME="nobody@vsphere.local", GOVC_PASSWORD="wrong")
    seen = person.refused("session.login")
    expect("Cannot complete login due to an incorrect user name or password." in seen, seen)
    return seen


def a_role_is_made_changed_and_removed(world):
    alice = Govc(world, **ALICE_LOGIN)
    alice("role.create", "lab-operator", "VirtualMachine.Interact.PowerOn", "Datastore.Browse")
    try:
        seen = alice("role.ls", "lab-operator").split()
        expect(seen == ["Datastore.Browse", "System.Anonymous", "System.Read", "System.View", "VirtualMachine.Interact.PowerOn"], seen)
        alice("role.update", "-name", "lab-watcher", "-r", "lab-operator", "Datastore.Browse")
        expect("Datastore.Browse" not in alice("role.ls", "lab-watcher"), "still in the role")
        again = alice.refused("role.create", "Lab-Watcher")
        expect("The specified key, name, or identifier 'Lab-Watcher' already exists." in again, again)
    finally:
        alice("role.remove", "lab-watcher")
    listed = alice("role.ls")
    expect("lab-watcher" not in listed and re.search(r"Admin +Full access rights", listed), listed)
    return again


def a_permission_lets_in_and_its_removal_shuts_out(world):
    alice = Govc(world, **ALICE_LOGIN)
    bob = Govc(world, GOVC_USERNAME="bob@vsphere.local", GOVC_PASSWORD=PASSWORD)
    alice("permissions.set", "-principal", r"VSPHERE.LOCAL\bob", "-role", "ReadOnly", "/")
    try:
        seen = alice("permissions.ls", "/")
        expect(re.search(r"ReadOnly +/ +VSPHERE.LOCAL\\bob +Yes", seen), seen)
        expect(r"VSPHERE.LOCAL\bob" in alice("role.usage", "ReadOnly"), "role.usage does not know him")
        expect(bob.who() == r"VSPHERE.LOCAL\bob", "somebody else is logged in")
        denied = bob.refused("role.create", "mine")
        expect("Permission to perform this operation was denied." in denied, denied)
    finally:
        alice("permissions.remove", "-principal", "bob", "/")
    shut = bob.refused("role.ls")
    expect("NoPermission" in shut, shut)
    return seen.splitlines()[-1]


def the_last_administrator_stays(world):
    group = ["-principal", r"VSPHERE.LOCAL\Administrators", "-group"]
    seen = Govc(world, **ALICE_LOGIN).refused("permissions.remove", *group, "/")
    expect("must keep a permission with the Administrator role" in seen, seen)
    return seen
    return seen


def an_extension_is_registered_changed_and_removed(world):
    alice, key = Govc(world, **ALICE_LOGIN), "com.example.govc"
    register(alice, key)
    again = alice.refused("extension.register", key, stdin=extension(key))
    expect("A specified parameter was not correct: extension.key" in again, again)
    alice("extension.register", "-update", key, stdin=extension(key, version="2.0"))
    (seen,) = json.loads(alice("extension.info", "-json", key))["extensions"]
    expect(seen["version"] == "2.0" and seen["description"]["summary"] == "An example", seen)
    alice("extension.unregister", key)
    gone = alice.refused("extension.unregister", key)
    expect("could not be found" in gone, gone)
    return gone


def an_extension_logs_in_through_the_tunnel(world):
    """The certificate that govc makes is long-lived, self-signed and nobody's; it is known because it was set."""
    alice, key = Govc(world, **ALICE_LOGIN), "com.example.tunnel"
    tunnel = {"GOVMOMI_TUNNEL_PROXY_PORT": world.tunnel_port()}
    register(alice, key)
    alice("extension.setcert", "-cert-pem", "+", "-org", "Example", key)
    own = ["-cert", f"{alice.home}/{key}.crt", "-key", f"{alice.home}/{key}.key"]
    extension = Govc(world, **tunnel)
    extension("session.login", "-extension", key, *own)
    session = extension.current_session()
    expect(session["userName"] == key and session["extensionSession"] is True, session)
    for refused in (["-extension", key, *user_flags(world)], ["-extension", "com.example.none", *own]):
        seen = Govc(world, **tunnel).refused("session.login", *refused)
        expect("Cannot complete login" in seen, seen)
    alice("extension.unregister", key)
    seen = Govc(world, **tunnel).refused("session.login", "-extension", key, *own)
    expect("Cannot complete login" in seen, seen)
    expect(extension.who() == key, "the session did not survive its extension")
    extension("session.logout")
    return f"{session['userName']}, and after it was removed: {seen}"


def register(person, key):
    person("extension.register", key, stdin=extension(key))


def extension(key, version="1.0"):
    description = {"label": "Example", "summary": "An example"}
    return json.dumps({"description": description, "key": key, "company": "Example", "version": version})


def events_tell_of_logins(world):
    alice = Govc(world, **ALICE_LOGIN)
    Govc(world, GOVC_USERNAME="nobody@vsphere.local", GOVC_PASSWORD="wrong").refused("session.login")
    seen = alice("events", "-l", "-n", "10", "-type", "UserLoginSessionEvent", "-type", "BadUsernameSessionEvent")
    expect("[info]" in seen and rf"User {ALICE}@" in seen and "logged in as govc/" in seen, seen)
    expect("[error]" in seen and "[BadUsernameSessionEvent] Cannot login nobody@vsphere.local@" in seen, seen)
    return seen.splitlines()[-1]


def an_object_is_read_property_by_property(world):
    alice = Govc(world, **ALICE_LOGIN)
    name = alice("collect", "-s", "SessionManager:SessionManager", "currentSession.userName")
    expect(name == ALICE, name)
    seen = alice("collect", "SessionManager:SessionManager")
    expect(re.search(r"defaultLocale +string +en", seen) and "sessionList" in seen, seen)
    return name


def a_change_is_waited_for(world):
    """The first update tells what there is, and `-n 1` waits for one more: somebody else logs in."""
    alice, other = Govc(world, **ALICE_LOGIN), Govc(world, **ALICE_LOGIN)
    alice("session.login")
    with alice.start("collect", "-n", "1", "SessionManager:SessionManager", "sessionList") as waiting:
        for _ in range(TOOL_SECONDS):
            if waiting.poll() is not None:
                break
            other("session.login")
            other("session.logout")
        waiting.kill()
        seen = waiting.stdout.read()
        expect(waiting.wait() == 0 and seen.count("sessionList") == 2, seen)
        return seen.split()[0]


def a_solution_user_acts_as_the_subject_of_a_token(world):
    """ActAs as govc does it: the subject's bearer token, signed by the robot; then the session is the subject's."""
    flags = robot_flags(world)
    token = Govc(world)("session.login", "-issue", "-token", bearer(world), *flags)
    expect(confirmation(token) == "holder-of-key" and "<del:Delegate " in token, token)
    return login_by_token(world, token, ALICE, *flags)


def a_holder_of_key_token_is_renewed(world):
    flags = robot_flags(world)
    token = Govc(world)("session.login", "-issue", *flags)
    renewed = Govc(world)("session.login", "-renew", "-lifetime", "24h", "-token", token, *flags)
    ids = [re.search(r' ID="([^"]+)"', text).group(1) for text in (token, renewed)]
    expect(ids[0] != ids[1], "the same token")
    return login_by_token(world, renewed, r"VSPHERE.LOCAL\ci-robot", *flags)


def a_delegated_token_is_renewed(world):
    """govc digests the token again from its parts, the delegate included."""
    flags = robot_flags(world)
    token = Govc(world)("session.login", "-issue", "-token", bearer(world), *flags)
    renewed = Govc(world)("session.login", "-renew", "-lifetime", "24h", "-token", token, *flags)
    expect("<del:Delegate " in renewed, renewed)
    return login_by_token(world, renewed, ALICE, *flags)


def bearer(world):
    return Govc(world, **ALICE_LOGIN)("session.login", "-issue")


def login_by_token(world, token, wanted, *flags):
    """Logs in, and asks with the session that this opened who one is."""
    person = Govc(world)
    cookie = person("session.login", "-l", "-token", token, *flags)
    expect(cookie, "no cookie printed")
    expect(person.who() == wanted, f"{person.who()}, wanted {wanted}")
    return person.who()


def session_keys(person):
    return [session["key"] for session in json.loads(person("session.ls", "-json"))["sessionList"]]


def confirmation(token):
    found = re.search(r'SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:([a-z-]+)"', token)
    return found and found.group(1)


def robot_flags(world):
    certificate, key = world.robot()
    return ["-cert", certificate, "-key", key]


def user_flags(world):
    return ["-cert", world.user_cert, "-key", world.user_key]


CASES = [
    about,
    a_password_opens_a_session,
    a_cached_session_is_used_again,
    logout_ends_the_session,
    a_wrong_password_is_refused,
    a_wrong_password_gets_no_token,
    a_user_without_permission_is_refused,
    a_bearer_token_opens_a_session,
    a_bearer_token_opens_a_session_beside_a_signature,
    a_certificate_gets_a_holder_of_key_token,
    a_password_and_a_strange_certificate_get_a_holder_of_key_token,
    a_holder_of_key_token_is_nothing_without_its_key,
    a_changed_token_is_refused,
    a_solution_user_acts_as_the_subject_of_a_token,
    a_holder_of_key_token_is_renewed,
    a_delegated_token_is_renewed,
    a_session_of_somebody_else_is_ended,
    a_clone_ticket_opens_a_session_once,
    a_cookie_opens_the_same_session,
    a_session_becomes_somebody_elses,
    the_session_manager_is_collected,
    vi_json_says_about,
    vi_json_opens_a_session_and_reads_the_list,
    vi_json_refuses_a_stranger,
    a_role_is_made_changed_and_removed,
    a_permission_lets_in_and_its_removal_shuts_out,
    the_last_administrator_stays,
    an_extension_is_registered_changed_and_removed,
    an_extension_logs_in_through_the_tunnel,
    events_tell_of_logins,
    an_object_is_read_property_by_property,
    a_change_is_waited_for,
]
