//! One suite, two databases: every case runs on `SQLite` and on Postgres.
//!
//! `VCSSO_TEST_POSTGRES` names a server on which databases may be made; without it the Postgres half says that it is
//! skipped, and fails when `CI=true`.
#![cfg(feature = "server")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use vcsso::clock::Moment;
use vcsso::identity::privilege::ALL;
use vcsso::identity::role::{ADMIN, NO_ACCESS, Privileges, READ_ONLY};
use vcsso::identity::well_known::{ADMINISTRATORS, GROUPS, SOLUTION_USERS};
use vcsso::identity::{AccountName, ExternalSubject, Kind, LockoutPolicy, Standing};
use vcsso::secret::Secret;
use vcsso::session::{Service, Session, SessionPolicy};
use vcsso::store::{
    Append, Appended, AuditFilter, AuditRange, AuditRow, Claim, Cutoff, Epoch, ExternalIssuer, Issued,
    KeyStatus, Lookup, NewSession, NewSigningKey, NewSolution, NewUser, Noun, Outcome, Permission, Profile,
    SeedEntry, SessionLimit, Store, StoreError, Target, Unit, Use,
};
use vcsso::store::{IdentitySource, NewTicket, Purpose, SourceDetails, Spend};

mod world {
    use super::*;

    /// A fresh database of one kind, gone when the case is over.
    pub struct World {
        pub store: Store,
        pub target: Target,
        place: Place,
    }

    enum Place {
        Folder(PathBuf),
        Database { server: String, name: String },
    }

    impl World {
        /// Another replica on the same database.
        pub async fn replica(&self) -> Store {
            Store::open(&self.target).await.unwrap()
        }

        /// Does something that no program of ours does.
        pub async fn raw(&self, statements: &str) {
            match &self.place {
                Place::Folder(folder) => {
                    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("vcsso.db"));
                    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                    connection.execute(AssertSqlSafe(statements)).await.unwrap();
                }
                Place::Database { server, name } => {
                    let mut connection =
                        sqlx::PgConnection::connect(&format!("{server}/{name}")).await.unwrap();
                    connection.execute(AssertSqlSafe(statements)).await.unwrap();
                }
            }
        }
    }

    pub fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(World) -> F) {
        runtime().block_on(async {
            let folder = std::env::temp_dir().join(unique());
            std::fs::create_dir(&folder).unwrap();
            let target = Target::file(folder.join("vcsso.db")).ephemeral();
            let store = Store::open(&target).await.unwrap();
            let place = Place::Folder(folder.clone());
            case(World { store: store.clone(), target, place }).await;
            drop(store.close().await);
            std::fs::remove_dir_all(folder).unwrap();
        });
    }

    pub fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(World) -> F) {
        let Some(server) = postgres() else { return };
        runtime().block_on(async {
            let name = unique();
            let mut admin = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
            admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
            let target = Target::parse(&format!("{server}/{name}")).unwrap();
            let store = Store::open(&target).await.unwrap();
            let place = Place::Database { server, name: name.clone() };
            case(World { store: store.clone(), target, place }).await;
            drop(store.close().await);
            admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
        });
    }

    /// The server without a database name.
    fn postgres() -> Option<String> {
        let Ok(url) = std::env::var("VCSSO_TEST_POSTGRES") else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true and no VCSSO_TEST_POSTGRES");
            eprintln!("skipped: VCSSO_TEST_POSTGRES is not set");
            return None;
        };
        let (scheme, rest) = url.split_once("://").unwrap();
        Some(format!("{scheme}://{}", rest.split('/').next().unwrap()))
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    fn unique() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("vcsso_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

use world::World;

macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn case($world: World) $body

            $(#[$meta])*
            #[test]
            fn on_sqlite() {
                world::on_sqlite(case);
            }

            $(#[$meta])*
            #[test]
            fn on_postgres() {
                world::on_postgres(case);
            }
        })*
    };
}

// ---- what the cases are made of ----

fn at(seconds: i64) -> Moment {
    Moment::from_micros(NOW.micros() + seconds * 1_000_000)
}

fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

fn user(text: &str) -> NewUser {
    NewUser {
        id: format!("id-{text}"),
        name: name(text),
        description: None,
        profile: Profile { given_name: Some("Given".into()), surname: None, email: None },
        password_hash: Some(format!("hash-{text}")),
    }
}

fn solution(text: &str) -> NewSolution {
    NewSolution {
        id: format!("id-{text}"),
        name: name(text),
        description: Some("a machine".into()),
        certificate: vec![1, 2, 3],
        certificate_sha256: format!("sha-{text}"),
    }
}

fn permission(principal: &str, group: bool, role_id: i64) -> Permission {
    Permission { entity: "group-d1".into(), principal: principal.into(), group, role_id, propagate: true }
}

fn session(key: &str, seconds: i64) -> NewSession {
    let mut cookie = [0; 32];
    cookie[..key.len()].copy_from_slice(key.as_bytes());
    NewSession {
        cookie,
        session: Session {
            service: Service::Vim,
            key: key.into(),
            subject_id: "id-alice".into(),
            user_name: "VSPHERE.LOCAL\\alice".into(),
            full_name: "Alice".into(),
            login_time: at(seconds),
            last_active_time: at(seconds),
            locale: "en".into(),
            message_locale: "en".into(),
            mapped_groups: None,
            extension_session: true,
            ip_address: "127.0.0.1".into(),
            user_agent: "govc".into(),
            call_count: 1,
            token_id: Some("_1".into()),
            token_not_on_or_after: Some(at(seconds + 60)),
        },
    }
}

fn issuer(issuer: &str, domain: &str, groups: &[&str]) -> ExternalIssuer {
    let certificates_pem = "PEM".into();
    ExternalIssuer { issuer: issuer.into(), domain: domain.into(), certificates_pem, groups: list(groups) }
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn make_groups(store: &Store, groups: &[&str]) {
    change(store, async |unit| {
        for group in groups {
            unit.add_group(&format!("id-{group}"), &name(group), None, NOW).await?;
        }
        unit.bootstrap(NOW).await
    })
    .await
    .unwrap();
}

fn issued(id: &str, seconds: i64) -> Issued {
    Issued {
        id: id.into(),
        subject_id: Some("id-alice".into()),
        upn: "alice@VSPHERE.LOCAL".into(),
        confirmation: "bearer".into(),
        issued_at: at(seconds),
        not_before: at(seconds),
        not_on_or_after: at(seconds + 300),
        signer_sha256: "ab".repeat(32),
        trace: "t".into(),
    }
}

fn said(trace: &str, seconds: i64) -> AuditRow {
    AuditRow {
        trace: trace.into(),
        at: at(seconds),
        action: "session.login".into(),
        outcome: Outcome::Accepted,
        principal: Some("alice".into()),
        source: "127.0.0.1".into(),
        reason: None,
        detail: Some("{}".into()),
    }
}

fn claim(number: u8) -> Claim {
    Claim { key: [number; 32], expires_at: at(600) }
}

fn key(sha256: &str, status: KeyStatus) -> NewSigningKey {
    NewSigningKey {
        sha256: sha256.into(),
        chain_pem: "-----BEGIN CERTIFICATE-----".into(),
        status,
        not_before: at(0),
        not_on_or_after: at(1_000),
    }
}

fn limit(at_most: u32, seconds: i64) -> SessionLimit {
    SessionLimit { at_most, cutoff: Cutoff::of(&SessionPolicy::default(), at(seconds)) }
}

/// Roles, groups, alice in Operators, which is in Administrators, and the machine robot.
async fn furnish(store: &Store) {
    let mut unit = store.begin().await.unwrap();
    assert!(unit.bootstrap(NOW).await.unwrap());
    unit.add_user(&user("alice"), NOW).await.unwrap();
    unit.add_user(&user("bob"), NOW).await.unwrap();
    unit.add_solution(&solution("robot"), NOW).await.unwrap();
    unit.add_group("id-operators", &name("Operators"), Some("they operate"), NOW).await.unwrap();
    assert!(unit.add_member("operators", "ALICE").await.unwrap());
    assert!(unit.add_member("Administrators", "Operators").await.unwrap());
    unit.commit().await.unwrap();
}

async fn standing(store: &Store, name: &str) -> Standing {
    store.standing(&Lookup::Name(name.into())).await.unwrap().unwrap().0
}

async fn epoch(store: &Store) -> Epoch {
    store.epoch().await.unwrap()
}

/// Commits a unit of one change.
async fn change<T>(
    store: &Store,
    change: impl AsyncFnOnce(&mut Unit) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut unit = store.begin().await?;
    let done = change(&mut unit).await?;
    unit.commit().await?;
    Ok(done)
}

async fn committed(store: &Store, append: Append) {
    assert_eq!(store.append(append).await.unwrap(), Appended::Committed);
}

async fn open_session(store: &Store, new: NewSession) {
    committed(store, Append { session: Some(new), ..Append::default() }).await;
}

/// Polls a little, then drops: a client that hangs up.
async fn begin_and_leave<T>(work: impl Future<Output = T>, polls: u8) {
    let mut work = std::pin::pin!(work);
    for _ in 0..polls {
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context))).await;
        if polled.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Everything at once; the answers in order.
async fn all<T: Send + 'static>(tasks: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

// ---- first start, people, groups, rights ----

