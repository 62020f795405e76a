//! The claims of this house's tokens (`sts.md` §8.3). A claim of the wrong type is wrong, not absent (`attacks.md` J07);
//! one that is not known is not read.

use std::time::Duration;

use super::compact::JSON;
use crate::clock::Moment;
use crate::json::{Members, Node};

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `token_class`: what the token is for.
    pub class: TokenClass,
    /// `jti`.
    pub id: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`: `name@DOMAIN`.
    pub subject: String,
    /// `aud`: for whom it is.
    pub audiences: Vec<String>,
    /// `iat`.
    pub issued_at: Moment,
    /// `nbf`, or `iat`.
    pub not_before: Moment,
    /// `exp`.
    pub expires: Moment,
    /// It holds a key, `hotk`: whoever shows it must show that key.
    pub is_holder_of_key: bool,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenClass {
    /// It says who somebody is, to whom it was issued.
    IdToken,
    /// It opens what its audience has.
    AccessToken,
    /// Something else, which is not issued here.
    Other,
}

/// Why claims are not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// No JSON, a name that stands twice, or more than a token holds.
    #[error("not JSON that is read here: {0}")]
    Syntax(String),
    /// JSON, and no object.
    #[error("not an object")]
    NotAnObject,
    /// A claim that must be there.
    #[error("no {0}")]
    Missing(&'static str),
    /// A claim of another type than its own, or out of its range.
    #[error("{0} has a value of another type")]
    Value(&'static str),
    /// `hotk` is not one public key.
    #[error("hotk is not a set of one public RSA key")]
    HeldKey,
    /// `token_type` and `hotk` contradict each other.
    #[error("token_type is {0:?}")]
    TokenType(String),
}

impl Claims {
    /// Reads the claims of a token.
    ///
    /// # Errors
    /// [`ClaimsError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ClaimsError> {
        let node = Node::read_within(bytes, &JSON);
        let Node::Object(members) = node.map_err(|error| ClaimsError::Syntax(error.to_string()))? else {
            return Err(ClaimsError::NotAnObject);
        };
        let claims = Named(&members);
        let issued_at = claims.time("iat")?.ok_or(ClaimsError::Missing("iat"))?;
        let is_holder_of_key = match claims.find("hotk") {
            Some(set) => is_one_public_key(set).then_some(true).ok_or(ClaimsError::HeldKey)?,
            None => false,
        };
        match (claims.text("token_type")?, is_holder_of_key) {
            (Some(HELD), true) => {}
            (Some(bearer), false) if bearer.eq_ignore_ascii_case(BEARER) => {}
            (other, _) => {
                return Err(ClaimsError::TokenType(other.unwrap_or_default().chars().take(32).collect()));
            }
        }
        Ok(Self {
            class: TokenClass::named(claims.required("token_class")?),
            id: claims.required("jti")?.to_owned(),
            issuer: claims.required("iss")?.to_owned(),
            subject: claims.required("sub")?.to_owned(),
            audiences: claims.texts("aud")?.ok_or(ClaimsError::Missing("aud"))?,
            issued_at,
            not_before: claims.time("nbf")?.unwrap_or(issued_at),
            expires: claims.time("exp")?.ok_or(ClaimsError::Missing("exp"))?,
            is_holder_of_key,
        })
    }
}

impl TokenClass {
    /// As it stands in `token_class`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::AccessToken => "access_token",
            Self::Other => "another",
        }
    }

    fn named(name: &str) -> Self {
        [Self::IdToken, Self::AccessToken]
            .into_iter()
            .find(|class| class.name() == name)
            .unwrap_or(Self::Other)
    }
}

/// The members of an object, by name.
struct Named<'m, 'j>(&'m Members<'j>);

impl<'m, 'j> Named<'m, 'j> {
    fn find(&self, name: &str) -> Option<&'m Node<'j>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn text(&self, name: &'static str) -> Result<Option<&'m str>, ClaimsError> {
        match self.find(name) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text.as_ref())),
            Some(_) => Err(ClaimsError::Value(name)),
        }
    }

    fn required(&self, name: &'static str) -> Result<&'m str, ClaimsError> {
        match self.text(name)? {
            None => Err(ClaimsError::Missing(name)),
            Some("") => Err(ClaimsError::Value(name)),
            Some(text) => Ok(text),
        }
    }

    /// One text, or several.
    fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, ClaimsError> {
        match self.find(name) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(vec![text.to_string()])),
            Some(Node::List(items)) => {
                let text = |item: &Node<'_>| match item {
                    Node::Text(text) => Ok(text.to_string()),
                    _ => Err(ClaimsError::Value(name)),
                };
                items.iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(ClaimsError::Value(name)),
        }
    }

    /// Whole seconds since 1970, written as such.
    fn time(&self, name: &'static str) -> Result<Option<Moment>, ClaimsError> {
        let Some(value) = self.find(name) else { return Ok(None) };
        let Node::Number(number) = value else { return Err(ClaimsError::Value(name)) };
        let seconds = number.parse::<u64>().ok().filter(|seconds| *seconds <= LAST_SECOND);
        let seconds = seconds.ok_or(ClaimsError::Value(name))?;
        Ok(Some(Moment::EPOCH.plus(Duration::from_secs(seconds))))
    }
}

