//! The STS door: WS-Trust over SOAP 1.1, at every path the clients use (`clients.md` §1.1, `sts.md` §2.4).

mod fault;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{limits, observe};
use crate::app::audit::{Action, unreadable};
use crate::app::{App, Refused, tokens};
use crate::soap::Envelope;
use crate::verifier::Door;
use crate::wstrust::response::{Issued, issued};

/// `POST`: one request, one answer.
pub async fn post(
    request: HttpRequest,
    path: Path<Tenant>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let peer = observe::peer(&request);
    if !path.is(app.settings.domain.as_str()) {
        tokens::unknown_tenant(&app, path.name(), &peer).await;
        return HttpResponse::new(StatusCode::NOT_FOUND);
    }
    let bytes = match limits::body(request.headers(), payload).await {
        Ok(bytes) => bytes,
        Err(answer) => return answer,
    };
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(error) => return refused(&unreadable(&app, Action::Issue, &error, Door::Sts, &peer).await),
    };
    let action =
        request.headers().get("SOAPAction").and_then(|action| action.to_str().ok()).unwrap_or_default();
    match tokens::issue(&app, &envelope, action, &peer).await {
        Ok(token) => xml(StatusCode::OK).body(issued(&Issued {
            assertion: &token.assertion,
            context: token.context.as_deref(),
            created: token.not_before,
            expires: token.not_on_or_after,
            key_type: token.key_type,
            delegatable: token.delegatable,
            algorithm: token.algorithm,
        })),
        Err(refusal) => refused(&refusal),
    }
}

/// The first segment after `/sts/STSService` names the tenant; none is the system domain.
#[derive(Debug, serde::Deserialize)]
pub struct Tenant {
    #[serde(default)]
    tenant: String,
}

impl Tenant {
    fn name(&self) -> &str {
        self.tenant.split('/').next().unwrap_or_default()
    }

    fn is(&self, domain: &str) -> bool {
        self.name().is_empty() || self.name().eq_ignore_ascii_case(domain)
    }
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

    #[test]
    fn the_tenant_is_the_first_segment_and_defaults_to_the_domain() {
        for tail in ["", "/", "vsphere.local", "VSPHERE.LOCAL/", "vsphere.local/asd/sdf/"] {
            assert!(Tenant { tenant: tail.into() }.is("vsphere.local"), "{tail}");
        }
        for tail in ["other", "../vsphere.local", "vsphere.local.evil", "*"] {
            assert!(!Tenant { tenant: tail.into() }.is("vsphere.local"), "{tail}");
        }
    }
}