on_both! {
    async fn the_first_start_furnishes_the_house_and_the_second_changes_nothing(world) {
        let store = &world.store;
        assert!(change(store, async |unit| unit.bootstrap(NOW).await).await.unwrap());
        let before = (store.roles().await.unwrap(), store.groups().await.unwrap(), store.permissions().await.unwrap());
        let first = epoch(store).await;
        assert!(!change(store, async |unit| unit.bootstrap(at(9)).await).await.unwrap());
        let after = (store.roles().await.unwrap(), store.groups().await.unwrap(), store.permissions().await.unwrap());
        assert_eq!(before, after);
        assert_eq!(epoch(store).await, first);
        let groups: Vec<&str> = after.1.iter().map(|group| group.name.as_str()).collect();
        let wanted: BTreeSet<&str> = GROUPS.iter().copied().collect();
        assert_eq!(BTreeSet::from_iter(groups), wanted);
        assert_eq!(after.2, [permission(ADMINISTRATORS, true, ADMIN)]);
        assert_eq!(after.0.iter().find(|role| role.id == ADMIN).unwrap().privileges, Privileges::of(ADMIN));
    }

    async fn a_unit_that_is_dropped_never_was(world) {
        let store = &world.store;
        let before = epoch(store).await;
        let mut unit = store.begin().await.unwrap();
        unit.add_user(&user("alice"), NOW).await.unwrap();
        assert!(unit.standing(&Lookup::Name("alice".into())).await.unwrap().is_some());
        assert_ne!(unit.epoch().await.unwrap(), before);
        drop(unit);
        assert_eq!(store.users().await.unwrap(), []);
        assert_eq!(epoch(store).await, before);
        change(store, async |unit| unit.add_user(&user("alice"), NOW).await).await.unwrap();
        assert_eq!(store.users().await.unwrap().len(), 1);
    }

    async fn a_name_belongs_to_one_user_machine_or_group_whatever_its_case(world) {
        let store = &world.store;
        furnish(store).await;
        for taken in ["ALICE", "Robot", "operatorS", "é", "E\u{301}"] {
            let mut unit = store.begin().await.unwrap();
            unit.add_group("e", &name("É"), None, NOW).await.unwrap();
            let refused = [
                unit.add_user(&NewUser { id: "x".into(), ..user(taken) }, NOW).await,
                unit.add_group("x", &name(taken), None, NOW).await,
                unit.add_solution(&NewSolution { id: "x".into(), ..solution(taken) }, NOW).await,
            ];
            for refused in refused {
                let wanted = name(taken);
                assert!(matches!(&refused, Err(StoreError::NameTaken { name }) if name == wanted.as_str()), "{refused:?}");
            }
        }
    }

    async fn a_certificate_belongs_to_one_machine(world) {
        let store = &world.store;
        furnish(store).await;
        let other = NewSolution { certificate_sha256: "sha-robot".into(), ..solution("other") };
        let refused = change(store, async |unit| unit.add_solution(&other, NOW).await).await;
        assert!(matches!(refused, Err(StoreError::CertificateTaken { sha256 }) if sha256 == "sha-robot"));
        change(store, async |unit| unit.add_solution(&solution("other"), NOW).await).await.unwrap();
        let refused = change(store, async |unit| unit.set_certificate("id-other", &[9], "sha-robot").await).await;
        assert!(matches!(refused, Err(StoreError::CertificateTaken { .. })));
        change(store, async |unit| unit.set_certificate("id-robot", &[9], "sha-new").await).await.unwrap();
        assert!(store.standing(&Lookup::Certificate("sha-robot".into())).await.unwrap().is_none());
        assert_eq!(store.solutions().await.unwrap()[1].certificate, [9]);
    }

    async fn a_subject_is_found_by_name_by_row_and_by_certificate(world) {
        let store = &world.store;
        furnish(store).await;
        let by_name = store.standing(&Lookup::Name("ALICE".into())).await.unwrap().unwrap();
        let by_id = store.standing(&Lookup::Id("id-alice".into())).await.unwrap().unwrap();
        assert_eq!(by_name, by_id);
        assert_eq!(by_name.1, epoch(store).await);
        assert_eq!((by_name.0.name.as_str(), by_name.0.disabled, by_name.0.locked_until), ("alice", false, None));
        assert!(matches!(&by_name.0.kind, Kind::User { given_name: Some(given), password_hash: Some(hash), .. }
            if given == "Given" && hash == "hash-alice"));
        let robot = store.standing(&Lookup::Certificate("sha-robot".into())).await.unwrap().unwrap().0;
        assert_eq!(robot.kind, Kind::Solution { certificate_sha256: "sha-robot".into() });
        for nobody in ["Operators", "carol", "", "alice\0"] {
            assert!(store.standing(&Lookup::Name(nobody.into())).await.unwrap().is_none(), "{nobody}");
        }
    }

    async fn groups_within_groups_count_and_machines_belong_to_theirs(world) {
        let store = &world.store;
        furnish(store).await;
        assert_eq!(standing(store, "alice").await.groups, ["Administrators", "Operators"]);
        assert_eq!(standing(store, "bob").await.groups, Vec::<String>::new());
        assert_eq!(standing(store, "robot").await.groups, [SOLUTION_USERS]);
        change(store, async |unit| unit.add_member("Operators", SOLUTION_USERS).await).await.unwrap();
        assert_eq!(standing(store, "robot").await.groups, ["Administrators", "Operators", SOLUTION_USERS]);
        assert_eq!(store.groups_of("id-alice").await.unwrap(), ["Operators"]);
    }

    async fn a_cycle_of_groups_is_refused_and_would_do_no_harm(world) {
        let store = &world.store;
        furnish(store).await;
        for (group, member) in [("Operators", "Administrators"), ("Operators", "Operators")] {
            let refused = change(store, async |unit| unit.add_member(group, member).await).await;
            assert!(matches!(&refused, Err(StoreError::Cycle { group: g, member: m }) if g == group && m == member));
        }
        let before = standing(store, "alice").await;
        world.raw("INSERT INTO members (group_id, member_id) VALUES ('id-operators', 'well-known-administrators')").await;
        assert_eq!(standing(store, "alice").await, before);
    }

    async fn two_replicas_cannot_build_a_cycle_together(world) {
        let (store, other) = (world.store.clone(), world.replica().await);
        let mut unit = store.begin().await.unwrap();
        for group in ["a", "b"] {
            unit.add_group(group, &name(group), None, NOW).await.unwrap();
        }
        unit.commit().await.unwrap();
        let join = |store: Store, group: &'static str, member: &'static str| async move {
            change(&store, async |unit| unit.add_member(group, member).await).await
        };
        let answers = all(vec![join(store, "a", "b"), join(other.clone(), "b", "a")]).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        other.close().await.unwrap();
    }

    async fn grants_are_those_of_the_subject_of_its_groups_and_of_everyone(world) {
        let store = &world.store;
        furnish(store).await;
        assert_eq!(standing(store, "alice").await.privileges_on("group-d1").len(), ALL.len());
        assert!(!standing(store, "bob").await.may_log_in());
        change(store, async |unit| unit.set_permission(&permission("EVERYONE", true, READ_ONLY)).await).await.unwrap();
        let bob = standing(store, "bob").await;
        assert!(bob.may_log_in() && bob.grants.len() == 1 && bob.grants[0].by_group);
        assert_eq!(bob.grants[0].privileges, Privileges::System(&["System.Anonymous", "System.Read", "System.View"]));
        change(store, async |unit| unit.set_permission(&permission("Bob", false, NO_ACCESS)).await).await.unwrap();
        let bob = standing(store, "bob").await;
        assert!(!bob.may_log_in());
        assert_eq!((bob.grants[0].by_group, bob.grants[0].privileges.is_empty()), (false, true));
        // A group called as a user does not give the user anything, nor the other way round.
        change(store, async |unit| unit.set_permission(&permission("bob", true, ADMIN)).await).await.unwrap();
        assert_eq!(standing(store, "bob").await, bob);
    }

    async fn who_gets_a_name_again_does_not_inherit_what_it_was_granted(world) {
        let store = &world.store;
        furnish(store).await;
        change(store, async |unit| {
            unit.add_member("Operators", "bob").await?;
            unit.set_permission(&permission("bob", false, ADMIN)).await
        }).await.unwrap();
        let mut of_bob = session("b", 0);
        of_bob.session.subject_id = "id-bob".into();
        open_session(store, of_bob).await;
        assert_eq!(standing(store, "bob").await.grants.len(), 2);
        change(store, async |unit| unit.remove_user("id-bob").await).await.unwrap();
        assert_eq!(store.sessions().await.unwrap(), []);
        change(store, async |unit| unit.add_user(&NewUser { id: "new".into(), ..user("bob") }, NOW).await).await.unwrap();
        let bob = standing(store, "bob").await;
        assert_eq!((bob.groups.len(), bob.grants.len()), (0, 0));
    }

    async fn an_nt_hash_is_kept_of_who_asked_and_goes_with_the_password_and_the_user(world) {
        let store = &world.store;
        furnish(store).await;
        let set = async |hash: &'static [u8]| {
            change(store, async |unit| unit.set_nt_hash("id-bob", Some(hash)).await).await.unwrap()
        };
        assert!(!set(b"sealed").await);
        assert_eq!(store.nt_hash("id-bob").await.unwrap(), None);
        assert!(change(store, async |unit| unit.allow_nt_hash("id-bob", true).await).await.unwrap());
        assert!(!change(store, async |unit| unit.allow_nt_hash("id-bob", true).await).await.unwrap());
        assert_eq!(store.nt_hash("id-bob").await.unwrap(), None);
        assert!(set(b"sealed").await);
        assert_eq!(store.nt_hash("id-bob").await.unwrap().as_deref(), Some(&b"sealed"[..]));
        change(store, async |unit| unit.set_password_hash("id-bob", "$other", NOW).await).await.unwrap();
        assert_eq!(store.nt_hash("id-bob").await.unwrap(), None);
        assert!(set(b"sealed").await);
        assert_eq!(change(store, async |unit| unit.forget_nt_hashes().await).await.unwrap(), 1);
        assert_eq!(store.nt_hash("id-bob").await.unwrap(), None);
        assert!(set(b"sealed").await, "who asked has still asked");
        change(store, async |unit| unit.remove_user("id-bob").await).await.unwrap();
        assert_eq!(store.nt_hash("id-bob").await.unwrap(), None);
        let nobody = change(store, async |unit| unit.allow_nt_hash("id-nobody", true).await).await;
        assert!(nobody.is_err());
    }

    async fn earlier_passwords_are_kept_the_newest_first_and_not_for_ever(world) {
        let store = &world.store;
        change(store, async |unit| unit.add_user(&user("bob"), NOW).await).await.unwrap();
        let first = store.passwords("id-bob", 9).await.unwrap();
        assert!(first.len() <= 1, "what it was made with");
        for number in 1..=30 {
            change(store, async |unit| unit.set_password_hash("id-bob", &format!("h{number}"), NOW).await).await.unwrap();
        }
        assert_eq!(store.passwords("id-bob", 3).await.unwrap(), ["h30", "h29", "h28"]);
        let all = store.passwords("id-bob", 100).await.unwrap();
        assert_eq!((all.len(), all.last().map(String::as_str)), (25, Some("h6")), "the one in use and 24 earlier ones");
        let mut unit = store.begin().await.unwrap();
        assert_eq!(unit.passwords("id-bob", 1).await.unwrap(), ["h30"]);
        assert!(unit.passwords("id-nobody", 1).await.unwrap().is_empty());
        unit.remove_user("id-bob").await.unwrap();
        assert!(unit.passwords("id-bob", 9).await.unwrap().is_empty());
    }

    async fn active_people_in_administrators_are_counted_through_groups(world) {
        let store = &world.store;
        let mut unit = store.begin().await.unwrap();
        unit.bootstrap(NOW).await.unwrap();
        let start = unit.administrators().await.unwrap();
        unit.add_user(&user("bob"), NOW).await.unwrap();
        unit.add_group("g", &name("g"), None, NOW).await.unwrap();
        unit.add_member("g", "bob").await.unwrap();
        assert_eq!(unit.administrators().await.unwrap(), start);
        unit.add_member("Administrators", "g").await.unwrap();
        unit.add_member("Administrators", "bob").await.unwrap();
        assert_eq!(unit.administrators().await.unwrap(), start + 1, "once, however often");
        unit.remove_member("Administrators", "bob").await.unwrap();
        assert_eq!(unit.administrators().await.unwrap(), start + 1);
        unit.set_disabled("id-bob", true).await.unwrap();
        assert_eq!(unit.administrators().await.unwrap(), start);
        let strangers = unit.stranger_failed().await.unwrap();
        assert_eq!(unit.stranger_failed().await.unwrap(), strangers + 1);
    }

    async fn what_is_not_there_is_named(world) {
        let store = &world.store;
        furnish(store).await;
        let mut unit = store.begin().await.unwrap();
        let answers = [
            (unit.remove_user("id-robot").await, Noun::User, "id-robot"),
            (unit.remove_group("id-alice").await, Noun::Group, "id-alice"),
            (unit.remove_solution("x").await, Noun::SolutionUser, "x"),
            (unit.set_password_hash("x", "h", NOW).await, Noun::User, "x"),
            (unit.set_disabled("id-operators", true).await, Noun::User, "id-operators"),
            (unit.add_member("alice", "bob").await.map(drop), Noun::Group, "alice"),
            (unit.add_member("Operators", "x").await.map(drop), Noun::Principal, "x"),
            (unit.remove_member("Operators", "bob").await, Noun::Member, "bob"),
            (unit.remove_role(77).await, Noun::Role, "77"),
            (unit.set_permission(&permission("bob", false, 77)).await, Noun::Role, "77"),
            (unit.remove_permission("group-d1", "bob", false).await, Noun::Permission, "bob"),
            (unit.revoke_token("_x", NOW).await, Noun::Token, "_x"),
            (unit.set_key_status("ff", KeyStatus::Retired, NOW).await, Noun::SigningKey, "ff"),
            (unit.password_failed("x", &LockoutPolicy::default(), false, NOW).await.map(drop), Noun::User, "x"),
        ];
        for (answer, noun, name) in answers {
            assert!(
                matches!(&answer, Err(StoreError::NotFound { what, name: seen }) if *what == noun && seen == name),
                "{noun} {name}: {answer:?}"
            );
        }
        drop(unit);
    }

    async fn lists_say_what_there_is(world) {
        let store = &world.store;
        furnish(store).await;
        let users = store.users().await.unwrap();
        assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["alice", "bob"]);
        assert!(users[0].has_password && !users[0].disabled && users[0].created_at == NOW);
        let operators = store.groups().await.unwrap().into_iter().find(|group| group.name == "Operators").unwrap();
        assert_eq!((operators.members, operators.description.as_deref()), (vec!["alice".to_owned()], Some("they operate")));
        assert_eq!(store.solutions().await.unwrap()[0].name, "robot");
        assert_eq!(store.find("OPERATORS").await.unwrap().unwrap().name, "Operators");
        let profile = Profile { given_name: None, surname: Some("Lab".into()), email: Some("a@b".into()) };
        change(store, async |unit| unit.set_profile("id-alice", &profile).await).await.unwrap();
        change(store, async |unit| unit.set_description("id-alice", Some("boss")).await).await.unwrap();
        let alice = store.users().await.unwrap().swap_remove(0);
        assert_eq!((alice.profile, alice.description.as_deref()), (profile, Some("boss")));
    }

    async fn roles_are_added_changed_and_removed_when_nobody_needs_them(world) {
        let store = &world.store;
        furnish(store).await;
        let id = change(store, async |unit| unit.add_role("Auditor", &["System.View", "System.Read"]).await).await.unwrap();
        assert_eq!(id, 1);
        let taken = change(store, async |unit| unit.add_role("AUDITOR", &[]).await).await;
        assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
        let taken = change(store, async |unit| unit.set_role(id, "admin", &[]).await).await;
        assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
        change(store, async |unit| unit.set_permission(&permission("bob", false, id)).await).await.unwrap();
        change(store, async |unit| unit.set_role(id, "auditor", &["Global.Settings"]).await).await.unwrap();
        assert_eq!(standing(store, "bob").await.grants[0].privileges, Privileges::Made(vec!["Global.Settings".into()]));
        let used = change(store, async |unit| unit.remove_role(id).await).await;
        assert!(matches!(used, Err(StoreError::InUse { what: Noun::Role, users: 1, .. })));
        change(store, async |unit| unit.remove_permission("group-d1", "BOB", false).await).await.unwrap();
        change(store, async |unit| unit.remove_role(id).await).await.unwrap();
        assert!(store.roles().await.unwrap().iter().all(|role| role.id < 0));
    }
}

