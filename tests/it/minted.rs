//! Five hundred people with names of every script, and with everything in their given names and surnames that could be
//! taken for markup: each token says exactly what the directory says, to us and to other people's verifiers.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use vcsso::config::Ephemeral;
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::{SystemEntropy, uuid};
use vcsso::identity::{AccountName, Domain, Kind, Standing};
use vcsso::pki::{Anchors, Hash, pem};
use vcsso::saml::names::{GIVEN_NAME, GROUPS, SURNAME};
use vcsso::saml::write::Special;
use vcsso::saml::{Advice, AdviceAttribute};
use vcsso::sts::{Authenticated, Grant, mint};
use vcsso::verifier::{Policy, judge_token};
use vcsso::xml::write::is_writable;

use crate::edit::{element, swap};
use crate::harness::house::{ISSUER, signer};
use crate::harness::{ROBOT, now};

const PEOPLE: usize = 500;
/// For names of people and groups: what `decisions.md` §14 lets through.
const LETTERS: [&str; 12] = [
    "abcXYZ019",
    " .-_'~!$()+,;=[]{}|#?*:\"",
    "éüßøñ",
    "αβγΩ",
    "жщЯ",
    "שלום",
    "سلام",
    "日本語漢字",
    "한글",
    "नमस्ते",
    "𝔘𝔫𝔦😀👍",
    "e\u{301}o\u{308}",
];
/// For given names and surnames: anything at all that XML can hold.
const ANYTHING: [&str; 16] = [
    "&",
    "<",
    ">",
    "\"",
    "'",
    "\r",
    "\n",
    "\r\n",
    "\t",
    "]]>",
    "<!--",
    "&#13;",
    "</saml2:AttributeValue>",
    "\u{85}\u{2028}",
    "\u{e000}\u{fffd}",
    "\u{10ffff}",
];

/// One of them, with the token.
struct Issued {
    standing: Standing,
    advice: Vec<Advice>,
    token: String,
}

/// Numbers that are the same in every run: a failure can be looked at again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn letters(&mut self, at_most: usize) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(at_most) {
            let script: Vec<char> = LETTERS[self.below(LETTERS.len())].chars().collect();
            text.push(script[self.below(script.len())]);
        }
        text
    }

    /// A name that an account may have.
    fn name(&mut self) -> String {
        loop {
            if let Ok(name) = AccountName::new(&self.letters(24)) {
                return name.as_str().to_owned();
            }
        }
    }

    fn anything(&mut self) -> Option<String> {
        let parts = self.below(6);
        let mut text = String::new();
        for _ in 0..parts {
            text += &self.letters(5);
            text += ANYTHING[self.below(ANYTHING.len())];
        }
        assert!(is_writable(&text));
        (self.below(5) > 0).then_some(text)
    }

    /// What others say, with anything in it.
    fn advice(&mut self) -> Vec<Advice> {
        let attribute = |numbers: &mut Self, name: usize| AdviceAttribute {
            name: format!("urn:{name}"),
            friendly_name: numbers.anything(),
            values: (0..numbers.below(3)).filter_map(|_| numbers.anything()).collect(),
        };
        let one = |numbers: &mut Self| Advice {
            source: numbers.letters(12),
            attributes: (0..=numbers.below(3)).map(|name| attribute(numbers, name)).collect(),
        };
        (0..=self.below(2)).map(|_| one(self)).collect()
    }

    fn standing(&mut self, number: usize) -> Standing {
        // A few are in very many groups; most in some.
        let groups = if number.is_multiple_of(50) { 1_000 - self.below(10) } else { self.below(12) };
        let mut groups: Vec<String> = (0..groups).map(|_| self.name()).collect();
        groups.sort();
        groups.dedup();
        let kind = Kind::User {
            given_name: self.anything(),
            surname: self.anything(),
            email: None,
            password_hash: None,
            password_changed_at: None,
        };
        let (id, name) = (number.to_string(), self.name());
        Standing { id, name, kind, disabled: false, locked_until: None, groups, grants: Vec::new() }
    }
}

static ISSUED: LazyLock<Vec<Issued>> = LazyLock::new(|| {
    let (signer, domain) = (signer(), Domain::new("vsphere.local").unwrap());
    let mut numbers = Numbers(0x7663_7373_6f00_0001);
    let algorithms = [Hash::Sha256, Hash::Sha384, Hash::Sha512].map(SignatureAlgorithm::rsa);
    let issue = |number: usize| {
        let standing = numbers.standing(number);
        let advice = if number.is_multiple_of(7) { numbers.advice() } else { Vec::new() };
        let grant = Grant {
            not_before: now(),
            not_on_or_after: now().plus(Duration::from_mins(5)),
            cut_by: None,
            issue_instant: now(),
            confirmation: (number.is_multiple_of(2)).then(|| ROBOT.certificate.clone()),
            proxy_count: u32::try_from(number % 3).unwrap(),
            renew_count: u32::try_from(number % 4).unwrap(),
            algorithm: algorithms[number % 3],
            authenticated: if number.is_multiple_of(5) {
                Authenticated::BySignature
            } else {
                Authenticated::ByPassword
            },
            special: Special { advice: advice.clone(), ..Special::default() },
        };
        let id = format!("_{}", uuid(&SystemEntropy).unwrap());
        let token = mint(&grant, &standing, &domain, ISSUER, &signer, id).unwrap().assertion;
        Issued { standing, advice, token }
    };
    (0..PEOPLE).map(issue).collect()
});

