//! Tokens exchanged, and JSON Web Tokens written by whoever has a key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vcsso::pki::{Hash, SigningKey};

use super::house::{House, signer};
use super::wire::{Answer, Request};

pub const API: &str = "/api/vcenter/tokenservice/token-exchange";
pub const REST: &str = "/rest/vcenter/tokenservice/token-exchange";
pub const FORM: &str = "/api/vcenter/authentication/token";
pub const OPENID: &str = "https://vc.example/openidconnect/vsphere.local";

pub fn kind(name: &str) -> String {
    format!("urn:ietf:params:oauth:token-type:{name}")
}

/// The exchange of an assertion for an access token of ours.
pub fn of_saml(token: &str) -> Value {
    spec(&STANDARD.encode(token), "saml2")
}

/// The exchange of an access token for another one.
pub fn of_json(token: &str) -> Value {
    spec(token, "access_token")
}

fn spec(token: &str, subject_type: &str) -> Value {
    json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token,
        "subject_token_type": kind(subject_type),
    })
}

/// The same, with a member more or another.
pub fn with(mut spec: Value, name: &str, value: impl Into<String>) -> Value {
    spec[name] = value.into().into();
    spec
}

pub fn request(spec: &Value) -> Request {
    Request::post(API, spec.to_string()).header("Content-Type", "application/json")
}

pub fn said(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{} {}", answer.status, answer.body))
}

/// The token of an answer.
pub fn exchanged(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    said(answer)["access_token"].as_str().unwrap().to_owned()
}

/// A token with this header and these claims, by this key.
pub fn signed(header: &str, claims: &str, key: &SigningKey) -> String {
    let input = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = key.sign(Hash::Sha256, input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Header and claims of a token.
pub fn parts(token: &str) -> (Value, Value) {
    let part = |place| URL_SAFE_NO_PAD.decode(token.split('.').nth(place).unwrap()).unwrap();
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).unwrap();
    (read(part(0)), read(part(1)))
}

/// The token with other claims, by the house's own key.
pub fn claiming(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let (header, mut claims) = parts(token);
    change(&mut claims);
    signed(&header.to_string(), &claims.to_string(), &signer().key)
}

impl House {
    pub fn exchange(&self, spec: &Value) -> Answer {
        self.send(&request(spec))
    }

    /// An access token for this house.
    pub fn access_token(&self, name: &str) -> String {
        exchanged(&self.exchange(&of_saml(&self.bearer(name))))
    }

    /// `LoginByToken`, with the token beside the request as pyVmomi sends it.
    pub fn sdk_by_bearer(&self, token: &str) -> Answer {
        let call = super::requests::call("LoginByToken", "SessionManager", "");
        let request = Request::post("/sdk", super::requests::envelope(&call));
        self.send(&request.header("Authorization", &format!("Bearer {token}")))
    }

    pub fn rest_by_bearer(&self, token: &str) -> Answer {
        self.send(&Request::post("/api/session", "").header("Authorization", &format!("Bearer {token}")))
    }

    /// What was refused says the least, and the operator is told the step.
    pub fn refuses_exchange(&self, answer: &Answer, error: &str, step: &str) {
        assert_eq!(answer.status, 400, "{step}: {}", answer.body);
        let said = said(answer);
        assert_eq!((said["error"].as_str(), self.refusal(answer).as_str()), (Some(error), step), "{said}");
        assert_eq!(said["type"], format!("com.vmware.oauth2.errors.{error}"));
    }
}