// ---- the epoch ----

on_both! {
    async fn whatever_alters_a_standing_or_a_key_changes_the_epoch(world) {
        let store = &world.store;
        furnish(store).await;
        committed(store, Append { issued: Some(issued("_1", 0)), ..Append::default() }).await;
        macro_rules! bumps {
            ($($what:literal: |$unit:ident| $change:expr;)*) => {
                $(
                    let before = epoch(store).await;
                    let mut unit = store.begin().await.unwrap();
                    let $unit = &mut unit;
                    $change.await.unwrap();
                    unit.commit().await.unwrap();
                    assert_ne!(epoch(store).await, before, $what);
                )*
            };
        }
        let one_strike = LockoutPolicy { max_failures: 1, ..LockoutPolicy::default() };
        bumps! {
            "add user": |unit| unit.add_user(&user("carol"), NOW);
            "profile": |unit| unit.set_profile("id-carol", &Profile::default());
            "password": |unit| unit.set_password_hash("id-carol", "h1", NOW);
            "rehash": |unit| unit.rehash("id-carol", "h1", "h2");
            "disable": |unit| unit.set_disabled("id-carol", true);
            "enable": |unit| unit.set_disabled("id-carol", false);
            "becoming locked": |unit| unit.password_failed("id-carol", &one_strike, false, NOW);
            "unlock": |unit| unit.unlock("id-carol");
            "add group": |unit| unit.add_group("g", &name("g"), None, NOW);
            "add member": |unit| unit.add_member("g", "carol");
            "remove member": |unit| unit.remove_member("g", "carol");
            "remove group": |unit| unit.remove_group("g");
            "remove user": |unit| unit.remove_user("id-carol");
            "add solution": |unit| unit.add_solution(&solution("machine"), NOW);
            "certificate": |unit| unit.set_certificate("id-machine", &[1], "s");
            "disable solution": |unit| unit.set_disabled("id-machine", true);
            "remove solution": |unit| unit.remove_solution("id-machine");
            "add role": |unit| unit.add_role("r", &[]);
            "set role": |unit| unit.set_role(1, "r", &["System.View"]);
            "permission": |unit| unit.set_permission(&permission("bob", false, 1));
            "remove permission": |unit| unit.remove_permission("group-d1", "bob", false);
            "remove role": |unit| unit.remove_role(1);
            "add key": |unit| unit.add_signing_key(&key("aa", KeyStatus::Active), NOW);
            "key status": |unit| unit.set_key_status("aa", KeyStatus::Revoked, NOW);
            "revoke token": |unit| unit.revoke_token("_1", NOW);
            "setting": |unit| unit.set_setting("policy.token", Some("{}"));
            "external issuer": |unit| unit.put_external_issuer(&issuer("https://a", "vc2.lab", &[]), NOW);
            "remove external issuer": |unit| unit.remove_external_issuer("https://a");
        }
    }

    async fn what_alters_neither_leaves_the_epoch(world) {
        let store = &world.store;
        furnish(store).await;
        let before = epoch(store).await;
        let everything = Append {
            spends: None,
            ticket: None,
            expects: Some(before),
            claim: Some(claim(1)),
            issued: Some(issued("_1", 0)),
            session: Some(session("s", 0)),
            session_limit: Some(limit(10, 0)),
            audit: vec![said("t", 0)],
        };
        committed(store, everything).await;
        let policy = LockoutPolicy::default();
        change(store, async |unit| {
            unit.password_failed("id-bob", &policy, false, NOW).await?;
            unit.password_succeeded("id-bob", NOW).await?;
            assert!(!unit.rehash("id-bob", "not the old one", "h").await?);
            unit.put_seed_entry(&SeedEntry { kind: "user".into(), name: "a".into(), hash: [1; 32] }).await?;
            unit.audit(&said("t", 0)).await?;
            assert!(unit.claim(&claim(2)).await?);
            unit.set_locale("s", "de", "de").await?;
            unit.end_session("s").await
        }).await.unwrap();
        store.sweep_claims(at(9_999)).await.unwrap();
        assert_eq!(epoch(store).await, before);
    }

    async fn equal_epochs_mean_equal_standings_whatever_happens(world) {
        let store = &world.store;
        furnish(store).await;
        let policy = LockoutPolicy { max_failures: 3, ..LockoutPolicy::default() };
        let (names, mut chance) = (["alice", "bob", "robot"], 42_u64);
        let mut pick = |below: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(chance >> 33).unwrap() % below
        };
        let mut remembered = None;
        for step in 0..120 {
            let who = names[pick(3)];
            let (id, group) = (format!("id-{who}"), ["Operators", "Users", "TrustedUsers"][pick(3)]);
            let now = at(step * 20);
            let action = pick(9);
            // A refusal is as good as a change: then nothing may have changed.
            let _ = change(store, async |unit| match action {
                0 => unit.password_failed(&id, &policy, false, now).await.map(drop),
                1 => unit.password_succeeded(&id, now).await,
                2 => unit.unlock(&id).await,
                3 => unit.set_disabled(&id, step % 2 == 0).await,
                4 => unit.add_member(group, who).await.map(drop),
                5 => unit.remove_member(group, who).await,
                6 => unit.set_permission(&permission(group, true, READ_ONLY)).await,
                7 => unit.remove_permission("group-d1", group, true).await,
                _ => unit.set_password_hash(&id, &format!("h{step}"), now).await,
            }).await;
            let mut standings = Vec::new();
            for name in names {
                let mut standing = standing(store, name).await;
                // A lock that has ended says the same as none.
                standing.locked_until = standing.locked_until.filter(|until| now < *until);
                standings.push(standing);
            }
            let seen = (epoch(store).await, standings);
            if let Some((before, standings)) = remembered.replace(seen.clone()) && before == seen.0 {
                let still_locked = |standing: &Standing| Standing {
                    locked_until: standing.locked_until.filter(|until| now < *until),
                    ..standing.clone()
                };
                assert_eq!(standings.iter().map(still_locked).collect::<Vec<_>>(), seen.1, "step {step}, action {action}");
            }
        }
    }

    async fn a_ticket_is_spent_once_for_its_own_use_and_dies_with_its_session(world) {
        let (store, other) = (world.store.clone(), world.replica().await);
        let append = |append| store.append(append);
        append(Append { session: Some(session("s", 0)), ..Append::default() }).await.unwrap();
        let (now, end) = (at(10), at(20));
        let give = |secret: u8, purpose| NewTicket { secret: [secret; 32], session_key: "s".into(), purpose, expires_at: end };
        let put = || Purpose::Http { method: Some("PUT".into()), url: "/x".into() };
        for (secret, purpose) in [(1, Purpose::Clone), (2, put()), (3, Purpose::Clone), (4, Purpose::Http { method: None, url: "/x".into() })] {
            let ticket = Some(give(secret, purpose));
            assert_eq!(append(Append { ticket, ..Append::default() }).await.unwrap(), Appended::Committed);
        }
        let spend = |secret: u8, purpose, now| Append { spends: Some(Spend { secret: [secret; 32], purpose, at: now }), ..Append::default() };
        let get = Purpose::Http { method: Some("GET".into()), url: "/x".into() };
        for wrong in [spend(1, put(), now), spend(2, get.clone(), now), spend(2, Purpose::Clone, now), spend(1, Purpose::Clone, end), spend(9, Purpose::Clone, now)] {
            assert_eq!(append(wrong).await.unwrap(), Appended::Replayed);
        }
        // Whoever is refused for something else has not spent it.
        let crowded = SessionLimit { at_most: 1, cutoff: Cutoff::of(&SessionPolicy::default(), now) };
        let late = Append { session: Some(session("t", 0)), session_limit: Some(crowded), ..spend(1, Purpose::Clone, now) };
        assert!(matches!(append(late).await.unwrap(), Appended::SessionLimit { .. }));
        let (one, two) = tokio::join!(store.append(spend(1, Purpose::Clone, now)), other.append(spend(1, Purpose::Clone, now)));
        let outcomes = [one.unwrap(), two.unwrap()];
        assert!(outcomes.contains(&Appended::Committed) && outcomes.contains(&Appended::Replayed), "{outcomes:?}");
        assert_eq!(append(spend(2, put(), now)).await.unwrap(), Appended::Committed);
        assert_eq!(append(spend(4, get, now)).await.unwrap(), Appended::Committed);
        let clone = Spend { secret: [3; 32], purpose: Purpose::Clone, at: now };
        assert_eq!(store.lender(&clone).await.unwrap().unwrap().key, "s");
        let mut unit = store.begin().await.unwrap();
        unit.end_session("s").await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(store.lender(&clone).await.unwrap(), None);
        let ticket = Some(give(5, Purpose::Clone));
        assert!(matches!(append(Append { ticket, ..Append::default() }).await, Err(StoreError::Rejected(_))));
        other.close().await.unwrap();
    }

    async fn an_effect_cannot_be_committed_after_the_change_that_forbids_it(world) {
        let (store, other) = (world.store.clone(), world.replica().await);
        furnish(&store).await;
        let expects = Some(epoch(&store).await);
        let mut unit = store.begin().await.unwrap();
        unit.set_disabled("id-alice", true).await.unwrap();
        let late = {
            let other = other.clone();
            tokio::spawn(async move { other.append(Append { expects, session: Some(session("s", 0)), ..Append::default() }).await })
        };
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert!(!late.is_finished());
        unit.commit().await.unwrap();
        assert_eq!(late.await.unwrap().unwrap(), Appended::Stale(epoch(&store).await));
        assert_eq!(store.sessions().await.unwrap(), []);
        other.close().await.unwrap();
    }
}

