//! What a judgement found, step by step. The verdict is the first failure; everything after it is diagnosis and can
//! prove nothing: a proof is only sealed on a report without refusal.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::mistake::Mistake;
use super::step::StepId;
use crate::clock::Moment;
use crate::pki::certificate::sha256;

/// The steps of one judgement, and what they amount to.
#[derive(Clone, Debug)]
pub struct Report {
    door: &'static str,
    at: Moment,
    steps: Vec<Step>,
    refusal: Option<usize>,
    about: About,
}

/// What the report is about, as far as it was proven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Whom the token names.
    pub subject: Option<String>,
    /// `ID` of the token.
    pub token_id: Option<String>,
    /// `bearer` or `holder-of-key`.
    pub confirmation: Option<&'static str>,
    /// SHA-256 of the token signer's certificate.
    pub signer_sha256: Option<String>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// How it went.
    pub outcome: Outcome,
    /// What was there, and what should have been.
    pub finding: Finding,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not: this is the refusal.
    Fail,
    /// After the refusal: it would hold.
    DiagnosisPass,
    /// After the refusal: it would not.
    DiagnosisFail,
    /// It was not looked at, and why.
    NotChecked,
}

/// Facts about a step.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// What was there.
    pub seen: Seen,
    /// What was wanted.
    pub wanted: Cow<'static, str>,
    /// What kind of wrong it is, where a door's fault depends on it.
    pub class: Class,
    /// Which known mistake explains it.
    pub mistake: Option<Mistake>,
    /// For the operator only; never kept.
    pub evidence: Option<Box<Evidence>>,
}

/// Kinds of wrong that WS-Security names apart (WSS 1.1.1 §12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// Plainly wrong.
    #[default]
    Wrong,
    /// There are several where one belongs.
    Several,
    /// A kind of token that is not supported.
    Unsupported,
    /// A token that is referred to and is not there.
    Unavailable,
    /// A token that cannot be read.
    Unreadable,
}

/// A fact, written out only when somebody reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// Nothing worth saying.
    #[default]
    Nothing,
    /// A text.
    Text(Cow<'static, str>),
    /// A number of things.
    Count(usize),
    /// A period.
    Period(Moment, Moment),
    /// A period that does not contain now, though it was widened by so much.
    Missed(Moment, Moment, Duration),
}

/// The bytes of a digest that did not hold.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The reference.
    pub reference: String,
    /// The canonical form that was digested here.
    pub canonical: String,
    /// The first byte of it in which the client's form differs, where that form was found.
    pub first_difference: Option<usize>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(door: &'static str, at: Moment) -> Self {
        Self { door, at, steps: Vec::with_capacity(24), refusal: None, about: About::default() }
    }

    /// The first failing step.
    #[must_use]
    pub fn refusal(&self) -> Option<&Step> {
        self.refusal.and_then(|place| self.steps.get(place))
    }

    /// Every step so far.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// When it was made.
    #[must_use]
    pub const fn at(&self) -> Moment {
        self.at
    }

    /// What it is about.
    #[must_use]
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// Says what it is about. Only what is proven belongs here.
    pub(super) fn set_about(&mut self, about: About) {
        self.about = about;
    }

    /// Records a step that holds.
    pub fn pass(&mut self, id: StepId, seen: impl Into<Seen>) {
        let outcome = if self.refusal.is_some() { Outcome::DiagnosisPass } else { Outcome::Pass };
        self.steps.push(Step { id, outcome, finding: Finding { seen: seen.into(), ..Finding::default() } });
    }

    /// Records a step that does not hold: the refusal, if it is the first.
    pub fn fail(&mut self, id: StepId, finding: impl Into<Finding>) {
        let outcome = if self.refusal.is_some() { Outcome::DiagnosisFail } else { Outcome::Fail };
        self.refusal.get_or_insert(self.steps.len());
        self.steps.push(Step { id, outcome, finding: finding.into() });
    }

    /// Records a step that was left out, and why.
    pub fn skip(&mut self, id: StepId, why: &'static str) {
        self.steps.push(Step { id, outcome: Outcome::NotChecked, finding: Finding::wanted(why) });
    }

    /// Takes in what was found about a part of the message, under the step that part decides: its own steps follow, as
    /// diagnosis where they refused it.
    pub fn absorb(&mut self, id: StepId, part: Self) {
        match part.refusal() {
            None => self.pass(id, Seen::Nothing),
            Some(step) => {
                let seen = step.finding.seen.to_text().unwrap_or_default();
                self.fail(id, Finding::seen(format!("{}: {seen}", step.id.as_str())));
            }
        }
        for mut step in part.steps {
            if self.refusal.is_some() {
                step.outcome = step.outcome.as_diagnosis();
            }
            self.steps.push(step);
        }
    }

    /// Records how a check went and hands on what it found.
    pub fn check<T, F: Into<Finding>>(&mut self, id: StepId, result: Result<T, F>) -> Option<T> {
        match result {
            Ok(value) => {
                self.pass(id, Seen::Nothing);
                Some(value)
            }
            Err(finding) => {
                self.fail(id, finding);
                None
            }
        }
    }

    /// The report as JSON (`contract.md`); evidence is for the operator's eyes only and is never stored.
    #[must_use]
    pub fn to_json(&self, with_evidence: bool) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(|step| step.to_json(with_evidence)).collect();
        let mut object = Map::new();
        let verdict = if self.refusal.is_some() { "refused" } else { "accepted" };
        object.insert("verdict".into(), json!(verdict));
        if let Some(step) = self.refusal() {
            object.insert("refusal".into(), json!(step.id.as_str()));
        }
        object.insert("door".into(), json!(self.door));
        object.insert("at".into(), json!(self.at.millis_text().as_str()));
        object.insert("steps".into(), Value::Array(steps));
        for (name, value) in [
            ("subject", self.about.subject.as_deref()),
            ("token_id", self.about.token_id.as_deref()),
            ("confirmation", self.about.confirmation),
            ("signer_sha256", self.about.signer_sha256.as_deref()),
        ] {
            if let Some(value) = value {
                object.insert(name.into(), json!(value));
            }
        }
        Value::Object(object)
    }
}

