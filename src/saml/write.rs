//! The assertion as vCenter writes it, straight into exclusive-canonical form (`stack.md` §6, `sts.md` §5.1).
//!
//! No document is built and nothing is parsed: what is written is what is digested and signed. The literals stand in
//! `literal`, and [`super::shape`] reads them back; tests hold the output against our own canonicaliser and others'.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::advice::{self, Advice};
use super::assertion::Delegate;
use super::names::{EMAIL, GIVEN_NAME, GROUPS, IS_SOLUTION, SURNAME, USER_PRINCIPAL_NAME};
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::dsig::write::{NewReference, sign, signed_info};
use crate::pki::TokenSigner;
use crate::pki::key::KeyError;
use crate::xml::write::{attribute, text};

/// The prefixes that other verifiers must not let anybody rebind (`decisions.md` §11).
pub const PREFIX_LIST: &str = "xsd xsi rsa del";

/// What an assertion is to say. Names must be writable: `sts::decide` has seen to it.
#[derive(Clone, Debug)]
pub struct NewAssertion<'a> {
    /// `ID`, an `NCName`.
    pub id: &'a str,
    /// `IssueInstant` and `AuthnInstant`.
    pub issue_instant: Moment,
    /// When the subject proved itself.
    pub authn_instant: Moment,
    /// `Issuer`.
    pub issuer: &'a str,
    /// `NameID`, a UPN.
    pub subject: &'a str,
    /// Base64 of the confirmed certificate; none = bearer.
    pub confirmation: Option<&'a str>,
    /// First moment.
    pub not_before: Moment,
    /// The moment it is over.
    pub not_on_or_after: Moment,
    /// How often it may be delegated.
    pub proxy_count: u32,
    /// How often it may be renewed; zero = no such condition.
    pub renew_count: u32,
    /// How the subject proved itself.
    pub authn_class: &'a str,
    /// Groups in full form, `domain\name`.
    pub groups: &'a [String],
    /// Given name, if known.
    pub given_name: Option<&'a str>,
    /// Surname, if known.
    pub surname: Option<&'a str>,
    /// A machine, not a person.
    pub is_solution: bool,
    /// What only some tokens say.
    pub special: Option<&'a Special>,
}

/// What only some tokens say. The recogniser leaves them to the strict path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Special {
    /// The chain, in order of time; the last one is who presents the token.
    pub delegates: Vec<Delegate>,
    /// For whom the token is; none = for everybody.
    pub audiences: Vec<String>,
    /// Where a bearer token may be presented.
    pub recipient: Option<String>,
    /// What others say about the subject.
    pub advice: Vec<Advice>,
    /// Names of the attributes it is to have; none = the usual four.
    pub claims: Option<Vec<String>>,
    /// Mail address, for who asks for it.
    pub email: Option<String>,
}

static NOTHING_SPECIAL: Special = Special {
    delegates: Vec::new(),
    audiences: Vec::new(),
    recipient: None,
    advice: Vec::new(),
    claims: None,
    email: None,
};

impl Special {
    fn wants(&self, name: &str) -> bool {
        match &self.claims {
            None => USUAL.contains(&name),
            Some(claims) => claims.iter().any(|claim| claim == name),
        }
    }
}

/// What a token says of its subject when nobody asks (`sts.md` §5.3).
const USUAL: [&str; 4] = [GROUPS, GIVEN_NAME, SURNAME, IS_SOLUTION];

/// Writes and signs.
///
/// # Errors
/// [`KeyError`] when the engine refuses to sign.
pub fn write(
    new: &NewAssertion<'_>,
    signer: &TokenSigner,
    algorithm: SignatureAlgorithm,
) -> Result<String, KeyError> {
    let tail = tail(new);
    let certificates: usize = signer.chain_base64.iter().map(String::len).sum();
    let mut out = String::with_capacity(tail.len() + certificates + 2_600);
    head(&mut out, new);
    let digest = STANDARD.encode(algorithm.hash().of_both(out.as_bytes(), tail.as_bytes()));
    let mut inside = String::with_capacity(1_200);
    signed_info(
        &mut inside,
        algorithm,
        &[NewReference { id: new.id, enveloped: Some(PREFIX_LIST), digest: &digest }],
    );
    let value = sign(&signer.key, algorithm, &inside)?;
    put(&mut out, &[literal::SIGNATURE, &inside, literal::SIGNATURE_VALUE, &value, literal::KEY_INFO]);
    for certificate in &signer.chain_base64 {
        put(&mut out, &[literal::CERTIFICATE, certificate, literal::CERTIFICATE_END]);
    }
    put(&mut out, &[literal::SIGNATURE_END, &tail]);
    Ok(out)
}

/// Everything before the signature.
fn head(out: &mut String, new: &NewAssertion<'_>) {
    put(out, &[literal::ASSERTION, new.id, literal::ISSUE_INSTANT, new.issue_instant.millis_text().as_str()]);
    out.push_str(literal::ISSUER);
    text(out, new.issuer);
    out.push_str(literal::ISSUER_END);
}

