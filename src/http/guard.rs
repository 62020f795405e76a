//! What no door takes, refused before any of them looks at it.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

use super::site::{Site, is_host};
use super::tunnel::SDK_TUNNEL;
use super::vapi::AUTHENTICATION_TOKEN;

/// Lets a request through, or answers it with a bare status.
///
/// # Errors
/// Whatever the handler's are.
pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let site = request.app_data::<Data<Site>>();
    match site.and_then(|site| objection(site, request.path(), request.headers())) {
        Some(status) => {
            let answer = HttpResponse::build(status)
                .force_close()
                .content_type("text/plain")
                .body(format!("{status}\n"));
            Ok(request.into_response(answer).map_into_right_body())
        }
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

fn objection(site: &Site, path: &str, headers: &HeaderMap) -> Option<StatusCode> {
    let value = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    // Nothing is inflated, so nothing can be inflated to a gigabyte (`attacks.md` N01).
    if value(CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Some(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    // What a browser's form can send with somebody's cookie (`attacks.md` S19, `decisions.md` §17). The one door that takes
    // forms looks at no cookie.
    if value(CONTENT_TYPE).is_some_and(is_form) && path != AUTHENTICATION_TOKEN {
        return Some(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let host = value(HOST);
    if value(ORIGIN).is_some_and(|origin| origin_host(origin) != host) {
        return Some(StatusCode::FORBIDDEN);
    }
    let known = match (&site.advertise, host) {
        (_, None) => true,
        (None, Some(host)) => is_host(host),
        (Some(advertised), Some(host)) => {
            let ours = [advertised.as_str(), SDK_TUNNEL].iter().any(|ours| host.eq_ignore_ascii_case(ours));
            ours || host == site.listen
        }
    };
    (!known).then_some(StatusCode::MISDIRECTED_REQUEST)
}

fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain")
}

fn origin_host(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::identity::Domain;
    use crate::pki::{make, pem};
    use actix_web::http::header::HeaderValue;

    fn site(advertise: Option<&str>) -> Site {
        let authority = make::authority("CA", Moment::EPOCH).unwrap();
        let leaf = make::tls_leaf(&authority, &["localhost".to_owned()], Moment::EPOCH).unwrap();
        let certificate = pem::certificates(&leaf.certificate).unwrap().remove(0);
        let domain = Domain::new("vsphere.local").unwrap();
        Site::new("127.0.0.1:8443".into(), certificate, String::new(), &domain)
            .advertised(advertise.map(str::to_owned))
    }

    fn with(advertise: Option<&str>, headers: &[(HeaderName, &'static str)]) -> Option<u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        at("/sdk", advertise, &map)
    }

    fn at(path: &str, advertise: Option<&str>, map: &HeaderMap) -> Option<u16> {
        objection(&site(advertise), path, map).map(|status| status.as_u16())
    }

    #[test]
    fn encoded_bodies_and_forms_are_not_read() {
        assert_eq!(with(None, &[(CONTENT_TYPE, "text/xml; charset=utf-8")]), None);
        assert_eq!(with(None, &[(CONTENT_ENCODING, "identity")]), None);
        for encoding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
            assert_eq!(with(None, &[(CONTENT_ENCODING, encoding)]), Some(415), "{encoding}");
        }
        for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
            assert_eq!(with(None, &[(CONTENT_TYPE, kind)]), Some(415), "{kind}");
        }
        let mut form = HeaderMap::new();
        form.append(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        assert_eq!(at(AUTHENTICATION_TOKEN, None, &form), None);
        assert_eq!(at("/api/vcenter/authentication/token/", None, &form), Some(415));
    }

    #[test]
    fn a_foreign_origin_is_refused_and_our_own_is_not() {
        assert_eq!(with(None, &[(HOST, "vc:1"), (ORIGIN, "https://vc:1")]), None);
        assert_eq!(with(None, &[(HOST, "vc:1"), (ORIGIN, "https://evil")]), Some(403));
        assert_eq!(with(None, &[(HOST, "vc:1"), (ORIGIN, "null")]), Some(403));
    }

    #[test]
    fn an_unknown_host_is_misdirected_only_where_a_name_is_advertised() {
        assert_eq!(with(None, &[(HOST, "anything")]), None);
        assert_eq!(with(None, &[(HOST, "any/thing")]), Some(421));
        assert_eq!(with(Some("vc.example"), &[(HOST, "VC.example")]), None);
        assert_eq!(with(Some("vc.example"), &[(HOST, "127.0.0.1:8443")]), None);
        assert_eq!(with(Some("vc.example"), &[(HOST, "sdkTunnel:8089")]), None);
        assert_eq!(with(Some("vc.example"), &[(HOST, "evil.example")]), Some(421));
    }
}
