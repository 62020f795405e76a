//! Every method: the objects that have it, who may call it, its parameters, and how they are read.

use super::super::object::Object;
use super::super::policy::{LockoutPolicy, PasswordPolicy};
use super::super::principal::PrincipalId;
use super::discovery::{Only, Wanted};
use super::{Access, CertificateCall, ConfigurationCall, Limit, MemberKind, Method, RoleCall, SourceCall};
use super::{configuration, discovery, management, source};
use crate::vim::values::arguments::{Arguments, Problem};

/// What is known of a method before it is called.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) wire: &'static str,
    pub(super) receivers: &'static [Object],
    pub(super) access: Access,
    pub(super) parameters: &'static [&'static str],
    pub(super) read: Reader,
}

type Reader = fn(&Arguments<'_>) -> Result<Method, Problem>;

const fn method(
    wire: &'static str,
    receivers: &'static [Object],
    access: Access,
    parameters: &'static [&'static str],
    read: Reader,
) -> Facts {
    Facts { wire, receivers, access, parameters, read }
}

use Access::{Administrator as ADMIN, Anybody as ANYBODY, RegularUser as USER};

const SESSIONS: &[Object] = &[Object::SessionManager];
const DISCOVERY: &[Object] = &[Object::Discovery];
const CHECK: &[Object] = &[Object::GroupCheck];
const MANAGEMENT: &[Object] = &[Object::Management];
const ROLES: &[Object] = &[Object::Roles];
const PASSWORD: &[Object] = &[Object::PasswordPolicy];
const LOCKOUT: &[Object] = &[Object::LockoutPolicy];
const CONFIGURATION: &[Object] = &[Object::Configuration];
const CERTIFICATES: &[Object] = &[Object::Certificates];
const SOURCES: &[Object] = &[Object::IdentitySources];
const DOMAINS: &[Object] = &[Object::Domains];
/// What was the domains' before it was the sources' is still both.
const BOTH: &[Object] = &[Object::IdentitySources, Object::Domains];
const SMTP: &[Object] = &[Object::Smtp];
const SYSTEM: &[Object] = &[Object::System, Object::PasswordPolicy];

const ID: &[&str] = &["userId"];
const CRITERIA: &[&str] = &["criteria", "limit"];
const SEARCH: &[&str] = &["searchStr", "limit"];
const INSIDE: &[&str] = &["groupId", "searchString", "limit"];
const ROLE: &[&str] = &["userId", "role"];
const DIRECTORY: &[&str] =
    &["serverType", "domainName", "domainAlias", "details", "authenticationType", "authnCredentials"];
const AUTHENTICATION: &[&str] = &["name", "authnType", "authnCredentials"];

