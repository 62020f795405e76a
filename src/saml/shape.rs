//! Recognising an assertion of exactly the shape that [`super::write`] writes, so that it can be verified without
//! building or canonicalising anything.
//!
//! Sound because the shape admits only canonical octets: every literal is canonical, every field is refused if it holds
//! anything that canonicalisation would write in another way. The digest is taken over the very bytes that are read
//! here, so the claims are a function of what was signed. Anything else is left to the strict path.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memchr2, memmem};

use super::assertion::{Assertion, Attribute, AuthnStatement, Conditions, Confirmation, Subject};
use super::names::{CLASSES, GIVEN_NAME, GROUPS, IS_SOLUTION, SURNAME, UPN};
use super::read::{MAX_TEXT, MAX_VALUES, is_plain};
use super::write::{PREFIX_LIST, literal};
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::dsig::write::{NewReference, canonical_signed_info, signed_info};
use crate::pki::{Certificate, Hash};
use crate::xml::write::is_writable;

/// An assertion in our own shape, its signature set apart. Nothing about it is verified.
#[derive(Debug)]
pub struct Recognised<'a> {
    /// `ID`.
    pub id: &'a str,
    /// `Issuer`.
    pub issuer: Cow<'a, str>,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// The canonical bytes of its `SignedInfo`.
    pub signed_info: String,
    /// The signature.
    pub signature: Vec<u8>,
    /// The certificate of its signer, base64.
    pub signer_base64: &'a str,
    /// The digest in `SignedInfo`, base64.
    pub digest: &'a str,
    /// The signed bytes: before and after the signature.
    pub signed: [&'a str; 2],
    issue_instant: Moment,
}

impl<'a> Recognised<'a> {
    /// Recognises a whole token; nothing when a single byte is out of shape.
    #[must_use]
    pub fn of(token: &'a str) -> Option<Self> {
        let mut scan = Scan(token);
        scan.literal(literal::ASSERTION)?;
        let id = scan.name()?;
        scan.literal(literal::ISSUE_INSTANT)?;
        let issue_instant = scan.time()?;
        scan.literal(literal::ISSUER)?;
        let issuer = scan.text()?;
        scan.literal(literal::ISSUER_END)?;
        let head = token.get(..token.len() - scan.0.len())?;
        scan.literal(literal::SIGNATURE)?;
        let place = memmem::find(scan.0.as_bytes(), literal::SIGNATURE_VALUE.as_bytes())?;
        let (inside, rest) = scan.0.split_at(place);
        scan.0 = rest;
        scan.literal(literal::SIGNATURE_VALUE)?;
        let (algorithm, digest) = read_signed_info(inside, id)?;
        let signature = STANDARD.decode(scan.field()?).ok()?;
        scan.literal(literal::KEY_INFO)?;
        scan.literal(literal::CERTIFICATE)?;
        let signer_base64 = scan.field()?;
        scan.literal(literal::CERTIFICATE_END)?;
        // The rest of the chain is for others: unsigned, not looked at, but within its grammar.
        while scan.literal(literal::CERTIFICATE).is_some() {
            scan.field()?;
            scan.literal(literal::CERTIFICATE_END)?;
        }
        scan.literal(literal::SIGNATURE_END)?;
        let signed_info = canonical_signed_info(inside);
        Some(Self {
            id,
            issuer,
            algorithm,
            signed_info,
            signature,
            signer_base64,
            digest,
            signed: [head, scan.0],
            issue_instant,
        })
    }

    /// The digest of the signed bytes.
    #[must_use]
    pub fn digest_with(&self, hash: Hash) -> aws_lc_rs::digest::Digest {
        hash.of_both(self.signed[0].as_bytes(), self.signed[1].as_bytes())
    }

    /// What it says, read from the signed bytes; nothing when they are out of shape.
    #[must_use]
    pub fn claims(&self) -> Option<Assertion> {
        let mut scan = Scan(self.signed[1]);
        let subject = read_subject(&mut scan)?;
        let conditions = read_conditions(&mut scan)?;
        let authn_instant = scan.time()?;
        scan.literal(literal::AUTHN_CLASS)?;
        let class = read_class(scan.field()?)?;
        scan.literal(literal::AUTHN_END)?;
        scan.literal(literal::STATEMENT)?;
        let attributes = read_attributes(&mut scan)?;
        scan.literal(literal::STATEMENT_END)?;
        scan.literal(literal::ASSERTION_END)?;
        let issuer = self.issuer.clone().into_owned();
        (scan.0.is_empty() && is_plain(&issuer)).then(|| Assertion {
            id: self.id.to_owned(),
            issue_instant: self.issue_instant,
            issuer,
            subject,
            conditions,
            advice: Vec::new(),
            authn_statements: vec![AuthnStatement { instant: authn_instant, class: Cow::Borrowed(class) }],
            attributes,
        })
    }
}

