//! The closed reader (`attacks.md` §2.4): every element in schema order, known attributes only, counts checked. It reads
//! the canonical bytes whose digest held, and nothing else.

use std::borrow::Cow;

use super::advice;
use super::assertion::{Assertion, Attribute, AuthnStatement, Conditions, Confirmation, Delegate, Subject};
use super::names::{
    BEARER, CLASSES, DEL, DELEGATION_TYPE, GIVEN_NAME, GROUPS, HOLDER_OF_KEY, IS_SOLUTION, KEY_INFO_TYPE,
    RENEW_TYPE, SURNAME, UPN,
};
use crate::clock::{Moment, TimeSyntax};
use crate::dsig::signature::base64_text;
use crate::pki::{Certificate, CertificateError};
use crate::xml::names::{DS, SAML2, XSI};
use crate::xml::{Cursor, Element, Unexpected};

/// Why an assertion cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// An element out of place.
    #[error(transparent)]
    Unexpected(#[from] Unexpected),
    /// An attribute that is missing, unknown, or has a value outside the profile.
    #[error("{element}/@{attribute}: {what}")]
    Attribute {
        /// On which element.
        element: &'static str,
        /// Which attribute.
        attribute: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A time that is none.
    #[error(transparent)]
    Time(#[from] TimeSyntax),
    /// A text that is missing, too long, or holds control characters.
    #[error("the text of {0} is empty, too long or holds control characters")]
    Text(&'static str),
    /// More of something than a token has.
    #[error("more than {1} of {0}")]
    Count(&'static str, usize),
    /// A condition that is not known: never skipped (`attacks.md` A08, C09).
    #[error("an unknown condition {0:?}")]
    Condition(String),
    /// The certificate of the confirmation.
    #[error("the confirmation certificate: {0}")]
    Certificate(#[from] CertificateError),
}

/// Reads an assertion whose signature has been taken out.
///
/// # Errors
/// [`ReadError`].
pub fn read(root: Element<'_>) -> Result<Assertion, ReadError> {
    known(root, "Assertion", &["ID", "IssueInstant", "Version"])?;
    if attribute(root, "Assertion", "Version")? != "2.0" {
        return Err(wrong("Assertion", "Version", "not 2.0"));
    }
    let mut parts = Cursor::over(root)?;
    let issuer = parts.required(SAML2, "Issuer")?;
    known(issuer, "Issuer", &["Format"])?;
    let subject = read_subject(parts.required(SAML2, "Subject")?)?;
    let conditions = read_conditions(parts.required(SAML2, "Conditions")?)?;
    let advice = parts.optional(SAML2, "Advice").map(advice::read).transpose()?.unwrap_or_default();
    let (authn_statements, attributes) = read_statements(&mut parts)?;
    parts.end()?;
    Ok(Assertion {
        id: attribute(root, "Assertion", "ID")?.to_owned(),
        issue_instant: Moment::parse(attribute(root, "Assertion", "IssueInstant")?)?,
        issuer: text(issuer, "Issuer")?.to_owned(),
        subject,
        conditions,
        advice,
        authn_statements,
        attributes,
    })
}

fn read_subject(element: Element<'_>) -> Result<Subject, ReadError> {
    known(element, "Subject", &[])?;
    let mut parts = Cursor::over(element)?;
    let name = parts.required(SAML2, "NameID")?;
    known(name, "NameID", &["Format"])?;
    let confirmation = parts.required(SAML2, "SubjectConfirmation")?;
    parts.end()?;
    known(confirmation, "SubjectConfirmation", &["Method"])?;
    let mut inside = Cursor::over(confirmation)?;
    let presenter = match inside.optional(SAML2, "NameID") {
        Some(presenter) => {
            known(presenter, "NameID", &["Format"])?;
            Some(text(presenter, "NameID")?.to_owned())
        }
        None => None,
    };
    let data = inside.required(SAML2, "SubjectConfirmationData")?;
    inside.end()?;
    let confirmation = match attribute(confirmation, "SubjectConfirmation", "Method")? {
        BEARER => read_bearer(data)?,
        HOLDER_OF_KEY => read_holder_of_key(data)?,
        _ => return Err(wrong("SubjectConfirmation", "Method", "neither bearer nor holder-of-key")),
    };
    let format = known_text(name.attribute("Format").unwrap_or_default(), &[UPN]);
    Ok(Subject { name: text(name, "NameID")?.to_owned(), format, presenter, confirmation })
}

fn read_bearer(data: Element<'_>) -> Result<Confirmation, ReadError> {
    known(data, "SubjectConfirmationData", &["NotOnOrAfter", "Recipient", "InResponseTo"])?;
    Cursor::over(data)?.end()?;
    let not_on_or_after = data.attribute("NotOnOrAfter").map(Moment::parse).transpose()?;
    Ok(Confirmation::Bearer { not_on_or_after, recipient: data.attribute("Recipient").map(str::to_owned) })
}

fn read_holder_of_key(data: Element<'_>) -> Result<Confirmation, ReadError> {
    for attribute in data.attributes() {
        if !(attribute.namespace == XSI && attribute.local == "type" && attribute.value == KEY_INFO_TYPE) {
            return Err(wrong(
                "SubjectConfirmationData",
                attribute.qualified,
                "not in a holder-of-key confirmation",
            ));
        }
    }
    let mut parts = Cursor::over(data)?;
    let key_info = parts.required(DS, "KeyInfo")?;
    parts.end()?;
    let mut parts = Cursor::over(key_info)?;
    let x509 = parts.required(DS, "X509Data")?;
    parts.end()?;
    let mut parts = Cursor::over(x509)?;
    let certificate = parts.required(DS, "X509Certificate")?;
    parts.end()?;
    let der = base64_text(certificate).ok_or(ReadError::Text("X509Certificate"))?;
    Ok(Confirmation::HolderOfKey { certificate: Certificate::from_der(&der)? })
}

fn read_conditions(element: Element<'_>) -> Result<Conditions, ReadError> {
    known(element, "Conditions", &["NotBefore", "NotOnOrAfter"])?;
    let mut conditions = Conditions {
        not_before: Moment::parse(attribute(element, "Conditions", "NotBefore")?)?,
        not_on_or_after: Moment::parse(attribute(element, "Conditions", "NotOnOrAfter")?)?,
        audiences: Vec::new(),
        proxy_count: None,
        renew_count: None,
        delegates: Vec::new(),
        one_time_use: false,
    };
    // Order is free here: VMware writes ProxyRestriction first and the audience last.
    Cursor::over(element)?;
    for condition in element.children() {
        read_condition(&mut conditions, condition)?;
    }
    Ok(conditions)
}

fn read_condition(conditions: &mut Conditions, condition: Element<'_>) -> Result<(), ReadError> {
    match (condition.namespace(), condition.local()) {
        (SAML2, "AudienceRestriction") => {
            known(condition, "AudienceRestriction", &[])?;
            let mut parts = Cursor::over(condition)?;
            let mut audiences = vec![text(parts.required(SAML2, "Audience")?, "Audience")?.to_owned()];
            while let Some(audience) = parts.optional(SAML2, "Audience") {
                audiences.push(text(audience, "Audience")?.to_owned());
                within("Audience", audiences.len(), MAX_ATTRIBUTES)?;
            }
            parts.end()?;
            conditions.audiences.push(audiences);
            within("AudienceRestriction", conditions.audiences.len(), MAX_ATTRIBUTES)
        }
        (SAML2, "ProxyRestriction") if conditions.proxy_count.is_none() => {
            known(condition, "ProxyRestriction", &["Count"])?;
            conditions.proxy_count = Some(count(condition, "ProxyRestriction")?);
            Ok(Cursor::over(condition)?.end()?)
        }
        (SAML2, "OneTimeUse") if !conditions.one_time_use => {
            known(condition, "OneTimeUse", &[])?;
            conditions.one_time_use = true;
            Ok(Cursor::over(condition)?.end()?)
        }
        (SAML2, "Condition") => read_typed_condition(conditions, condition),
        _ => Err(ReadError::Condition(condition.qualified().chars().take(64).collect())),
    }
}

/// The literal text of `xsi:type` decides: what its prefix is bound to may not be signed (`attacks.md` R12).
fn read_typed_condition(conditions: &mut Conditions, condition: Element<'_>) -> Result<(), ReadError> {
    let unknown = |kind: &str| Err(ReadError::Condition(kind.chars().take(64).collect()));
    match condition.attribute_in(XSI, "type").unwrap_or_default() {
        RENEW_TYPE if conditions.renew_count.is_none() => {
            if condition
                .attributes()
                .any(|a| !matches!(a.local, "type" | "Count" | "Postdatable" | "RenewExpired"))
            {
                return unknown("attributes of a renewal condition");
            }
            conditions.renew_count = Some(count(condition, "Condition")?);
            Ok(Cursor::over(condition)?.end()?)
        }
        DELEGATION_TYPE if conditions.delegates.is_empty() => {
            let mut parts = Cursor::over(condition)?;
            conditions.delegates.push(read_delegate(parts.required(DEL, "Delegate")?)?);
            while let Some(delegate) = parts.optional(DEL, "Delegate") {
                conditions.delegates.push(read_delegate(delegate)?);
                within("Delegate", conditions.delegates.len(), MAX_ATTRIBUTES)?;
            }
            Ok(parts.end()?)
        }
        other => unknown(other),
    }
}

fn read_delegate(element: Element<'_>) -> Result<Delegate, ReadError> {
    known(element, "Delegate", &["DelegationInstant"])?;
    let mut parts = Cursor::over(element)?;
    let name = parts.required(SAML2, "NameID")?;
    parts.end()?;
    known(name, "NameID", &["Format"])?;
    let instant = Moment::parse(attribute(element, "Delegate", "DelegationInstant")?)?;
    Ok(Delegate { name: text(name, "NameID")?.to_owned(), instant })
}

fn read_statements(parts: &mut Cursor<'_>) -> Result<(Vec<AuthnStatement>, Vec<Attribute>), ReadError> {
    let (mut authn, mut attributes) = (Vec::new(), Vec::new());
    loop {
        if let Some(statement) = parts.optional(SAML2, "AuthnStatement") {
            authn.push(read_authn(statement)?);
            within("AuthnStatement", authn.len(), MAX_ATTRIBUTES)?;
        } else if let Some(statement) = parts.optional(SAML2, "AttributeStatement") {
            read_attributes(&mut attributes, statement)?;
        } else {
            return Ok((authn, attributes));
        }
    }
}

fn read_authn(element: Element<'_>) -> Result<AuthnStatement, ReadError> {
    known(element, "AuthnStatement", &["AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"])?;
    let mut parts = Cursor::over(element)?;
    let context = parts.required(SAML2, "AuthnContext")?;
    parts.end()?;
    let mut parts = Cursor::over(context)?;
    let class = text(parts.required(SAML2, "AuthnContextClassRef")?, "AuthnContextClassRef")?;
    parts.end()?;
    Ok(AuthnStatement {
        instant: Moment::parse(attribute(element, "AuthnStatement", "AuthnInstant")?)?,
        class: known_text(class, &CLASSES),
    })
}

fn read_attributes(attributes: &mut Vec<Attribute>, statement: Element<'_>) -> Result<(), ReadError> {
    known(statement, "AttributeStatement", &[])?;
    let mut parts = Cursor::over(statement)?;
    let mut next = Some(parts.required(SAML2, "Attribute")?);
    while let Some(element) = next {
        known(element, "Attribute", &["FriendlyName", "Name", "NameFormat"])?;
        let name = attribute(element, "Attribute", "Name")?;
        if attributes.iter().any(|earlier| earlier.name == name) {
            return Err(wrong("Attribute", "Name", "given twice"));
        }
        within("Attribute", attributes.len() + 1, MAX_ATTRIBUTES)?;
        attributes.push(Attribute {
            name: known_text(name, &[GROUPS, GIVEN_NAME, SURNAME, IS_SOLUTION]),
            values: read_values(element)?,
        });
        next = parts.optional(SAML2, "Attribute");
    }
    Ok(parts.end()?)
}

pub(super) fn read_values(attribute: Element<'_>) -> Result<Vec<String>, ReadError> {
    let mut values = Vec::new();
    let mut parts = Cursor::over(attribute)?;
    while let Some(value) = parts.optional(SAML2, "AttributeValue") {
        if value.attributes().any(|a| a.namespace != XSI) {
            return Err(wrong("AttributeValue", "?", "unknown"));
        }
        let text =
            value.text().filter(|text| text.len() <= MAX_TEXT).ok_or(ReadError::Text("AttributeValue"))?;
        values.push(text.to_owned());
        within("AttributeValue", values.len(), MAX_VALUES)?;
    }
    parts.end()?;
    Ok(values)
}

/// Only these attributes, without namespace.
pub(super) fn known(element: Element<'_>, name: &'static str, allowed: &[&str]) -> Result<(), ReadError> {
    match element.attributes().find(|a| !a.namespace.is_empty() || !allowed.contains(&a.local)) {
        Some(attribute) => Err(wrong(name, attribute.qualified, "unknown")),
        None => Ok(()),
    }
}

pub(super) fn attribute<'d>(
    element: Element<'d>,
    name: &'static str,
    attribute: &str,
) -> Result<&'d str, ReadError> {
    element.attribute(attribute).ok_or_else(|| wrong(name, attribute, "missing"))
}

/// Text that names somebody or something: never empty, no control characters. What looks like another name is another
/// account, or none: `app::admission` finds out.
fn text<'d>(element: Element<'d>, name: &'static str) -> Result<&'d str, ReadError> {
    let text = element.text().filter(|text| is_plain(text));
    text.ok_or(ReadError::Text(name))
}

/// Neither empty nor longer than a name, without control characters.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control)
}

fn count(element: Element<'_>, name: &'static str) -> Result<u32, ReadError> {
    let digits = attribute(element, name, "Count")?;
    let number = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
    number.ok_or_else(|| wrong(name, "Count", "not a number"))
}

pub(super) fn within(what: &'static str, seen: usize, most: usize) -> Result<(), ReadError> {
    if seen > most { Err(ReadError::Count(what, most)) } else { Ok(()) }
}

fn wrong(element: &'static str, attribute: &str, what: &'static str) -> ReadError {
    ReadError::Attribute { element, attribute: attribute.chars().take(64).collect(), what }
}

/// The constant itself where the text is one of those every token uses, so that nothing is copied.
fn known_text(text: &str, constants: &[&'static str]) -> Cow<'static, str> {
    match constants.iter().find(|constant| **constant == text) {
        Some(constant) => Cow::Borrowed(*constant),
        None => Cow::Owned(text.to_owned()),
    }
}

/// A subject, issuer or audience; URIs included.
const MAX_NAME: usize = 512;
/// An attribute's value.
pub(super) const MAX_TEXT: usize = 4_096;
const MAX_ATTRIBUTES: usize = 64;
/// `decisions.md` §14.
pub(super) const MAX_VALUES: usize = 8_192;
