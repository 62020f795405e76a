//! vim25: its messages read and written (`session-manager.md` §1–§3). Nothing is decided here: no session, no
//! person, no clock. The door fills [`values`] from what the house knows and hands back what [`response`]
//! wrote.

pub mod access;
pub mod entity;
pub mod fault;
pub mod header;
pub mod json;
pub mod locale;
pub mod method;
pub mod object;
pub mod property;
pub mod reference;
pub mod response;
pub mod schema;
pub mod values;
pub mod version;
pub mod wsdl;

pub use fault::Fault;
pub use method::{Call, CallError, Method, MethodName};
pub use reference::Reference;
pub use values::Value;
pub use values::arguments::{Owner, Problem};
pub use version::ApiVersion;
