//! The reports of recent refusals, with their evidence: bounded, in memory, for the operator only (`decisions.md` §10).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// A ring of reports, by trace.
#[derive(Debug, Default)]
pub struct Exchanges(Mutex<VecDeque<(String, Value)>>);

impl Exchanges {
    /// Remembers a report; the oldest goes when there is no room.
    pub fn remember(&self, trace: &str, report: Value) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() >= MOST {
            ring.pop_front();
        }
        ring.push_back((trace.to_owned(), report));
    }

    /// The report of a trace, if it is still remembered.
    #[must_use]
    pub fn find(&self, trace: &str) -> Option<Value> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().find(|(other, _)| other == trace).map(|(_, report)| report.clone())
    }
}

/// A report with evidence has up to 20 KiB; this keeps the ring below 3 MiB.
const MOST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_reports_are_kept() {
        let exchanges = Exchanges::default();
        for number in 0..=MOST {
            exchanges.remember(&number.to_string(), Value::from(number));
        }
        assert_eq!(exchanges.find("0"), None);
        assert_eq!(exchanges.find("128"), Some(Value::from(128)));
    }
}
