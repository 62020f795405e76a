//! The faults of vim25 as data, the texts real servers send with them (people and scripts grep for those),
//! and their form on the wire (`session-manager.md` §1.3, §3.3).
//!
//! Why somebody was refused is not said here: a refused login is [`Fault::InvalidLogin`], whatever the
//! reason.

use crate::soap;
use crate::vim::object;
use crate::vim::values::{Field, Record, Value, message};
use crate::vim::{ApiVersion, Reference};
use crate::xml::names::VIM;

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever wanted to log in did not, or was logged in already.
    InvalidLogin,
    /// Whoever logs in by SSPI must answer this first.
    SspiChallenge {
        /// The token, in base64.
        base64_token: String,
    },
    /// Not a locale, or not one of ours.
    InvalidLocale,
    /// Logged in, but without this privilege.
    NoPermission(Denial),
    /// Not logged in.
    NotAuthenticated(Denial),
    /// A parameter, or a field of one, has a value that is not allowed.
    InvalidArgument {
        /// The path to it.
        property: Option<String>,
    },
    /// The message is not one of this API.
    InvalidRequest {
        /// What is wrong, in the words of a real server.
        text: String,
    },
    /// The object has no such method.
    MethodNotFound {
        /// The object.
        receiver: Reference,
        /// The method.
        method: &'static str,
    },
    /// There is no such object.
    ManagedObjectNotFound {
        /// What was looked for.
        object: Reference,
    },
    /// This server does not do that.
    NotSupported,
    /// A type has no such property, or a data object no such field.
    InvalidProperty {
        /// The path as it was asked for.
        name: String,
    },
    /// There is no setting of this name.
    InvalidName {
        /// The name.
        name: String,
    },
    /// What was named is not there.
    NotFound,
    /// Another thing has this name.
    AlreadyExists {
        /// The name.
        name: String,
    },
    /// There is no such user or group.
    UserNotFound {
        /// Who was named.
        principal: String,
    },
    /// What is still needed cannot be removed.
    RemoveFailed,
    /// Nobody would be left who may do everything.
    AuthMinimumAdminPermission,
    /// The connection has no client certificate.
    NoClientCertificate,
    /// The extension was registered without a subject.
    NoSubjectName,
    /// The client certificate is not one this server trusts now. A kind of `InvalidLogin`.
    InvalidClientCertificate,
    /// A version of a property collector that it never gave out, or too long ago.
    InvalidCollectorVersion,
    /// Somebody wanted the call to end.
    RequestCanceled,
    /// Not now: there are too many of them already.
    InvalidState,
    /// A version of the API that is not spoken here.
    VersionMismatch {
        /// What was asked for.
        uri: String,
    },
}

/// What was missing where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The object on which the privilege is needed.
    pub object: Reference,
    /// The privilege.
    pub privilege: &'static str,
}

impl Fault {
    /// Nobody is logged in: said of the root folder, as vCenter does (§1.3).
    #[must_use]
    pub fn not_authenticated() -> Self {
        Self::NotAuthenticated(Denial { object: Reference::root(), privilege: super::access::VIEW })
    }

    /// Somebody lacks a privilege on the root folder.
    #[must_use]
    pub fn no_permission(privilege: &'static str) -> Self {
        Self::NoPermission(Denial { object: Reference::root(), privilege })
    }

