//! What changed: objects as they were told to a client, compared with what they are now (`session-manager.md` §2.3).
//!
//! Only a digest of each value is remembered, for a change is told as the whole new value. Values that move with every
//! call are passed over: `lastActiveTime` and its like would wake whoever watches sessions by the very call with which
//! he watches. They are told along with the next change that is one.

use std::collections::{HashMap, HashSet};

use crate::pki::certificate::sha256;
use crate::vim::property::ObjectContent;
use crate::vim::values::update::{ObjectUpdate, UpdateKind};
use crate::vim::values::{Record, Value, wire};
use crate::vim::{ApiVersion, Fault, Reference};

type Digest = [u8; 32];

/// What a client was told of a filter's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    objects: HashMap<Reference, HashMap<String, Digest>>,
}

impl Told {
    /// What is new in `now`: objects in the order in which they were read, those that are gone last.
    #[must_use]
    pub fn difference(&self, now: Vec<ObjectContent>, version: ApiVersion) -> Vec<ObjectUpdate> {
        let selected: HashSet<Reference> = now.iter().map(|content| content.object.clone()).collect();
        let mut updates: Vec<_> = now.into_iter().filter_map(|content| self.news(content, version)).collect();
        let mut gone: Vec<_> = self.objects.keys().filter(|object| !selected.contains(object)).collect();
        gone.sort_by(|a, b| (&a.kind, &a.value).cmp(&(&b.kind, &b.value)));
        let leave = |object: &Reference| ObjectUpdate {
            kind: UpdateKind::Leave,
            object: object.clone(),
            changes: Vec::new(),
            missing: Vec::new(),
        };
        updates.extend(gone.into_iter().map(leave));
        updates
    }

    /// What the client knows once it has these updates.
    #[must_use]
    pub fn with(&self, updates: &[ObjectUpdate], version: ApiVersion) -> Self {
        let mut after = self.clone();
        for update in updates {
            if update.kind == UpdateKind::Leave {
                after.objects.remove(&update.object);
                continue;
            }
            let known = after.objects.entry(update.object.clone()).or_default();
            for (path, value) in &update.changes {
                match value {
                    Some(value) => drop(known.insert(path.clone(), of_value(value, version))),
                    None => drop(known.remove(path)),
                }
            }
            for (path, fault) in &update.missing {
                known.insert(path.clone(), of_fault(fault, version));
            }
        }
        after
    }

    /// How many objects it speaks of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether it speaks of none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    fn news(&self, content: ObjectContent, version: ApiVersion) -> Option<ObjectUpdate> {
        let known = self.objects.get(&content.object);
        let before = |path: &str| known.and_then(|known| known.get(path));
        let moves = |path: &str| MOVING.contains(&(content.object.kind.as_str(), path));
        let mut gone: HashSet<String> = known.into_iter().flat_map(HashMap::keys).cloned().collect();
        let mut changes = Vec::new();
        for (path, value) in content.properties {
            gone.remove(&path);
            let same = before(&path).is_some_and(|told| moves(&path) || *told == of_value(&value, version));
            if !same {
                changes.push((path, Some(value)));
            }
        }
        let mut missing = Vec::new();
        for (path, fault) in content.missing {
            gone.remove(&path);
            if before(&path) != Some(&of_fault(&fault, version)) {
                missing.push((path, fault));
            }
        }
        let mut gone: Vec<_> = gone.into_iter().map(|path| (path, None)).collect();
        gone.sort_by(|a, b| a.0.cmp(&b.0));
        changes.extend(gone);
        let kind = if known.is_some() { UpdateKind::Modify } else { UpdateKind::Enter };
        let new = kind == UpdateKind::Enter || !changes.is_empty() || !missing.is_empty();
        new.then_some(ObjectUpdate { kind, object: content.object, changes, missing })
    }
}

fn of_value(value: &Value, version: ApiVersion) -> Digest {
    let mut text = String::new();
    wire::element(&mut text, "v", &steady(value).any(), version);
    sha256(text.as_bytes())
}

fn of_fault(fault: &Fault, version: ApiVersion) -> Digest {
    of_value(&Value::Record(fault.record()), version)
}

/// The value without what moves with every call.
fn steady(value: &Value) -> Value {
    match value {
        Value::Any(inner) => steady(inner),
        Value::Array(array) => {
            let mut array = array.clone();
            array.values.iter_mut().for_each(|value| *value = steady(value));
            Value::Array(array)
        }
        Value::Record(record) if record.type_name == "UserSession" => {
            let mut fields = record.fields.clone();
            fields.retain(|field| !MOVING_OF_SESSIONS.contains(&field.name));
            Value::Record(Record::new(record.type_name, fields))
        }
        other => other.clone(),
    }
}