/// The list. The end of it is [`UNSUPPORTED`].
#[rustfmt::skip]
pub(super) const METHODS: [Facts; 96] = [
    method("SsoAdminServiceInstance", &[Object::ServiceInstance], ANYBODY, &[], |_| Ok(Method::ServiceInstance)),
    method("SsoGroupcheckServiceInstance", &[Object::GroupcheckInstance], ANYBODY, &[], |_| Ok(Method::GroupcheckInstance)),
    method("Login", SESSIONS, ANYBODY, &[], |_| Ok(Method::Login)),
    method("Logout", SESSIONS, USER, &[], |_| Ok(Method::Logout)),

    method("FindUser", DISCOVERY, USER, ID, |a| discovery::one(Wanted::Users, "userId", a)),
    method("FindPersonUser", DISCOVERY, USER, ID, |a| discovery::one(Wanted::People, "userId", a)),
    method("FindSolutionUser", DISCOVERY, USER, &["userName"], discovery::machine),
    method("FindGroup", DISCOVERY, USER, &["groupId"], |a| discovery::one(Wanted::Groups, "groupId", a)),
    method("FindUsers", DISCOVERY, USER, CRITERIA, |a| discovery::matching(Wanted::Users, a)),
    method("FindPersonUsers", DISCOVERY, USER, CRITERIA, |a| discovery::matching(Wanted::People, a)),
    method("FindSolutionUsers", DISCOVERY, USER, &["searchString", "limit"], |a| discovery::text(Wanted::Machines, Only::Any, "searchString", a)),
    method("FindGroups", DISCOVERY, USER, CRITERIA, |a| discovery::matching(Wanted::Groups, a)),
    method("Find", DISCOVERY, USER, CRITERIA, |a| discovery::matching(Wanted::Everything, a)),
    method("FindUsersInGroup", DISCOVERY, USER, INSIDE, |a| discovery::inside(Wanted::Users, a)),
    method("FindPersonUsersInGroup", DISCOVERY, USER, INSIDE, |a| discovery::inside(Wanted::People, a)),
    method("FindSolutionUsersInGroup", DISCOVERY, USER, &["groupName", "searchString", "limit"], discovery::machines_inside),
    method("FindGroupsInGroup", DISCOVERY, USER, INSIDE, |a| discovery::inside(Wanted::Groups, a)),
    method("FindDirectParentGroups", DISCOVERY, USER, &["principalId"], |a| discovery::parents("principalId", false, a)),
    method("FindNestedParentGroups", DISCOVERY, USER, ID, |a| discovery::parents("userId", true, a)),
    method("FindLockedUsers", DISCOVERY, USER, SEARCH, |a| discovery::text(Wanted::People, Only::Locked, "searchStr", a)),
    method("FindDisabledPersonUsers", DISCOVERY, USER, SEARCH, |a| discovery::text(Wanted::People, Only::Disabled, "searchStr", a)),
    method("FindDisabledSolutionUsers", DISCOVERY, USER, SEARCH, |a| discovery::text(Wanted::Machines, Only::Disabled, "searchStr", a)),
    method("IsMemberOfGroup", CHECK, USER, &["userId", "groupId"], discovery::is_member),
    method("FindParentGroups", CHECK, USER, &["userId", "groupList"], discovery::parents_among),
    method("FindAllParentGroups", CHECK, USER, ID, discovery::all_parents),

    method("CreateLocalPersonUser", MANAGEMENT, ADMIN, &["userName", "userDetails", "password"], management::create_person),
    method("CreateLocalSolutionUser", MANAGEMENT, ADMIN, &["userName", "userDetails"], management::create_machine),
    method("CreateLocalGroup", MANAGEMENT, ADMIN, &["groupName", "groupDetails"], management::create_group),
    method("UpdateLocalPersonUserDetails", MANAGEMENT, ADMIN, &["userName", "userDetails"], management::update_person),
    method("UpdateLocalSolutionUserDetails", MANAGEMENT, ADMIN, &["userName", "userDetails"], management::update_machine),
    method("UpdateLocalGroupDetails", MANAGEMENT, ADMIN, &["groupName", "groupDetails"], management::update_group),
    method("ResetLocalPersonUserPassword", MANAGEMENT, ADMIN, &["userName", "newPassword"], management::set_password),
    method("UpdateSelfLocalPersonUserDetails", MANAGEMENT, USER, &["userDetails"], management::update_own_person),
    method("UpdateSelfLocalSolutionUserDetails", MANAGEMENT, USER, &["userDetails"], management::update_own_machine),
    method("ResetSelfLocalPersonUserPassword", MANAGEMENT, USER, &["newPassword"], management::set_own_password),
    // Whoever must change an expired password has no token; the old password is the proof.
    method("ResetLocalUserPassword", MANAGEMENT, ANYBODY, &["username", "currentPassword", "newPassword"], management::change_password),
    method("DeleteLocalPrincipal", MANAGEMENT, ADMIN, &["principalName"], management::remove),
    method("AddUserToLocalGroup", MANAGEMENT, ADMIN, &["userId", "groupName"], |a| management::join_one(MemberKind::Users, "userId", a)),
    method("AddUsersToLocalGroup", MANAGEMENT, ADMIN, &["userIds", "groupName"], |a| management::join(MemberKind::Users, "userIds", a)),
    method("AddGroupToLocalGroup", MANAGEMENT, ADMIN, &["groupId", "groupName"], |a| management::join_one(MemberKind::Groups, "groupId", a)),
    method("AddGroupsToLocalGroup", MANAGEMENT, ADMIN, &["groupIds", "groupName"], |a| management::join(MemberKind::Groups, "groupIds", a)),
    method("RemoveFromLocalGroup", MANAGEMENT, ADMIN, &["principalId", "groupName"], management::leave_one),
    method("RemovePrincipalsFromLocalGroup", MANAGEMENT, ADMIN, &["principalsIds", "groupName"], management::leave),
    method("EnableUserAccount", MANAGEMENT, ADMIN, ID, |a| management::set_disabled(false, a)),
    method("DisableUserAccount", MANAGEMENT, ADMIN, ID, |a| management::set_disabled(true, a)),
    method("UnlockUserAccount", MANAGEMENT, ADMIN, ID, management::unlock),

    method("HasAdministratorRole", ROLES, USER, ID, |a| Ok(Method::Role(RoleCall::HasAdministrator(PrincipalId::of(a, "userId")?)))),
    method("HasRegularUserRole", ROLES, USER, ID, |a| Ok(Method::Role(RoleCall::HasRegularUser(PrincipalId::of(a, "userId")?)))),
    method("SetRole", ROLES, ADMIN, ROLE, |a| Ok(Method::Role(RoleCall::Set(PrincipalId::of(a, "userId")?, a.owned("role")?)))),
    method("GrantWSTrustRole", ROLES, ADMIN, ROLE, |a| ws_trust(true, a)),
    method("RevokeWSTrustRole", ROLES, ADMIN, ROLE, |a| ws_trust(false, a)),

    method("GetLocalPasswordPolicy", PASSWORD, USER, &[], |_| Ok(Method::PasswordPolicy)),
    method("UpdateLocalPasswordPolicy", PASSWORD, ADMIN, &["policy"], |a| PasswordPolicy::of(a).map(Method::UpdatePasswordPolicy)),
    method("GetLockoutPolicy", LOCKOUT, USER, &[], |_| Ok(Method::LockoutPolicy)),
    method("UpdateLockoutPolicy", LOCKOUT, ADMIN, &["policy"], |a| LockoutPolicy::of(a).map(Method::UpdateLockoutPolicy)),

    method("GetTrustedCertificates", CONFIGURATION, USER, &[], |_| Ok(Method::Configuration(ConfigurationCall::TrustedCertificates))),
    method("GetKnownCertificateChains", CONFIGURATION, USER, &[], |_| Ok(Method::Configuration(ConfigurationCall::KnownChains))),
    method("GetIssuersCertificates", CONFIGURATION, USER, &[], |_| Ok(Method::Configuration(ConfigurationCall::IssuersCertificates))),
    method("GetClockTolerance", CONFIGURATION, USER, &[], |_| configuration::get(Limit::ClockTolerance)),
    method("GetDelegationCount", CONFIGURATION, USER, &[], |_| configuration::get(Limit::DelegationCount)),
    method("GetRenewCount", CONFIGURATION, USER, &[], |_| configuration::get(Limit::RenewCount)),
    method("GetMaximumBearerTokenLifetime", CONFIGURATION, USER, &[], |_| configuration::get(Limit::BearerLifetime)),
    method("GetMaximumHoKTokenLifetime", CONFIGURATION, USER, &[], |_| configuration::get(Limit::HokLifetime)),
    method("SetClockTolerance", CONFIGURATION, ADMIN, &["milliseconds"], |a| configuration::set_long(Limit::ClockTolerance, "milliseconds", a)),
    method("SetDelegationCount", CONFIGURATION, ADMIN, &["delegationCount"], |a| configuration::set_int(Limit::DelegationCount, "delegationCount", a)),
    method("SetRenewCount", CONFIGURATION, ADMIN, &["renewCount"], |a| configuration::set_int(Limit::RenewCount, "renewCount", a)),
    method("SetMaximumBearerTokenLifetime", CONFIGURATION, ADMIN, &["maxLifetime"], |a| configuration::set_long(Limit::BearerLifetime, "maxLifetime", a)),
    method("SetMaximumHoKTokenLifetime", CONFIGURATION, ADMIN, &["maxLifetime"], |a| configuration::set_long(Limit::HokLifetime, "maxLifetime", a)),

    method("GetAllCertificates", CERTIFICATES, USER, &[], |_| Ok(Method::Certificates(CertificateCall::All))),
    method("FindCertificate", CERTIFICATES, USER, &["fingerprint"], |a| Ok(Method::Certificates(CertificateCall::Find(a.owned("fingerprint")?)))),
    method("AddCertificate", CERTIFICATES, ADMIN, &["certificate"], |a| Ok(Method::Certificates(CertificateCall::Add(a.owned("certificate")?)))),
    method("DeleteCertificate", CERTIFICATES, ADMIN, &["fingerprint"], |a| Ok(Method::Certificates(CertificateCall::Delete(a.owned("fingerprint")?)))),

    method("Get", SOURCES, USER, &[], |_| Ok(Method::Source(SourceCall::Get))),
    method("GetSystemDomainName", BOTH, USER, &[], |_| Ok(Method::Source(SourceCall::SystemDomainName))),
    method("IdS_getDefaultDomains", SOURCES, USER, &[], |_| Ok(Method::Source(SourceCall::DefaultDomains))),
    method("IdS_setDefaultDomains", SOURCES, ADMIN, &["domainNames"], source::set_default_domains),
    method("GetDefaultDomains", DOMAINS, USER, &[], |_| Ok(Method::Source(SourceCall::DefaultDomains))),
    method("SetDefaultDomains", DOMAINS, ADMIN, &["domainNames"], source::set_default_domains),
    method("GetSslCertificateManager", BOTH, USER, &[], |_| Ok(Method::Source(SourceCall::CertificateManager))),
    method("RegisterLdap", SOURCES, ADMIN, DIRECTORY, source::register),
    method("UpdateLdap", SOURCES, ADMIN, &["name", "details"], |a| source::set_details("name", a)),
    method("UpdateLdapAuthnType", SOURCES, ADMIN, AUTHENTICATION, source::set_authentication),
    method("GetDomains", DOMAINS, USER, &[], |_| Ok(Method::Source(SourceCall::Domains))),
    method("FindExternalDomain", DOMAINS, USER, &["filter"], |a| Ok(Method::Source(SourceCall::Find(a.owned("filter")?)))),
    method("AddExternalDomain", DOMAINS, ADMIN, DIRECTORY, source::register),
    method("UpdateExternalDomainDetails", DOMAINS, ADMIN, &["name", "details"], |a| source::set_details("name", a)),
    method("UpdateExternalDomainAuthnType", DOMAINS, ADMIN, AUTHENTICATION, source::set_authentication),
    method("DeleteDomain", BOTH, ADMIN, &["name"], |a| Ok(Method::Source(SourceCall::Delete(a.owned("name")?)))),

    UNSUPPORTED[0], UNSUPPORTED[1], UNSUPPORTED[2], UNSUPPORTED[3], UNSUPPORTED[4], UNSUPPORTED[5], UNSUPPORTED[6],
    UNSUPPORTED[7],
];

