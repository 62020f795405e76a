//! Why a message is no call to this API, and the fault that says so in the words of a real server
//! (`session-manager.md` §1.3). The words include where the parser stood; offsets stand in for columns.

use std::fmt::Write as _;

use crate::soap::Envelope;
use crate::vim::object;
use crate::vim::values::arguments::{Owner, Problem};
use crate::vim::{Fault, MethodName};
use crate::xml::Element;
use crate::xml::names::VIM;

/// A message that cannot be read as a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct CallError {
    /// What is wrong.
    pub problem: Problem,
    /// The method, as far as it was recognised.
    pub method: Option<MethodName>,
    /// Where the envelope, the body and the call begin.
    offsets: [usize; 3],
}

impl CallError {
    pub(super) fn without_call(envelope: &Envelope) -> Self {
        Self::at(envelope, envelope.body(), None, Problem::NotACall)
    }

    pub(super) fn at(
        envelope: &Envelope,
        call: Element<'_>,
        method: Option<MethodName>,
        problem: Problem,
    ) -> Self {
        let offsets = [envelope.document().root().offset(), envelope.body().offset(), call.offset()];
        Self { problem, method, offsets }
    }

    /// The fault for the client.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.problem.fault_at(|text| self.add_place(text))
    }

    fn add_place(&self, text: &mut String) {
        let [envelope, body, call] = self.offsets;
        if let Some(method) = self.method {
            let name = method.facts().wire;
            let _ = write!(
                text,
                "\n\nwhile parsing call information for method {name}\nat line 1, column {call}"
            );
        }
        let _ = write!(text, "\n\nwhile parsing SOAP body\nat line 1, column {body}");
        let _ = write!(text, "\n\nwhile parsing SOAP envelope\nat line 1, column {envelope}");
        let _ = match self.method {
            Some(method) => {
                let receiver = method.facts().receiver;
                let kind =
                    object::managed_type(receiver).map_or("vmodl.ManagedObject", |kind| kind.full_name);
                write!(
                    text,
                    "\n\nwhile parsing HTTP request for method {}\non object of type {kind}",
                    method.inner_name()
                )
            }
            None => write!(text, "\n\nwhile parsing HTTP request before method was determined"),
        };
        text.push_str("\nat line 1, column 0");
    }
}

impl Problem {
    /// The fault for the client, where nothing can be said of lines and columns.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault_at(|text| *text = text.trim_start().to_owned())
    }

    fn fault_at(&self, finish: impl FnOnce(&mut String)) -> Fault {
        if let Self::NotAllowed { path, .. } = *self {
            return Fault::InvalidArgument { property: Some(path.to_owned()) };
        }
        let mut text = self.sentence();
        finish(&mut text);
        Fault::InvalidRequest { text }
    }

    fn sentence(&self) -> String {
        match self {
            Self::NotACall => "\nThe SOAP body holds no call".into(),
            Self::UnknownMethod { name, namespace } => {
                let namespace = if namespace.is_empty() { VIM } else { namespace };
                format!("Unable to resolve WSDL method name {name} for namespace {namespace}")
            }
            Self::Missing { name, owner: Owner::Call(_) } => {
                format!("\nRequired parameter {name} is missing")
            }
            Self::Missing { name, owner: Owner::Data(kind) } => format!(
                "\nRequired property {name} is missing from data object of type {kind}\n\n\
                 while parsing serialized DataObject of type {kind}"
            ),
            Self::Unknown { name, .. } => format!("\nUnexpected element tag \"{name}\" seen"),
            Self::Repeated { name, .. } => format!("\nElement tag \"{name}\" seen more than once"),
            Self::Malformed { name, wanted, .. } => format!("\nThe value of {name} is not {wanted}"),
            Self::NotAllowed { path, .. } => format!("\nThe value of {path} is not allowed"),
        }
    }
}

impl MethodName {
    /// What the method is called inside vCenter, near enough: with a small first letter.
    fn inner_name(self) -> String {
        let mut letters = self.facts().wire.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        first.into_iter().chain(letters).collect()
    }
}
