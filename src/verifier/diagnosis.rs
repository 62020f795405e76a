//! Why a value does not fit: each known mistake is made here, and named when it gives what the client sent. Only after a
//! refusal, and only of small elements: it proves nothing, and must cost an attacker more than us.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::mistake::Mistake;
use crate::clock::Moment;
use crate::dsig::{Reference, SignatureElement};
use crate::entropy::hex;
use crate::pki::{Hash, PublicKey};
use crate::soap::Envelope;
use crate::vapi_sign::Target;
use crate::xml::names::{SAML2, WSSE};
use crate::xml::{Element, c14n};

/// A real message has a tenth of it.
const MOST_BYTES: usize = 64 << 10;

/// A mistake, and the first byte in which the client's form differs from ours, where it has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Explained {
    pub mistake: Mistake,
    pub first_difference: Option<usize>,
}

/// Why the digest of `target` is another one; `canonical` is what should have been digested.
pub(super) fn of_digest(
    reference: &Reference,
    target: Element<'_>,
    signature: Element<'_>,
    canonical: &str,
) -> Option<Explained> {
    if target.raw().len() > MOST_BYTES {
        return None;
    }
    let enveloped = reference.enveloped.then_some(signature);
    let inclusive: Vec<&str> = reference.inclusive.iter().map(String::as_str).collect();
    let forms = forms(target, enveloped, &inclusive).into_iter().chain(texts(canonical));
    of_hash(reference.algorithm.hash(), &reference.digest, canonical, forms)
}

/// Why the digest of a token of our own shape is another one.
pub(super) fn of_own_digest(hash: Hash, digest: &[u8], canonical: &str) -> Option<Explained> {
    if canonical.len() > MOST_BYTES {
        return None;
    }
    of_hash(hash, digest, canonical, texts(canonical))
}

/// Why a signature value does not fit `key`; `others` are the keys of the other certificates of the message.
pub(super) fn of_signature(
    signature: &SignatureElement<'_>,
    key: &PublicKey,
    others: &[&PublicKey],
) -> Option<Explained> {
    if signature.signed_info.raw().len() > MOST_BYTES {
        return None;
    }
    let canonical = c14n::canonical(signature.signed_info, &[], None);
    let named = signature.algorithm.hash();
    let fits = |key: &PublicKey, hash, text: &[u8]| key.verifies(hash, text, &signature.value);
    if others.iter().any(|other| other.spki() != key.spki() && fits(other, named, canonical.as_bytes())) {
        return Some(Explained { mistake: Mistake::OtherKey, first_difference: None });
    }
    if HASHES.iter().any(|hash| *hash != named && fits(key, *hash, canonical.as_bytes())) {
        return Some(Explained { mistake: Mistake::OtherHash, first_difference: None });
    }
    if fits(key, named, named.of(canonical.as_bytes()).as_ref()) {
        return Some(Explained { mistake: Mistake::HashedTwice, first_difference: None });
    }
    let forms = forms(signature.signed_info, None, &[]).into_iter().chain(texts(&canonical));
    first(&canonical, forms, |form| fits(key, named, form.as_bytes()))
}

/// Why the signature of an HTTP request does not fit.
pub(super) fn of_request(
    target: &Target<'_>,
    nonce: &str,
    key: &PublicKey,
    signature: &[u8],
) -> Option<Mistake> {
    let (name, port) = target.host_and_port();
    let text = |host: &str, port: &str, hash: &[u8], end: &str| {
        let head = [nonce, target.method, target.path, host, port].map(|line| format!("{line}\n")).concat();
        [head.as_bytes(), hash, end.as_bytes()].concat()
    };
    let usual = port.unwrap_or("80");
    let body = target.body_hash.as_slice();
    let with_port = format!("{name}:{usual}");
    let mut trials: Vec<(Mistake, Vec<u8>)> = vec![
        (Mistake::SignHost, text(&with_port, usual, body, "\n")),
        (Mistake::SignHexadecimal, text(&name, usual, hex(body).as_bytes(), "\n")),
        (Mistake::SignLastLineEnd, text(&name, usual, body, "")),
    ];
    let ports = ["80", "443", "8443", "", "8989"].into_iter();
    trials.extend(ports.map(|port| (Mistake::SignPort, text(&name, port, body, "\n"))));
    let found = trials.into_iter().find(|(_, text)| key.verifies(Hash::Sha256, text, signature));
    found.map(|(mistake, _)| mistake)
}

/// Where the token is, when it is not where it belongs.
pub(super) fn of_place(envelope: &Envelope) -> Option<Mistake> {
    let header = envelope.header();
    let blocks = || header.into_iter().flat_map(Element::children);
    if blocks().any(|block| block.local() == "Security" && block.namespace() != WSSE) {
        Some(Mistake::OldNamespace)
    } else if blocks().any(|block| block.is(SAML2, "Assertion")) {
        Some(Mistake::TokenInHeader)
    } else if holds_token(envelope.body(), 4) {
        Some(Mistake::TokenInBody)
    } else {
        None
    }
}

