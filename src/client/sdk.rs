//! Calls to `/sdk`: the bodies of `LoginByToken` (`clients.md` §5), and whole messages without a security header.

use crate::xml::names::{SOAP, VIM};
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

/// What every client asks first, and nobody needs to be logged in for.
#[must_use]
pub fn retrieve_service_content() -> String {
    let this = "<_this type=\"ServiceInstance\">ServiceInstance</_this>";
    message(&["<RetrieveServiceContent xmlns=\"", VIM, "\">", this, "</RetrieveServiceContent>"].concat())
}

/// The end of the session that the cookie names.
#[must_use]
pub fn logout() -> String {
    let this = "<_this type=\"SessionManager\">SessionManager</_this>";
    message(&["<Logout xmlns=\"", VIM, "\">", this, "</Logout>"].concat())
}

/// A message without a header.
#[must_use]
pub fn message(body: &str) -> String {
    ["<S:Envelope xmlns:S=\"", SOAP, "\"><S:Body>", body, "</S:Body></S:Envelope>"].concat()
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