/// Properties that are another at each reading.
const MOVING: &[(&str, &str)] = &[("ServiceInstance", "serverClock")];
/// Fields of a session that its every call changes.
const MOVING_OF_SESSIONS: &[&str] = &["lastActiveTime", "ipAddress", "userAgent", "callCount"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::vim::values::UserSession;
    use crate::vim::values::data::tests::session;

    const NEWEST: ApiVersion = ApiVersion::NEWEST;

    fn content(value: &str, properties: &[(&str, Value)], missing: &[&str]) -> ObjectContent {
        ObjectContent {
            object: Reference::new("SessionManager", value),
            properties: properties.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect(),
            missing: missing.iter().map(|path| ((*path).to_owned(), Fault::not_authenticated())).collect(),
        }
    }

    fn kinds(updates: &[ObjectUpdate]) -> Vec<(&str, &str)> {
        updates.iter().map(|update| (update.kind.as_str(), update.object.value.as_str())).collect()
    }

    #[test]
    fn what_is_seen_for_the_first_time_enters_whole_and_then_nothing_is_new() {
        let now = || vec![content("a", &[("message", "m".into())], &["sessionList"]), content("b", &[], &[])];
        let first = Told::default().difference(now(), NEWEST);
        assert_eq!(kinds(&first), [("enter", "a"), ("enter", "b")]);
        assert_eq!((first[0].changes.len(), first[0].missing.len()), (1, 1));
        let told = Told::default().with(&first, NEWEST);
        assert_eq!((told.len(), told.is_empty()), (2, false));
        assert_eq!(told.difference(now(), NEWEST), []);
    }

    #[test]
    fn only_what_changed_is_told_and_what_is_gone_has_no_value() {
        let first = vec![content("a", &[("message", "m".into()), ("other", "o".into())], &[])];
        let told = Told::default().with(&Told::default().difference(first, NEWEST), NEWEST);
        let changed = vec![content("a", &[("message", "n".into())], &[])];
        let updates = told.difference(changed.clone(), NEWEST);
        assert_eq!(kinds(&updates), [("modify", "a")]);
        assert_eq!(updates[0].changes, [("message".into(), Some("n".into())), ("other".into(), None)]);
        assert_eq!(told.with(&updates, NEWEST).difference(changed, NEWEST), []);
    }

    #[test]
    fn a_privilege_that_is_lost_and_given_back_is_a_change_both_times() {
        let (open, closed) = (vec![content("a", &[("p", "v".into())], &[])], vec![content("a", &[], &["p"])]);
        let told = Told::default().with(&Told::default().difference(open.clone(), NEWEST), NEWEST);
        let lost = told.difference(closed, NEWEST);
        assert_eq!((lost[0].changes.len(), lost[0].missing.len()), (0, 1));
        let told = told.with(&lost, NEWEST);
        assert_eq!(told.difference(open, NEWEST)[0].changes.len(), 1);
    }

    #[test]
    fn an_object_that_is_selected_no_more_leaves_once() {
        let told =
            Told::default().with(&Told::default().difference(vec![content("a", &[], &[])], NEWEST), NEWEST);
        let updates = told.difference(vec![], NEWEST);
        assert_eq!(kinds(&updates), [("leave", "a")]);
        assert_eq!(told.with(&updates, NEWEST).difference(vec![], NEWEST), []);
    }

    #[test]
    fn a_session_that_is_only_used_is_no_change_and_another_one_is() {
        let later = Moment::parse("2030-01-01T00:00:00Z").unwrap();
        let list = |sessions: Vec<UserSession>| {
            vec![content("a", &[("sessionList", Value::records("UserSession", sessions))], &[])]
        };
        let first = Told::default().difference(list(vec![session()]), NEWEST);
        let told = Told::default().with(&first, NEWEST);
        let used = UserSession { call_count: 9, last_active_time: later, ..session() };
        assert_eq!(told.difference(list(vec![used.clone()]), NEWEST), []);
        let other = UserSession { key: "52bb".into(), ..session() };
        assert_eq!(told.difference(list(vec![used.clone(), other]), NEWEST).len(), 1);
        assert_eq!(told.difference(list(vec![UserSession { locale: "de".into(), ..used }]), NEWEST).len(), 1);
    }

    #[test]
    fn the_clock_is_told_once() {
        let clock = |at: i64| {
            let object = Reference::new("ServiceInstance", "ServiceInstance");
            let properties = vec![("serverClock".into(), Value::DateTime(Moment::from_micros(at)))];
            vec![ObjectContent { object, properties, missing: vec![] }]
        };
        let first = Told::default().difference(clock(1), NEWEST);
        assert_eq!(Told::default().with(&first, NEWEST).difference(clock(2), NEWEST), []);
    }
}
