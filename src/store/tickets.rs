//! Tickets: worth one login or one request, found by the hash of their secret, gone with their session.

use super::native::{Link, rows, run};
use super::sessions::SessionRow;
use super::{Store, StoreError, Unit, sql, text};
use crate::clock::Moment;
use crate::session::Session;

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

/// A ticket that is to be spent, by the SHA-256 of its secret, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// See [`NewTicket::secret`].
    pub secret: [u8; 32],
    /// The very use.
    pub purpose: Purpose,
    /// Now.
    pub at: Moment,
}

impl Store {
    /// The session that a ticket comes from, if it is good for this use. [`Store::append`] spends it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn lender(&self, spend: &Spend) -> Result<Option<Session>, StoreError> {
        let (method, url) = spend.purpose.bounds();
        let found: Vec<SessionRow> = rows!(
            &mut self.reader().await?.link(),
            sql::LENDER,
            spend.secret.as_slice(),
            spend.purpose.as_str(),
            text(method),
            text(url),
            spend.at.micros(),
        )?;
        Ok(found.into_iter().next().map(Session::from))
    }

    /// Forgets tickets that are over; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn sweep_tickets(&self, now: Moment) -> Result<u64, StoreError> {
        self.sweep(sql::SWEEP_TICKETS, now).await
    }
}

impl Unit {
    /// Takes back every ticket of a session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_tickets_of(&mut self, session_key: &str) -> Result<(), StoreError> {
        run!(&mut self.link(), sql::END_TICKETS_OF, text(session_key))?;
        Ok(())
    }
}

/// Keeps a ticket. That its session is over is a [`StoreError::Rejected`].
pub(super) async fn insert(link: &mut Link<'_>, ticket: &NewTicket) -> Result<(), StoreError> {
    let (method, url) = match &ticket.purpose {
        Purpose::Clone => (None, None),
        Purpose::Http { method, url } => (method.as_deref(), Some(url.as_str())),
    };
    run!(
        link,
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

/// Whether the ticket was there to be spent.
pub(super) async fn spend(link: &mut Link<'_>, spend: &Spend) -> Result<bool, StoreError> {
    let (method, url) = spend.purpose.bounds();
    let lenders: Vec<(String,)> = rows!(
        link,
        sql::SPEND_TICKET,
        spend.secret.as_slice(),
        spend.purpose.as_str(),
        text(method),
        text(url),
        spend.at.micros(),
    )?;
    Ok(!lenders.is_empty())
}

impl Purpose {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Http { .. } => "http",
        }
    }

    /// The method and URL that a ticket must name, if it names any.
    fn bounds(&self) -> (&str, &str) {
        match self {
            Self::Clone => ("", ""),
            Self::Http { method, url } => (method.as_deref().unwrap_or_default(), url.as_str()),
        }
    }
}
