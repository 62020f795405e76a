//! The acceptor of `vcsso::negotiate` alone, for real clients to talk to (`tests/clients/negotiate`).
//!
//! Reads base64 tokens, one a line, and answers each with one line: `continue TOKEN`,
//! `done MECHANISM NAME REALM KEY TOKEN` or `refused REASON`. A line `new` begins an exchange. NAME has the components of
//! the proven name between slashes, and a `*` in front when there are several; KEY is the hexadecimal SHA-256 of the
//! session key; `-` stands for no token. Claims are remembered over all exchanges.

#![allow(clippy::unwrap_used, reason = "an instrument that cannot go on has failed")]

use std::collections::{HashMap, HashSet};
use std::io::BufRead as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use vcsso::clock::Moment;
use vcsso::entropy::{SystemEntropy, hex};
use vcsso::negotiate::{
    Acceptor, ChannelBinding, Circumstances, Exchange, Identity, Kerberos, Keytab, NtHash, Ntlm, Principal,
    Step, UnverifiedUser,
};
use vcsso::pki::certificate::sha256;
use vcsso::secret::Secret;

const USAGE: &str =
    "negotiate_acceptor [--keytab FILE --service PRINCIPAL… --realm REALM…] [--user NAME:PASSWORD…]
    [--binding HEX] [--require-binding] [--mic-optional] [--offset SECONDS]

    --binding   the hash of the server's certificate
    --offset    this end's clock is so many seconds ahead";

/// What the arguments say.
#[derive(Default)]
struct Arguments {
    keytab: Option<String>,
    services: Vec<Principal>,
    realms: Vec<String>,
    users: HashMap<String, NtHash>,
    binding: Option<ChannelBinding>,
    binding_required: bool,
    mic_optional: bool,
    offset: i64,
}

fn main() {
    let Some(arguments) = arguments() else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    let acceptor = acceptor(&arguments);
    let nt_hash = |user: &UnverifiedUser| arguments.users.get(&user.user.to_lowercase()).cloned();
    let mut claimed = HashSet::new();
    let mut exchange = Exchange::new(now(arguments.offset));
    for line in std::io::stdin().lock().lines().map(Result::unwrap) {
        if line == "new" {
            exchange = Exchange::new(now(arguments.offset));
            continue;
        }
        let circumstances = Circumstances {
            tolerance: Duration::from_mins(10),
            now: now(arguments.offset),
            entropy: &SystemEntropy,
            channel: arguments.binding.as_ref(),
            nt_hash: &nt_hash,
        };
        match acceptor.step(&mut exchange, &STANDARD.decode(&line).unwrap(), &circumstances) {
            Ok(Step::Continue(token)) => println!("continue {}", STANDARD.encode(token)),
            Ok(Step::Done { token, unclaimed }) => {
                let first = claimed.insert(unclaimed.claim().key);
                match unclaimed.claimed(first) {
                    Ok(identity) => println!("{}", done(&identity, token.as_deref())),
                    Err(replayed) => println!("refused {replayed}"),
                }
            }
            Err(error) => println!("refused {error}"),
        }
    }
}

fn done(identity: &Identity, token: Option<&[u8]>) -> String {
    let name = match identity.user() {
        Some(user) => user.to_owned(),
        None => format!("*{}", identity.components().join("/")),
    };
    let token = token.map_or_else(|| "-".to_owned(), |token| STANDARD.encode(token));
    let key = hex(&sha256(identity.key().expose()));
    format!("done {} {name} {} {key} {token}", identity.mechanism().name(), identity.realm())
}

fn acceptor(arguments: &Arguments) -> Acceptor {
    let kerberos = arguments.keytab.as_ref().map(|path| Kerberos {
        keytab: Keytab::read(&std::fs::read(path).unwrap()).unwrap(),
        services: arguments.services.clone(),
        realms: arguments.realms.clone(),
    });
    let ntlm = (!arguments.users.is_empty()).then(|| Ntlm {
        computer: "VCSSO".to_owned(),
        domain: "LAB".to_owned(),
        dns_computer: "vcsso.lab.test".to_owned(),
        dns_domain: "lab.test".to_owned(),
        require_mic: !arguments.mic_optional,
    });
    Acceptor { kerberos, ntlm, binding_required: arguments.binding_required }
}

fn arguments() -> Option<Arguments> {
    let mut arguments = Arguments::default();
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        if name == "--require-binding" {
            arguments.binding_required = true;
            continue;
        }
        if name == "--mic-optional" {
            arguments.mic_optional = true;
            continue;
        }
        let value = rest.next()?;
        match name.as_str() {
            "--keytab" => arguments.keytab = Some(value),
            "--service" => arguments.services.push(Principal::parse(&value).ok()?),
            "--realm" => arguments.realms.push(value),
            "--user" => {
                let (user, password) = value.split_once(':')?;
                arguments.users.insert(user.to_owned(), NtHash::of_password(&Secret::new(password)));
            }
            "--binding" => arguments.binding = Some(ChannelBinding::of_end_point(&unhex(&value)?)),
            "--offset" => arguments.offset = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(arguments)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[expect(clippy::disallowed_methods, reason = "real clients live by the wall clock")]
fn now(offset: i64) -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Moment::from_micros(i64::try_from(since.as_micros()).unwrap() + offset * 1_000_000)
}