// ---- appending ----

on_both! {
    async fn an_append_is_written_whole(world) {
        let store = &world.store;
        furnish(store).await;
        let before = epoch(store).await;
        let everything = Append {
            spends: None,
            ticket: None,
            expects: Some(before),
            claim: Some(claim(1)),
            issued: Some(issued("_1", 0)),
            session: Some(session("s", 0)),
            session_limit: Some(limit(1, 0)),
            audit: vec![said("t", 0), AuditRow { outcome: Outcome::Refused, ..said("t", 1) }],
        };
        committed(store, everything.clone()).await;
        assert_eq!(store.issued("_1").await.unwrap().unwrap().issued, issued("_1", 0));
        let found = store.session_by_cookie(&session("s", 0).cookie).await.unwrap();
        assert_eq!(found, Some((session("s", 0).session, before)));
        assert_eq!(store.audit_by_trace("t").await.unwrap(), everything.audit);
        assert!(!change(store, async |unit| unit.claim(&claim(1)).await).await.unwrap());
    }

    async fn what_is_stale_replayed_or_too_much_writes_nothing(world) {
        let store = &world.store;
        furnish(store).await;
        let old = epoch(store).await;
        change(store, async |unit| unit.set_disabled("id-bob", true).await).await.unwrap();
        let now = epoch(store).await;
        let wanted = |expects, number, id: &str| Append {
            spends: None,
            ticket: None,
            expects: Some(expects),
            claim: Some(claim(number)),
            issued: Some(issued(id, 0)),
            session: Some(session(id, 0)),
            session_limit: Some(limit(1, 0)),
            audit: vec![said(id, 0)],
        };
        assert_eq!(store.append(wanted(old, 1, "stale")).await.unwrap(), Appended::Stale(now));
        committed(store, wanted(now, 1, "good")).await;
        let crowded = Append { session_limit: Some(limit(9, 0)), ..wanted(now, 1, "again") };
        assert_eq!(store.append(crowded).await.unwrap(), Appended::Replayed);
        let full = Appended::SessionLimit { seen: 1, wanted: 1 };
        assert_eq!(store.append(wanted(now, 2, "full")).await.unwrap(), full);
        for nothing in ["stale", "again", "full"] {
            assert!(store.issued(nothing).await.unwrap().is_none(), "{nothing}");
            assert!(store.session(nothing).await.unwrap().is_none(), "{nothing}");
            assert_eq!(store.audit_by_trace(nothing).await.unwrap(), [], "{nothing}");
        }
        // What was refused for another reason has not spent its claim.
        committed(store, Append { session_limit: None, ..wanted(now, 2, "later") }).await;
        // A dead session makes room.
        committed(store, Append { session_limit: Some(limit(1, 1_801)), ..wanted(now, 3, "room") }).await;
    }

    async fn of_equal_claims_exactly_one_wins_in_one_batch_and_across_replicas(world) {
        let stores = [world.store.clone(), world.replica().await];
        for round in 0..20_u8 {
            let tries: Vec<_> = (0..50).map(|number: usize| {
                let store = stores[number % 2].clone();
                let id = format!("{round}-{number}");
                async move {
                    // Every try brings a claim of its own as well, in an order of its own.
                    let own = Append { claim: Some(Claim { key: [u8::try_from(200 - number).unwrap(); 32], expires_at: at(0) }), ..Append::default() };
                    store.append(own).await.unwrap();
                    store.append(Append { claim: Some(claim(round)), issued: Some(issued(&id, 0)), ..Append::default() }).await.unwrap()
                }
            }).collect();
            let answers = all(tries).await;
            assert_eq!(answers.iter().filter(|answer| **answer == Appended::Committed).count(), 1);
            assert_eq!(answers.iter().filter(|answer| **answer == Appended::Replayed).count(), 49);
        }
        assert_eq!(world.store.issued_live(at(0), 100).await.unwrap().len(), 20);
        stores[1].close().await.unwrap();
    }

    async fn a_crowd_at_once_gets_exactly_the_free_places(world) {
        let store = &world.store;
        let tries = (0..50).map(|number| {
            let store = store.clone();
            let key = format!("s{number}");
            async move { store.append(Append { session: Some(session(&key, 0)), session_limit: Some(limit(7, 0)), ..Append::default() }).await.unwrap() }
        });
        let answers = all(tries.collect()).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Appended::Committed).count(), 7);
        assert_eq!(store.count_sessions(&Cutoff::of(&SessionPolicy::default(), at(0))).await.unwrap(), 7);
    }

    async fn two_hundred_at_once_are_all_written(world) {
        let store = &world.store;
        let tries = (0..203).map(|number| {
            let store = store.clone();
            let id = format!("_{number}");
            async move {
                let append = Append { issued: Some(issued(&id, 0)), session: Some(session(&id, 0)), audit: vec![said("t", number)], ..Append::default() };
                store.append(append).await.unwrap()
            }
        });
        assert!(all(tries.collect()).await.iter().all(|answer| *answer == Appended::Committed));
        assert_eq!(store.sessions().await.unwrap().len(), 203);
        assert_eq!(store.audit_by_trace("t").await.unwrap().len(), 203);
        assert_eq!(store.issued_live(at(0), 1_000).await.unwrap().len(), 203);
    }

    async fn rows_that_the_database_refuses_harm_nobody_else(world) {
        let store = &world.store;
        committed(store, Append { issued: Some(issued("_taken", 0)), ..Append::default() }).await;
        let tries = ["_a", "_taken", "_b"].map(|id| {
            let store = store.clone();
            async move { store.append(Append { issued: Some(issued(id, 0)), audit: vec![said(id, 0)], ..Append::default() }).await }
        });
        let answers = all(tries.into()).await;
        assert!(matches!(answers[0], Ok(Appended::Committed)) && matches!(answers[2], Ok(Appended::Committed)));
        assert!(matches!(answers[1], Err(StoreError::Rejected(_))), "{answers:?}");
        assert_eq!(store.audit_by_trace("_taken").await.unwrap(), []);
        assert_eq!(store.audit_by_trace("_b").await.unwrap().len(), 1);
    }

    async fn hostile_text_is_kept_as_text(world) {
        let store = &world.store;
        let text = "a\0b'; DROP TABLE audit; -- %_\\ \u{202e} 😀";
        let row = AuditRow { principal: Some(text.into()), reason: Some(text.into()), ..said("t", 0) };
        committed(store, Append { audit: vec![row], ..Append::default() }).await;
        let kept = store.audit_by_trace("t").await.unwrap();
        assert_eq!(kept[0].principal.as_deref(), Some(text.replace('\0', "\u{fffd}").as_str()));
    }

    async fn a_caller_who_goes_away_leaves_a_whole_append_or_none(world) {
        let store = &world.store;
        for number in 0..20_u8 {
            let append = Append { claim: Some(claim(number)), issued: Some(issued(&number.to_string(), 0)), audit: vec![said("t", 0)], ..Append::default() };
            begin_and_leave(store.append(append), number).await;
        }
        store.drained().await.unwrap();
        for number in 0..20_u8 {
            let issued = store.issued(&number.to_string()).await.unwrap().is_some();
            let claimed = !change(store, async |unit| unit.claim(&claim(number)).await).await.unwrap();
            assert_eq!(issued, claimed, "{number}");
        }
    }

    async fn queued_rows_are_written_soon_and_all_of_them_at_the_end(world) {
        let store = &world.store;
        for number in 0..100 {
            store.append_later(said("queued", number)).unwrap();
        }
        store.drained().await.unwrap();
        assert_eq!(store.audit_by_trace("queued").await.unwrap().len(), 100);
        let other = world.replica().await;
        for number in 0..300 {
            other.append_later(said("closing", number)).unwrap();
        }
        other.close().await.unwrap();
        assert_eq!(store.audit_by_trace("closing").await.unwrap().len(), 300);
        assert_eq!((store.dropped_rows(), other.dropped_rows()), (0, 0));
        assert!(other.append_later(said("closed", 0)).is_err());
        assert!(matches!(other.append(Append::default()).await, Err(StoreError::Closed)));
        assert!(matches!(other.epoch().await, Err(StoreError::Closed)));
        other.close().await.unwrap();
    }

    async fn a_full_queue_gives_the_row_back_and_counts_it(world) {
        let store = &world.store;
        let row = (0..5_000).find_map(|number| store.append_later(said("full", number)).err());
        let row = row.unwrap();
        assert_eq!(row.at, at(4_096));
        assert_eq!(store.dropped_rows(), 1);
        committed(store, Append { audit: vec![*row], ..Append::default() }).await;
        store.drained().await.unwrap();
        assert_eq!(store.audit_by_trace("full").await.unwrap().len(), 4_097);
        store.append_later(said("after", 0)).unwrap();
    }
}

