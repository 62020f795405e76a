//! Access tokens open sessions at `/sdk` and at REST, and are exchanged; the rows J of `attacks.md`, each beside what is good.
//!
//! Rows that do not apply, as nothing here grants by them: J18 authorization codes, J19 redirect URIs, J20 refresh tokens, J21
//! client assertions, J23 pages, J24 forms of login. J15's second half is about keys that are fetched: none is.

use std::time::Duration;

use serde_json::{Value, json};
use vcsso::app::keys;
use vcsso::app::{Peer, Policies};
use vcsso::jwt::Algorithm;

use crate::harness::exchange::{OPENID, claiming, exchanged, of_json, of_saml, parts, said, signed, with};
use crate::harness::house::{ISSUER, signer};
use crate::harness::people::id_of;
use crate::harness::requests::token_login;
use crate::harness::{Answer, House, Place, Plan, ROBOT, Request, STRANGER, now};

fn is_refused_everywhere(house: &House, token: &str, step: &str) {
    let sdk = house.sdk_by_bearer(token);
    assert_eq!((house.refusal(&sdk).as_str(), sdk.fault().kind.as_str()), (step, "InvalidLogin"), "{token}");
    let rest = house.rest_by_bearer(token);
    assert_eq!((rest.status, house.refusal(&rest).as_str()), (401, step), "{}", rest.body);
    let message = said(&rest)["messages"][0]["id"].clone();
    assert_eq!(message, "com.vmware.vapi.endpoint.method.authentication.required");
    house.refuses_exchange(&house.exchange(&of_json(token)), "invalid_grant", step);
}

fn is_good_everywhere(house: &House, token: &str) {
    let sdk = house.sdk_by_bearer(token);
    assert_eq!(sdk.inside("userName"), Some("VSPHERE.LOCAL\\alice"), "{}", sdk.body);
    assert_eq!(house.rest_by_bearer(token).status, 201);
    exchanged(&house.exchange(&of_json(token)));
}

fn key_name() -> String {
    signer().certificate().fingerprint()
}

fn header(more: &str) -> String {
    format!(r#"{{"alg":"RS256","kid":"{}","typ":"at+jwt"{more}}}"#, key_name())
}

/// A change to a good token, and the step that must refuse it.
type Row = (&'static str, &'static str, &'static str, fn(&str) -> String);

fn change(name: &str, value: Value) -> impl Fn(&str) -> String {
    move |token| claiming(token, |claims| claims[name] = value.clone())
}

fn without(token: &str, name: &str) -> String {
    claiming(token, |claims| drop(claims.as_object_mut().unwrap().remove(name)))
}

fn headed(token: &str, header: &str) -> String {
    signed(header, &parts(token).1.to_string(), &signer().key)
}

/// The signature of HMAC with a key that everybody has.
fn with_hmac(token: &str, key: &[u8]) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, key_name());
    let input = [header, parts(token).1.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, input.as_bytes())))
}

