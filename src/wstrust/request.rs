//! `wst:RequestSecurityToken` (`sts.md` §2.2): children in any order, each at most once, none unknown.
//!
//! What is named here and not served yet is refused by name: a request is never answered as if a part of it were absent.

use super::advice::{self, Advice};
use super::binary_exchange::BinaryExchange;
use super::operation::Operation;
use super::participants::Participants;
use super::schema;
use crate::clock::{Moment, TimeSyntax};
use crate::xml::Element;
use crate::xml::names::{SOAP, WSSE, WST, WSU};

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
    /// It holds another subject's token: that subject is asked for.
    pub act_as: Option<ActAs>,
    /// `DelegateTo`: the name of the solution user that is to act for the subject.
    pub delegate_to: Option<String>,
    /// `Claims`: names of the attributes the token is to have; none = the usual ones.
    pub claims: Option<Vec<String>>,
    /// `Participants`.
    pub participants: Participants,
    /// `rsa:AdviceSet`.
    pub advice: Vec<Advice>,
    /// `BinaryExchange`: the requester shows by it who it is.
    pub exchange: Option<BinaryExchange>,
}

/// How another subject is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActAs {
    /// `wst14:ActAs`.
    ActAs,
    /// `wst:OnBehalfOf`, which vCenter does not know: an option of ours, with the same rules.
    OnBehalfOf,
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
    /// Several `wsa:Action` headers: each could be meant.
    #[error("There are {0} elements(Action) in the soap header. It should be only one")]
    Actions(usize),
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
    /// `Claims` in another language.
    #[error("The only supported claims dialect is: {DIALECT}")]
    Dialect,
    /// The body of a Challenge holds something other than one `RequestSecurityTokenResponse`.
    #[error("the body does not hold one RequestSecurityTokenResponse")]
    NoResponse,
    /// A Challenge does not say which exchange it goes on with.
    #[error("Bad request! Missing context value!")]
    NoContext,
    /// A Challenge without a token.
    #[error("Bad request! Missing binary exchange!")]
    NoExchange,
    /// A `BinaryExchange` of another kind, or another encoding.
    #[error("{0}")]
    Exchange(&'static str),
    /// `Lifetime` ends before it begins.
    #[error("Invalid token lifetime")]
    LifetimeOrder,
}

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
    /// Reads the request of an operation from a SOAP body. The tokens in it are not read: the verifier takes them from
    /// the message itself.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn read(body: Element<'_>, operation: Operation) -> Result<Self, RequestError> {
        let mut children = body.children();
        let request = children.next().filter(|_| body.is(SOAP, "Body")).ok_or(RequestError::NoRequest)?;
        if !request.is(WST, "RequestSecurityToken") || body.has_loose_text() || request.has_loose_text() {
            return Err(RequestError::NoRequest);
        }
        let context = context_of(request);
        let mut read = Reading::of(operation);
        for child in request.children() {
            read.take(child)?;
        }
        for beside in children {
            if !beside.is(WST, "UseKey") {
                return Err(RequestError::NoRequest);
            }
            read.take(beside)?;
        }
        if read.request_type.as_deref() != Some(operation.uri()) {
            return Err(RequestError::RequestType);
        }
        Ok(Self { context, ..read.request })
    }
}

struct Reading {
    operation: Operation,
    request: IssueRequest,
    request_type: Option<String>,
    seen: Vec<String>,
}

impl Reading {
    fn of(operation: Operation) -> Self {
        Self { operation, request: IssueRequest::default(), request_type: None, seen: Vec::new() }
    }

    fn take(&mut self, child: Element<'_>) -> Result<(), RequestError> {
        let name = child.local();
        let known = schema::REQUEST.contains(&(child.namespace(), name));
        if self.seen.iter().any(|earlier| earlier == name) || !(known || child.namespace() == WST) {
            return Err(RequestError::Unknown(child.qualified().chars().take(64).collect()));
        }
        if !known {
            return Err(RequestError::Unsupported(name.chars().take(64).collect()));
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
            "ActAs" | "OnBehalfOf" if self.operation == Operation::Issue => {
                only_token(child)?;
                let kind = if name == "ActAs" { ActAs::ActAs } else { ActAs::OnBehalfOf };
                if self.request.act_as.is_some() {
                    return Err(RequestError::Unknown(name.to_owned()));
                }
                self.request.act_as = Some(kind);
                Ok(())
            }
            "DelegateTo" if self.operation == Operation::Issue => {
                let login = child.children().next().filter(|login| login.is(WSSE, "UsernameToken"));
                let user = login.and_then(|login| login.child(WSSE, "Username"));
                let user = user.ok_or(RequestError::Value("DelegateTo"))?;
                self.request.delegate_to = Some(value(user, "DelegateTo")?.to_owned());
                Ok(())
            }
            "Claims" => claims(child).map(|claims| self.request.claims = Some(claims)),
            "BinaryExchange" if self.operation == Operation::Issue => {
                BinaryExchange::read(child).map(|exchange| self.request.exchange = Some(exchange))
            }
            "Participants" => {
                Participants::read(child).map(|participants| self.request.participants = participants)
            }
            other if Some(other) == self.operation.target() => only_token(child),
            // What a renewal does not ask for is the old token's (`sts.md` §2.5).
            "DelegateTo" | "AdviceSet" if self.operation == Operation::Renew => Ok(()),
            "AdviceSet" if self.operation == Operation::Issue => {
                advice::read(child).map(|advice| self.request.advice = advice)
            }
            other => Err(RequestError::Unsupported(other.chars().take(64).collect())),
        }
    }
}

