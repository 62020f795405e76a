//! VI JSON requests (`session-manager.md` §4): a call whose parameters are a JSON object, rewritten as the SOAP message
//! that asks for the same, so that there is one reader of calls and no method is described twice.
//!
//! It is rewritten by the tables of methods and types: every name in the message that comes out is one of ours, a value
//! has the form of its type, and what the schema does not know is refused. What the names mean is the reader's.

mod write;

use crate::json::Node;
use crate::soap::{Envelope, EnvelopeError};
use crate::vim::{Fault, MethodName, Problem, Reference};
use crate::xml::Limits;
use crate::xml::names::VIM;
use write::Writer;

/// Why a JSON message is no call.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Not JSON, or more of it than is read.
    #[error("not JSON that is read here: {0}")]
    Syntax(#[from] serde_json::Error),
    /// JSON, and not the parameters of a call.
    #[error("the message is not a JSON object")]
    NotAnObject,
    /// Not what the schema wants.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// Written out, the message is longer than any that is read.
    #[error("the parameters are longer than {0} bytes")]
    Size(usize),
    /// Not a message that is read here, for another reason.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl JsonError {
    /// The fault for the client.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Problem(problem) => problem.fault(),
            Self::Syntax(_) | Self::NotAnObject | Self::Size(_) | Self::Envelope(_) => {
                Fault::InvalidRequest { text: self.to_string() }
            }
        }
    }
}

/// The message that calls `method` of `this`. No body is an object without members, and the `_typeName` of the
/// parameters is not looked at: clients call it by several names (§4.1).
///
/// # Errors
/// [`JsonError`].
pub fn call(this: &Reference, method: &str, body: &[u8]) -> Result<Envelope, JsonError> {
    let name = MethodName::ALL.iter().find(|name| name.facts().wire == method);
    let facts = name.map(|name| name.facts()).ok_or_else(|| Problem::UnknownMethod {
        name: crate::vim::values::arguments::short(method),
        namespace: VIM.into(),
    })?;
    let parameters = match body.trim_ascii() {
        b"" => Vec::new(),
        body => match Node::read(body)? {
            Node::Object(members) => members,
            _ => return Err(JsonError::NotAnObject),
        },
    };
    let mut writer = Writer::new(&Limits::MESSAGE);
    writer.call(this, facts, parameters)?;
    Ok(Envelope::parse(writer.finish().into_bytes())?)
}

/// The message that reads a property of `this`.
///
/// # Errors
/// [`JsonError`], when the name holds what no message can.
pub fn fetch(this: &Reference, property: &str) -> Result<Envelope, JsonError> {
    call(this, "Fetch", serde_json::json!({ "prop": property }).to_string().as_bytes())
}

#[cfg(test)]
mod tests;
