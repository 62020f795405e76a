//! Settings (`session-manager.md` §2.6).

use super::Answer;
use super::calls::{Asked, Reply};
use crate::vim::method::OptionCall;
use crate::vim::{Fault, Value};

pub(super) fn answer(asked: &Asked<'_>, call: OptionCall) -> Result<Reply, Answer> {
    match call {
        OptionCall::Query { name } => query(asked, name.as_deref()),
    }
}

/// One name, or all below one that ends with a dot. Strangers see where the STS is, and nothing else.
fn query(asked: &Asked<'_>, name: Option<&str>) -> Result<Reply, Answer> {
    let name = name.unwrap_or_default();
    if asked.caller.session().is_none() && !name.starts_with("config.vpxd.sso.") {
        return Err(Fault::not_authenticated().into());
    }
    let mut options = asked.inventory.options();
    options.retain(|option| {
        option.key == name || (name.is_empty() || name.ends_with('.')) && option.key.starts_with(name)
    });
    if options.is_empty() {
        return Err(Fault::InvalidName { name: name.chars().take(128).collect() }.into());
    }
    Ok(Reply::of(Value::records("OptionValue", options)))
}
