//! `vcsso explain`: why was that refused? What the audit knows of an exchange, by the trace in its answer.

use clap::Args;

use super::flags::StoreFlags;
use super::output::{Output, print, print_json};
use super::{Exit, World, world};
use crate::app::explain::explain;

/// Print what the audit knows of an exchange: the report of a refusal, step by step.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// The value of `X-Vcsso-Trace`
    pub trace: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Explain {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let rows =
            world::with_app(&self.store.given(), world, async |app| Ok(explain(&app, &self.trace).await?))?;
        if rows.is_empty() {
            anyhow::bail!(
                "nothing is known of the trace {:?}",
                self.trace.chars().take(64).collect::<String>()
            );
        }
        match world.output {
            Output::Json => print_json(&rows.into())?,
            Output::Text => print(&rows.iter().map(text).collect::<String>())?,
        }
        Ok(Exit::Ok)
    }
}

/// One line for the decision, one for each step of its report.
fn text(row: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let field = |value: &serde_json::Value, name: &str| text(value, name).unwrap_or_else(|| "-".into());
    let head = ["at", "action", "outcome", "principal", "source"].map(|name| field(row, name)).join("  ");
    let steps =
        row.pointer("/detail/steps").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let line = |step: &serde_json::Value| {
        let facts = ["seen", "wanted", "hint"].map(|name| (name, text(step, name)));
        let facts = facts.into_iter().filter_map(|(name, text)| Some(format!("\n      {name}: {}", text?)));
        format!("  {:<14} {}{}\n", field(step, "outcome"), field(step, "id"), facts.collect::<String>())
    };
    format!("{head}\n{}", steps.iter().map(line).collect::<String>())
}
