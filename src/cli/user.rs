//! `vcsso user`: users of the store.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::flags::StoreFlags;
use super::output::Table;
use super::world::Named;
use super::{Exit, World, world};
use crate::app::accounts;
use crate::app::roster::{self, State};
use crate::app::users::{self, Password, Person};
use crate::clock::Moment;
use crate::identity::{AccountName, PasswordPolicy};
use crate::secret::Secret;
use crate::store::{PrincipalKind, Profile};

/// Users.
#[derive(Clone, Debug, Subcommand)]
pub enum User {
    /// Make a user.
    Add(Add),
    /// Give a user another password.
    Password(NewPassword),
    /// Switch an account off: a user, or a solution user.
    Disable(Named),
    /// Switch an account on.
    Enable(Named),
    /// Open the lock of too many wrong passwords.
    Unlock(Named),
    /// Remove a user, with memberships, permissions and sessions.
    Remove(Named),
    /// Let a user log in by NTLM from the next password on, or no longer.
    Ntlm(Ntlm),
    /// Print every user.
    List(StoreFlags),
}

/// Make a user.
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// The account name, without domain
    pub name: String,
    /// A file whose first line is the password; `-` reads stdin. Never an argument: others could see it
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    /// A group to join; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// Given name
    #[arg(long, value_name = "TEXT")]
    pub given_name: Option<String>,
    /// Surname
    #[arg(long, value_name = "TEXT")]
    pub surname: Option<String>,
    /// Mail address
    #[arg(long, value_name = "TEXT")]
    pub email: Option<String>,
    /// Keep an NT hash of the password, for logins by NTLM: weak, and only where [sspi] ntlm is on
    #[arg(long)]
    pub ntlm: bool,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Give a user another password.
#[derive(Clone, Debug, Args)]
pub struct NewPassword {
    /// The account name, without domain
    pub name: String,
    /// A file whose first line is the password; `-` reads stdin. Never an argument: others could see it
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

/// Let a user log in by NTLM, or no longer.
#[derive(Clone, Debug, Args)]
pub struct Ntlm {
    /// The account name, without domain
    pub name: String,
    /// `on`: an NT hash is made when the next password is set; `off`: it is deleted
    #[arg(value_parser = ["on", "off"])]
    pub wanted: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl User {
    pub(super) fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::Add(add) => add.run(world),
            Self::Ntlm(ntlm) => ntlm.run(world),
            Self::Password(password) => password.run(world),
            Self::Disable(named) => named.act(world, "disabled", async |app, name, by| {
                accounts::set_disabled(app, name, true, by).await
            }),
            Self::Enable(named) => named.act(world, "enabled", async |app, name, by| {
                accounts::set_disabled(app, name, false, by).await
            }),
            Self::Unlock(named) => {
                named.act(world, "unlocked", async |app, name, by| accounts::unlock(app, name, by).await)
            }
            Self::Remove(named) => named.act(world, "removed", async |app, name, by| {
                accounts::remove(app, name, PrincipalKind::User, by).await
            }),
            Self::List(store) => world::act(store, world, async |app| {
                let policy = app.policies_now().await?.password;
                let row = |user| row(user, &policy, app.now());
                let users = app.store.users().await?.into_iter().map(row).collect();
                Ok(Table::new(&["name", "given name", "surname", "state"], users))
            }),
        }
    }
}

impl Add {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let person = Person {
            name: AccountName::new(&self.name)?,
            password: Some(Password::Plain(first_line(&self.password_file)?)),
            profile: Profile {
                given_name: self.given_name.clone(),
                surname: self.surname.clone(),
                email: self.email.clone(),
            },
            groups: self.groups.clone(),
            ntlm: self.ntlm,
        };
        world::act(&self.store, world, async |app| {
            users::add_person(&app, person, &world::operator(&app)?).await?;
            Ok(Table::done("user", &self.name))
        })
    }
}

impl Ntlm {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let name = AccountName::new(&self.name)?;
        world::act(&self.store, world, async |app| {
            users::allow_ntlm(&app, &name, self.wanted == "on", &world::operator(&app)?).await?;
            Ok(Table::done("user", &self.name))
        })
    }
}

impl NewPassword {
    fn run(&self, world: &World<'_>) -> anyhow::Result<Exit> {
        let (name, password) = (AccountName::new(&self.name)?, first_line(&self.password_file)?);
        world::act(&self.store, world, async |app| {
            let peer = world::operator(&app)?;
            accounts::set_password(&app, &name, password, ("operator", &peer)).await?;
            Ok(Table::did("changed", "password", &self.name))
        })
    }
}

fn row(user: roster::User, policy: &PasswordPolicy, now: Moment) -> Vec<String> {
    let state = match State::of(&user, policy, now) {
        State::PasswordExpired => "password expired".to_owned(),
        State::Locked(until) => format!("locked until {until}"),
        State::Disabled => "disabled".to_owned(),
        State::Active => "active".to_owned(),
    };
    let profile = user.profile;
    vec![user.name, profile.given_name.unwrap_or_default(), profile.surname.unwrap_or_default(), state]
}

/// The first line of a file, or of standard input.
fn first_line(file: &Path) -> anyhow::Result<Secret> {
    let text = world::text_of(file)?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
