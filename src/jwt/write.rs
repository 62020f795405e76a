//! Tokens written (`sts.md` §8.3): what a signer signs, and the whole with its signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::algorithm::Algorithm;
use super::claims::TokenClass;
use super::header::Kind;
use crate::clock::Moment;

/// A token to be.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// What it is for.
    pub class: TokenClass,
    /// `jti`.
    pub id: &'a str,
    /// `iss`.
    pub issuer: &'a str,
    /// `sub`.
    pub subject: &'a str,
    /// `aud`.
    pub audiences: &'a [String],
    /// `tenant`: the domain.
    pub tenant: &'a str,
    /// `iat` and `nbf`.
    pub issued_at: Moment,
    /// `exp`.
    pub expires: Moment,
    /// `groups`, where they are told.
    pub groups: Option<&'a [String]>,
    /// `scope`, where one was asked for.
    pub scope: Option<&'a str>,
    /// `given_name`, for who is told who somebody is.
    pub given_name: Option<&'a str>,
    /// `family_name`, likewise.
    pub family_name: Option<&'a str>,
    /// `email`, likewise.
    pub email: Option<&'a str>,
}

impl NewToken<'_> {
    /// What is signed: header and claims.
    #[must_use]
    pub fn signing_input(&self, algorithm: Algorithm, key: &str) -> String {
        let kind = match self.class {
            TokenClass::AccessToken => Kind::AccessToken,
            TokenClass::IdToken | TokenClass::Other => Kind::Jwt,
        };
        let header = json!({ "alg": algorithm.name(), "kid": key, "typ": kind.name() });
        let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        [segment(&header), segment(&self.claims())].join(".")
    }

    fn claims(&self) -> Value {
        let mut claims = Map::new();
        for (name, value) in [
            ("token_class", json!(self.class.name())),
            ("token_type", json!("Bearer")),
            ("jti", json!(self.id)),
            ("iss", json!(self.issuer)),
            ("sub", json!(self.subject)),
            ("aud", json!(self.audiences)),
            ("tenant", json!(self.tenant)),
            ("iat", json!(self.issued_at.seconds())),
            ("nbf", json!(self.issued_at.seconds())),
            ("exp", json!(self.expires.seconds())),
        ] {
            claims.insert(name.to_owned(), value);
        }
        if let Some(groups) = self.groups {
            claims.insert("groups".to_owned(), json!(groups));
        }
        for (name, value) in [
            ("scope", self.scope),
            ("given_name", self.given_name),
            ("family_name", self.family_name),
            ("email", self.email),
        ] {
            if let Some(value) = value {
                claims.insert(name.to_owned(), json!(value));
            }
        }
        Value::Object(claims)
    }

    /// The token.
    #[must_use]
    pub fn with_signature(signing_input: String, signature: &[u8]) -> String {
        [signing_input, URL_SAFE_NO_PAD.encode(signature)].join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Claims, Compact, Header};
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let audiences = ["us".to_owned()];
        let token = NewToken {
            class: TokenClass::IdToken,
            id: "1",
            issuer: "https://vc/openidconnect/lab",
            subject: "al\"ice@LAB",
            audiences: &audiences,
            tenant: "lab",
            issued_at: now,
            expires: now.plus(std::time::Duration::from_mins(5)),
            groups: Some(&audiences),
            scope: None,
            given_name: Some("A"),
            family_name: None,
            email: None,
        };
        let written = NewToken::with_signature(token.signing_input(Algorithm::Rs256, "k"), &[1, 2, 3]);
        let read = Compact::read(&written).unwrap();
        assert_eq!(Header::read(&read.header).unwrap().key, "k");
        let claims = Claims::read(&read.payload).unwrap();
        assert_eq!((claims.subject.as_str(), claims.class), ("al\"ice@LAB", TokenClass::IdToken));
        assert_eq!((claims.issued_at, claims.audiences.as_slice()), (now, &audiences[..]));
        let json: Value = serde_json::from_slice(&read.payload).unwrap();
        assert_eq!((json["given_name"].as_str(), json.get("family_name")), (Some("A"), None));
    }
}
