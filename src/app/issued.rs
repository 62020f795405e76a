//! Tokens that were issued: listed, and taken back by whoever operates the house. The token itself is not kept anywhere.

use serde_json::json;

use super::audit::{Action, accepted, note};
use super::error::Failure;
use super::objection::Objection;
use super::{Actor, App};
use crate::clock::Moment;
pub use crate::store::IssuedToken;

/// Tokens that have not ended, those that live longest first: after the one that ends then and has that id, or from the
/// first on; with a `subject`, `name@DOMAIN`, only those of this one.
///
/// # Errors
/// [`Failure::Store`].
pub async fn list(
    app: &App,
    after: Option<(Moment, &str)>,
    subject: Option<&str>,
    at_most: u32,
) -> Result<Vec<IssuedToken>, Failure> {
    let after = after.unwrap_or((Moment::FAR_FUTURE, ""));
    Ok(app.store.issued_after(app.now(), after, subject, at_most).await?)
}

/// One token, if it was issued here and is remembered: until it has ended.
///
/// # Errors
/// [`Failure::Store`].
pub async fn find(app: &App, id: &str) -> Result<Option<IssuedToken>, Failure> {
    Ok(app.store.issued(id).await?)
}

/// Refuses a token from now on, at every door and on every replica. Sessions that it opened stay.
///
/// # Errors
/// [`Objection::Missing`].
pub async fn revoke(app: &App, id: &str, by: impl Into<Actor<'_>>) -> Result<(), Objection> {
    let by = by.into();
    let mut unit = app.store.begin().await?;
    unit.revoke_token(id, app.now()).await?;
    unit.audit(&accepted(app, Action::RevokeToken, by.name, &json!({ "token_id": id }), by.peer)).await?;
    let epoch = unit.epoch().await?;
    unit.commit().await?;
    app.standings.saw(epoch);
    note(Action::RevokeToken, by.name, by.peer);
    Ok(())
}
