//! Who may call what: one table (`session-manager.md` §1.21, §7). Who is asking, and what they hold, the door
//! knows.
//!
//! A property's access stands beside its name in [`super::object::TYPES`].

use crate::vim::MethodName;

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

/// What calling the method takes.
#[must_use]
pub const fn of(method: MethodName) -> Access {
    match method {
        MethodName::RetrieveServiceContent
        | MethodName::Fetch
        | MethodName::RetrieveProperties
        | MethodName::RetrievePropertiesEx
        | MethodName::Login
        | MethodName::LoginByToken
        // Clients find the STS by it before they log in (`clients.md` §1.3-2); the door shows strangers no more.
        | MethodName::QueryOptions => Access::Anonymous,
        MethodName::CurrentTime
        | MethodName::ContinueRetrievePropertiesEx
        | MethodName::CancelRetrievePropertiesEx
        | MethodName::Logout => Access::Privilege(VIEW),
    }
}

/// The whole table, for tests and documents.
pub fn table() -> impl Iterator<Item = (MethodName, Access)> {
    MethodName::ALL.iter().map(|method| (*method, of(*method)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_logged_in_may_look_around_and_log_in_and_nothing_else() {
        let open: Vec<_> =
            table().filter(|(_, access)| *access == Access::Anonymous).map(|(name, _)| name.wire()).collect();
        assert_eq!(
            open,
            [
                "RetrieveServiceContent",
                "Fetch",
                "RetrieveProperties",
                "RetrievePropertiesEx",
                "QueryOptions",
                "Login",
                "LoginByToken",
            ]
        );
        assert_eq!(of(MethodName::Logout), Access::Privilege(VIEW));
    }
}
