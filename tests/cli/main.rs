//! The program from outside: what it prints and how it exits, run as a person or a script would run it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]
#![cfg(feature = "server")]

mod authorization;
mod completions;
mod configuration;
mod doctor;
mod issuer;
mod keys;
mod log;
mod policies;
mod program;
mod running;
mod sspi;
mod token;
mod token_inspect;
mod verify;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use vcsso::clock::Moment;
use vcsso::config::Ephemeral;
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::SystemEntropy;
use vcsso::pki::{TokenSigner, make, pem};
use vcsso::saml::write::{NewAssertion, write};

/// A folder with what the commands read.
struct World {
    folder: Ephemeral,
    now: Moment,
}

struct Run {
    code: i32,
    out: String,
    error: String,
}

impl World {
    fn new() -> Self {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        Self { folder: Ephemeral::new(&SystemEntropy).unwrap(), now }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// A bearer token of a new signer, and the signer's certificate in a file.
    fn token(&self, anchors: &str) -> String {
        let made = make::self_signed("ssoserverSign", self.now).unwrap();
        self.file(anchors, &pem::encode("CERTIFICATE", made.certificate.der()));
        let signer = TokenSigner::new(made.key, vec![made.certificate]).unwrap();
        let new = NewAssertion {
            id: "_token",
            issue_instant: self.now,
            authn_instant: self.now,
            issuer: "https://sso.test",
            subject: "alice@VSPHERE.LOCAL",
            confirmation: None,
            not_before: self.now,
            not_on_or_after: self.now.plus(Duration::from_mins(5)),
            proxy_count: 0,
            renew_count: 0,
            authn_class: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            groups: &["vsphere.local\\Everyone".to_owned()],
            given_name: None,
            surname: None,
            is_solution: false,
            special: None,
        };
        write(&new, &signer, SignatureAlgorithm::RSA_SHA256).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vcsso"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VCSSO_"))
        {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    fn judge(&self, arguments: &[&str]) -> (i32, Value) {
        let run = self.run(&[arguments, &["--at", "2026-11-24T08:01:00Z", "--output", "json"]].concat());
        (run.code, serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.error)))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
    }
}

fn envelope(header: &str) -> String {
    format!(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Header><wsse:Security xmlns:wsse=\"\
         http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">{header}</wsse:Security>\
         </S:Header><S:Body><LoginByToken xmlns=\"urn:vim25\"/></S:Body></S:Envelope>"
    )
}

fn step<'v>(report: &'v Value, id: &str) -> &'v Value {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {report:#}"))
}
