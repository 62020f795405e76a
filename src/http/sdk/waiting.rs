//! Waiting for changes: what a property collector's filters select, compared with what its client knows, again and
//! again (`session-manager.md` §2.3).
//!
//! A wait looks when something happened in this replica, and once a second for what happened elsewhere. It ends with an
//! update, when its time is over, when it is canceled, or with its session. Its session is in use meanwhile.

use std::sync::Arc;
use std::time::Duration;

use super::belongings::{Desk, Filter, Knowledge, MOST_OBJECTS};
use super::calls::{Asked, Reply, unavailable};
use super::objects::{Inventory, Sources};
use super::{Answer, Exchange};
use crate::app::{Caller, sessions};
use crate::session::Session;
use crate::vim::property::{FilterSpec, retrieve};
use crate::vim::values::{FilterUpdate, Record, UpdateSet};
use crate::vim::{Fault, Reference, Value};

/// A wait.
pub(super) struct Wait {
    /// What the client knows already.
    pub(super) version: String,
    /// How long.
    pub(super) patience: Patience,
    /// Objects per answer.
    pub(super) max_objects: Option<usize>,
}

/// How long somebody waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// Not at all.
    Poll,
    /// So long, by the clock of the house or by that of the machine: a frozen lab must not keep its clients.
    AtMost(Duration),
    /// Until something changes.
    Forever,
}

/// Answers with what changed, or with nothing when nothing did in time.
pub(super) async fn wait(asked: &Asked<'_>, collector: &Reference, wait: Wait) -> Result<Reply, Answer> {
    let exchange = asked.exchange;
    let Some(caller) = asked.caller.session() else { return Err(Fault::not_authenticated().into()) };
    let watch = Watcher { exchange, collector: &collector.value, session: &caller.session, wait: &wait };
    let set = match wait.patience {
        Patience::Poll | Patience::Forever => watch.run().await?,
        // The machine's clock alone may end it.
        Patience::AtMost(time) => tokio::time::timeout(time, watch.run()).await.unwrap_or(Ok(None))?,
    };
    Ok(set.map(|set| Value::Record(Record::from(set))).into())
}

struct Watcher<'a> {
    exchange: &'a Exchange<'a>,
    collector: &'a str,
    session: &'a Session,
    wait: &'a Wait,
}

impl Watcher<'_> {
    async fn run(&self) -> Result<Option<UpdateSet>, Answer> {
        let app = self.exchange.app;
        let _busy = app.uses.hold(self.session);
        let begun = app.now();
        let mut watch = app.changes.watch();
        let desk = self.exchange.belongings.of(&self.session.key);
        let canceled = self.canceled(&desk)?;
        loop {
            let open = watch.look();
            let caller = sessions::again(app, &self.session.key).await;
            let Some(caller) = caller.map_err(|failure| unavailable(&failure))? else {
                return Err(Fault::not_authenticated().into());
            };
            if self.canceled(&desk)? != canceled {
                return Err(Fault::RequestCanceled.into());
            }
            if let Some(set) = self.look(&desk, &caller).await? {
                return Ok(Some(set));
            }
            let over = match self.wait.patience {
                Patience::Poll => true,
                Patience::AtMost(time) => app.now() >= begun.plus(time),
                Patience::Forever => false,
            };
            if over || !open {
                return Ok(None);
            }
            // What happens from now on is looked at, but not more often than this.
            tokio::time::sleep(MOMENT).await;
            let _ = tokio::time::timeout(LOOK_AGAIN, watch.news()).await;
        }
    }

    /// Another number than before when the wait is canceled.
    fn canceled(&self, desk: &Desk) -> Result<u32, Fault> {
        let gone =
            || Fault::ManagedObjectNotFound { object: Reference::new("PropertyCollector", self.collector) };
        let mut things = desk.open();
        if self.collector != PUBLISHED && things.kind_of(self.collector).is_none() {
            return Err(gone());
        }
        things.collector(self.collector).map(|collector| collector.canceled).ok_or_else(gone)
    }

    /// What is new now.
    async fn look(&self, desk: &Desk, caller: &Caller) -> Result<Option<UpdateSet>, Answer> {
        let (filters, mut known): (Vec<Filter>, Knowledge) = {
            let mut things = desk.open();
            let filters = things.filters_of(self.collector).cloned().collect();
            let known = things.collector(self.collector).map(|collector| collector.known(&self.wait.version));
            (filters, known.transpose()?.unwrap_or_default())
        };
        let specs: Vec<&FilterSpec> = filters.iter().map(|filter| &*filter.spec).collect();
        let inventory = Inventory::read(self.exchange, caller, &Sources::of_specs(specs)).await?;
        let (updates, truncated) = self.updates(&filters, &mut known, &inventory)?;
        if updates.is_empty() {
            return Ok(None);
        }
        let version = desk.open().collector(self.collector).map(|collector| collector.tell(known));
        Ok(version.map(|version| UpdateSet { version, filters: updates, truncated }))
    }

    /// What is new, filter by filter, as much as the client takes at once; and whether there is more.
    fn updates(
        &self,
        filters: &[Filter],
        known: &mut Knowledge,
        inventory: &Inventory<'_>,
    ) -> Result<(Vec<FilterUpdate>, bool), Fault> {
        let version = self.exchange.version;
        known.retain(|id, _| filters.iter().any(|filter| filter.id == *id));
        let (mut updates, mut room) = (Vec::new(), self.wait.max_objects.unwrap_or(usize::MAX));
        for filter in filters {
            let mut now = retrieve(std::slice::from_ref(&*filter.spec), inventory, version)?;
            now.truncate(MOST_OBJECTS);
            let told = known.entry(filter.id.clone()).or_default();
            let mut objects = told.difference(now, version);
            if objects.is_empty() {
                continue;
            }
            let truncated = objects.len() > room;
            objects.truncate(room);
            room -= objects.len();
            if !objects.is_empty() {
                *told = Arc::new(told.with(&objects, version));
                let filter = Reference::new("PropertyFilter", filter.id.clone());
                updates.push(FilterUpdate { filter, objects });
            }
            if truncated {
                return Ok((updates, true));
            }
        }
        Ok((updates, false))
    }
}

/// The collector that every session has without making it.
pub(super) const PUBLISHED: &str = "propertyCollector";
/// What happens on another replica is seen so much later.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A storm of logins makes nobody look more often than this.
const MOMENT: Duration = Duration::from_millis(50);
