//! What is asked of the event manager and of the collectors it makes (`session-manager.md` §2.6).

use super::table::{EventHistoryMethod, EventMethod, HistoryMethod};
use crate::vim::values::EventFilterSpec;
use crate::vim::values::arguments::{Arguments, Problem};

/// A call of `EventManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventCall {
    /// Events, all at once.
    Query {
        /// Which ones.
        filter: EventFilterSpec,
    },
    /// A collector of events.
    CreateCollector {
        /// Of which ones.
        filter: EventFilterSpec,
    },
}

/// A call of a `HistoryCollector`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryCall {
    /// So many are the latest page.
    SetPageSize {
        /// How many; never less than one.
        count: usize,
    },
    /// Before the latest page.
    Rewind,
    /// To the oldest.
    Reset,
    /// It is not needed any more.
    Destroy,
}

/// A call of an `EventHistoryCollector`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventHistoryCall {
    /// Newer ones.
    ReadNext {
        /// At most so many; never zero.
        count: usize,
    },
    /// Older ones.
    ReadPrevious {
        /// At most so many; never zero.
        count: usize,
    },
}

impl EventCall {
    pub(super) const fn name(&self) -> EventMethod {
        match self {
            Self::Query { .. } => EventMethod::QueryEvents,
            Self::CreateCollector { .. } => EventMethod::CreateCollectorForEvents,
        }
    }

    pub(super) fn read(name: EventMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let filter = EventFilterSpec::read(arguments.required("filter")?)?;
        Ok(match name {
            EventMethod::QueryEvents => Self::Query { filter },
            EventMethod::CreateCollectorForEvents => Self::CreateCollector { filter },
        })
    }
}

impl HistoryCall {
    pub(super) const fn name(&self) -> HistoryMethod {
        match self {
            Self::SetPageSize { .. } => HistoryMethod::SetCollectorPageSize,
            Self::Rewind => HistoryMethod::RewindCollector,
            Self::Reset => HistoryMethod::ResetCollector,
            Self::Destroy => HistoryMethod::DestroyCollector,
        }
    }

    pub(super) fn read(name: HistoryMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        Ok(match name {
            HistoryMethod::SetCollectorPageSize => Self::SetPageSize { count: count(arguments)? },
            HistoryMethod::RewindCollector => Self::Rewind,
            HistoryMethod::ResetCollector => Self::Reset,
            HistoryMethod::DestroyCollector => Self::Destroy,
        })
    }
}

impl EventHistoryCall {
    pub(super) const fn name(&self) -> EventHistoryMethod {
        match self {
            Self::ReadNext { .. } => EventHistoryMethod::ReadNextEvents,
            Self::ReadPrevious { .. } => EventHistoryMethod::ReadPreviousEvents,
        }
    }

    pub(super) fn read(name: EventHistoryMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let count = count(arguments)?;
        Ok(match name {
            EventHistoryMethod::ReadNextEvents => Self::ReadNext { count },
            EventHistoryMethod::ReadPreviousEvents => Self::ReadPrevious { count },
        })
    }
}

fn count(arguments: &Arguments<'_>) -> Result<usize, Problem> {
    let seen = arguments.required_integer("maxCount")?;
    let allowed = usize::try_from(seen).ok().filter(|count| (1..=MOST_EVENTS).contains(count));
    allowed.ok_or(Problem::NotAllowed { path: "maxCount", seen, wanted: "1 to 1000" })
}

/// A page of vCenter's holds no more either.
pub const MOST_EVENTS: usize = 1_000;
