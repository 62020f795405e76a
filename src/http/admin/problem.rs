//! Why an operation did not do what was asked: problem details (RFC 9457), with the trace under which the operator finds
//! more. One closed list of kinds.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, WWW_AUTHENTICATE};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::error::{Failure, Nature};
use crate::app::extensions::ExtensionError;
use crate::app::keys::NotDone;
use crate::app::objection::Objection;
use crate::app::policies::PolicyRefused;
use crate::app::{Cause, Peer, Refused};
use crate::pki::pem::PemError;
use crate::verifier::StepId;

/// Declares the list once: the kind, its name, its status and its title.
macro_rules! kinds {
    ($($name:ident $slug:literal $status:ident $title:literal;)*) => {
        /// What sort of problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind { $(#[doc = $title] $name,)* }

        impl Kind {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The last part of its `type`; it never changes.
            pub(super) const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            pub(super) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            pub(super) const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

kinds! {
    Malformed "malformed" BAD_REQUEST "The request does not fit the document.";
    Unauthenticated "unauthenticated" UNAUTHORIZED "Show the operator's token, or the name and password of an administrator.";
    NotAdministrator "not-administrator" FORBIDDEN "The account has not the role Admin on the root folder.";
    NoSuchPath "no-such-path" NOT_FOUND "Nothing is served at this path.";
    Missing "missing" NOT_FOUND "What is named is not there.";
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "The path has no such method.";
    TooSlow "too-slow" REQUEST_TIMEOUT "The body did not come in time.";
    Taken "taken" CONFLICT "Another has the name or the certificate.";
    InUse "in-use" CONFLICT "Something still needs it.";
    BuiltIn "built-in" CONFLICT "It is part of every system.";
    LastAdministrator "last-administrator" CONFLICT "Nobody would be left who administers the house.";
    Cycle "cycle" CONFLICT "The group would contain itself.";
    State "state" CONFLICT "It is in a state in which this is not done.";
    TooLarge "too-large" PAYLOAD_TOO_LARGE "The body is larger than any that is read.";
    MediaType "media-type" UNSUPPORTED_MEDIA_TYPE "The body is not application/json.";
    NotAllowed "not-allowed" UNPROCESSABLE_ENTITY "The request fits the document, and a value in it is not allowed.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "There is too much to do: try again.";
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The service cannot decide or remember now.";
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) kind: Kind,
    /// What was seen; no secret.
    detail: Option<String>,
    /// What the path has.
    allow: Option<String>,
}

/// As it is sent.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
pub(super) struct Written<'p> {
    /// `urn:vcsso:problem:` and the kind. Rely on this.
    r#type: String,
    /// What the kind means.
    title: &'p str,
    /// The status of the answer.
    status: u16,
    /// What was seen this time, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'p str>,
    /// The value of `X-Vcsso-Trace`: more is at `/_lab/v1/exchanges/{trace}`.
    trace: &'p str,
}

impl Problem {
    pub(super) const fn new(kind: Kind) -> Self {
        Self { kind, detail: None, allow: None }
    }

    pub(super) fn seen(kind: Kind, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(kind) }
    }

    /// The path has these methods.
    pub(super) fn allows(methods: String) -> Self {
        Self { allow: Some(methods), ..Self::new(Kind::MethodNotAllowed) }
    }

    /// Nothing has this name.
    pub(super) fn missing(what: &str, name: &str) -> Self {
        Self::seen(Kind::Missing, format!("no {what} {:?}", name.chars().take(256).collect::<String>()))
    }

    /// What the body or the query names is not there: that is not the path's fault.
    pub(super) fn in_body(self) -> Self {
        match self.kind {
            Kind::Missing => Self { kind: Kind::NotAllowed, ..self },
            _ => self,
        }
    }

    /// The answer.
    pub(super) fn answer(&self, peer: &Peer) -> HttpResponse {
        let status = self.kind.status();
        let mut answer = HttpResponse::build(status);
        answer.content_type(CONTENT_TYPE);
        match self.kind {
            Kind::Unauthenticated => {
                answer.insert_header((WWW_AUTHENTICATE, CHALLENGE));
            }
            Kind::Overloaded | Kind::Unavailable => {
                answer.insert_header(("Retry-After", "2"));
            }
            // What the client still wants to send is not read.
            Kind::TooSlow | Kind::TooLarge => {
                answer.force_close();
            }
            _ => {}
        }
        if let Some(methods) = &self.allow {
            answer.insert_header((ALLOW, methods.as_str()));
        }
        let written = Written {
            r#type: format!("urn:vcsso:problem:{}", self.kind.slug()),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: self.detail.as_deref(),
            trace: &peer.trace,
        };
        answer.body(serde_json::to_string(&written).unwrap_or_default())
    }
}

