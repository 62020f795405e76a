//! What signing and judging cost beside the RSA operation under them, in one process on one core.
//!
//! Every figure is the median of batches that alternate with the raw operation they are compared to, so that a machine
//! that speeds up or slows down moves both. Prints a table; `scripts/bench` runs it pinned to one core.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench may stop where something is not as it should be, and measures time"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use vcsso::client::sign::{Ids, Message, Style};
use vcsso::client::{self, Credential, sdk};
use vcsso::clock::Moment;
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::{SystemEntropy, uuid};
use vcsso::identity::password::Hasher;
use vcsso::identity::{Domain, Kind, Standing};
use vcsso::pki::{Anchors, Hash, TokenSigner, make, pem};
use vcsso::secret::Secret;
use vcsso::soap::Envelope;
use vcsso::sts::{Authenticated, Case, MessageSignature, NewDelegate, Template, TokenPolicy, decide, mint};
use vcsso::verifier::{Door, Embedded, Policy, judge, judge_embedded, judge_token};
use vcsso::wstrust::{IssueRequest, KeyType, Lifetime, Operation};

const ISSUER: &str = "https://vc.example/websso/SAML2/Metadata/vsphere.local";

fn main() {
    let world = World::new();
    let raw_sign = || drop(black_box(world.signer.key.sign(Hash::Sha256, &world.message).unwrap()));
    let raw_verify =
        || assert!(world.signer.certificate().key().verifies(Hash::Sha256, &world.message, &world.signature));
    println!(
        "{:<58} {:>10} {:>10} {:>7} {:>7}",
        "in process, one core, medians", "µs", "raw µs", "ratio", "wanted"
    );
    let request = world.request();
    let issue = || drop(black_box(world.issue(&request)));
    compare("decide and mint a bearer token : raw sign", issue, &raw_sign, 1, 0.97);
    let own = world.issue(&request).into_bytes();
    let bearer =
        || assert!(judge_token(own.clone(), &world.anchors, &world.policy, world.now).proven.is_some());
    compare(
        &format!("judge our bearer token, {} bytes : raw verify", own.len()),
        bearer,
        &raw_verify,
        1,
        0.75,
    );
    let foreign = world.foreign(&own);
    let strict =
        || assert!(judge_token(foreign.clone(), &world.anchors, &world.policy, world.now).proven.is_some());
    compare(
        &format!("judge it with xs and self-closed tags, {} bytes : raw verify", foreign.len()),
        strict,
        &raw_verify,
        1,
        0.40,
    );
    let login = world.hok_login();
    let message = || {
        let envelope = Envelope::parse(login.clone()).unwrap();
        assert!(judge(&envelope, Door::Sdk, &world.anchors, &world.policy, world.now).proven.is_some());
    };
    compare(
        &format!("judge govmomi's HoK LoginByToken, {} bytes : 2 raw verifies", login.len()),
        message,
        &raw_verify,
        2,
        0.45,
    );
    let raw_exchange = || {
        raw_sign();
        raw_verify();
        raw_verify();
    };
    let (acting, renewal, validation) = (world.acting(), world.renewal(), world.validation());
    let exchange = |message: &[u8], operation| drop(black_box(world.exchange(message, operation)));
    compare(
        &format!("Renew, {} bytes : a raw sign and 2 verifies", renewal.len()),
        || exchange(&renewal, Operation::Renew),
        &raw_exchange,
        1,
        0.75,
    );
    compare(
        &format!("ActAs, {} bytes : a raw sign and 2 verifies", acting.len()),
        || exchange(&acting, Operation::Issue),
        &raw_exchange,
        1,
        0.75,
    );
    compare(
        &format!("Validate, {} bytes : raw verify", validation.len()),
        || assert!(world.is_valid(&validation)),
        &raw_verify,
        1,
        0.50,
    );
    let mut hasher = Hasher::default();
    let hash = hasher.hash(&Secret::new("Secret!23"), &SystemEntropy).unwrap();
    let argon2 = median(9, || assert!(hasher.check(&Secret::new("Secret!23"), Some(&hash)).unwrap().matches));
    println!("{:<58} {:>10.1}", "argon2id, m = 19 MiB, t = 2, p = 1", argon2);
}

/// Alternates batches of both and prints the ratio of the medians.
fn compare(name: &str, mut work: impl FnMut(), raw: &impl Fn(), times: u32, wanted: f64) {
    let (mut works, mut raws) = (Vec::new(), Vec::new());
    for _ in 0..BATCHES {
        works.push(batch(&mut work));
        raws.push(batch(&mut || raw()) * f64::from(times));
    }
    let (work, raw) = (middle(works), middle(raws));
    let ratio = raw / work;
    let verdict = if ratio >= wanted { "" } else { "  <- too slow" };
    println!("{name:<58} {work:>10.2} {raw:>10.2} {ratio:>7.3} {wanted:>7.2}{verdict}");
}

