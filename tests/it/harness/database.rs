//! A fresh database of one kind, gone when the case is over.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};
use vcsso::config::Ephemeral;
use vcsso::entropy::SystemEntropy;
use vcsso::store::Target;

/// Where a house remembers. Several houses on one place are replicas.
pub enum Place {
    Sqlite(Ephemeral),
    Postgres { server: String, name: String },
}

/// The rows that a refusal must not leave.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows {
    pub sessions: i64,
    pub issued: i64,
    pub claims: i64,
}

impl Place {
    pub fn sqlite() -> Self {
        Self::Sqlite(Ephemeral::new(&SystemEntropy).unwrap())
    }

    pub fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        let name = format!("vcsso_it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        admin(&server, &format!("CREATE DATABASE {name}"));
        Some(Self::Postgres { server, name })
    }

    pub fn target(&self) -> Target {
        match self {
            Self::Sqlite(folder) => Target::file(folder.path().join("vcsso.db")).ephemeral(),
            Self::Postgres { server, name } => Target::parse(&format!("{server}/{name}")).unwrap(),
        }
    }

    /// Counts what must not change, past every memory of the service.
    pub fn rows(&self) -> Rows {
        let [sessions, issued, claims] = ["sessions", "issued", "claims"].map(|table| self.count(table));
        Rows { sessions, issued, claims }
    }

    pub fn count(&self, table: &str) -> i64 {
        let question = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        blocking(async {
            match self {
                Self::Sqlite(folder) => {
                    let options =
                        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("vcsso.db"));
                    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                    connection.fetch_one(question).await.unwrap().get(0)
                }
                Self::Postgres { server, name } => {
                    let mut connection = PgConnection::connect(&format!("{server}/{name}")).await.unwrap();
                    connection.fetch_one(question).await.unwrap().get(0)
                }
            }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            admin(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn admin(server: &str, statement: &str) {
    blocking(async {
        let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    });
}

/// The server without a database name.
fn server() -> Option<String> {
    match std::env::var("VCSSO_TEST_POSTGRES") {
        Ok(url) => {
            let (scheme, rest) = url.split_once("://").unwrap();
            Some(format!("{scheme}://{}", rest.split('/').next().unwrap()))
        }
        Err(_) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("VCSSO_TEST_POSTGRES is not set")
        }
        Err(_) => {
            eprintln!("skipped: VCSSO_TEST_POSTGRES is not set");
            None
        }
    }
}

fn blocking<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