/// A body that was not read to its end.
impl From<HttpResponse> for Problem {
    fn from(answer: HttpResponse) -> Self {
        Self::new(match answer.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
            StatusCode::REQUEST_TIMEOUT => Kind::TooSlow,
            _ => Kind::Malformed,
        })
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let kind = match failure.nature() {
            Nature::Taken => Kind::Taken,
            Nature::Missing => Kind::Missing,
            Nature::InUse => Kind::InUse,
            Nature::Cycle => Kind::Cycle,
            Nature::NotAllowed => Kind::NotAllowed,
            Nature::Moved => Kind::State,
            Nature::Overloaded => Kind::Overloaded,
            Nature::Ours => {
                tracing::error!(error = %failure, "an act failed");
                return Self::new(Kind::Unavailable);
            }
        };
        Self::seen(kind, failure.to_string())
    }
}

impl From<Objection> for Problem {
    fn from(objection: Objection) -> Self {
        let kind = match objection {
            Objection::Failure(failure) => return failure.into(),
            Objection::NameTaken { .. } => Kind::Taken,
            Objection::BadName { .. }
            | Objection::BadValue { .. }
            | Objection::NoSuchPrincipal { .. }
            | Objection::WrongPassword => Kind::NotAllowed,
            Objection::Missing => Kind::Missing,
            Objection::InUse => Kind::InUse,
            Objection::BuiltIn { .. } => Kind::BuiltIn,
            Objection::LastAdministrator => Kind::LastAdministrator,
        };
        Self::seen(kind, objection.to_string())
    }
}

impl From<ExtensionError> for Problem {
    fn from(error: ExtensionError) -> Self {
        let kind = match error {
            ExtensionError::Failure(failure) => return failure.into(),
            ExtensionError::NotFound => Kind::Missing,
            ExtensionError::Key => Kind::Taken,
            ExtensionError::Size { .. }
            | ExtensionError::NoClientCertificate
            | ExtensionError::Certificate(_)
            | ExtensionError::Account => Kind::NotAllowed,
        };
        Self::seen(kind, error.to_string())
    }
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        let kind = match not_done {
            NotDone::Failure(failure) => return failure.into(),
            NotDone::Unknown(_) => Kind::Missing,
            NotDone::Ambiguous(_)
            | NotDone::NotPrevious { .. }
            | NotDone::Revoked(_)
            | NotDone::InUse { .. } => Kind::State,
        };
        Self::seen(kind, not_done.to_string())
    }
}

impl From<PolicyRefused> for Problem {
    fn from(refused: PolicyRefused) -> Self {
        let kind = match refused {
            PolicyRefused::Failure(failure) => return failure.into(),
            PolicyRefused::Unknown(_) => Kind::Missing,
            PolicyRefused::Value { .. } | PolicyRefused::Contradiction(_) => Kind::NotAllowed,
        };
        Self::seen(kind, refused.to_string())
    }
}

impl From<PemError> for Problem {
    fn from(error: PemError) -> Self {
        Self::seen(Kind::NotAllowed, error.to_string())
    }
}

/// Somebody was not let in; the reason is in the audit.
impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let step = refused.report.refusal().map(|step| step.id);
        Self::new(match (refused.cause, step) {
            (Cause::Overloaded, _) => Kind::Overloaded,
            (Cause::Unavailable, _) => Kind::Unavailable,
            (_, Some(StepId::OperatorAdministrator)) => Kind::NotAdministrator,
            (
                Cause::Step
                | Cause::Request(_)
                | Cause::Decision(_)
                | Cause::Locked { .. }
                | Cause::Expired { .. },
                _,
            ) => Kind::Unauthenticated,
        })
    }
}

/// What every problem is sent as.
pub(super) const CONTENT_TYPE: &str = "application/problem+json";
const CHALLENGE: &str = "Bearer realm=\"vcsso\", Basic realm=\"vcsso\", charset=\"UTF-8\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_an_error_for_status() {
        let mut seen = std::collections::HashSet::new();
        for kind in Kind::ALL {
            assert!(seen.insert(kind.slug()), "{}", kind.slug());
            assert!(kind.status().is_client_error() || kind.status().is_server_error());
        }
    }

    #[test]
    fn what_is_missing_in_a_body_is_not_the_paths_fault() {
        assert_eq!(Problem::missing("group", "g").in_body().kind, Kind::NotAllowed);
        assert_eq!(Problem::new(Kind::Taken).in_body().kind, Kind::Taken);
    }
}
