//! What the session manager hands out beside sessions (`session-manager.md` §1.2).

use super::{Field, Record, Value};
use crate::pki::Thumbprints;
use crate::secret::Secret;
use crate::vim::ApiVersion;

/// A ticket for one use of something of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericServiceTicket {
    /// The secret.
    pub id: Secret,
    /// Where it is spent: this server.
    pub host_name: String,
    /// The names of its certificate.
    pub certificate: Thumbprints,
}

/// A password in a file, for somebody on the same machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTicket {
    /// Whose.
    pub user_name: String,
    /// Where the password is.
    pub password_file_path: String,
}

impl From<GenericServiceTicket> for Record {
    fn from(ticket: GenericServiceTicket) -> Self {
        let thumbprint = |algorithm: &str, thumbprint: &str| {
            Self::new(
                "VirtualMachineCertThumbprint",
                vec![Field::new("thumbprint", thumbprint), Field::new("hashAlgorithm", algorithm)],
            )
        };
        let thumbprints = [thumbprint("sha256", &ticket.certificate.sha256)];
        let list = Value::records("VirtualMachineCertThumbprint", thumbprints);
        Self::new(
            "SessionManagerGenericServiceTicket",
            vec![
                Field::new("id", ticket.id.expose()),
                Field::new("hostName", ticket.host_name).since(ApiVersion::new([5, 1, 0, 0])),
                Field::new("sslThumbprint", ticket.certificate.sha1).since(ApiVersion::new([5, 1, 0, 0])),
                Field::new("certThumbprintList", list).since(ApiVersion::new([7, 0, 3, 1])),
                Field::new("ticketType", "VcServiceTicket").since(ApiVersion::new([7, 0, 2, 0])),
            ],
        )
    }
}

impl From<LocalTicket> for Record {
    fn from(ticket: LocalTicket) -> Self {
        Self::new(
            "SessionManagerLocalTicket",
            vec![
                Field::new("userName", ticket.user_name),
                Field::new("passwordFilePath", ticket.password_file_path),
            ],
        )
    }
}