// ---- sessions ----

on_both! {
    async fn a_session_is_opened_used_and_ended(world) {
        let store = &world.store;
        open_session(store, session("a", 0)).await;
        open_session(store, session("b", 1)).await;
        assert_eq!(store.sessions().await.unwrap(), [session("a", 0).session, session("b", 1).session]);
        assert!(store.session_by_cookie(&[7; 32]).await.unwrap().is_none());
        assert!(change(store, async |unit| unit.set_locale("a", "de", "fr").await).await.unwrap());
        assert!(!change(store, async |unit| unit.set_locale("x", "de", "fr").await).await.unwrap());
        let a = store.session("a").await.unwrap().unwrap();
        assert_eq!((a.locale.as_str(), a.message_locale.as_str()), ("de", "fr"));
        assert!(change(store, async |unit| unit.end_session("a").await).await.unwrap());
        assert!(!change(store, async |unit| unit.end_session("a").await).await.unwrap());
        assert_eq!(change(store, async |unit| unit.end_sessions_of("id-alice").await).await.unwrap(), ["b"]);
        assert_eq!(store.sessions().await.unwrap(), []);
        change(store, async |unit| unit.add_session(&session("c", 0)).await).await.unwrap();
        assert!(store.session("c").await.unwrap().is_some());
    }

    async fn uses_are_written_in_bulk_and_revive_nobody(world) {
        let store = &world.store;
        for number in 0..70 {
            open_session(store, session(&format!("s{number}"), 0)).await;
        }
        change(store, async |unit| unit.end_session("s3").await).await.unwrap();
        let used = |number: i64, seconds| Use {
            key: format!("s{number}"),
            last_active_time: at(seconds),
            calls: 2,
            ip_address: "::1".into(),
            user_agent: "pyvmomi\0".into(),
        };
        store.flush_uses((0..70).map(|number| used(number, 50)).collect()).await.unwrap();
        store.flush_uses(vec![used(1, 10), used(1, 5)]).await.unwrap();
        store.flush_uses(vec![]).await.unwrap();
        assert!(store.session("s3").await.unwrap().is_none());
        assert_eq!(store.sessions().await.unwrap().len(), 69);
        let first = store.session("s1").await.unwrap().unwrap();
        assert_eq!((first.last_active_time, first.call_count), (at(50), 7));
        let last = store.session("s69").await.unwrap().unwrap();
        assert_eq!((last.last_active_time, last.call_count, last.ip_address.as_str()), (at(50), 3, "::1"));
        assert_eq!(last.user_agent, "pyvmomi\u{fffd}");
    }

    async fn the_sweep_and_the_policy_agree_on_who_lives(world) {
        let store = &world.store;
        let idle = Duration::from_secs(100);
        for (absolute, end_with_token) in [(0, false), (150, false), (0, true), (150, true)] {
            let policy = SessionPolicy { idle, absolute: Duration::from_secs(absolute), end_with_token, max_sessions: 0 };
            for last in [-101, -100, -99, 0] {
                for login in [-151, -150, -149] {
                    for token in [None, Some(-1), Some(0), Some(1)] {
                        let mut new = session(&format!("{last}.{login}.{token:?}"), login);
                        new.session.last_active_time = at(last);
                        new.session.token_not_on_or_after = token.map(at);
                        open_session(store, new).await;
                    }
                }
            }
            let all = store.sessions().await.unwrap();
            assert_eq!(all.len(), 48);
            let keys = |sessions: Vec<Session>| sessions.into_iter().map(|session| session.key).collect::<BTreeSet<_>>();
            let (live, dead): (Vec<_>, Vec<_>) = all.into_iter().partition(|session| policy.is_live(session, NOW));
            let cutoff = Cutoff::of(&policy, NOW);
            assert_eq!(usize::try_from(store.count_sessions(&cutoff).await.unwrap()).unwrap(), live.len());
            let swept = change(store, async |unit| unit.sweep_sessions(&cutoff).await).await.unwrap();
            assert_eq!(keys(swept), keys(dead));
            assert_eq!(keys(store.sessions().await.unwrap()), keys(live));
            change(store, async |unit| unit.end_sessions_of("id-alice").await).await.unwrap();
        }
    }
}

// ---- passwords ----

