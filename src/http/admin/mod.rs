//! The admin API (`contract.md`): JSON over the acts that the commands of `vcsso` call too. `table` is the list of operations,
//! one file for each noun; `document` describes them. Nothing here decides, and no secret comes out.

mod audit;
mod document;
mod extensions;
mod external_issuers;
mod groups;
mod keys;
mod operation;
mod permissions;
mod policies;
mod problem;
mod roles;
mod sessions;
mod solution_users;
mod table;
mod tokens;
mod users;
mod values;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

pub use document::document;

use super::{limits, observe, vapi};
use crate::app::operators::{Shown, admit};
use crate::app::{App, Peer};
use crate::secret::Secret;
use document::DOCUMENT;
use operation::{Asked, Brought, Operation};
use problem::{Kind, Problem};
use table::OPERATIONS;

/// Everything below [`ROOT`].
pub async fn any(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let peer = observe::peer(&request);
    let answered = answer(&request, payload, app, peer.clone()).await;
    answered.unwrap_or_else(|problem| problem.answer(&peer))
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    app: Data<App>,
    peer: Peer,
) -> Result<HttpResponse, Problem> {
    let path = request.uri().path().strip_prefix(ROOT).ok_or_else(|| Problem::new(Kind::NoSuchPath))?;
    if path == DOCUMENT {
        return match *request.method() {
            Method::GET => Ok(HttpResponse::Ok().json(document())),
            _ => Err(Problem::allows(Method::GET.to_string())),
        };
    }
    let parts: Option<Vec<String>> = path.split('/').skip(1).map(decoded).collect();
    let parts = parts.ok_or_else(|| Problem::new(Kind::NoSuchPath))?;
    let (operation, values) = find(request.method(), &parts)?;
    let body = limits::body(request.headers(), payload).await?;
    let shown = shown(request.headers()).ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let name = admit(&app, &shown, &peer).await?;
    let mut parameters = request.query_string().to_owned();
    for (name, value) in values {
        parameters.extend(["&", name, "=", &encoded(value)]);
    }
    let brought = Brought { parameters, headers: request.headers().clone(), body };
    operation.run(Asked { app, peer, name }, brought).await
}

type Found<'p> = (&'static Operation, Vec<(&'static str, &'p str)>);

/// The operation of a path, and the values of its parameters.
fn find<'p>(method: &Method, parts: &'p [String]) -> Result<Found<'p>, Problem> {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let fits = |operation: &'static Operation| Some((operation, operation.matches(&parts)?));
    let found: Vec<_> = OPERATIONS.iter().filter_map(fits).collect();
    if found.is_empty() {
        return Err(Problem::new(Kind::NoSuchPath));
    }
    let methods: Vec<&str> = found.iter().map(|(operation, _)| operation.method.as_str()).collect();
    let methods = methods.join(", ");
    let found = found.into_iter().find(|(operation, _)| operation.method == *method);
    found.ok_or_else(|| Problem::allows(methods))
}

/// The one credential of the request.
fn shown(headers: &HeaderMap) -> Option<Shown> {
    let mut headers = headers.get_all(AUTHORIZATION);
    let header = headers.next()?.to_str().ok()?;
    if headers.next().is_some() {
        return None;
    }
    if let Some(login) = vapi::basic(header) {
        return Some(Shown::Password(login));
    }
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| Shown::Token(Secret::new(token.trim())))
}

/// A part of a path as it is meant; nothing when that is no text.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
                u8::try_from(high? * 16 + low?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A value as it stands in a query.
fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What can never be a path of vCenter.
pub const ROOT: &str = "/_lab/v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_may_hold_any_text() {
        assert_eq!(decoded("https%3A%2F%2Fvc%2fx").as_deref(), Some("https://vc/x"));
        assert_eq!(decoded("%C3%A9+%20").as_deref(), Some("\u{e9}+ "));
        for wrong in ["%", "%4", "%zz", "%+1", "%ff"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
        assert_eq!(encoded("a/\u{e9}"), "%61%2F%C3%A9");
    }

    #[test]
    fn a_path_with_another_method_says_which_it_has() {
        let parts = |path: &str| path.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(find(&Method::GET, &parts("/users")).map(|found| found.0.id).ok(), Some("listUsers"));
        let problem = find(&Method::PATCH, &parts("/users/alice")).err().unwrap();
        assert_eq!(problem.kind, Kind::MethodNotAllowed);
        for path in ["", "/", "/user", "/users/", "/users/alice/"] {
            let parts = parts(path);
            let found = find(&Method::GET, &parts);
            assert!(found.is_err_and(|problem| problem.kind == Kind::NoSuchPath), "{path}");
        }
    }
}
