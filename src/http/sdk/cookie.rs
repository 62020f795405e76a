//! The session cookie, exactly as vCenter writes it, and in every way that clients write it back
//! (`session-manager.md` §3.4).

use crate::secret::Secret;

const NAME: &str = "vmware_soap_session";

/// The one `Set-Cookie`: quoted, for pbm's users cut it at the quotes.
pub(super) fn set(cookie: &Secret) -> String {
    format!("{NAME}=\"{}\"; Path=/; HttpOnly; Secure; ", cookie.expose())
}

/// Every value of ours in a `Cookie` header: quoted or not, among other cookies, with `Set-Cookie`'s attributes behind
/// it as pyVmomi sends them, or with `$Version` before it as CXF does.
pub(super) fn read(header: &str) -> impl Iterator<Item = Secret> + '_ {
    header.split([';', ',']).filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim() == NAME && !value.is_empty() && value.len() <= LONGEST).then(|| Secret::new(value))
    })
}

/// Ours have 64 characters.
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn values(header: &str) -> Vec<String> {
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
            assert_eq!(values(header), ["ab12"], "{header}");
        }
        assert_eq!(values("vmware_soap_session=a; vmware_soap_session=b"), ["a", "b"]);
    }

    #[test]
    fn an_empty_header_is_no_cookie() {
        for header in ["", "vmware_soap_session=", "vmware_soap_session=\"\"", "xvmware_soap_session=a", "a"]
        {
            assert!(values(header).is_empty(), "{header}");
        }
    }
}