on_both! {
    async fn fifty_wrong_passwords_at_once_count_exactly_fifty(world) {
        let stores = [world.store.clone(), world.replica().await];
        furnish(&stores[0]).await;
        let tries = (0..50_usize).map(|number| {
            let store = stores[number % 2].clone();
            async move {
                // A machine that is busy with other things lets some wait too long: they come back, as clients do.
                loop {
                    match change(&store, async |unit| unit.password_failed("id-alice", &LockoutPolicy::default(), false, NOW).await).await {
                        Err(StoreError::Busy(_)) => {}
                        counted => break counted.unwrap(),
                    }
                }
            }
        });
        let attempts = all(tries.collect()).await;
        assert_eq!(attempts.iter().map(|attempt| attempt.failures).collect::<BTreeSet<_>>(), (1..=50).collect());
        assert_eq!(attempts.iter().filter(|attempt| attempt.just_locked).count(), 1);
        assert!(attempts.iter().all(|attempt| attempt.locked_until.is_some() == (attempt.failures >= 5)));
        assert_eq!(standing(&stores[1], "alice").await.locked_until, Some(at(300)));
        stores[1].close().await.unwrap();
    }

    async fn failures_count_within_their_window_and_locks_end(world) {
        let store = &world.store;
        furnish(store).await;
        let fail = async |policy: LockoutPolicy, seconds| {
            let attempt = change(store, async |unit| unit.password_failed("id-alice", &policy, false, at(seconds)).await).await.unwrap();
            (attempt.failures, attempt.locked_until.map(|until| until.since(NOW).as_secs()))
        };
        let policy = LockoutPolicy { max_failures: 3, ..LockoutPolicy::default() };
        assert_eq!(fail(policy, 0).await, (1, None));
        assert_eq!(fail(policy, 179).await, (2, None));
        assert_eq!(fail(policy, 180).await, (1, None), "the first failure of a new window");
        assert_eq!(fail(policy, 181).await, (2, None));
        assert_eq!(fail(policy, 182).await, (3, Some(482)));
        assert_eq!(fail(policy, 183).await, (4, Some(482)), "a failure does not prolong the lock");
        assert_eq!(fail(policy, 481).await, (1, Some(482)), "a new window, the lock still holds");
        assert_eq!(fail(policy, 482).await, (1, None), "the lock has ended");
        change(store, async |unit| unit.unlock("id-alice").await).await.unwrap();
        let forever = LockoutPolicy { max_failures: 1, unlock_after: Duration::ZERO, ..policy };
        fail(forever, 500).await;
        assert_eq!(standing(store, "alice").await.locked_until, Some(Moment::FAR_FUTURE));
        change(store, async |unit| unit.unlock("id-alice").await).await.unwrap();
        assert_eq!(standing(store, "alice").await.locked_until, None);
        let never = LockoutPolicy { max_failures: 0, ..policy };
        for count in 1..20 {
            assert_eq!(fail(never, 501).await, (count, None));
        }
    }

    async fn administrator_is_counted_but_never_locked(world) {
        let store = &world.store;
        furnish(store).await;
        let before = epoch(store).await;
        for count in 1..20 {
            let attempt = change(store, async |unit| unit.password_failed("id-alice", &LockoutPolicy::default(), true, NOW).await).await.unwrap();
            assert_eq!((attempt.failures, attempt.locked_until), (count, None));
        }
        assert_eq!(epoch(store).await, before);
    }

    async fn a_success_forgets_failures_but_opens_no_lock(world) {
        let store = &world.store;
        furnish(store).await;
        let policy = LockoutPolicy { max_failures: 2, ..LockoutPolicy::default() };
        let failures = async || store.users().await.unwrap()[0].failures;
        change(store, async |unit| unit.password_failed("id-alice", &policy, false, NOW).await).await.unwrap();
        store.password_succeeded("id-alice", NOW).await.unwrap();
        assert_eq!(failures().await, 0);
        for _ in 0..2 {
            change(store, async |unit| unit.password_failed("id-alice", &policy, false, NOW).await).await.unwrap();
        }
        store.password_succeeded("id-alice", at(299)).await.unwrap();
        assert_eq!((failures().await, standing(store, "alice").await.locked_until), (2, Some(at(300))));
        store.password_succeeded("id-alice", at(300)).await.unwrap();
        assert_eq!((failures().await, standing(store, "alice").await.locked_until), (0, None));
    }

    async fn a_stronger_hash_does_not_undo_a_new_password(world) {
        let store = &world.store;
        furnish(store).await;
        assert!(change(store, async |unit| unit.rehash("id-alice", "hash-alice", "strong").await).await.unwrap());
        change(store, async |unit| unit.set_password_hash("id-alice", "new", NOW).await).await.unwrap();
        assert!(!change(store, async |unit| unit.rehash("id-alice", "hash-alice", "old").await).await.unwrap());
        assert!(matches!(standing(store, "alice").await.kind, Kind::User { password_hash: Some(hash), .. } if hash == "new"));
    }
}

// ---- tokens, keys, audit, the rest ----

