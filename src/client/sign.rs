//! Messages with WS-Security, in the two dialects that matter (`clients.md` §2): govmomi's and pyVmomi's.
//!
//! The message is written without its signature, read back, and its parts digested in canonical form; the signature is
//! then put in its place. So what is signed here is what any verifier sees, whatever the body holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::dsig::write::{NewReference, digest, signed_info};
use crate::entropy::{Entropy, NoEntropy, uuid};
use crate::pki::key::KeyError;
use crate::pki::{Certificate, SigningKey};
use crate::soap::{Envelope, EnvelopeError};
use crate::wsse::binary_token::{BASE64, X509_V3};
use crate::wsse::token_reference::{SAML_ID, SAML_V2};
use crate::xml::names::{DS, SAML2, SOAP, WSSE, WSU};
use crate::xml::write::text;
use crate::xml::{Document, Element, Limits, c14n};

/// Whose handwriting a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Timestamp, certificate, login, assertion, signature; signs Timestamp, then Body; the signature has an `Id`.
    /// A message that is not signed uses default namespaces and its Body has no `Id`.
    Govmomi,
    /// The assertion before the Timestamp; signs Body, then Timestamp; white space inside the signature, which has no
    /// `Id`.
    PyVmomi,
}

/// The identifiers in one message. An empty signature identifier is written too: govmomi logs in with `Id=""`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    /// `wsu:Id` of the Timestamp.
    pub timestamp: String,
    /// `wsu:Id` of the `BinarySecurityToken`.
    pub binary_token: String,
    /// `Id` of the signature; an Issue request names it in `UseKey`.
    pub signature: String,
    /// `wsu:Id` of the Body.
    pub body: String,
}

/// What a signature can cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The Timestamp of the security header.
    Timestamp,
    /// The Body.
    Body,
    /// The certificate token.
    BinaryToken,
}

