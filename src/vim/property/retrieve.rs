//! The evaluation of a specification (`session-manager.md` §2.3): which objects, which paths, what each path
//! reads.
//!
//! Work is bounded by the message: an object is reported once however often it is named, a path is read once
//! for it, and a traversal is walked once from each object, so that circles end.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::vim::property::spec::{ObjectSpec, PropertySpec, Selection, Traversal};
use crate::vim::property::{FilterSpec, ObjectContent, Objects, Reading};
use crate::vim::values::Found;
use crate::vim::{ApiVersion, Fault, Reference, Value, object};

/// Reads everything the specifications select.
///
/// # Errors
/// [`Fault::ManagedObjectNotFound`] for an object to begin with that does not exist,
/// [`Fault::InvalidProperty`] for a path that leads nowhere, [`Fault::InvalidArgument`] for a selection by a
/// name that no traversal has. A property the caller may not read is no error: it is reported as missing.
pub fn retrieve(
    specs: &[FilterSpec],
    objects: &dyn Objects,
    version: ApiVersion,
) -> Result<Vec<ObjectContent>, Fault> {
    let mut wanted = Wanted::default();
    for spec in specs {
        Search::new(spec, objects, version)?.run(&mut wanted)?;
    }
    wanted
        .objects
        .into_iter()
        .map(|(object, paths)| content(object, &paths.order, objects, version))
        .collect()
}

/// Reads one property of one object, or a path into it. Nothing when it is not set.
///
/// # Errors
/// [`Fault::ManagedObjectNotFound`], [`Fault::InvalidProperty`], or the fault of a caller who may not read
/// it.
pub fn fetch(
    this: &Reference,
    path: &str,
    objects: &dyn Objects,
    version: ApiVersion,
) -> Result<Option<Value>, Fault> {
    if !objects.exists(this) {
        return Err(Fault::ManagedObjectNotFound { object: this.clone() });
    }
    check_path(&this.kind, path)?;
    match read(this, path, objects, version)? {
        Reading::Value(value) => Ok(Some(value)),
        Reading::Unset => Ok(None),
        Reading::Denied(fault) => Err(fault),
    }
}

/// The objects to report, in the order in which they were found, with the paths to read of each.
#[derive(Default)]
struct Wanted<'s> {
    objects: Vec<(Reference, Paths<'s>)>,
    places: HashMap<Reference, usize>,
}

#[derive(Default)]
struct Paths<'s> {
    order: Vec<&'s str>,
    seen: HashSet<&'s str>,
}

impl<'s> Wanted<'s> {
    fn paths(&mut self, object: &Reference) -> Option<&mut Paths<'s>> {
        let place = *self.places.entry(object.clone()).or_insert(self.objects.len());
        if place == self.objects.len() {
            self.objects.push((object.clone(), Paths::default()));
        }
        self.objects.get_mut(place).map(|(_, paths)| paths)
    }
}

impl<'s> Paths<'s> {
    fn add(&mut self, path: &'s str) {
        if self.seen.insert(path) {
            self.order.push(path);
        }
    }
}

/// The walk through the objects that one specification selects.
struct Search<'s> {
    spec: &'s FilterSpec,
    objects: &'s dyn Objects,
    version: ApiVersion,
    named: HashMap<&'s str, &'s Traversal>,
    reported: HashSet<Reference>,
    walked: HashSet<(Reference, *const Traversal)>,
    ahead: VecDeque<(Reference, &'s [Selection])>,
}

impl<'s> Search<'s> {
    fn new(spec: &'s FilterSpec, objects: &'s dyn Objects, version: ApiVersion) -> Result<Self, Fault> {
        for wanted in &spec.properties {
            wanted.paths.iter().try_for_each(|path| check_path(&wanted.kind, path))?;
        }
        let mut named = HashMap::new();
        spec.objects.iter().for_each(|start| collect_named(&start.select, &mut named));
        let (reported, walked, ahead) = (HashSet::new(), HashSet::new(), VecDeque::new());
        Ok(Self { spec, objects, version, named, reported, walked, ahead })
    }

