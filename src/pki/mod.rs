//! Certificates and keys: read, held ready for use, made at first start. Decides trust nowhere but in [`Anchors`].

pub mod anchors;
pub mod certificate;
pub mod distinguished_name;
pub mod elliptic;
pub mod issued;
pub mod key;
pub mod keyring;
pub mod make;
pub mod pem;

pub use anchors::{Anchor, Anchors};
pub use certificate::{Certificate, CertificateError, Thumbprints};
pub use elliptic::{EllipticKey, EllipticPublicKey};
pub use key::{Hash, PublicKey, SignatureScheme, SigningKey};
pub use keyring::TokenSigner;
