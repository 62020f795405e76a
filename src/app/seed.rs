//! Applying a seed: what it asks for is made or changed, what it does not mention stays. An entry that has not changed
//! since it was applied is skipped, so that restarts are fast and run-time changes win (`decisions.md` §27).

use super::error::Failure;
use super::extensions::write_seeded;
use super::issuers::Issuer;
use super::passwords::{self, Ready};
use super::policies::Policy;
use super::users::{Machine, Password, Person, join, write_machine, write_person};
use super::{App, Peer, issuers, nt_hashes};
use crate::entropy::{bytes, hex, uuid};
use crate::identity::principal::fold;
use crate::identity::{AccountName, ExtensionKey};
use crate::pki::Certificate;
use crate::store::{Noun, Permission, SeedEntry, StoreError, Unit};

/// One entry of a seed, with the keyed hash of its content.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its kind and name, `user/alice`.
    pub key: String,
    /// Keyed hash of everything it says.
    pub hash: [u8; 32],
    /// What it asks for.
    pub wish: Wish,
}

/// What an entry asks for.
#[derive(Clone, Debug)]
pub enum Wish {
    /// A policy: what was changed at run time gives way to what the seed says now.
    Policy(Policy),
    /// A person.
    Person(Person),
    /// A machine.
    Machine(Machine),
    /// A group and its members.
    Group {
        /// The group.
        name: AccountName,
        /// Users, solution users or groups.
        members: Vec<AccountName>,
    },
    /// Another house whose tokens are accepted.
    Issuer(Issuer),
    /// A role.
    Role {
        /// Its name.
        name: String,
        /// What it allows.
        privileges: Vec<&'static str>,
    },
    /// An extension.
    Extension {
        /// Its key.
        key: ExtensionKey,
        /// The subject of its certificate.
        subject_name: Option<String>,
        /// Its certificate.
        certificate: Option<Certificate>,
    },
    /// A permission, its role by name.
    Permission {
        /// The role's name.
        role: String,
        /// Everything else; its `role_id` is filled in.
        permission: Permission,
    },
}

/// Applies the entries that have changed; says how many.
///
/// # Errors
/// [`Failure`] of the first entry that cannot be applied; those before it are.
pub async fn apply(app: &App, items: Vec<Item>) -> Result<usize, Failure> {
    let known = app.store.seed_entries().await?;
    let is_new = |item: &Item| !known.iter().any(|entry| entry.name == item.key && entry.hash == item.hash);
    let mut changed: Vec<Item> = items.into_iter().filter(is_new).collect();
    make_groups(app, &changed).await?;
    // Members are joined after everybody exists.
    changed.sort_by_key(|item| matches!(item.wish, Wish::Group { .. }));
    let count = changed.len();
    for item in changed {
        apply_item(app, item).await?;
    }
    app.hashing.rest();
    Ok(count)
}

/// Groups first, empty: users of the same seed may name them.
async fn make_groups(app: &App, items: &[Item]) -> Result<(), Failure> {
    for item in items {
        let Wish::Group { name, .. } = &item.wish else { continue };
        let mut unit = app.store.begin().await?;
        if unit.find(name.as_str()).await?.is_none() {
            unit.add_group(&uuid(&*app.entropy)?, name, None, app.now()).await?;
            unit.commit().await?;
        }
    }
    Ok(())
}

