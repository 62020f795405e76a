//! Whole messages of real clients, and what the judge says of each, step by step.
//!
//! One folder per message: `message.xml`, `anchors.pem` (who is trusted to sign tokens), `now`, `door`, and `report`, one
//! line per step. `UPDATE_VECTORS=1` writes the reports again; `scripts/import-vectors` writes everything else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "a test that cannot go on has failed, and none is in a hurry"
)]

use std::fs;
use std::path::{Path, PathBuf};

use vcsso::clock::Moment;
use vcsso::pki::{Anchors, pem};
use vcsso::soap::Envelope;
use vcsso::verifier::{Door, Judgement, Policy, Report, judge, judge_token};

#[test]
fn every_recorded_message_is_accepted_with_its_report() {
    let folders = folders();
    assert!(folders.len() >= 20, "only {} vectors found", folders.len());
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy();
        let judgement = judge_vector(&folder);
        let report = steps(&judgement.report);
        if std::env::var_os("UPDATE_VECTORS").is_some() {
            fs::write(folder.join("report"), &report).unwrap();
        }
        assert_eq!(report, text(&folder.join("report")), "{name}: {}", judgement.report.to_json(false));
        assert!(judgement.proven.is_some(), "{name}: {}", judgement.report.to_json(true));
    }
}

#[test]
fn every_recorded_message_is_refused_a_day_later_and_nothing_else_is_wrong_with_it() {
    for folder in folders() {
        let now = Moment::parse(text(&folder.join("now")).trim())
            .unwrap()
            .plus(std::time::Duration::from_hours(24));
        let judgement = judge_at(&folder, now);
        let refusal = judgement.report.refusal().unwrap().id.as_str();
        assert!(
            matches!(refusal, "message.timestamp" | "assertion.in-force"),
            "{}: {refusal}",
            folder.display()
        );
        assert!(judgement.proven.is_none());
    }
}

/// sts.md §10: 206.
#[test]
fn a_token_that_a_real_vcenter_issued_in_2018_is_accepted_in_its_time_only() {
    let folder = root().join("fixtures/vcenter-2018");
    let judge = |now: &str| {
        let now = Moment::parse(now).unwrap();
        judge_token(text(&folder.join("token.xml")).into_bytes(), &anchors(&folder), &Policy::default(), now)
    };
    let judgement = judge("2018-03-04T00:25:00Z");
    let token = judgement.proven.and_then(|proven| proven.token);
    let token = token.unwrap_or_else(|| panic!("{}", judgement.report.to_json(true)));
    assert_eq!(token.assertion().subject.name, "Administrator@VSPHERE.LOCAL");
    assert_eq!(token.signer().subject(), "CN=ssoserverSign");
    let judgement = judge("2019-01-01T00:00:00Z");
    assert!(judgement.proven.is_none());
    assert_eq!(judgement.report.refusal().unwrap().id.as_str(), "assertion.in-force");
}

fn judge_vector(folder: &Path) -> Judgement {
    judge_at(folder, Moment::parse(text(&folder.join("now")).trim()).unwrap())
}

fn judge_at(folder: &Path, now: Moment) -> Judgement {
    let envelope = Envelope::parse(fs::read(folder.join("message.xml")).unwrap()).unwrap();
    let door = match text(&folder.join("door")).trim() {
        "sts" => Door::Sts,
        "sdk" => Door::Sdk,
        other => panic!("{}: unknown door {other}", folder.display()),
    };
    judge(&envelope, door, &anchors(folder), &Policy::default(), now)
}

fn steps(report: &Report) -> String {
    report.steps().iter().map(|step| format!("{} {}\n", step.id.as_str(), step.outcome.as_str())).collect()
}

fn anchors(folder: &Path) -> Anchors {
    let certificates = pem::certificates(&text(&folder.join("anchors.pem"))).unwrap();
    Anchors::new(certificates.into_iter().map(|certificate| (None, certificate)))
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("vectors")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
