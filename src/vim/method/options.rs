//! What is asked of the option manager (`session-manager.md` §2.6).

use super::table::OptionMethod;
use crate::vim::Value;
use crate::vim::reference::unprefixed;
use crate::vim::values::OptionValue;
use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::xml::Element;
use crate::xml::names::XSI;

/// A call of `OptionManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionCall {
    /// Settings.
    Query {
        /// One name, or with a dot at the end all names below; absent = all.
        name: Option<String>,
    },
    /// Other values for settings.
    Update {
        /// Their names and values.
        changed: Vec<OptionValue>,
    },
}

impl OptionCall {
    pub(super) const fn name(&self) -> OptionMethod {
        match self {
            Self::Query { .. } => OptionMethod::QueryOptions,
            Self::Update { .. } => OptionMethod::UpdateOptions,
        }
    }

    pub(super) fn read(name: OptionMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        match name {
            OptionMethod::QueryOptions => Ok(Self::Query { name: arguments.optional_owned("name")? }),
            OptionMethod::UpdateOptions => {
                Ok(Self::Update { changed: arguments.required_data("changedValue", option)? })
            }
        }
    }
}

fn option(element: Element<'_>) -> Result<OptionValue, Problem> {
    let fields = Arguments::of(element, Owner::Data("OptionValue"), &["key", "value"])?;
    let text = fields.text("value")?;
    let kind = fields.required("value")?.attribute_in(XSI, "type").map_or("string", unprefixed);
    let value = value(kind, text).ok_or_else(|| fields.malformed("value", "of the type it names"))?;
    Ok(OptionValue { key: fields.owned("key")?, value })
}

/// A value where the schema leaves the type open: the element names it, and text is what names none.
fn value(kind: &str, text: &str) -> Option<Value> {
    match kind {
        "boolean" => match text.trim() {
            "true" | "1" => Some(Value::Boolean(true)),
            "false" | "0" => Some(Value::Boolean(false)),
            _ => None,
        },
        "byte" | "short" | "int" => text.trim().parse().ok().map(Value::Int),
        "long" => text.trim().parse().ok().map(Value::Long),
        "string" => Some(Value::Text(text.to_owned())),
        _ => None,
    }
}
