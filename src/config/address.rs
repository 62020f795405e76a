//! What this server is called: the advertised name, the base URL, and the issuer that is fixed at start
//! (`decisions.md` §12).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::identity::Domain;

/// `HOST[:PORT]` of `--advertise`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertise {
    /// A DNS name in lower case, or an address without brackets.
    pub host: String,
    /// The port, if one was given; else that of the listener.
    pub port: Option<u16>,
}

impl Advertise {
    /// What [`Advertise::parse`] reads.
    pub const WANTED: &'static str = "HOST or HOST:PORT, an IPv6 address in brackets";

    /// Reads `name`, `name:8443`, `192.0.2.1`, `[2001:db8::1]:8443`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let port = match port {
            Some(port) if !port.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
            None => None,
        };
        (text.starts_with('[') || is_host_name(host)).then(|| Self { host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Advertise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_url(&self.host))?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// `https://host[:port]`, the port left out when it is 443. `listen` is the address that was bound.
#[must_use]
pub fn base_url(advertise: Option<&Advertise>, listen: SocketAddr) -> String {
    let (host, port) = match advertise {
        Some(advertise) => (in_url(&advertise.host), advertise.port.unwrap_or(listen.port())),
        None => (listen_host(listen.ip()), listen.port()),
    };
    if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

/// The issuer of this service's tokens.
#[must_use]
pub fn issuer(advertise: Option<&Advertise>, listen: SocketAddr, domain: &Domain) -> String {
    format!("{}/websso/SAML2/Metadata/{}", base_url(advertise, listen), domain.as_str())
}

/// The names of the TLS certificate (`decisions.md` §29), each once, in a fixed order.
#[must_use]
pub fn certificate_names(
    advertise: Option<&Advertise>,
    listen: SocketAddr,
    host_name: Option<&str>,
) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let bound =
        Some(listen.ip()).filter(|address| !address.is_unspecified()).map(|address| address.to_string());
    let host_name = host_name.filter(|name| is_host_name(name)).map(str::to_ascii_lowercase);
    for name in [host_name, bound, advertise.map(|advertise| advertise.host.clone())].into_iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The name of this machine, where the system tells it.
#[must_use]
pub fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.ok().map(|name| name.trim().to_owned()).filter(|name| is_host_name(name))
}

/// Nobody can connect to "any address"; the local name stands for it.
fn listen_host(address: IpAddr) -> String {
    if address.is_unspecified() { "localhost".to_owned() } else { in_url(&address.to_string()) }
}

fn in_url(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Letters, digits, hyphens and underscores between single dots, at most 253 bytes (RFC 1123, and what labs use).
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        let known = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        known && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer_of(advertise: Option<&str>, listen: &str) -> String {
        let advertise = advertise.map(|text| Advertise::parse(text).unwrap());
        issuer(advertise.as_ref(), listen.parse().unwrap(), &Domain::new("vsphere.local").unwrap())
    }

    #[test]
    fn the_issuer_is_the_advertised_name_or_else_the_listen_address() {
        let path = "/websso/SAML2/Metadata/vsphere.local";
        for (advertise, listen, wanted) in [
            (None, "127.0.0.1:8443", "https://127.0.0.1:8443"),
            (None, "192.0.2.1:443", "https://192.0.2.1"),
            (None, "[::1]:8443", "https://[::1]:8443"),
            (None, "0.0.0.0:8443", "https://localhost:8443"),
            (Some("VC.lab.test"), "0.0.0.0:8443", "https://vc.lab.test:8443"),
            (Some("vc.lab.test:443"), "0.0.0.0:8443", "https://vc.lab.test"),
            (Some("[2001:db8::1]:9443"), "0.0.0.0:8443", "https://[2001:db8::1]:9443"),
        ] {
            assert_eq!(issuer_of(advertise, listen), format!("{wanted}{path}"));
        }
    }

    #[test]
    fn what_is_no_host_is_not_advertised() {
        let hostile = [
            "",
            ":8443",
            "a b",
            "a/b",
            "a:0",
            "a:65536",
            "a:+1",
            "a:",
            "::1",
            "[::1",
            "[a]",
            "https://a",
            "a..b",
            "-a",
            "a\n",
        ];
        for text in hostile {
            assert_eq!(Advertise::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_certificate_names_every_way_in_once() {
        let advertise = Advertise::parse("vc.lab.test").unwrap();
        let names = certificate_names(Some(&advertise), "192.0.2.1:8443".parse().unwrap(), Some("Box"));
        assert_eq!(names, ["localhost", "127.0.0.1", "::1", "box", "192.0.2.1", "vc.lab.test"]);
        assert_eq!(
            certificate_names(None, "0.0.0.0:1".parse().unwrap(), None),
            ["localhost", "127.0.0.1", "::1"]
        );
    }
}
