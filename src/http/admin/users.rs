//! Users.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Asked, Done, Empty, Json, Made, Nothing, account, new_name};
use super::problem::{Kind, Problem};
use super::values::{Page, Paging, Password, Short, Time};
use crate::app::roster::{self, Member, PrincipalKind, State};
use crate::app::users::{self, Person};
use crate::app::{accounts, details};
use crate::clock::Moment;
use crate::identity::PasswordPolicy;
use crate::identity::password::is_usable_hash;
use crate::identity::principal::fold;

/// A user. Nobody gets the password.
#[derive(JsonSchema, Serialize)]
pub(super) struct User {
    /// The account name as registered, without domain.
    name: String,
    /// Given name.
    given_name: Option<String>,
    /// Surname.
    surname: Option<String>,
    /// Mail address.
    email: Option<String>,
    /// For lists.
    description: Option<String>,
    /// Groups that the user is a direct member of; everybody is in `Everyone`.
    groups: Vec<String>,
    /// Whether the user may log in.
    state: UserState,
    /// Until when too many wrong passwords lock the account.
    locked_until: Option<Time>,
    /// An administrator switched the account off.
    disabled: bool,
    /// There is a password.
    has_password: bool,
    /// When it was set.
    password_changed_at: Option<Time>,
    /// Wrong passwords that still count.
    failures: u32,
    /// When the account was made.
    created_at: Time,
}

/// Whether a user may log in: the first of these that is so.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum UserState {
    PasswordExpired,
    Locked,
    Disabled,
    Active,
}

/// A user to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    /// The account name, without domain.
    name: String,
    /// The password, in clear.
    password: Option<Password>,
    /// Or its argon2id hash in PHC form. Without either no password is right until one is set.
    password_hash: Option<String>,
    /// Groups to join.
    #[serde(default)]
    groups: Vec<String>,
    /// Given name.
    given_name: Option<Short>,
    /// Surname.
    surname: Option<Short>,
    /// Mail address.
    email: Option<Short>,
    /// Keep an NT hash of the password, for logins by NTLM: weak, and only where NTLM is on.
    #[serde(default)]
    ntlm: bool,
}

/// Who a user is. What is left out is taken away.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    /// Given name.
    given_name: Option<Short>,
    /// Surname.
    surname: Option<Short>,
    /// Mail address.
    email: Option<Short>,
}

/// Another password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// In clear.
    password: Password,
}

/// Whether a user may log in by NTLM.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ntlm {
    /// From the next password on; or not any more.
    allowed: bool,
}

/// Which user.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// The account name, without domain and whatever its case.
    pub(super) name: String,
}

pub(super) async fn list(asked: Asked, paging: Paging, _: Empty) -> Result<Json<Page<User>>, Problem> {
    let policy = asked.app.policies_now().await?.password;
    let now = asked.app.now();
    let users = roster::users(&asked.app).await?;
    Ok(Json(paging.of(users, |user| user.account.name.clone(), |user| shown(user, &policy, now))))
}

pub(super) async fn find(asked: Asked, of: Named, _: Empty) -> Result<Json<User>, Problem> {
    one(&asked, &of.name).await.map(Json)
}

pub(super) async fn add(asked: Asked, _: Nothing, Json(new): Json<NewUser>) -> Result<Made<User>, Problem> {
    let password = match (new.password, new.password_hash) {
        (Some(_), Some(_)) => return Err(not_allowed("password and password_hash: wanted one of them")),
        (Some(password), None) => Some(users::Password::Plain(password.0)),
        (None, Some(hash)) if is_usable_hash(&hash) => Some(users::Password::Hashed(hash)),
        (None, Some(_)) => return Err(not_allowed("password_hash: wanted an argon2id hash in PHC form")),
        (None, None) => None,
    };
    let person = Person {
        name: new_name(&new.name)?,
        password,
        profile: profile(new.given_name, new.surname, new.email),
        groups: new.groups,
        ntlm: new.ntlm,
    };
    users::add_person(&asked.app, person, asked.by()).await?;
    one(&asked, &new.name).await.map(Made)
}

