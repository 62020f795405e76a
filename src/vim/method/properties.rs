//! What is asked of the property collector (`session-manager.md` §2.3).

use std::time::Duration;

use super::table::PropertyMethod;
use crate::vim::property::FilterSpec;
use crate::vim::values::arguments::{Arguments, Owner, Problem};

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
    /// Watch this from now on.
    CreateFilter {
        /// What to watch.
        spec: FilterSpec,
    },
    /// What changed, at once.
    CheckForUpdates {
        /// What the client knows already; empty is nothing.
        version: String,
    },
    /// What changed, as soon as something did.
    WaitForUpdates {
        /// What the client knows already; empty is nothing.
        version: String,
    },
    /// What changed, as soon as something did, in portions.
    WaitForUpdatesEx {
        /// What the client knows already; empty is nothing.
        version: String,
        /// Not longer than this; zero = at once.
        max_wait: Option<Duration>,
        /// Objects per answer; never zero.
        max_objects: Option<usize>,
    },
    /// Whoever waits shall wait no longer.
    CancelWait,
    /// A property collector for this client alone.
    CreateCollector,
    /// It is not needed any more.
    DestroyCollector,
}

impl PropertyCall {
    pub(super) const fn name(&self) -> PropertyMethod {
        match self {
            Self::Retrieve { .. } => PropertyMethod::RetrieveProperties,
            Self::RetrieveEx { .. } => PropertyMethod::RetrievePropertiesEx,
            Self::Continue { .. } => PropertyMethod::ContinueRetrievePropertiesEx,
            Self::Cancel { .. } => PropertyMethod::CancelRetrievePropertiesEx,
            Self::CreateFilter { .. } => PropertyMethod::CreateFilter,
            Self::CheckForUpdates { .. } => PropertyMethod::CheckForUpdates,
            Self::WaitForUpdates { .. } => PropertyMethod::WaitForUpdates,
            Self::WaitForUpdatesEx { .. } => PropertyMethod::WaitForUpdatesEx,
            Self::CancelWait => PropertyMethod::CancelWaitForUpdates,
            Self::CreateCollector => PropertyMethod::CreatePropertyCollector,
            Self::DestroyCollector => PropertyMethod::DestroyPropertyCollector,
        }
    }

    pub(super) fn read(name: PropertyMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let token = || arguments.text("token").map(str::to_owned);
        let version = || Ok(arguments.optional_owned("version")?.unwrap_or_default());
        Ok(match name {
            PropertyMethod::RetrieveProperties => Self::Retrieve { specs: specs(arguments)? },
            PropertyMethod::RetrievePropertiesEx => {
                Self::RetrieveEx { specs: specs(arguments)?, max_objects: max_objects(arguments)? }
            }
            PropertyMethod::ContinueRetrievePropertiesEx => Self::Continue { token: token()? },
            PropertyMethod::CancelRetrievePropertiesEx => Self::Cancel { token: token()? },
            // Whole values are always right, so `partialUpdates` need not be known: a client that allows parts of them
            // takes the whole, too.
            PropertyMethod::CreateFilter => {
                arguments.boolean("partialUpdates")?;
                Self::CreateFilter { spec: FilterSpec::read(arguments.required("spec")?)? }
            }
            PropertyMethod::CheckForUpdates => Self::CheckForUpdates { version: version()? },
            PropertyMethod::WaitForUpdates => Self::WaitForUpdates { version: version()? },
            PropertyMethod::WaitForUpdatesEx => {
                let (max_wait, max_objects) = wait_options(arguments)?;
                Self::WaitForUpdatesEx { version: version()?, max_wait, max_objects }
            }
            PropertyMethod::CancelWaitForUpdates => Self::CancelWait,
            PropertyMethod::CreatePropertyCollector => Self::CreateCollector,
            PropertyMethod::DestroyPropertyCollector => Self::DestroyCollector,
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

fn wait_options(arguments: &Arguments<'_>) -> Result<(Option<Duration>, Option<usize>), Problem> {
    let Some(options) = arguments.optional("options")? else { return Ok((None, None)) };
    let options =
        Arguments::of(options, Owner::Data("WaitOptions"), &["maxWaitSeconds", "maxObjectUpdates"])?;
    let (seconds, objects) = (options.integer("maxWaitSeconds")?, options.integer("maxObjectUpdates")?);
    let wanted = |path, seen, wanted| Problem::NotAllowed { path, seen, wanted };
    let duration = |seen: i32| {
        let seconds = u64::try_from(seen);
        seconds.map(Duration::from_secs).map_err(|_| wanted("options.maxWaitSeconds", seen, "at least 0"))
    };
    let count = |seen: i32| {
        let allowed = usize::try_from(seen).ok().filter(|count| *count > 0);
        allowed.ok_or_else(|| wanted("options.maxObjectUpdates", seen, "at least 1"))
    };
    Ok((seconds.map(duration).transpose()?, objects.map(count).transpose()?))
}
