//! What sessions make for themselves: property collectors, their filters, collectors of events, views (`session-manager.md` §2.3).
//!
//! In memory of this replica: a client that is sent to another one finds its objects gone and makes them again, as after
//! a restart of vCenter. What belongs to a session goes with it; how much a session may have is bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::sync::Cache;

use super::event_manager::{self, History};
use crate::vim::property::{FilterSpec, Told};
use crate::vim::{Fault, Reference};

/// The belongings of all sessions, by the session's key.
pub struct Belongings(Cache<String, Desk>);

/// The belongings of one session. Whoever locks them waits for nothing meanwhile.
#[derive(Clone, Default)]
pub(super) struct Desk(Arc<Mutex<Things>>);

/// What lies on a desk.
#[derive(Default)]
pub(super) struct Things {
    pub(super) filters: Vec<Filter>,
    /// The published collector too, once it was used: what it has told is this session's affair.
    pub(super) collectors: Vec<Collector>,
    pub(super) views: Vec<View>,
    pub(super) histories: Vec<History>,
}

/// A filter of a property collector.
#[derive(Clone)]
pub(super) struct Filter {
    pub(super) id: String,
    /// The collector that has it.
    pub(super) collector: String,
    /// What is watched; objects that are gone are left out.
    pub(super) spec: Arc<FilterSpec>,
}

/// A property collector and what it has told.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) id: String,
    /// The latest version that was given out.
    version: u32,
    /// What the client knows with each of the latest versions, by filter.
    told: VecDeque<(u32, Knowledge)>,
    /// Changes when everybody who waits shall wait no longer.
    pub(super) canceled: u32,
}

/// What a client knows of each filter.
pub(super) type Knowledge = HashMap<String, Arc<Told>>;

/// A view.
pub(super) struct View {
    pub(super) id: String,
    pub(super) kind: ViewKind,
}

/// What a view shows.
pub(super) enum ViewKind {
    /// Objects by name.
    List(Vec<Reference>),
    /// What is in a container, of some types; nothing is in the only one there is.
    Container { container: Reference, kinds: Vec<String>, recursive: bool },
}

impl Default for Belongings {
    fn default() -> Self {
        Self(Cache::new(MOST_DESKS))
    }
}

impl Belongings {
    /// Those of a session.
    pub(super) fn of(&self, session: &str) -> Desk {
        if let Some(desk) = self.0.get(session) {
            return desk;
        }
        let made = self.0.get_or_insert_with(session, || Ok::<_, std::convert::Infallible>(Desk::default()));
        made.unwrap_or_else(|never| match never {})
    }

    /// The session is over.
    pub fn forget(&self, session: &str) {
        self.0.remove(session);
    }
}

impl Desk {
    pub(super) fn open(&self) -> MutexGuard<'_, Things> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Things {
    /// The type of the object with this identifier.
    pub(super) fn kind_of(&self, id: &str) -> Option<&'static str> {
        if self.filters.iter().any(|filter| filter.id == id) {
            return Some("PropertyFilter");
        }
        if self.collectors.iter().any(|collector| collector.id == id) {
            return Some("PropertyCollector");
        }
        if self.history(id).is_some() {
            return Some(event_manager::TYPE);
        }
        self.views.iter().find(|view| view.id == id).map(View::type_name)
    }

    /// The collector of events with this identifier.
    pub(super) fn history(&self, id: &str) -> Option<&History> {
        self.histories.iter().find(|history| history.id == id)
    }

    /// The filters of a collector.
    pub(super) fn filters_of(&self, collector: &str) -> impl Iterator<Item = &Filter> {
        self.filters.iter().filter(move |filter| filter.collector == collector)
    }

    /// The collector of this identifier, which exists.
    pub(super) fn collector(&mut self, id: &str) -> Option<&mut Collector> {
        if !self.collectors.iter().any(|collector| collector.id == id) {
            self.collectors.push(Collector { id: id.to_owned(), ..Collector::default() });
        }
        self.collectors.iter_mut().find(|collector| collector.id == id)
    }

    /// One more of something, unless there are too many.
    ///
    /// # Errors
    /// [`Fault::InvalidState`].
    pub(super) fn add<T>(list: &mut Vec<T>, thing: T, most: usize) -> Result<(), Fault> {
        if list.len() >= most {
            return Err(Fault::InvalidState);
        }
        list.push(thing);
        Ok(())
    }
}

