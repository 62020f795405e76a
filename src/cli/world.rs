//! From configuration to the world that acts happen in: keys, store, app. Shared by `serve` and the commands that act on
//! a store without a service.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use aws_lc_rs::hmac;

use super::flags::StoreFlags;
use super::output::Table;
use super::{Exit, World};
use crate::app::Peer;
use crate::app::accounts::By;
use crate::app::issuers::Issuer;
use crate::app::negotiation::Negotiation;
use crate::app::nt_hashes::NtHashes;
use crate::app::objection::Objection;
use crate::app::seed::{Item, Wish};
use crate::app::users::{Machine, Password, Person};
use crate::app::{self, App};
use crate::config::seed::{self, Entry, Seed};
use crate::config::sspi::Missing;
use crate::config::{Scalar, Setting, Settings, address, files, key_files, load, sspi};
use crate::entropy::{SystemEntropy, bytes, hex};
use crate::identity::AccountName;
use crate::lab::LabClock;
use crate::negotiate::ChannelBinding;
use crate::pki::{Certificate, TokenSigner};
use crate::store::{Permission, Profile, Store, Target};

/// Opens the store that the settings name.
pub(super) async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let target = Target::parse(settings.database.url().expose())?;
    let target = if settings.ephemeral { target.ephemeral() } else { target };
    let store = Store::open(&target).await;
    store.with_context(|| format!("the database {} cannot be used", settings.database.masked()))
}

/// The app over an open store.
pub(super) fn app(
    settings: &Settings,
    issuer: String,
    clock: Arc<LabClock>,
    store: Store,
    signers: Vec<TokenSigner>,
) -> App {
    let folder = Arc::new(key_files::Folder::at(&settings.keys));
    let fixed = app::Settings { domain: settings.domain.clone(), issuer };
    App::new(clock, Arc::new(SystemEntropy), store, fixed, settings.policy.clone(), signers)
        .with_key_folder(folder)
}

/// Where NT hashes are kept, if they are.
pub(super) fn nt_hashes(settings: &Settings, missing: Missing<'_>) -> anyhow::Result<Option<NtHashes>> {
    if !settings.sspi.ntlm {
        return Ok(None);
    }
    let key = sspi::nt_hash_key(&settings.keys, missing)?;
    Ok(key.and_then(|key| NtHashes::new(&key, settings.sspi.ntlm_administrators)))
}

/// Logins by Kerberos and NTLM, if there are any; `certificate` is the one that this service shows.
pub(super) fn negotiation(
    settings: &Settings,
    certificate: &Certificate,
) -> anyhow::Result<Option<Negotiation>> {
    let advertised = settings.advertise.as_ref().map(|advertise| advertise.host.clone());
    let host = advertised.or_else(address::host_name).unwrap_or_else(|| "localhost".to_owned());
    let accepted = settings.sspi.acceptor(&host, &settings.domain)?;
    let channel = ChannelBinding::of_server(certificate);
    Ok(accepted.map(|(acceptor, accounts)| Negotiation::new(acceptor, accounts, channel)))
}

/// Acts on a store without a service, and prints what comes of it.
pub(super) fn act(
    flags: &StoreFlags,
    world: &World<'_>,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<Table>,
) -> anyhow::Result<Exit> {
    with_app(&flags.given(), world, work)?.print(world.output)?;
    Ok(Exit::Ok)
}

/// An account that a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct Named {
    /// The account name, without domain
    pub name: String,
    /// The store.
    #[command(flatten)]
    pub store: StoreFlags,
}

