"""govc as the administrator of SSO: users, solution users, groups, policies and identity sources, found by discovery alone."""

import json
import uuid

from govc import ALICE_LOGIN, Govc, robot_flags, user_flags
from world import PASSWORD, expect


def a_person_is_made_found_changed_and_removed(world):
    alice, name = Govc(world, **ALICE_LOGIN), fresh("person")
    alice("sso.user.create", "-p", PASSWORD, "-f", "Pat", "-l", "Lab", "-m", "pat@example.test", "-d", "made by govc", name)
    expect(listed(alice, "sso.user.ls", name.upper()) == {name: "made by govc"}, "not found by a name in capitals")
    person = json.loads(alice("sso.user.ls", "-json", name))[0]
    expect(person["Details"]["FirstName"] == "Pat" and person["Details"]["EmailAddress"] == "pat@example.test", person)
    expect(alice("sso.user.id", name) == f"person={name}@vsphere.local groups=Everyone", alice("sso.user.id", name))
    alice("sso.user.update", "-d", "changed", "-p", "Secret!24", name)
    person = json.loads(alice("sso.user.ls", "-json", name))[0]
    expect(person["Details"]["Description"] == "changed" and person["Details"]["LastName"] == "Lab", person)
    alice("sso.group.update", "-a", name, "Administrators")
    person = Govc(world, GOVC_USERNAME=f"{name}@vsphere.local", GOVC_PASSWORD="Secret!24")
    expect(person("sso.user.id", "alice").startswith("person=alice@"), "the new password opens nothing")
    alice("sso.user.rm", name)
    expect(listed(alice, "sso.user.ls", name) == {}, "still listed")
    seen = alice.refused("sso.user.id", name)
    expect("no such user" in seen, seen)
    return seen


def a_new_person_has_a_token_at_once_and_a_removed_one_has_none(world):
    alice, name = Govc(world, **ALICE_LOGIN), fresh("token")
    alice("sso.user.create", "-p", PASSWORD, name)
    alice("sso.group.update", "-a", name, "Administrators")
    person = Govc(world, GOVC_USERNAME=f"{name}@vsphere.local", GOVC_PASSWORD=PASSWORD)
    token = person("session.login", "-issue")
    expect(Govc(world, GOVC_LOGIN_TOKEN=token, **nameless(name))("sso.user.id", name).startswith("person="), "no session by a bearer token")
    alice("sso.user.rm", name)
    seen = Govc(world, GOVC_LOGIN_TOKEN=token, **ALICE_LOGIN).refused("sso.user.id", "alice")
    expect("Invalid credentials" in seen, seen)
    return seen


def a_password_that_the_policy_forbids_is_told_so(world):
    alice, name = Govc(world, **ALICE_LOGIN), fresh("weak")
    seen = alice.refused("sso.user.create", "-p", "weak", name)
    expect("violates the password policy" in seen, seen)
    alice("sso.user.create", "-p", PASSWORD, name)
    alice("sso.user.rm", name)
    return seen


def a_solution_user_is_made_with_its_roles(world):
    alice, name = Govc(world, **ALICE_LOGIN), fresh("machine")
    certificate = read(world.user_cert)
    alice("sso.user.create", "-C", certificate, "-A", "-R", "Administrator", "-d", "a machine", name)
    expect(listed(alice, "sso.user.ls", "-s")[name] == "a machine", "not among the solution users")
    groups = alice("sso.user.id", name).split("groups=")[1].split(",")
    expect({"ActAsUsers", "Administrators", "SolutionUsers", "Everyone"} <= set(groups), groups)
    machine, flags = Govc(world), user_flags(world)
    seen = machine("sso.user.id", *flags, name)
    expect(seen.startswith(f"solution={name}@"), seen)
    twin = alice.refused("sso.user.create", "-C", certificate, fresh("twin"))
    expect("used by another solution user" in twin, twin)
    alice("sso.user.update", "-A=false", "-R", "RegularUser", "-d", "still a machine", name)
    groups = alice("sso.user.id", name).split("groups=")[1].split(",")
    expect(not {"ActAsUsers", "Administrators"} & set(groups), groups)
    solution = next(one for one in json.loads(alice("sso.user.ls", "-s", "-json")) if one["Id"]["Name"] == name)
    expect("".join(certificate.split("-----")[2].split()) == solution["Details"]["Certificate"], "another certificate")
    alice("sso.user.rm", name)
    return seen


def a_signed_login_by_a_holder_of_key_token(world):
    machine, flags = Govc(world), robot_flags(world)
    seen = machine("sso.user.id", *flags, "ci-robot")
    expect(seen.startswith("solution=ci-robot@vsphere.local"), seen)
    token = Govc(world)("session.login", "-issue", *flags)
    stolen = Govc(world, GOVC_LOGIN_TOKEN=token, **ALICE_LOGIN).refused("sso.user.id", *user_flags(world), "alice")
    expect("Invalid credentials" in stolen, stolen)
    return seen