async fn apply_item(app: &App, item: Item) -> Result<(), Failure> {
    let Item { key, hash: digest, wish } = item;
    match wish {
        Wish::Policy(policy) => {
            let mut unit = app.store.begin().await?;
            unit.set_setting(policy.key(), None).await?;
            note(app, unit, key, digest).await
        }
        Wish::Person(mut person) => {
            let nt_hash = nt_hashes::of(&person);
            let password = password(app, &mut person).await?;
            let peer = Peer {
                trace: hex(&bytes::<8>(&*app.entropy)?),
                ip_address: "local".into(),
                ..Peer::default()
            };
            let mut unit = app.store.begin().await?;
            let id = set_person(app, &mut unit, &person, password.as_ref()).await?;
            nt_hashes::settle(app, &mut unit, &id, &person, nt_hash, ("seed", &peer)).await?;
            note(app, unit, key, digest).await
        }
        Wish::Machine(machine) => {
            let mut unit = app.store.begin().await?;
            set_machine(app, &mut unit, &machine).await?;
            note(app, unit, key, digest).await
        }
        Wish::Group { name, members } => {
            let mut unit = app.store.begin().await?;
            for member in members {
                unit.add_member(name.as_str(), member.as_str()).await?;
            }
            note(app, unit, key, digest).await
        }
        Wish::Issuer(issuer) => {
            let mut unit = app.store.begin().await?;
            issuers::write(app, &mut unit, &issuer).await?;
            note(app, unit, key, digest).await
        }
        Wish::Role { name, privileges } => {
            let known = role_id(app, &name).await?;
            let mut unit = app.store.begin().await?;
            match known {
                Some(id) => unit.set_role(id, &name, &privileges).await?,
                None => drop(unit.add_role(&name, &privileges).await?),
            }
            note(app, unit, key, digest).await
        }
        Wish::Extension { key: extension, subject_name, certificate } => {
            let mut unit = app.store.begin().await?;
            let (subject, certificate) = (subject_name.as_deref(), certificate.as_ref());
            write_seeded(app, &mut unit, &extension, subject, certificate).await?;
            note(app, unit, key, digest).await
        }
        Wish::Permission { role, mut permission } => {
            let missing = || StoreError::NotFound { what: Noun::Role, name: role.clone() };
            permission.role_id = role_id(app, &role).await?.ok_or_else(missing)?;
            let mut unit = app.store.begin().await?;
            unit.set_permission(&permission).await?;
            note(app, unit, key, digest).await
        }
    }
}

/// The password of an entry that has changed; nothing when the account has it already: then something else was changed,
/// and it is neither a new password nor one that is used again.
async fn password(app: &App, person: &mut Person) -> Result<Option<Ready>, Failure> {
    let Some(password) = person.password.take() else { return Ok(None) };
    let known = app.store.find(person.name.as_str()).await?;
    let id = known.as_ref().map(|known| known.id.as_str());
    if let (Some(id), Password::Plain(plain)) = (id, &password)
        && passwords::is_in_use(app, id, plain).await?
    {
        return Ok(None);
    }
    passwords::ready(app, &person.name, id, password).await.map(Some)
}

async fn set_person(
    app: &App,
    unit: &mut Unit,
    person: &Person,
    password: Option<&Ready>,
) -> Result<String, Failure> {
    let Some(found) = unit.find(person.name.as_str()).await? else {
        let id = uuid(&*app.entropy)?;
        let hash = password.cloned().map(Ready::into_hash);
        write_person(unit, person, hash, id.clone(), app.now()).await?;
        return Ok(id);
    };
    unit.set_profile(&found.id, &person.profile).await?;
    if let Some(password) = password {
        passwords::write(app, unit, &found.id, password).await?;
    }
    join(unit, &person.groups, &person.name).await?;
    Ok(found.id)
}

async fn set_machine(app: &App, unit: &mut Unit, machine: &Machine) -> Result<(), Failure> {
    let Some(found) = unit.find(machine.name.as_str()).await? else {
        return write_machine(unit, machine, uuid(&*app.entropy)?, app.now()).await;
    };
    unit.set_certificate(&found.id, machine.certificate.der(), &machine.certificate.fingerprint()).await?;
    join(unit, &machine.groups, &machine.name).await
}

/// The entry is remembered in the same commit as its effect.
async fn note(app: &App, mut unit: Unit, key: String, hash: [u8; 32]) -> Result<(), Failure> {
    let kind = key.split('/').next().unwrap_or_default().to_owned();
    unit.put_seed_entry(&SeedEntry { kind, name: key, hash }).await?;
    let epoch = unit.epoch().await?;
    unit.commit().await?;
    app.standings.saw(epoch);
    Ok(())
}

async fn role_id(app: &App, name: &str) -> Result<Option<i64>, Failure> {
    let roles = app.store.roles().await?;
    Ok(roles.into_iter().find(|role| fold(&role.name) == fold(name)).map(|role| role.id))
}