/// A JWK set with one RSA key for signatures (`sts.md` §8.3); a private member has no business in a token.
fn is_one_public_key(set: &Node<'_>) -> bool {
    let Node::Object(set) = set else { return false };
    let [(name, Node::List(keys))] = set.as_slice() else { return false };
    let [Node::Object(key)] = keys.as_slice() else { return false };
    let said = |wanted: &str| key.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let is = |name: &str, wanted: &str| matches!(said(name), Some(Node::Text(text)) if text == wanted);
    let is_public = key.iter().all(|(name, value)| {
        ["kty", "use", "alg", "n", "e", "kid"].contains(&name.as_ref()) && matches!(value, Node::Text(_))
    });
    name == "keys" && is_public && is("kty", "RSA") && said("n").is_some() && said("e").is_some()
}

const HELD: &str = "hotk-pk";
const BEARER: &str = "Bearer";
/// 9999-12-31T23:59:59Z, the last second that can be written.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "token_class": "access_token", "token_type": "Bearer", "jti": "1", "iss": "https://vc/openidconnect/lab",
            "sub": "alice@LAB", "aud": ["us"], "iat": 1_700_000_000, "exp": 1_700_000_300, "unknown": {"a": [1]},
        })
    }

    fn read(claims: &Value) -> Result<Claims, ClaimsError> {
        Claims::read(claims.to_string().as_bytes())
    }

    fn with(name: &str, value: Value) -> Result<Claims, ClaimsError> {
        let mut claims = good();
        claims[name] = value;
        read(&claims)
    }

    #[test]
    fn claims_are_read_by_their_types() {
        let claims = read(&good()).unwrap();
        assert_eq!((claims.class, claims.audiences.len()), (TokenClass::AccessToken, 1));
        assert_eq!(claims.not_before, claims.issued_at);
        assert_eq!(claims.expires.seconds(), 1_700_000_300);
        assert_eq!(with("aud", json!("us")).unwrap().audiences, ["us"]);
        assert_eq!(with("nbf", json!(5)).unwrap().not_before.seconds(), 5);
        assert_eq!(with("token_class", json!("refresh_token")).unwrap().class, TokenClass::Other);
    }

    /// `attacks.md` J07.
    #[test]
    fn a_wrong_type_is_not_absence() {
        for time in ["exp", "nbf", "iat"] {
            for wrong in
                [json!("1700000300"), json!(1.5), json!(1.0), json!(-1), json!(null), json!([1]), json!(true)]
            {
                assert_eq!(with(time, wrong.clone()), Err(ClaimsError::Value(time)), "{time} {wrong}");
            }
            assert_eq!(with(time, json!(253_402_300_800_u64)), Err(ClaimsError::Value(time)));
        }
        let huge = good().to_string().replace("1700000300", "1e400");
        assert!(matches!(Claims::read(huge.as_bytes()), Err(ClaimsError::Syntax(_))));
        for text in ["jti", "iss", "sub", "token_class"] {
            for wrong in [json!(1), json!(null), json!(["alice"]), json!("")] {
                assert_eq!(with(text, wrong.clone()), Err(ClaimsError::Value(text)), "{text} {wrong}");
            }
        }
        for wrong in [json!(1), json!(null), json!([1]), json!(["us", null]), json!({"us": 1})] {
            assert_eq!(with("aud", wrong.clone()), Err(ClaimsError::Value("aud")), "{wrong}");
        }
        for name in ["jti", "iss", "sub", "aud", "iat", "exp", "token_class"] {
            let mut claims = good();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&claims), Err(ClaimsError::Missing(name)));
        }
    }

    /// `attacks.md` J12.
    #[test]
    fn a_held_key_is_one_public_key() {
        let key = json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "use": "sig", "alg": "RS256"});
        let held = |set: Value| {
            let mut claims = good();
            claims["token_type"] = json!("hotk-pk");
            claims["hotk"] = set;
            read(&claims)
        };
        assert!(held(json!({"keys": [key]})).unwrap().is_holder_of_key);
        let mut private = key.clone();
        private["d"] = json!("AQ");
        let mut of_a_curve = key.clone();
        of_a_curve["kty"] = json!("EC");
        for wrong in [
            json!({"keys": [key, key]}),
            json!({"keys": []}),
            json!({"keys": [private]}),
            json!({"keys": [of_a_curve]}),
            json!({"keys": [{"kty": "RSA"}]}),
            json!({"keys": [key], "more": 1}),
            json!([key]),
            json!(null),
        ] {
            assert_eq!(held(wrong.clone()), Err(ClaimsError::HeldKey), "{wrong}");
        }
        assert_eq!(with("token_type", json!("hotk-pk")), Err(ClaimsError::TokenType("hotk-pk".into())));
        assert_eq!(with("hotk", json!({"keys": [key]})), Err(ClaimsError::TokenType("Bearer".into())));
    }

    /// `attacks.md` J13.
    #[test]
    fn a_claim_stands_once_and_nothing_is_nested_deeper_than_a_key() {
        for twice in [r#""sub":"root@LAB""#, r#""\u0073ub":"root@LAB""#] {
            let text = good().to_string().replacen('{', &format!("{{{twice},"), 1);
            assert!(matches!(Claims::read(text.as_bytes()), Err(ClaimsError::Syntax(_))), "{text}");
        }
        let nested = |depth: usize| {
            let deep = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            Claims::read(good().to_string().replacen('{', &format!("{{\"deep\":{deep},"), 1).as_bytes())
        };
        assert!(nested(5).is_ok());
        assert!(matches!(nested(6), Err(ClaimsError::Syntax(_))));
        assert_eq!(Claims::read(b"[]"), Err(ClaimsError::NotAnObject));
    }
}
