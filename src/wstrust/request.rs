//! `wst:RequestSecurityToken` (`sts.md` §2.2): children in any order, each at most once, none unknown.
//!
//! What is named here and not served yet is refused by name: a request is never answered as if a part of it were absent.

use crate::clock::{Moment, TimeSyntax};
use crate::soap::Envelope;
use crate::xml::Element;
use crate::xml::names::{SOAP, WSA, WST, WST14, WSU};

/// A request for a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueRequest {
    /// `@Context`, echoed in the answer.
    pub context: Option<String>,
    /// The wanted period.
    pub lifetime: Lifetime,
    /// The wanted confirmation; absent = the server chooses.
    pub key_type: Option<KeyType>,
    /// The wanted signature algorithm of the token.
    pub signature_algorithm: Option<String>,
    /// `Renewing/@Allow`; absent = true.
    pub renewable: Option<bool>,
    /// `Delegatable`.
    pub delegatable: bool,
    /// `UseKey/@Sig`, inside the request or beside it in the body (`clients.md` §2.8).
    pub use_key: Option<String>,
}

/// `wst:Lifetime`: either bound may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// `Created`.
    pub created: Option<Moment>,
    /// `Expires`.
    pub expires: Option<Moment>,
}

/// `wst:KeyType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// Bearer.
    Bearer,
    /// Holder-of-Key.
    PublicKey,
}

/// Why a request cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body holds no `RequestSecurityToken`, or more than it and `UseKey`.
    #[error("the body does not hold one RequestSecurityToken")]
    NoRequest,
    /// `RequestType` is missing or another operation's.
    #[error("RequestType is different than operation executed.")]
    RequestType,
    /// The SOAP action or `wsa:Action` is another operation's.
    #[error(
        "The passed-in wsa:Action '{seen}' does not match the expected SOAP action '{wanted}' of the current wsdl operation."
    )]
    Action {
        /// What was passed in.
        seen: String,
        /// The operation's own.
        wanted: &'static str,
    },
    /// An element that WS-Trust or `VMware`'s profile of it does not have, or one given twice.
    #[error("{0} is unknown here, or given twice")]
    Unknown(String),
    /// Part of WS-Trust, not served.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A value outside its type.
    #[error("the value of {0} is not valid")]
    Value(&'static str),
    /// A time that is none.
    #[error("Cannot parse the requested Lifetime: {0}")]
    Time(#[from] TimeSyntax),
    /// `Lifetime` ends before it begins.
    #[error("Invalid token lifetime")]
    LifetimeOrder,
}

/// The SOAP action of Issue.
pub const ISSUE_ACTION: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue";
/// The `RequestType` of Issue.
pub const ISSUE: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue";

impl KeyType {
    /// Its URI.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Bearer => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer",
            Self::PublicKey => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/PublicKey",
        }
    }
}

impl IssueRequest {
    /// Reads the request from a SOAP body.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn read(body: Element<'_>) -> Result<Self, RequestError> {
        let mut children = body.children();
        let request = children.next().filter(|_| body.is(SOAP, "Body")).ok_or(RequestError::NoRequest)?;
        if !request.is(WST, "RequestSecurityToken") || body.has_loose_text() || request.has_loose_text() {
            return Err(RequestError::NoRequest);
        }
        let context = request.attribute("Context").filter(|context| context.len() <= MAX_CONTEXT);
        let mut read = Reading::default();
        for child in request.children() {
            read.take(child)?;
        }
        for beside in children {
            if !beside.is(WST, "UseKey") {
                return Err(RequestError::NoRequest);
            }
            read.take(beside)?;
        }
        if read.request_type.as_deref() != Some(ISSUE) {
            return Err(RequestError::RequestType);
        }
        Ok(Self { context: context.map(str::to_owned), ..read.request })
    }
}

