//! What the program tells: log lines on stderr, each one line whatever is in it, and counters for `/metrics`.
//!
//! Nobody passes a password, token, key or body to either; that is a matter of the callers (`house-style.md`).

use std::fmt::Write as _;
use std::io::{self, Write};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The running log and counters.
#[derive(Clone, Debug)]
pub struct Telemetry {
    metrics: PrometheusHandle,
}

/// Why nothing can be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is none.
    #[error(
        "VCSSO_LOG is {seen:?}, wanted a level (error, warn, info, debug, trace) or a list like `vcsso=debug,info`"
    )]
    Filter {
        /// What was written.
        seen: String,
    },
    /// The buckets of the histograms.
    #[error("the buckets of the metrics are not usable: {0}")]
    Buckets(String),
    /// Somebody else has begun before.
    #[error("the {0} is already started")]
    Started(&'static str),
}

impl Telemetry {
    /// Starts both, for the whole process. `filter` is the value of `VCSSO_LOG`; none = `info`.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn start(filter: Option<&str>) -> Result<Self, TelemetryError> {
        let filter = filter_of(filter)?;
        let subscriber =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(StandardError);
        subscriber.try_init().map_err(|_| TelemetryError::Started("log"))?;
        let buckets = PrometheusBuilder::new().set_buckets(BUCKETS);
        let recorder = buckets.map_err(|error| TelemetryError::Buckets(error.to_string()))?.build_recorder();
        let metrics = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| TelemetryError::Started("metrics recorder"))?;
        Ok(Self { metrics })
    }

    /// Every counter in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.metrics.run_upkeep();
        self.metrics.render()
    }
}

/// The text with everything escaped that a terminal or a log reader would take for something else: control characters,
/// line ends, direction marks.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            // Writing to a String cannot fail.
            letter if misleading(letter) => drop(write!(line, "\\u{{{:x}}}", u32::from(letter))),
            letter => line.push(letter),
        }
    }
    line
}

/// What a person wants to read: our own decisions, and only the worries of the libraries.
const DEFAULT_FILTER: &str = "info,actix_server=warn,sqlx=warn";

fn filter_of(filter: Option<&str>) -> Result<EnvFilter, TelemetryError> {
    let text = filter.filter(|text| !text.trim().is_empty()).unwrap_or(DEFAULT_FILTER);
    EnvFilter::try_new(text).map_err(|_| TelemetryError::Filter { seen: text.to_owned() })
}

fn misleading(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Standard error, one line per event.
struct StandardError;

/// One event on its way. The subscriber writes each event in one piece.
struct OneLine<W: Write>(W);

impl<'w> MakeWriter<'w> for StandardError {
    type Writer = OneLine<io::Stderr>;

    fn make_writer(&'w self) -> Self::Writer {
        OneLine(io::stderr())
    }
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        // Two lines a request are written, and nearly all of them are plain.
        if let Some((b'\n', plain)) = event.split_last()
            && plain.iter().all(|byte| matches!(byte, b' '..=b'~'))
        {
            self.0.write_all(event)?;
            return Ok(event.len());
        }
        let text = String::from_utf8_lossy(event);
        let body = text.strip_suffix('\n').unwrap_or(&text);
        self.0.write_all([one_line(body).as_str(), "\n"].concat().as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Seconds: from a cached answer to a login that waits for two slow replicas.
const BUCKETS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let mut out = Vec::new();
        OneLine(&mut out)
            .write_all("INFO login user=a\r\nINFO forged \u{1b}[31m\u{202e}\u{9b}x\n".as_bytes())
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "INFO login user=a\\r\\nINFO forged \\u{1b}[31m\\u{202e}\\u{9b}x\n");
    }

    #[test]
    fn nonsense_is_no_filter_and_nothing_is_the_default() {
        assert_eq!(filter_of(Some(" ")).unwrap().to_string(), filter_of(None).unwrap().to_string());
        assert!(filter_of(Some("vcsso=debug,warn")).is_ok());
        assert_eq!(
            filter_of(Some("vcsso=loud")).unwrap_err(),
            TelemetryError::Filter { seen: "vcsso=loud".into() }
        );
    }

    #[test]
    fn what_was_counted_is_rendered() {
        let telemetry = Telemetry::start(Some("off")).unwrap();
        metrics::counter!("vcsso_logins_total", "outcome" => "refused").increment(2);
        metrics::histogram!("vcsso_request_seconds").record(0.003);
        let text = telemetry.render();
        assert!(text.contains("vcsso_logins_total{outcome=\"refused\"} 2"), "{text}");
        assert!(text.contains("vcsso_request_seconds_bucket{le=\"0.005\"} 1"), "{text}");
        assert_eq!(Telemetry::start(None).unwrap_err(), TelemetryError::Started("log"));
    }
}
