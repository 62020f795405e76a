//! `wsse:UsernameToken` (`UsernameToken` Profile 1.1): a name and a plain-text password (`sts.md` §3.1).

use crate::secret::Secret;
use crate::xml::Element;
use crate::xml::names::{WSSE, WSU};

/// What somebody says: a name and a password. Nobody has compared them with anything.
#[derive(Clone, Debug)]
pub struct UnverifiedLogin {
    /// As typed.
    pub user_name: String,
    /// As typed.
    pub password: Secret,
}

/// Why a user name token is not accepted. The texts are `VMware`'s, spelling included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// No `Username`, or an empty one, or several.
    #[error("No user name found in UNT")]
    Name,
    /// Neither password nor passcode.
    #[error("No credential is provided in UNT.")]
    NoCredential,
    /// A password of another kind than plain text; digests cannot be checked against argon2.
    #[error("only plain-text passwords are supported")]
    PasswordType,
    /// Several passwords, or a `SecurID` passcode.
    #[error("Multiple credentails are provided in UNT.")]
    Credentials,
    /// Something that does not belong there.
    #[error("an unknown element in UNT")]
    Unknown,
}

pub(super) fn read(element: Element<'_>) -> Result<UnverifiedLogin, UsernameError> {
    let (mut name, mut password) = (None, None);
    if element.has_loose_text() {
        return Err(UsernameError::Unknown);
    }
    for child in element.children() {
        let text = child.text().ok_or(UsernameError::Unknown)?;
        match (child.namespace(), child.local()) {
            (WSSE, "Username") if name.is_none() => name = Some(text),
            (WSSE, "Username") => return Err(UsernameError::Name),
            (WSSE, "Password") if password.is_some() => return Err(UsernameError::Credentials),
            (WSSE, "Password") => {
                if child.attribute("Type").is_some_and(|kind| kind.trim() != PASSWORD_TEXT) {
                    return Err(UsernameError::PasswordType);
                }
                password = Some(Secret::new(text));
            }
            (WSSE, "Passcode") => return Err(UsernameError::Credentials),
            // Accepted and ignored, as VMware does; they say nothing about a plain-text password.
            (WSSE, "Nonce") | (WSU, "Created") => {}
            _ => return Err(UsernameError::Unknown),
        }
    }
    let user_name = name.filter(|name| !name.is_empty()).ok_or(UsernameError::Name)?.to_owned();
    Ok(UnverifiedLogin { user_name, password: password.ok_or(UsernameError::NoCredential)? })
}

const PASSWORD_TEXT: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn login(inner: &str) -> Result<(String, String), UsernameError> {
        let text = format!("<UsernameToken xmlns='{WSSE}' xmlns:u='{WSU}'>{inner}</UsernameToken>");
        let document = Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap();
        read(document.root()).map(|login| (login.user_name, login.password.expose().to_owned()))
    }

    /// sts.md §10: 51.
    #[test]
    fn a_name_and_a_password_are_read_as_typed() {
        let typed = login("<Username>a@b</Username><Password> p&lt; </Password><Nonce>x</Nonce>");
        assert_eq!(typed, Ok(("a@b".into(), " p< ".into())));
        let with_type = format!("<Username>a</Username><Password Type='{PASSWORD_TEXT}'>p</Password>");
        assert_eq!(login(&with_type), Ok(("a".into(), "p".into())));
    }

    /// sts.md §10: 37-42.
    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for (inner, error) in [
            ("<Password>p</Password>", UsernameError::Name),
            ("<Username/><Password>p</Password>", UsernameError::Name),
            ("<Username>a</Username><Username>b</Username><Password>p</Password>", UsernameError::Name),
            ("<Username>a</Username>", UsernameError::NoCredential),
            (
                "<Username>a</Username><Password>p</Password><Password>q</Password>",
                UsernameError::Credentials,
            ),
            (
                "<Username>a</Username><Password>p</Password><Passcode>1</Passcode>",
                UsernameError::Credentials,
            ),
            (
                "<Username>a</Username><Password Type='x#PasswordDigest'>p</Password>",
                UsernameError::PasswordType,
            ),
            ("<Username>a</Username><Password>p</Password><x/>", UsernameError::Unknown),
            ("<Username>a<x/></Username><Password>p</Password>", UsernameError::Unknown),
        ] {
            assert_eq!(login(inner), Err(error), "{inner}");
        }
    }
}
