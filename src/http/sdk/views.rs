//! Views, as much as clients need to find an inventory without machines (`session-manager.md` §2.6).

use super::Answer;
use super::belongings::{MOST_VIEWS, Things, View, ViewKind};
use super::calls::{Asked, Reply};
use crate::vim::method::{ViewCall, ViewsCall};
use crate::vim::object::is_a;
use crate::vim::property::Objects as _;
use crate::vim::{Fault, Reference, Value};

/// Of the view manager.
pub(super) fn answer(asked: &Asked<'_>, call: ViewsCall) -> Result<Reply, Answer> {
    let kind = match call {
        ViewsCall::CreateList { objects } => {
            if objects.len() > MOST_LISTED {
                return Err(Fault::InvalidArgument { property: Some("obj".into()) }.into());
            }
            objects.iter().try_for_each(|object| exists(asked, object))?;
            ViewKind::List(objects)
        }
        ViewsCall::CreateContainer { container, kinds, recursive } => {
            exists(asked, &container)?;
            if !is_a(&container.kind, "ManagedEntity") {
                return Err(Fault::InvalidArgument { property: Some("container".into()) }.into());
            }
            ViewKind::Container { container, kinds, recursive }
        }
    };
    let (desk, id) = (asked.desk()?, asked.new_id()?);
    let view = View { id, kind };
    let reference = view.reference();
    Things::add(&mut desk.open().views, view, MOST_VIEWS)?;
    Ok(Reply::of(Value::Reference(reference)))
}

/// Of a view.
pub(super) fn answer_view(asked: &Asked<'_>, this: &Reference, call: &ViewCall) -> Result<Reply, Answer> {
    match call {
        ViewCall::Destroy => {
            asked.desk()?.open().views.retain(|view| view.id != this.value);
            asked.exchange.app.changes.happened();
            Ok(Reply::NOTHING)
        }
    }
}

fn exists(asked: &Asked<'_>, object: &Reference) -> Result<(), Fault> {
    if asked.inventory.exists(object) {
        return Ok(());
    }
    Err(Fault::ManagedObjectNotFound { object: object.clone() })
}

impl View {
    /// A property of it.
    pub(super) fn property(&self, name: &str) -> Option<Value> {
        match (&self.kind, name) {
            (ViewKind::List(objects), "view") => Some(Value::references(objects.clone())),
            // A container is not in itself, and the only one there is has nothing in it.
            (ViewKind::Container { .. }, "view") => Some(Value::references([])),
            (ViewKind::Container { container, .. }, "container") => Some(Value::Reference(container.clone())),
            (ViewKind::Container { kinds, .. }, "type") => Some(Value::texts(kinds.clone())),
            (ViewKind::Container { recursive, .. }, "recursive") => Some(Value::Boolean(*recursive)),
            _ => None,
        }
    }
}

/// There are not many more objects than this to name.
const MOST_LISTED: usize = 1_024;
