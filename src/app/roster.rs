//! Users, solution users and groups as whoever operates the house sees them: everything but their secrets.

use super::App;
use super::error::Failure;
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::identity::{PasswordPolicy, well_known};
pub use crate::store::{Group, PrincipalKind, Profile, Solution, User};

/// An account and the groups that it is a direct member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<T> {
    /// The account.
    pub account: T,
    /// Names of groups. Everybody is in `Everyone`, and every solution user in `SolutionUsers`, without being listed.
    pub groups: Vec<String>,
}

/// Whether a user may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The password is older than the policy allows.
    PasswordExpired,
    /// Too many wrong passwords; until then.
    Locked(Moment),
    /// Switched off by an administrator.
    Disabled,
    /// It may.
    Active,
}

impl State {
    /// As a login would find it: expired before locked, and locked before disabled.
    #[must_use]
    pub fn of(user: &User, policy: &PasswordPolicy, now: Moment) -> Self {
        let since = user.password_changed_at.filter(|_| !well_known::is_administrator(&user.name));
        if since.is_some_and(|since| policy.has_expired(since, now)) {
            Self::PasswordExpired
        } else if let Some(until) = user.locked_until.filter(|until| now < *until) {
            Self::Locked(until)
        } else if user.disabled {
            Self::Disabled
        } else {
            Self::Active
        }
    }
}

/// Every user, by name.
///
/// # Errors
/// [`Failure::Store`].
pub async fn users(app: &App) -> Result<Vec<Member<User>>, Failure> {
    let (users, groups) = (app.store.users().await?, groups(app).await?);
    Ok(users.into_iter().map(|user| Member { groups: of(&groups, &user.name), account: user }).collect())
}

/// Every solution user, by name.
///
/// # Errors
/// [`Failure::Store`].
pub async fn solutions(app: &App) -> Result<Vec<Member<Solution>>, Failure> {
    let (machines, groups) = (app.store.solutions().await?, groups(app).await?);
    let member = |machine: Solution| Member { groups: of(&groups, &machine.name), account: machine };
    Ok(machines.into_iter().map(member).collect())
}

/// Every group, by name, with its direct members.
///
/// # Errors
/// [`Failure::Store`].
pub async fn groups(app: &App) -> Result<Vec<Group>, Failure> {
    Ok(app.store.groups().await?)
}

fn of(groups: &[Group], name: &str) -> Vec<String> {
    let name = fold(name);
    let holds = |group: &&Group| group.members.iter().any(|member| fold(member) == name);
    groups.iter().filter(holds).map(|group| group.name.clone()).collect()
}
