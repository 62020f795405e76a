//! Methods: read by one list (`table.rs`), which says of each which object has it, who may call it, and its parameters.
//! What a call asks for is a value of the family it belongs to, one file each.

mod configuration;
mod discovery;
mod management;
mod source;
mod table;

use super::NAMESPACE;
use super::fault::Fault;
use super::object::Object;
use super::policy::{LockoutPolicy, PasswordPolicy};
use super::principal::PrincipalId;
use crate::soap::Envelope;
use crate::vim::values::arguments::{Arguments, Owner, Problem};

pub use configuration::{CertificateCall, ConfigurationCall, Limit};
pub use discovery::{DiscoveryCall, GroupCheckCall, Only, Wanted};
pub use management::{ManagementCall, MemberKind};
pub use source::SourceCall;
use table::{Facts, METHODS};

/// A call whose object is there and has the method.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name on the wire.
    pub wire: &'static str,
    /// Who may make it.
    pub access: Access,
    /// What is to be done.
    pub method: Method,
}

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anybody,
    /// Whoever is logged in.
    RegularUser,
    /// Members of Administrators.
    Administrator,
}

/// What can be asked.
#[derive(Clone, Debug)]
pub enum Method {
    /// Where administration begins.
    ServiceInstance,
    /// Where a question about groups begins.
    GroupcheckInstance,
    /// A session, by the token in the header.
    Login,
    /// The end of the session.
    Logout,
    /// Who there is.
    Discovery(DiscoveryCall),
    /// What somebody belongs to.
    GroupCheck(GroupCheckCall),
    /// Who shall be there.
    Management(ManagementCall),
    /// Who may do what.
    Role(RoleCall),
    /// What a password must be.
    PasswordPolicy,
    /// The same from now on.
    UpdatePasswordPolicy(PasswordPolicy),
    /// What wrong passwords lead to.
    LockoutPolicy,
    /// The same from now on.
    UpdateLockoutPolicy(LockoutPolicy),
    /// Tokens.
    Configuration(ConfigurationCall),
    /// What directories may show.
    Certificates(CertificateCall),
    /// Where users come from.
    Source(SourceCall),
    /// What makes no sense here: the end of the table.
    Unsupported,
}

/// Of the roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleCall {
    /// Whether somebody is an administrator.
    HasAdministrator(PrincipalId),
    /// Whether somebody is a regular user.
    HasRegularUser(PrincipalId),
    /// Somebody has this role from now on, by its name.
    Set(PrincipalId, String),
    /// Somebody may have tokens in the name of others, or may not.
    WsTrust {
        /// Who.
        user: PrincipalId,
        /// The role, by its name.
        role: String,
        /// From now on, or no longer.
        granted: bool,
    },
}

impl Call {
    /// Reads the call in the body of a message. Signed calls of govmomi stand in no namespace (`clients.md` §5.2).
    ///
    /// # Errors
    /// [`Fault::InvalidRequest`], [`Fault::ManagedObjectNotFound`], [`Fault::MethodNotFound`].
    pub fn read(envelope: &Envelope) -> Result<Self, Fault> {
        let invalid = |problem: Problem| Fault::InvalidRequest(problem.to_string());
        let element = envelope.request().ok_or_else(|| invalid(Problem::NotACall))?;
        let ours = matches!(element.namespace(), NAMESPACE | "");
        let known = METHODS.iter().find(|method| ours && element.local() == method.wire);
        let facts: &Facts = known.ok_or_else(|| {
            let short = |name: &str| name.chars().take(64).collect();
            invalid(Problem::UnknownMethod {
                name: short(element.local()),
                namespace: short(element.namespace()),
            })
        })?;
        let arguments = Arguments::of(element, Owner::Call(facts.wire), facts.parameters).map_err(invalid)?;
        let this = arguments.reference("_this").map_err(invalid)?;
        let object = Object::of(&this).ok_or_else(|| Fault::ManagedObjectNotFound(this.clone()))?;
        if !facts.receivers.contains(&object) {
            return Err(Fault::MethodNotFound { receiver: this, method: facts.wire });
        }
        let method = (facts.read)(&arguments).map_err(invalid)?;
        Ok(Self { wire: facts.wire, access: facts.access, method })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Call, Fault> {
        let message = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>"
        );
        Call::read(&Envelope::parse(message.into_bytes()).unwrap())
    }

