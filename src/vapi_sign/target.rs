//! The request that a signature is about, as the server received it.

use crate::pki::certificate::sha256;

/// Method, path, host and body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'r> {
    /// The method.
    pub method: &'r str,
    /// The path as it came, without a query.
    pub path: &'r str,
    /// `Host`: a name or an address, perhaps with a port.
    pub host: &'r str,
    /// SHA-256 of the body as it came.
    pub body_hash: [u8; 32],
}

impl<'r> Target<'r> {
    /// A request with this body.
    #[must_use]
    pub fn new(method: &'r str, path: &'r str, host: &'r str, body: &[u8]) -> Self {
        Self { method, path, host, body_hash: sha256(body) }
    }

    /// The name of the host in lower case, brackets around IPv6, and the port if one is named.
    #[must_use]
    pub fn host_and_port(&self) -> (String, Option<&'r str>) {
        let after = self.host.rfind(']').map_or(0, |end| end + 1);
        let port = self.host.get(after..).and_then(|rest| rest.rfind(':')).map(|colon| after + colon);
        let (name, port) = match port.and_then(|colon| self.host.split_at_checked(colon)) {
            Some((name, port)) => (name, port.strip_prefix(':')),
            None => (self.host, None),
        };
        (name.to_ascii_lowercase(), port.filter(|port| !port.is_empty()))
    }

    /// Every text that clients sign for this request: a client names the port of its URL, and where that has none 80,
    /// even for https, or 443.
    pub fn texts<'t>(&'t self, nonce: &'t str) -> impl Iterator<Item = Vec<u8>> + 't {
        let (name, port) = self.host_and_port();
        let ports = match port {
            Some(port) => vec![port],
            None => vec!["80", "443"],
        };
        ports.into_iter().map(move |port| {
            let mut text = [nonce, self.method, self.path, &name, port]
                .map(|line| format!("{line}\n"))
                .concat()
                .into_bytes();
            text.extend_from_slice(&self.body_hash);
            text.push(b'\n');
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_as_the_sheet_shows() {
        let target = Target::new("POST", "/rest/com/vmware/cis/session", "VC.example", b"");
        let empty = crate::entropy::hex(&target.body_hash);
        assert!(empty.starts_with("e3b0c442") && empty.ends_with("b855"));
        let texts: Vec<_> = target.texts("1764000000000:4711").collect();
        let start = b"1764000000000:4711\nPOST\n/rest/com/vmware/cis/session\nvc.example\n80\n";
        let wanted = [&start[..], &target.body_hash, b"\n"].concat();
        assert_eq!((texts.len(), &texts[0]), (2, &wanted));
    }

    #[test]
    fn the_port_is_the_one_that_was_named() {
        for (host, name, port) in [
            ("vc.example:8989", "vc.example", Some("8989")),
            ("vc.example", "vc.example", None),
            ("[::1]:8443", "[::1]", Some("8443")),
            ("[::1]", "[::1]", None),
            ("vc:", "vc", None),
        ] {
            let target = Target::new("POST", "/", host, b"");
            assert_eq!(target.host_and_port(), (name.to_owned(), port), "{host}");
            assert_eq!(target.texts("1:1").count(), if port.is_some() { 1 } else { 2 });
        }
    }
}
