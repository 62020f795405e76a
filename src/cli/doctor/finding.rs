//! What was found: a line for each check, with what was seen and what to do.

use serde_json::{Value, json};

use crate::cli::output::{Output, print, print_json};
use crate::telemetry::one_line;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Warning,
    /// It is wrong.
    Wrong,
    /// It was not looked at.
    Skipped,
}

/// One check.
struct Finding {
    check: &'static str,
    outcome: Outcome,
    seen: String,
    advice: String,
}

/// All of them, in the order in which they were made.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn good(&mut self, check: &'static str, seen: impl Into<String>) {
        self.add(check, Outcome::Good, seen.into(), "");
    }

    pub(super) fn warning(&mut self, check: &'static str, seen: impl Into<String>, advice: &str) {
        self.add(check, Outcome::Warning, seen.into(), advice);
    }

    pub(super) fn wrong(&mut self, check: &'static str, seen: impl Into<String>, advice: &str) {
        self.add(check, Outcome::Wrong, seen.into(), advice);
    }

    pub(super) fn skipped(&mut self, check: &'static str, seen: impl Into<String>, advice: &str) {
        self.add(check, Outcome::Skipped, seen.into(), advice);
    }

    fn add(&mut self, check: &'static str, outcome: Outcome, seen: String, advice: &str) {
        self.0.push(Finding { check, outcome, seen, advice: advice.to_owned() });
    }

    /// Nothing is wrong.
    pub(super) fn are_good(&self) -> bool {
        self.0.iter().all(|finding| finding.outcome != Outcome::Wrong)
    }

    pub(super) fn print(&self, url: &str, output: Output) -> std::io::Result<()> {
        match output {
            Output::Text => print(&self.text()),
            Output::Json => print_json(&self.json(url)),
        }
    }

    pub(super) fn json(&self, url: &str) -> Value {
        let finding = |Finding { check, outcome, seen, advice }: &Finding| json!({ "check": check, "outcome": outcome.as_str(), "seen": seen, "advice": advice });
        json!({ "url": url, "healthy": self.are_good(), "checks": self.0.iter().map(finding).collect::<Vec<_>>() })
    }

    /// What a server says of itself cannot print more than its line.
    fn text(&self) -> String {
        let mut text = String::new();
        for Finding { check, outcome, seen, advice } in &self.0 {
            let line = format!("{:<7}  {check:<13}  {}", outcome.as_str(), one_line(seen));
            text.extend([line.trim_end(), "\n"]);
            if !advice.is_empty() {
                text.extend(["                        -> ", advice, "\n"]);
            }
        }
        text
    }
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Wrong => "no",
            Self::Skipped => "skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_makes_the_whole_wrong() {
        let mut findings = Findings::default();
        findings.good("a", "x");
        findings.warning("b", "y", "look");
        findings.skipped("c", "z", "");
        assert!(findings.are_good());
        assert_eq!(findings.text().lines().count(), 4);
        findings.wrong("d", "two\nlines", "do");
        assert!(!findings.are_good());
        assert_eq!(findings.text().lines().count(), 6, "{}", findings.text());
        assert_eq!(
            findings.json("u")["checks"][3],
            json!({"check":"d","outcome":"no","seen":"two\nlines","advice":"do"})
        );
    }
}