on_both! {
    async fn issued_tokens_come_page_by_page_and_by_their_subject(world) {
        let store = &world.store;
        for (id, seconds) in [("_1", 0), ("_2", 10), ("_3", 10), ("_4", 20)] {
            let upn = if id == "_4" { "bob@VSPHERE.LOCAL".to_owned() } else { issued(id, 0).upn };
            let token = Issued { upn, ..issued(id, seconds) };
            committed(store, Append { issued: Some(token), ..Append::default() }).await;
        }
        let page = async |after: (Moment, &str), upn: Option<&str>, most| -> Vec<(Moment, String)> {
            let found = store.issued_after(at(0), after, upn, most).await.unwrap();
            found.into_iter().map(|token| (token.issued.not_on_or_after, token.issued.id)).collect()
        };
        let names = |page: &[(Moment, String)]| page.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>();
        let first = page((Moment::FAR_FUTURE, ""), None, 2).await;
        assert_eq!(names(&first), ["_4", "_3"]);
        let (end, id) = &first[1];
        assert_eq!(names(&page((*end, id), None, 9).await), ["_2", "_1"]);
        assert_eq!(names(&page((Moment::FAR_FUTURE, ""), Some("bob@VSPHERE.LOCAL"), 9).await), ["_4"]);
        assert!(page((Moment::FAR_FUTURE, ""), Some("nobody"), 9).await.is_empty());
    }

    async fn the_audit_is_read_in_either_direction_and_by_every_filter(world) {
        let store = &world.store;
        let row = |trace: &str, action: &'static str, outcome| AuditRow {
            trace: trace.into(), action: action.into(), outcome, principal: Some("alice".into()), ..said("t", 0)
        };
        for (trace, action, outcome) in [("a", "x", Outcome::Accepted), ("b", "x", Outcome::Refused), ("c", "y", Outcome::Accepted)] {
            committed(store, Append { audit: vec![row(trace, action, outcome)], ..Append::default() }).await;
        }
        let all = |down| AuditRange { after: -1, before: i64::MAX, principal: None, outcome: None, action: None, trace: None, down };
        let traces = async |range: AuditRange, most| -> Vec<(i64, String)> {
            let found = store.audit(&range, most).await.unwrap();
            let mut unit = store.begin().await.unwrap();
            assert_eq!(unit.settled_audit(&range, most).await.unwrap(), found);
            found.into_iter().map(|(number, row)| (number, row.trace)).collect()
        };
        let names = |rows: &[(i64, String)]| rows.iter().map(|(_, trace)| trace.clone()).collect::<Vec<_>>();
        let up = traces(all(false), 9).await;
        assert_eq!((names(&up), names(&traces(all(true), 2).await)), (vec!["a".into(), "b".into(), "c".into()], vec!["c".into(), "b".into()]));
        assert_eq!(names(&traces(AuditRange { after: up[0].0, ..all(false) }, 9).await), ["b", "c"]);
        assert_eq!(names(&traces(AuditRange { before: up[1].0, ..all(true) }, 9).await), ["a"]);
        let text = |text: &str| Some(text.to_owned());
        for (range, wanted) in [
            (AuditRange { action: text("x"), ..all(false) }, 2),
            (AuditRange { outcome: Some(Outcome::Refused), ..all(false) }, 1),
            (AuditRange { trace: text("c"), ..all(false) }, 1),
            (AuditRange { principal: text("alice"), ..all(false) }, 3),
            (AuditRange { principal: text("bob"), ..all(false) }, 0),
        ] {
            assert_eq!(traces(range.clone(), 9).await.len(), wanted, "{range:?}");
        }
    }

    async fn a_revoked_token_is_known_as_such_until_it_ends(world) {
        let store = &world.store;
        for (id, seconds) in [("_1", 0), ("_2", 10), ("_3", 20)] {
            committed(store, Append { issued: Some(issued(id, seconds)), ..Append::default() }).await;
        }
        assert_eq!(store.revoked_tokens().await.unwrap(), ([].into(), epoch(store).await));
        change(store, async |unit| unit.revoke_token("_2", at(11)).await).await.unwrap();
        change(store, async |unit| unit.revoke_token("_2", at(12)).await).await.unwrap();
        assert_eq!(store.issued("_2").await.unwrap().unwrap().revoked_at, Some(at(11)));
        assert!(store.is_revoked("_2").await.unwrap() && !store.is_revoked("_1").await.unwrap());
        assert_eq!(store.revoked_tokens().await.unwrap(), (["_2".to_owned()].into(), epoch(store).await));
        assert_eq!(store.sweep_issued(at(309)).await.unwrap(), 1);
        let ids: Vec<_> = store.issued_live(at(0), 10).await.unwrap().into_iter().map(|token| token.issued.id).collect();
        assert_eq!(ids, ["_3", "_2"]);
        assert_eq!(store.sweep_issued(at(310)).await.unwrap(), 1);
        assert!(!store.is_revoked("_2").await.unwrap());
        change(store, async |unit| unit.add_issued(&issued("_4", 0)).await).await.unwrap();
        assert!(store.issued("_4").await.unwrap().is_some());
    }

    async fn a_claim_is_kept_until_it_ends_and_not_longer(world) {
        let store = &world.store;
        committed(store, Append { claim: Some(claim(1)), ..Append::default() }).await;
        assert_eq!(store.sweep_claims(at(599)).await.unwrap(), 0);
        assert_eq!(store.append(Append { claim: Some(claim(1)), ..Append::default() }).await.unwrap(), Appended::Replayed);
        assert_eq!(store.sweep_claims(at(600)).await.unwrap(), 1);
        committed(store, Append { claim: Some(claim(1)), ..Append::default() }).await;
    }

    async fn of_signing_keys_one_is_active(world) {
        let store = &world.store;
        let statuses = async || {
            let (keys, _) = store.signing_keys().await.unwrap();
            keys.into_iter().map(|key| (key.sha256, key.status)).collect::<Vec<_>>()
        };
        assert_eq!(store.signing_keys().await.unwrap(), (vec![], epoch(store).await));
        assert!(change(store, async |unit| unit.add_signing_key(&key("aa", KeyStatus::Active), NOW).await).await.unwrap());
        assert!(change(store, async |unit| unit.add_signing_key(&key("bb", KeyStatus::Active), at(1)).await).await.unwrap());
        assert!(!change(store, async |unit| unit.add_signing_key(&key("aa", KeyStatus::Active), at(2)).await).await.unwrap());
        assert_eq!(statuses().await, [("aa".into(), KeyStatus::Previous), ("bb".into(), KeyStatus::Active)]);
        change(store, async |unit| unit.set_key_status("aa", KeyStatus::Active, at(3)).await).await.unwrap();
        assert_eq!(statuses().await, [("aa".into(), KeyStatus::Active), ("bb".into(), KeyStatus::Previous)]);
        change(store, async |unit| unit.set_key_status("bb", KeyStatus::Revoked, at(4)).await).await.unwrap();
        let (keys, seen) = store.signing_keys().await.unwrap();
        assert_eq!(seen, epoch(store).await);
        assert_eq!((keys[1].status, keys[1].status_at, keys[1].created_at), (KeyStatus::Revoked, at(4), at(1)));
        assert_eq!((keys[0].not_before, keys[0].not_on_or_after), (at(0), at(1_000)));
    }

    async fn an_external_issuer_speaks_for_one_domain_and_maps_its_users_to_groups(world) {
        let store = &world.store;
        assert_eq!(store.external_issuers().await.unwrap(), (vec![], epoch(store).await));
        let put = async |new: ExternalIssuer| change(store, async |unit| unit.put_external_issuer(&new, NOW).await).await;
        make_groups(store, &["Operators", "Élodies"]).await;
        let first = issuer("https://a", "Vc2.lab", &["Operators", "Élodies"]);
        put(first.clone()).await.unwrap();
        assert_eq!(store.external_issuers().await.unwrap(), (vec![first.clone()], epoch(store).await));
        let taken = put(issuer("https://b", "VC2.LAB", &[])).await;
        assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
        let unknown = put(issuer("https://b", "vc3.lab", &["Nobody"])).await;
        assert!(matches!(unknown, Err(StoreError::NotFound { what: Noun::Group, .. })), "{unknown:?}");
        let second = issuer("https://b", "vc3.lab", &[]);
        put(second.clone()).await.unwrap();
        let changed = issuer("https://a", "vc4.lab", &["Operators"]);
        put(changed.clone()).await.unwrap();
        assert_eq!(store.external_issuers().await.unwrap().0, [changed, second.clone()]);
        change(store, async |unit| unit.remove_external_issuer("https://a").await).await.unwrap();
        assert_eq!(store.external_issuers().await.unwrap().0, [second]);
        let gone = change(store, async |unit| unit.remove_external_issuer("https://a").await).await;
        assert!(matches!(gone, Err(StoreError::NotFound { what: Noun::ExternalIssuer, .. })), "{gone:?}");
    }

    async fn a_directory_is_kept_by_its_name_and_nobody_is_told_its_password(world) {
        let store = &world.store;
        let details = |url: &str| SourceDetails {
            friendly_name: "theirs".into(),
            user_base_dn: Some("ou=people".into()),
            group_base_dn: None,
            primary_url: url.into(),
            failover_url: None,
            search_timeout_seconds: 5,
        };
        let source = IdentitySource {
            name: "Corp.example".into(),
            alias: Some("corp".into()),
            kind: "ActiveDirectory".into(),
            details: details("ldap://one"),
            authentication: "password".into(),
            bind_user: Some("cn=reader".into()),
        };
        let secret = Secret::new("Geheim!23");
        let before = epoch(store).await;
        let add = async |name: &str| {
            let source = IdentitySource { name: name.into(), ..source.clone() };
            change(store, async |unit| unit.add_identity_source(&source, Some(&secret), NOW).await).await
        };
        add("Corp.example").await.unwrap();
        let taken = add("CORP.EXAMPLE").await;
        assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
        assert_eq!(store.identity_sources().await.unwrap(), std::slice::from_ref(&source));
        change(store, async |unit| unit.set_source_details("corp.EXAMPLE", &details("ldap://two")).await).await.unwrap();
        let bind = Some(("cn=other", &secret));
        change(store, async |unit| unit.set_source_authentication("corp.example", "password", bind).await).await.unwrap();
        let known = store.identity_sources().await.unwrap();
        assert_eq!((known[0].details.primary_url.as_str(), known[0].bind_user.as_deref()), ("ldap://two", Some("cn=other")));
        assert!(!format!("{known:?}").contains("Geheim"));
        change(store, async |unit| unit.remove_identity_source("corp.example").await).await.unwrap();
        assert_eq!(store.identity_sources().await.unwrap(), []);
        let gone = change(store, async |unit| unit.remove_identity_source("corp.example").await).await;
        assert!(matches!(gone, Err(StoreError::NotFound { what: Noun::IdentitySource, .. })), "{gone:?}");
        assert_eq!(epoch(store).await, before, "nobody's standing is touched by it");
    }

    async fn a_certificate_of_directories_is_kept_once(world) {
        let store = &world.store;
        let add = async |sha256: &str, der: &[u8]| {
            change(store, async |unit| unit.add_trusted_certificate(sha256, der, NOW).await).await.unwrap()
        };
        assert!(add("bb", b"two").await && add("aa", b"one").await);
        assert!(!add("aa", b"one").await, "it is there");
        assert_eq!(store.trusted_certificates().await.unwrap(), [b"one".to_vec(), b"two".to_vec()]);
        change(store, async |unit| unit.remove_trusted_certificate("aa").await).await.unwrap();
        let gone = change(store, async |unit| unit.remove_trusted_certificate("aa").await).await;
        assert!(matches!(gone, Err(StoreError::NotFound { what: Noun::TrustedCertificate, .. })), "{gone:?}");
        assert_eq!(store.trusted_certificates().await.unwrap(), [b"two".to_vec()]);
    }

    async fn a_session_says_where_it_was_opened(world) {
        let store = &world.store;
        let mut elsewhere = session("b", 1);
        elsewhere.session.service = Service::SsoAdmin;
        for new in [session("a", 0), elsewhere] {
            change(store, async |unit| unit.add_session(&new).await).await.unwrap();
            let found = store.session_by_cookie(&new.cookie).await.unwrap().unwrap().0;
            assert_eq!(found.service, new.session.service);
        }
    }

    async fn the_subject_of_another_issuer_has_what_it_and_its_groups_are_granted(world) {
        let store = &world.store;
        make_groups(store, &["Operators", "Oper", "Outer", "Élodies"]).await;
        let standing = async |user: &str, groups: &[&str]| {
            let subject = ExternalSubject::of_session(user, &list(groups)).unwrap();
            store.standing(&Lookup::External(subject)).await.unwrap()
        };
        assert_eq!(standing("VC2.LAB\\alice", &["Operators"]).await, None, "nobody speaks for the domain");
        let speaker = issuer("https://a", "vc2.lab", &[]);
        change(store, async |unit| {
            unit.put_external_issuer(&speaker, NOW).await?;
            unit.add_member("Outer", "Operators").await?;
            for (principal, group, role_id) in [
                ("VC2.LAB\\Alice", false, READ_ONLY), ("alice", false, ADMIN), ("Outer", true, READ_ONLY),
                ("Oper", true, ADMIN), ("Everyone", true, ADMIN), ("Élodies", true, NO_ACCESS),
            ] {
                let entity = format!("entity-{principal}");
                let permission = Permission { entity, principal: principal.into(), group, role_id, propagate: true };
                unit.set_permission(&permission).await?;
            }
            Ok(())
        }).await.unwrap();
        let (alice, seen) = standing("VC2.LAB\\alice", &["operators", "élodies", "Gone"]).await.unwrap();
        assert_eq!(seen, epoch(store).await);
        assert_eq!((alice.id.as_str(), alice.name.as_str()), ("external:alice@vc2.lab", "alice"));
        assert_eq!(alice.groups, ["Operators", "Outer", "Élodies"]);
        let entities: BTreeSet<&str> = alice.grants.iter().map(|grant| grant.entity.as_str()).collect();
        assert_eq!(entities, BTreeSet::from(["entity-Outer", "entity-VC2.LAB\\Alice", "entity-Élodies"]));
        let (bob, _) = standing("vc2.lab\\bob", &[]).await.unwrap();
        assert!(bob.groups.is_empty() && bob.grants.is_empty());
        // A session remembers the groups, and they are asked for again.
        let mut of_alice = session("s", 0);
        of_alice.session.user_name = "VC2.LAB\\alice".into();
        of_alice.session.mapped_groups = Some(list(&["Operators"]));
        committed(store, Append { session: Some(of_alice.clone()), ..Append::default() }).await;
        let found = store.session("s").await.unwrap().unwrap();
        assert_eq!(found, of_alice.session);
        let (again, _) = store.standing(&Lookup::of(&found)).await.unwrap().unwrap();
        assert_eq!(again.groups, ["Operators", "Outer"]);
        let own = Session { mapped_groups: None, ..found };
        assert_eq!(Lookup::of(&own), Lookup::Id(own.subject_id.clone()));
        change(store, async |unit| unit.set_subject(&own).await).await.unwrap();
        assert_eq!(store.session("s").await.unwrap().unwrap().mapped_groups, None);
    }

    async fn of_a_key_the_last_good_token_is_known(world) {
        let store = &world.store;
        assert_eq!(store.last_token_end("aa").await.unwrap(), None);
        let of = |id: &str, signer: &str, seconds| Issued { signer_sha256: signer.into(), ..issued(id, seconds) };
        for token in [of("1", "aa", 10), of("2", "aa", 30), of("3", "bb", 50), of("4", "aa", 20)] {
            committed(store, Append { issued: Some(token), ..Append::default() }).await;
        }
        let ends = async || (store.last_token_end("aa").await.unwrap(), store.last_token_end("bb").await.unwrap());
        assert_eq!(ends().await, (Some(at(330)), Some(at(350))));
        change(store, async |unit| unit.revoke_token("2", NOW).await).await.unwrap();
        assert_eq!(ends().await, (Some(at(320)), Some(at(350))), "a revoked token needs no key");
        let (inside, keys) = change(store, async |unit| {
            Ok((unit.last_token_end("bb").await?, unit.signing_keys().await?))
        }).await.unwrap();
        assert_eq!((inside, keys), (Some(at(350)), store.signing_keys().await.unwrap()));
    }

    async fn the_audit_log_is_filtered_and_forgets_by_age_and_by_number(world) {
        let store = &world.store;
        let mut rows: Vec<AuditRow> = (0..10).map(|number| said("t", number)).collect();
        rows[4].principal = Some("bob".into());
        rows[5].outcome = Outcome::Refused;
        rows[6].action = "token.issue".into();
        committed(store, Append { audit: rows.clone(), ..Append::default() }).await;
        let recent = async |at_most, filter: AuditFilter| store.audit_recent(at_most, &filter).await.unwrap();
        let mut newest: Vec<_> = rows.clone();
        newest.reverse();
        assert_eq!(recent(99, AuditFilter::default()).await, newest);
        assert_eq!(recent(2, AuditFilter { before: Some(at(5)), ..AuditFilter::default() }).await, [rows[4].clone(), rows[3].clone()]);
        assert_eq!(recent(9, AuditFilter { principal: Some("bob".into()), ..AuditFilter::default() }).await, [rows[4].clone()]);
        assert_eq!(recent(9, AuditFilter { outcome: Some(Outcome::Refused), ..AuditFilter::default() }).await, [rows[5].clone()]);
        assert_eq!(recent(9, AuditFilter { action: Some("token.issue".into()), ..AuditFilter::default() }).await, [rows[6].clone()]);
        assert_eq!(store.sweep_audit(Duration::from_secs(7), 100, at(9)).await.unwrap(), 3);
        assert_eq!(store.sweep_audit(Duration::from_secs(700), 4, at(9)).await.unwrap(), 3);
        assert_eq!(recent(99, AuditFilter::default()).await, newest[..4]);
        change(store, async |unit| unit.audit(&said("unit", 0)).await).await.unwrap();
        assert_eq!(store.audit_by_trace("unit").await.unwrap(), [said("unit", 0)]);
    }

    async fn a_sweep_of_many_rows_goes_on_until_all_are_gone(world) {
        let store = &world.store;
        let rows = (0..5_000).map(|number| said("t", number)).collect();
        committed(store, Append { audit: rows, ..Append::default() }).await;
        assert_eq!(store.sweep_audit(Duration::ZERO, 100, at(4_500)).await.unwrap(), 4_900);
    }

    async fn seed_entries_and_settings_are_remembered(world) {
        let store = &world.store;
        let entry = |hash| SeedEntry { kind: "user".into(), name: "alice".into(), hash: [hash; 32] };
        change(store, async |unit| unit.put_seed_entry(&entry(1)).await).await.unwrap();
        change(store, async |unit| unit.put_seed_entry(&entry(2)).await).await.unwrap();
        assert_eq!(store.seed_entries().await.unwrap(), [entry(2)]);
        change(store, async |unit| unit.set_setting("a", Some("1")).await).await.unwrap();
        change(store, async |unit| unit.set_setting("a", Some("2")).await).await.unwrap();
        change(store, async |unit| unit.set_setting("b", Some("3")).await).await.unwrap();
        change(store, async |unit| unit.set_setting("b", None).await).await.unwrap();
        let watched = epoch(store).await;
        change(store, async |unit| unit.set_unwatched_setting("c", Some("4")).await).await.unwrap();
        change(store, async |unit| unit.set_unwatched_setting("c", None).await).await.unwrap();
        assert_eq!(epoch(store).await, watched);
        assert_eq!(store.settings().await.unwrap(), ([("a".to_owned(), "2".to_owned())].into(), epoch(store).await));
    }

    async fn many_replicas_may_start_on_a_fresh_database_at_once(world) {
        // Back to before the first start.
        let undo = "ALTER TABLE sessions DROP COLUMN service; DROP TABLE identity_sources; DROP TABLE trusted_certificates; DROP TABLE external_issuer_groups; DROP TABLE external_issuers; DROP TABLE nt_hashes; DROP TABLE passwords; DROP TABLE strangers; DROP TABLE tickets; DROP TABLE extensions; \
            DROP TABLE settings; DROP TABLE seed_entries; DROP TABLE audit; DROP TABLE signing_keys; \
            DROP TABLE issued; DROP TABLE claims; DROP TABLE sessions; DROP TABLE permissions; \
            DROP TABLE role_privileges; DROP TABLE roles; DROP TABLE members; DROP TABLE solutions; \
            DROP TABLE users; DROP TABLE principals; DROP TABLE epoch; DROP TABLE _sqlx_migrations;";
        world.store.close().await.unwrap();
        world.raw(undo).await;
        let starts = (0..8).map(|_| {
            let target = world.target.clone();
            async move {
                let store = Store::open(&target).await.unwrap();
                let first = change(&store, async |unit| unit.bootstrap(NOW).await).await.unwrap();
                store.close().await.unwrap();
                first
            }
        });
        let firsts = all(starts.collect()).await;
        assert_eq!(firsts.iter().filter(|first| **first).count(), 1);
    }

    async fn the_store_keeps_on_after_failed_units_and_lost_callers(world) {
        let store = &world.store;
        furnish(store).await;
        for number in 0..30 {
            begin_and_leave(store.begin(), number).await;
            let mut unit = store.begin().await.unwrap();
            drop(unit.add_user(&user("alice"), NOW).await);
        }
        assert_eq!(store.users().await.unwrap().len(), 2);
        change(store, async |unit| unit.set_disabled("id-alice", true).await).await.unwrap();
        assert!(standing(store, "alice").await.disabled);
    }
}

