//! That something happened: whoever waits for news looks again, and whoever keeps things for a session that ended lets
//! them go. In memory of this replica; what happens on another one is seen by looking once a second.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// What happens in this replica.
pub struct Changes {
    state: watch::Sender<State>,
    farewells: Mutex<Vec<Farewell>>,
}

/// Called with the key of a session that ended.
type Farewell = Box<dyn Fn(&str) + Send + Sync>;

#[derive(Clone, Copy, Debug, Default)]
struct State {
    number: u64,
    closing: bool,
}

/// Sees that something happened.
pub struct Watch(watch::Receiver<State>);

impl Default for Changes {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::default()), farewells: Mutex::default() }
    }
}

impl Changes {
    /// Something happened that somebody may wait for.
    pub fn happened(&self) {
        self.state.send_modify(|state| state.number = state.number.wrapping_add(1));
    }

    /// A session ended, in whatever way.
    pub fn session_ended(&self, key: &str) {
        self.farewells
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|farewell| farewell(key));
        self.happened();
    }

    /// From now on `farewell` hears of every session that ends. It must be quick, and wait for nothing.
    pub fn on_session_end(&self, farewell: impl Fn(&str) + Send + Sync + 'static) {
        self.farewells.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(farewell));
    }

    /// The service stops: nobody waits any longer.
    pub fn close(&self) {
        self.state.send_modify(|state| state.closing = true);
    }

    /// A watch that has seen everything so far.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch(self.state.subscribe())
    }
}

impl Watch {
    /// What happened so far counts as seen; whether the service goes on.
    pub fn look(&mut self) -> bool {
        !self.0.borrow_and_update().closing
    }

    /// Waits until something happens that was not seen.
    pub async fn news(&mut self) {
        // The sender lives as long as the app does.
        drop(self.0.changed().await);
    }
}