/// `@Context`, where there is one; too long a one is not remembered.
pub(super) fn context_of(element: Element<'_>) -> Option<String> {
    let context = element.attribute("Context");
    context.filter(|context| !context.is_empty() && context.len() <= MAX_CONTEXT).map(str::to_owned)
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

/// The one element in it is a token; what it is worth, the verifier finds out.
fn only_token(element: Element<'_>) -> Result<(), RequestError> {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (Some(_), None) if !element.has_loose_text() => Ok(()),
        _ => Err(RequestError::Value("the element around a token")),
    }
}

fn claims(element: Element<'_>) -> Result<Vec<String>, RequestError> {
    if element.attribute("Dialect") != Some(DIALECT) {
        return Err(RequestError::Dialect);
    }
    let mut claims = Vec::new();
    for claim in element.children() {
        let uri = claim.attribute("Uri").filter(|uri| claim.local() == "ClaimType" && uri.len() <= MAX_VALUE);
        claims.push(uri.ok_or(RequestError::Value("Claims"))?.to_owned());
    }
    if claims.is_empty() || claims.len() > MOST_CLAIMS {
        return Err(RequestError::Value("Claims"));
    }
    Ok(claims)
}

fn key_type(element: Element<'_>) -> Result<KeyType, RequestError> {
    let uri = value(element, "KeyType")?;
    let known =
        [KeyType::Bearer, KeyType::PublicKey].into_iter().find(|kind| kind.uri().eq_ignore_ascii_case(uri));
    known.ok_or(RequestError::Value("KeyType"))
}

pub(super) fn value<'d>(element: Element<'d>, name: &'static str) -> Result<&'d str, RequestError> {
    let text = element.text().map(str::trim);
    text.filter(|text| !text.is_empty() && text.len() <= MAX_VALUE).ok_or(RequestError::Value(name))
}

fn boolean(text: &str, name: &'static str) -> Result<bool, RequestError> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(RequestError::Value(name)),
    }
}

/// The language of the attributes' names.
pub const DIALECT: &str = "http://schemas.xmlsoap.org/ws/2005/05/fedclaims";
/// A URI or a name; a request may wait for a minute until its exchange is through.
const MAX_VALUE: usize = 1_024;
/// Six are known.
const MOST_CLAIMS: usize = 64;
/// Echoed in the answer, so bounded (`attacks.md` W21).
const MAX_CONTEXT: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::names::WST14;
    use crate::xml::{Document, Limits};

    const ISSUE: &str = Operation::Issue.uri();

    fn read(inner: &str) -> Result<IssueRequest, RequestError> {
        let text = format!("<s:Body xmlns:s='{SOAP}' xmlns='{WST}' xmlns:u='{WSU}'>{inner}</s:Body>");
        IssueRequest::read(
            Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root(),
            Operation::Issue,
        )
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
            issue("<RenewTarget><x/></RenewTarget>"),
            Err(RequestError::Unsupported("RenewTarget".into()))
        );
        assert_eq!(
            issue("<ActAs><x/></ActAs>"),
            Err(RequestError::Unsupported("ActAs".into())),
            "not of WS-Trust 1.3"
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

    /// sts.md §10: 114.
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

    #[test]
    fn delegation_and_claims_are_read_and_their_tokens_are_left_alone() {
        let act_as = format!("<a:ActAs xmlns:a='{WST14}'>{{}}</a:ActAs>");
        let request = issue(&act_as.replace("{}", "<x xmlns='urn:x'>anything</x>")).unwrap();
        assert_eq!(request.act_as, Some(ActAs::ActAs));
        assert_eq!(issue("<OnBehalfOf><x/></OnBehalfOf>").unwrap().act_as, Some(ActAs::OnBehalfOf));
        for inside in ["", "<x/><x/>", "text", "text<x/>"] {
            let refused = issue(&act_as.replace("{}", inside));
            assert_eq!(refused, Err(RequestError::Value("the element around a token")), "{inside}");
        }
        let named = |name: &str| {
            issue(&format!(
                "<DelegateTo><w:UsernameToken xmlns:w='{WSSE}'><w:Username>{name}</w:Username></w:UsernameToken></DelegateTo>"
            ))
        };
        assert_eq!(named("agent").unwrap().delegate_to.as_deref(), Some("agent"));
        assert_eq!(named(""), Err(RequestError::Value("DelegateTo")));
        let asked = |dialect: &str, claims: &str| {
            issue(&format!("<Claims Dialect='{dialect}' xmlns:a='urn:a'>{claims}</Claims>")).map(|r| r.claims)
        };
        assert_eq!(asked(DIALECT, "<a:ClaimType Uri='urn:c'/>"), Ok(Some(vec!["urn:c".into()])));
        assert_eq!(asked("urn:other", "<a:ClaimType Uri='urn:c'/>"), Err(RequestError::Dialect));
        assert_eq!(asked(DIALECT, "<a:ClaimType/>"), Err(RequestError::Value("Claims")));
        assert_eq!(asked(DIALECT, ""), Err(RequestError::Value("Claims")));
    }
}
