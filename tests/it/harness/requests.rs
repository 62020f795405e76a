//! What clients send: Issue requests with every credential, calls to `/sdk`, logins by token.

use std::time::Duration;

pub use vcsso::client::Credential;
use vcsso::client::{self, Ids, Message, Style, sdk, sts};
use vcsso::clock::Moment;
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::SystemEntropy;
use vcsso::pki::{Certificate, SigningKey};
use vcsso::verifier::{Policy, judge_token};
use vcsso::wstrust::request::{IssueRequest, KeyType, Lifetime};
use vcsso::xml::names::SOAP;
use vcsso::xml::write::text;

use super::house::House;
use super::wire::{Answer, Request, Wire};

pub const STS: &str = "/sts/STSService/vsphere.local";

/// When every house begins.
pub fn now() -> Moment {
    Moment::parse("2026-11-24T08:00:00.000Z").unwrap()
}

/// An Issue request.
#[derive(Clone)]
pub struct Act<'a> {
    pub style: Style,
    pub credential: Credential<'a>,
    pub request: IssueRequest,
    pub at: Moment,
    pub ids: Ids,
}

impl<'a> Act<'a> {
    /// As govmomi: a bearer token for five minutes.
    pub fn new(credential: Credential<'a>) -> Self {
        let lifetime = Lifetime { created: Some(now()), expires: Some(now().plus(Duration::from_mins(5))) };
        let request = IssueRequest {
            lifetime,
            key_type: Some(KeyType::Bearer),
            renewable: Some(false),
            delegatable: true,
            ..IssueRequest::default()
        };
        let ids = Ids::random(&SystemEntropy).unwrap();
        Self { style: Style::Govmomi, credential, request, at: now(), ids }
    }

    /// A Holder-of-Key token for the key that signs the request; govmomi names the signature.
    pub fn holder_of_key(mut self) -> Self {
        self.request.key_type = Some(KeyType::PublicKey);
        if self.style == Style::Govmomi {
            self.request.use_key = Some(self.ids.signature.clone());
        }
        self
    }

    pub fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    pub fn at(mut self, at: Moment) -> Self {
        self.at = at;
        self.request.lifetime =
            Lifetime { created: Some(at), expires: Some(at.plus(Duration::from_mins(5))) };
        self
    }

    pub fn asking(mut self, change: impl FnOnce(&mut IssueRequest)) -> Self {
        change(&mut self.request);
        self
    }

    pub fn write(&self) -> String {
        self.around(&sts::issue(&self.request))
    }

    /// Around another body than that of Issue.
    pub fn around(&self, body: &str) -> String {
        let period = (self.at, self.at.plus(Duration::from_mins(5)));
        self.credential.write(self.style, &self.ids, period, body).unwrap()
    }
}

/// The assertion in an answer of the STS.
pub fn assertion(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    match client::Answer::read(answer.body.clone().into_bytes()) {
        Ok(client::Answer::Token(token)) => token,
        other => panic!("no token: {other:?} in {}", answer.body),
    }
}

impl House {
    /// What the STS answers.
    pub fn issue(&self, act: &Act<'_>) -> Answer {
        self.sts(act.write())
    }

    /// What the STS answers to a whole message.
    pub fn sts(&self, message: impl Into<Vec<u8>>) -> Answer {
        let domain = self.app.settings.domain.as_str();
        self.send(&Request::post(&format!("/sts/STSService/{domain}"), message))
    }

    /// The token that the STS issues.
    pub fn token(&self, act: &Act<'_>) -> String {
        assertion(&self.issue(act))
    }

    /// A bearer token by password.
    pub fn bearer(&self, name: &str) -> String {
        self.token(&Act::new(Credential::Password(name, super::PASSWORD)))
    }

    /// The claims of a token, by our own verifier and the house's key.
    pub fn claims(&self, token: &str) -> vcsso::saml::Assertion {
        self.claims_signed_by(token, super::house::signer().certificate())
    }

    /// The same, of the token of another signer.
    pub fn claims_signed_by(&self, token: &str, signer: &Certificate) -> vcsso::saml::Assertion {
        let issuer = self.app.settings.issuer.clone();
        let anchors = vcsso::pki::Anchors::new([(Some(issuer), signer.clone())]);
        let policy = Policy { tolerance: Duration::ZERO, audiences: None };
        let judgement = judge_token(token.as_bytes().to_vec(), &anchors, &policy, self.app.now());
        let proven = judgement.proven.unwrap_or_else(|| panic!("{}", judgement.report.to_json(false)));
        proven.token.unwrap().assertion().clone()
    }

    /// A client of `/sdk`.
    pub fn client(&self) -> Client {
        Client {
            wire: self.wire(),
            cookie: None,
            version: "urn:vim25/8.0.2.0".into(),
            agent: "govc/0.50".into(),
        }
    }

    /// A client that is logged in.
    pub fn logged_in(&self, name: &str) -> Client {
        let mut client = self.client();
        let answer = client.login(name, super::PASSWORD);
        assert_eq!(answer.status, 200, "{}", answer.body);
        client
    }
}

