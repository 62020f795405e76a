//! What a token says, whoever wrote it: every field as its text stands there, none of it verified. The judge reads tokens
//! by `verifier` and believes nothing that was read here.

use serde_json::{Map, Value, json};

use crate::dsig::signature::base64_text;
use crate::pki::Certificate;
use crate::saml::names::{BEARER, DEL, HOLDER_OF_KEY};
use crate::xml::names::{DS, SAML2};
use crate::xml::{Document, Element, Limits, XmlError};

/// The words of an assertion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnverifiedToken {
    /// `ID`.
    pub id: String,
    /// `Issuer`.
    pub issuer: String,
    /// `IssueInstant`.
    pub issue_instant: String,
    /// `NameID` of the subject.
    pub subject: String,
    /// `bearer`, `holder-of-key`, or the URI of another method.
    pub confirmation: String,
    /// The certificate whose key confirms it.
    pub confirmed: Option<Certificate>,
    /// `NameID` of the confirmation: the last delegate.
    pub presenter: Option<String>,
    /// Where it may be presented.
    pub recipient: Option<String>,
    /// First moment.
    pub not_before: String,
    /// The moment it is over.
    pub not_on_or_after: String,
    /// Every `Audience`.
    pub audiences: Vec<String>,
    /// How often it may be delegated.
    pub proxy_count: Option<String>,
    /// How often it may be renewed.
    pub renew_count: Option<String>,
    /// The delegates and when they were added, in order.
    pub delegates: Vec<(String, String)>,
    /// How the subject proved itself, and when.
    pub authentication: Option<(String, String)>,
    /// Attributes: the name, and the values.
    pub attributes: Vec<(String, Vec<String>)>,
    /// The algorithm of its signature.
    pub signature_algorithm: Option<String>,
    /// The first certificate beside its signature.
    pub signer: Option<Certificate>,
}

/// Why a text is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnverifiedError {
    /// It is no XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It is another document.
    #[error("the root element is {0}, wanted a SAML 2.0 Assertion")]
    Root(String),
}

/// The assertion of a file: what stands before and after it is no part of a token.
///
/// # Errors
/// [`UnverifiedError`].
pub fn assertion_of(bytes: Vec<u8>) -> Result<String, UnverifiedError> {
    let document = Document::parse(bytes, &Limits::MESSAGE)?;
    let root = document.root();
    if root.is(SAML2, "Assertion") {
        return Ok(root.raw().to_owned());
    }
    Err(UnverifiedError::Root(root.qualified().chars().take(64).collect()))
}

impl UnverifiedToken {
    /// Reads what is there; what is not stays empty.
    ///
    /// # Errors
    /// [`UnverifiedError`].
    pub fn read(assertion: &str) -> Result<Self, UnverifiedError> {
        let document = Document::parse(assertion.as_bytes().to_vec(), &Limits::MESSAGE)?;
        let root = document.root();
        if !root.is(SAML2, "Assertion") {
            return Err(UnverifiedError::Root(root.qualified().chars().take(64).collect()));
        }
        let mut token = Self {
            id: attribute(root, "ID").unwrap_or_default(),
            issue_instant: attribute(root, "IssueInstant").unwrap_or_default(),
            issuer: text_of(root.child(SAML2, "Issuer")).unwrap_or_default(),
            ..Self::default()
        };
        token.take_signature(root);
        token.take_subject(root);
        token.take_conditions(root);
        token.take_statements(root);
        Ok(token)
    }

