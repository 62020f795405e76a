//! The two databases and everything in which they differ: URLs, pools, `BEGIN`, migrations, error codes.
//!
//! **Invariant:** no other file knows which database it speaks to. They hold a `Native` and write what they want
//! once, in `both!`. Writing units have the house to themselves on both: `BEGIN IMMEDIATE` on `SQLite`, an exclusive
//! advisory lock on Postgres, which appends share among each other (`decisions.md` §23, §24).

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqliteConnection};

use super::error::StoreError;
use super::native::{Native, Pool, Reader, Tx, both};
use crate::clock::Moment;

/// Which database, as a URL says it.
#[derive(Clone)]
pub struct Target {
    place: Place,
    ephemeral: bool,
}

#[derive(Clone)]
enum Place {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// Where statements go: reads, units, and the appends of group commit, which on Postgres have a connection of their
/// own so that no unit can starve them.
pub(super) struct Pools {
    pub(super) reads: Pool,
    pub(super) units: Pool,
    pub(super) appends: Pool,
}

/// How a transaction shares the house.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// Only adds rows; other appends may go on beside it.
    Append,
    /// May change anything; nothing else writes meanwhile.
    Alone,
}

impl Target {
    /// Reads `sqlite:PATH`, `sqlite://PATH` or `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Target`] for any other text, and for `:memory:`, which vanishes with its last connection.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let refused = || StoreError::Target { seen: without_password(url) };
        let place = match url.split_once(':').ok_or_else(refused)? {
            ("sqlite", path) => match path.strip_prefix("//").unwrap_or(path) {
                "" | ":memory:" => return Err(refused()),
                path => Place::Sqlite(path.into()),
            },
            ("postgres" | "postgresql", _) => {
                Place::Postgres(Box::new(PgConnectOptions::from_str(url).map_err(|_| refused())?))
            }
            _ => return Err(refused()),
        };
        Ok(Self { place, ephemeral: false })
    }

    /// An `SQLite` file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::Sqlite(path.into()), ephemeral: false }
    }

    /// The data need not survive a loss of power: `SQLite` does not wait for the disk.
    #[must_use]
    pub fn ephemeral(self) -> Self {
        Self { ephemeral: true, ..self }
    }

    pub(super) async fn open(&self) -> Result<Pools, StoreError> {
        self.migrate().await?;
        Ok(match &self.place {
            Place::Sqlite(path) => {
                let options = sqlite_options(path, self.ephemeral);
                let reads = PoolOptions::new()
                    .max_connections(cores().clamp(2, MAX_READERS))
                    .acquire_timeout(BUSY_TIMEOUT)
                    .connect_lazy_with(options.clone().pragma("query_only", "ON"));
                // One writer: waiting for it is a fair queue, not SQLite's sleeping and trying again.
                let writes = PoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(BUSY_TIMEOUT)
                    .test_before_acquire(false)
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .connect_lazy_with(options);
                Pools {
                    reads: Native::Sqlite(reads),
                    units: Native::Sqlite(writes.clone()),
                    appends: Native::Sqlite(writes),
                }
            }
            Place::Postgres(options) => {
                let options = postgres_options(options);
                let pool = |connections| {
                    PoolOptions::new()
                        .max_connections(connections)
                        .acquire_timeout(ACQUIRE_TIMEOUT)
                        .test_before_acquire(false)
                        .connect_lazy_with(options.clone())
                };
                let shared: PgPool = pool((3 * cores()).clamp(4, 16));
                Pools {
                    reads: Native::Postgres(shared.clone()),
                    units: Native::Postgres(shared),
                    appends: Native::Postgres(pool(1)),
                }
            }
        })
    }

    /// Brings the schema up to date. Safe when several replicas start at once: one migrates, the others wait.
    async fn migrate(&self) -> Result<(), StoreError> {
        match &self.place {
            Place::Sqlite(path) => {
                make_private(path)?;
                let mut connection = patiently(|| sqlite_options(path, self.ephemeral)).await?;
                // sqlx takes no lock on SQLite; the write lock of one transaction around everything is one.
                let mut tx = connection.begin_with(BEGIN_SQLITE).await?;
                let migrated = SQLITE_MIGRATIONS.run_direct(None, &mut *tx, false).await;
                migrated.map_err(|source| self.unmigrated(source))?;
                tx.commit().await?;
                connection.close().await?;
            }
            Place::Postgres(options) => {
                let options = options.clone().disable_statement_logging();
                let opened = tokio::time::timeout(BUSY_TIMEOUT, options.connect()).await;
                let mut connection = opened.map_err(|_| sqlx::Error::PoolTimedOut)??;
                let migrated = POSTGRES_MIGRATIONS.run_direct(None, &mut connection, false).await;
                migrated.map_err(|source| self.unmigrated(source))?;
                connection.close().await?;
            }
        }
        Ok(())
    }

    fn unmigrated(&self, source: sqlx::migrate::MigrateError) -> StoreError {
        StoreError::Migration { target: self.to_string(), source: Arc::new(source) }
    }
}

