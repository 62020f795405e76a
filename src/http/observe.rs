//! One trace for each exchange: in the answer's header, the log line, the audit rows. And who is at the other end.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, USER_AGENT, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest};

use crate::app::{App, Peer};
use crate::entropy::{bytes, hex};

/// The client certificate of a connection, put there when it was accepted.
#[derive(Clone, Debug)]
pub struct ClientCertificate(pub Arc<[u8]>);

/// Wraps every request: makes its trace, and writes its one log line.
///
/// # Errors
/// Whatever the handler's are.
pub async fn observe<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let app = request.app_data::<Data<App>>().cloned();
    let trace =
        app.as_ref().and_then(|app| bytes::<8>(&*app.entropy).ok()).map_or_else(String::new, |b| hex(&b));
    let peer = peer_of(request.request(), trace);
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let trace = peer.trace.clone();
    request.extensions_mut().insert(peer);
    let mut response = next.call(request).await?;
    let status = response.status().as_u16();
    tracing::info!(trace, %method, path = %path.escape_debug(), status, "request");
    metrics::counter!("vcsso_requests_total", "status" => status_class(status)).increment(1);
    let headers = response.headers_mut();
    if let Ok(trace) = HeaderValue::from_str(&trace) {
        headers.insert(TRACE, trace);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// The other end of this request.
#[must_use]
pub fn peer(request: &HttpRequest) -> Peer {
    request.extensions().get::<Peer>().cloned().unwrap_or_default()
}

/// The connection's own address: forwarded headers are what anybody may write (`attacks.md` N12).
fn peer_of(request: &HttpRequest, trace: String) -> Peer {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Peer {
        trace,
        ip_address: request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default(),
        user_agent: agent.chars().filter(|c| !c.is_control()).take(MAX_AGENT).collect(),
        client_certificate: request
            .conn_data::<ClientCertificate>()
            .map(|certificate| Arc::clone(&certificate.0)),
    }
}

const fn status_class(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// The name of the header that carries the trace.
pub const TRACE: HeaderName = HeaderName::from_static("x-vcsso-trace");
const MAX_AGENT: usize = 512;
