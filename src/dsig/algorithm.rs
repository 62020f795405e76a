//! The closed lists of algorithms, by URI (`clients.md` §0.2). SHA-1, MD5, HMAC and everything else is absent.

use crate::pki::Hash;

/// How `SignedInfo` is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithm(Hash);

/// How a reference is digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestAlgorithm(Hash);

impl SignatureAlgorithm {
    /// RSA with SHA-256, the default of every client.
    pub const RSA_SHA256: Self = Self(Hash::Sha256);

    /// RSA PKCS #1 v1.5 with this hash.
    #[must_use]
    pub const fn rsa(hash: Hash) -> Self {
        Self(hash)
    }

    /// The algorithm of this URI, if it is allowed.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        ALL.into_iter().map(Self).find(|algorithm| algorithm.uri() == uri)
    }

    /// Its URI.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self.0 {
            Hash::Sha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Hash::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Hash::Sha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        }
    }

    /// Its hash function.
    #[must_use]
    pub const fn hash(self) -> Hash {
        self.0
    }

    /// The digest that goes with it.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        DigestAlgorithm(self.0)
    }
}

impl DigestAlgorithm {
    /// The algorithm of this URI, if it is allowed.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        ALL.into_iter().map(Self).find(|algorithm| algorithm.uri() == uri)
    }

    /// Its URI. SHA-384 stands in another namespace than its sisters (RFC 9231 §2.1.3).
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self.0 {
            Hash::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Hash::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Hash::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    /// Its hash function.
    #[must_use]
    pub const fn hash(self) -> Hash {
        self.0
    }
}

/// The transform that takes the signature itself out of what it signs.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

const ALL: [Hash; 3] = [Hash::Sha256, Hash::Sha384, Hash::Sha512];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_foreign_algorithms_are_not_on_the_list() {
        for uri in [
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
            "",
        ] {
            assert_eq!(SignatureAlgorithm::from_uri(uri), None, "{uri}");
        }
        assert_eq!(DigestAlgorithm::from_uri("http://www.w3.org/2000/09/xmldsig#sha1"), None);
        assert_eq!(
            SignatureAlgorithm::from_uri(SignatureAlgorithm::RSA_SHA256.uri()),
            Some(SignatureAlgorithm::RSA_SHA256)
        );
    }
}
