//! One thing, two types: handles of either database, and the macro that runs the same statement on both.

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::error::StoreError;

/// The same thing of one database or the other.
pub(super) enum Native<S, P> {
    /// Of `SQLite`.
    Sqlite(S),
    /// Of Postgres.
    Postgres(P),
}

pub(super) type Pool = Native<SqlitePool, PgPool>;
pub(super) type Reader = Native<PoolConnection<Sqlite>, PoolConnection<Postgres>>;
pub(super) type Tx = Native<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>;
/// What statements are run on, wherever it comes from.
pub(super) type Link<'c> = Native<&'c mut SqliteConnection, &'c mut PgConnection>;

/// Expands its body once per native type.
macro_rules! both {
    ($native:expr, $each:ident => $body:expr) => {
        match $native {
            $crate::store::native::Native::Sqlite($each) => $body,
            $crate::store::native::Native::Postgres($each) => $body,
        }
    };
}

/// Runs a statement on a [`Link`] and decodes every row it answers.
macro_rules! rows {
    ($link:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::native::both!($link, c => sqlx::query_as($sql)$(.bind($bind))*.fetch_all(&mut **c).await)
            .map_err($crate::store::error::StoreError::from)
    };
}

/// Runs a statement that answers no rows on a [`Link`]; how many rows it changed.
macro_rules! run {
    ($link:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::native::both!($link, c => {
            sqlx::query($sql)$(.bind($bind))*.execute(&mut **c).await.map(|done| done.rows_affected())
        })
        .map_err($crate::store::error::StoreError::from)
    };
}

pub(super) use {both, rows, run};

impl Reader {
    pub(super) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(connection) => Native::Sqlite(connection),
            Self::Postgres(connection) => Native::Postgres(connection),
        }
    }
}

impl Tx {
    pub(super) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(tx) => Native::Sqlite(tx),
            Self::Postgres(tx) => Native::Postgres(tx),
        }
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        both!(self, tx => tx.commit().await).map_err(StoreError::from)
    }
}
