//! Who lives in the house: somebody for every rule.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use vcsso::app::App;
use vcsso::app::Peer;
use vcsso::app::start;
use vcsso::app::users::{Machine, Password, Person, add_machine, add_person};
use vcsso::entropy::SystemEntropy;
use vcsso::identity::password::Hasher;
use vcsso::identity::role::READ_ONLY;
use vcsso::identity::{AccountName, LockoutPolicy};
use vcsso::pki::make::{Made, self_signed};
use vcsso::secret::Secret;
use vcsso::store::{Permission, Profile};

use super::requests::now;

/// Everybody's.
pub const PASSWORD: &str = "Secret!23";

/// Administrator's, alice's (an administrator), bob's (without any permission), carol's (who may only read), and those
/// of lukas, who is locked until somebody unlocks him, and dora, who is disabled.
pub const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "lukas", "dora"];

/// The registered machine, an administrator.
pub static ROBOT: LazyLock<Made> = LazyLock::new(|| self_signed("robot", now()).unwrap());
/// A machine that is disabled.
pub static RETIRED: LazyLock<Made> = LazyLock::new(|| self_signed("retired", now()).unwrap());
/// Nobody registered this one.
pub static STRANGER: LazyLock<Made> = LazyLock::new(|| self_signed("stranger", now()).unwrap());

static HASH: LazyLock<String> =
    LazyLock::new(|| Hasher::default().hash(&Secret::new(PASSWORD), &SystemEntropy).unwrap());

pub fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

/// Moves in, unless somebody is there already.
pub async fn furnish(app: &App) {
    if !start::needs_administrator(app).await.unwrap() {
        start::prepare(app, None).await.unwrap();
        return;
    }
    start::prepare(app, Some(Password::Hashed(HASH.clone()))).await.unwrap();
    for person in PEOPLE {
        let groups = if person == "alice" { vec!["Administrators".to_owned()] } else { Vec::new() };
        let given_name = Some("Ada".to_owned());
        let profile = Profile { given_name, surname: Some("Lab".into()), email: None };
        let password = Some(Password::Hashed(HASH.clone()));
        add_person(
            app,
            Person { name: name(person), password, profile, groups, ntlm: false },
            &Peer::default(),
        )
        .await
        .unwrap();
    }
    for (machine, made) in [("robot", &ROBOT), ("retired", &RETIRED)] {
        let groups = vec!["Administrators".to_owned()];
        let certificate = made.certificate.clone();
        add_machine(app, Machine { name: name(machine), certificate, groups }, &Peer::default())
            .await
            .unwrap();
    }
    let mut unit = app.store.begin().await.unwrap();
    let entity = "group-d1".to_owned();
    let permission =
        Permission { entity, principal: "carol".into(), group: false, role_id: READ_ONLY, propagate: true };
    unit.set_permission(&permission).await.unwrap();
    for disabled in ["dora", "retired"] {
        let id = unit.find(disabled).await.unwrap().unwrap().id;
        unit.set_disabled(&id, true).await.unwrap();
    }
    let id = unit.find("lukas").await.unwrap().unwrap().id;
    let forever = LockoutPolicy { max_failures: 1, unlock_after: Duration::ZERO, ..LockoutPolicy::default() };
    assert!(unit.password_failed(&id, &forever, false, now()).await.unwrap().just_locked);
    unit.commit().await.unwrap();
}

/// The row of somebody.
pub async fn id_of(app: &Arc<App>, name: &str) -> String {
    app.store.find(name).await.unwrap().unwrap().id
}