/// A client of `/sdk` with its cookie.
pub struct Client {
    pub wire: Wire,
    pub cookie: Option<String>,
    pub version: String,
    pub agent: String,
}

impl Client {
    /// Sends a whole message, with the cookie; the answer's cookie is kept.
    pub fn send(&mut self, message: impl Into<Vec<u8>>) -> Answer {
        let mut request = Request::post("/sdk", message).header("User-Agent", &self.agent);
        request = request.header("SOAPAction", &self.version);
        if let Some(cookie) = &self.cookie {
            request = request.header("Cookie", cookie);
        }
        let answer = self.wire.send(&request);
        if let Some(cookie) = answer.cookie() {
            self.cookie = Some(cookie);
        }
        answer
    }

    pub fn call(&mut self, method: &str, this: &str, parameters: &str) -> Answer {
        self.send(envelope(&call(method, this, parameters)))
    }

    pub fn login(&mut self, name: &str, password: &str) -> Answer {
        self.call("Login", "SessionManager", &login_parameters(name, password))
    }

    pub fn logout(&mut self) -> Answer {
        self.call("Logout", "SessionManager", "")
    }

    pub fn current_time(&mut self) -> Answer {
        self.call("CurrentTime", "ServiceInstance", "")
    }

    /// The session, if there is one; as pyVmomi asks.
    pub fn current_session(&mut self) -> Answer {
        self.call("Fetch", "SessionManager", "<prop>currentSession</prop>")
    }

    /// Properties, `(type, object, paths)` each; no path is all of them.
    pub fn retrieve(&mut self, wanted: &[(&str, &str, &[&str])], most: Option<usize>) -> Answer {
        self.call("RetrievePropertiesEx", "propertyCollector", &retrieval(wanted, most))
    }
}

pub fn login_parameters(name: &str, password: &str) -> String {
    let mut out = String::from("<userName>");
    text(&mut out, name);
    out.push_str("</userName><password>");
    text(&mut out, password);
    out.push_str("</password>");
    out
}

pub fn retrieval(wanted: &[(&str, &str, &[&str])], most: Option<usize>) -> String {
    let mut out = String::from("<specSet>");
    for (kind, _, paths) in wanted {
        let paths: String = paths.iter().map(|path| format!("<pathSet>{path}</pathSet>")).collect();
        let all = paths.is_empty();
        out += &format!("<propSet><type>{kind}</type><all>{all}</all>{paths}</propSet>");
    }
    for (kind, object, _) in wanted {
        out += &format!("<objectSet><obj type=\"{kind}\">{object}</obj></objectSet>");
    }
    out += "</specSet><options>";
    if let Some(most) = most {
        out += &format!("<maxObjects>{most}</maxObjects>");
    }
    out + "</options>"
}

/// A call to a published object; its identifier says its type.
pub fn call(method: &str, this: &str, parameters: &str) -> String {
    let kind = match this {
        "propertyCollector" => "PropertyCollector",
        "VpxSettings" => "OptionManager",
        "group-d1" => "Folder",
        other => other,
    };
    call_on(method, kind, this, parameters)
}

/// A call to any object.
pub fn call_on(method: &str, kind: &str, this: &str, parameters: &str) -> String {
    format!("<{method} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{this}</_this>{parameters}</{method}>")
}

/// The parameters of `CreateFilter`, for what [`retrieval`] would read.
pub fn watching(wanted: &[(&str, &str, &[&str])]) -> String {
    let spec = retrieval(wanted, None);
    let spec = spec.split("<options>").next().unwrap().replace("specSet>", "spec>");
    spec + "<partialUpdates>false</partialUpdates>"
}

pub fn envelope(body: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"{SOAP}\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

/// `LoginByToken` as these clients write it; signed where there is a key.
pub fn token_login(style: Style, token: &str, key: Option<&SigningKey>, at: Moment) -> String {
    let ids = Ids::random(&SystemEntropy).unwrap();
    let message = Message::new(style, &ids).assertion(token);
    match (style, key) {
        (_, Some(key)) => {
            let message = message.timestamp(at, at.plus(Duration::from_mins(1)));
            let algorithm = match style {
                Style::Govmomi => SignatureAlgorithm::RSA_SHA256,
                Style::PyVmomi => SignatureAlgorithm::rsa(vcsso::pki::Hash::Sha512),
            };
            let body = match style {
                Style::Govmomi => sdk::login_by_token_without_namespace(Some("en_US")),
                Style::PyVmomi => sdk::login_by_token(None),
            };
            message.signed(key, algorithm).write(&body).unwrap()
        }
        (Style::Govmomi, None) => {
            let message = message.timestamp(at, at.plus(Duration::from_mins(1)));
            message.write(&sdk::login_by_token(Some("en_US"))).unwrap()
        }
        // pyVmomi sends the token alone, without Timestamp.
        (Style::PyVmomi, None) => message.write(&sdk::login_by_token(None)).unwrap(),
    }
}