/// How far a period and the clock are apart: a sentence with the seconds, and whose clock it may be.
pub(super) fn of_clock(start: Moment, end: Moment, now: Moment) -> Option<(Mistake, String)> {
    let seconds = |gap: Duration| gap.as_secs();
    if now < start {
        let gap = start.since(now);
        Some((Mistake::ClockAhead, format!("it begins in {} s", seconds(gap))))
    } else if end <= now {
        let gap = now.since(end);
        Some((Mistake::ClockBehind, format!("it ended {} s ago", seconds(gap))))
    } else {
        None
    }
}

fn of_hash(
    hash: Hash,
    wanted: &[u8],
    canonical: &str,
    forms: impl Iterator<Item = (Mistake, String)>,
) -> Option<Explained> {
    let of = |mistake| Some(Explained { mistake, first_difference: None });
    let bytes = canonical.as_bytes();
    if digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref() == wanted {
        return of(Mistake::Sha1);
    }
    if HASHES.iter().any(|other| *other != hash && other.of(bytes).as_ref() == wanted) {
        return of(Mistake::OtherHash);
    }
    if hex(hash.of(bytes).as_ref()).as_bytes().eq_ignore_ascii_case(wanted) {
        return of(Mistake::HashInHexadecimal);
    }
    first(canonical, forms, |form| hash.of(form.as_bytes()).as_ref() == wanted)
}

fn first(
    canonical: &str,
    mut forms: impl Iterator<Item = (Mistake, String)>,
    fits: impl Fn(&str) -> bool,
) -> Option<Explained> {
    let (mistake, form) = forms.find(|(_, form)| form != canonical && fits(form))?;
    let common = canonical.bytes().zip(form.bytes()).take_while(|(ours, theirs)| ours == theirs).count();
    Some(Explained { mistake, first_difference: Some(common) })
}

/// What an element was taken for, where its canonical form should have been taken.
fn forms(target: Element<'_>, omitted: Option<Element<'_>>, inclusive: &[&str]) -> Vec<(Mistake, String)> {
    let with = |prefixes: &[&str]| c14n::canonical(target, prefixes, omitted);
    let outward = std::iter::successors(Some(target), |outer| outer.parent());
    let all: Vec<&str> = outward.flat_map(|outer| outer.declarations().map(|one| one.prefix)).collect();
    let mut forms = vec![(Mistake::InclusiveForm, with(&all)), (Mistake::NoForm, target.raw().to_owned())];
    if !inclusive.is_empty() {
        forms.push((Mistake::PrefixListUnused, with(&[])));
    }
    forms.extend(LISTS.iter().map(|list| (Mistake::PrefixListUnsaid, with(list))));
    let both = with(&[inclusive, &["xs", "xsd"]].concat());
    let rewritten = |from: &str, to: &str| {
        let text = both.replace(&format!("xmlns:{from}="), &format!("xmlns:{to}="));
        (Mistake::PrefixRewritten, text.replace(&format!("\"{from}:"), &format!("\"{to}:")))
    };
    forms.extend([rewritten("xs", "xsd"), rewritten("xsd", "xs")]);
    let content = target.children().map(|child| c14n::canonical(child, inclusive, omitted)).collect();
    forms.push((Mistake::Content, content));
    forms
}

/// Gives back what a text was.
type Before = fn(&str) -> String;

/// What a text was before something was done to it.
fn texts(canonical: &str) -> impl Iterator<Item = (Mistake, String)> + use<'_> {
    let trials: [(Mistake, Before); 4] = [
        (Mistake::WhiteSpaceAdded, without_white_space),
        (Mistake::LineEnds, |text| text.replace('\n', "&#xD;\n")),
        (Mistake::LastLineEnd, |text| format!("{text}\n")),
        (Mistake::Declaration, |text| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}")),
    ];
    trials.into_iter().map(move |(mistake, before)| (mistake, before(canonical)))
}

/// Without the white space that stands alone between two tags.
fn without_white_space(text: &str) -> String {
    let mut parts = text.split('>');
    let mut out = String::with_capacity(text.len());
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push('>');
        let trimmed = part.trim_start();
        out.push_str(if trimmed.starts_with('<') || trimmed.is_empty() { trimmed } else { part });
    }
    out
}

fn holds_token(element: Element<'_>, depth: usize) -> bool {
    let deeper = |child: Element<'_>| child.is(SAML2, "Assertion") || holds_token(child, depth - 1);
    depth > 0 && element.children().any(deeper)
}

const HASHES: [Hash; 3] = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
/// The prefixes that tokens of vCenter, of this service and of their clients list.
const LISTS: [&[&str]; 4] = [&["xs", "xsi"], &["xsd", "xsi"], &["xsd", "xsi", "rsa", "del"], &["#default"]];
