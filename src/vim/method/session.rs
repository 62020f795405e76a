//! What is asked of the session manager (`session-manager.md` §1.4–§1.19). A locale is what was asked for: see
//! [`Locale`](crate::vim::locale::Locale).

use super::table::SessionMethod;
use crate::secret::Secret;
use crate::vim::arguments::{Arguments, Problem};

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
    /// Ends the session.
    Logout,
}

impl SessionCall {
    pub(super) const fn name(&self) -> SessionMethod {
        match self {
            Self::Login { .. } => SessionMethod::Login,
            Self::LoginByToken { .. } => SessionMethod::LoginByToken,
            Self::Logout => SessionMethod::Logout,
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
            SessionMethod::Logout => Self::Logout,
        })
    }
}