/// Without user and password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(options) => {
                let database = options.get_database().unwrap_or_default();
                write!(f, "postgres://{}:{}/{database}", options.get_host(), options.get_port())
            }
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

impl Pools {
    pub(super) async fn close(&self) {
        for pool in [&self.appends, &self.units, &self.reads] {
            both!(pool, pool => pool.close().await);
        }
    }
}

impl Pool {
    pub(super) async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Native::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Native::Postgres(pool.acquire().await?),
        })
    }

    /// Opens a transaction. It must not be cancelled half-way, or a Postgres connection goes back into the pool with
    /// an open one: callers that can be dropped spawn it.
    pub(super) async fn begin(&self, mode: Mode) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Native::Sqlite(pool.begin_with(BEGIN_SQLITE).await?),
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                let lock = match mode {
                    Mode::Append => "SELECT pg_advisory_xact_lock_shared($1)",
                    Mode::Alone => "SELECT pg_advisory_xact_lock($1)",
                };
                sqlx::query(lock).bind(HOUSE_LOCK).execute(&mut *tx).await?;
                Native::Postgres(tx)
            }
        })
    }

    pub(super) fn clone_handle(&self) -> Self {
        match self {
            Self::Sqlite(pool) => Native::Sqlite(pool.clone()),
            Self::Postgres(pool) => Native::Postgres(pool.clone()),
        }
    }

    /// What the database's own clock says; nothing where it is ours anyway.
    pub(super) async fn time(&self) -> Result<Option<Moment>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(pool) => {
                let (micros,): (i64,) = sqlx::query_as(POSTGRES_TIME).fetch_one(pool).await?;
                Ok(Some(Moment::from_micros(micros)))
            }
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(DatabaseError::code).unwrap_or_default().into_owned();
        let kind: fn(Arc<sqlx::Error>) -> Self = match &error {
            sqlx::Error::PoolClosed => return Self::Closed,
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Database(_) if is_busy(&code) => Self::Busy,
            sqlx::Error::Database(_) if !is_outage(&code) => Self::Rejected,
            sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::RowNotFound
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. } => Self::Rejected,
            _ => Self::Unavailable,
        };
        kind(Arc::new(error))
    }
}

/// `SQLite`: BUSY, LOCKED and the extended codes of both. Postgres: deadlock, serialization, lock or statement timeout,
/// too many connections.
fn is_busy(code: &str) -> bool {
    match code.parse::<i32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        _ => matches!(code, "40001" | "40P01" | "55P03" | "57014" | "53300"),
    }
}

/// `SQLite`: read-only, I/O, corrupt, full, cannot open. Postgres: connection, resources, shutdown, read-only, login.
fn is_outage(code: &str) -> bool {
    match code.parse::<i32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 8 | 10 | 11 | 13 | 14),
        _ => ["08", "28", "3D", "53", "57P", "58", "25006"].iter().any(|class| code.starts_with(class)),
    }
}

fn sqlite_options(path: &Path, ephemeral: bool) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: what was acknowledged survives a loss of power.
        .synchronous(if ephemeral { SqliteSynchronous::Off } else { SqliteSynchronous::Full })
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        // Negative = KiB. The whole service should stay under 40 MiB; the file is in the page cache anyway.
        .pragma("cache_size", "-512")
        .pragma("journal_size_limit", "8388608")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

fn postgres_options(options: &PgConnectOptions) -> PgConnectOptions {
    options
        .clone()
        .application_name("vcsso")
        .statement_cache_capacity(STATEMENTS)
        .options([("statement_timeout", "5s"), ("idle_in_transaction_session_timeout", "15s")])
        .disable_statement_logging()
}

/// Makes the file, empty and for its owner alone, if there is none; `SQLite` gives `-wal` and `-shm` the same mode.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(StoreError::File { path: path.display().to_string(), source: Arc::new(source) }),
    }
}

/// Switching to WAL needs an exclusive lock for which `SQLite` does not wait: we do.
async fn patiently(options: impl Fn() -> SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let mut attempts = 0;
    loop {
        match options().connect().await.map_err(StoreError::from) {
            Err(StoreError::Busy(_)) if attempts < 100 => attempts += 1,
            other => return other,
        }
        tokio::time::sleep(BUSY_TIMEOUT / 100).await;
    }
}

fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok()).unwrap_or(1)
}

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";
const POSTGRES_TIME: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
/// The advisory lock of the house: `vcsso` in ASCII.
const HOUSE_LOCK: i64 = 0x76_63_73_73_6f;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// More readers than this were slower (`stack.md` §4), and each costs a thread and a cache.
const MAX_READERS: u32 = 4;
/// A little more than there are statements in `sql`, counting the repeated ones.
const STATEMENTS: usize = 160;
