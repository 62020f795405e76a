//! The assertion as vCenter writes it, straight into exclusive-canonical form (`stack.md` §6, `sts.md` §5.1).
//!
//! No document is built and nothing is parsed: what is written is what is digested and signed. The literals stand in
//! `literal`, and [`super::shape`] reads them back; tests hold the output against our own canonicaliser and others'.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::dsig::write::{NewReference, sign, signed_info};
use crate::pki::TokenSigner;
use crate::pki::key::KeyError;
use crate::xml::write::text;

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
}

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
    let groups: usize = new.groups.iter().map(|group| group.len() + 72).sum();
    let mut out = String::with_capacity(2_400 + groups + new.confirmation.map_or(0, str::len));
    out.push_str(literal::SUBJECT);
    text(&mut out, new.subject);
    let end = new.not_on_or_after.millis_text();
    match new.confirmation {
        None => put(&mut out, &[literal::BEARER, end.as_str(), literal::BEARER_END]),
        Some(certificate) => {
            put(&mut out, &[literal::HOLDER_OF_KEY, certificate, literal::HOLDER_OF_KEY_END]);
        }
    }
    let start = new.not_before.millis_text();
    put(&mut out, &[literal::CONDITIONS, start.as_str(), literal::NOT_ON_OR_AFTER, end.as_str()]);
    put(&mut out, &[literal::PROXY, &new.proxy_count.to_string(), literal::PROXY_END]);
    if new.renew_count > 0 {
        put(&mut out, &[literal::RENEW, &new.renew_count.to_string(), literal::RENEW_END]);
    }
    put(&mut out, &[literal::CONDITIONS_END, new.authn_instant.millis_text().as_str()]);
    put(&mut out, &[literal::AUTHN_CLASS, new.authn_class, literal::AUTHN_END]);
    attributes(&mut out, new);
    out.push_str(literal::ASSERTION_END);
    out
}

fn attributes(out: &mut String, new: &NewAssertion<'_>) {
    if !new.groups.is_empty() {
        out.push_str(literal::GROUPS);
        for group in new.groups {
            out.push_str(literal::VALUE);
            text(out, group);
            out.push_str(literal::VALUE_END);
        }
        out.push_str(literal::ATTRIBUTE_END);
    }
    for (start, value) in [(literal::GIVEN_NAME, new.given_name), (literal::SURNAME, new.surname)] {
        if let Some(value) = value {
            put(out, &[start, literal::VALUE]);
            text(out, value);
            put(out, &[literal::VALUE_END, literal::ATTRIBUTE_END]);
        }
    }
    let is_solution = if new.is_solution { "true" } else { "false" };
    put(
        out,
        &[literal::IS_SOLUTION, literal::VALUE, is_solution, literal::VALUE_END, literal::ATTRIBUTE_END],
    );
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
    pub const BEARER: &str = "</saml2:NameID><saml2:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
        <saml2:SubjectConfirmationData NotOnOrAfter=\"";
    pub const BEARER_END: &str =
        "\"></saml2:SubjectConfirmationData></saml2:SubjectConfirmation></saml2:Subject>";
    pub const HOLDER_OF_KEY: &str = "</saml2:NameID><saml2:SubjectConfirmation \
        Method=\"urn:oasis:names:tc:SAML:2.0:cm:holder-of-key\"><saml2:SubjectConfirmationData \
        xsi:type=\"saml2:KeyInfoConfirmationDataType\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
        <ds:X509Data><ds:X509Certificate>";
    pub const HOLDER_OF_KEY_END: &str = "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></saml2:SubjectConfirmationData>\
        </saml2:SubjectConfirmation></saml2:Subject>";
    pub const CONDITIONS: &str = "<saml2:Conditions NotBefore=\"";
    pub const NOT_ON_OR_AFTER: &str = "\" NotOnOrAfter=\"";
    pub const PROXY: &str = "\"><saml2:ProxyRestriction Count=\"";
    pub const PROXY_END: &str = "\"></saml2:ProxyRestriction>";
    pub const RENEW: &str = "<saml2:Condition Count=\"";
    pub const RENEW_END: &str = "\" xsi:type=\"rsa:RenewRestrictionType\"></saml2:Condition>";
    pub const CONDITIONS_END: &str = "</saml2:Conditions><saml2:AuthnStatement AuthnInstant=\"";
    pub const AUTHN_CLASS: &str = "\"><saml2:AuthnContext><saml2:AuthnContextClassRef>";
    pub const AUTHN_END: &str =
        "</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement><saml2:AttributeStatement>";
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
    pub const VALUE: &str = "<saml2:AttributeValue xsi:type=\"xsd:string\">";
    pub const VALUE_END: &str = "</saml2:AttributeValue>";
    pub const ATTRIBUTE_END: &str = "</saml2:Attribute>";
    pub const ASSERTION_END: &str = "</saml2:AttributeStatement></saml2:Assertion>";
}
