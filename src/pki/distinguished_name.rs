//! Distinguished names compared: the text somebody registered (RFC 4514, with the older spellings) with the subject of a
//! certificate, in the order of either.

use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::certificate::Certificate;

/// A name, part by part, in a form that is equal for equal names: types as object identifiers, values without regard to
/// case and to how much white space there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(String, String)>>);

/// A text that is no distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct NotAName;

impl DistinguishedName {
    /// Reads a text such as `CN=ext.example.test, O=Example`.
    ///
    /// # Errors
    /// [`NotAName`] for a text of another form, or a type of attribute that has no known name.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        if text.len() > MAX_NAME {
            return Err(NotAName);
        }
        let mut parts = vec![Vec::new()];
        let mut rest = text.trim();
        loop {
            let (attribute, value) = rest.split_once('=').ok_or(NotAName)?;
            let (value, separator, after) = value_of(value)?;
            parts.last_mut().ok_or(NotAName)?.push((oid_of(attribute.trim())?, normal(&value)));
            match separator {
                None => break,
                Some('+') => {}
                Some(_) => parts.push(Vec::new()),
            }
            rest = after;
        }
        Ok(Self::sorted(parts))
    }

    /// The subject of a certificate. Nothing when it has a value that is no text.
    #[must_use]
    pub fn of_subject(certificate: &Certificate) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate.der()).ok()?;
        let one = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            Some((attribute.attr_type().to_id_string(), normal(attribute.as_str().ok()?)))
        };
        let parts = parsed.subject().iter_rdn().map(|part| part.iter().map(one).collect::<Option<Vec<_>>>());
        Some(Self::sorted(parts.collect::<Option<_>>()?))
    }

    /// The same name, written from the leaf up or from the root down: RFC 4514 does the one, certificates the other.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        !self.0.is_empty() && (self.0 == other.0 || self.0.iter().rev().eq(other.0.iter()))
    }

    fn sorted(mut parts: Vec<Vec<(String, String)>>) -> Self {
        for part in &mut parts {
            part.sort_unstable();
        }
        Self(parts)
    }
}

/// A value up to its separator; the separator, if there is one; what follows it.
fn value_of(text: &str) -> Result<(String, Option<char>, &str), NotAName> {
    let text = text.trim_start();
    match text.strip_prefix('"') {
        Some(quoted) => quoted_value(quoted),
        None => plain_value(text),
    }
}

fn quoted_value(text: &str) -> Result<(String, Option<char>, &str), NotAName> {
    let mut bytes = Vec::new();
    let mut rest = text;
    loop {
        let next = rest.chars().next().ok_or(NotAName)?;
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
        match next {
            '"' => break,
            '\\' => rest = escaped(rest, &mut bytes)?,
            plain => bytes.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let value = String::from_utf8(bytes).map_err(|_| NotAName)?;
    let rest = rest.trim_start();
    match rest.chars().next() {
        None => Ok((value, None, "")),
        Some(separator @ (',' | ';' | '+')) => {
            Ok((value, Some(separator), rest.get(1..).unwrap_or_default()))
        }
        Some(_) => Err(NotAName),
    }
}

fn plain_value(text: &str) -> Result<(String, Option<char>, &str), NotAName> {
    // The hexadecimal form says the bytes of a type that this does not read.
    if text.starts_with('#') {
        return Err(NotAName);
    }
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
        match next {
            ',' | ';' | '+' => {
                return Ok((String::from_utf8(bytes).map_err(|_| NotAName)?, Some(next), rest));
            }
            '"' => return Err(NotAName),
            '\\' => rest = escaped(rest, &mut bytes)?,
            plain => bytes.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok((String::from_utf8(bytes).map_err(|_| NotAName)?, None, ""))
}

/// What stands behind a backslash: one byte in two hexadecimal digits, or the character itself.
fn escaped<'t>(text: &'t str, bytes: &mut Vec<u8>) -> Result<&'t str, NotAName> {
    let byte = text.get(..2).filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
    if let Some(byte) = byte.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
        bytes.push(byte);
        return Ok(text.get(2..).unwrap_or_default());
    }
    let next = text.chars().next().ok_or(NotAName)?;
    bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(text.get(next.len_utf8()..).unwrap_or_default())
}