impl Named {
    /// Acts on it as the operator, and prints what was done.
    pub(super) fn act(
        &self,
        world: &World<'_>,
        done: &'static str,
        work: impl AsyncFnOnce(&App, &AccountName, By<'_>) -> Result<(), Objection>,
    ) -> anyhow::Result<Exit> {
        let name = AccountName::new(&self.name)?;
        act(&self.store, world, async |app| {
            let peer = operator(&app)?;
            work(&app, &name, ("operator", &peer)).await?;
            Ok(Table::did(done, "account", &self.name))
        })
    }
}

/// Runs an act on a store without a service.
pub(super) fn with_app<T>(
    given: &[(Setting, Scalar)],
    world: &World<'_>,
    work: impl AsyncFnOnce(Arc<App>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let settings = load(given, world.environment)?.settings;
    actix_web::rt::System::new().block_on(async {
        let store = open_store(&settings).await?;
        let nt_hashes = nt_hashes(&settings, Missing::Leave)?;
        let app = app(&settings, String::new(), Arc::new(LabClock::default()), store.clone(), Vec::new());
        let app = Arc::new(app.keeping(nt_hashes));
        let done = work(app).await;
        store.close().await?;
        done
    })
}

/// The text of a file, or of standard input.
pub(super) fn text_of(file: &Path) -> anyhow::Result<String> {
    let text = match file.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    text.with_context(|| format!("{} cannot be read", file.display()))
}

/// The operator at the command line, as the audit knows them.
pub(super) fn operator(app: &App) -> anyhow::Result<Peer> {
    let trace = hex(&bytes::<8>(&*app.entropy)?);
    Ok(Peer { trace, ip_address: "local".into(), ..Peer::default() })
}

/// The entries of a seed as wishes, each with a hash keyed by a secret of the key folder: passwords are in them.
pub(super) fn items(seed: &Seed, settings: &Settings) -> anyhow::Result<Vec<Item>> {
    let secret =
        files::read_private(&settings.keys.join("ca.key"))?.context("the key folder has no ca.key")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let item = |entry: &dyn Entry, wish: Wish| {
        let hash = hmac::sign(&key, entry.canonical().expose().as_bytes());
        Item { key: entry.key(), hash: hash.as_ref().try_into().unwrap_or_default(), wish }
    };
    let mut items = Vec::new();
    // First: the passwords of the same seed are judged by them.
    items.extend(seed.policy.iter().filter_map(|given| match given.setting {
        Setting::Policy(policy) => Some(item(given, Wish::Policy(policy))),
        _ => None,
    }));
    items.extend(seed.users.iter().map(|user| item(user, person(user))));
    items.extend(seed.solution_users.iter().map(|solution| item(solution, machine(solution))));
    items.extend(seed.groups.iter().map(|group| item(group, self::group(group))));
    items.extend(seed.extensions.iter().map(|extension| item(extension, self::extension(extension))));
    let issuers = seed.external_issuers.iter();
    items.extend(issuers.map(|external| item(external, external_issuer(external))));
    items.extend(seed.roles.iter().map(|role| item(role, self::role(role))));
    items.extend(seed.permissions.iter().map(|permission| item(permission, self::permission(permission))));
    Ok(items)
}

fn person(user: &seed::User) -> Wish {
    let password = match &user.password {
        seed::Password::Clear(password) => Password::Plain(password.clone()),
        seed::Password::Hash(hash) => Password::Hashed(hash.clone()),
    };
    Wish::Person(Person {
        name: user.name.clone(),
        password: Some(password),
        profile: Profile {
            given_name: user.given_name.clone(),
            surname: user.surname.clone(),
            email: user.email.clone(),
        },
        groups: names(&user.groups),
        ntlm: user.ntlm,
    })
}

fn machine(solution: &seed::SolutionUser) -> Wish {
    Wish::Machine(Machine {
        name: solution.name.clone(),
        certificate: solution.certificate.clone(),
        groups: names(&solution.groups),
    })
}

fn group(group: &seed::Group) -> Wish {
    Wish::Group { name: group.name.clone(), members: group.members.clone() }
}

fn extension(extension: &seed::Extension) -> Wish {
    Wish::Extension {
        key: extension.key.clone(),
        subject_name: extension.subject_name.clone(),
        certificate: extension.certificate.clone(),
    }
}

fn external_issuer(external: &seed::ExternalIssuer) -> Wish {
    Wish::Issuer(Issuer {
        issuer: external.issuer.clone(),
        domain: external.domain.clone(),
        certificates: external.certificates.clone(),
        groups: names(&external.groups),
    })
}

fn role(role: &seed::Role) -> Wish {
    Wish::Role { name: role.name.as_str().to_owned(), privileges: role.privileges.clone() }
}

fn permission(permission: &seed::Permission) -> Wish {
    Wish::Permission {
        role: permission.role.as_str().to_owned(),
        permission: Permission {
            entity: permission.entity.clone(),
            principal: permission.principal.as_str().to_owned(),
            group: permission.group,
            role_id: 0,
            propagate: permission.propagate,
        },
    }
}

fn names(names: &[crate::identity::AccountName]) -> Vec<String> {
    names.iter().map(|name| name.as_str().to_owned()).collect()
}