    const SESSIONS: &str = "<_this type=\"SsoSessionManager\">ssoSessionManager</_this>";
    const DISCOVERY: &str =
        "<_this type=\"SsoAdminPrincipalDiscoveryService\">principalDiscoveryService</_this>";

    #[test]
    fn a_call_stands_in_our_namespace_or_in_none() {
        for namespace in ["urn:sso", ""] {
            let call = read(&format!("<Login xmlns=\"{namespace}\">{SESSIONS}</Login>")).unwrap();
            assert!(matches!(call.method, Method::Login) && call.access == Access::Anybody);
        }
        let foreign = read(&format!("<Login xmlns=\"urn:vim25\">{SESSIONS}</Login>"));
        assert!(matches!(foreign, Err(Fault::InvalidRequest(_))));
    }

    #[test]
    fn an_object_has_its_own_methods_alone() {
        let find = |this: &str| {
            read(&format!(
                "<FindUser xmlns=\"urn:sso\">{this}<userId><name>a</name><domain>d</domain></userId></FindUser>"
            ))
        };
        let id = PrincipalId { name: "a".into(), domain: "d".into() };
        let Method::Discovery(call) = find(DISCOVERY).unwrap().method else { panic!() };
        assert_eq!(call, DiscoveryCall::One { wanted: Wanted::Users, who: id });
        assert!(matches!(find(SESSIONS), Err(Fault::MethodNotFound { method: "FindUser", .. })));
        assert!(matches!(find("<_this type=\"X\">x</_this>"), Err(Fault::ManagedObjectNotFound(_))));
    }

    #[test]
    fn what_the_table_does_not_know_is_refused() {
        for body in [
            format!("<FindUser xmlns=\"urn:sso\">{DISCOVERY}</FindUser>"),
            format!(
                "<FindUser xmlns=\"urn:sso\">{DISCOVERY}<userId><name>a</name></userId><more/></FindUser>"
            ),
            format!("<Lost xmlns=\"urn:sso\">{DISCOVERY}</Lost>"),
            String::new(),
        ] {
            assert!(matches!(read(&body), Err(Fault::InvalidRequest(_))), "{body}");
        }
    }

    #[test]
    fn only_a_regular_user_reads_and_only_an_administrator_changes() {
        let named = |wire: &str| METHODS.iter().find(|facts| facts.wire == wire).unwrap().access;
        for wire in ["FindPersonUsers", "GetLocalPasswordPolicy", "Get", "ResetSelfLocalPersonUserPassword"] {
            assert_eq!(named(wire), Access::RegularUser, "{wire}");
        }
        for facts in &METHODS {
            let changes = [
                "Create", "Delete", "Update", "Add", "Remove", "Set", "IdS_set", "Grant", "Revoke",
                "Register", "Enable", "Disable", "Unlock",
            ];
            let own = facts.wire.contains("Self");
            if changes.iter().any(|word| facts.wire.starts_with(word)) && !own {
                assert_eq!(facts.access, Access::Administrator, "{}", facts.wire);
            }
        }
        let anybody: Vec<_> =
            METHODS.iter().filter(|facts| facts.access == Access::Anybody).map(|facts| facts.wire).collect();
        assert_eq!(
            anybody,
            ["SsoAdminServiceInstance", "SsoGroupcheckServiceInstance", "Login", "ResetLocalUserPassword"]
        );
    }

    #[test]
    fn every_method_has_a_name_of_its_own() {
        let mut names: Vec<_> = METHODS.iter().map(|facts| facts.wire).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METHODS.len());
    }

    #[test]
    fn a_password_stays_out_of_what_is_wrong_with_a_call() {
        let this = "<_this type=\"SsoAdminPrincipalManagementService\">principalManagementService</_this>";
        let call = format!(
            "<CreateLocalPersonUser xmlns=\"urn:sso\">{this}<userName>a</userName><userDetails/><password>geheim<x/></password></CreateLocalPersonUser>"
        );
        let Err(Fault::InvalidRequest(problem)) = read(&call) else { panic!() };
        assert!(!problem.contains("geheim"), "{problem}");
    }
}
