//! The request to exchange a token (RFC 8693 §2.1), as vCenter takes it (`clients.md` §6.2): what may be given, what may be
//! asked for. Tokens of SAML are written in base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::parameters::Parameters;
use crate::secret::Secret;

/// A request, read. Its tokens are only what somebody shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRequest {
    /// Whom the new token is to be about.
    pub subject: Secret,
    /// What the subject's token is.
    pub subject_type: SubjectType,
    /// Who acts, if that is said.
    pub actor: Option<ActorToken>,
    /// What is asked for.
    pub requested: TokenType,
    /// For whom: names of services, none = for us.
    pub audiences: Vec<String>,
    /// What it should be good for; nothing when that is not said.
    pub scope: Option<Vec<Scope>>,
}

/// What a subject may be shown by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectType {
    /// An assertion of SAML 2.0, in base64.
    Saml2,
    /// An access token of this house.
    AccessToken,
}

/// A token of whoever acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorToken {
    /// The token.
    pub token: Secret,
    /// It is an identity token, otherwise an access token.
    pub kind: TokenType,
}

/// The types of tokens that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// `…:access_token`.
    AccessToken,
    /// `…:id_token`.
    IdToken,
    /// `…:saml2`.
    Saml2,
}

/// The scopes that are known (`sts.md` §8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `openid`: a token of this kind at all.
    OpenId,
    /// `id_groups`: groups in an identity token.
    IdGroups,
    /// `at_groups`: groups in an access token.
    AtGroups,
}

/// Why a request is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// No form or object of texts.
    #[error("the parameters cannot be read")]
    Syntax,
    /// One name twice.
    #[error("a parameter is given twice")]
    Twice,
    /// The URL has parameters, which are in every log.
    #[error("query parameters are not allowed at token endpoint")]
    Query,
    /// Another content than this path takes.
    #[error("the content type is not {0}")]
    ContentType(&'static str),
    /// A parameter that must be there.
    #[error("no {0}")]
    Missing(&'static str),
    /// A value that is not served.
    #[error("{0} is {1:?}, which is not served")]
    Unsupported(&'static str, String),
    /// A text that names nothing.
    #[error("{0} is longer than a name, or holds what no name does")]
    Name(&'static str),
    /// A scope that is not known.
    #[error("the scope {0:?} is not known")]
    Scope(String),
}

impl ExchangeRequest {
    /// Reads a form.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub fn of_form(body: &[u8]) -> Result<Self, ExchangeError> {
        Self::of(&Parameters::of_form(body)?)
    }

    /// Reads an object of JSON, or the object that stands in it under this name.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub fn of_json(body: &[u8], inside: Option<&str>) -> Result<Self, ExchangeError> {
        Self::of(&Parameters::of_json(body, inside)?)
    }

    fn of(parameters: &Parameters) -> Result<Self, ExchangeError> {
        let required = |name| parameters.find(name).ok_or(ExchangeError::Missing(name));
        let grant = required("grant_type")?;
        if grant != GRANT_TYPE {
            return Err(unsupported("grant_type", grant));
        }
        let subject = Secret::new(required("subject_token")?);
        let subject_type = match required("subject_token_type")?.strip_prefix(TOKEN_TYPE) {
            Some("saml2") => SubjectType::Saml2,
            Some("access_token") => SubjectType::AccessToken,
            _ => return Err(unsupported("subject_token_type", required("subject_token_type")?)),
        };
        let requested = match parameters.find("requested_token_type") {
            None => TokenType::AccessToken,
            Some(kind) => TokenType::of(kind).ok_or_else(|| unsupported("requested_token_type", kind))?,
        };
        if subject_type == SubjectType::Saml2 && requested == TokenType::Saml2 {
            return Err(unsupported("requested_token_type", "saml2 for saml2"));
        }
        let names =
            ["audience", "resource"].into_iter().filter_map(|name| Some((name, parameters.find(name)?)));
        let audiences = names.map(|(name, value)| named(name, value)).collect::<Result<_, _>>()?;
        let scope = parameters.find("scope").map(|scope| {
            let one = |name: &str| Scope::named(name).ok_or_else(|| ExchangeError::Scope(short(name)));
            scope.split(' ').filter(|name| !name.is_empty()).map(one).collect()
        });
        let actor = actor(parameters)?;
        Ok(Self { subject, subject_type, actor, requested, audiences, scope: scope.transpose()? })
    }
}

/// Neither of the two stands alone (RFC 8693 §2.1).
fn actor(parameters: &Parameters) -> Result<Option<ActorToken>, ExchangeError> {
    let (token, kind) = match (parameters.find("actor_token"), parameters.find("actor_token_type")) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(ExchangeError::Missing("actor_token_type")),
        (None, Some(_)) => return Err(ExchangeError::Missing("actor_token")),
        (Some(token), Some(kind)) => (token, kind),
    };
    match TokenType::of(kind) {
        Some(known @ (TokenType::IdToken | TokenType::AccessToken)) => {
            Ok(Some(ActorToken { token: Secret::new(token), kind: known }))
        }
        Some(TokenType::Saml2) | None => Err(unsupported("actor_token_type", kind)),
    }
}

