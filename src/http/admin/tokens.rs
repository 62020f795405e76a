//! Tokens that were issued and have not ended. Nobody gets the token: it is not kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json};
use super::problem::{Kind, Problem};
use super::values::{Limit, Page, Time};
use crate::app::issued::{self, IssuedToken};
use crate::clock::Moment;

/// A token.
#[derive(JsonSchema, Serialize)]
pub(super) struct Token {
    /// Its identifier: `ID` of the assertion.
    id: String,
    /// Whom it is about: `name@DOMAIN`.
    subject: String,
    /// `bearer` or `holder-of-key`.
    confirmation: String,
    /// When it was issued.
    issued_at: Time,
    /// From when on it is good.
    not_before: Time,
    /// From when on it is not.
    not_on_or_after: Time,
    /// SHA-256 of the signing certificate, lower-case hexadecimal.
    signer_sha256: String,
    /// The exchange in which it was issued.
    trace: String,
    /// When it was taken back.
    revoked_at: Option<Time>,
}

/// Which tokens.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// How many at most.
    limit: Option<Limit>,
    /// Only what comes after this one: `next` of the page before.
    after: Option<String>,
    /// Only those about this subject: `name@DOMAIN`, as it stands in the tokens.
    subject: Option<String>,
}

/// Which token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Id {
    /// Its identifier.
    id: String,
}

pub(super) async fn list(asked: Asked, wanted: Wanted, _: Empty) -> Result<Json<Page<Token>>, Problem> {
    let Limit(most) = wanted.limit.unwrap_or_default();
    let after = wanted.after.as_deref().map(place).transpose()?;
    let mut tokens = issued::list(&asked.app, after, wanted.subject.as_deref(), most + 1).await?;
    let whole = usize::try_from(most).unwrap_or(usize::MAX);
    let more = tokens.len() > whole;
    tokens.truncate(whole);
    let next = tokens.last().filter(|_| more);
    let next = next.map(|last| format!("{}.{}", last.issued.not_on_or_after.micros(), last.issued.id));
    Ok(Json(Page { items: tokens.into_iter().map(Token::from).collect(), next }))
}

pub(super) async fn find(asked: Asked, of: Id, _: Empty) -> Result<Json<Token>, Problem> {
    let found = issued::find(&asked.app, &of.id).await?;
    found.map(|token| Json(token.into())).ok_or_else(|| Problem::missing("token", &of.id))
}

pub(super) async fn revoke(asked: Asked, of: Id, _: Empty) -> Result<Done, Problem> {
    issued::revoke(&asked.app, &of.id, asked.by()).await?;
    Ok(Done)
}

/// Where the page before ended: when its last token ends, and which one it is.
fn place(after: &str) -> Result<(Moment, &str), Problem> {
    let (micros, id) = after.split_once('.').unwrap_or_default();
    let micros =
        micros.parse().map_err(|_| Problem::seen(Kind::NotAllowed, "after: wanted next of a page"))?;
    Ok((Moment::from_micros(micros), id))
}

impl From<IssuedToken> for Token {
    fn from(IssuedToken { issued, revoked_at }: IssuedToken) -> Self {
        Self {
            id: issued.id,
            subject: issued.upn,
            confirmation: issued.confirmation,
            issued_at: Time(issued.issued_at),
            not_before: Time(issued.not_before),
            not_on_or_after: Time(issued.not_on_or_after),
            signer_sha256: issued.signer_sha256,
            trace: issued.trace,
            revoked_at: revoked_at.map(Time),
        }
    }
}
