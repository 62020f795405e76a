//! The security context of a call: one scheme, and exactly what belongs to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Moment;
use crate::json::{Members, Node};
use crate::pki::{Hash, SignatureScheme};
use crate::secret::Secret;

/// How a call says who it is from. Nothing in it is proven.
#[derive(Debug)]
pub enum Security {
    /// It does not.
    None,
    /// By a bearer token.
    Bearer(Vec<u8>),
    /// By a Holder-of-Key token and a signature over the call.
    Signed(Box<SignedCall>),
    /// By a name and a password.
    Password {
        /// The name.
        user_name: String,
        /// The password.
        password: Secret,
    },
    /// By a session that was opened before.
    Session(Secret),
    /// By an access token (RFC 6750).
    OAuth(Secret),
}

/// A call that is signed.
#[derive(Clone, Debug)]
pub struct SignedCall {
    /// The token whose key should have signed.
    pub token: Vec<u8>,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// When it was made.
    pub created: Moment,
    /// When its sender gives it up.
    pub expires: Moment,
    /// The signature.
    pub value: Vec<u8>,
    /// What it is over: the canonical call without the signature.
    pub text: String,
}

/// `signatureAlgorithm`: a name of RFC 7518, though an elliptic signature is DER here, as Java writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The kind of key.
    pub scheme: SignatureScheme,
    /// The hash.
    pub hash: Hash,
}

/// Why a security context is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecurityProblem {
    /// It is no object, or has no text for a scheme.
    #[error("the security context is no object with the text schemeId")]
    Shape,
    /// Its scheme is not one of those that are served.
    #[error("the scheme is not one that is served")]
    Scheme,
    /// Something that the scheme needs is not there, or has another form.
    #[error("{0} is missing or has another form")]
    Member(&'static str),
    /// There is more than the scheme has.
    #[error("the security context holds what its scheme does not have")]
    Surplus,
    /// An algorithm that clients do not use.
    #[error("signatureAlgorithm is not RS256, RS384, RS512, ES256, ES384 or ES512")]
    Algorithm,
    /// A number that clients do not spell alike cannot be signed.
    #[error("a number in the signed call has no one spelling")]
    Number,
}

impl Security {
    /// Reads the member `securityCtx`, which may be absent. `text` makes the text that a signature is over.
    pub(super) fn read(
        context: Option<&Node<'_>>,
        text: impl FnOnce() -> Result<String, SecurityProblem>,
    ) -> Result<Self, SecurityProblem> {
        let mut members = match context {
            None | Some(Node::Null) => return Ok(Self::None),
            Some(Node::Object(members)) => Wanted::of(members),
            Some(_) => return Err(SecurityProblem::Shape),
        };
        let scheme = members.text("schemeId").map_err(|_| SecurityProblem::Shape)?;
        let security = match scheme.strip_prefix(SCHEMES) {
            Some("saml_bearer_token") => Self::Bearer(members.text("samlToken")?.as_bytes().to_vec()),
            Some("saml_hok_token") => Self::Signed(Box::new(SignedCall::read(&mut members, text)?)),
            Some("user_pass") => {
                let user_name = members.text("userName")?.to_owned();
                Self::Password { user_name, password: Secret::new(members.text("password")?) }
            }
            Some("session_id") => Self::Session(Secret::new(members.text("sessionId")?)),
            Some("oauth") => Self::OAuth(Secret::new(members.text("accessToken")?)),
            Some(_) | None => return Err(SecurityProblem::Scheme),
        };
        members.nothing_else()?;
        Ok(security)
    }
}

impl SignedCall {
    fn read(
        members: &mut Wanted<'_>,
        text: impl FnOnce() -> Result<String, SecurityProblem>,
    ) -> Result<Self, SecurityProblem> {
        let algorithm = Algorithm::named(members.text("signatureAlgorithm")?)?;
        let mut timestamp = members.object("timestamp")?;
        let created = timestamp.moment("created")?;
        let expires = timestamp.moment("expires")?;
        timestamp.nothing_else()?;
        let mut signature = members.object("signature")?;
        let token = signature.text("samlToken")?.as_bytes().to_vec();
        let value =
            STANDARD.decode(signature.text("value")?).map_err(|_| SecurityProblem::Member("value"))?;
        signature.nothing_else()?;
        Ok(Self { token, algorithm, created, expires, value, text: text()? })
    }
}

impl Algorithm {
    fn named(name: &str) -> Result<Self, SecurityProblem> {
        let (kind, hash) = name.split_at_checked(2).ok_or(SecurityProblem::Algorithm)?;
        let scheme = match kind {
            "RS" => SignatureScheme::Rsa,
            "ES" => SignatureScheme::Ecdsa,
            _ => return Err(SecurityProblem::Algorithm),
        };
        let hash = match hash {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return Err(SecurityProblem::Algorithm),
        };
        Ok(Self { scheme, hash })
    }
}

/// An object of which every member must be asked for.
struct Wanted<'n> {
    members: &'n Members<'n>,
    taken: usize,
}

impl<'n> Wanted<'n> {
    const fn of(members: &'n Members<'n>) -> Self {
        Self { members, taken: 0 }
    }

    fn member(&mut self, wanted: &str) -> Option<&'n Node<'n>> {
        let (_, node) = self.members.iter().find(|(name, _)| name == wanted)?;
        self.taken += 1;
        Some(node)
    }