/// Everything after the signature.
fn tail(new: &NewAssertion<'_>) -> String {
    let special = new.special.unwrap_or(&NOTHING_SPECIAL);
    let groups: usize = new.groups.iter().map(|group| group.len() + 72).sum();
    let mut out = String::with_capacity(2_400 + groups + new.confirmation.map_or(0, str::len));
    out.push_str(literal::SUBJECT);
    text(&mut out, new.subject);
    confirmation(&mut out, new, special);
    conditions(&mut out, new, special);
    advice::write(&mut out, &special.advice);
    put(&mut out, &[literal::AUTHN, new.authn_instant.millis_text().as_str()]);
    put(&mut out, &[literal::AUTHN_CLASS, new.authn_class, literal::AUTHN_END]);
    let start = out.len();
    out.push_str(literal::STATEMENT);
    attributes(&mut out, new, special);
    if out.len() == start + literal::STATEMENT.len() {
        // The schema has no statement without attributes.
        out.truncate(start);
    } else {
        out.push_str(literal::STATEMENT_END);
    }
    out.push_str(literal::ASSERTION_END);
    out
}

fn confirmation(out: &mut String, new: &NewAssertion<'_>, special: &Special) {
    out.push_str(if new.confirmation.is_none() { literal::BEARER } else { literal::HOLDER_OF_KEY });
    if let Some(presenter) = special.delegates.last() {
        out.push_str(literal::NAME);
        text(out, &presenter.name);
        out.push_str(literal::NAME_END);
    }
    match new.confirmation {
        None => {
            put(out, &[literal::BEARER_DATA, new.not_on_or_after.millis_text().as_str()]);
            if let Some(recipient) = &special.recipient {
                out.push_str(literal::RECIPIENT);
                attribute(out, recipient);
            }
            out.push_str(literal::BEARER_END);
        }
        Some(certificate) => {
            put(out, &[literal::HOLDER_OF_KEY_DATA, certificate, literal::HOLDER_OF_KEY_END]);
        }
    }
}

/// The audience stands last: govmomi builds the conditions again in this order (`clients.md` §4.6).
fn conditions(out: &mut String, new: &NewAssertion<'_>, special: &Special) {
    let (start, end) = (new.not_before.millis_text(), new.not_on_or_after.millis_text());
    put(out, &[literal::CONDITIONS, start.as_str(), literal::NOT_ON_OR_AFTER, end.as_str()]);
    put(out, &[literal::PROXY, &new.proxy_count.to_string(), literal::PROXY_END]);
    if !special.delegates.is_empty() {
        out.push_str(literal::DELEGATION);
        for delegate in &special.delegates {
            put(out, &[literal::DELEGATE, delegate.instant.millis_text().as_str(), "\">", literal::NAME]);
            text(out, &delegate.name);
            put(out, &[literal::NAME_END, literal::DELEGATE_END]);
        }
        out.push_str(literal::DELEGATION_END);
    }
    if new.renew_count > 0 {
        put(out, &[literal::RENEW, &new.renew_count.to_string(), literal::RENEW_END]);
    }
    if !special.audiences.is_empty() {
        out.push_str(literal::AUDIENCES);
        for audience in &special.audiences {
            out.push_str(literal::AUDIENCE);
            text(out, audience);
            out.push_str(literal::AUDIENCE_END);
        }
        out.push_str(literal::AUDIENCES_END);
    }
    out.push_str(literal::CONDITIONS_END);
}

fn attributes(out: &mut String, new: &NewAssertion<'_>, special: &Special) {
    if !new.groups.is_empty() && special.wants(GROUPS) {
        out.push_str(literal::GROUPS);
        for group in new.groups {
            out.push_str(literal::VALUE);
            text(out, group);
            out.push_str(literal::VALUE_END);
        }
        out.push_str(literal::ATTRIBUTE_END);
    }
    let is_solution = if new.is_solution { "true" } else { "false" };
    for (start, name, value) in [
        (literal::GIVEN_NAME, GIVEN_NAME, new.given_name),
        (literal::SURNAME, SURNAME, new.surname),
        (literal::IS_SOLUTION, IS_SOLUTION, Some(is_solution)),
        (literal::USER_PRINCIPAL_NAME, USER_PRINCIPAL_NAME, Some(new.subject)),
        (literal::EMAIL, EMAIL, special.email.as_deref()),
    ] {
        if let Some(value) = value.filter(|_| special.wants(name)) {
            put(out, &[start, literal::VALUE]);
            text(out, value);
            put(out, &[literal::VALUE_END, literal::ATTRIBUTE_END]);
        }
    }
}

