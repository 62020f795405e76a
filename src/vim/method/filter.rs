//! What is asked of a filter that a property collector was given (`session-manager.md` §2.3).

use super::table::FilterMethod;

/// A call of `PropertyFilter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterCall {
    /// It is not needed any more.
    Destroy,
}

impl FilterCall {
    pub(super) const fn name(&self) -> FilterMethod {
        match self {
            Self::Destroy => FilterMethod::DestroyPropertyFilter,
        }
    }

    pub(super) const fn read(name: FilterMethod) -> Self {
        match name {
            FilterMethod::DestroyPropertyFilter => Self::Destroy,
        }
    }
}
