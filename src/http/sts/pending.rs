//! The exchange that a connection is in the middle of: what a cookie is on `/sdk`. Clients that give no Context repeat their
//! request over the same connection (`clients.md` §2.9).

use std::sync::{Mutex, PoisonError};

use crate::app::tokens::Challenged;
use crate::secret::Secret;

/// Its name, if there is one. Put there when the connection was accepted.
#[derive(Default)]
pub struct PendingExchange(Mutex<Option<Secret>>);

impl PendingExchange {
    pub(super) fn name(&self) -> Option<Secret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whoever gave a Context goes on by that alone.
    pub(super) fn goes_on_with(&self, challenged: &Challenged) {
        if challenged.context.is_none() {
            let name = challenged.challenge.exchange.clone();
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
        }
    }
}
