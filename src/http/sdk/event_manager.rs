//! Events, all at once or through a collector (`session-manager.md` §2.6).

use std::collections::BTreeMap;

use super::belongings::{Desk, MOST_HISTORIES, Things};
use super::calls::{Asked, Reply};
use super::happenings::{may_see, read};
use super::{Answer, Exchange};
use crate::app::Caller;
use crate::app::events::EventRange;
use crate::vim::method::{EventCall, EventHistoryCall, HistoryCall, MOST_EVENTS};
use crate::vim::property::Objects as _;
use crate::vim::values::{Event, EventFilterSpec, Record, event};
use crate::vim::{Fault, Reference, Value};

/// A collector of events.
pub(super) struct History {
    pub(super) id: String,
    pub(super) filter: EventFilterSpec,
    /// How many are the latest page.
    page_size: usize,
    /// The newest that are wanted, as far as they were looked up.
    page: BTreeMap<i64, Event>,
    /// The number up to which rows were looked at.
    seen: i64,
    /// What is next is this number or a newer one; what is previous is older.
    position: i64,
}

/// Of the event manager.
pub(super) async fn answer(asked: &Asked<'_>, call: EventCall) -> Result<Reply, Answer> {
    match call {
        EventCall::Query { filter } => {
            check(asked, &filter)?;
            let most =
                filter.max_count.and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
            let most = most.map_or(MOST_EVENTS, |count| count.min(MOST_EVENTS));
            let mut found = read(asked.exchange, asked.caller, &filter, EventRange::default(), most).await?;
            found.reverse();
            Ok(events(&found, &filter))
        }
        EventCall::CreateCollector { filter } => {
            check(asked, &filter)?;
            let (desk, id) = (asked.desk()?, asked.new_id()?);
            let history = History {
                id: id.clone(),
                filter,
                page_size: PAGE,
                page: BTreeMap::new(),
                seen: 0,
                position: 0,
            };
            Things::add(&mut desk.open().histories, history, MOST_HISTORIES)?;
            Ok(Reply::of(Reference::new(TYPE, id)))
        }
    }
}

/// Of a collector.
pub(super) async fn answer_history(
    asked: &Asked<'_>,
    this: &Reference,
    call: HistoryCall,
) -> Result<Reply, Answer> {
    let desk = asked.desk()?;
    match call {
        HistoryCall::SetPageSize { count } => change(&desk, this, |history| {
            (history.page_size, history.seen) = (count, 0);
            history.page.clear();
        })?,
        HistoryCall::Rewind => {
            refresh(asked.exchange, asked.caller, &desk, &this.value).await?;
            change(&desk, this, |history| {
                let oldest = history.page.keys().next();
                history.position = oldest.copied().unwrap_or(i64::MAX);
            })?;
        }
        HistoryCall::Reset => change(&desk, this, |history| history.position = 0)?,
        HistoryCall::Destroy => {
            desk.open().histories.retain(|history| history.id != this.value);
            asked.exchange.app.changes.happened();
        }
    }
    Ok(Reply::NOTHING)
}

/// Of a collector of events.
pub(super) async fn answer_events(
    asked: &Asked<'_>,
    this: &Reference,
    call: EventHistoryCall,
) -> Result<Reply, Answer> {
    let desk = asked.desk()?;
    let (filter, position) = {
        let things = desk.open();
        let history = things.history(&this.value).ok_or_else(|| gone(this))?;
        (history.filter.clone(), history.position)
    };
    let (range, count) = match call {
        EventHistoryCall::ReadNext { count } => {
            (EventRange { after: position.saturating_sub(1), down: false, ..EventRange::default() }, count)
        }
        EventHistoryCall::ReadPrevious { count } => {
            (EventRange { before: position, ..EventRange::default() }, count)
        }
    };
    let found = read(asked.exchange, asked.caller, &filter, range, count).await?;
    if let Some((last, _)) = found.last() {
        let position = if range.down { *last } else { last.saturating_add(1) };
        change(&desk, this, |history| history.position = position)?;
    }
    Ok(events(&found, &filter))
}