/// A message to be written.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    style: Style,
    ids: &'a Ids,
    timestamp: Option<(Moment, Moment)>,
    login: Option<(&'a str, &'a str)>,
    certificate: Option<&'a Certificate>,
    assertion: Option<&'a str>,
    signature: Option<(&'a SigningKey, SignatureAlgorithm)>,
    parts: Option<&'a [Part]>,
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Body or assertion are no XML that can stand in a message.
    #[error(transparent)]
    Message(#[from] EnvelopeError),
    /// Something that is to be signed, or to name the key, is not in the message.
    #[error("the message has no {0}")]
    Missing(&'static str),
    /// The token could not be packed.
    #[error("the token could not be packed")]
    Packing,
    /// The engine refused to sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Ids {
    /// Random ones: a prefix and a UUID, as every client writes them.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn random(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let id = || uuid(entropy).map(|uuid| ["_", &uuid].concat());
        Ok(Self { timestamp: id()?, binary_token: id()?, signature: id()?, body: id()? })
    }
}

impl<'a> Message<'a> {
    /// A message without anything in its security header.
    #[must_use]
    pub const fn new(style: Style, ids: &'a Ids) -> Self {
        let (timestamp, login, certificate, assertion) = (None, None, None, None);
        Self { style, ids, timestamp, login, certificate, assertion, signature: None, parts: None }
    }

    /// With a Timestamp, `[created, expires)`.
    #[must_use]
    pub const fn timestamp(mut self, created: Moment, expires: Moment) -> Self {
        self.timestamp = Some((created, expires));
        self
    }

    /// With a `UsernameToken`.
    #[must_use]
    pub const fn login(mut self, user_name: &'a str, password: &'a str) -> Self {
        self.login = Some((user_name, password));
        self
    }

    /// With a `BinarySecurityToken`. A signature then refers to it.
    #[must_use]
    pub const fn certificate(mut self, certificate: &'a Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// With an assertion, verbatim. A signature refers to it unless there is a certificate.
    #[must_use]
    pub const fn assertion(mut self, assertion: &'a str) -> Self {
        self.assertion = Some(assertion);
        self
    }

    /// Signed with this key. govmomi uses SHA-256; pyVmomi SHA-256 with a certificate and SHA-512 with an assertion.
    #[must_use]
    pub const fn signed(mut self, key: &'a SigningKey, algorithm: SignatureAlgorithm) -> Self {
        self.signature = Some((key, algorithm));
        self
    }

    /// Signs exactly these parts, in this order, instead of the style's own.
    #[must_use]
    pub const fn covering(mut self, parts: &'a [Part]) -> Self {
        self.parts = Some(parts);
        self
    }

    /// Writes the message around the content of its Body.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn write(&self, body: &str) -> Result<String, SignError> {
        let (head, tail) = (self.head(), self.tail(body));
        let Some((key, algorithm)) = self.signature else {
            return Ok(head + &tail);
        };
        let envelope = Envelope::parse([head.as_str(), &tail].concat().into_bytes())?;
        let mut digests = Vec::with_capacity(2);
        for part in self.parts.unwrap_or(self.style.parts()) {
            let id = self.id(*part);
            let target = envelope.document().by_id(id).ok_or(SignError::Missing("part to be signed"))?;
            digests.push((id, digest(algorithm, c14n::canonical(target, &[], None).as_bytes())));
        }
        let info = self.style.signed_info(algorithm, &digests);
        let bytes = info.clone().into_bytes();
        let document = Document::parse(bytes, &Limits::MESSAGE).map_err(EnvelopeError::Xml)?;
        let value = key.sign(algorithm.hash(), c14n::canonical(document.root(), &[], None).as_bytes())?;
        let signature = self.signature(&info, &STANDARD.encode(value), &self.key_info(&envelope)?);
        Ok([head, signature, tail].concat())
    }

    /// Everything before the signature.
    fn head(&self) -> String {
        let (prefix, namespace) = self.soap();
        let declaration = if self.style == Style::Govmomi { XML_DECLARATION } else { "" };
        let mut out = String::with_capacity(4_096);
        put(&mut out, &[declaration, "<", prefix, "Envelope ", &namespace, "><", prefix, "Header>"]);
        put(&mut out, &["<wsse:Security xmlns:wsse=\"", WSSE, "\" xmlns:wsu=\"", WSU, "\">"]);
        let white = self.style.white();
        let assertion = self.assertion.map(|verbatim| [white, verbatim, white].concat()).unwrap_or_default();
        match self.style {
            Style::Govmomi => put(&mut out, &[&self.plain_parts(), &assertion]),
            Style::PyVmomi => put(&mut out, &[&assertion, &self.plain_parts()]),
        }
        out
    }

    /// Timestamp, certificate and login.
    fn plain_parts(&self) -> String {
        let mut out = String::with_capacity(2_048);
        if let Some((created, expires)) = self.timestamp {
            put(&mut out, &["<wsu:Timestamp wsu:Id=\"", &self.ids.timestamp, "\">"]);
            put(&mut out, &["<wsu:Created>", created.millis_text().as_str(), "</wsu:Created>"]);
            put(
                &mut out,
                &["<wsu:Expires>", expires.millis_text().as_str(), "</wsu:Expires></wsu:Timestamp>"],
            );
        }
        if let Some(certificate) = self.certificate {
            put(&mut out, &["<wsse:BinarySecurityToken EncodingType=\"", BASE64, "\" ValueType=\"", X509_V3]);
            put(
                &mut out,
                &["\" wsu:Id=\"", &self.ids.binary_token, "\">", &STANDARD.encode(certificate.der())],
            );
            out.push_str("</wsse:BinarySecurityToken>");
        }
        if let Some((user_name, password)) = self.login {
            out.push_str("<wsse:UsernameToken><wsse:Username>");
            text(&mut out, user_name);
            out.push_str("</wsse:Username><wsse:Password>");
            text(&mut out, password);
            out.push_str("</wsse:Password></wsse:UsernameToken>");
        }
        out
    }

    /// Everything after it.
    fn tail(&self, body: &str) -> String {
        let (prefix, namespace) = self.soap();
        let id = match (self.style, self.signature) {
            (Style::Govmomi, None) => String::new(),
            _ => [" ", &namespace, " xmlns:wsu=\"", WSU, "\" wsu:Id=\"", &self.ids.body, "\""].concat(),
        };
        let mut out = String::with_capacity(body.len() + 512);
        put(&mut out, &["</wsse:Security></", prefix, "Header><", prefix, "Body", &id, ">"]);
        put(&mut out, &[body, "</", prefix, "Body></", prefix, "Envelope>"]);
        out
    }

    fn signature(&self, info: &str, value: &str, key_info: &str) -> String {
        let mut out = String::with_capacity(4_096);
        put(&mut out, &["<ds:Signature xmlns:ds=\"", DS, "\""]);
        if self.style == Style::Govmomi {
            put(&mut out, &[" Id=\"", &self.ids.signature, "\""]);
        }
        put(&mut out, &[">", info, self.style.white(), "<ds:SignatureValue>", value, "</ds:SignatureValue>"]);
        put(&mut out, &[self.style.white(), "<ds:KeyInfo>", key_info, "</ds:KeyInfo></ds:Signature>"]);
        out
    }

    fn key_info(&self, envelope: &Envelope) -> Result<String, SignError> {
        let mut out = String::with_capacity(512);
        if self.certificate.is_some() {
            let id = &self.ids.binary_token;
            put(&mut out, &["<wsse:SecurityTokenReference><wsse:Reference URI=\"#", id]);
            put(&mut out, &["\" ValueType=\"", X509_V3, "\"></wsse:Reference>"]);
        } else {
            let id = assertion(envelope).and_then(|element| element.attribute("ID"));
            let id = id.ok_or(SignError::Missing("certificate or assertion that names the key"))?;
            put(&mut out, &["<wsse:SecurityTokenReference xmlns:wsse11=\"", WSSE11]);
            put(
                &mut out,
                &["\" wsse11:TokenType=\"", SAML_V2, "\"><wsse:KeyIdentifier ValueType=\"", SAML_ID],
            );
            put(&mut out, &["\">", id, "</wsse:KeyIdentifier>"]);
        }
        out.push_str("</wsse:SecurityTokenReference>");
        Ok(out)
    }

    fn id(&self, part: Part) -> &str {
        match part {
            Part::Timestamp => &self.ids.timestamp,
            Part::Body => &self.ids.body,
            Part::BinaryToken => &self.ids.binary_token,
        }
    }

    /// The prefix of SOAP's elements, and its declaration.
    fn soap(&self) -> (&'static str, String) {
        let (prefix, declared) = match (self.style, self.signature) {
            (Style::Govmomi, Some(_)) => ("soap:", "xmlns:soap"),
            (Style::Govmomi, None) => ("", "xmlns"),
            (Style::PyVmomi, _) => ("SOAP-ENV:", "xmlns:SOAP-ENV"),
        };
        (prefix, [declared, "=\"", SOAP, "\""].concat())
    }
}

impl Style {
    const fn parts(self) -> &'static [Part] {
        match self {
            Self::Govmomi => &[Part::Timestamp, Part::Body],
            Self::PyVmomi => &[Part::Body, Part::Timestamp],
        }
    }

    const fn white(self) -> &'static str {
        match self {
            Self::Govmomi => "",
            Self::PyVmomi => "\n",
        }
    }

    /// The whole element. It declares its namespace itself, as govmomi's does, so it can be read alone.
    fn signed_info(self, algorithm: SignatureAlgorithm, digests: &[(&str, String)]) -> String {
        let plain = digests.iter().map(|(id, digest)| NewReference { id, enveloped: None, digest });
        let references: Vec<_> = plain.collect();
        let mut inside = String::with_capacity(1_024);
        signed_info(&mut inside, algorithm, &references);
        if self == Self::PyVmomi {
            inside = inside.replace("><ds:", ">\n<ds:").replace("></ds:Transforms>", ">\n</ds:Transforms>");
        }
        ["<ds:SignedInfo xmlns:ds=\"", DS, "\">", self.white(), &inside, self.white(), "</ds:SignedInfo>"]
            .concat()
    }
}

