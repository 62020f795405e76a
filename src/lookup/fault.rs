//! The faults of the lookup service: of the vendor's runtime, and its own.

use super::NAMESPACE;
use crate::vim::values::{ApiVersion, Field, Record, Reference, message};

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message, the call or a parameter of it is not what it must be.
    InvalidRequest(String),
    /// No such object, or none that has this method.
    ManagedObjectNotFound(Reference),
    /// No such service.
    EntryNotFound(String),
    /// What is registered here follows from what this server does: nobody changes it.
    NotSupported,
}

impl Fault {
    /// The whole message, to be sent with status 500.
    #[must_use]
    pub fn write(&self) -> String {
        let (kind, text, fields) = match self {
            Self::InvalidRequest(problem) => ("InvalidRequest", problem.clone(), vec![]),
            Self::ManagedObjectNotFound(object) => (
                "ManagedObjectNotFound",
                format!(
                    "The object '{}:{}' has already been deleted or has not been completely created",
                    object.kind, object.value
                ),
                vec![Field::new("obj", object.clone())],
            ),
            Self::EntryNotFound(name) => (
                "LookupFaultEntryNotFoundFault",
                format!("Entry not found: {name}"),
                vec![Field::new("name", name.as_str())],
            ),
            Self::NotSupported => {
                ("NotSupported", "The operation is not supported on the object.".to_owned(), vec![])
            }
        };
        let record = Record::new(kind, fields);
        message::refusal(&message::fault(NAMESPACE, "ServerFaultCode", &text, &record, ApiVersion::NEWEST))
    }
}