def groups_are_made_filled_emptied_and_removed(world):
    alice, outer, inner = Govc(world, **ALICE_LOGIN), fresh("outer"), fresh("inner")
    for group in [outer, inner]:
        alice("sso.group.create", "-d", "by govc", group)
    expect(listed(alice, "sso.group.ls", "-search", outer.upper()) == {outer: "by govc"}, "not found")
    alice("sso.group.update", "-d", "changed", outer)
    expect(listed(alice, "sso.group.ls", "-search", outer) == {outer: "changed"}, "not changed")
    alice("sso.group.update", "-a", "bob", inner)
    alice("sso.group.update", "-g", "-a", inner, outer)
    expect(list(listed(alice, "sso.user.ls", "-group", inner)) == ["bob"], "bob is not in it")
    expect(list(listed(alice, "sso.group.ls", outer)) == [inner], "the group is not in it")
    groups = alice("sso.user.id", "bob").split("groups=")[1].split(",")
    expect({inner, outer} <= set(groups), groups)
    seen = alice.refused("sso.group.update", "-g", "-a", outer, inner)
    expect("contains that group" in seen, seen)
    alice("sso.group.update", "-r", "bob", inner)
    alice("sso.group.update", "-g", "-r", inner, outer)
    expect(listed(alice, "sso.group.ls", outer) == {}, "the group is still in it")
    for group in [outer, inner]:
        alice("sso.group.rm", group)
    expect(listed(alice, "sso.group.ls", "-search", outer) == {}, "still listed")
    return seen


def the_password_policy_is_shown_and_changed(world):
    alice = Govc(world, **ALICE_LOGIN)
    before = policy(alice)
    alice("sso.lpp.update", "-MinLength", "9", "-Description", "for a test")
    changed = policy(alice)
    expect(changed["PasswordFormat"]["LengthRestriction"]["MinLength"] == 9, changed)
    expect(changed["Description"] == "for a test", changed)
    alice("sso.lpp.update", "-MinLength", str(before["PasswordFormat"]["LengthRestriction"]["MinLength"]))
    return alice("sso.lpp.info").splitlines()[0]


def identity_sources_are_listed_and_registered(world):
    alice, name = Govc(world, **ALICE_LOGIN), fresh("ldap") + ".example"
    seen = alice("sso.idp.ls")
    expect("vsphere.local" in seen and name not in seen, seen)
    alice(
        "sso.idp.ldap.update", "-ServerType", "OpenLdap", "-DomainAlias", name.split(".")[0], "-FriendlyName", "a directory",
        "-UserBaseDn", "ou=people", "-GroupBaseDn", "ou=groups", "-PrimaryUrl", "ldap://ldap.example", "-AuthUsername", "cn=reader",
        "-AuthPassword", "Geheim!23", name,
    )
    source = next(one for one in sources(alice)["LDAPS"] if one["Name"] == name)
    expect(source["Details"]["PrimaryURL"] == "ldap://ldap.example" and source["Type"] == "OpenLdap", source)
    expect(source["AuthenticationDetails"]["Username"] == "cn=reader" and "Geheim" not in json.dumps(source), source)
    alice("sso.idp.ldap.update", "-PrimaryUrl", "ldaps://ldap.example", name)
    expect("ldaps://ldap.example" in alice("sso.idp.ls"), "the address was not changed")
    return alice("sso.idp.ls").splitlines()[-1]


def default_domains_are_shown_and_set(world):
    alice = Govc(world, **ALICE_LOGIN)
    before = alice("sso.idp.default.ls")
    expect(before.endswith("vsphere.local"), before)
    seen = alice.refused("sso.idp.default.update", "nowhere.example")
    expect("does not exist" in seen, seen)
    alice("sso.idp.default.update", "VSPHERE.LOCAL")
    expect(alice("sso.idp.default.ls") == before, before)
    return before


def who_is_no_administrator_reads_and_changes_nothing(world):
    bob = Govc(world, GOVC_USERNAME="bob@vsphere.local", GOVC_PASSWORD=PASSWORD)
    seen = bob.refused("sso.user.ls")
    expect("Cannot complete login" in seen or "Permission" in seen, f"bob may not log in to /sdk: {seen}")
    alice, name = Govc(world, **ALICE_LOGIN), fresh("reader")
    alice("sso.user.create", "-p", PASSWORD, name)
    alice("permissions.set", "-principal", f"VSPHERE.LOCAL\\{name}", "-role", "ReadOnly", "/")
    reader = Govc(world, **nameless(name))
    expect("alice" in listed(reader, "sso.user.ls", "alice"), "a regular user finds nobody")
    for command in [["sso.user.rm", "bob"], ["sso.group.create", fresh("g")], ["sso.group.update", "-a", name, "Administrators"]]:
        seen = reader.refused(*command)
        expect("Permission to perform this operation was denied" in seen, seen)
    alice("sso.user.rm", name)
    return seen


def listed(somebody, command, *arguments):
    lines = somebody(command, *arguments).splitlines()
    return {line.split()[0]: line.split(maxsplit=1)[1].strip() if len(line.split()) > 1 else "" for line in lines}


def sources(somebody):
    return json.loads(somebody("sso.idp.ls", "-json"))["IdentitySources"]


def policy(somebody):
    return json.loads(somebody("sso.lpp.info", "-json"))["LocalPasswordPolicy"]


def fresh(kind):
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def nameless(name):
    return {"GOVC_USERNAME": f"{name}@vsphere.local", "GOVC_PASSWORD": PASSWORD}


def read(path):
    with open(path) as file:
        return file.read()


CASES = [
    a_person_is_made_found_changed_and_removed,
    a_new_person_has_a_token_at_once_and_a_removed_one_has_none,
    a_password_that_the_policy_forbids_is_told_so,
    a_solution_user_is_made_with_its_roles,
    a_signed_login_by_a_holder_of_key_token,
    groups_are_made_filled_emptied_and_removed,
    the_password_policy_is_shown_and_changed,
    identity_sources_are_listed_and_registered,
    default_domains_are_shown_and_set,
    who_is_no_administrator_reads_and_changes_nothing,
]
