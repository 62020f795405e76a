//! Answers in the two styles of the REST API: `/api` says what it means, `/rest` wraps it in `value`.

use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

/// How a path speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `/api`, since 7.0.
    Api,
    /// `/rest`, as it was before.
    Rest,
}

/// The errors of the standard library of vAPI that a session can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// Nobody is logged in, or whoever wanted to be did not prove it: one text for all.
    Unauthenticated,
    /// Somebody who may not.
    Unauthorized,
    /// The request is none.
    InvalidRequest,
    /// There are enough sessions, or the store does not answer.
    ServiceUnavailable,
}

impl Error {
    const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Unauthorized => StatusCode::FORBIDDEN,
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Unauthorized => "unauthorized",
            Self::InvalidRequest => "invalid_request",
            Self::ServiceUnavailable => "service_unavailable",
        }
    }

    pub(super) const fn message(self) -> (&'static str, &'static str) {
        match self {
            Self::Unauthenticated => {
                ("com.vmware.vapi.endpoint.method.authentication.required", "Authentication required.")
            }
            Self::Unauthorized => (
                "com.vmware.vapi.endpoint.method.authorization.required",
                "Permission to perform this operation was denied.",
            ),
            Self::InvalidRequest => ("com.vmware.vapi.rest.httpBadRequest", "The request is not valid."),
            Self::ServiceUnavailable => {
                ("com.vmware.vapi.endpoint.cis.ServiceUnavailable", "Service unavailable. Try again later.")
            }
        }
    }
}

impl Style {
    /// A value.
    pub(super) fn value(self, status: StatusCode, value: &Value) -> HttpResponse {
        written(status).body(match self {
            Self::Api => value.to_string(),
            Self::Rest => json!({ "value": value }).to_string(),
        })
    }

    /// An error; one that says who nobody is says how to become somebody.
    pub(super) fn error(self, error: Error, sts_url: &str) -> HttpResponse {
        let (id, text) = error.message();
        let messages = json!([{ "args": [], "default_message": text, "id": id }]);
        let body = match self {
            Self::Api => json!({ "error_type": error.name().to_ascii_uppercase(), "messages": messages }),
            Self::Rest => json!({
                "type": format!("com.vmware.vapi.std.errors.{}", error.name()),
                "value": { "messages": messages },
            }),
        };
        let mut answer = written(error.status());
        match error {
            Error::Unauthenticated => {
                answer.insert_header((WWW_AUTHENTICATE, challenge(sts_url)));
            }
            Error::ServiceUnavailable => {
                answer.insert_header(("Retry-After", "2"));
            }
            Error::Unauthorized | Error::InvalidRequest => {}
        }
        answer.body(body.to_string())
    }
}

/// How to become somebody.
pub(super) fn challenge(sts_url: &str) -> String {
    format!(
        "Basic realm=\"VAPI endpoint\",SIGN realm=\"VAPI endpoint\",service=\"VAPI endpoint\",sts=\"{sts_url}\""
    )
}

fn written(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json");
    answer
}