    fn run(mut self, wanted: &mut Wanted<'s>) -> Result<(), Fault> {
        for start in &self.spec.objects {
            self.begin(start, wanted)?;
            while let Some((from, select)) = self.ahead.pop_front() {
                for selection in select {
                    let traversal = self.traversal(selection)?;
                    self.walk(&from, traversal, wanted)?;
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, start: &'s ObjectSpec, wanted: &mut Wanted<'s>) -> Result<(), Fault> {
        if self.objects.exists(&start.object) {
            self.reach(&start.object, start.skip, &start.select, wanted);
            return Ok(());
        }
        if self.spec.report_missing {
            Ok(())
        } else {
            Err(Fault::ManagedObjectNotFound { object: start.object.clone() })
        }
    }

    fn reach(&mut self, object: &Reference, skip: bool, select: &'s [Selection], wanted: &mut Wanted<'s>) {
        if !skip && self.reported.insert(object.clone()) {
            self.report(object, wanted);
        }
        if !select.is_empty() {
            self.ahead.push_back((object.clone(), select));
        }
    }

    /// An object of a type that is not asked for is not reported at all.
    fn report(&self, object: &Reference, wanted: &mut Wanted<'s>) {
        let matching = |spec: &&PropertySpec| object::is_a(&object.kind, &spec.kind);
        for spec in self.spec.properties.iter().filter(matching) {
            let Some(paths) = wanted.paths(object) else { return };
            if spec.all {
                object::properties(&object.kind).for_each(|property| paths.add(property.name));
            }
            spec.paths.iter().for_each(|path| paths.add(path));
        }
    }

    fn traversal(&self, selection: &'s Selection) -> Result<&'s Traversal, Fault> {
        let unknown = || Fault::InvalidArgument { property: Some("specSet.objectSet.selectSet.name".into()) };
        match selection {
            Selection::Traversal(traversal) => Ok(traversal),
            Selection::Named(name) => self.named.get(name.as_str()).copied().ok_or_else(unknown),
        }
    }

    fn walk(&mut self, from: &Reference, along: &'s Traversal, wanted: &mut Wanted<'s>) -> Result<(), Fault> {
        if !object::is_a(&from.kind, &along.kind)
            || !self.walked.insert((from.clone(), std::ptr::from_ref(along)))
        {
            return Ok(());
        }
        check_path(&from.kind, &along.path)?;
        let Reading::Value(value) = read(from, &along.path, self.objects, self.version)? else {
            return Ok(());
        };
        for target in references(&value) {
            if self.objects.exists(target) {
                self.reach(target, along.skip, &along.select, wanted);
            }
        }
        Ok(())
    }
}

fn collect_named<'s>(select: &'s [Selection], named: &mut HashMap<&'s str, &'s Traversal>) {
    for selection in select {
        let Selection::Traversal(traversal) = selection else { continue };
        if let Some(name) = &traversal.name {
            named.entry(name).or_insert(traversal);
        }
        collect_named(&traversal.select, named);
    }
}

fn references(value: &Value) -> Vec<&Reference> {
    match value {
        Value::Reference(reference) => vec![reference],
        Value::Array(array) => array.values.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn content(
    object: Reference,
    paths: &[&str],
    objects: &dyn Objects,
    version: ApiVersion,
) -> Result<ObjectContent, Fault> {
    let (mut properties, mut missing) = (Vec::new(), Vec::new());
    for path in paths {
        match read(&object, path, objects, version)? {
            Reading::Value(value) => properties.push(((*path).to_owned(), value)),
            Reading::Denied(fault) => missing.push(((*path).to_owned(), fault)),
            Reading::Unset => {}
        }
    }
    Ok(ObjectContent { object, properties, missing })
}

/// An array without values counts as not set (§2.3).
fn read(
    object: &Reference,
    path: &str,
    objects: &dyn Objects,
    version: ApiVersion,
) -> Result<Reading, Fault> {
    let (property, rest) =
        path.split_once('.').map_or((path, None), |(property, rest)| (property, Some(rest)));
    let value = match objects.read(object, property) {
        Reading::Value(Value::Array(array)) if array.values.is_empty() => return Ok(Reading::Unset),
        Reading::Value(value) => value,
        other => return Ok(other),
    };
    let Some(rest) = rest else { return Ok(Reading::Value(value)) };
    match value.at(rest, version) {
        Found::Value(found) => Ok(Reading::Value(found.clone())),
        Found::Unset => Ok(Reading::Unset),
        Found::NoSuchField => Err(Fault::InvalidProperty { name: path.to_owned() }),
    }
}

/// The path must begin with a property of the type. Of a type the house does not know there is no object to
/// read.
fn check_path(kind: &str, path: &str) -> Result<(), Fault> {
    let head = path.split('.').next().unwrap_or_default();
    let known = object::managed_type(kind).is_none()
        || object::properties(kind).any(|property| property.name == head);
    if known { Ok(()) } else { Err(Fault::InvalidProperty { name: path.to_owned() }) }
}

#[cfg(test)]
mod tests;
