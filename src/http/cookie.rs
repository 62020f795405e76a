//! The session cookie, exactly as vCenter writes it, and in every way that clients write it back
//! (`session-manager.md` §3.4); and the header that VI JSON and REST have in its place.

use actix_web::http::header::HeaderMap;

use crate::secret::Secret;

/// The header of its own: what stands there is the value alone.
pub const HEADER: &str = "vmware-api-session-id";
const NAME: &str = "vmware_soap_session";
const TICKET: &str = "vmware_cgi_ticket";

/// The one `Set-Cookie`: quoted, for pbm's users cut it at the quotes.
#[must_use]
pub fn set(cookie: &Secret) -> String {
    set_for(cookie, "/")
}

/// The same, to be sent back to one service alone.
#[must_use]
pub fn set_for(cookie: &Secret, path: &str) -> String {
    format!("{NAME}=\"{}\"; Path={path}; HttpOnly; Secure; ", cookie.expose())
}

/// Every value of ours in a `Cookie` header: quoted or not, among other cookies, with `Set-Cookie`'s attributes behind
/// it as pyVmomi sends them, or with `$Version` before it as CXF does.
pub fn read(header: &str) -> impl Iterator<Item = Secret> + '_ {
    values(header, NAME)
}

/// Every service ticket in a `Cookie` header.
pub fn ticket(header: &str) -> impl Iterator<Item = Secret> + '_ {
    values(header, TICKET)
}

fn values<'h>(header: &'h str, wanted: &'static str) -> impl Iterator<Item = Secret> + 'h {
    header.split([';', ',']).filter_map(move |part| {
        let (name, value) = part.split_once('=')?;
        bare(value).filter(|_| name.trim() == wanted)
    })
}

/// Every value in the header of its own.
#[must_use]
pub fn of_header(headers: &HeaderMap) -> Vec<Secret> {
    let values = headers.get_all(HEADER).filter_map(|value| value.to_str().ok());
    values.filter_map(bare).collect()
}

fn bare(value: &str) -> Option<Secret> {
    let value = value.trim().trim_matches('"');
    (!value.is_empty() && value.len() <= LONGEST).then(|| Secret::new(value))
}

/// Ours have 64 characters.
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(header: &str) -> Vec<String> {
        read(header).map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn the_cookie_is_read_as_every_client_writes_it() {
        for header in [
            "vmware_soap_session=\"ab12\"",
            "vmware_soap_session=ab12",
            "vmware_soap_session=\"ab12\"; Path=/; HttpOnly; Secure; ",
            "$Version=\"1\"; vmware_soap_session=ab12; $Path=/",
            "JSESSIONID=x; vmware_soap_session=\"ab12\"",
        ] {
            assert_eq!(cookies(header), ["ab12"], "{header}");
        }
        assert_eq!(cookies("vmware_soap_session=a; vmware_soap_session=b"), ["a", "b"]);
    }

    #[test]
    fn an_empty_header_is_no_cookie() {
        for header in ["", "vmware_soap_session=", "vmware_soap_session=\"\"", "xvmware_soap_session=a", "a"]
        {
            assert!(cookies(header).is_empty(), "{header}");
        }
    }
}
