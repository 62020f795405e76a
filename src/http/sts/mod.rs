//! The STS door: WS-Trust over SOAP 1.1, at every path the clients use (`clients.md` §1.1, `sts.md` §2.4).

mod fault;
mod pending;

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

pub use self::pending::PendingExchange;
use super::{Site, limits, observe};
use crate::app::audit::{Action, unreadable};
use crate::app::tokens::{Answer, Challenged};
use crate::app::{App, Refused, tokens};
use crate::soap::Envelope;
use crate::verifier::Door;
use crate::wstrust::response::{Issued, Renewed, cancelled, challenged, issued, renewed, validated};
use crate::wstrust::{Operation, wsdl};

/// Any method, at a path with a tenant in its tail.
pub async fn any(request: HttpRequest, payload: Payload, app: Data<App>, site: Data<Site>) -> HttpResponse {
    match *request.method() {
        Method::POST => post(request, payload, app).await,
        Method::GET if request.query_string().eq_ignore_ascii_case("wsdl") => {
            description(&request, &app, &site).await
        }
        _ => HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, POST")).finish(),
    }
}

/// `GET …?wsdl`: what is served here.
async fn description(request: &HttpRequest, app: &App, site: &Site) -> HttpResponse {
    if !is_ours(tenant_of(request.match_info().unprocessed()), app) {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    }
    let Ok(policies) = app.policies.now(app).await else {
        return HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
    };
    let served = |operation: &Operation| *operation != Operation::Cancel || policies.token.cancel;
    let operations: Vec<Operation> = Operation::ALL.into_iter().filter(served).collect();
    xml(StatusCode::OK).body(wsdl::text(&site.sts_url(request), &operations))
}

/// `POST`: one request, one answer.
async fn post(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let peer = observe::peer(&request);
    let tenant = tenant_of(request.match_info().unprocessed());
    if !is_ours(tenant, &app) {
        tokens::unknown_tenant(&app, tenant, &peer).await;
        return HttpResponse::new(StatusCode::NOT_FOUND);
    }
    let bytes = match limits::body(request.headers(), payload).await {
        Ok(bytes) => bytes,
        Err(answer) => return answer,
    };
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => {
            return refused(&unreadable(&app, Action::Issue, &error, Door::Sts.demands().name, &peer).await);
        }
    };
    let action =
        request.headers().get("SOAPAction").and_then(|action| action.to_str().ok()).unwrap_or_default();
    let connection = request.conn_data::<PendingExchange>();
    let pending: Vec<_> = connection.and_then(PendingExchange::name).into_iter().collect();
    match tokens::serve(&app, &envelope, action, &pending, &peer).await {
        Ok(answer) => {
            if let (Some(connection), Answer::Challenged(challenged)) = (connection, &answer) {
                connection.goes_on_with(challenged);
            }
            xml(StatusCode::OK).body(written(&answer))
        }
        Err(refusal) => refused(&refusal),
    }
}

fn written(answer: &Answer) -> String {
    match answer {
        Answer::Issued(token) => issued(&Issued {
            assertion: &token.assertion,
            context: token.context.as_deref(),
            created: token.not_before,
            expires: token.not_on_or_after,
            key_type: token.key_type,
            delegatable: token.delegatable,
            algorithm: token.algorithm,
            advice: &token.advice,
            exchange: token.exchange.as_deref(),
        }),
        Answer::Renewed(token) => renewed(&Renewed {
            assertion: &token.assertion,
            context: token.context.as_deref(),
            created: token.not_before,
            expires: token.not_on_or_after,
            renewable: token.renewable,
        }),
        Answer::Challenged(Challenged { context, challenge }) => {
            challenged(&challenge.token, context.as_deref().unwrap_or(challenge.exchange.expose()))
        }
        Answer::Validated { valid, context } => validated(*valid, context.as_deref()),
        Answer::Cancelled { context } => cancelled(context.as_deref()),
    }
}

/// The first segment after `/sts/STSService` names the tenant; none is the system domain.
fn tenant_of(tail: &str) -> &str {
    tail.strip_prefix('/').unwrap_or(tail).split('/').next().unwrap_or_default()
}

fn is_ours(tenant: &str, app: &App) -> bool {
    tenant.is_empty() || tenant.eq_ignore_ascii_case(app.settings.domain.as_str())
}

fn refused(refusal: &Refused) -> HttpResponse {
    let (status, fault) = fault::of(refusal);
    xml(status).body(fault.write("S", ""))
}

fn xml(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("text/xml;charset=utf-8");
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sts.md §10: 28, 30.
    #[test]
    fn the_tenant_is_the_first_segment() {
        for (tail, tenant) in [
            ("", ""),
            ("/", ""),
            ("/vsphere.local", "vsphere.local"),
            ("/vsphere.local/asd/sdf/", "vsphere.local"),
            ("/../vsphere.local", ".."),
        ] {
            assert_eq!(tenant_of(tail), tenant, "{tail}");
        }
    }
}