    /// The type on the wire.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::InvalidLogin => "InvalidLogin",
            Self::SspiChallenge { .. } => "SSPIChallenge",
            Self::InvalidLocale => "InvalidLocale",
            Self::NoPermission(_) => "NoPermission",
            Self::NotAuthenticated(_) => "NotAuthenticated",
            Self::InvalidArgument { .. } => "InvalidArgument",
            Self::InvalidRequest { .. } | Self::VersionMismatch { .. } => "InvalidRequest",
            Self::MethodNotFound { .. } => "MethodNotFound",
            Self::ManagedObjectNotFound { .. } => "ManagedObjectNotFound",
            Self::NotSupported => "NotSupported",
            Self::InvalidProperty { .. } => "InvalidProperty",
            Self::InvalidName { .. } => "InvalidName",
            Self::NotFound => "NotFound",
            Self::AlreadyExists { .. } => "AlreadyExists",
            Self::UserNotFound { .. } => "UserNotFound",
            Self::RemoveFailed => "RemoveFailed",
            Self::AuthMinimumAdminPermission => "AuthMinimumAdminPermission",
            Self::NoClientCertificate => "NoClientCertificate",
            Self::NoSubjectName => "NoSubjectName",
            Self::InvalidClientCertificate => "InvalidClientCertificate",
            Self::InvalidCollectorVersion => "InvalidCollectorVersion",
            Self::RequestCanceled => "RequestCanceled",
            Self::InvalidState => "InvalidState",
        }
    }

    /// What a human reads; never empty, for govmomi prints it as its error.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::InvalidLogin => "Cannot complete login due to an incorrect user name or password.".into(),
            Self::SspiChallenge { .. } => "The login by SSPI goes on.".into(),
            Self::InvalidLocale => "Invalid or unknown locale provided".into(),
            Self::NoPermission(_) => "Permission to perform this operation was denied.".into(),
            Self::NotAuthenticated(_) => "The session is not authenticated.".into(),
            Self::InvalidArgument { property: Some(path) } => {
                format!("A specified parameter was not correct: {path}")
            }
            Self::InvalidArgument { property: None } => "A specified parameter was not correct.".into(),
            Self::InvalidRequest { text } => text.clone(),
            Self::MethodNotFound { receiver, method } => {
                format!("{}:{} does not implement: {method}", receiver.kind, receiver.value)
            }
            Self::ManagedObjectNotFound { object } => gone(object),
            Self::NotSupported => "The operation is not supported on the object.".into(),
            Self::InvalidProperty { .. } => "InvalidProperty".into(),
            Self::InvalidName { name } => format!("The name '{name}' is invalid."),
            Self::NotFound => "The object or item referred to could not be found.".into(),
            Self::AlreadyExists { name } => {
                format!("The specified key, name, or identifier '{name}' already exists.")
            }
            Self::UserNotFound { principal } => {
                format!("The user or group named '{principal}' does not exist.")
            }
            // No recording of these two is public; the words are ours.
            Self::RemoveFailed => "The object cannot be removed: it is in use.".into(),
            Self::AuthMinimumAdminPermission => {
                "The root folder must keep a permission with the Administrator role that propagates.".into()
            }
            Self::NoClientCertificate => "The client did not present a certificate.".into(),
            Self::NoSubjectName => "The extension was registered without a subject name.".into(),
            Self::InvalidClientCertificate => "The client certificate could not be verified.".into(),
            Self::InvalidCollectorVersion => "A specified version was not correct.".into(),
            Self::RequestCanceled => "The task was canceled by a user.".into(),
            Self::InvalidState => "The operation is not allowed in the current state.".into(),
            Self::VersionMismatch { uri } => format!("Unsupported version URI \"{uri}\""),
        }
    }

    /// The fault as a data object, which names its own type.
    #[must_use]
    pub fn record(&self) -> Record {
        let fields = match self {
            Self::NoPermission(denial) | Self::NotAuthenticated(denial) => denial.fields(),
            Self::InvalidArgument { property } => vec![Field::optional("invalidProperty", property.clone())],
            Self::SspiChallenge { base64_token } => vec![Field::new("base64Token", base64_token.clone())],
            Self::MethodNotFound { receiver, method } => {
                vec![Field::new("receiver", receiver.clone()), Field::new("method", *method)]
            }
            Self::ManagedObjectNotFound { object } => vec![Field::new("obj", object.clone())],
            Self::UserNotFound { principal } => {
                vec![Field::new("principal", principal.clone()), Field::new("unresolved", false)]
            }
            Self::InvalidProperty { name } | Self::InvalidName { name } | Self::AlreadyExists { name } => {
                vec![Field::new("name", name.clone())]
            }
            Self::InvalidLogin
            | Self::InvalidLocale
            | Self::InvalidRequest { .. }
            | Self::NotSupported
            | Self::NotFound
            | Self::RemoveFailed
            | Self::AuthMinimumAdminPermission
            | Self::NoClientCertificate
            | Self::NoSubjectName
            | Self::InvalidClientCertificate
            | Self::InvalidCollectorVersion
            | Self::RequestCanceled
            | Self::InvalidState
            | Self::VersionMismatch { .. } => Vec::new(),
        };
        Record::new(self.type_name(), fields)
    }

    /// The fault inside an answer, with its text: a `LocalizedMethodFault`.
    #[must_use]
    pub fn localized(&self) -> Record {
        let fault = Value::from(self.record()).any();
        Record::new(
            "LocalizedMethodFault",
            vec![Field::new("fault", fault), Field::new("localizedMessage", self.text())],
        )
    }

    /// The fault of SOAP that carries it. The code has no prefix; the element of the detail is called after
    /// the very type, for pyVmomi reads the name and govmomi `xsi:type`.
    #[must_use]
    pub fn soap(&self, version: ApiVersion) -> soap::Fault {
        message::fault(VIM, self.code(), &self.text(), &self.record(), version)
    }

    /// The whole message, to be sent with status 500.
    #[must_use]
    pub fn write(&self, version: ApiVersion) -> String {
        message::refusal(&self.soap(version))
    }

    const fn code(&self) -> &'static str {
        if matches!(self, Self::VersionMismatch { .. }) {
            "VersionMismatchFaultCode"
        } else {
            "ServerFaultCode"
        }
    }
}