/// The newest event that the caller may see.
pub(super) async fn latest(exchange: &Exchange<'_>, caller: &Caller) -> Result<Option<Event>, Answer> {
    let all = EventFilterSpec::default();
    let found = read(exchange, caller, &all, EventRange::default(), 1).await?;
    Ok(found.into_iter().next().map(|(_, event)| event))
}

/// Brings the latest pages of all of a caller's collectors up to date.
pub(super) async fn refresh_all(exchange: &Exchange<'_>, caller: &Caller, desk: &Desk) -> Result<(), Answer> {
    let ids: Vec<_> = desk.open().histories.iter().map(|history| history.id.clone()).collect();
    for id in ids {
        refresh(exchange, caller, desk, &id).await?;
    }
    Ok(())
}

/// Looks at the rows that are new since the last time, and at some before them: on Postgres a row with a smaller number
/// may be committed after one with a greater.
async fn refresh(exchange: &Exchange<'_>, caller: &Caller, desk: &Desk, id: &str) -> Result<(), Answer> {
    let Some((filter, size, seen)) =
        desk.open().history(id).map(|history| (history.filter.clone(), history.page_size, history.seen))
    else {
        return Ok(());
    };
    let range = EventRange { after: seen.saturating_sub(OVERLAP).max(0), ..EventRange::default() };
    let found = read(exchange, caller, &filter, range, size).await?;
    let newest = crate::app::events::happenings(exchange.app, &EventRange::default(), 1).await;
    let newest = newest.map_err(|failure| super::calls::unavailable(&failure))?;
    let mut things = desk.open();
    let Some(history) = things.histories.iter_mut().find(|history| history.id == id) else { return Ok(()) };
    // Somebody who asked for another size meanwhile is served next time.
    if history.page_size != size {
        return Ok(());
    }
    history.page.extend(found);
    while history.page.len() > size {
        history.page.pop_first();
    }
    // What was written while this was read is looked at again: the newest of before, not of after.
    let looked_at = history.page.keys().next_back().copied().unwrap_or(0);
    let newest = newest.first().map_or(0, |happening| happening.number);
    history.seen = history.seen.max(looked_at.max(newest.saturating_sub(OVERLAP)));
    Ok(())
}

impl History {
    /// A property of it.
    pub(super) fn property(&self, name: &str, caller: &Caller) -> Option<Value> {
        match name {
            "filter" => Some(Value::from(Record::from(self.filter.clone())).any()),
            "latestPage" => {
                let newest_first = self.page.values().rev().filter(|event| may_see(caller, event));
                Some(event::array(newest_first, !self.filter.disable_full_message))
            }
            _ => None,
        }
    }
}

/// The object must be one that may be looked at.
fn check(asked: &Asked<'_>, filter: &EventFilterSpec) -> Result<(), Fault> {
    match &filter.entity {
        Some((entity, _)) if !asked.inventory.exists(entity) => {
            Err(Fault::ManagedObjectNotFound { object: entity.clone() })
        }
        _ => Ok(()),
    }
}

fn change(desk: &Desk, this: &Reference, change: impl FnOnce(&mut History)) -> Result<(), Fault> {
    let mut things = desk.open();
    let history = things.histories.iter_mut().find(|history| history.id == this.value);
    history.map(change).ok_or_else(|| gone(this))
}

fn gone(this: &Reference) -> Fault {
    Fault::ManagedObjectNotFound { object: this.clone() }
}

fn events(found: &[(i64, Event)], filter: &EventFilterSpec) -> Reply {
    Reply::of(event::array(found.iter().map(|(_, event)| event), !filter.disable_full_message))
}

/// The type of a collector of events.
pub(super) const TYPE: &str = "EventHistoryCollector";
/// As many as vCenter's latest page has when nobody says otherwise.
const PAGE: usize = 10;
/// Rows that are committed in one moment on all replicas together.
const OVERLAP: i64 = 1_000;