    /// Everything, for programs. `verified` is for who has judged it to add.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        let certificate = |certificate: &Option<Certificate>| {
            certificate.as_ref().map(|certificate| {
                json!({
                    "subject": certificate.subject(),
                    "sha256": certificate.fingerprint(),
                    "not_after": certificate.not_after().millis_text().as_str(),
                })
            })
        };
        let delegate = |(name, instant): &(String, String)| json!({ "name": name, "instant": instant });
        let delegates: Vec<Value> = self.delegates.iter().map(delegate).collect();
        let attributes: Map<String, Value> =
            self.attributes.iter().map(|(name, values)| (name.clone(), json!(values))).collect();
        let authentication = self.authentication.as_ref();
        let fields = [
            ("id", json!(self.id)),
            ("issuer", json!(self.issuer)),
            ("issue_instant", json!(self.issue_instant)),
            ("subject", json!(self.subject)),
            ("confirmation", json!(self.confirmation)),
            ("confirmed", json!(certificate(&self.confirmed))),
            ("presenter", json!(self.presenter)),
            ("recipient", json!(self.recipient)),
            ("not_before", json!(self.not_before)),
            ("not_on_or_after", json!(self.not_on_or_after)),
            ("audiences", json!(self.audiences)),
            ("proxy_count", json!(self.proxy_count)),
            ("renew_count", json!(self.renew_count)),
            ("delegates", Value::Array(delegates)),
            (
                "authentication",
                json!(authentication.map(|(class, at)| json!({ "class": class, "instant": at }))),
            ),
            ("attributes", Value::Object(attributes)),
            ("signature_algorithm", json!(self.signature_algorithm)),
            ("signer", json!(certificate(&self.signer))),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn take_signature(&mut self, root: Element<'_>) {
        let Some(signature) = root.child(DS, "Signature") else { return };
        let method = signature.child(DS, "SignedInfo").and_then(|info| info.child(DS, "SignatureMethod"));
        self.signature_algorithm = method.and_then(|method| attribute(method, "Algorithm"));
        self.signer = certificate_in(signature);
    }

    fn take_subject(&mut self, root: Element<'_>) {
        let Some(subject) = root.child(SAML2, "Subject") else { return };
        self.subject = text_of(subject.child(SAML2, "NameID")).unwrap_or_default();
        let Some(confirmation) = subject.child(SAML2, "SubjectConfirmation") else { return };
        let method = attribute(confirmation, "Method").unwrap_or_default();
        self.confirmation = match method.as_str() {
            BEARER => "bearer".to_owned(),
            HOLDER_OF_KEY => "holder-of-key".to_owned(),
            _ => method,
        };
        self.presenter = text_of(confirmation.child(SAML2, "NameID"));
        let data = confirmation.child(SAML2, "SubjectConfirmationData");
        self.recipient = data.and_then(|data| attribute(data, "Recipient"));
        self.confirmed = data.and_then(certificate_in);
    }

    fn take_conditions(&mut self, root: Element<'_>) {
        let Some(conditions) = root.child(SAML2, "Conditions") else { return };
        self.not_before = attribute(conditions, "NotBefore").unwrap_or_default();
        self.not_on_or_after = attribute(conditions, "NotOnOrAfter").unwrap_or_default();
        for condition in conditions.children() {
            match condition.local() {
                "ProxyRestriction" => self.proxy_count = attribute(condition, "Count"),
                "AudienceRestriction" => {
                    self.audiences
                        .extend(condition.children().filter_map(|audience| text_of(Some(audience))));
                }
                // The literal of its type may be bound to anything: what it holds says what it is.
                "Condition" if condition.attribute("Count").is_some() => {
                    self.renew_count = attribute(condition, "Count");
                }
                _ => {
                    let delegates = condition.children().filter(|child| child.is(DEL, "Delegate"));
                    self.delegates.extend(delegates.map(|delegate| {
                        let name = text_of(delegate.child(SAML2, "NameID")).unwrap_or_default();
                        (name, attribute(delegate, "DelegationInstant").unwrap_or_default())
                    }));
                }
            }
        }
    }

    fn take_statements(&mut self, root: Element<'_>) {
        if let Some(statement) = root.child(SAML2, "AuthnStatement") {
            let context = statement.child(SAML2, "AuthnContext");
            let class = context.and_then(|context| context.child(SAML2, "AuthnContextClassRef"));
            let instant = attribute(statement, "AuthnInstant").unwrap_or_default();
            self.authentication = Some((text_of(class).unwrap_or_default(), instant));
        }
        for statement in root.children().filter(|child| child.is(SAML2, "AttributeStatement")) {
            for said in statement.children().filter(|child| child.is(SAML2, "Attribute")) {
                let values = said.children().map(|value| value.text().unwrap_or_default().to_owned());
                self.attributes.push((attribute(said, "Name").unwrap_or_default(), values.collect()));
            }
        }
    }
}

fn attribute(element: Element<'_>, name: &str) -> Option<String> {
    element.attribute(name).map(str::to_owned)
}

fn text_of(element: Option<Element<'_>>) -> Option<String> {
    element.and_then(Element::text).map(|text| text.trim().to_owned())
}

/// The first certificate of the `KeyInfo` in it.
fn certificate_in(element: Element<'_>) -> Option<Certificate> {
    let data = element.child(DS, "KeyInfo")?.child(DS, "X509Data")?;
    Certificate::from_der(&base64_text(data.child(DS, "X509Certificate")?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by a vCenter of 2018, in another handwriting than ours.
    const VCENTER: &str = include_str!("../../tests/fixtures/vcenter-2018/token.xml");

    #[test]
    fn a_token_of_another_hand_is_read_and_nothing_of_it_is_checked() {
        let assertion = assertion_of(VCENTER.as_bytes().to_vec()).unwrap();
        let token = UnverifiedToken::read(&assertion).unwrap();
        assert!(token.subject.contains('@') && token.issuer.starts_with("http"), "{token:?}");
        assert!(token.signer.is_some() && !token.attributes.is_empty());
        let changed = assertion.replace(&token.subject, "somebody@else");
        assert_eq!(UnverifiedToken::read(&changed).unwrap().subject, "somebody@else");
        assert_eq!(token.to_json()["signer"]["sha256"], token.signer.unwrap().fingerprint());
    }

    #[test]
    fn what_is_no_assertion_is_named_and_what_an_assertion_lacks_is_empty() {
        assert!(matches!(UnverifiedToken::read("<a>"), Err(UnverifiedError::Xml(_))));
        assert_eq!(UnverifiedToken::read("<a/>"), Err(UnverifiedError::Root("a".into())));
        assert_eq!(assertion_of(b"<a/>".to_vec()), Err(UnverifiedError::Root("a".into())));
        let empty = UnverifiedToken::read(&format!("<Assertion xmlns='{SAML2}'/>")).unwrap();
        assert_eq!(empty, UnverifiedToken::default());
    }
}
