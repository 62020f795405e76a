//! Settings (`session-manager.md` §2.6).

use super::Answer;
use super::calls::{Asked, Reply, unavailable};
use crate::app::policies::{Policy, PolicyRefused, Scalar, change};
use crate::vim::method::OptionCall;
use crate::vim::values::OptionValue;
use crate::vim::{Fault, Value};

pub(super) async fn answer(asked: &Asked<'_>, call: OptionCall) -> Result<Reply, Answer> {
    match call {
        OptionCall::Query { name } => query(asked, name.as_deref()),
        OptionCall::Update { changed } => update(asked, changed).await,
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
        return Err(unknown(name).into());
    }
    Ok(Reply::of(Value::records("OptionValue", options)))
}

/// All values or none; they count from the next request on.
async fn update(asked: &Asked<'_>, options: Vec<OptionValue>) -> Result<Reply, Answer> {
    let Some(by) = asked.caller.session() else { return Err(Fault::not_authenticated().into()) };
    let changes: Vec<(Policy, Option<Scalar>)> =
        options.into_iter().map(|option| change_of(asked, option)).collect::<Result<_, Fault>>()?;
    let (app, peer) = (asked.exchange.app, asked.exchange.peer);
    change(app, &changes, &by.session.user_name, peer).await.map_err(refused)?;
    Ok(Reply::NOTHING)
}

/// The settings that can be changed; the others say what the configuration or the request says.
fn change_of(asked: &Asked<'_>, option: OptionValue) -> Result<(Policy, Option<Scalar>), Fault> {
    let number = |times: u64| count(&option.value).map(|number| Scalar::Number(u64::from(number) * times));
    let change = match option.key.as_str() {
        SESSION_TIMEOUT => (Policy::SessionIdle, number(60)),
        MAX_SESSION_COUNT => (Policy::SessionMax, number(1)),
        INSTANCE_NAME => match option.value {
            Value::Text(name) => (Policy::InstanceName, Some(Scalar::Text(name))),
            _ => (Policy::InstanceName, None),
        },
        key if asked.inventory.options().iter().any(|known| known.key == key) => {
            return Err(wrong("changedValue.key"));
        }
        key => return Err(unknown(key)),
    };
    if change.1.is_none() { Err(wrong("changedValue.value")) } else { Ok(change) }
}

fn wrong(path: &str) -> Fault {
    Fault::InvalidArgument { property: Some(path.to_owned()) }
}

fn refused(refused: PolicyRefused) -> Answer {
    match refused {
        PolicyRefused::Unknown(_) | PolicyRefused::Value { .. } | PolicyRefused::Contradiction(_) => {
            wrong("changedValue.value").into()
        }
        PolicyRefused::Failure(failure) => unavailable(&failure),
    }
}

/// Clients that know no better send numbers as text.
fn count(value: &Value) -> Option<u32> {
    match value {
        Value::Int(number) => u32::try_from(*number).ok(),
        Value::Long(number) => u32::try_from(*number).ok(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number| i32::try_from(*number).is_ok())
}

fn unknown(name: &str) -> Fault {
    Fault::InvalidName { name: name.chars().take(128).collect() }
}

/// Minutes without use after which a session ends.
pub(super) const SESSION_TIMEOUT: &str = "config.vmacore.soap.sessionTimeout";
/// How many sessions there may be.
pub(super) const MAX_SESSION_COUNT: &str = "config.vmacore.soap.maxSessionCount";
/// What the house calls itself.
pub(super) const INSTANCE_NAME: &str = "VirtualCenter.InstanceName";
