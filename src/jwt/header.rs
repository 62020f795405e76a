//! The header of a token (RFC 7515 §4): which algorithm, which key, which kind. Nothing else may stand in it, so no key, no
//! address of a key, no extension and no nested token is ever looked at.

use super::algorithm::Algorithm;
use super::claims::TokenClass;
use super::compact::JSON;
use crate::json::Node;

/// A header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`.
    pub key: String,
    /// `typ`, where it is said.
    pub kind: Option<Kind>,
}

/// `typ`: what is signed is the claims of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `JWT`.
    Jwt,
    /// `at+jwt`: an access token (RFC 9068).
    AccessToken,
}

/// Why a header is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// No JSON, a name that stands twice, or more than a header holds.
    #[error("not JSON that is read here: {0}")]
    Syntax(String),
    /// JSON, and no object.
    #[error("not an object")]
    NotAnObject,
    /// A member that is not one of `alg`, `kid` and `typ`.
    #[error("a member that is not known: {0:?}")]
    Unknown(String),
    /// A member that must be there.
    #[error("no {0}")]
    Missing(&'static str),
    /// A member that is no text, or not one of those that are known.
    #[error("{0} has a value that is not known here")]
    Value(&'static str),
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn read(bytes: &[u8]) -> Result<Self, HeaderError> {
        let node = Node::read_within(bytes, &JSON);
        let Node::Object(members) = node.map_err(|error| HeaderError::Syntax(error.to_string()))? else {
            return Err(HeaderError::NotAnObject);
        };
        let (mut algorithm, mut key, mut kind) = (None, None, None);
        for (name, value) in members {
            let text = |name| match &value {
                Node::Text(text) => Ok(text.as_ref()),
                _ => Err(HeaderError::Value(name)),
            };
            match name.as_ref() {
                "alg" => algorithm = Some(Algorithm::named(text("alg")?).ok_or(HeaderError::Value("alg"))?),
                "kid" => key = Some(text("kid")?.to_owned()),
                "typ" => kind = Some(Kind::named(text("typ")?).ok_or(HeaderError::Value("typ"))?),
                other => return Err(HeaderError::Unknown(other.chars().take(32).collect())),
            }
        }
        Ok(Self {
            algorithm: algorithm.ok_or(HeaderError::Missing("alg"))?,
            key: key.ok_or(HeaderError::Missing("kid"))?,
            kind,
        })
    }
}

impl Kind {
    /// As it stands in `typ`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AccessToken => "at+jwt",
        }
    }

    /// Whether a token of this class may be called so.
    #[must_use]
    pub fn fits(self, class: TokenClass) -> bool {
        (self == Self::AccessToken) == (class == TokenClass::AccessToken)
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Jwt, Self::AccessToken].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Header, HeaderError> {
        Header::read(text.as_bytes())
    }

    #[test]
    fn a_header_names_algorithm_and_key() {
        let header = read(r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#).unwrap();
        assert_eq!(
            (header.algorithm, header.key.as_str(), header.kind),
            (Algorithm::Rs256, "k", Some(Kind::Jwt))
        );
        assert_eq!(read(r#"{"kid":"k","alg":"ES256"}"#).unwrap().kind, None);
        assert_eq!(
            read(r#"{"kid":"k","alg":"ES256","typ":"AT+JWT"}"#).unwrap().kind,
            Some(Kind::AccessToken)
        );
    }

    /// `attacks.md` J01, J02.
    #[test]
    fn an_algorithm_is_one_of_two() {
        for alg in ["none", "None", "nOnE", "", "HS256", "RS384", "rs256", "PS256", "RS256 "] {
            assert_eq!(
                read(&format!(r#"{{"alg":"{alg}","kid":"k"}}"#)),
                Err(HeaderError::Value("alg")),
                "{alg}"
            );
        }
        assert_eq!(read(r#"{"kid":"k"}"#), Err(HeaderError::Missing("alg")));
        assert_eq!(read(r#"{"alg":["RS256"],"kid":"k"}"#), Err(HeaderError::Value("alg")));
    }

    /// `attacks.md` J03, J05.
    #[test]
    fn nothing_else_stands_in_a_header() {
        for more in [
            r#""jwk":{"kty":"RSA"}"#,
            r#""jku":"https://evil.example/""#,
            r#""x5u":"https://evil.example/""#,
            r#""x5c":["MIIB"]"#,
            r#""crit":["b64"],"b64":false"#,
            r#""zip":"DEF""#,
            r#""cty":"JWT""#,
            r#""enc":"A256GCM""#,
        ] {
            let seen = read(&format!(r#"{{"alg":"RS256","kid":"k",{more}}}"#));
            assert!(matches!(seen, Err(HeaderError::Unknown(_))), "{more}: {seen:?}");
        }
        for twice in [r#""alg":"none""#, r#""\u0061lg":"none""#] {
            for text in [
                format!(r#"{{{twice},"alg":"RS256","kid":"k"}}"#),
                format!(r#"{{"alg":"RS256","kid":"k",{twice}}}"#),
            ] {
                assert!(matches!(read(&text), Err(HeaderError::Syntax(_) | HeaderError::Value(_))), "{text}");
            }
        }
        assert_eq!(read("[]"), Err(HeaderError::NotAnObject));
        assert_eq!(read(r#"{"alg":"RS256"}"#), Err(HeaderError::Missing("kid")));
        assert_eq!(read(r#"{"alg":"RS256","kid":1}"#), Err(HeaderError::Value("kid")));
        assert_eq!(read(r#"{"alg":"RS256","kid":"k","typ":"JOSE+JSON"}"#), Err(HeaderError::Value("typ")));
    }
}