/// Microseconds of this thread's processor time for one run, over a batch of about forty milliseconds.
fn batch(work: &mut impl FnMut()) -> f64 {
    let (begin, start, mut runs) = (Instant::now(), processor_time(), 0_u32);
    while begin.elapsed() < Duration::from_millis(40) {
        for _ in 0..8 {
            work();
        }
        runs += 8;
    }
    (processor_time() - start) / f64::from(runs)
}

/// Microseconds this thread has run, from the scheduler's own account: what else the machine does is not in it.
fn processor_time() -> f64 {
    // The account of a running thread is brought up to date when it lets go of the core, and else every few milliseconds.
    std::thread::sleep(Duration::from_nanos(1));
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    account.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e3
}

fn median(times: usize, mut work: impl FnMut()) -> f64 {
    middle(
        (0..times)
            .map(|_| {
                let start = processor_time();
                work();
                processor_time() - start
            })
            .collect(),
    )
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

struct World {
    now: Moment,
    signer: TokenSigner,
    anchors: Anchors,
    policy: Policy,
    subject: Standing,
    domain: Domain,
    robot: make::Made,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let root = make::authority("vcsso lab CA", now).unwrap();
        let made = make::token_signer(&root, now).unwrap();
        let chain = pem::certificates(&made.certificate).unwrap();
        let key = vcsso::pki::SigningKey::from_pkcs8(&pem::private_key(&made.key).unwrap()).unwrap();
        let signer = TokenSigner::new(key, chain).unwrap();
        // As long as a token's SignedInfo: that is what is signed and verified.
        let message = vec![7; 950];
        let signature = signer.key.sign(Hash::Sha256, &message).unwrap();
        let groups =
            ["ActAsUsers", "Administrators", "CAAdmins", "TrustedUsers", "Users"].map(str::to_owned).to_vec();
        let kind = Kind::User {
            given_name: Some("Alice".into()),
            surname: Some("Lab".into()),
            email: None,
            password_hash: None,
            password_changed_at: None,
        };
        let subject = Standing {
            id: "1".into(),
            name: "alice".into(),
            kind,
            disabled: false,
            locked_until: None,
            groups,
            grants: vec![],
        };
        Self {
            anchors: Anchors::new([(Some(ISSUER.to_owned()), signer.certificate().clone())]),
            policy: Policy { audiences: Some(vec![ISSUER.to_owned()]), ..Policy::default() },
            domain: Domain::new("vsphere.local").unwrap(),
            robot: make::self_signed("robot", now).unwrap(),
            now,
            signer,
            subject,
            message,
            signature,
        }
    }

    fn request(&self) -> IssueRequest {
        let expires = self.now.plus(Duration::from_mins(5));
        IssueRequest {
            lifetime: Lifetime { created: Some(self.now), expires: Some(expires) },
            key_type: Some(KeyType::Bearer),
            ..IssueRequest::default()
        }
    }

    fn issue(&self, request: &IssueRequest) -> String {
        let signature = match request.key_type {
            Some(KeyType::PublicKey) => {
                Some(MessageSignature { id: "_s", certificate: &self.robot.certificate })
            }
            _ => None,
        };
        let policy = TokenPolicy::default();
        let case = Case::plain(request, signature, Authenticated::ByPassword);
        let grant = decide(&case, self.signer.certificate(), &policy, self.now).unwrap();
        let id = format!("_{}", uuid(&SystemEntropy).unwrap());
        mint(&grant, &self.subject, &self.domain, ISSUER, &self.signer, id).unwrap().assertion
    }

    /// The same claims in another hand: prefix `xs`, empty elements closed in place, signed again.
    fn foreign(&self, own: &[u8]) -> Vec<u8> {
        use vcsso::dsig::write::{NewReference, digest, sign, signed_info};
        use vcsso::xml::{Document, Limits, c14n};
        let text = String::from_utf8(own.to_vec()).unwrap().replace("xsd", "xs");
        let id = text.split("ID=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (head, rest) = text.split_once("<ds:Signature").unwrap();
        let (old, tail) = rest.split_once("</ds:Signature>").unwrap();
        let key_info = &old[old.find("<ds:KeyInfo>").unwrap()..];
        let bare = close_in_place(&[head, tail].concat());
        let document = Document::parse(bare.clone().into_bytes(), &Limits::MESSAGE).unwrap();
        let canonical = c14n::canonical(document.root(), &["xs", "xsi"], None);
        let algorithm = SignatureAlgorithm::RSA_SHA256;
        let digest = digest(algorithm, canonical.as_bytes());
        let mut inside = String::new();
        signed_info(
            &mut inside,
            algorithm,
            &[NewReference { id: &id, enveloped: Some("xs xsi"), digest: &digest }],
        );
        let value = sign(&self.signer.key, algorithm, &inside).unwrap();
        let place = bare.find("</saml2:Issuer>").unwrap() + "</saml2:Issuer>".len();
        let signature = close_in_place(&format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>{inside}</ds:SignedInfo>\
             <ds:SignatureValue>{value}</ds:SignatureValue>{key_info}</ds:Signature>"
        ));
        [&bare[..place], &signature, &bare[place..]].concat().into_bytes()
    }

    /// A token for the robot, to be renewed by it.
    fn renewal(&self) -> Vec<u8> {
        let request = IssueRequest { key_type: Some(KeyType::PublicKey), ..self.request() };
        let token = self.issue(&request);
        self.by_robot(|request| client::sts::renew(request, &token))
    }

    /// The robot acts as the subject of a bearer token.
    fn acting(&self) -> Vec<u8> {
        let token = self.issue(&IssueRequest { delegatable: true, ..self.request() });
        self.by_robot(|request| client::sts::act_as(request, &token))
    }

    fn by_robot(&self, body: impl Fn(&IssueRequest) -> String) -> Vec<u8> {
        let ids = Ids::random(&SystemEntropy).unwrap();
        let use_key = Some(ids.signature.clone());
        let request = IssueRequest { key_type: Some(KeyType::PublicKey), use_key, ..self.request() };
        self.written(Credential::Certificate(&self.robot), &ids, &body(&request))
    }

    fn validation(&self) -> Vec<u8> {
        let body = client::sts::validate(&IssueRequest::default(), &self.issue(&self.request()));
        self.written(Credential::Nothing, &Ids::random(&SystemEntropy).unwrap(), &body)
    }

    fn written(&self, credential: Credential<'_>, ids: &Ids, body: &str) -> Vec<u8> {
        let period = (self.now, self.now.plus(Duration::from_mins(1)));
        credential.write(Style::Govmomi, ids, period, body).unwrap().into_bytes()
    }

    /// From the bytes of a request to the new token, without people and memory.
    fn exchange(&self, message: &[u8], operation: Operation) -> String {
        let envelope = Envelope::parse(message.to_vec()).unwrap();
        let renewed = operation == Operation::Renew;
        let door = if renewed { Door::StsRenew } else { Door::Sts };
        let proven = judge(&envelope, door, &self.anchors, &self.policy, self.now).proven.unwrap();
        let (signed, certificate) = (proven.signed.unwrap(), proven.certificate.unwrap());
        let request = IssueRequest::read(signed.body(), operation).unwrap();
        let embedded =
            || judge_embedded(&envelope, Embedded::ActAs, &self.anchors, &self.policy, self.now).proven;
        let token = proven.token.or_else(|| embedded().and_then(|proven| proven.token)).unwrap();
        let case = Case {
            request: &request,
            signature: Some(MessageSignature::new(&signed, certificate.certificate())),
            authenticated: if renewed { Authenticated::ByToken } else { Authenticated::BySignature },
            template: Some(Template { token: token.assertion(), owned: renewed, renewed }),
            delegate: (!renewed).then_some(NewDelegate::Requester { name: "robot@VSPHERE.LOCAL" }),
            external: false,
        };
        let grant = decide(&case, self.signer.certificate(), &TokenPolicy::default(), self.now).unwrap();
        let id = format!("_{}", uuid(&SystemEntropy).unwrap());
        mint(&grant, &self.subject, &self.domain, ISSUER, &self.signer, id).unwrap().assertion
    }

    fn is_valid(&self, message: &[u8]) -> bool {
        let envelope = Envelope::parse(message.to_vec()).unwrap();
        let judged = judge(&envelope, Door::StsValidate, &self.anchors, &self.policy, self.now);
        let token =
            judge_embedded(&envelope, Embedded::ValidateTarget, &self.anchors, &self.policy, self.now);
        judged.proven.is_some() && token.proven.is_some()
    }

    fn hok_login(&self) -> Vec<u8> {
        let request = IssueRequest { key_type: Some(KeyType::PublicKey), ..self.request() };
        let (token, ids) = (self.issue(&request), Ids::random(&SystemEntropy).unwrap());
        let message = Message::new(Style::Govmomi, &ids)
            .timestamp(self.now, self.now.plus(Duration::from_mins(1)))
            .assertion(&token)
            .signed(&self.robot.key, SignatureAlgorithm::RSA_SHA256);
        message.write(&sdk::login_by_token_without_namespace(Some("en_US"))).unwrap().into_bytes()
    }
}

/// `<a></a>` becomes `<a/>`.
fn close_in_place(text: &str) -> String {
    let mut out = String::new();
    let mut tags = text.split_inclusive('>').peekable();
    while let Some(tag) = tags.next() {
        let name = tag.strip_prefix('<').map(|inner| inner.trim_end_matches('>').split(' ').next().unwrap());
        let end = name.map(|name| format!("</{name}>"));
        if end.is_some() && tags.peek().copied() == end.as_deref() {
            tags.next();
            out.push_str(&tag[..tag.len() - 1]);
            out.push_str("/>");
        } else {
            out.push_str(tag);
        }
    }
    out
}

const BATCHES: usize = 15;
