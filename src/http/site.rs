//! How this server is called: by the name it advertises, or by the one a client used (`decisions.md` §12).

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::identity::Domain;
use crate::pki::certificate::sha256;
use crate::pki::{Certificate, Thumbprints};

/// The server as clients see it.
#[derive(Clone, Debug)]
pub struct Site {
    /// `--advertise`: host, and port where it is not 443.
    pub advertise: Option<String>,
    /// The address it listens on, for a client that says no host.
    pub listen: String,
    /// Its certificate for TLS.
    pub certificate: Certificate,
    /// The names it is reached by: those of its certificate.
    pub host_names: Vec<String>,
    /// The lab CA, PEM.
    pub authority_pem: String,
    /// The system domain.
    pub domain: String,
}

impl Site {
    /// A server that shows this certificate.
    #[must_use]
    pub fn new(listen: String, certificate: Certificate, authority_pem: String, domain: &Domain) -> Self {
        let host_names = certificate.host_names();
        let domain = domain.as_str().to_owned();
        Self { advertise: None, listen, certificate, host_names, authority_pem, domain }
    }

    /// The same, under a name of its own.
    #[must_use]
    pub fn advertised(self, advertise: Option<String>) -> Self {
        Self { advertise, ..self }
    }

    /// Host and port for URLs in this answer: advertised, or the request's own after a syntax check.
    #[must_use]
    pub fn host<'a>(&'a self, request: &'a HttpRequest) -> &'a str {
        let asked =
            request.headers().get(HOST).and_then(|host| host.to_str().ok()).filter(|host| is_host(host));
        self.advertise.as_deref().or(asked).unwrap_or(&self.listen)
    }

    /// The names of its certificate.
    #[must_use]
    pub fn thumbprints(&self) -> Thumbprints {
        Thumbprints::of(self.certificate.der())
    }

    /// Its certificate as clients are told of it before they connect: base64 of the DER.
    #[must_use]
    pub fn ssl_trust(&self) -> String {
        STANDARD.encode(self.certificate.der())
    }

    /// The URL of the Security Token Service.
    #[must_use]
    pub fn sts_url(&self, request: &HttpRequest) -> String {
        format!("https://{}/sts/STSService/{}", self.host(request), self.domain)
    }
}

/// An identifier for something of an installation: one for each name, the same after every start.
#[must_use]
pub fn named_uuid(name: &str) -> String {
    let hex = crate::entropy::hex(&sha256(name.as_bytes()));
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-5{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Letters, digits and what stands in host names, addresses and ports; nothing that could end a URL's host.
#[must_use]
pub fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 262
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_host_is_echoed() {
        for host in ["vc.example", "127.0.0.1:8443", "[::1]:8443", "a_b"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "a/b", "a b", "a\"b", "a@b", "a?b", "a#b", "é"] {
            assert!(!is_host(host), "{host}");
        }
    }
}
