//! Where passwords are hashed: on blocking threads, as many at once as there are cores, each in memory that is reused,
//! behind a bounded queue (`stack.md` §5).

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::error::Failure;
use crate::entropy::Entropy;
use crate::identity::password::{Checked, Hasher, PasswordError};
use crate::secret::Secret;

/// The pool.
pub struct HashingPool {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    done: AtomicU64,
    /// Hashers at rest, with their memory.
    resting: Arc<Mutex<Vec<Hasher>>>,
}

impl Default for HashingPool {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            permits: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            resting: Arc::default(),
        }
    }
}

impl HashingPool {
    /// Checks a password; an account without a hash costs the same.
    ///
    /// # Errors
    /// [`Failure::Overloaded`] when too many wait, [`Failure::Password`] for what cannot be checked.
    pub async fn check(&self, password: Secret, stored: Option<String>) -> Result<Checked, Failure> {
        self.run(move |hasher| hasher.check(&password, stored.as_deref())).await
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn hash(&self, password: Secret, entropy: Arc<dyn Entropy>) -> Result<String, Failure> {
        self.run(move |hasher| hasher.hash(&password, &*entropy)).await
    }

    /// How often argon2 was run: equal for every wrong credential, and unchanged where a password is remembered.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Gives the memory of resting hashers back.
    pub fn rest(&self) {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn run<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&mut Hasher) -> Result<T, PasswordError> + Send + 'static,
    {
        let place = Waiting::enter(&self.waiting)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Failure::Overloaded)?;
        drop(place);
        self.done.fetch_add(1, Ordering::Relaxed);
        let resting = Arc::clone(&self.resting);
        let hashed = tokio::task::spawn_blocking(move || {
            let mut hasher = resting.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let result = work(&mut hasher);
            resting.lock().unwrap_or_else(PoisonError::into_inner).push(hasher);
            drop(permit);
            result
        });
        Ok(hashed.await.map_err(|_| Failure::Overloaded)??)
    }
}

/// A place in the queue, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Result<Self, Failure> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            Err(Failure::Overloaded)
        } else {
            Ok(place)
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// At about 75 hashes a second and core, more than two seconds of waiting is refused at once.
const MOST_WAITING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    /// `attacks.md` N16: who comes when too many wait is told so at once, and who waits is served.
    #[tokio::test]
    async fn as_many_wait_as_may_and_nobody_more() {
        let pool = Arc::new(HashingPool::default());
        let cores = u32::try_from(pool.permits.available_permits()).unwrap();
        let busy = Arc::clone(&pool.permits).acquire_many_owned(cores).await.unwrap();
        let ask = |_| {
            let pool = Arc::clone(&pool);
            // Too long to be hashed: it waits like any other, and costs nothing then.
            tokio::spawn(async move { pool.check(Secret::new("x".repeat(2_000)), None).await })
        };
        let mut asked: Vec<_> = (0..MOST_WAITING + 40).map(ask).collect();
        for refused in asked.split_off(MOST_WAITING) {
            assert!(matches!(refused.await.unwrap(), Err(Failure::Overloaded)));
        }
        assert!(!asked.iter().any(tokio::task::JoinHandle::is_finished));
        drop(busy);
        for served in asked {
            assert!(!matches!(served.await.unwrap(), Err(Failure::Overloaded)));
        }
        assert!(!matches!(ask(0).await.unwrap(), Err(Failure::Overloaded)));
    }
}
