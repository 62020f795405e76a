//! Reading properties of many objects, in pages, and watching them (`session-manager.md` §2.3).

use std::sync::Arc;
use std::time::Duration;

use super::Answer;
use super::belongings::{Collector, Filter, MOST_COLLECTORS, MOST_FILTERS, Things};
use super::calls::{Asked, Reply, unavailable};
use super::waiting::{PUBLISHED, Patience, Wait, wait};
use crate::entropy::uuid;
use crate::vim::method::{FilterCall, PropertyCall};
use crate::vim::property::{FilterSpec, ObjectContent, RetrieveResult, page, retrieve};
use crate::vim::values::Record;
use crate::vim::{Fault, Reference, Value};

pub(super) async fn answer(asked: &Asked<'_>, this: &Reference, call: PropertyCall) -> Result<Reply, Answer> {
    let version = asked.exchange.version;
    match call {
        PropertyCall::Retrieve { specs } => {
            let objects = retrieve(&specs, asked.inventory, version)?;
            Ok(Reply::of(Value::records("ObjectContent", objects)))
        }
        PropertyCall::RetrieveEx { specs, max_objects } => {
            let objects = retrieve(&specs, asked.inventory, version)?;
            Ok(first_page(asked, objects, max_objects)?.into())
        }
        PropertyCall::Continue { token } => {
            let objects = take(asked, &token)?;
            Ok(Reply::of(Record::from(RetrieveResult { token: None, objects })))
        }
        PropertyCall::Cancel { token } => {
            take(asked, &token)?;
            Ok(Reply::NOTHING)
        }
        PropertyCall::CreateFilter { spec } => create_filter(asked, this, spec),
        PropertyCall::CheckForUpdates { version } => {
            wait(asked, this, Wait { version, patience: Patience::Poll, max_objects: None }).await
        }
        PropertyCall::WaitForUpdates { version } => {
            wait(asked, this, Wait { version, patience: Patience::Forever, max_objects: None }).await
        }
        PropertyCall::WaitForUpdatesEx { version, max_wait, max_objects } => {
            let patience = match max_wait {
                None => Patience::Forever,
                Some(Duration::ZERO) => Patience::Poll,
                Some(time) => Patience::AtMost(time),
            };
            wait(asked, this, Wait { version, patience, max_objects }).await
        }
        PropertyCall::CancelWait => {
            if let Some(collector) = asked.desk()?.open().collector(&this.value) {
                collector.canceled = collector.canceled.wrapping_add(1);
            }
            asked.exchange.app.changes.happened();
            Ok(Reply::NOTHING)
        }
        PropertyCall::CreateCollector => {
            let (desk, id) = (asked.desk()?, asked.new_id()?);
            Things::add(&mut desk.open().collectors, Collector::new(id.clone()), MOST_COLLECTORS)?;
            Ok(Reply::of(Reference::new("PropertyCollector", id)))
        }
        PropertyCall::DestroyCollector => destroy_collector(asked, this),
    }
}

/// Of a filter.
pub(super) fn answer_filter(asked: &Asked<'_>, this: &Reference, call: &FilterCall) -> Result<Reply, Answer> {
    match call {
        FilterCall::Destroy => {
            asked.desk()?.open().filters.retain(|filter| filter.id != this.value);
            Ok(Reply::NOTHING)
        }
    }
}

/// What is wrong with the specification is said now; later its objects may go without being missed.
fn create_filter(asked: &Asked<'_>, this: &Reference, spec: FilterSpec) -> Result<Reply, Answer> {
    retrieve(std::slice::from_ref(&spec), asked.inventory, asked.exchange.version)?;
    let (desk, id) = (asked.desk()?, asked.new_id()?);
    let spec = Arc::new(FilterSpec { report_missing: true, ..spec });
    let filter = Filter { id: id.clone(), collector: this.value.clone(), spec };
    Things::add(&mut desk.open().filters, filter, MOST_FILTERS)?;
    asked.exchange.app.changes.happened();
    Ok(Reply::of(Reference::new("PropertyFilter", id)))
}

/// With its filters. The published one is not anybody's to destroy.
fn destroy_collector(asked: &Asked<'_>, this: &Reference) -> Result<Reply, Answer> {
    if this.value == PUBLISHED {
        return Err(Fault::NotSupported.into());
    }
    let desk = asked.desk()?;
    let mut things = desk.open();
    things.filters.retain(|filter| filter.collector != this.value);
    things.collectors.retain(|collector| collector.id != this.value);
    drop(things);
    asked.exchange.app.changes.happened();
    Ok(Reply::NOTHING)
}

fn first_page(
    asked: &Asked<'_>,
    objects: Vec<ObjectContent>,
    most: Option<usize>,
) -> Result<Option<Value>, Answer> {
    let Asked { exchange, caller, .. } = asked;
    // A stranger cannot come back for more, so everything is handed out at once.
    let (objects, rest) = page(objects, most.filter(|_| caller.session().is_some()));
    if objects.is_empty() {
        return Ok(None);
    }
    let token = match (rest.is_empty(), caller.session()) {
        (false, Some(caller)) => {
            let token = uuid(&*exchange.app.entropy).map_err(|error| unavailable(&error.into()))?;
            exchange.pages.keep(&caller.session.key, token.clone(), rest);
            Some(token)
        }
        _ => None,
    };
    Ok(Some(Value::Record(Record::from(RetrieveResult { token, objects }))))
}

fn take(asked: &Asked<'_>, token: &str) -> Result<Vec<ObjectContent>, Answer> {
    let Asked { exchange, caller, .. } = asked;
    let rest = caller.session().and_then(|caller| exchange.pages.take(&caller.session.key, token));
    rest.ok_or_else(|| Fault::InvalidArgument { property: Some("token".into()) }.into())
}