impl Denial {
    fn fields(&self) -> Vec<Field> {
        let missing = Record::new(
            "NoPermissionEntityPrivileges",
            vec![
                Field::new("entity", self.object.clone()),
                Field::new("privilegeIds", Value::texts([self.privilege])),
            ],
        );
        vec![
            Field::new("object", self.object.clone()),
            Field::new("privilegeId", self.privilege),
            Field::new("missingPrivileges", Value::records("NoPermissionEntityPrivileges", [missing]))
                .since(V7_0_3_2),
        ]
    }
}

/// Real servers print the type's inner name; a type we do not know is of the `vim` package, as nearly all
/// are.
fn gone(object: &Reference) -> String {
    let known = object::managed_type(&object.kind).map(|kind| kind.full_name.to_owned());
    let kind = known.unwrap_or_else(|| format!("vim.{}", object.kind));
    format!(
        "The object '{kind}:{}' has already been deleted or has not been completely created",
        object.value
    )
}

const V7_0_3_2: ApiVersion = ApiVersion::new([7, 0, 3, 2]);

#[cfg(test)]
pub(in crate::vim) mod tests {
    use super::*;
    use crate::soap::Envelope;

    const OLD: ApiVersion = ApiVersion::new([7, 0, 3, 1]);

    /// One of every kind.
    pub(in crate::vim) fn all() -> Vec<Fault> {
        vec![
            Fault::InvalidLogin,
            Fault::SspiChallenge { base64_token: "TlRM".into() },
            Fault::InvalidLocale,
            Fault::no_permission("Sessions.TerminateSession"),
            Fault::not_authenticated(),
            Fault::InvalidArgument { property: Some("sessionId".into()) },
            Fault::InvalidArgument { property: None },
            Fault::InvalidRequest { text: "a\n\nb".into() },
            Fault::MethodNotFound { receiver: Reference::root(), method: "Logout" },
            Fault::ManagedObjectNotFound { object: Reference::new("SessionManager", "nope") },
            Fault::NotSupported,
            Fault::InvalidProperty { name: "x".into() },
            Fault::InvalidName { name: "x".into() },
            Fault::NotFound,
            Fault::AlreadyExists { name: "x".into() },
            Fault::UserNotFound { principal: "x".into() },
            Fault::RemoveFailed,
            Fault::AuthMinimumAdminPermission,
            Fault::NoClientCertificate,
            Fault::NoSubjectName,
            Fault::InvalidClientCertificate,
            Fault::InvalidCollectorVersion,
            Fault::RequestCanceled,
            Fault::InvalidState,
            Fault::VersionMismatch { uri: "urn:vim25/7.0".into() },
        ]
    }

    fn detail(fault: &Fault, version: ApiVersion) -> String {
        fault.soap(version).detail.unwrap()
    }

