//! What is asked of the service itself (`session-manager.md` §2.1).

use super::table::ServiceMethod;

/// A call of `ServiceInstance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceCall {
    /// The references to everything else.
    RetrieveServiceContent,
    /// The server's time; also "am I logged in?".
    CurrentTime,
}

impl ServiceCall {
    pub(super) const fn name(&self) -> ServiceMethod {
        match self {
            Self::RetrieveServiceContent => ServiceMethod::RetrieveServiceContent,
            Self::CurrentTime => ServiceMethod::CurrentTime,
        }
    }

    pub(super) const fn read(name: ServiceMethod) -> Self {
        match name {
            ServiceMethod::RetrieveServiceContent => Self::RetrieveServiceContent,
            ServiceMethod::CurrentTime => Self::CurrentTime,
        }
    }
}
