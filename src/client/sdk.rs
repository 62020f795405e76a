//! The body of a `LoginByToken` call to `/sdk` (`clients.md` §5).

use crate::xml::names::VIM;
use crate::xml::write::text;

/// `LoginByToken`, as govmomi writes it for a bearer token: in its namespace.
#[must_use]
pub fn login_by_token(locale: Option<&str>) -> String {
    call(["<LoginByToken xmlns=\"", VIM, "\">"].concat(), locale)
}

/// `LoginByToken`, as govmomi writes it for a Holder-of-Key token: in no namespace at all. Only a signed message can
/// carry it: an unsigned one has SOAP's namespace for its default.
#[must_use]
pub fn login_by_token_without_namespace(locale: Option<&str>) -> String {
    call("<LoginByToken>".to_owned(), locale)
}

fn call(mut out: String, locale: Option<&str>) -> String {
    out.push_str("<_this type=\"SessionManager\">SessionManager</_this>");
    if let Some(locale) = locale {
        out.push_str("<locale>");
        text(&mut out, locale);
        out.push_str("</locale>");
    }
    out.push_str("</LoginByToken>");
    out
}