fn put(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

/// Every constant piece of an assertion, in the order of writing.
pub(super) mod literal {
    pub const ASSERTION: &str = "<saml2:Assertion xmlns:del=\"urn:oasis:names:tc:SAML:2.0:conditions:delegation\" \
        xmlns:rsa=\"http://www.rsa.com/names/2009/12/std-ext/SAML2.0\" xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
        xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ID=\"";
    pub const ISSUE_INSTANT: &str = "\" IssueInstant=\"";
    pub const ISSUER: &str =
        "\" Version=\"2.0\"><saml2:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">";
    pub const ISSUER_END: &str = "</saml2:Issuer>";
    pub const SIGNATURE: &str =
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>";
    pub const SIGNATURE_VALUE: &str = "</ds:SignedInfo><ds:SignatureValue>";
    pub const KEY_INFO: &str = "</ds:SignatureValue><ds:KeyInfo><ds:X509Data>";
    pub const CERTIFICATE: &str = "<ds:X509Certificate>";
    pub const CERTIFICATE_END: &str = "</ds:X509Certificate>";
    pub const SIGNATURE_END: &str = "</ds:X509Data></ds:KeyInfo></ds:Signature>";
    pub const SUBJECT: &str =
        "<saml2:Subject><saml2:NameID Format=\"http://schemas.xmlsoap.org/claims/UPN\">";
    pub const BEARER: &str =
        "</saml2:NameID><saml2:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
    pub const BEARER_DATA: &str = "<saml2:SubjectConfirmationData NotOnOrAfter=\"";
    pub const RECIPIENT: &str = "\" Recipient=\"";
    pub const BEARER_END: &str =
        "\"></saml2:SubjectConfirmationData></saml2:SubjectConfirmation></saml2:Subject>";
    pub const HOLDER_OF_KEY: &str = "</saml2:NameID><saml2:SubjectConfirmation \
        Method=\"urn:oasis:names:tc:SAML:2.0:cm:holder-of-key\">";
    pub const HOLDER_OF_KEY_DATA: &str = "<saml2:SubjectConfirmationData \
        xsi:type=\"saml2:KeyInfoConfirmationDataType\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
        <ds:X509Data><ds:X509Certificate>";
    pub const NAME: &str = "<saml2:NameID Format=\"http://schemas.xmlsoap.org/claims/UPN\">";
    pub const NAME_END: &str = "</saml2:NameID>";
    pub const HOLDER_OF_KEY_END: &str = "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></saml2:SubjectConfirmationData>\
        </saml2:SubjectConfirmation></saml2:Subject>";
    pub const CONDITIONS: &str = "<saml2:Conditions NotBefore=\"";
    pub const NOT_ON_OR_AFTER: &str = "\" NotOnOrAfter=\"";
    pub const PROXY: &str = "\"><saml2:ProxyRestriction Count=\"";
    pub const PROXY_END: &str = "\"></saml2:ProxyRestriction>";
    pub const DELEGATION: &str = "<saml2:Condition xsi:type=\"del:DelegationRestrictionType\">";
    pub const DELEGATE: &str = "<del:Delegate DelegationInstant=\"";
    pub const DELEGATE_END: &str = "</del:Delegate>";
    pub const DELEGATION_END: &str = "</saml2:Condition>";
    pub const RENEW: &str = "<saml2:Condition Count=\"";
    pub const RENEW_END: &str = "\" xsi:type=\"rsa:RenewRestrictionType\"></saml2:Condition>";
    pub const AUDIENCES: &str = "<saml2:AudienceRestriction>";
    pub const AUDIENCE: &str = "<saml2:Audience>";
    pub const AUDIENCE_END: &str = "</saml2:Audience>";
    pub const AUDIENCES_END: &str = "</saml2:AudienceRestriction>";
    pub const CONDITIONS_END: &str = "</saml2:Conditions>";
    pub const AUTHN: &str = "<saml2:AuthnStatement AuthnInstant=\"";
    pub const AUTHN_CLASS: &str = "\"><saml2:AuthnContext><saml2:AuthnContextClassRef>";
    pub const AUTHN_END: &str = "</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>";
    pub const STATEMENT: &str = "<saml2:AttributeStatement>";
    pub const GROUPS: &str = "<saml2:Attribute FriendlyName=\"Groups\" \
        Name=\"http://rsa.com/schemas/attr-names/2009/01/GroupIdentity\" \
        NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
    pub const GIVEN_NAME: &str = "<saml2:Attribute FriendlyName=\"givenName\" \
        Name=\"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname\" \
        NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
    pub const SURNAME: &str = "<saml2:Attribute FriendlyName=\"surname\" \
        Name=\"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname\" \
        NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
    pub const IS_SOLUTION: &str = "<saml2:Attribute FriendlyName=\"Subject Type\" \
        Name=\"http://vmware.com/schemas/attr-names/2011/07/isSolution\" \
        NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
    pub const USER_PRINCIPAL_NAME: &str = "<saml2:Attribute FriendlyName=\"userPrincipalName\" \
        Name=\"http://schemas.xmlsoap.org/claims/UPN\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
    pub const EMAIL: &str = "<saml2:Attribute FriendlyName=\"email\" \
        Name=\"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress\" \
        NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">";
    pub const VALUE: &str = "<saml2:AttributeValue xsi:type=\"xsd:string\">";
    pub const VALUE_END: &str = "</saml2:AttributeValue>";
    pub const ATTRIBUTE_END: &str = "</saml2:Attribute>";
    pub const STATEMENT_END: &str = "</saml2:AttributeStatement>";
    pub const ASSERTION_END: &str = "</saml2:Assertion>";
}
