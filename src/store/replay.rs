//! What is accepted once: digests of signed messages, nonces and tickets (`attacks.md` §2.6).

use std::collections::HashSet;

use super::append::Claim;
use super::native::{Link, both, rows};
use super::repeat::{Repeated, portions};
use super::{Store, StoreError, Unit, sql};
use crate::clock::Moment;

impl Store {
    /// Forgets claims on things that would be refused anyway; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn sweep_claims(&self, now: Moment) -> Result<u64, StoreError> {
        self.sweep(sql::SWEEP_CLAIMS, now).await
    }
}

impl Unit {
    /// Claims something for this unit, where that goes together with other changes; false when it was claimed before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim(&mut self, claim: &Claim) -> Result<bool, StoreError> {
        let (key, end) = (claim.key.as_slice(), claim.expires_at.micros());
        let won: Vec<(Vec<u8>,)> = rows!(&mut self.link(), sql::ADD_CLAIMS, key, end)?;
        Ok(!won.is_empty())
    }
}

/// Claims what is not yet claimed; the keys that were won, each once.
pub(super) async fn insert(
    link: &mut Link<'_>,
    texts: &Repeated,
    mut claims: Vec<Claim>,
) -> Result<HashSet<[u8; 32]>, StoreError> {
    // In one order everywhere, so that two replicas with the same keys wait for each other and do not deadlock.
    claims.sort_unstable_by_key(|claim| claim.key);
    let mut won = HashSet::with_capacity(claims.len());
    for portion in portions(&claims) {
        let statement = texts.of(portion.len());
        let keys: Vec<(Vec<u8>,)> = both!(link, c => {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(statement));
            for claim in portion {
                query = query.bind(claim.key.as_slice()).bind(claim.expires_at.micros());
            }
            query.fetch_all(&mut **c).await
        })?;
        won.extend(keys.iter().filter_map(|(key,)| <[u8; 32]>::try_from(key.as_slice()).ok()));
    }
    Ok(won)
}
