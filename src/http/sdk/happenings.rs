//! Rows of the audit in the words of vim25 (`session-manager.md` §2.6), and which of them somebody gets to see.

use serde_json::Value as Json;

use super::calls::unavailable;
use super::{Answer, Exchange, fault, holds};
use crate::app::Caller;
use crate::app::events::{EventRange, Happening, Outcome, happenings};
use crate::clock::Moment;
use crate::verifier::StepId;
use crate::vim::Fault;
use crate::vim::access::READ;
use crate::vim::values::{Event, EventFilterSpec, EventKind};

/// Reads events that a filter wants and the caller may see, in the order of the range, with their numbers.
pub(super) async fn read(
    exchange: &Exchange<'_>,
    caller: &Caller,
    filter: &EventFilterSpec,
    mut range: EventRange,
    most: usize,
) -> Result<Vec<(i64, Event)>, Answer> {
    range.from = filter.begin_time.unwrap_or(range.from);
    range.until = filter.end_time.unwrap_or(range.until);
    let mut found = Vec::new();
    for _ in 0..MOST_BATCHES {
        let batch = happenings(exchange.app, &range, BATCH).await.map_err(|failure| unavailable(&failure))?;
        let full = u32::try_from(batch.len()).is_ok_and(|length| length >= BATCH);
        let Some(last) = batch.last().map(|happening| happening.number) else { break };
        let events = batch.iter().filter_map(|happening| Some((happening.number, event(happening)?)));
        found.extend(events.filter(|(_, event)| filter.wants(event) && may_see(caller, event)));
        if found.len() >= most || !full {
            break;
        }
        if range.down {
            range.before = last;
        } else {
            range.after = last;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Whoever may read the root folder sees everything; everybody sees what he did himself.
pub(super) fn may_see(caller: &Caller, event: &Event) -> bool {
    let own = caller.session().is_some_and(|caller| caller.session.user_name == event.user_name);
    own || holds(caller, READ)
}

/// What a row is called in vim25; nothing for a row that is no event there.
fn event(happening: &Happening) -> Option<Event> {
    let kind = match happening.outcome {
        Outcome::Accepted => accepted(happening)?,
        Outcome::Refused => refused(happening)?,
        Outcome::Failed => return None,
    };
    Some(Event {
        key: i32::try_from(happening.number).unwrap_or(i32::MAX),
        created_time: happening.at,
        user_name: happening.principal.clone(),
        ip_address: happening.source.clone(),
        kind,
    })
}

fn accepted(happening: &Happening) -> Option<EventKind> {
    let text = |name: &str| happening.detail.get(name).and_then(Json::as_str).map(str::to_owned);
    let number = |name: &str| happening.detail.get(name).and_then(Json::as_i64);
    Some(match happening.action.as_str() {
        "session.logout" | "session.expire" => EventKind::UserLogout {
            user_agent: text("user_agent"),
            call_count: number("calls"),
            session_id: text("session")?,
            login_time: number("login_time").map(Moment::from_micros),
        },
        "session.terminate" => {
            EventKind::SessionTerminated { session_id: text("session")?, user_name: text("user_name")? }
        }
        "session.message" => EventKind::MessageChanged {
            message: text("message")?,
            previous: text("previous").filter(|previous| !previous.is_empty()),
        },
        "server.start" => EventKind::ServerStarted,
        // Every other action that the store hands out here opens a session.
        _ => EventKind::UserLogin {
            user_agent: text("user_agent"),
            locale: text("locale")?,
            session_id: text("session")?,
        },
    })
}

/// The same steps that make a client's fault make the event.
fn refused(happening: &Happening) -> Option<EventKind> {
    if happening.action == "privilege.check" {
        let privilege = happening.detail.get("privilege").and_then(Json::as_str)?.to_owned();
        return Some(EventKind::NoPermission { privilege });
    }
    let step = StepId::ALL.iter().copied().find(|step| step.as_str() == happening.reason)?;
    match fault::of_step(step) {
        Answer::Fault(Fault::InvalidLogin) if step == StepId::SessionAnonymous => {
            Some(EventKind::AlreadyAuthenticated)
        }
        Answer::Fault(Fault::InvalidLogin) => Some(EventKind::BadUsername),
        Answer::Fault(Fault::NoPermission(_)) => Some(EventKind::NoAccess),
        Answer::Fault(_) | Answer::Challenge(_) | Answer::Status(_) => None,
    }
}

/// Rows at once, and how often: who looks for what never happened does not read the whole audit.
const BATCH: u32 = 1_000;
const MOST_BATCHES: usize = 100;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(action: &str, outcome: Outcome, reason: &str, detail: Json) -> Option<&'static str> {
        let happening = Happening {
            number: 7,
            at: Moment::EPOCH,
            action: action.into(),
            outcome,
            principal: "VSPHERE.LOCAL\\alice".into(),
            source: "10.0.0.9".into(),
            reason: reason.into(),
            detail,
        };
        event(&happening).map(|event| event.info().type_name)
    }

    #[test]
    fn what_was_done_has_its_name_in_vim25() {
        let opened = json!({ "session": "52", "locale": "en", "user_agent": "govc" });
        let accepted = |action: &str, detail: &Json| of(action, Outcome::Accepted, "", detail.clone());
        for action in ["session.login", "session.login-by-token", "session.clone"] {
            assert_eq!(accepted(action, &opened), Some("UserLoginSessionEvent"));
        }
        for action in ["session.logout", "session.expire"] {
            assert_eq!(accepted(action, &json!({ "session": "52" })), Some("UserLogoutSessionEvent"));
        }
        let victim = json!({ "session": "52", "user_name": "b" });
        assert_eq!(accepted("session.terminate", &victim), Some("SessionTerminatedEvent"));
        let message = json!({ "message": "m", "previous": null });
        assert_eq!(accepted("session.message", &message), Some("GlobalMessageChangedEvent"));
        assert_eq!(accepted("server.start", &json!({})), Some("ServerStartedSessionEvent"));
        // Written by a version that did not say so much.
        assert_eq!(accepted("session.login", &json!({})), None);
    }

    #[test]
    fn a_refused_login_is_called_after_what_the_client_was_told() {
        let refused = |step: StepId| of("session.login", Outcome::Refused, step.as_str(), json!({}));
        assert_eq!(refused(StepId::CredentialPassword), Some("BadUsernameSessionEvent"));
        assert_eq!(refused(StepId::AssertionSignature), Some("BadUsernameSessionEvent"));
        assert_eq!(refused(StepId::AdmissionPermission), Some("NoAccessUserEvent"));
        assert_eq!(refused(StepId::SessionAnonymous), Some("AlreadyAuthenticatedSessionEvent"));
        for none in [StepId::SessionLocale, StepId::SessionLimit, StepId::XmlSyntax] {
            assert_eq!(refused(none), None);
        }
        assert_eq!(of("session.login", Outcome::Failed, "service.available", json!({})), None);
        let privilege = json!({ "privilege": "Sessions.TerminateSession" });
        assert_eq!(of("privilege.check", Outcome::Refused, "privilege", privilege), Some("EventEx"));
    }
}
