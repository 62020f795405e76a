//! The pages of a long reading that a client has not asked for yet: bounded, each for one session and once.

use quick_cache::sync::Cache;

use crate::vim::property::ObjectContent;

/// What is left to hand out, by session and token.
pub struct Pages(Cache<(String, String), Vec<ObjectContent>>);

impl Default for Pages {
    fn default() -> Self {
        Self(Cache::new(MOST_PAGES))
    }
}

impl Pages {
    /// Keeps the rest of a reading.
    pub fn keep(&self, session: &str, token: String, rest: Vec<ObjectContent>) {
        self.0.insert((session.to_owned(), token), rest);
    }

    /// Takes it back; a token is good once, and for its own session.
    #[must_use]
    pub fn take(&self, session: &str, token: &str) -> Option<Vec<ObjectContent>> {
        self.0.remove(&(session.to_owned(), token.to_owned())).map(|(_, rest)| rest)
    }
}

/// A client reads page after page; hundreds at once are many clients.
const MOST_PAGES: usize = 256;
