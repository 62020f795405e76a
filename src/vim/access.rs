//! What a call, or the reading of a property, takes (`session-manager.md` §1.21, §7). Who is asking, and what they hold,
//! the door knows.
//!
//! A method's access stands in [`super::method::table`], a property's beside its name in [`super::object::TYPES`].

/// What a call, or the reading of a property, takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Nothing, not even a session.
    Anonymous,
    /// A session that holds this privilege on the root folder.
    Privilege(&'static str),
}

/// Held by everybody who is logged in.
pub const VIEW: &str = "System.View";
/// Read on an object.
pub const READ: &str = "System.Read";
/// Add an extension.
pub const EXTENSION_REGISTER: &str = "Extension.Register";
/// Remove an extension.
pub const EXTENSION_UNREGISTER: &str = "Extension.Unregister";
/// Change an extension, or what it proves itself with.
pub const EXTENSION_UPDATE: &str = "Extension.Update";
