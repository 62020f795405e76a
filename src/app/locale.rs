//! The locale a session speaks, as the door resolved it.

/// A locale that this service has, and the one whose messages go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locales {
    /// The effective locale.
    pub locale: String,
    /// The locale whose message catalogue is used.
    pub message_locale: String,
}
