//! The address of the database: `SQLite` or Postgres, and never printed with its password.

use std::fmt;
use std::path::Path;

use crate::secret::Secret;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database URL.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    kind: DatabaseKind,
    url: Secret,
}

impl DatabaseUrl {
    /// What [`DatabaseUrl::parse`] reads.
    pub const WANTED: &'static str =
        "sqlite:PATH or postgres://USER@HOST/NAME (a database in memory: use --ephemeral)";

    /// Reads a URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let kind = match scheme {
            "sqlite" if !rest.trim_start_matches('/').is_empty() && !in_memory(rest) => DatabaseKind::Sqlite,
            "postgres" | "postgresql" if rest.starts_with("//") => DatabaseKind::Postgres,
            _ => return None,
        };
        (!text.chars().any(char::is_control)).then(|| Self { kind, url: Secret::new(text) })
    }

    /// `vcsso.db` in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        let path = folder.join("vcsso.db").display().to_string().replace('%', "%25").replace('?', "%3F");
        Self { kind: DatabaseKind::Sqlite, url: Secret::new(format!("sqlite://{path}")) }
    }

    /// The URL with a relative `SQLite` path starting from `folder`; every other URL as it is.
    pub(super) fn rooted(text: &str, folder: &Path) -> String {
        let path = text.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        match path {
            Some(path) if !path.is_empty() && !path.starts_with('/') && !in_memory(text) => {
                let folder = folder.display().to_string().replace('%', "%25").replace('?', "%3F");
                let slash = if folder.is_empty() { "" } else { "/" };
                format!("sqlite://{folder}{slash}{path}")
            }
            _ => text.to_owned(),
        }
    }

    /// Which database it is.
    #[must_use]
    pub const fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// The URL, password included.
    #[must_use]
    pub const fn url(&self) -> &Secret {
        &self.url
    }

    /// The URL with stars for passwords: what may be printed.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(self.url.expose())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Stars for the password before the host, and for the value of every `password` parameter. A password with `?`, `/` or
/// `@` in it hides more than itself, never less.
#[must_use]
pub fn mask(url: &str) -> String {
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("passw") => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    let url = match url.split_once('?') {
        Some((base, query)) => {
            format!("{base}?{}", query.split('&').map(hidden).collect::<Vec<_>>().join("&"))
        }
        None => url.to_owned(),
    };
    let login = url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
    match login.and_then(|(scheme, (login, host))| Some((scheme, login.split_once(':')?, host))) {
        Some((scheme, (user, _), host)) => format!("{scheme}://{user}:***@{host}"),
        None => url,
    }
}

fn in_memory(rest: &str) -> bool {
    rest.contains(":memory:") || rest.contains("mode=memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_url_is_not_printed() {
        for (url, shown) in [
            ("postgres://sso:hunter2@db/sso", "postgres://sso:***@db/sso"),
            ("postgres://sso:hun@ter2@db/sso", "postgres://sso:***@db/sso"),
            ("postgres://sso@db/sso?password=hunter2&a=b", "postgres://sso@db/sso?password=***&a=b"),
            ("postgres://sso:x?hunter2@db/sso", "postgres://sso:***@db/sso"),
            ("postgres://sso:x/hunter2@db:5432/sso", "postgres://sso:***@db:5432/sso"),
            ("postgres://sso@db:5432/sso?password=hunt@er2", "postgres://sso@db:5432/sso?password=***"),
            ("sqlite:///var/lib/vcsso.db", "sqlite:///var/lib/vcsso.db"),
        ] {
            let parsed = DatabaseUrl::parse(url).unwrap();
            assert_eq!(format!("{parsed:?}"), shown);
            assert_eq!(parsed.url().expose(), url);
        }
    }

    #[test]
    fn only_sqlite_files_and_postgres_servers_are_databases() {
        assert_eq!(DatabaseUrl::parse("sqlite:a.db").unwrap().kind(), DatabaseKind::Sqlite);
        assert_eq!(DatabaseUrl::parse("postgresql://h/d").unwrap().kind(), DatabaseKind::Postgres);
        for url in [
            "",
            "a.db",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://a?mode=memory",
            "mysql://h/d",
            "postgres:h",
        ] {
            assert_eq!(DatabaseUrl::parse(url), None, "{url}");
        }
    }

    #[test]
    fn a_folder_with_strange_characters_keeps_them() {
        let url = DatabaseUrl::in_folder(Path::new("/a?b%c"));
        assert_eq!(url.url().expose(), "sqlite:///a%3Fb%25c/vcsso.db");
    }
}