pub(super) async fn set_profile(
    asked: Asked,
    of: Named,
    Json(new): Json<Profile>,
) -> Result<Json<User>, Problem> {
    let profile = profile(new.given_name, new.surname, new.email);
    details::set_profile(&asked.app, &account("user", &of.name)?, &profile, asked.by()).await?;
    one(&asked, &of.name).await.map(Json)
}

pub(super) async fn set_password(
    asked: Asked,
    of: Named,
    Json(new): Json<NewPassword>,
) -> Result<Done, Problem> {
    let name = account("user", &of.name)?;
    accounts::set_password(&asked.app, &name, new.password.0, asked.on_accounts()).await?;
    Ok(Done)
}

pub(super) async fn set_ntlm(asked: Asked, of: Named, Json(ntlm): Json<Ntlm>) -> Result<Done, Problem> {
    users::allow_ntlm(&asked.app, &account("user", &of.name)?, ntlm.allowed, asked.by()).await?;
    Ok(Done)
}

pub(super) async fn disable(asked: Asked, of: Named, _: Empty) -> Result<Json<User>, Problem> {
    set_disabled(asked, of, true).await
}

pub(super) async fn enable(asked: Asked, of: Named, _: Empty) -> Result<Json<User>, Problem> {
    set_disabled(asked, of, false).await
}

pub(super) async fn unlock(asked: Asked, of: Named, _: Empty) -> Result<Json<User>, Problem> {
    accounts::unlock(&asked.app, &account("user", &of.name)?, asked.on_accounts()).await?;
    one(&asked, &of.name).await.map(Json)
}

pub(super) async fn remove(asked: Asked, of: Named, _: Empty) -> Result<Done, Problem> {
    let name = account("user", &of.name)?;
    accounts::remove(&asked.app, &name, PrincipalKind::User, asked.on_accounts()).await?;
    Ok(Done)
}

async fn set_disabled(asked: Asked, of: Named, disabled: bool) -> Result<Json<User>, Problem> {
    // A solution user of the name is not a user.
    let user = one(&asked, &of.name).await?;
    let name = account("user", &user.name)?;
    accounts::set_disabled(&asked.app, &name, disabled, asked.on_accounts()).await?;
    one(&asked, &of.name).await.map(Json)
}

async fn one(asked: &Asked, name: &str) -> Result<User, Problem> {
    let name = account("user", name)?;
    let policy = asked.app.policies_now().await?.password;
    let found = roster::users(&asked.app).await?.into_iter();
    let user = { found }.find(|user| fold(&user.account.name) == name.folded());
    let user = user.ok_or_else(|| Problem::missing("user", name.as_str()))?;
    Ok(shown(user, &policy, asked.app.now()))
}

fn shown(
    Member { account: user, groups }: Member<roster::User>,
    policy: &PasswordPolicy,
    now: Moment,
) -> User {
    let state = State::of(&user, policy, now);
    User {
        name: user.name,
        given_name: user.profile.given_name,
        surname: user.profile.surname,
        email: user.profile.email,
        description: user.description,
        groups,
        state: match state {
            State::PasswordExpired => UserState::PasswordExpired,
            State::Locked(_) => UserState::Locked,
            State::Disabled => UserState::Disabled,
            State::Active => UserState::Active,
        },
        locked_until: user.locked_until.filter(|until| now < *until).map(Time),
        disabled: user.disabled,
        has_password: user.has_password,
        password_changed_at: user.password_changed_at.map(Time),
        failures: user.failures,
        created_at: Time(user.created_at),
    }
}

fn profile(given_name: Option<Short>, surname: Option<Short>, email: Option<Short>) -> roster::Profile {
    let [given_name, surname, email] = [given_name, surname, email].map(|text| text.map(|text| text.0));
    roster::Profile { given_name, surname, email }
}

fn not_allowed(detail: &str) -> Problem {
    Problem::seen(Kind::NotAllowed, detail)
}