/// An assertion in base64, or in base64url as the standard has it; nothing for another text.
#[must_use]
pub fn assertion_of(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()
}

/// A name of a service: it will stand in a token.
fn named(name: &'static str, value: &str) -> Result<String, ExchangeError> {
    let is_name = value.len() <= LONGEST_NAME && !value.chars().any(|c| c.is_control() || c.is_whitespace());
    is_name.then(|| value.to_owned()).ok_or(ExchangeError::Name(name))
}

fn unsupported(name: &'static str, value: &str) -> ExchangeError {
    ExchangeError::Unsupported(name, short(value))
}

fn short(text: &str) -> String {
    text.chars().take(128).collect()
}

impl SubjectType {
    /// As `VMware`'s messages call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Saml2 => "SAML2",
            Self::AccessToken => "ACCESS_TOKEN",
        }
    }
}

impl TokenType {
    /// As it stands in requests and answers.
    #[must_use]
    pub fn uri(self) -> String {
        let name = match self {
            Self::AccessToken => "access_token",
            Self::IdToken => "id_token",
            Self::Saml2 => "saml2",
        };
        [TOKEN_TYPE, name].concat()
    }

    fn of(uri: &str) -> Option<Self> {
        [Self::AccessToken, Self::IdToken, Self::Saml2].into_iter().find(|kind| kind.uri() == uri)
    }
}

impl Scope {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::OpenId, Self::IdGroups, Self::AtGroups];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::IdGroups => "id_groups",
            Self::AtGroups => "at_groups",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// The one grant.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:";
