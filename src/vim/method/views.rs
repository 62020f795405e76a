//! What is asked of the view manager and of the views it makes (`session-manager.md` §2.6): as much as `PowerCLI` and
//! govc need to find an inventory without machines.

use super::table::{ViewMethod, ViewsMethod};
use crate::vim::Reference;
use crate::vim::values::arguments::{Arguments, Problem};

/// A call of `ViewManager`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewsCall {
    /// A view of objects that the client names.
    CreateList {
        /// The objects.
        objects: Vec<Reference>,
    },
    /// A view of what is in a container.
    CreateContainer {
        /// The container.
        container: Reference,
        /// Only objects of these types; none is all.
        kinds: Vec<String>,
        /// With what is in the containers inside.
        recursive: bool,
    },
}

/// A call of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewCall {
    /// It is not needed any more.
    Destroy,
}

impl ViewsCall {
    pub(super) const fn name(&self) -> ViewsMethod {
        match self {
            Self::CreateList { .. } => ViewsMethod::CreateListView,
            Self::CreateContainer { .. } => ViewsMethod::CreateContainerView,
        }
    }

    pub(super) fn read(name: ViewsMethod, arguments: &Arguments<'_>) -> Result<Self, Problem> {
        Ok(match name {
            ViewsMethod::CreateListView => Self::CreateList { objects: arguments.references("obj")? },
            ViewsMethod::CreateContainerView => Self::CreateContainer {
                container: arguments.reference("container")?,
                kinds: arguments.texts("type")?,
                recursive: arguments.boolean("recursive")?,
            },
        })
    }
}

impl ViewCall {
    pub(super) const fn name(&self) -> ViewMethod {
        match self {
            Self::Destroy => ViewMethod::DestroyView,
        }
    }

    pub(super) const fn read(name: ViewMethod) -> Self {
        match name {
            ViewMethod::DestroyView => Self::Destroy,
        }
    }
}
