//! The body of a request: so many bytes, within so much time, and never inflated.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::web::Payload;

/// One MiB: the parser's own limit, and twenty times a real message (`xml::Limits`).
pub const MAX_BODY: usize = 1 << 20;
/// A client on a slow line sends 60 KiB in a second; ten are patience (`attacks.md` N03). Actix has no such limit.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Reads the whole body.
///
/// # Errors
/// The answer: 413 for too much, 408 for too slow, 400 for what breaks off.
pub async fn body(headers: &HeaderMap, payload: Payload) -> Result<Vec<u8>, HttpResponse> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY) {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE));
    }
    match tokio::time::timeout(BODY_TIME, payload.to_bytes_limited(MAX_BODY)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes.into()),
        Ok(Ok(Err(_))) => Err(refuse(StatusCode::BAD_REQUEST)),
        Ok(Err(_)) => Err(refuse(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Err(refuse(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// The connection is closed: what the client still wants to send is not read.
fn refuse(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).force_close().finish()
}
