//! What is known of a subject at one moment, read in one statement (`identity::Standing`).

use std::collections::{BTreeMap, BTreeSet};

use super::extensions::is_registered;
use super::native::{Link, rows};
use super::{Epoch, Store, StoreError, Unit, sql, text};
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::identity::role::Privileges;
use crate::identity::{ExtensionKey, ExternalSubject, Grant, Kind, Standing};
use crate::session::Session;

/// How a subject is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// By its name, whatever the case.
    Name(String),
    /// By the row's identifier; an extension by [`ExtensionKey::subject_id`], registered or not.
    Id(String),
    /// A solution user by the SHA-256 of its certificate, lower-case hexadecimal.
    Certificate(String),
    /// The subject of another issuer, as long as somebody speaks for its domain. It belongs to the groups it was mapped to, and
    /// not to `Everyone`: that is this domain's.
    External(ExternalSubject),
}

impl Lookup {
    /// Whose session it is.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let mapped = session.mapped_groups.as_deref();
        let external = mapped.and_then(|groups| ExternalSubject::of_session(&session.user_name, groups).ok());
        external.map_or_else(|| Self::Id(session.subject_id.clone()), Self::External)
    }
}

impl Store {
    /// Reads a user or solution user with its groups and grants, and the epoch for which that is good.
    ///
    /// `groups` has no `Everyone` (it has no row), but what is granted to that group is among the grants.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn standing(&self, lookup: &Lookup) -> Result<Option<(Standing, Epoch)>, StoreError> {
        standing(&mut self.reader().await?.link(), lookup).await
    }
}

impl Unit {
    /// As [`Store::standing`], within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn standing(&mut self, lookup: &Lookup) -> Result<Option<(Standing, Epoch)>, StoreError> {
        standing(&mut self.link(), lookup).await
    }
}

async fn standing(link: &mut Link<'_>, lookup: &Lookup) -> Result<Option<(Standing, Epoch)>, StoreError> {
    let extension = if let Lookup::Id(id) = lookup { ExtensionKey::of_subject(id) } else { None };
    if let Some(key) = extension {
        let (registered, epoch) = is_registered(link, key.as_str()).await?;
        return Ok(Some((Standing::of_extension(&key, registered), epoch)));
    }
    let lines: Vec<Line> = match lookup {
        Lookup::Name(name) => rows!(link, sql::STANDING_BY_NAME, text(&fold(name)))?,
        Lookup::Id(id) => rows!(link, sql::STANDING_BY_ID, text(id))?,
        Lookup::Certificate(sha256) => rows!(link, sql::STANDING_BY_CERTIFICATE, text(sha256))?,
        Lookup::External(ExternalSubject { principal, groups }) => {
            let list = groups.iter().fold(String::from("/"), |list, group| list + &fold(group) + "/");
            let (name, domain) = (fold(&principal.session_name()), fold(principal.domain.as_str()));
            rows!(link, sql::STANDING_OF_EXTERNAL, text(&name), text(&list), text(&domain))?
        }
    };
    let mut subject = None;
    let mut groups = BTreeSet::new();
    let mut grants: BTreeMap<(String, bool, i64), Grant> = BTreeMap::new();
    for line in lines {
        match line.tag {
            SUBJECT => subject = Some(line),
            GROUP => groups.extend(line.t3),
            _ => add_grant(&mut grants, line),
        }
    }
    let Some(subject) = subject else { return Ok(None) };
    let epoch = Epoch(subject.n3.unwrap_or_default());
    let (groups, grants) = (groups.into_iter().collect(), grants.into_values().collect());
    if let Lookup::External(external) = lookup {
        return Ok(Some((Standing::of_external(external, groups, grants), epoch)));
    }
    let standing = Standing {
        kind: kind(&subject)?,
        id: subject.t1.unwrap_or_default(),
        name: subject.t3.unwrap_or_default(),
        disabled: subject.n1 != Some(0),
        locked_until: subject.n2.map(Moment::from_micros),
        groups,
        grants,
    };
    Ok(Some((standing, epoch)))
}

/// A permission comes as one line per privilege of its role, or one without a privilege.
///
/// Several groups may have different roles on one object, each is a grant; the same role twice is one.
fn add_grant(grants: &mut BTreeMap<(String, bool, i64), Grant>, line: Line) {
    let entity = line.t1.unwrap_or_default();
    let (by_group, role_id) = (line.n1 != Some(0), line.n2.unwrap_or_default());
    let propagate = line.n3 != Some(0);
    let grant = grants.entry((entity.clone(), by_group, role_id)).or_insert_with(|| Grant {
        entity,
        by_group,
        role_id,
        propagate: false,
        privileges: Privileges::of(role_id),
    });
    grant.propagate |= propagate;
    if let Some(privilege) = line.t2 {
        grant.privileges.add(privilege);
    }
}

fn kind(subject: &Line) -> Result<Kind, StoreError> {
    match subject.t2.as_deref() {
        Some("user") => Ok(Kind::User {
            given_name: subject.t4.clone(),
            surname: subject.t5.clone(),
            email: subject.t6.clone(),
            password_hash: subject.t7.clone(),
            password_changed_at: subject.n4.map(Moment::from_micros),
        }),
        Some("solution") => Ok(Kind::Solution { certificate_sha256: subject.t8.clone().unwrap_or_default() }),
        other => Err(StoreError::Corrupt {
            column: "principals.kind",
            value: other.unwrap_or_default().to_owned(),
        }),
    }
}

/// A line of the statement `standing!`, which says what the columns mean for each tag.
#[derive(sqlx::FromRow)]
struct Line {
    tag: i64,
    t1: Option<String>,
    t2: Option<String>,
    t3: Option<String>,
    t4: Option<String>,
    t5: Option<String>,
    t6: Option<String>,
    t7: Option<String>,
    t8: Option<String>,
    n1: Option<i64>,
    n2: Option<i64>,
    n3: Option<i64>,
    n4: Option<i64>,
}

const SUBJECT: i64 = 0;
const GROUP: i64 = 1;