/// An action, where one is given, must be this operation's. Clients quote it or not, and may leave it out.
///
/// # Errors
/// [`RequestError::Action`] for another operation's.
pub fn check_action(action: &str) -> Result<(), RequestError> {
    let action = action.trim().trim_matches('"');
    if action.is_empty() || action == ISSUE_ACTION {
        return Ok(());
    }
    Err(RequestError::Action { seen: action.chars().take(256).collect(), wanted: ISSUE_ACTION })
}

/// `wsa:Action` of a message, empty when it has none.
#[must_use]
pub fn soap_action_of(envelope: &Envelope) -> &str {
    envelope.header_blocks(WSA, "Action").next().and_then(Element::text).unwrap_or_default()
}

#[derive(Default)]
struct Reading {
    request: IssueRequest,
    request_type: Option<String>,
    seen: Vec<String>,
}

impl Reading {
    fn take(&mut self, child: Element<'_>) -> Result<(), RequestError> {
        let name = child.local();
        let known = child.namespace() == WST || (child.namespace() == WST14 && name == "ActAs");
        if self.seen.iter().any(|earlier| earlier == name) || (!known && !FOREIGN.contains(&name)) {
            return Err(RequestError::Unknown(child.qualified().chars().take(64).collect()));
        }
        self.seen.push(name.to_owned());
        match name {
            "TokenType" => value(child, "TokenType").map(drop),
            "RequestType" => {
                value(child, "RequestType").map(|kind| self.request_type = Some(kind.to_owned()))
            }
            "Lifetime" => lifetime(child).map(|lifetime| self.request.lifetime = lifetime),
            "KeyType" => key_type(child).map(|kind| self.request.key_type = Some(kind)),
            "SignatureAlgorithm" => {
                self.request.signature_algorithm = Some(value(child, "SignatureAlgorithm")?.to_owned());
                Ok(())
            }
            "Renewing" => {
                self.request.renewable =
                    child.attribute("Allow").map(|allow| boolean(allow, "Renewing")).transpose()?;
                Ok(())
            }
            "Delegatable" => {
                self.request.delegatable = boolean(value(child, "Delegatable")?, "Delegatable")?;
                Ok(())
            }
            "UseKey" => {
                let signature = child
                    .attribute("Sig")
                    .filter(|sig| !sig.is_empty())
                    .ok_or(RequestError::Value("UseKey"))?;
                self.request.use_key = Some(signature.to_owned());
                Ok(())
            }
            other => Err(RequestError::Unsupported(other.chars().take(64).collect())),
        }
    }
}

/// An empty element, or one without a bound, leaves the choice to the server.
fn lifetime(element: Element<'_>) -> Result<Lifetime, RequestError> {
    let bound = |local| -> Result<Option<Moment>, RequestError> {
        let found = element.child(WSU, local).and_then(Element::text).map(str::trim);
        Ok(found.map(Moment::parse).transpose()?)
    };
    let lifetime = Lifetime { created: bound("Created")?, expires: bound("Expires")? };
    match (lifetime.created, lifetime.expires) {
        (Some(created), Some(expires)) if created >= expires => Err(RequestError::LifetimeOrder),
        _ => Ok(lifetime),
    }
}

fn key_type(element: Element<'_>) -> Result<KeyType, RequestError> {
    let uri = value(element, "KeyType")?;
    let known =
        [KeyType::Bearer, KeyType::PublicKey].into_iter().find(|kind| kind.uri().eq_ignore_ascii_case(uri));
    known.ok_or(RequestError::Value("KeyType"))
}

fn value<'d>(element: Element<'d>, name: &'static str) -> Result<&'d str, RequestError> {
    element.text().map(str::trim).filter(|text| !text.is_empty()).ok_or(RequestError::Value(name))
}

fn boolean(text: &str, name: &'static str) -> Result<bool, RequestError> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(RequestError::Value(name)),
    }
}

