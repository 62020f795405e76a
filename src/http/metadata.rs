//! SAML metadata (`sts.md` §8.7): who signs assertions here, for whoever is to believe them.

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Site;
use crate::app::{App, openid};
use crate::saml::metadata;

/// `GET /websso/SAML2/Metadata[/<domain>]`.
pub async fn any(request: HttpRequest, app: Data<App>, site: Data<Site>) -> HttpResponse {
    if request.method() != Method::GET {
        return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET")).finish();
    }
    let tail = request.match_info().unprocessed().trim_start_matches('/');
    if !tail.is_empty() && !tail.eq_ignore_ascii_case(&site.domain) {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    }
    let Ok(certificates) = openid::signing_certificates(&app).await else {
        return HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
    };
    let service = site.sts_url(&request);
    let written = metadata::write(&app.settings.issuer, &certificates, &service);
    HttpResponse::Ok().content_type("application/samlmetadata+xml").body(written)
}
