//! The plain listener: alive, ready, and the numbers. Nothing else is served there.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::{App, housekeeping};

/// Where the numbers come from: the program's recorder.
pub struct Numbers(pub Box<dyn Fn() -> String + Send + Sync>);

/// The process runs.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().body("live\n")
}

/// It can decide and remember: the store answers, the active key is here, the clocks agree.
pub async fn ready(app: Data<App>) -> HttpResponse {
    match housekeeping::readiness(&app).await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(reason) => HttpResponse::ServiceUnavailable().body(format!("not ready: {reason}\n")),
    }
}

/// Prometheus text.
pub async fn metrics(numbers: Data<Numbers>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body((numbers.0)())
}