// ---- what only one database has ----

#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    world::on_sqlite(async |world| {
        furnish(&world.store).await;
        let path = world.target.to_string().strip_prefix("sqlite:").map(PathBuf::from).unwrap();
        for file in [path.clone(), path.with_extension("db-wal"), path.with_extension("db-shm")] {
            assert_eq!(
                std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                file.display()
            );
        }
    });
}

#[test]
fn postgres_tells_its_time_and_a_file_does_not() {
    world::on_postgres(async |world| {
        assert!(world.store.database_time().await.unwrap().unwrap() > Moment::EPOCH);
    });
    world::on_sqlite(async |world| assert_eq!(world.store.database_time().await.unwrap(), None));
}

#[test]
fn a_url_of_anything_else_is_refused_and_no_password_is_repeated() {
    for url in ["", "vcsso.db", "mysql://x", "sqlite:", "sqlite::memory:", "sqlite://:memory:", "postgres"] {
        assert!(matches!(Target::parse(url), Err(StoreError::Target { .. })), "{url}");
    }
    let target = Target::parse("postgres://user:hunter2@db.example:5433/lab").unwrap();
    assert_eq!(target.to_string(), "postgres://db.example:5433/lab");
    let refused = Target::parse("mysql://user:hunter2@db.example").unwrap_err();
    assert!(!format!("{target:?} {refused} {refused:?}").contains("hunter2"));
    assert_eq!(Target::parse("sqlite://state/vcsso.db").unwrap().to_string(), "sqlite:state/vcsso.db");
    assert_eq!(Target::parse("sqlite:///var/vcsso.db").unwrap().to_string(), "sqlite:/var/vcsso.db");
}

#[test]
fn a_database_that_cannot_be_reached_is_said_to_be_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let target = Target::parse(&format!("postgres://postgres@{nowhere}/lab")).unwrap();
        let refused = Store::open(&target).await.err().unwrap();
        assert!(matches!(refused, StoreError::Unavailable(_)) && refused.is_outage(), "{refused:?}");
        let target = Target::file("/nowhere/at/all/vcsso.db");
        assert!(matches!(Store::open(&target).await, Err(StoreError::File { .. })));
    });
}

// ---- what it costs ----

on_both! {
    #[ignore = "prints numbers, asserts nothing"]
    async fn cost_per_append(world) {
        measure(&world.store).await;
    }
}

#[test]
#[ignore = "prints numbers, asserts nothing"]
fn cost_per_durable_append() {
    world::on_sqlite(async |world| {
        let path = world.target.to_string();
        let durable = Store::open(&Target::parse(&path).unwrap()).await.unwrap();
        measure(&durable).await;
        durable.close().await.unwrap();
    });
}

#[expect(clippy::disallowed_methods, reason = "a measurement is about real time")]
async fn measure(store: &Store) {
    for callers in [1, 8, 32, 64] {
        let each = if callers == 1 { 1_500 } else { 32_000 / callers };
        let (begun, cpu) = (std::time::Instant::now(), cpu_micros());
        all((0..callers).map(|caller| issue_many(store.clone(), callers * 100 + caller, each)).collect())
            .await;
        let total = f64::from(callers * each);
        eprintln!(
            "{callers:2} callers: {:4.0} us of CPU, {:5.0} us of time per append",
            (cpu_micros() - cpu) / total,
            begun.elapsed().as_secs_f64() * 1e6 / total,
        );
    }
}

/// What the issue of a token writes for a signed request.
async fn issue_many(store: Store, caller: i32, count: i32) {
    let expects = Some(epoch(&store).await);
    for number in 0..count {
        let id = format!("_{caller:06}{number:06}-5f6d2c1e-9b7a-4c11");
        let mut key = [0; 32];
        key.copy_from_slice(&id.as_bytes()[..32]);
        let append = Append {
            expects,
            claim: Some(Claim { key, expires_at: at(600) }),
            issued: Some(issued(&id, i64::from(number))),
            audit: vec![AuditRow { detail: Some("x".repeat(300)), ..said(&id, i64::from(number)) }],
            ..Append::default()
        };
        committed(&store, append).await;
    }
}

/// CPU time of this process so far; the kernel counts in hundredths of a second.
fn cpu_micros() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
}

/// 2026-11-24T08:00:00Z.
const NOW: Moment = Moment::from_micros(1_795_507_200_000_000);