/// A URL of a service is shorter.
const LONGEST_NAME: usize = 1_024;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spec() -> Value {
        json!({
            "grant_type": GRANT_TYPE, "subject_token": "PGEvPg==", "subject_token_type": format!("{TOKEN_TYPE}saml2"),
            "requested_token_type": format!("{TOKEN_TYPE}id_token"), "audience": "nsx",
        })
    }

    fn read(spec: &Value) -> Result<ExchangeRequest, ExchangeError> {
        ExchangeRequest::of_json(spec.to_string().as_bytes(), None)
    }

    fn with(name: &str, value: &str) -> Result<ExchangeRequest, ExchangeError> {
        let mut spec = spec();
        spec[name] = json!(value);
        read(&spec)
    }

    #[test]
    fn a_request_is_the_same_in_every_writing() {
        let wanted = read(&spec()).unwrap();
        assert_eq!((wanted.subject_type, wanted.requested), (SubjectType::Saml2, TokenType::IdToken));
        assert_eq!((wanted.audiences.as_slice(), wanted.actor.is_none()), (&["nsx".to_owned()][..], true));
        let wrapped = json!({ "spec": spec() }).to_string();
        assert_eq!(ExchangeRequest::of_json(wrapped.as_bytes(), Some("spec")), Ok(wanted.clone()));
        let members = spec();
        let pairs = members.as_object().unwrap().iter();
        let form: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
        assert_eq!(ExchangeRequest::of_form(form.join("&").as_bytes()), Ok(wanted));
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let mut spec = spec();
        for name in ["requested_token_type", "audience"] {
            spec.as_object_mut().unwrap().remove(name);
        }
        let request = read(&spec).unwrap();
        assert_eq!(
            (request.requested, request.audiences.len(), request.scope),
            (TokenType::AccessToken, 0, None)
        );
        for name in ["grant_type", "subject_token", "subject_token_type"] {
            let mut less = spec.clone();
            less.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&less), Err(ExchangeError::Missing(name)));
            assert_eq!(with(name, ""), Err(ExchangeError::Missing(name)));
        }
        assert!(with("client_id", "x").is_ok(), "what is not known is not looked at");
    }

    #[test]
    fn what_is_not_served_is_named() {
        let served = |name, kind: &str| with(name, &format!("{TOKEN_TYPE}{kind}"));
        for kind in ["id_token", "refresh_token", "saml1", "jwt", "SAML2", ""] {
            let seen = served("subject_token_type", kind);
            assert!(
                matches!(seen, Err(ExchangeError::Unsupported("subject_token_type", _))),
                "{kind}: {seen:?}"
            );
        }
        for kind in ["refresh_token", "saml1", "jwt", "saml2"] {
            let seen = served("requested_token_type", kind);
            assert!(
                matches!(seen, Err(ExchangeError::Unsupported("requested_token_type", _))),
                "{kind}: {seen:?}"
            );
        }
        for grant in ["password", "authorization_code", "refresh_token", "client_credentials"] {
            assert_eq!(with("grant_type", grant), Err(unsupported("grant_type", grant)));
        }
        for wrong in ["a b", "a\nb", "\u{7f}", &"x".repeat(1_025)] {
            assert_eq!(with("audience", wrong), Err(ExchangeError::Name("audience")), "{wrong}");
        }
        assert_eq!(with("resource", "https://vc/x").unwrap().audiences, ["nsx", "https://vc/x"]);
    }

    #[test]
    fn a_scope_is_a_list_of_known_names() {
        let scope = with("scope", "openid  id_groups").unwrap().scope;
        assert_eq!(scope, Some(vec![Scope::OpenId, Scope::IdGroups]));
        assert_eq!(
            with("scope", "openid offline_access"),
            Err(ExchangeError::Scope("offline_access".into()))
        );
    }

    #[test]
    fn an_actor_is_a_token_and_its_type() {
        let mut spec = spec();
        spec["actor_token"] = json!("a.b.c");
        assert_eq!(read(&spec), Err(ExchangeError::Missing("actor_token_type")));
        spec["actor_token_type"] = json!(format!("{TOKEN_TYPE}id_token"));
        assert_eq!(read(&spec).unwrap().actor.unwrap().kind, TokenType::IdToken);
        spec["actor_token_type"] = json!(format!("{TOKEN_TYPE}saml2"));
        assert!(matches!(read(&spec), Err(ExchangeError::Unsupported("actor_token_type", _))));
        assert_eq!(with("actor_token_type", "x"), Err(ExchangeError::Missing("actor_token")));
    }

    #[test]
    fn an_assertion_is_written_in_one_alphabet() {
        assert_eq!(assertion_of("PGEvPg==").as_deref(), Some(&b"<a/>"[..]));
        assert_eq!(assertion_of("PGEvPg").as_deref(), Some(&b"<a/>"[..]));
        for wrong in ["PGEvPg=", "PGEv Pg==", "PGEvPh==", "+-", "%"] {
            assert_eq!(assertion_of(wrong), None, "{wrong}");
        }
    }
}