    fn text(&mut self, wanted: &'static str) -> Result<&'n str, SecurityProblem> {
        match self.member(wanted) {
            Some(Node::Text(text)) => Ok(text),
            _ => Err(SecurityProblem::Member(wanted)),
        }
    }

    fn object(&mut self, wanted: &'static str) -> Result<Self, SecurityProblem> {
        match self.member(wanted) {
            Some(Node::Object(members)) => Ok(Self::of(members)),
            _ => Err(SecurityProblem::Member(wanted)),
        }
    }

    fn moment(&mut self, wanted: &'static str) -> Result<Moment, SecurityProblem> {
        Moment::parse(self.text(wanted)?).map_err(|_| SecurityProblem::Member(wanted))
    }

    /// No name stands twice in an object, so that the number of those that were taken says it.
    fn nothing_else(&self) -> Result<(), SecurityProblem> {
        if self.taken == self.members.len() { Ok(()) } else { Err(SecurityProblem::Surplus) }
    }
}

const SCHEMES: &str = "com.vmware.vapi.std.security.";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(context: &str) -> Result<Security, SecurityProblem> {
        Security::read(Some(&Node::read(context.as_bytes()).unwrap()), || Ok("text".to_owned()))
    }

    fn scheme(name: &str, rest: &str) -> String {
        format!("{{\"schemeId\":\"com.vmware.vapi.std.security.{name}\"{rest}}}")
    }

    const SIGNED: &str = r#","timestamp":{"expires":"2026-11-24T08:20:00.000Z","created":"2026-11-24T08:00:00.000Z"},"signatureAlgorithm":"RS256","signature":{"samlToken":"<a/>","value":"AQID"}"#;

    #[test]
    fn each_scheme_has_its_members() {
        assert!(matches!(read("null"), Ok(Security::None)));
        let bearer = read(&scheme("saml_bearer_token", r#","samlToken":"<a/>""#));
        assert!(matches!(bearer, Ok(Security::Bearer(token)) if token == b"<a/>"));
        let password = read(&scheme("user_pass", r#","userName":"a","password":"b""#));
        assert!(
            matches!(password, Ok(Security::Password { user_name, password }) if user_name == "a" && password.expose() == "b")
        );
        let session = read(&scheme("session_id", r#","sessionId":"s""#));
        assert!(matches!(session, Ok(Security::Session(id)) if id.expose() == "s"));
        let oauth = read(&scheme("oauth", r#","accessToken":"t""#));
        assert!(matches!(oauth, Ok(Security::OAuth(token)) if token.expose() == "t"));
        let Ok(Security::Signed(call)) = read(&scheme("saml_hok_token", SIGNED)) else { panic!() };
        assert_eq!(
            (call.token.as_slice(), call.value.as_slice(), call.text.as_str()),
            (&b"<a/>"[..], &[1, 2, 3][..], "text")
        );
        assert_eq!(call.expires.since(call.created).as_secs(), 1_200);
    }

    /// `attacks.md` Q03, Q05.
    #[test]
    fn what_does_not_belong_to_its_scheme_is_refused() {
        for (context, problem) in [
            ("[]".to_owned(), SecurityProblem::Shape),
            ("{}".to_owned(), SecurityProblem::Shape),
            (
                r#"{"schemeId":["com.vmware.vapi.std.security.session_id"],"sessionId":"s"}"#.to_owned(),
                SecurityProblem::Shape,
            ),
            (r#"{"schemeId":"session_id","sessionId":"s"}"#.to_owned(), SecurityProblem::Scheme),
            (scheme("SESSION_ID", r#","sessionId":"s""#), SecurityProblem::Scheme),
            (scheme("session_id", ""), SecurityProblem::Member("sessionId")),
            (scheme("session_id", r#","sessionId":1"#), SecurityProblem::Member("sessionId")),
            (scheme("session_id", r#","sessionId":"s","userName":"a""#), SecurityProblem::Surplus),
            (scheme("saml_bearer_token", SIGNED), SecurityProblem::Member("samlToken")),
            (
                scheme("saml_bearer_token", &format!("{SIGNED},\"samlToken\":\"<a/>\"")),
                SecurityProblem::Surplus,
            ),
            (scheme("saml_hok_token", &format!("{SIGNED},\"samlToken\":\"<a/>\"")), SecurityProblem::Surplus),
            (
                scheme("saml_hok_token", r#","samlToken":"<a/>""#),
                SecurityProblem::Member("signatureAlgorithm"),
            ),
            (
                scheme("saml_hok_token", &SIGNED.replace("\"created\"", "\"made\"")),
                SecurityProblem::Member("created"),
            ),
            (
                scheme("saml_hok_token", &SIGNED.replace("08:20:00.000Z", "08:20")),
                SecurityProblem::Member("expires"),
            ),
            (scheme("saml_hok_token", &SIGNED.replace("AQID", "A")), SecurityProblem::Member("value")),
            (
                scheme("saml_hok_token", &SIGNED.replace("\"value\"", "\"more\":1,\"value\"")),
                SecurityProblem::Surplus,
            ),
        ] {
            assert_eq!(read(&context).unwrap_err(), problem, "{context}");
        }
        for algorithm in ["RS1", "RS224", "HS256", "none", "rs256", "PS256", "", "é", "RS2560"] {
            let context = scheme("saml_hok_token", &SIGNED.replace("RS256", algorithm));
            assert_eq!(read(&context).unwrap_err(), SecurityProblem::Algorithm, "{algorithm}");
        }
        for algorithm in ["RS384", "RS512", "ES256", "ES384", "ES512"] {
            assert!(
                read(&scheme("saml_hok_token", &SIGNED.replace("RS256", algorithm))).is_ok(),
                "{algorithm}"
            );
        }
    }
}
