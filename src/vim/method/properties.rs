//! What is asked of the property collector (`session-manager.md` §2.3).

use super::table::PropertyMethod;
use crate::vim::arguments::{Arguments, Owner, Problem};
use crate::vim::property::FilterSpec;

/// A call of `PropertyCollector`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyCall {
    /// Properties of objects, all at once.
    Retrieve {
        /// Which ones.
        specs: Vec<FilterSpec>,
    },
    /// Properties of objects, in pages.
    RetrieveEx {
        /// Which ones.
        specs: Vec<FilterSpec>,
        /// Objects per page; never zero.
        max_objects: Option<usize>,
    },
    /// The next page.
    Continue {
        /// What the page before named.
        token: String,
    },
    /// No further page is wanted.
    Cancel {
        /// What the last page named.
        token: String,
    },
}

impl PropertyCall {
    pub(super) const fn name(&self) -> PropertyMethod {
        match self {
            Self::Retrieve { .. } => PropertyMethod::RetrieveProperties,
            Self::RetrieveEx { .. } => PropertyMethod::RetrievePropertiesEx,
            Self::Continue { .. } => PropertyMethod::ContinueRetrievePropertiesEx,
            Self::Cancel { .. } => PropertyMethod::CancelRetrievePropertiesEx,
        }
    }

    pub(super) fn read(name: PropertyMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let token = || arguments.text("token").map(str::to_owned);
        Ok(match name {
            PropertyMethod::RetrieveProperties => Self::Retrieve { specs: specs(arguments)? },
            PropertyMethod::RetrievePropertiesEx => {
                Self::RetrieveEx { specs: specs(arguments)?, max_objects: max_objects(arguments)? }
            }
            PropertyMethod::ContinueRetrievePropertiesEx => Self::Continue { token: token()? },
            PropertyMethod::CancelRetrievePropertiesEx => Self::Cancel { token: token()? },
        })
    }
}

fn specs(arguments: &Arguments<'_>) -> Result<Vec<FilterSpec>, Problem> {
    arguments.required_data("specSet", FilterSpec::read)
}

/// `options` is required by the schema; a client that leaves it out sets nothing in it.
fn max_objects(arguments: &Arguments<'_>) -> Result<Option<usize>, Problem> {
    let Some(options) = arguments.optional("options")? else { return Ok(None) };
    let options = Arguments::of(options, Owner::Data("RetrieveOptions"), &["maxObjects"])?;
    let Some(seen) = options.integer("maxObjects")? else { return Ok(None) };
    let allowed = usize::try_from(seen).ok().filter(|count| *count > 0);
    allowed.map(Some).ok_or(Problem::NotAllowed { path: "options.maxObjects", seen, wanted: "at least 1" })
}