fn assertion(envelope: &Envelope) -> Option<Element<'_>> {
    envelope.header_blocks(WSSE, "Security").next()?.child(SAML2, "Assertion")
}

fn put(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// WS-Security 1.1, for the one attribute that clients take from it.
const WSSE11: &str = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{sdk, sts};
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::pki::{Anchors, Hash, make};
    use crate::verifier::{Door, Policy, judge};
    use crate::wstrust::{IssueRequest, Operation};

    #[test]
    fn a_message_signed_in_either_style_is_accepted_at_the_door_of_the_sts() {
        let now = Moment::parse("2026-11-24T08:00:00.123Z").unwrap();
        let made = make::self_signed("robot", now).unwrap();
        let ids = Ids::random(&SystemEntropy).unwrap();
        let request = IssueRequest { use_key: Some(ids.signature.clone()), ..IssueRequest::default() };
        for style in [Style::Govmomi, Style::PyVmomi] {
            for algorithm in [Hash::Sha256, Hash::Sha512].map(SignatureAlgorithm::rsa) {
                let message = Message::new(style, &ids).timestamp(now, now.plus(Duration::from_mins(1)));
                let message =
                    message.certificate(&made.certificate).login("a&b", "<p>").signed(&made.key, algorithm);
                let text = message.write(&sts::issue(&request)).unwrap();
                let envelope = Envelope::parse(text.into_bytes()).unwrap();
                let judgement = judge(&envelope, Door::Sts, &Anchors::default(), &Policy::default(), now);
                let proven = judgement.proven.unwrap_or_else(|| panic!("{}", judgement.report.to_json(true)));
                assert_eq!(proven.certificate.unwrap().certificate(), &made.certificate);
                assert_eq!(proven.login.unwrap().password.expose(), "<p>");
                let signed = proven.signed.unwrap();
                assert_eq!(signed.id(), if style == Style::Govmomi { ids.signature.as_str() } else { "" });
                assert_eq!(
                    IssueRequest::read(signed.body(), Operation::Issue).unwrap().use_key,
                    request.use_key
                );
            }
        }
    }

    #[test]
    fn an_unsigned_message_is_written_as_it_is() {
        let ids = Ids::random(&SystemEntropy).unwrap();
        for style in [Style::Govmomi, Style::PyVmomi] {
            let text =
                Message::new(style, &ids).login("a", "p").write(&sdk::login_by_token(Some("en"))).unwrap();
            let envelope = Envelope::parse(text.into_bytes()).unwrap();
            assert!(envelope.request().unwrap().is(crate::xml::names::VIM, "LoginByToken"));
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_signed() {
        let now = Moment::EPOCH;
        let made = make::self_signed("robot", now).unwrap();
        let ids = Ids::random(&SystemEntropy).unwrap();
        let signed = Message::new(Style::Govmomi, &ids).signed(&made.key, SignatureAlgorithm::RSA_SHA256);
        assert_eq!(signed.write(""), Err(SignError::Missing("part to be signed")));
        let signed = signed.timestamp(now, now.plus(Duration::from_secs(1)));
        assert_eq!(signed.write(""), Err(SignError::Missing("certificate or assertion that names the key")));
        assert!(matches!(signed.write("<a>"), Err(SignError::Message(_))));
    }
}
