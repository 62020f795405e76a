//! The exchange of tokens, at the three paths where clients look for it (`clients.md` §6.2). The token in the request is what
//! is judged; the session beside it only shows whose key was shown, where a token holds one.

use actix_web::http::header::{ALLOW, CONTENT_TYPE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use crate::app::exchange::{Exchanged, exchange};
use crate::app::{App, Cause, Refused, sessions};
use crate::http::{cookie, limits, observe};
use crate::jwt::{ExchangeError, ExchangeRequest, SubjectType};
use crate::verifier::StepId;

/// The path that takes a form, and no other does.
pub const AUTHENTICATION_TOKEN: &str = "/api/vcenter/authentication/token";

/// How a path is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// An object of JSON.
    Api,
    /// An object of JSON in `spec`; the answer is wrapped too.
    Rest,
    /// A form.
    Form,
}

/// Any method at one of the paths.
pub async fn token_exchange(
    way: Exchange,
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let peer = observe::peer(&request);
    if request.method() != Method::POST {
        return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST")).finish();
    }
    let body = match limits::body(request.headers(), payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let read = way.read(&request, &body);
    let subject_type = read.as_ref().map_or(SubjectType::Saml2, |request| request.subject_type);
    let caller = sessions::caller(&app, &cookie::of_header(request.headers()), &peer).await;
    let Ok(caller) = caller else { return Problem::Unavailable.answer(way) };
    match exchange(&app, read, &caller, &peer).await {
        Ok(exchanged) => way.answer(&exchanged),
        Err(refused) => Problem::of(&refused, subject_type).answer(way),
    }
}

impl Exchange {
    fn read(self, request: &HttpRequest, body: &[u8]) -> Result<ExchangeRequest, ExchangeError> {
        // What stands in a URL stands in logs (`sts.md` §8.1).
        if !request.query_string().is_empty() {
            return Err(ExchangeError::Query);
        }
        let wanted = match self {
            Self::Api | Self::Rest => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        };
        let said =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted) {
            return Err(ExchangeError::ContentType(wanted));
        }
        match self {
            Self::Api => ExchangeRequest::of_json(body, None),
            Self::Rest => ExchangeRequest::of_json(body, Some("spec")),
            Self::Form => ExchangeRequest::of_form(body),
        }
    }

    fn answer(self, exchanged: &Exchanged) -> HttpResponse {
        let mut said = Map::new();
        said.insert("access_token".into(), json!(exchanged.token));
        said.insert("token_type".into(), json!("bearer"));
        said.insert("expires_in".into(), json!(exchanged.seconds));
        said.insert("issued_token_type".into(), json!(exchanged.kind.uri()));
        if let Some(scope) = &exchanged.scope {
            said.insert("scope".into(), json!(scope));
        }
        self.written(StatusCode::OK, Value::Object(said))
    }

    fn written(self, status: StatusCode, said: Value) -> HttpResponse {
        let body = match self {
            Self::Rest if status == StatusCode::OK => json!({ "value": said }),
            Self::Api | Self::Rest | Self::Form => said,
        };
        HttpResponse::build(status).content_type("application/json").body(body.to_string())
    }
}

/// What a client is told: the error of RFC 6749 §5.2 under vCenter's name for it, and nothing of the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    /// The request is none.
    Request,
    /// It asks for a scope that is not known.
    Scope,
    /// The subject's token is not good for it.
    Subject(SubjectType),
    /// The actor's token is not.
    Actor,
    /// Come back.
    Unavailable,
}

impl Problem {
    fn of(refused: &Refused, subject: SubjectType) -> Self {
        match (&refused.cause, refused.report.refusal().map(|step| step.id)) {
            (Cause::Overloaded | Cause::Unavailable, _) | (_, Some(StepId::ServiceAvailable)) => {
                Self::Unavailable
            }
            (_, Some(StepId::ExchangeRequest)) => Self::Request,
            (_, Some(StepId::ExchangeScope)) => Self::Scope,
            (_, Some(StepId::ExchangeActor)) => Self::Actor,
            _ => Self::Subject(subject),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Request => "invalid_request",
            Self::Scope => "invalid_scope",
            Self::Subject(_) | Self::Actor => "invalid_grant",
            Self::Unavailable => "temporarily_unavailable",
        }
    }

    fn text(self) -> String {
        match self {
            Self::Request => "The request is not valid.".to_owned(),
            Self::Scope => "The scope is not valid.".to_owned(),
            Self::Subject(kind) => format!("Invalid SUBJECT token: tokenType={}", kind.name()),
            Self::Actor => "Invalid ACTOR token".to_owned(),
            Self::Unavailable => "Service unavailable. Try again later.".to_owned(),
        }
    }

    fn answer(self, way: Exchange) -> HttpResponse {
        if self == Self::Unavailable {
            let mut answer = way.written(StatusCode::SERVICE_UNAVAILABLE, self.said(way));
            let after = actix_web::http::header::HeaderValue::from_static("2");
            answer.headers_mut().insert(actix_web::http::header::RETRY_AFTER, after);
            return answer;
        }
        way.written(StatusCode::BAD_REQUEST, self.said(way))
    }

    fn said(self, way: Exchange) -> Value {
        let (name, text) = (self.name(), self.text());
        let id = format!("com.vmware.vcenter.tokenservice.{name}");
        let messages = json!([{ "args": [], "default_message": text, "id": id }]);
        let kind = format!("com.vmware.oauth2.errors.{name}");
        match way {
            Exchange::Rest => json!({ "type": kind, "value": { "messages": messages } }),
            Exchange::Api | Exchange::Form => json!({
                "error": name, "error_description": text, "error_type": name.to_ascii_uppercase(),
                "messages": messages, "type": kind,
            }),
        }
    }
}
