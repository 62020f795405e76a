//! One batch of appends as one transaction: read the epoch, count sessions, claim, spend, insert, commit.

use std::collections::HashSet;

use super::append::{Append, Appended, Claim, Waiting};
use super::native::{Link, Pool, Tx};
use super::pool::Mode;
use super::repeat::Repeated;
use super::sessions::{self, NewSession};
use super::{AuditRow, Issued, Sequence, StoreError, audit, epoch, issued, replay, sql, tickets};

/// Writes batches.
pub(super) struct Writer {
    pub(super) pool: Pool,
    pub(super) sequence: Sequence,
    pub(super) texts: Texts,
}

/// The statements that take many rows.
pub(super) struct Texts {
    pub(super) claims: Repeated,
    pub(super) issued: Repeated,
    pub(super) sessions: Repeated,
    pub(super) audit: Repeated,
}

impl Texts {
    pub(super) fn new() -> Self {
        Self {
            claims: Repeated::new(sql::ADD_CLAIMS),
            issued: Repeated::new(sql::ADD_ISSUED),
            sessions: Repeated::new(sql::ADD_SESSIONS),
            audit: Repeated::new(sql::ADD_AUDIT),
        }
    }
}

impl Writer {
    /// One transaction. Afterwards everything is written that is `Committed`, or, on an error, nothing at all.
    pub(super) async fn write(
        &self,
        waiting: &[Waiting],
        later: &[AuditRow],
    ) -> Result<Vec<Appended>, StoreError> {
        let items: Vec<&Append> = waiting.iter().map(|item| &item.append).collect();
        if items.is_empty() && later.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.pool.begin(Mode::Append).await?;
        let outcomes = self.judge(&mut tx, &items).await?;
        let good = || items.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Appended::Committed);
        let tokens: Vec<&Issued> = good().filter_map(|(item, _)| item.issued.as_ref()).collect();
        let opened: Vec<&NewSession> = good().filter_map(|(item, _)| item.session.as_ref()).collect();
        let said: Vec<&AuditRow> = good().flat_map(|(item, _)| &item.audit).chain(later).collect();
        if good().next().is_some() || !later.is_empty() {
            let link = &mut tx.link();
            issued::insert(link, &self.texts.issued, &tokens).await?;
            sessions::insert(link, &self.texts.sessions, &opened).await?;
            for ticket in good().filter_map(|(item, _)| item.ticket.as_ref()) {
                tickets::insert(link, ticket).await?;
            }
            audit::insert(link, &self.texts.audit, &self.sequence, &said).await?;
            tx.commit().await?;
        }
        Ok(outcomes)
    }

    /// What becomes of each item; the claims of those that pass are made.
    async fn judge(&self, tx: &mut Tx, items: &[&Append]) -> Result<Vec<Appended>, StoreError> {
        let link = &mut tx.link();
        let mut outcomes = vec![Appended::Committed; items.len()];
        refuse_stale(link, items, &mut outcomes).await?;
        refuse_crowd(link, items, &mut outcomes).await?;
        refuse_replays(link, &self.texts.claims, items, &mut outcomes).await?;
        refuse_spent(link, items, &mut outcomes).await?;
        Ok(outcomes)
    }
}

async fn refuse_stale(
    link: &mut Link<'_>,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    if items.iter().all(|item| item.expects.is_none()) {
        return Ok(());
    }
    let current = epoch(link).await?;
    for (item, outcome) in items.iter().zip(outcomes) {
        if item.expects.is_some_and(|expected| expected != current) {
            *outcome = Appended::Stale(current);
        }
    }
    Ok(())
}

async fn refuse_crowd(
    link: &mut Link<'_>,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    let Some(first) = items.iter().find_map(|item| item.session_limit) else { return Ok(()) };
    let mut seen = sessions::count(link, &first.cutoff).await?;
    for (item, outcome) in items.iter().zip(outcomes).filter(|(item, _)| item.session.is_some()) {
        match item.session_limit {
            _ if *outcome != Appended::Committed => {}
            Some(limit) if seen >= limit.at_most => {
                *outcome = Appended::SessionLimit { seen, wanted: limit.at_most };
            }
            _ => seen = seen.saturating_add(1),
        }
    }
    Ok(())
}

async fn refuse_replays(
    link: &mut Link<'_>,
    text: &Repeated,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    let still_good = items.iter().zip(&*outcomes).filter(|(_, outcome)| **outcome == Appended::Committed);
    let claims: Vec<Claim> = still_good.filter_map(|(item, _)| item.claim).collect();
    if claims.is_empty() {
        return Ok(());
    }
    let mut won: HashSet<[u8; 32]> = replay::insert(link, text, claims).await?;
    for (item, outcome) in items.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Appended::Committed)
    {
        // The first of equals takes the key out, so that the others find nothing.
        if item.claim.is_some_and(|claim| !won.remove(&claim.key)) {
            *outcome = Appended::Replayed;
        }
    }
    Ok(())
}

/// Last, so that nothing else can stand against what a ticket was spent for.
async fn refuse_spent(
    link: &mut Link<'_>,
    items: &[&Append],
    outcomes: &mut [Appended],
) -> Result<(), StoreError> {
    for (item, outcome) in items.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Appended::Committed)
    {
        if let Some(spend) = &item.spends
            && !tickets::spend(link, spend).await?
        {
            *outcome = Appended::Replayed;
        }
    }
    Ok(())
}
