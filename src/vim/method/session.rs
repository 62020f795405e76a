//! What is asked of the session manager (`session-manager.md` §1.4–§1.19). A locale is what was asked for: see
//! [`Locale`](crate::vim::locale::Locale).

use super::table::SessionMethod;
use crate::secret::Secret;
use crate::vim::reference::unprefixed;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::xml::Element;
use crate::xml::names::XSI;

/// A call of `SessionManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCall {
    /// Opens a session by a password.
    Login {
        /// As typed: `user@domain`, `DOMAIN\user` or `user`.
        user_name: String,
        /// As typed, spaces included.
        password: Secret,
        /// The locale.
        locale: Option<String>,
    },
    /// Opens a session by the token in the message's header.
    LoginByToken {
        /// The locale.
        locale: Option<String>,
    },
    /// Opens a session by Kerberos or NTLM, token by token.
    LoginBySspi {
        /// The client's next token, in base64: as good as a password for a moment.
        base64_token: Secret,
        /// The locale.
        locale: Option<String>,
    },
    /// Ends the session.
    Logout,
    /// A password for somebody on the same machine.
    AcquireLocalTicket {
        /// For whom.
        user_name: String,
    },
    /// A ticket for one use of something.
    AcquireGenericServiceTicket {
        /// Of what.
        spec: ServiceRequest,
    },
    /// Ends sessions, one after the other.
    TerminateSession {
        /// Their keys.
        keys: Vec<String>,
    },
    /// Another language for the session.
    SetLocale {
        /// The locale.
        locale: String,
    },
    /// Makes the session somebody else's.
    ImpersonateUser {
        /// Whose.
        user_name: String,
        /// The locale; absent = as before.
        locale: Option<String>,
    },
    /// Whether somebody's session lives.
    SessionIsActive {
        /// Its key.
        key: String,
        /// Whose it is.
        user_name: String,
    },
    /// A ticket for [`Self::CloneSession`].
    AcquireCloneTicket,
    /// Opens a session like the one the ticket came from.
    CloneSession {
        /// The ticket.
        ticket: Secret,
    },
    /// Another message for everybody.
    UpdateServiceMessage {
        /// The message; empty = none.
        message: String,
    },
    /// Opens a session of the extension whose registered subject the client certificate has.
    LoginExtensionBySubjectName {
        /// The extension.
        extension_key: String,
        /// The locale.
        locale: Option<String>,
    },
    /// Opens a session of the extension that registered the client certificate.
    LoginExtensionByCertificate {
        /// The extension.
        extension_key: String,
        /// The locale.
        locale: Option<String>,
    },
    /// Answered by `NotSupported` since 5.0, whatever is asked.
    LoginExtension,
}

/// What a service ticket is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceRequest {
    /// A call: only `cloneSession` exists.
    Vmomi {
        /// The method.
        method: String,
    },
    /// An HTTP request.
    Http {
        /// `httpGet` and so on; absent = any.
        method: Option<String>,
        /// Where to.
        url: String,
    },
    /// Something the API does not say: the abstract type itself.
    Unspecified,
}

impl SessionCall {
    pub(super) const fn name(&self) -> SessionMethod {
        match self {
            Self::Login { .. } => SessionMethod::Login,
            Self::LoginByToken { .. } => SessionMethod::LoginByToken,
            Self::LoginBySspi { .. } => SessionMethod::LoginBySSPI,
            Self::Logout => SessionMethod::Logout,
            Self::AcquireLocalTicket { .. } => SessionMethod::AcquireLocalTicket,
            Self::AcquireGenericServiceTicket { .. } => SessionMethod::AcquireGenericServiceTicket,
            Self::TerminateSession { .. } => SessionMethod::TerminateSession,
            Self::SetLocale { .. } => SessionMethod::SetLocale,
            Self::ImpersonateUser { .. } => SessionMethod::ImpersonateUser,
            Self::SessionIsActive { .. } => SessionMethod::SessionIsActive,
            Self::AcquireCloneTicket => SessionMethod::AcquireCloneTicket,
            Self::CloneSession { .. } => SessionMethod::CloneSession,
            Self::UpdateServiceMessage { .. } => SessionMethod::UpdateServiceMessage,
            Self::LoginExtensionBySubjectName { .. } => SessionMethod::LoginExtensionBySubjectName,
            Self::LoginExtensionByCertificate { .. } => SessionMethod::LoginExtensionByCertificate,
            Self::LoginExtension => SessionMethod::LoginExtension,
        }
    }

    pub(super) fn read(name: SessionMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let locale = || arguments.optional_owned("locale");
        let secret = |name| arguments.text(name).map(Secret::new);
        Ok(match name {
            SessionMethod::Login => Self::Login {
                user_name: arguments.owned("userName")?,
                password: secret("password")?,
                locale: locale()?,
            },
            SessionMethod::LoginByToken => Self::LoginByToken { locale: locale()? },
            SessionMethod::LoginBySSPI => {
                Self::LoginBySspi { base64_token: secret("base64Token")?, locale: locale()? }
            }
            SessionMethod::Logout => Self::Logout,
            SessionMethod::AcquireLocalTicket => {
                Self::AcquireLocalTicket { user_name: arguments.owned("userName")? }
            }
            SessionMethod::AcquireGenericServiceTicket => {
                Self::AcquireGenericServiceTicket { spec: ServiceRequest::read(arguments.required("spec")?)? }
            }
            SessionMethod::TerminateSession => Self::TerminateSession { keys: arguments.texts("sessionId")? },
            SessionMethod::SetLocale => Self::SetLocale { locale: arguments.owned("locale")? },
            SessionMethod::ImpersonateUser => {
                Self::ImpersonateUser { user_name: arguments.owned("userName")?, locale: locale()? }
            }
            SessionMethod::SessionIsActive => Self::SessionIsActive {
                key: arguments.owned("sessionID")?,
                user_name: arguments.owned("userName")?,
            },
            SessionMethod::AcquireCloneTicket => Self::AcquireCloneTicket,
            SessionMethod::CloneSession => Self::CloneSession { ticket: secret("cloneTicket")? },
            SessionMethod::UpdateServiceMessage => {
                Self::UpdateServiceMessage { message: arguments.owned("message")? }
            }
            SessionMethod::LoginExtensionBySubjectName => Self::LoginExtensionBySubjectName {
                extension_key: arguments.owned("extensionKey")?,
                locale: locale()?,
            },
            SessionMethod::LoginExtensionByCertificate => Self::LoginExtensionByCertificate {
                extension_key: arguments.owned("extensionKey")?,
                locale: locale()?,
            },
            SessionMethod::LoginExtension => Self::LoginExtension,
        })
    }
}

impl ServiceRequest {
    /// `xsi:type` says which one it is.
    fn read(element: Element<'_>) -> Result<Self, Problem> {
        match element.attribute_in(XSI, "type").map(unprefixed) {
            Some("SessionManagerVmomiServiceRequestSpec") => {
                let owner = Owner::Data("SessionManagerVmomiServiceRequestSpec");
                Ok(Self::Vmomi { method: Arguments::of(element, owner, &["method"])?.owned("method")? })
            }
            Some("SessionManagerHttpServiceRequestSpec") => {
                let owner = Owner::Data("SessionManagerHttpServiceRequestSpec");
                let fields = Arguments::of(element, owner, &["method", "url"])?;
                Ok(Self::Http { method: fields.optional_owned("method")?, url: fields.owned("url")? })
            }
            _ => Ok(Self::Unspecified),
        }
    }
}