/// The inside must be exactly what we would write for this algorithm, identifier and digest.
fn read_signed_info<'a>(inside: &'a str, id: &str) -> Option<(SignatureAlgorithm, &'a str)> {
    let method = memmem::find(inside.as_bytes(), SIGNATURE_METHOD.as_bytes())? + SIGNATURE_METHOD.len();
    let algorithm = SignatureAlgorithm::from_uri(inside.get(method..)?.split_once('"')?.0)?;
    let digest = inside.strip_suffix("</ds:DigestValue></ds:Reference>")?.rsplit_once('>')?.1;
    STANDARD.decode(digest).ok()?;
    let mut expected = String::with_capacity(inside.len());
    signed_info(&mut expected, algorithm, &[NewReference { id, enveloped: Some(PREFIX_LIST), digest }]);
    (expected == inside).then_some((algorithm, digest))
}

const SIGNATURE_METHOD: &str = "SignatureMethod Algorithm=\"";

fn read_subject(scan: &mut Scan<'_>) -> Option<Subject> {
    scan.literal(literal::SUBJECT)?;
    let name = scan.text()?;
    let confirmation = if scan.literal(literal::BEARER).is_some() {
        scan.literal(literal::BEARER_DATA)?;
        let not_on_or_after = Some(scan.time()?);
        scan.literal(literal::BEARER_END)?;
        Confirmation::Bearer { not_on_or_after, recipient: None }
    } else {
        scan.literal(literal::HOLDER_OF_KEY)?;
        scan.literal(literal::HOLDER_OF_KEY_DATA)?;
        let der = STANDARD.decode(scan.field()?).ok()?;
        scan.literal(literal::HOLDER_OF_KEY_END)?;
        Confirmation::HolderOfKey { certificate: Certificate::from_der(&der).ok()? }
    };
    is_plain(&name).then(|| Subject {
        name: name.into_owned(),
        format: Cow::Borrowed(UPN),
        presenter: None,
        confirmation,
    })
}

fn read_conditions(scan: &mut Scan<'_>) -> Option<Conditions> {
    scan.literal(literal::CONDITIONS)?;
    let not_before = scan.time()?;
    scan.literal(literal::NOT_ON_OR_AFTER)?;
    let not_on_or_after = scan.time()?;
    scan.literal(literal::PROXY)?;
    let proxy_count = Some(scan.number()?);
    scan.literal(literal::PROXY_END)?;
    let renew_count = match scan.literal(literal::RENEW) {
        Some(()) => {
            let count = scan.number()?;
            scan.literal(literal::RENEW_END)?;
            Some(count)
        }
        None => None,
    };
    scan.literal(literal::CONDITIONS_END)?;
    scan.literal(literal::AUTHN)?;
    Some(Conditions {
        not_before,
        not_on_or_after,
        audiences: Vec::new(),
        proxy_count,
        renew_count,
        delegates: Vec::new(),
        one_time_use: false,
    })
}

fn read_class(text: &str) -> Option<&'static str> {
    CLASSES.into_iter().find(|class| *class == text)
}

fn read_attributes(scan: &mut Scan<'_>) -> Option<Vec<Attribute>> {
    let mut attributes = Vec::with_capacity(4);
    for (start, name) in [
        (literal::GROUPS, GROUPS),
        (literal::GIVEN_NAME, GIVEN_NAME),
        (literal::SURNAME, SURNAME),
        (literal::IS_SOLUTION, IS_SOLUTION),
    ] {
        if scan.literal(start).is_none() {
            continue;
        }
        let mut values = Vec::new();
        while scan.literal(literal::VALUE).is_some() {
            let value = scan.text().filter(|value| value.len() <= MAX_TEXT && values.len() < MAX_VALUES)?;
            values.push(value.into_owned());
            scan.literal(literal::VALUE_END)?;
        }
        scan.literal(literal::ATTRIBUTE_END)?;
        attributes.push(Attribute { name: Cow::Borrowed(name), values });
    }
    (!attributes.is_empty()).then_some(attributes)
}

