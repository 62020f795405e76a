//! Documents that everybody may read.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Site;
use crate::vim::version;
use crate::vim::wsdl::File;

/// The versions of the vim25 API: what every client asks for first (`clients.md` §5.4).
pub async fn service_versions() -> HttpResponse {
    HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(version::service_versions())
}

/// The description of the vim25 API: where the service is depends on how it was asked for.
#[must_use]
pub fn description(file: File, request: &HttpRequest, site: &Data<Site>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(file.text(site.host(request)))
}

/// The lab CA.
pub async fn authority(site: Data<Site>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-pem-file").body(site.authority_pem.clone())
}
