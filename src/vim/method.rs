//! Calls: what is asked of which object (`session-manager.md` §1, §2, §3.1). What there is to ask stands in [`table`];
//! each object's calls, with their parameters, in a file of its own.

mod authorization;
mod directory;
mod error;
mod extensions;
mod events;
mod filter;
mod options;
mod properties;
mod service;
mod session;
pub mod table;
mod views;

pub use authorization::AuthorizationCall;
pub use directory::{DirectoryCall, PrincipalQuery};
pub use error::CallError;
pub use events::{EventCall, EventHistoryCall, HistoryCall, MOST_EVENTS};
pub use extensions::ExtensionCall;
pub use filter::FilterCall;
pub use options::OptionCall;
pub use properties::PropertyCall;
pub use service::ServiceCall;
pub use session::{ServiceRequest, SessionCall};
pub use table::ExtensionMethod;
pub use table::{AuthorizationMethod, DirectoryMethod};
pub use table::{
    EventHistoryMethod, EventMethod, FilterMethod, HistoryMethod, MethodName, ObjectMethod, OptionMethod,
    PropertyMethod, ServiceMethod, SessionMethod, ViewMethod, ViewsMethod,
};
pub use views::{ViewCall, ViewsCall};

use crate::soap::Envelope;
use crate::vim::object;
use crate::vim::values::arguments::{Arguments, Problem, is_ours, short};
use crate::vim::{Fault, Reference};
use crate::xml::Element;

/// A message that asks something of an object. What it says is not believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The object, which need not exist.
    pub this: Reference,
    /// What is asked of it.
    pub method: Method,
}

/// A method with its parameters, by the object that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Of the service itself.
    Service(ServiceCall),
    /// One property of any object; pyVmomi's way to read (§2.3).
    Fetch {
        /// The property, or a path into it.
        property: String,
    },
    /// Of the property collector.
    Properties(PropertyCall),
    /// Of a filter of a property collector.
    Filter(FilterCall),
    /// Of the view manager.
    Views(ViewsCall),
    /// Of a view.
    View(ViewCall),
    /// Of the event manager.
    Events(EventCall),
    /// Of a collector of what happened.
    History(HistoryCall),
    /// Of a collector of events.
    EventHistory(EventHistoryCall),
    /// Of the option manager.
    Options(OptionCall),
    /// Of the user directory.
    Directory(DirectoryCall),
    /// Of the authorization manager.
    Authorization(AuthorizationCall),
    /// Of the session manager.
    Session(SessionCall),
    /// Of the extension manager.
    Extensions(ExtensionCall),
}

impl Call {
    /// Reads the call in the body of a message.
    ///
    /// # Errors
    /// [`CallError`] when there is none, when it is unknown, or when its parameters are not those of the
    /// schema.
    pub fn read(envelope: &Envelope) -> Result<Self, CallError> {
        let element = envelope.request().ok_or_else(|| CallError::without_call(envelope))?;
        let name =
            MethodName::of(element).map_err(|problem| CallError::at(envelope, element, None, problem))?;
        Self::read_as(element, name).map_err(|problem| CallError::at(envelope, element, Some(name), problem))
    }

    /// Whether the object, as far as its type is known, has no such method. To be asked once the object is
    /// known to exist.
    ///
    /// # Errors
    /// [`Fault::MethodNotFound`].
    pub fn check_receiver(&self) -> Result<(), Fault> {
        let name = self.method.name();
        if object::is_a(&self.this.kind, name.facts().receiver) {
            return Ok(());
        }
        Err(Fault::MethodNotFound { receiver: self.this.clone(), method: name.facts().wire })
    }

    fn read_as(element: Element<'_>, name: MethodName) -> Result<Self, Problem> {
        let arguments = Arguments::of_call(element, name.facts())?;
        Ok(Self { this: arguments.reference("_this")?, method: Method::read(name, &arguments)? })
    }
}

impl MethodName {
    /// The method an element calls, by local name; its namespace must be ours or none.
    fn of(element: Element<'_>) -> Result<Self, Problem> {
        let known = Self::ALL.iter().find(|name| name.facts().wire == element.local());
        let ours = known.filter(|_| is_ours(element.namespace()));
        ours.copied().ok_or_else(|| Problem::UnknownMethod {
            name: short(element.local()),
            namespace: short(element.namespace()),
        })
    }
}

impl Method {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> MethodName {
        match self {
            Self::Service(call) => MethodName::Service(call.name()),
            Self::Fetch { .. } => MethodName::Object(ObjectMethod::Fetch),
            Self::Properties(call) => MethodName::Properties(call.name()),
            Self::Filter(call) => MethodName::Filter(call.name()),
            Self::Views(call) => MethodName::Views(call.name()),
            Self::View(call) => MethodName::View(call.name()),
            Self::Events(call) => MethodName::Events(call.name()),
            Self::History(call) => MethodName::History(call.name()),
            Self::EventHistory(call) => MethodName::EventHistory(call.name()),
            Self::Options(call) => MethodName::Options(call.name()),
            Self::Directory(call) => MethodName::Directory(call.name()),
            Self::Authorization(call) => MethodName::Authorization(call.name()),
            Self::Session(call) => MethodName::Session(call.name()),
            Self::Extensions(call) => MethodName::Extensions(call.name()),
        }
    }

    fn read(name: MethodName, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        Ok(match name {
            MethodName::Service(name) => Self::Service(ServiceCall::read(name)),
            MethodName::Object(ObjectMethod::Fetch) => {
                Self::Fetch { property: arguments.text("prop")?.to_owned() }
            }
            MethodName::Properties(name) => Self::Properties(PropertyCall::read(name, arguments)?),
            MethodName::Filter(name) => Self::Filter(FilterCall::read(name)),
            MethodName::Views(name) => Self::Views(ViewsCall::read(name, arguments)?),
            MethodName::View(name) => Self::View(ViewCall::read(name)),
            MethodName::Events(name) => Self::Events(EventCall::read(name, arguments)?),
            MethodName::History(name) => Self::History(HistoryCall::read(name, arguments)?),
            MethodName::EventHistory(name) => Self::EventHistory(EventHistoryCall::read(name, arguments)?),
            MethodName::Options(name) => Self::Options(OptionCall::read(name, arguments)?),
            MethodName::Directory(name) => Self::Directory(DirectoryCall::read(name, arguments)?),
            MethodName::Authorization(name) => Self::Authorization(AuthorizationCall::read(name, arguments)?),
            MethodName::Session(name) => Self::Session(SessionCall::read(name, arguments)?),
            MethodName::Extensions(name) => Self::Extensions(ExtensionCall::read(name, arguments)?),
        })
    }
}

#[cfg(test)]
mod tests;