/// What is left to read.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    fn literal(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// Up to the next `<` or `"`: nothing in it may need escaping, anywhere.
    fn field(&mut self) -> Option<&'a str> {
        let end = memchr2(b'<', b'"', self.0.as_bytes())?;
        let (field, rest) = self.0.split_at(end);
        let odd = |byte: u8| byte < 0x20 || byte == b'&' || byte == b'>' || byte >= 0x7f;
        let plain = !field.bytes().fold(false, |found, byte| found | odd(byte));
        self.0 = rest;
        plain.then_some(field)
    }

    fn name(&mut self) -> Option<&'a str> {
        let name = self.field()?;
        let continues = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (starts && name.len() <= 128 && name.bytes().all(continues)).then_some(name)
    }

    fn time(&mut self) -> Option<Moment> {
        Moment::parse(self.field()?).ok()
    }

    fn number(&mut self) -> Option<u32> {
        let digits = self.field()?;
        digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Element content in canonical form, its four escapes resolved.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let end = memchr(b'<', self.0.as_bytes())?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        let odd = |byte: u8| (byte < 0x20 && byte != b'\t' && byte != b'\n') || byte == b'>';
        if text.bytes().any(odd) || !(text.is_ascii() || is_writable(text)) {
            return None;
        }
        if text.contains('&') { unescape(text).map(Cow::Owned) } else { Some(Cow::Borrowed(text)) }
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (name, after) = part.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "#xD" => '\r',
            _ => return None,
        });
        out.push_str(after);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::names::PASSWORD_CLASS;
    use super::super::read::read;
    use super::super::write::{NewAssertion, write};
    use super::*;
    use crate::pki::make;
    use crate::xml::{Document, Limits, c14n};

    fn signer() -> crate::pki::TokenSigner {
        let made = make::self_signed("ssoserverSign", Moment::EPOCH).unwrap();
        crate::pki::TokenSigner::new(made.key, vec![made.certificate]).unwrap()
    }

    fn new<'a>(groups: &'a [String], confirmation: Option<&'a str>) -> NewAssertion<'a> {
        let now = Moment::parse("2026-11-24T08:00:00.123Z").unwrap();
        NewAssertion {
            id: "_0b7a",
            issue_instant: now,
            authn_instant: now,
            issuer: "https://vc.example/websso/SAML2/Metadata/vsphere.local",
            subject: "alice@VSPHERE.LOCAL",
            confirmation,
            not_before: now,
            not_on_or_after: now.plus(std::time::Duration::from_mins(5)),
            proxy_count: 10,
            renew_count: 10,
            authn_class: PASSWORD_CLASS,
            groups,
            given_name: Some("A <\"'&>]]>\r\n\tÉ漢"),
            surname: None,
            is_solution: false,
            special: None,
        }
    }

    fn parse(token: &str) -> Document {
        Document::parse(token.as_bytes().to_vec(), &Limits::MESSAGE).unwrap()
    }

    #[test]
    fn what_is_written_is_canonical_and_read_alike_by_both_readers() {
        let groups = vec!["vsphere.local\\A & B".to_owned(), "vsphere.local\\Users".to_owned()];
        let certificate =
            STANDARD.encode(make::self_signed("robot", Moment::EPOCH).unwrap().certificate.der());
        for confirmation in [None, Some(certificate.as_str())] {
            for algorithm in [Hash::Sha256, Hash::Sha384, Hash::Sha512].map(SignatureAlgorithm::rsa) {
                let token = write(&new(&groups, confirmation), &signer(), algorithm).unwrap();
                let document = parse(&token);
                let inclusive: Vec<&str> = PREFIX_LIST.split(' ').collect();
                assert_eq!(c14n::canonical(document.root(), &inclusive, None), token);
                let signature = document.root().child(crate::xml::names::DS, "Signature");
                let signed = c14n::canonical(document.root(), &inclusive, signature);
                let recognised = Recognised::of(&token).unwrap();
                assert_eq!(recognised.signed.concat(), signed);
                assert_eq!(recognised.claims().unwrap(), read(parse(&signed).root()).unwrap());
            }
        }
    }

    #[test]
    fn one_byte_out_of_shape_is_left_to_the_strict_path_or_changes_what_is_signed() {
        let token = write(&new(&[], None), &signer(), SignatureAlgorithm::RSA_SHA256).unwrap();
        let whole = Recognised::of(&token).unwrap();
        for place in (0..token.len()).step_by(7) {
            let mut mutant = token.clone().into_bytes();
            mutant[place] ^= 1;
            let Ok(mutant) = String::from_utf8(mutant) else { continue };
            let Some(recognised) = Recognised::of(&mutant) else { continue };
            let same = recognised.signed == whole.signed && recognised.signed_info == whole.signed_info;
            let unsigned =
                recognised.signature != whole.signature || recognised.signer_base64 != whole.signer_base64;
            assert!(!same || unsigned, "byte {place}");
        }
        assert!(
            Recognised::of(&token.replace("></saml2:ProxyRestriction>", "/>"))
                .is_none_or(|r| r.claims().is_none())
        );
        assert!(Recognised::of(&format!("{token} ")).unwrap().claims().is_none());
    }

    #[test]
    fn what_the_reader_refuses_is_left_to_it() {
        let group = |length: usize| vec!["g".repeat(length)];
        let recognised = |groups: &[String], given_name: &str| {
            let new = NewAssertion { given_name: Some(given_name), ..new(groups, None) };
            let token = write(&new, &signer(), SignatureAlgorithm::RSA_SHA256).unwrap();
            Recognised::of(&token).unwrap().claims().is_some()
        };
        assert_eq!((recognised(&group(4_096), "A"), recognised(&group(4_097), "A")), (true, false));
        let many = |count: usize| vec!["g".to_owned(); count];
        assert_eq!((recognised(&many(8_192), "A"), recognised(&many(8_193), "A")), (true, false));
        assert_eq!((recognised(&[], "\u{fffd}"), recognised(&[], "\u{ffff}")), (true, false));
    }
}