    #[test]
    fn a_refused_login_is_the_message_real_clients_know() {
        assert_eq!(
            Fault::InvalidLogin.write(ApiVersion::NEWEST),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode>\
             <faultstring>Cannot complete login due to an incorrect user name or password.</faultstring>\
             <detail><InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"></InvalidLoginFault></detail>\
             </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        );
    }

    #[test]
    fn whoever_lacks_a_privilege_is_told_which_one_and_where() {
        let fault = Fault::no_permission("Sessions.TerminateSession");
        let old = "<NoPermissionFault xmlns=\"urn:vim25\" xsi:type=\"NoPermission\"><object type=\"Folder\">group-d1</object>\
                   <privilegeId>Sessions.TerminateSession</privilegeId></NoPermissionFault>";
        assert_eq!(detail(&fault, OLD), old);
        let more = "<missingPrivileges><entity type=\"Folder\">group-d1</entity>\
                    <privilegeIds>Sessions.TerminateSession</privilegeIds></missingPrivileges></NoPermissionFault>";
        assert_eq!(detail(&fault, V7_0_3_2), old.replace("</NoPermissionFault>", more));
    }

    #[test]
    fn whoever_is_not_logged_in_is_told_so_of_the_root_folder() {
        let wanted = "<NotAuthenticatedFault xmlns=\"urn:vim25\" xsi:type=\"NotAuthenticated\">\
                      <object type=\"Folder\">group-d1</object><privilegeId>System.View</privilegeId></NotAuthenticatedFault>";
        assert_eq!(detail(&Fault::not_authenticated(), OLD), wanted);
    }

    #[test]
    fn every_fault_reads_back_with_a_text_and_one_typed_detail() {
        for fault in all() {
            let envelope = Envelope::parse(fault.write(ApiVersion::NEWEST).into_bytes()).unwrap();
            let soap = envelope.request().unwrap();
            let detail = soap.child("", "detail").unwrap().children().next().unwrap();
            assert_eq!(detail.qualified().strip_suffix("Fault"), Some(fault.type_name()));
            assert_eq!(detail.namespace(), "urn:vim25");
            assert_eq!(detail.attribute_in(crate::xml::names::XSI, "type"), Some(fault.type_name()));
            let text = soap.child("", "faultstring").and_then(crate::xml::document::Element::text);
            assert!(text.is_some_and(|text| !text.is_empty()), "{fault:?}");
        }
    }

    #[test]
    fn only_a_version_that_is_not_spoken_has_another_code() {
        let code = |fault: &Fault| fault.soap(ApiVersion::NEWEST).code;
        assert_eq!(all().iter().filter(|fault| code(fault) != "ServerFaultCode").count(), 1);
        let mismatch = Fault::VersionMismatch { uri: "urn:vim25/7.0".into() };
        assert_eq!(code(&mismatch), "VersionMismatchFaultCode");
        assert_eq!(mismatch.text(), "Unsupported version URI \"urn:vim25/7.0\"");
    }

    #[test]
    fn a_challenge_carries_its_token() {
        let fault = Fault::SspiChallenge { base64_token: "TlRM".into() };
        let wanted = "<SSPIChallengeFault xmlns=\"urn:vim25\" xsi:type=\"SSPIChallenge\">\
                      <base64Token>TlRM</base64Token></SSPIChallengeFault>";
        assert_eq!(detail(&fault, OLD), wanted);
    }

    #[test]
    fn a_missing_object_is_named_as_the_server_calls_it() {
        let text = |kind: &str| Fault::ManagedObjectNotFound { object: Reference::new(kind, "x") }.text();
        let tail = "' has already been deleted or has not been completely created";
        assert_eq!(text("SessionManager"), format!("The object 'vim.SessionManager:x{tail}"));
        assert_eq!(text("PropertyCollector"), format!("The object 'vmodl.query.PropertyCollector:x{tail}"));
        assert_eq!(text("VirtualMachine"), format!("The object 'vim.VirtualMachine:x{tail}"));
    }

    #[test]
    fn what_a_client_sent_cannot_break_the_fault_that_repeats_it() {
        let fault = Fault::InvalidProperty { name: "</name>\u{0}&".into() };
        assert!(detail(&fault, OLD).contains("<name>&lt;/name&gt;&amp;</name>"));
        assert!(Envelope::parse(fault.write(OLD).into_bytes()).is_ok());
    }
}
