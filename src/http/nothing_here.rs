//! Whatever is not served. A service ticket is still worth its one request here (`session-manager.md` §1.9): whoever
//! brings one for this method and URL is let in, and told that nothing is there; whoever brings another is not.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{cookie, observe};
use crate::app::{App, Cause, tickets};

/// 404; 405 for a path that exists; 401 for a ticket that is good for nothing, or none where one is needed.
pub async fn nothing_here(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let headers = request.headers().get_all("Cookie").filter_map(|header| header.to_str().ok());
    let Some(ticket) = { headers }.flat_map(cookie::ticket).next() else {
        return HttpResponse::new(match request.match_pattern() {
            Some(_) => StatusCode::METHOD_NOT_ALLOWED,
            None if needs_ticket(request.path()) => StatusCode::UNAUTHORIZED,
            None => StatusCode::NOT_FOUND,
        });
    };
    let url = request.uri().path_and_query().map_or("", |url| url.as_str());
    let peer = observe::peer(&request);
    match tickets::spend_on_request(&app, &ticket, request.method().as_str(), url, &peer).await {
        Ok(_) => HttpResponse::new(StatusCode::NOT_FOUND),
        Err(refused) if matches!(refused.cause, Cause::Unavailable | Cause::Overloaded) => {
            HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE)
        }
        Err(_) => HttpResponse::new(StatusCode::UNAUTHORIZED),
    }
}

/// Where vCenter keeps datastores and disks.
fn needs_ticket(path: &str) -> bool {
    ["/folder", "/nfc"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datastores_and_disks_take_a_ticket_and_their_neighbours_do_not() {
        assert!(["/folder", "/folder/x", "/nfc/1/disk"].into_iter().all(needs_ticket));
        assert!(!["/folders", "/", "/nfcx"].into_iter().any(needs_ticket));
    }
}