/// sts.md §10: 176; `attacks.md` W19.
#[test]
fn what_the_directory_says_is_what_the_token_says() {
    let anchors = Anchors::new([(Some(ISSUER.to_owned()), signer().certificate().clone())]);
    let policy = Policy { tolerance: Duration::ZERO, audiences: Some(vec![ISSUER.into()]) };
    let mut hostile = 0;
    for Issued { standing, advice, token } in ISSUED.iter() {
        // Once as we wrote it, once by the strict path that reads everybody's.
        let respelled = swap(token, "<saml2:Assertion xmlns", "<saml2:Assertion  xmlns");
        for bytes in [token.clone(), respelled] {
            let judgement = judge_token(bytes.into_bytes(), &anchors, &policy, now());
            let report = judgement.report.to_json(false).to_string();
            let proven = judgement.proven.unwrap_or_else(|| panic!("{standing:?}: {report}"));
            let token = proven.token.unwrap();
            let claims = token.assertion();
            assert_eq!(claims.subject.name, format!("{}@VSPHERE.LOCAL", standing.name));
            let Kind::User { given_name, surname, .. } = &standing.kind else { panic!() };
            assert_eq!(&claims.advice, advice);
            assert_eq!(claims.values(GIVEN_NAME), given_name.as_slice());
            assert_eq!(claims.values(SURNAME), surname.as_slice());
            let names = standing.groups.iter().map(String::as_str).chain(["Everyone"]);
            let groups: Vec<String> = names.map(|group| format!("vsphere.local\\{group}")).collect();
            assert_eq!(claims.values(GROUPS), groups);
            hostile +=
                usize::from([given_name, surname].into_iter().flatten().any(|name| name.contains("]]>")));
        }
    }
    assert!(hostile > 50, "only {hostile} names were hostile");
}

/// The tokens as files, a tampered one at the end, and the signer's certificate.
fn files() -> (Ephemeral, Vec<PathBuf>, PathBuf, PathBuf) {
    let folder = Ephemeral::new(&SystemEntropy).unwrap();
    let write = |name: String, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = ISSUED.iter().enumerate();
    let files = files.map(|(number, issued)| write(format!("{number}.xml"), &issued.token)).collect();
    let token = &ISSUED[0].token;
    let name = element(token, "saml2:NameID");
    let tampered = write("tampered.xml".into(), &swap(token, name, &name.replace("@VSPHERE", "x@VSPHERE")));
    let certificate = write("signer.pem".into(), &pem::encode("CERTIFICATE", signer().certificate().der()));
    (folder, files, tampered, certificate)
}

/// `attacks.md` O01.
#[test]
fn xmlsec1_accepts_every_token() {
    if is_missing("xmlsec1") {
        return;
    }
    let (_folder, files, tampered, certificate) = files();
    let verify = |documents: &[PathBuf]| {
        let mut command = Command::new("xmlsec1");
        command.args(["--verify", "--enabled-key-data", "x509", "--enabled-reference-uris", "same-doc"]);
        command.args([
            "--id-attr:ID",
            "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
            "--pubkey-cert-pem",
        ]);
        command.arg(&certificate).args(documents).output().unwrap()
    };
    // It goes on after a file that fails, and fails at the end; each good one says so in a line.
    for documents in files.chunks(100) {
        let output = verify(documents);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        assert_eq!(said.lines().filter(|line| *line == "OK").count(), documents.len(), "{said}");
    }
    assert!(!verify(&[tampered]).status.success());
}

/// `attacks.md` O01.
#[test]
fn samlsign_accepts_every_token() {
    if is_missing("samlsign") {
        return;
    }
    let (_folder, files, tampered, certificate) = files();
    let verify = &|document: &PathBuf| {
        let output = Command::new("samlsign").arg("-f").arg(document).arg("-c").arg(&certificate).output();
        output.unwrap().status.success()
    };
    std::thread::scope(|scope| {
        for half in files.chunks(PEOPLE.div_ceil(2)) {
            scope.spawn(move || {
                for document in half {
                    assert!(verify(document), "{}", std::fs::read_to_string(document).unwrap());
                }
            });
        }
    });
    assert!(!verify(&tampered));
}

/// Whether a tool is not here; then its test is skipped, and on a build server that is a failure.
fn is_missing(tool: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join(tool).is_file());
    if !found {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{tool} is not installed");
        eprintln!("skipped: {tool} is not installed");
    }
    !found
}
