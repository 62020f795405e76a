//! Whose keys sign, for everybody: the set of keys, discovery, SAML metadata. Nobody has to be logged in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use vcsso::app::{Peer, Policies, keys};
use vcsso::jwt::Algorithm;
use vcsso::pki::Certificate;

use crate::harness::exchange::{OPENID, parts, said};
use crate::harness::house::{ISSUER, signer};
use crate::harness::{Answer, House, Plan, Request};

fn get(house: &House, path: &str) -> Answer {
    house.send(&Request::get(path))
}

fn jwks(house: &House) -> Vec<Value> {
    said(&get(house, "/openidconnect/vsphere.local/jwks"))["keys"].as_array().unwrap().clone()
}

/// The certificates of the metadata.
fn certificates(house: &House) -> Vec<Certificate> {
    let answer = get(house, "/websso/SAML2/Metadata/vsphere.local");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/samlmetadata+xml")));
    assert!(answer.body.contains(&format!("entityID=\"{ISSUER}\"")));
    let parts = answer.body.split("<ds:X509Certificate>").skip(1).map(|part| part.split('<').next().unwrap());
    parts.map(|text| Certificate::from_der(&STANDARD.decode(text).unwrap()).unwrap()).collect()
}

on_both! {
    fn keys_are_published_as_long_as_their_tokens_are_good(place) {
        let house = House::open(place);
        let token = house.access_token("alice");
        let keys = jwks(&house);
        assert_eq!((keys.len(), &keys[0]["kid"]), (1, &parts(&token).0["kid"]));
        assert_eq!((keys[0]["kty"].as_str(), keys[0]["use"].as_str(), keys[0]["alg"].as_str()), (Some("RSA"), Some("sig"), Some("RS256")));
        assert_eq!(keys[0]["x5c"][0], STANDARD.encode(signer().certificate().der()));
        assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|private| keys[0].get(private).is_none()));
        assert_eq!(certificates(&house), [signer().certificate().clone()]);
        house.run(|app| async move { keys::rotate(&app, &Peer::default()).await.unwrap() });
        assert_eq!((jwks(&house).len(), certificates(&house).len()), (2, 2));
        let new = house.access_token("alice");
        assert!(jwks(&house).iter().any(|key| key["kid"] == parts(&new).0["kid"]));
        let first = signer().certificate().fingerprint();
        house.run(move |app| async move { keys::revoke(&app, &first, &Peer::default()).await.unwrap() });
        assert_eq!((jwks(&house).len(), certificates(&house).len()), (1, 1));
        assert_eq!(jwks(&house)[0]["kid"], parts(&new).0["kid"]);
    }

    fn discovery_is_found_by_the_issuer_and_names_what_is_there(place) {
        let house = House::open(place);
        let path = "/openidconnect/vsphere.local/.well-known/openid-configuration";
        let found = said(&get(&house, path));
        assert_eq!((found["issuer"].as_str(), found["id_token_signing_alg_values_supported"][0].as_str()), (Some(OPENID), Some("RS256")));
        assert_eq!(found["jwks_uri"], "https://localhost/openidconnect/vsphere.local/jwks", "at the host by which it was asked");
        assert_eq!(found["token_endpoint"], "https://localhost/api/vcenter/authentication/token");
        for path in ["/openidconnect/jwks", "/openidconnect/VSPHERE.LOCAL/jwks"] {
            assert_eq!(get(&house, path).status, 200, "{path}");
        }
        for path in ["/openidconnect/other.local/jwks", "/openidconnect", "/openidconnect/", "/websso/SAML2/Metadata/other.local", "/websso/SAML2/SSO/vsphere.local"] {
            assert_eq!(get(&house, path).status, 404, "{path}");
        }
        assert_eq!(get(&house, "/websso/SAML2/Metadata").status, 200);
        for path in ["/openidconnect/jwks", "/websso/SAML2/Metadata"] {
            assert_eq!(house.send(&Request::post(path, "")).status, 405, "{path}");
        }
    }

    fn with_the_curve_both_keys_are_published(place) {
        let curve = |policies: &mut Policies| policies.token.jwt_algorithm = Algorithm::Es256;
        let house = House::built(place, Plan::with(curve));
        let token = house.access_token("alice");
        let keys = jwks(&house);
        let own = keys.iter().find(|key| key["kid"] == parts(&token).0["kid"]).unwrap();
        assert_eq!((keys.len(), own["kty"].as_str(), own["crv"].as_str()), (2, Some("EC"), Some("P-256")));
        assert!(own.get("d").is_none());
    }
}