impl Collector {
    pub(super) fn new(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    /// What the client knows who names this version; nothing with the empty one.
    ///
    /// # Errors
    /// [`Fault::InvalidCollectorVersion`].
    pub(super) fn known(&self, version: &str) -> Result<Knowledge, Fault> {
        if version.is_empty() {
            return Ok(Knowledge::new());
        }
        let number = version.parse::<u32>().map_err(|_| Fault::InvalidCollectorVersion)?;
        let told = self.told.iter().find(|(told, _)| *told == number);
        told.map(|(_, knowledge)| knowledge.clone()).ok_or(Fault::InvalidCollectorVersion)
    }

    /// Names what the client knows from now on.
    pub(super) fn tell(&mut self, knowledge: Knowledge) -> String {
        self.version = self.version.wrapping_add(1);
        if self.told.len() >= VERSIONS_KEPT {
            self.told.pop_front();
        }
        self.told.push_back((self.version, knowledge));
        self.version.to_string()
    }
}

impl View {
    pub(super) fn type_name(&self) -> &'static str {
        match self.kind {
            ViewKind::List(_) => "ListView",
            ViewKind::Container { .. } => "ContainerView",
        }
    }

    pub(super) fn reference(&self) -> Reference {
        Reference::new(self.type_name(), self.id.clone())
    }
}

/// More desks than sessions may live by default; only those of sessions that ended on another replica are ever too many.
const MOST_DESKS: usize = 8_192;
/// `PowerCLI` and the UI keep about ten; a program that forgets to destroy its filters is stopped here.
pub(super) const MOST_FILTERS: usize = 128;
/// The published one among them.
pub(super) const MOST_COLLECTORS: usize = 32;
/// As for filters.
pub(super) const MOST_VIEWS: usize = 128;
/// vCenter's limit, and what `EventManager.maxCollector` says.
pub(super) const MOST_HISTORIES: usize = 32;
/// Objects that one filter may select: as many as a session can have, and the published ones.
pub(super) const MOST_OBJECTS: usize = 1_024;
/// The last answer may have been lost, and several threads may wait at one collector with versions of their own.
const VERSIONS_KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_knows_what_it_told_lately_and_no_other_version() {
        let mut collector = Collector::new("c".into());
        assert_eq!(collector.known(""), Ok(Knowledge::new()));
        let knowledge = Knowledge::from([("f".to_owned(), Arc::default())]);
        let first = collector.tell(knowledge.clone());
        assert_eq!(collector.known(&first), Ok(knowledge));
        for unknown in ["0", "2", "x", "-1", " 1"] {
            assert_eq!(collector.known(unknown), Err(Fault::InvalidCollectorVersion), "{unknown}");
        }
        for _ in 1..VERSIONS_KEPT {
            collector.tell(Knowledge::new());
        }
        assert!(collector.known(&first).is_ok());
        collector.tell(Knowledge::new());
        assert_eq!(collector.known(&first), Err(Fault::InvalidCollectorVersion));
    }

    #[test]
    fn what_is_too_much_is_refused_and_what_is_just_enough_is_not() {
        let mut list = vec![1];
        assert_eq!(Things::add(&mut list, 2, 2), Ok(()));
        assert_eq!(Things::add(&mut list, 3, 2), Err(Fault::InvalidState));
        assert_eq!(list, [1, 2]);
    }

    #[test]
    fn what_belongs_to_a_session_goes_with_it_and_nothing_else_does() {
        let belongings = Belongings::default();
        for session in ["a", "b"] {
            belongings.of(session).open().collectors.push(Collector::new("c".into()));
        }
        belongings.forget("a");
        assert_eq!(belongings.of("a").open().kind_of("c"), None);
        assert_eq!(belongings.of("b").open().kind_of("c"), Some("PropertyCollector"));
    }
}
