//! Where the keys of JSON Web Tokens are found (`sts.md` §8.1): discovery and the set of keys. Nobody logs in here, so there is
//! no authorization endpoint.

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::Site;
use super::vapi::AUTHENTICATION_TOKEN;
use crate::app::{App, openid};
use crate::jwt::{GRANT_TYPE, Scope, VerificationKey};

/// `GET /openidconnect/[<domain>/]…`.
pub async fn any(request: HttpRequest, app: Data<App>, site: Data<Site>) -> HttpResponse {
    if request.method() != Method::GET {
        return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET")).finish();
    }
    let Some(document) = Document::read(request.match_info().unprocessed(), &site.domain) else {
        return HttpResponse::new(StatusCode::NOT_FOUND);
    };
    let Ok(keys) = openid::json_keys(&app).await else {
        return HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
    };
    let said = match document {
        Document::Keys => json!({ "keys": keys.iter().map(VerificationKey::to_jwk).collect::<Vec<_>>() }),
        Document::Discovery => {
            let base = format!("https://{}", site.host(&request));
            configuration(&base, &site.domain, &app.settings.openid_issuer(), &keys)
        }
    };
    HttpResponse::Ok().content_type("application/json").body(said.to_string())
}

/// The issuer is fixed, the addresses are those by which the client came (`decisions.md` §12).
fn configuration(base: &str, domain: &str, issuer: &str, keys: &[VerificationKey]) -> Value {
    let mut algorithms: Vec<&str> = keys.iter().map(|key| key.algorithm().name()).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{base}/openidconnect/{domain}/jwks"),
        "token_endpoint": format!("{base}{AUTHENTICATION_TOKEN}"),
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "scopes_supported": Scope::ALL.map(Scope::name),
        "claims_supported": [
            "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "tenant", "token_class", "token_type", "groups",
            "given_name", "family_name", "email", "scope",
        ],
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Document {
    Keys,
    Discovery,
}

impl Document {
    /// Without a domain it is ours; another has nothing here.
    fn read(tail: &str, domain: &str) -> Option<Self> {
        let tail = tail.strip_prefix('/')?;
        let ours = tail.split_once('/').filter(|(first, _)| first.eq_ignore_ascii_case(domain));
        match ours.map_or(tail, |(_, rest)| rest) {
            "jwks" => Some(Self::Keys),
            ".well-known/openid-configuration" => Some(Self::Discovery),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_found_with_and_without_the_domain() {
        for (tail, found) in [
            ("/vsphere.local/jwks", Some(Document::Keys)),
            ("/VSPHERE.local/jwks", Some(Document::Keys)),
            ("/jwks", Some(Document::Keys)),
            ("/vsphere.local/.well-known/openid-configuration", Some(Document::Discovery)),
            ("/.well-known/openid-configuration", Some(Document::Discovery)),
            ("/other.local/jwks", None),
            ("/vsphere.local/vsphere.local/jwks", None),
            ("/jwks/vsphere.local", None),
            ("/vsphere.local", None),
            ("", None),
        ] {
            assert_eq!(Document::read(tail, "vsphere.local"), found, "{tail}");
        }
    }
}