/// RFC 4518 as far as names of certificates need it: case and runs of spaces do not count.
fn normal(value: &str) -> String {
    value.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn oid_of(name: &str) -> Result<String, NotAName> {
    let lower = name.to_ascii_lowercase();
    let dotted = lower.strip_prefix("oid.").unwrap_or(&lower);
    if dotted.starts_with(|c: char| c.is_ascii_digit()) {
        let whole = dotted.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()));
        return if whole { Ok(dotted.to_owned()) } else { Err(NotAName) };
    }
    let known = ATTRIBUTES.iter().find(|(names, _)| names.contains(&lower.as_str()));
    known.map(|(_, oid)| (*oid).to_owned()).ok_or(NotAName)
}

/// RFC 4519 §2, with the names that OpenSSL, Java and Windows print.
const ATTRIBUTES: &[(&[&str], &str)] = &[
    (&["cn", "commonname"], "2.5.4.3"),
    (&["sn", "surname"], "2.5.4.4"),
    (&["serialnumber"], "2.5.4.5"),
    (&["c", "countryname"], "2.5.4.6"),
    (&["l", "localityname"], "2.5.4.7"),
    (&["st", "s", "stateorprovincename"], "2.5.4.8"),
    (&["street", "streetaddress"], "2.5.4.9"),
    (&["o", "organizationname"], "2.5.4.10"),
    (&["ou", "organizationalunitname"], "2.5.4.11"),
    (&["t", "title"], "2.5.4.12"),
    (&["gn", "givenname"], "2.5.4.42"),
    (&["uid", "userid"], "0.9.2342.19200300.100.1.1"),
    (&["dc", "domaincomponent"], "0.9.2342.19200300.100.1.25"),
    (&["e", "emailaddress"], "1.2.840.113549.1.9.1"),
];
/// Ten parts with values of the greatest length that RFC 5280 allows are 700.
const MAX_NAME: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        DistinguishedName::parse(one).unwrap().is(&DistinguishedName::parse(other).unwrap())
    }

    #[test]
    fn a_name_is_the_same_in_every_spelling_and_in_both_orders() {
        let name = "CN=Ext Server,OU=a\\, b,O=Example";
        for spelled in [
            "cn=ext  server , ou=A\\2C B; O=example",
            "O=Example, OU=\"a, b\", CN=Ext Server",
            "2.5.4.3=Ext Server,OID.2.5.4.11=a\\, b,organizationName=Example",
            "CN=Ext Server,OU=a\\, b,O=E\\78ample",
        ] {
            assert!(same(name, spelled), "{spelled}");
        }
        assert!(same("CN=a+UID=b,O=c", "UID=b+CN=a,O=c"));
        assert!(same("CN=\u{e9}", "CN=\\C3\\A9"));
    }

    #[test]
    fn another_name_is_another_name() {
        let name = "CN=a,OU=b,O=c";
        for other in [
            "CN=a,OU=b",
            "CN=a,OU=b,O=d",
            "OU=b,CN=a,O=c",
            "CN=a,OU=b,O=c,C=d",
            "CN=a+OU=b,O=c",
            "CN=a\\,OU\\=b,O=c",
        ] {
            assert!(!same(name, other), "{other}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "CN",
            "a",
            "=x",
            "CN=a,",
            "CN=a,b",
            "XX=a",
            "CN=#0401",
            "CN=\"a",
            "CN=\"a\"b",
            "CN=a\\",
            "CN=\\FF",
            "1..2=a",
            &format!("CN={}", "x".repeat(1_024)),
        ] {
            assert_eq!(DistinguishedName::parse(text), Err(NotAName), "{text}");
        }
        assert!(DistinguishedName::parse(&format!("CN={}", "x".repeat(1_021))).is_ok());
    }
}