/// What makes no sense here, and why.
#[rustfmt::skip]
pub(super) const UNSUPPORTED: [Facts; 8] = [
    // Nobody here connects to a directory.
    unsupported("ProbeConnectivity", BOTH, &["serviceUri", "authenticationType", "authnCredentials"]),
    // Private keys do not travel: `vcsso keys rotate` makes one.
    unsupported("SetNewSignerIdentity", CONFIGURATION, &["signingKey", "signingCertificateChain"]),
    unsupported("SetSignerIdentity", CONFIGURATION, &["adminUser", "adminPass", "signingKey", "signingCertificateChain"]),
    // Nobody here sends mail.
    unsupported("GetSmtpConfiguration", SMTP, &[]),
    unsupported("UpdateSmtpConfiguration", SMTP, &["config"]),
    unsupported("SendMail", SMTP, &["content"]),
    unsupported("GetPasswordExpirationConfiguration", SYSTEM, &[]),
    unsupported("UpdatePasswordExpirationConfiguration", SYSTEM, &["config"]),
];

const fn unsupported(
    wire: &'static str,
    receivers: &'static [Object],
    parameters: &'static [&'static str],
) -> Facts {
    method(wire, receivers, ADMIN, parameters, |_| Ok(Method::Unsupported))
}

fn ws_trust(granted: bool, arguments: &Arguments<'_>) -> Result<Method, Problem> {
    let (user, role) = (PrincipalId::of(arguments, "userId")?, arguments.owned("role")?);
    Ok(Method::Role(RoleCall::WsTrust { user, role, granted }))
}