impl Step {
    fn to_json(&self, with_evidence: bool) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), json!(self.id.as_str()));
        object.insert("outcome".into(), json!(self.outcome.as_str()));
        if let Some(seen) = self.finding.seen.to_text() {
            object.insert("seen".into(), json!(seen));
        }
        if !self.finding.wanted.is_empty() {
            object.insert("wanted".into(), json!(self.finding.wanted));
        }
        object.insert("clause".into(), json!(self.id.clause()));
        if matches!(self.outcome, Outcome::Fail | Outcome::DiagnosisFail) {
            let mistake = self.finding.mistake;
            object.insert("hint".into(), json!(mistake.map_or(self.id.hint(), Mistake::advice)));
            if let Some(mistake) = mistake {
                object.insert("mistake".into(), json!(mistake.as_str()));
            }
        }
        if let Some(evidence) = self.finding.evidence.as_deref().filter(|_| with_evidence) {
            object.insert("evidence".into(), evidence.to_json());
        }
        Value::Object(object)
    }
}

impl Outcome {
    const fn as_diagnosis(self) -> Self {
        match self {
            Self::Pass | Self::DiagnosisPass => Self::DiagnosisPass,
            Self::Fail | Self::DiagnosisFail => Self::DiagnosisFail,
            Self::NotChecked => Self::NotChecked,
        }
    }

    /// As it stands in the report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::DiagnosisPass => "diagnosis-pass",
            Self::DiagnosisFail => "diagnosis-fail",
            Self::NotChecked => "not-checked",
        }
    }
}

impl Finding {
    /// What was there.
    pub fn seen(seen: impl Into<Seen>) -> Self {
        Self { seen: seen.into(), ..Self::default() }
    }

    /// What was wanted.
    pub fn wanted(wanted: impl Into<Cow<'static, str>>) -> Self {
        Self { wanted: wanted.into(), ..Self::default() }
    }

    /// Adds what was wanted.
    #[must_use]
    pub fn but(mut self, wanted: impl Into<Cow<'static, str>>) -> Self {
        self.wanted = wanted.into();
        self
    }

    /// Names the mistake that explains it.
    #[must_use]
    pub const fn mistake(mut self, mistake: Option<Mistake>) -> Self {
        self.mistake = mistake;
        self
    }

    /// Says what kind of wrong it is.
    #[must_use]
    pub const fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

/// Any typed error of the lower floors says what it saw in its own words.
impl<E: std::error::Error> From<E> for Finding {
    fn from(error: E) -> Self {
        Self::seen(error.to_string())
    }
}

impl Seen {
    /// In words; nothing for nothing.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text.to_string()),
            Self::Count(count) => Some(count.to_string()),
            Self::Period(start, end) | Self::Missed(start, end, _) => Some(format!("[{start}; {end})")),
        }
    }
}

impl From<&'static str> for Seen {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Seen {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl Evidence {
    fn to_json(&self) -> Value {
        let mut object = json!({
            "reference": self.reference,
            "canonical_length": self.canonical.len(),
            "canonical_sha256": crate::entropy::hex(&sha256(self.canonical.as_bytes())),
            "canonical_base64": STANDARD.encode(&self.canonical),
        });
        if let (Some(offset), Some(object)) = (self.first_difference, object.as_object_mut()) {
            object.insert("first_difference".into(), json!(offset));
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_the_verdict_and_the_rest_is_diagnosis() {
        let mut report = Report::new("sdk", Moment::EPOCH);
        report.pass(StepId::MessageTimestamp, "x");
        report.fail(StepId::AssertionDigest, Finding::seen("a").but("b"));
        report.pass(StepId::AssertionInForce, Seen::Nothing);
        report.fail(StepId::PossessionKey, Finding::default());
        let outcomes: Vec<_> = report.steps().iter().map(|step| step.outcome.as_str()).collect();
        assert_eq!(outcomes, ["pass", "fail", "diagnosis-pass", "diagnosis-fail"]);
        let json = report.to_json(false);
        assert_eq!(
            (json["verdict"].as_str(), json["refusal"].as_str()),
            (Some("refused"), Some("assertion.digest"))
        );
        assert_eq!(json["steps"][1]["wanted"], "b");
    }

    #[test]
    fn evidence_is_only_shown_to_who_asks_for_it() {
        let mut report = Report::new("sdk", Moment::EPOCH);
        let evidence =
            Evidence { reference: "#_b".into(), canonical: "<a></a>".into(), first_difference: None };
        report.fail(
            StepId::MessageDigest,
            Finding { evidence: Some(Box::new(evidence)), ..Finding::default() },
        );
        assert!(report.to_json(false)["steps"][0].get("evidence").is_none());
        assert_eq!(report.to_json(true)["steps"][0]["evidence"]["canonical_base64"], "PGE+PC9hPg==");
    }
}
