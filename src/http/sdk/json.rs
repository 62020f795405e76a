//! The same door for VI JSON (`session-manager.md` §4): the call stands in the path, its parameters are a JSON object,
//! and the session travels in a header of its own. A cookie counts for nothing here: no browser adds that header.

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::{Answer, Belongings, Exchange, Pages, Returned, bare, bearers, told_apart};
use crate::app::App;
use crate::app::audit::bad_call;
use crate::app::negotiation::Challenge;
use crate::http::{Site, cookie, limits, observe};
use crate::vim::values::json as values;
use crate::vim::{ApiVersion, Fault, Reference, json};

/// `POST`: one call. `GET`: one property.
pub async fn any(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    site: Data<Site>,
    pages: Data<Pages>,
    belongings: Data<Belongings>,
) -> HttpResponse {
    let Some(path) = Path::read(request.match_info().unprocessed()) else {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    };
    let peer = observe::peer(&request);
    let read = match *request.method() {
        Method::GET => json::fetch(&path.object, path.member),
        Method::POST => match limits::body(request.headers(), payload).await {
            Ok(bytes) => json::call(&path.object, path.member, &bytes),
            Err(answer) => return answer,
        },
        _ => return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, POST")).finish(),
    };
    let envelope = match read {
        Ok(envelope) => envelope,
        Err(error) => {
            bad_call(&app, super::DOOR, &error.to_string(), &peer).await;
            return answer(Err(error.fault().into()), path.version);
        }
    };
    let (exchanges, sessions) = told_apart(cookie::of_header(request.headers()));
    let exchange = Exchange {
        app: &app,
        exchanges,
        bearers: bearers(&request),
        pages: &pages,
        belongings: &belongings,
        envelope: &envelope,
        peer: &peer,
        version: path.version,
        site: &site,
        host: site.host(&request).to_owned(),
        sts_url: site.sts_url(&request),
    };
    let returned = exchange.answer(&sessions, |error| error.problem.fault()).await;
    answer(returned, path.version)
}

fn answer(result: Result<Returned, Answer>, version: ApiVersion) -> HttpResponse {
    match result {
        Ok(returned) if returned.method.facts().returns.is_none() => HttpResponse::NoContent().finish(),
        Ok(returned) => {
            let mut answer = written(StatusCode::OK);
            if let Some(cookie) = &returned.cookie {
                answer.insert_header((cookie::HEADER, cookie.expose()));
            }
            answer.body(values::answer(returned.value.as_ref(), version))
        }
        Err(Answer::Fault(fault)) => {
            written(StatusCode::INTERNAL_SERVER_ERROR).body(values::fault(&fault, version))
        }
        Err(Answer::Challenge(Challenge { exchange, token })) => {
            let mut answer = written(StatusCode::INTERNAL_SERVER_ERROR);
            answer.insert_header((cookie::HEADER, exchange.expose()));
            answer.body(values::fault(&Fault::SspiChallenge { base64_token: token }, version))
        }
        Err(Answer::Status(status)) => bare(status),
    }
}

fn written(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json");
    answer
}

/// What the path names.
#[derive(Debug, PartialEq, Eq)]
struct Path<'p> {
    version: ApiVersion,
    object: Reference,
    /// A method, or a property.
    member: &'p str,
}

impl<'p> Path<'p> {
    /// Reads `/{release}/{type}/{identifier}/{member}`. A release newer than ours is answered as our newest: clients
    /// name their own (§4.3). Nothing for a path of another form, or a release that is no version.
    fn read(tail: &'p str) -> Option<Self> {
        let mut parts = tail.strip_prefix('/')?.split('/');
        let version = ApiVersion::parse(parts.next()?)?.min(ApiVersion::NEWEST);
        let [kind, value, member] = [parts.next()?, parts.next()?, parts.next()?];
        let whole = parts.next().is_none() && ![kind, value, member].contains(&"");
        whole.then(|| Self { version, object: Reference::new(kind, value), member })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_release_an_object_and_a_member() {
        let read =
            |tail: &str| Path::read(tail).map(|path| (path.version, path.object, path.member.to_owned()));
        let object = Reference::new("SessionManager", "SessionManager");
        for release in ["8.0.2.0", "9.1.0.0", "8.0.3.1"] {
            let tail = format!("/{release}/SessionManager/SessionManager/Login");
            assert_eq!(
                read(&tail),
                Some((ApiVersion::NEWEST, object.clone(), "Login".to_owned())),
                "{release}"
            );
        }
        let old = read("/7.0.1.0/SessionManager/SessionManager/message");
        assert_eq!(old, Some((ApiVersion::new([7, 0, 1, 0]), object, "message".to_owned())));
    }

    #[test]
    fn a_path_of_another_form_is_none() {
        for tail in [
            "",
            "/",
            "/8.0.2.0",
            "/8.0.2.0/Folder/group-d1",
            "/8.0.2.0/Folder/group-d1/",
            "/8.0.2.0//group-d1/name",
            "/8.0.2.0/Folder/group-d1/name/more",
            "/release/Folder/group-d1/name",
            "//Folder/group-d1/name",
            "/uA046D008/Folder/group-d1/name",
            "8.0.2.0/Folder/group-d1/name",
        ] {
            assert_eq!(Path::read(tail), None, "{tail}");
        }
    }
}
