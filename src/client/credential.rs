//! Who a request is from, and the security header that says so.

use super::sign::{Ids, Message, SignError, Style};
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::pki::Hash;
use crate::pki::make::Made;

/// How a request says who it is from. It is not shown: a password may be in it.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// It does not.
    Nothing,
    /// By a name and a password.
    Password(&'a str, &'a str),
    /// By a certificate, whose key signs.
    Certificate(&'a Made),
    /// By a name and a password, and a key signs: its certificate is what a Holder-of-Key token will confirm.
    Both(&'a str, &'a str, &'a Made),
    /// By a Holder-of-Key token in the header, and its key signs.
    Token(&'a str, &'a Made),
}

impl Credential<'_> {
    /// A request with it is signed.
    #[must_use]
    pub const fn signs(self) -> bool {
        !matches!(self, Self::Nothing | Self::Password(..))
    }

    /// Writes the whole message around the content of its Body. pyVmomi signs with SHA-512 when it has a token.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn write(
        self,
        style: Style,
        ids: &Ids,
        (created, expires): (Moment, Moment),
        body: &str,
    ) -> Result<String, SignError> {
        let message = Message::new(style, ids).timestamp(created, expires);
        let algorithm = match (style, self) {
            (Style::PyVmomi, Self::Token(..)) => SignatureAlgorithm::rsa(Hash::Sha512),
            _ => SignatureAlgorithm::RSA_SHA256,
        };
        let message = match self {
            Self::Nothing => message,
            Self::Password(name, password) => message.login(name, password),
            Self::Certificate(made) => message.certificate(&made.certificate).signed(&made.key, algorithm),
            Self::Both(name, password, made) => {
                message.login(name, password).certificate(&made.certificate).signed(&made.key, algorithm)
            }
            Self::Token(token, made) => message.assertion(token).signed(&made.key, algorithm),
        };
        message.write(body)
    }
}