/// Elements of other namespaces that `VMware`'s profile allows in a request.
const FOREIGN: &[&str] = &["AdviceSet"];
/// Echoed in the answer, so bounded (`attacks.md` W21).
const MAX_CONTEXT: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn read(inner: &str) -> Result<IssueRequest, RequestError> {
        let text = format!("<s:Body xmlns:s='{SOAP}' xmlns='{WST}' xmlns:u='{WSU}'>{inner}</s:Body>");
        IssueRequest::read(Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root())
    }

    fn issue(inner: &str) -> Result<IssueRequest, RequestError> {
        read(&format!(
            "<RequestSecurityToken><RequestType>{ISSUE}</RequestType>{inner}</RequestSecurityToken>"
        ))
    }

    #[test]
    fn a_request_is_read_whatever_the_order() {
        let key = KeyType::PublicKey.uri();
        let request = issue(&format!(
            "<UseKey Sig='_s'/><KeyType>{key}</KeyType><Delegatable>true</Delegatable><Renewing Allow='false' OK='true'/>\
             <Lifetime><u:Created>2026-11-24T08:00:00Z</u:Created></Lifetime>"
        ));
        let request = request.unwrap();
        assert_eq!(
            (request.key_type, request.renewable, request.delegatable),
            (Some(KeyType::PublicKey), Some(false), true)
        );
        assert_eq!(request.use_key.as_deref(), Some("_s"));
        assert!(request.lifetime.created.is_some() && request.lifetime.expires.is_none());
    }

    #[test]
    fn use_key_may_stand_beside_the_request_and_nothing_else_may() {
        let request =
            format!("<RequestSecurityToken><RequestType>{ISSUE}</RequestType></RequestSecurityToken>");
        assert_eq!(read(&format!("{request}<UseKey Sig='_s'/>")).unwrap().use_key.as_deref(), Some("_s"));
        assert_eq!(read(&format!("{request}{request}")), Err(RequestError::NoRequest));
        assert_eq!(read("<x xmlns='urn:x'/>"), Err(RequestError::NoRequest));
        assert_eq!(read(""), Err(RequestError::NoRequest));
    }

    #[test]
    fn another_operation_or_none_is_refused() {
        assert_eq!(read("<RequestSecurityToken/>"), Err(RequestError::RequestType));
        let renew = ISSUE.replace("Issue", "Renew");
        let renew =
            format!("<RequestSecurityToken><RequestType>{renew}</RequestType></RequestSecurityToken>");
        assert_eq!(read(&renew), Err(RequestError::RequestType));
    }

    #[test]
    fn what_is_unknown_unsupported_or_out_of_type_is_refused_by_name() {
        assert_eq!(issue("<x/>"), Err(RequestError::Unsupported("x".into())));
        assert_eq!(issue("<y xmlns='urn:y'/>"), Err(RequestError::Unknown("y".into())));
        assert_eq!(
            issue("<ActAs xmlns='http://docs.oasis-open.org/ws-sx/ws-trust/200802'/>"),
            Err(RequestError::Unsupported("ActAs".into()))
        );
        assert_eq!(
            issue("<TokenType>a</TokenType><TokenType>a</TokenType>"),
            Err(RequestError::Unknown("TokenType".into()))
        );
        assert_eq!(
            issue("<KeyType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/SymmetricKey</KeyType>"),
            Err(RequestError::Value("KeyType"))
        );
        assert_eq!(issue("<Delegatable>yes</Delegatable>"), Err(RequestError::Value("Delegatable")));
        assert_eq!(issue("<UseKey/>"), Err(RequestError::Value("UseKey")));
    }

    #[test]
    fn a_lifetime_ends_after_it_begins() {
        let period = |created: &str, expires: &str| {
            issue(&format!(
                "<Lifetime><u:Created>{created}</u:Created><u:Expires>{expires}</u:Expires></Lifetime>"
            ))
        };
        assert!(period("2026-11-24T08:00:00.000Z", "2026-11-24T08:00:00.001Z").is_ok());
        assert_eq!(period("2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z"), Err(RequestError::LifetimeOrder));
        assert_eq!(period("soon", "2026-11-24T08:00:00Z"), Err(RequestError::Time(TimeSyntax)));
    }
}
