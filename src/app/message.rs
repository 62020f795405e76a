//! The message to everybody who is logged in (`session-manager.md` §1.12).

use serde_json::json;

use super::audit::{Action, accepted, note};
use super::caller::SessionCaller;
use super::error::Failure;
use super::{App, Peer};

/// The message, if there is one.
///
/// # Errors
/// [`Failure::Store`].
pub async fn message(app: &App) -> Result<Option<String>, Failure> {
    let (mut settings, _) = app.store.settings().await?;
    Ok(settings.remove(MESSAGE))
}

/// Sets it; an empty one takes it back.
///
/// # Errors
/// [`Failure::Store`].
pub async fn set_message(app: &App, caller: &SessionCaller, text: &str, peer: &Peer) -> Result<(), Failure> {
    let previous = message(app).await?;
    let by = &caller.session.user_name;
    let detail = json!({ "message": text, "previous": previous });
    let mut unit = app.store.begin().await?;
    unit.set_unwatched_setting(MESSAGE, Some(text).filter(|text| !text.is_empty())).await?;
    unit.audit(&accepted(app, Action::SetMessage, by, &detail, peer)).await?;
    unit.commit().await?;
    app.changes.happened();
    note(Action::SetMessage, by, peer);
    Ok(())
}

/// More than a screen of text is not a message of the day.
pub const MAX_MESSAGE: usize = 4_096;
const MESSAGE: &str = "session.message";