fn segments(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

const SECONDS: i64 = 1_795_507_200;

const ROWS: &[Row] = &[
    ("J01", "alg none, and no signature", "jwt.form", |t| {
        let [_, claims, _] = segments(t);
        format!("eyJhbGciOiJub25lIn0.{claims}.")
    }),
    ("J01", "alg none with a signature", "jwt.header", |t| headed(t, &header("").replace("RS256", "none"))),
    ("J01", "alg nOnE", "jwt.header", |t| headed(t, &header("").replace("RS256", "nOnE"))),
    ("J01", "an empty alg", "jwt.header", |t| headed(t, &header("").replace("RS256", ""))),
    ("J01", "two segments", "jwt.form", |t| segments(t)[..2].join(".")),
    ("J02", "HMAC with the public key, PEM", "jwt.header", |t| {
        with_hmac(t, signer().certificate().public_key_pem().as_bytes())
    }),
    ("J02", "HMAC with the public key, DER", "jwt.header", |t| {
        with_hmac(t, signer().certificate().key().spki())
    }),
    ("J02", "the key under another algorithm", "jwt.key", |t| {
        headed(t, &header("").replace("RS256", "ES256"))
    }),
    ("J03", "a key in the header", "jwt.header", |t| {
        let header = header(r#","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}"#);
        signed(&header, &parts(t).1.to_string(), &STRANGER.key)
    }),
    ("J03", "the address of a key", "jwt.header", |t| headed(t, &header(r#","jku":"https://127.0.0.1:1/""#))),
    ("J03", "the address of a certificate", "jwt.header", |t| {
        headed(t, &header(r#","x5u":"https://127.0.0.1:1/""#))
    }),
    ("J03", "a certificate in the header", "jwt.header", |t| headed(t, &header(r#","x5c":["MIIB"]"#))),
    ("J04", "a key that is a path", "jwt.key", |t| {
        headed(t, &header("").replace(&key_name(), "../../etc/passwd"))
    }),
    ("J04", "a key that is SQL", "jwt.key", |t| headed(t, &header("").replace(&key_name(), "' OR 1=1 --"))),
    ("J04", "a key that is a URL", "jwt.key", |t| {
        headed(t, &header("").replace(&key_name(), "https://evil.example/"))
    }),
    ("J04", "a key with a NUL", "jwt.key", |t| headed(t, &header("").replace(&key_name(), "a\\u0000b"))),
    ("J04", "a key in upper case", "jwt.key", |t| {
        headed(t, &header("").replace(&key_name(), &key_name().to_uppercase()))
    }),
    ("J04", "the key of somebody registered", "jwt.key", |t| {
        let header = header("").replace(&key_name(), &ROBOT.certificate.fingerprint());
        signed(&header, &parts(t).1.to_string(), &ROBOT.key)
    }),
    ("J04", "no key", "jwt.header", |t| headed(t, r#"{"alg":"RS256","typ":"at+jwt"}"#)),
    ("J05", "no alg", "jwt.header", |t| headed(t, &header("").replace(r#""alg":"RS256","#, ""))),
    ("J05", "two alg", "jwt.header", |t| headed(t, &header(r#","alg":"none""#))),
    ("J05", "two alg, one escaped", "jwt.header", |t| headed(t, &header(r#","\u0061lg":"RS256""#))),
    ("J05", "crit", "jwt.header", |t| headed(t, &header(r#","crit":["exp"]"#))),
    ("J05", "an empty crit", "jwt.header", |t| headed(t, &header(r#","crit":[]"#))),
    ("J05", "b64 false", "jwt.header", |t| headed(t, &header(r#","b64":false"#))),
    ("J05", "zip", "jwt.header", |t| headed(t, &header(r#","zip":"DEF""#))),
    ("J05", "a nested token", "jwt.header", |t| headed(t, &header(r#","cty":"JWT""#))),
    ("J05", "an encrypted token", "jwt.form", |t| format!("{t}.AQID.AQID")),
    ("J06", "padding", "jwt.form", |t| format!("{t}=")),
    ("J06", "a bit that belongs to no byte", "jwt.form", |t| {
        // 256 bytes leave four bits that are zero.
        let (all, last) = t.split_at(t.len() - 1);
        let twin = match last {
            "A" => "B",
            "Q" => "R",
            "g" => "h",
            "w" => "x",
            other => panic!("{other}"),
        };
        format!("{all}{twin}")
    }),
    ("J06", "the other alphabet", "jwt.form", |t| t.replacen('.', "+.", 1)),
    ("J06", "a dot more", "jwt.form", |t| format!("{t}.")),
    ("J07", "no exp", "jwt.claims", |t| without(t, "exp")),
    ("J07", "exp is a text", "jwt.claims", |t| change("exp", json!("1795507500"))(t)),
    ("J07", "exp is a float", "jwt.claims", |t| change("exp", json!(1_795_507_500.5))(t)),
    ("J07", "exp is negative", "jwt.claims", |t| change("exp", json!(-1))(t)),
    ("J07", "exp is null", "jwt.claims", |t| change("exp", json!(null))(t)),
    ("J07", "exp is huge", "jwt.claims", |t| {
        let claims = parts(t).1.to_string();
        let exp = format!("\"exp\":{}", parts(t).1["exp"]);
        signed(&header(""), &claims.replace(&exp, "\"exp\":1e400"), &signer().key)
    }),
    ("J07", "nbf is a text", "jwt.claims", |t| change("nbf", json!("1"))(t)),
    ("J08", "nbf is ahead", "jwt.in-force", |t| {
        claiming(t, |c| (c["nbf"], c["exp"]) = (json!(SECONDS + 601), json!(SECONDS + 900)))
    }),
    ("J08", "iat is ahead", "jwt.in-force", |t| {
        claiming(t, |c| (c["iat"], c["exp"]) = (json!(SECONDS + 601), json!(SECONDS + 900)))
    }),
    ("J08", "it is over", "jwt.in-force", |t| {
        claiming(t, |c| (c["nbf"], c["iat"], c["exp"]) = (json!(1), json!(1), json!(SECONDS - 600)))
    }),
    ("J08", "it ends before it begins", "jwt.in-force", |t| claiming(t, |c| c["exp"] = c["iat"].clone())),
    ("J09", "no aud", "jwt.claims", |t| without(t, "aud")),
    ("J09", "no audience", "jwt.audience", |t| change("aud", json!([]))(t)),
    ("J09", "another audience", "jwt.audience", |t| change("aud", json!(["https://nsx.example/"]))(t)),
    ("J09", "a part of ours", "jwt.audience", |t| change("aud", json!([&ISSUER[..ISSUER.len() - 1]]))(t)),
    ("J09", "ours and more", "jwt.audience", |t| change("aud", json!(format!("{ISSUER}/")))(t)),
    ("J09", "ours in a text with another", "jwt.audience", |t| {
        change("aud", json!(format!("x {ISSUER}")))(t)
    }),
    ("J10", "another domain", "jwt.issuer", |t| {
        change("iss", json!("https://vc.example/openidconnect/other"))(t)
    }),
    ("J10", "a slash more", "jwt.issuer", |t| change("iss", json!(format!("{OPENID}/")))(t)),
    ("J10", "another case", "jwt.issuer", |t| change("iss", json!(OPENID.to_uppercase()))(t)),
    ("J10", "the name of the assertions' issuer", "jwt.issuer", |t| change("iss", json!(ISSUER))(t)),
    ("J11", "an identity token", "jwt.class", |t| {
        let (_, mut claims) = parts(t);
        claims["token_class"] = json!("id_token");
        signed(&header("").replace("at+jwt", "JWT"), &claims.to_string(), &signer().key)
    }),
    ("J11", "an identity token that is called an access token", "jwt.class", |t| {
        change("token_class", json!("id_token"))(t)
    }),
    ("J11", "an access token that is called another", "jwt.class", |t| {
        headed(t, &header("").replace("at+jwt", "JWT"))
    }),
    ("J11", "a refresh token", "jwt.class", |t| change("token_class", json!("refresh_token"))(t)),
    ("J11", "a client's assertion", "jwt.class", |t| change("token_class", json!("client_assertion"))(t)),
    ("J11", "no class", "jwt.claims", |t| without(t, "token_class")),
    ("J12", "a key that nobody shows", "jwt.possession", |t| held(t, &json!([public()]))),
    ("J12", "two keys", "jwt.claims", |t| held(t, &json!([public(), public()]))),
    ("J12", "a private key", "jwt.claims", |t| {
        let mut key = public();
        key["d"] = json!("AQAB");
        held(t, &json!([key]))
    }),
    ("J12", "a held key that is not said", "jwt.claims", |t| change("hotk", json!({"keys": [public()]}))(t)),
    ("J12", "a held key, by another signer", "jwt.signature", |t| {
        let [header, claims, _] = segments(&held(t, &json!([public()]))).map(str::to_owned);
        format!("{header}.{claims}.{}", segments(t)[2])
    }),
    ("J13", "a claim twice", "jwt.claims", |t| {
        let claims = parts(t).1.to_string().replacen('{', r#"{"sub":"Administrator@VSPHERE.LOCAL","#, 1);
        signed(&header(""), &claims, &signer().key)
    }),
    ("J13", "a claim twice, once escaped", "jwt.claims", |t| {
        let claims = parts(t).1.to_string().replacen('{', r#"{"s\u0075b":"Administrator@VSPHERE.LOCAL","#, 1);
        signed(&header(""), &claims, &signer().key)
    }),
    ("J13", "deep claims", "jwt.claims", |t| {
        let deep = format!(r#"{{"x":{}1{},"#, "[".repeat(1_000), "]".repeat(1_000));
        signed(&header(""), &parts(t).1.to_string().replacen('{', &deep, 1), &signer().key)
    }),
    ("J13", "claims that are a list", "jwt.claims", |_| signed(&header(""), "[]", &signer().key)),
    ("J14", "a signature of other claims", "jwt.signature", |t| {
        let [header, _, _] = segments(t);
        let other = change("sub", json!("Administrator@VSPHERE.LOCAL"))(t);
        format!("{header}.{}.{}", segments(&other)[1], segments(t)[2])
    }),
    ("J14", "a short signature", "jwt.signature", |t| t[..t.len() - 2].to_owned()),
    ("J14", "a signature of zeros", "jwt.signature", |t| {
        let [header, claims, signature] = segments(t);
        format!("{header}.{claims}.{}", "A".repeat(signature.len()))
    }),
    ("J14", "the key of a stranger under our name", "jwt.signature", |t| {
        signed(&header(""), &parts(t).1.to_string(), &STRANGER.key)
    }),
    ("J16", "nobody", "admission.subject", |t| change("sub", json!("nobody@VSPHERE.LOCAL"))(t)),
    ("J16", "a name without domain", "admission.subject", |t| change("sub", json!("alice"))(t)),
    ("J16", "somebody disabled", "admission.subject", |t| change("sub", json!("dora@VSPHERE.LOCAL"))(t)),
    ("J16", "somebody locked", "admission.subject", |t| change("sub", json!("lukas@VSPHERE.LOCAL"))(t)),
    ("J16", "another domain's", "admission.subject", |t| change("sub", json!("alice@other.local"))(t)),
];

fn public() -> Value {
    json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "sig", "alg": "RS256"})
}

fn held(token: &str, keys: &Value) -> String {
    claiming(token, |claims| {
        claims["token_type"] = json!("hotk-pk");
        claims["hotk"] = json!({ "keys": keys });
    })
}

/// A change after which a token is as good.
type Twin = (&'static str, &'static str, fn(&str) -> String);

const TWINS: &[Twin] = &[
    ("J04", "signed again", |t| claiming(t, |_| {})),
    ("J05", "no kind", |t| headed(t, &header("").replace(r#","typ":"at+jwt""#, ""))),
    ("J07", "no nbf", |t| without(t, "nbf")),
    ("J08", "nbf is ahead as much as clocks may differ", |t| {
        claiming(t, |c| (c["nbf"], c["exp"]) = (json!(SECONDS + 600), json!(SECONDS + 900)))
    }),
    ("J09", "ours among others", |t| change("aud", json!(["https://nsx.example/", ISSUER]))(t)),
    ("J09", "ours as a text", |t| change("aud", json!(ISSUER))(t)),
    ("J09", "the other name of ours", |t| change("aud", json!([OPENID]))(t)),
    ("J13", "a claim that nobody knows", |t| change("x", json!([[1]]))(t)),
];

/// `attacks.md` J01 to J14 and J16.
#[test]
fn whatever_is_wrong_with_a_token_is_wrong_at_every_door() {
    let place = Place::sqlite();
    let house = House::open(&place);
    assert_eq!(now().seconds(), SECONDS);
    let token = house.access_token("alice");
    let before = place.rows();
    for (id, what, step, change) in ROWS {
        let hostile = change(&token);
        assert_ne!(hostile, token, "{id} {what}");
        eprintln!("{id} {what}");
        is_refused_everywhere(&house, &hostile, step);
    }
    assert_eq!(place.rows(), before);
    for (id, what, change) in TWINS {
        eprintln!("{id} {what}");
        is_good_everywhere(&house, &change(&token));
    }
    is_good_everywhere(&house, &token);
}

/// `attacks.md` J06, J13: these do not fit into a header.
#[test]
fn what_no_header_can_hold_is_refused_by_the_exchange() {
    let house = House::open(&Place::sqlite());
    let token = house.access_token("alice");
    for wrong in [format!(" {token}"), format!("{token}\n"), token.replacen('.', ".\u{e9}", 1)] {
        house.refuses_exchange(&house.exchange(&of_json(&wrong)), "invalid_grant", "jwt.form");
    }
    let long = format!("{token}{}", "A".repeat(900 << 10));
    house.refuses_exchange(&house.exchange(&of_json(&long)), "invalid_grant", "jwt.form");
    let name = "k".repeat(60 << 10);
    let wide = headed(&token, &header("").replace(&key_name(), &name));
    house.refuses_exchange(&house.exchange(&of_json(&wide)), "invalid_grant", "jwt.form");
    let name = "k".repeat(40 << 10);
    let wide = headed(&token, &header("").replace(&key_name(), &name));
    house.refuses_exchange(&house.exchange(&of_json(&wide)), "invalid_grant", "jwt.key");
}

fn ends(token: &str) -> i64 {
    parts(token).1["exp"].as_i64().unwrap()
}

on_both! {
    fn an_access_token_opens_sessions_as_often_as_it_is_shown_until_it_ends(place) {
        let house = House::open(place);
        let token = house.access_token("alice");
        let before = place.rows();
        for _ in 0..2 {
            is_good_everywhere(&house, &token);
        }
        let after = place.rows();
        assert_eq!((after.sessions - before.sessions, after.claims), (4, before.claims));
        let answer = house.sdk_by_bearer(&token);
        let row = &house.explain(&answer)[0];
        assert_eq!((row["action"].as_str(), row["detail"]["token_id"].as_str()), (Some("session.login-by-token"), parts(&token).1["jti"].as_str()));
        house.clock.advance(Duration::from_mins(15) - Duration::from_secs(1));
        assert_eq!(house.rest_by_bearer(&token).status, 201, "within the tolerance");
        house.clock.advance(Duration::from_secs(1));
        is_refused_everywhere(&house, &token, "jwt.in-force");
    }

    fn who_may_not_log_in_may_not_by_an_access_token(place) {
        let house = House::open(place);
        let token = house.access_token("bob");
        let answer = house.rest_by_bearer(&token);
        assert_eq!((answer.status, house.refusal(&answer).as_str()), (403, "admission.permission"));
        let answer = house.sdk_by_bearer(&token);
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("NoPermission", "admission.permission"));
    }

    /// `attacks.md` J11: what says who somebody is opens nothing.
    fn an_identity_token_opens_no_session(place) {
        let house = House::open(place);
        let saml = house.bearer("alice");
        let ours = with(with(of_saml(&saml), "requested_token_type", crate::harness::exchange::kind("id_token")), "audience", ISSUER);
        is_refused_everywhere(&house, &exchanged(&house.exchange(&ours)), "jwt.class");
        let other = exchanged(&house.exchange(&with(of_saml(&saml), "audience", "nsx")));
        is_refused_everywhere(&house, &other, "jwt.audience");
        is_good_everywhere(&house, &exchanged(&house.exchange(&with(of_saml(&saml), "audience", ISSUER))));
    }

    /// `attacks.md` J15, J16: on every replica.
    fn a_token_ends_with_its_subject_its_revocation_and_its_key(place) {
        let keys = std::sync::Arc::new(crate::harness::house::KeyRing::default());
        let plan = || Plan { keys: std::sync::Arc::clone(&keys), ..Plan::default() };
        let (one, other) = (House::built(place, plan()), House::built(place, plan()));
        let token = one.access_token("alice");
        is_good_everywhere(&other, &token);
        let jti = parts(&token).1["jti"].as_str().unwrap().to_owned();
        one.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.revoke_token(&jti, now()).await.unwrap();
            unit.commit().await.unwrap();
        });
        for house in [&one, &other] {
            is_refused_everywhere(house, &token, "admission.revoked");
        }
        let token = one.access_token("alice");
        let set = |disabled: bool| one.run(move |app| async move {
            let id = id_of(&app, "alice").await;
            let mut unit = app.store.begin().await.unwrap();
            unit.set_disabled(&id, disabled).await.unwrap();
            unit.commit().await.unwrap();
        });
        set(true);
        for house in [&one, &other] {
            is_refused_everywhere(house, &token, "admission.subject");
        }
        set(false);
        is_good_everywhere(&other, &token);
        let first = signer().certificate().fingerprint();
        one.run(|app| async move { keys::rotate(&app, &Peer::default()).await.unwrap() });
        let new = one.access_token("alice");
        assert_ne!(parts(&new).0["kid"], parts(&token).0["kid"]);
        for house in [&one, &other] {
            is_good_everywhere(house, &token);
            is_good_everywhere(house, &new);
        }
        one.run(move |app| async move { keys::revoke(&app, &first, &Peer::default()).await.unwrap() });
        for house in [&one, &other] {
            is_refused_everywhere(house, &token, "jwt.key");
            is_good_everywhere(house, &new);
        }
    }

    fn a_token_may_be_signed_with_the_curve_and_then_is_good_only_so_long(place) {
        let curve = |policies: &mut Policies| policies.token.jwt_algorithm = Algorithm::Es256;
        let keys = std::sync::Arc::new(crate::harness::house::KeyRing::default());
        let plan = |change: fn(&mut Policies)| Plan { keys: std::sync::Arc::clone(&keys), ..Plan::with(change) };
        let (one, other) = (House::built(place, plan(curve)), House::built(place, plan(curve)));
        let token = one.access_token("alice");
        assert_eq!(parts(&token).0["alg"], "ES256");
        is_good_everywhere(&one, &token);
        is_good_everywhere(&other, &token);
        let [header, claims, signature] = segments(&token);
        for wrong in [
            format!("{header}.{claims}.{}", "A".repeat(signature.len())),
            format!("{header}.{claims}.{}", &signature[..signature.len() - 2]),
            format!("{header}.{}.{signature}", segments(&claiming(&token, |c| c["sub"] = json!("Administrator@VSPHERE.LOCAL")))[1]),
        ] {
            is_refused_everywhere(&one, &wrong, "jwt.signature");
        }
        let renamed = headed(&token, &parts(&token).0.to_string().replace("ES256", "RS256"));
        is_refused_everywhere(&one, &renamed, "jwt.key");
        one.run(|app| async move { keys::rotate(&app, &Peer::default()).await.unwrap() });
        let new = other.access_token("alice");
        for house in [&one, &other] {
            is_good_everywhere(house, &token);
            is_good_everywhere(house, &new);
        }
        let usual = House::built(place, plan(|_| {}));
        is_refused_everywhere(&usual, &token, "jwt.key");
    }

    /// `attacks.md` G12.
    fn one_token_counts_and_two_are_none(place) {
        let house = House::open(place);
        let (token, saml) = (house.access_token("alice"), house.bearer("carol"));
        let message = token_login(vcsso::client::Style::PyVmomi, &saml, None, now());
        let login = |message: &str, bearers: &[&str]| {
            let mut request = Request::post("/sdk", message);
            for bearer in bearers {
                request.headers.push(("Authorization".into(), format!("Bearer {bearer}")));
            }
            house.send(&request)
        };
        assert_eq!(login(&message, &[]).inside("userName"), Some("VSPHERE.LOCAL\\carol"));
        let refused = |answer: &Answer| {
            assert_eq!((answer.fault().kind.as_str(), house.refusal(answer).as_str()), ("InvalidLogin", "request.parameters"));
        };
        refused(&login(&message, &[&token]));
        let empty = crate::harness::requests::envelope(&crate::harness::requests::call("LoginByToken", "SessionManager", ""));
        refused(&login(&empty, &[&token, &token]));
        assert_eq!(login(&empty, &[&token]).inside("userName"), Some("VSPHERE.LOCAL\\alice"));
        // Beside any other call it means nothing: nobody is logged in by it.
        let answer = login(&crate::harness::requests::envelope(&crate::harness::requests::call("CurrentTime", "ServiceInstance", "")), &[&token]);
        assert_eq!(answer.fault().kind, "NotAuthenticated");
        let session = house.send(&Request::get("/api/session").header("Authorization", &format!("Bearer {token}")));
        assert_eq!(session.status, 401);
    }

    fn vi_json_logs_in_by_an_access_token(place) {
        let house = House::open(place);
        let path = "/sdk/vim25/8.0.2.0/SessionManager/SessionManager/LoginByToken";
        let login = |token: &str| {
            let request = Request::post(path, "").header("Content-Type", "application/json");
            house.send(&request.header("Authorization", &format!("Bearer {token}")))
        };
        let answer = login(&house.access_token("alice"));
        assert_eq!((answer.status, said(&answer)["userName"].as_str()), (200, Some("VSPHERE.LOCAL\\alice")));
        assert!(answer.header("vmware-api-session-id").is_some());
        let refused = login("a.b.c");
        assert_eq!((said(&refused)["_typeName"].as_str(), house.refusal(&refused).as_str()), (Some("InvalidLogin"), "jwt.form"));
    }

    fn a_session_is_not_opened_in_a_session(place) {
        let house = House::open(place);
        let (mut alice, token) = (house.logged_in("alice"), house.access_token("alice"));
        let call = crate::harness::requests::envelope(&crate::harness::requests::call("LoginByToken", "SessionManager", ""));
        let cookie = alice.cookie.take().unwrap();
        let request = Request::post("/sdk", call).header("Cookie", &cookie).header("Authorization", &format!("Bearer {token}"));
        let answer = house.send(&request);
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "session.anonymous"));
    }

    fn ways_that_are_switched_off_are_off_for_these_tokens_too(place) {
        let house = House::open(place);
        let token = house.access_token("alice");
        let strict = House::built(place, Plan::with(|policies| policies.authentication.token = false));
        is_refused_everywhere(&strict, &token, "credential.method");
        is_good_everywhere(&house, &token);
    }

    fn what_is_made_from_a_token_ends_with_it(place) {
        let house = House::open(place);
        let first = house.access_token("alice");
        house.clock.advance(Duration::from_mins(4));
        let second = exchanged(&house.exchange(&of_json(&first)));
        assert_eq!(ends(&second), ends(&first));
        house.clock.advance(Duration::from_mins(1));
        let late = house.exchange(&of_json(&first));
        house.refuses_exchange(&late, "invalid_grant", "request.lifetime");
    }
}
