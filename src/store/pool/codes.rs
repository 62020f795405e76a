//! What the error codes of the two databases mean to the house.

use std::sync::Arc;

use sqlx::error::DatabaseError;

use super::super::error::StoreError;

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
