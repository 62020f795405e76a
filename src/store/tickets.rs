//! Tickets: worth one login or one request, found by the hash of their secret, gone with their session.

use super::native::{rows, run};
use super::{Store, StoreError, Unit, sql, text};
use crate::clock::Moment;

/// A ticket to be given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTicket {
    /// SHA-256 of the secret. The secret itself is never stored.
    pub secret: [u8; 32],
    /// The session it came from.
    pub session_key: String,
    /// What it is good for.
    pub purpose: Purpose,
    /// From when on it is good for nothing.
    pub expires_at: Moment,
}

/// What a ticket is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `CloneSession`.
    Clone,
    /// One HTTP request.
    Http {
        /// With this method, upper case; none = any.
        method: Option<String>,
        /// To this path and query.
        url: String,
    },
}

impl Store {
    /// Forgets tickets that are over; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn sweep_tickets(&self, now: Moment) -> Result<u64, StoreError> {
        self.sweep(sql::SWEEP_TICKETS, now).await
    }
}

impl Unit {
    /// Keeps a ticket.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when its session is over, [`StoreError::Unavailable`].
    pub async fn add_ticket(&mut self, ticket: &NewTicket) -> Result<(), StoreError> {
        let (method, url) = match &ticket.purpose {
            Purpose::Clone => (None, None),
            Purpose::Http { method, url } => (method.as_deref(), Some(url.as_str())),
        };
        run!(
            &mut self.link(),
            sql::ADD_TICKET,
            ticket.secret.as_slice(),
            text(&ticket.session_key),
            ticket.purpose.as_str(),
            method.map(text),
            url.map(text),
            ticket.expires_at.micros(),
        )?;
        Ok(())
    }

    /// Spends a ticket for `purpose`: the key of the session it came from, to one caller only.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn spend_ticket(
        &mut self,
        secret: &[u8; 32],
        purpose: &Purpose,
        now: Moment,
    ) -> Result<Option<String>, StoreError> {
        let (method, url) = match purpose {
            Purpose::Clone => ("", ""),
            Purpose::Http { method, url } => (method.as_deref().unwrap_or_default(), url.as_str()),
        };
        let spent: Vec<(String,)> = rows!(
            &mut self.link(),
            sql::SPEND_TICKET,
            secret.as_slice(),
            purpose.as_str(),
            text(method),
            text(url),
            now.micros(),
        )?;
        Ok(spent.into_iter().next().map(|(key,)| key))
    }

    /// Takes back every ticket of a session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_tickets_of(&mut self, session_key: &str) -> Result<(), StoreError> {
        run!(&mut self.link(), sql::END_TICKETS_OF, text(session_key))?;
        Ok(())
    }
}

impl Purpose {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Http { .. } => "http",
        }
    }
}
