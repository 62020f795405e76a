//! Tokens that were issued, and those of them that were revoked.

use std::collections::HashSet;

use super::error::Noun;
use super::native::{Link, both, rows};
use super::repeat::{Repeated, portions};
use super::{Epoch, Store, StoreError, Unit, sql, text};
use crate::clock::Moment;

/// A token as it is written down when it is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The assertion's id, or the `jti`.
    pub id: String,
    /// Row of the subject; none for a subject of another house.
    pub subject_id: Option<String>,
    /// `name@DOMAIN`.
    pub upn: String,
    /// `bearer` or `holder-of-key`.
    pub confirmation: String,
    /// When it was issued.
    pub issued_at: Moment,
    /// From when on it is good.
    pub not_before: Moment,
    /// From when on it is not.
    pub not_on_or_after: Moment,
    /// SHA-256 of the signing certificate, lower-case hexadecimal.
    pub signer_sha256: String,
    /// The request that asked for it.
    pub trace: String,
}

/// A token in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token.
    pub issued: Issued,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

impl Store {
    /// A token by its id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn issued(&self, id: &str) -> Result<Option<IssuedToken>, StoreError> {
        let found: Vec<IssuedRow> = rows!(&mut self.reader().await?.link(), sql::ISSUED, text(id))?;
        Ok(found.into_iter().next().map(IssuedToken::from))
    }

    /// Tokens that are still good at `now`, the one that lives longest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn issued_live(&self, now: Moment, at_most: u32) -> Result<Vec<IssuedToken>, StoreError> {
        let limit = i64::from(at_most);
        let found: Vec<IssuedRow> =
            rows!(&mut self.reader().await?.link(), sql::ISSUED_RECENT, now.micros(), limit)?;
        Ok(found.into_iter().map(IssuedToken::from).collect())
    }

    /// Tokens that are still good at `now`, those that live longest first, after the one that ends then and has that id;
    /// with a `upn` only this subject's.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn issued_after(
        &self,
        now: Moment,
        (end, id): (Moment, &str),
        upn: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<IssuedToken>, StoreError> {
        let (now, end, limit) = (now.micros(), end.micros(), i64::from(at_most));
        let (id, upn) = (text(id), upn.map(text));
        let found: Vec<IssuedRow> =
            rows!(&mut self.reader().await?.link(), sql::ISSUED_PAGE, now, end, id, upn, limit)?;
        Ok(found.into_iter().map(IssuedToken::from).collect())
    }

    /// Whether a token was revoked. Many such questions are cheaper by [`Store::revoked_tokens`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn is_revoked(&self, id: &str) -> Result<bool, StoreError> {
        let found: Vec<(String,)> = rows!(&mut self.reader().await?.link(), sql::IS_REVOKED, text(id))?;
        Ok(!found.is_empty())
    }

    /// Every revoked token, and the epoch for which that is so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn revoked_tokens(&self) -> Result<(HashSet<String>, Epoch), StoreError> {
        let lines: Vec<(i64, Option<String>)> = rows!(&mut self.reader().await?.link(), sql::REVOKED_TOKENS)?;
        let epoch = Epoch(lines.first().map_or(0, |(epoch, _)| *epoch));
        Ok((lines.into_iter().filter_map(|(_, id)| id).collect(), epoch))
    }

    /// Forgets tokens that ended at `now` or earlier; give the time less the clock tolerance. How many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn sweep_issued(&self, now: Moment) -> Result<u64, StoreError> {
        self.sweep(sql::SWEEP_ISSUED, now).await
    }
}

impl Unit {
    /// Writes a token down, where that goes together with other changes; plainly, [`Store::append`] does it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_issued(&mut self, token: &Issued) -> Result<(), StoreError> {
        insert(&mut self.link(), &Repeated::new(sql::ADD_ISSUED), &[token]).await
    }

    /// Revokes a token; one that was revoked before stays revoked since then.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn revoke_token(&mut self, id: &str, now: Moment) -> Result<(), StoreError> {
        self.bump().await?;
        let revoked: Vec<(String,)> = rows!(&mut self.link(), sql::REVOKE_TOKEN, text(id), now.micros())?;
        if revoked.is_empty() { Err(StoreError::not_found(Noun::Token, id)) } else { Ok(()) }
    }
}

pub(super) async fn insert(
    link: &mut Link<'_>,
    texts: &Repeated,
    tokens: &[&Issued],
) -> Result<(), StoreError> {
    for portion in portions(tokens) {
        let statement = texts.of(portion.len());
        both!(link, c => {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for token in portion {
                query = query
                    .bind(text(&token.id))
                    .bind(token.subject_id.as_deref().map(text))
                    .bind(text(&token.upn))
                    .bind(text(&token.confirmation))
                    .bind(token.issued_at.micros())
                    .bind(token.not_before.micros())
                    .bind(token.not_on_or_after.micros())
                    .bind(text(&token.signer_sha256))
                    .bind(text(&token.trace));
            }
            query.execute(&mut **c).await.map(drop)
        })?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct IssuedRow {
    id: String,
    subject_id: Option<String>,
    upn: String,
    confirmation: String,
    issued_at: i64,
    not_before: i64,
    not_on_or_after: i64,
    signer_sha256: String,
    trace: String,
    revoked_at: Option<i64>,
}

impl From<IssuedRow> for IssuedToken {
    fn from(row: IssuedRow) -> Self {
        let issued = Issued {
            id: row.id,
            subject_id: row.subject_id,
            upn: row.upn,
            confirmation: row.confirmation,
            issued_at: Moment::from_micros(row.issued_at),
            not_before: Moment::from_micros(row.not_before),
            not_on_or_after: Moment::from_micros(row.not_on_or_after),
            signer_sha256: row.signer_sha256,
            trace: row.trace,
        };
        Self { issued, revoked_at: row.revoked_at.map(Moment::from_micros) }
    }
}
