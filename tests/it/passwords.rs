//! Passwords that are set, that are too old, and that were used before (`sts.md` §7.4); and what the house cannot lose.

use std::time::Duration;

use vcsso::app::accounts;
use vcsso::app::error::Failure;
use vcsso::app::locale::Locales;
use vcsso::app::login::Attempt;
use vcsso::app::objection::Objection;
use vcsso::app::seed::{self, Item, Wish};
use vcsso::app::users::{Password, Person, add_person};
use vcsso::app::{App, Caller, Peer, login};
use vcsso::clock::Moment;
use vcsso::identity::lockout::Reveal;
use vcsso::identity::{PasswordViolation, well_known};
use vcsso::secret::Secret;
use vcsso::store::{PrincipalKind, Profile};
use vcsso::wsse::UnverifiedLogin;

use crate::harness::people::name;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, Request, now};

const MILLISECOND: Duration = Duration::from_millis(1);
const EXPIRED: &str = "Password of the user logging on is expired. :: User account expired: {Name: alice, Domain: vsphere.local}";

fn peer(ip_address: &str) -> Peer {
    let trace = vcsso::entropy::uuid(&vcsso::entropy::SystemEntropy).unwrap();
    Peer { trace, ip_address: ip_address.into(), ..Peer::default() }
}

/// The end of the passwords that everybody has from the beginning.
fn end() -> Moment {
    now().plus(Duration::from_hours(24 * 90))
}

fn at_the_sts(house: &House, who: &str, password: &str) -> Answer {
    let at = vcsso::clock::Clock::now(&*house.clock);
    house.issue(&Act::new(Credential::Password(who, password)).at(at))
}

fn told(house: &House, who: &str, password: &str) -> String {
    let answer = at_the_sts(house, who, password);
    assert_eq!(house.refusal(&answer), "credential.password", "{who}");
    answer.fault().text
}

fn set(house: &House, who: &'static str, password: &str) -> Result<(), Objection> {
    let password = Secret::new(password);
    house.run(move |app| async move {
        accounts::set_password(&app, &name(who), password, ("operator", &peer("local"))).await
    })
}

/// The first rule that a new password breaks.
fn violation(set: Result<(), Objection>) -> PasswordViolation {
    match set {
        Err(Objection::Failure(Failure::PasswordRefused { why, .. })) => why,
        other => panic!("{other:?}"),
    }
}

/// What a login by password comes to, from an address.
async fn try_from(app: &App, ip_address: &str, who: &str, password: &str) -> Result<(), &'static str> {
    let login = UnverifiedLogin { user_name: who.to_owned(), password: Secret::new(password) };
    let locales = Locales { locale: "en".into(), message_locale: "en".into() };
    let attempt =
        Attempt { door: "test", caller: &Caller::Anonymous, locales: Ok(locales), peer: &peer(ip_address) };
    match login::by_password(app, &login, attempt).await {
        Ok(_) => Ok(()),
        Err(refused) => Err(refused.report.refusal().unwrap().id.as_str()),
    }
}

fn disable(house: &House, who: &'static str) -> Result<(), Objection> {
    house.run(move |app| async move {
        accounts::set_disabled(&app, &name(who), true, ("operator", &peer("local"))).await
    })
}

fn remove(house: &House, who: &'static str, kind: PrincipalKind) -> Result<(), Objection> {
    house.run(move |app| async move {
        accounts::remove(&app, &name(who), kind, ("operator", &peer("local"))).await
    })
}

fn leave(house: &House, group: &'static str, who: &'static str) -> Result<(), Objection> {
    house.run(move |app| async move {
        accounts::leave(&app, &name(group), &name(who), ("operator", &peer("local"))).await
    })
}

on_both! {
    /// sts.md §10: 32, 43, 47, 48, 100. What is revealed, and what is not.
    fn a_password_is_good_for_its_days_and_then_only_its_owner_is_told(place) {
        let house = House::open(place);
        house.clock.set(end().minus(MILLISECOND));
        assert_eq!(at_the_sts(&house, "alice", PASSWORD).status, 200);
        house.clock.set(end());
        assert_eq!(told(&house, "alice", PASSWORD), EXPIRED);
        assert_eq!(told(&house, "alice", PASSWORD), EXPIRED, "also when the password is remembered");
        assert_eq!(told(&house, "alice", "wrong"), "Invalid credentials");
        let answer = house.client().login("alice", PASSWORD);
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "credential.password"));
        assert_eq!(at_the_sts(&house, "Administrator", PASSWORD).status, 200, "Administrator's never is");
        set(&house, "alice", "Secret!24").unwrap();
        assert_eq!(at_the_sts(&house, "alice", "Secret!24").status, 200);
        assert_eq!(told(&house, "alice", PASSWORD), "Invalid credentials");
    }

    fn expired_comes_before_locked_and_locked_before_disabled(place) {
        let house = House::open(place);
        // lukas is locked, dora is disabled.
        assert!(told(&house, "lukas", PASSWORD).contains("locked"));
        disable(&house, "lukas").unwrap();
        assert!(told(&house, "lukas", PASSWORD).contains("locked"), "and disabled");
        assert_eq!(told(&house, "dora", PASSWORD), "Invalid credentials");
        house.clock.set(end());
        for who in ["lukas", "dora"] {
            assert!(told(&house, who, PASSWORD).contains("expired"), "{who}");
        }
    }

    fn who_is_told_of_an_old_password_is_a_policy(place) {
        for (reveal, to_anybody, to_the_owner) in [(Reveal::Vcenter, true, true), (Reveal::AfterCorrectPassword, false, true), (Reveal::Never, false, false)] {
            let house = House::built(place, Plan::with(|policies| policies.lockout.reveal = reveal));
            house.clock.set(end());
            for (password, says) in [("wrong", to_anybody), (PASSWORD, to_the_owner)] {
                assert_eq!(told(&house, "carol", password).contains("expired"), says, "{reveal:?} {password}");
            }
        }
    }

    fn passwords_never_end_where_no_days_are_set(place) {
        let house = House::built(place, Plan::with(|policies| policies.password.expire_days = 0));
        house.clock.set(end().plus(Duration::from_hours(24 * 365)));
        assert_eq!(at_the_sts(&house, "alice", PASSWORD).status, 200);
    }

    fn a_new_password_keeps_the_rules_however_it_comes(place) {
        let house = House::open(place);
        let add = |who: &'static str, password: Password| {
            house.run(move |app| async move {
                let person = Person { name: name(who), password: Some(password), profile: Profile::default(), groups: Vec::new(), ntlm: false };
                add_person(&app, person, &peer("local")).await
            })
        };
        let plain = |password: &str| Password::Plain(Secret::new(password));
        let short = PasswordViolation::Length { seen: 5, least: 8, most: 1_024 };
        assert_eq!(violation(set(&house, "alice", "aB3!5")), short);
        assert_eq!(violation(add("eva", plain("aB3!5")).map_err(Objection::from)), short);
        assert!(add("eva", plain("Secret!2")).is_ok());
        // What comes as a hash cannot be judged.
        let weak = vcsso::identity::password::Hasher::default().hash(&Secret::new("pw"), &vcsso::entropy::SystemEntropy).unwrap();
        assert!(add("udo", Password::Hashed(weak)).is_ok());
        assert_eq!(told(&house, "udo", "pwd"), "Invalid credentials");
        assert_eq!(at_the_sts(&house, "udo", "PW").status, 500);
    }

    /// attacks.md U05: nothing that is too long is hashed, and nothing is waited for.
    fn u05_a_password_that_is_too_long_is_refused_before_it_is_hashed(place) {
        let house = House::open(place);
        let hashes = house.app.password_hashes();
        let long = "x".repeat(900_000);
        for password in [&long[..1_025], &long] {
            assert_eq!(told(&house, "alice", password), "Invalid credentials");
            assert_eq!(house.client().login("alice", password).fault().kind, "InvalidLogin");
            assert!(matches!(set(&house, "alice", password), Err(Objection::Failure(Failure::Password(_)))));
        }
        assert_eq!(house.app.password_hashes(), hashes);
        assert_eq!(told(&house, "alice", &long[..1_024]), "Invalid credentials");
        assert_eq!(house.app.password_hashes(), hashes + 1);
    }

    /// attacks.md U06: every character counts, the same letter typed in two ways is one, and nothing ends at a NUL.
    fn u06_a_password_is_taken_whole_and_in_one_form(place) {
        let house = House::open(place);
        let long = format!("Secret!2{}\u{e9}", "0123456789".repeat(9));
        set(&house, "alice", &long).unwrap();
        assert_eq!(at_the_sts(&house, "alice", &long).status, 200);
        assert_eq!(at_the_sts(&house, "alice", &long.replace('\u{e9}', "e\u{301}")).status, 200);
        for other in [&long[..72], &long[..73], &long[..98], &long.replace('\u{e9}', "e")] {
            assert_eq!(told(&house, "alice", other), "Invalid credentials");
        }
        assert_eq!(violation(set(&house, "alice", "Secret!23\0rest")), PasswordViolation::Control);
        assert_eq!(at_the_sts(&house, "alice", &long).status, 200);
    }

    /// attacks.md U07: none of the last five comes back, the one in use among them.
    fn u07_an_earlier_password_is_not_taken_again(place) {
        let house = House::built(place, Plan::with(|policies| policies.password.recycle = 3));
        let before = house.app.password_hashes();
        assert_eq!(violation(set(&house, "alice", PASSWORD)), PasswordViolation::Recycled(3));
        assert_eq!(house.app.password_hashes(), before + 1);
        for new in ["Secret!24", "Secret!25", "Secret!26"] {
            set(&house, "alice", new).unwrap();
        }
        for earlier in ["Secret!24", "Secret!25", "Secret!26"] {
            assert_eq!(violation(set(&house, "alice", earlier)), PasswordViolation::Recycled(3), "{earlier}");
        }
        let before = house.app.password_hashes();
        set(&house, "alice", PASSWORD).unwrap();
        assert_eq!(house.app.password_hashes(), before + 4, "three are compared, one is made");
        assert_eq!(at_the_sts(&house, "alice", PASSWORD).status, 200);
        set(&house, "bob", "Secret!24").unwrap();
    }

    /// attacks.md U07: of two changes at once one is made, and its password is not the other's earlier one.
    fn u07_of_two_changes_at_once_one_is_made(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let start = std::sync::Barrier::new(2);
        let made = std::thread::scope(|scope| {
            let one = scope.spawn(|| { start.wait(); set(&house, "alice", "Secret!24") });
            let other = scope.spawn(|| { start.wait(); set(&elsewhere, "alice", "Secret!25") });
            [one.join().unwrap(), other.join().unwrap()]
        });
        for (number, made) in made.iter().enumerate() {
            assert!(matches!(made, Ok(()) | Err(Objection::Failure(Failure::PasswordMoved))), "{number}: {made:?}");
        }
        let count = made.iter().filter(|made| made.is_ok()).count();
        assert!(count >= 1);
        assert_eq!(place.count("passwords"), i64::try_from(count).unwrap(), "each change kept the password before it");
    }

    /// attacks.md U07: who changes the own password knows the old one, and a wrong one counts.
    fn u07_the_own_password_is_changed_with_the_old_one(place) {
        let house = House::open(place);
        let change = |who: &'static str, old: &'static str, new: &'static str| {
            house.run(move |app| async move {
                accounts::change_password(&app, &name(who), &Secret::new(old), Secret::new(new), &peer("local")).await
            })
        };
        for (who, old) in [("alice", "wrong"), ("nobody", PASSWORD), ("dora", PASSWORD), ("lukas", PASSWORD), ("robot", PASSWORD)] {
            assert!(matches!(change(who, old, "Secret!24"), Err(Objection::WrongPassword)), "{who}");
        }
        let failures = house.run(|app| async move { app.store.users().await.unwrap() });
        assert_eq!(failures.iter().find(|user| user.name == "alice").unwrap().failures, 1);
        change("alice", PASSWORD, "Secret!24").unwrap();
        assert_eq!(at_the_sts(&house, "alice", "Secret!24").status, 200);
        assert_eq!(told(&house, "alice", PASSWORD), "Invalid credentials");
    }

    fn an_entry_of_a_seed_whose_password_stays_is_no_new_password(place) {
        let house = House::open(place);
        let apply = |hash: u8, password: &'static str, email: &'static str| {
            house.run(move |app| async move {
                let profile = Profile { email: Some(email.into()), ..Profile::default() };
                let password = Some(Password::Plain(Secret::new(password)));
                let person = Person { name: name("alice"), password, profile, groups: Vec::new(), ntlm: false };
                let item = Item { key: "user/alice".into(), hash: [hash; 32], wish: Wish::Person(person) };
                seed::apply(&app, vec![item]).await
            })
        };
        house.clock.advance(Duration::from_hours(1));
        apply(1, PASSWORD, "a@example.test").unwrap();
        assert_eq!(place.count("passwords"), 0);
        house.clock.set(end());
        assert_eq!(told(&house, "alice", PASSWORD), EXPIRED, "it is as old as it was");
        let refused = apply(2, "weak", "b@example.test").unwrap_err();
        assert!(refused.to_string().starts_with("the password of alice: a password of 4 characters"), "{refused}");
        apply(3, "Secret!24", "b@example.test").unwrap();
        assert_eq!((at_the_sts(&house, "alice", "Secret!24").status, place.count("passwords")), (200, 1));
    }

    /// attacks.md U02: one password for many accounts from one address; no account is touched more than once.
    fn u02_who_tries_one_password_on_many_accounts_is_held_up_and_nobody_else(place) {
        let plan = Plan::with(|policies| {
            policies.lockout.address_failures = 20;
            policies.lockout.delay = MILLISECOND;
        });
        let house = House::built(place, plan);
        house.run(|app| async move {
            for number in 0..30 {
                let who = format!("user{number}");
                assert_eq!(try_from(&app, "192.0.2.1", &who, "Summer!26").await, Err("credential.password"));
                let held_up = u64::saturating_sub(number, 19);
                assert_eq!(app.held_up(), held_up, "{number}");
            }
            // Somebody behind the same address who knows the password gets in, and does not hold up anybody.
            assert_eq!(try_from(&app, "192.0.2.1", "alice", PASSWORD).await, Ok(()));
            assert_eq!(app.held_up(), 10);
            // Another address is not slow.
            assert_eq!(try_from(&app, "192.0.2.2", "alice", "wrong").await, Err("credential.password"));
            assert_eq!(app.held_up(), 10);
            assert_eq!(try_from(&app, "192.0.2.1", "carol", "wrong").await, Err("credential.password"));
            assert_eq!(app.held_up(), 11);
        });
        let users = house.run(|app| async move { app.store.users().await.unwrap() });
        assert!(users.iter().all(|user| user.failures <= 1), "{users:?}");
    }

    /// attacks.md U02, N12: what counts is the other end of the connection, whatever a header says.
    fn u02_a_header_does_not_say_where_somebody_is(place) {
        let plan = Plan::with(|policies| {
            policies.lockout.address_failures = 3;
            policies.lockout.delay = MILLISECOND;
        });
        let house = House::built(place, plan);
        for number in 0..5 {
            let message = Act::new(Credential::Password("nobody", "wrong")).write();
            let request = Request::post(crate::harness::requests::STS, message);
            let claimed = format!("203.0.113.{number}");
            house.send(&request.header("X-Forwarded-For", &claimed).header("Forwarded", &format!("for={claimed}")));
        }
        assert_eq!(house.app.held_up(), 2);
    }

    fn u02_the_limit_of_an_address_can_be_switched_off(place) {
        let plan = Plan::with(|policies| {
            policies.lockout.address_failures = 0;
            policies.lockout.delay = MILLISECOND;
        });
        let house = House::built(place, plan);
        for _ in 0..5 {
            at_the_sts(&house, "nobody", "wrong");
        }
        assert_eq!(house.app.held_up(), 0);
    }

    /// attacks.md U03: guessing Administrator's password holds up the guesser, and locks nobody out.
    fn u03_administrator_is_held_up_and_never_locked(place) {
        let house = House::built(place, Plan::with(|policies| policies.lockout.delay = MILLISECOND));
        for number in 1..=8 {
            assert_eq!(told(&house, "Administrator", "wrong"), "Invalid credentials");
            assert_eq!(house.app.held_up(), u64::saturating_sub(number, 5));
        }
        assert_eq!(at_the_sts(&house, "Administrator", PASSWORD).status, 200);
    }

    /// attacks.md U04: a wrong password for nobody, or for a machine, is as much work as one for somebody.
    fn u04_a_failure_of_a_stranger_is_written_like_any_other(place) {
        let house = House::open(place);
        let strangers = || house.run(|app| async move { app.store.begin().await.unwrap().stranger_failed().await.unwrap() });
        let start = strangers();
        for (who, stranger) in [("nobody", 1), ("robot", 2), ("alice", 2), ("dora", 2), ("lukas", 2), ("a\\b\\c", 3)] {
            let hashes = house.app.password_hashes();
            assert_eq!(told(&house, who, "wrong"), "Invalid credentials");
            assert_eq!((strangers(), house.app.password_hashes()), (start + stranger, hashes + 1), "{who}");
        }
    }

    /// attacks.md U08: a group is not inside itself, and who may only read makes nobody anything.
    fn u08_nobody_rises_by_a_circle_or_by_asking(place) {
        let house = House::open(place);
        let circle = house.run(|app| async move {
            let peer = peer("local");
            vcsso::app::users::add_group(&app, &name("inner"), &[], &peer).await.unwrap();
            vcsso::app::users::add_group(&app, &name("outer"), &["inner".to_owned()], &peer).await.unwrap();
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("inner", "outer").await
        });
        assert!(matches!(circle, Err(vcsso::store::StoreError::Cycle { .. })));
        let mut carol = house.logged_in("carol");
        let entity = "<entity type=\"Folder\">group-d1</entity>";
        let more = format!("{entity}<permission><principal>VSPHERE.LOCAL\\carol</principal><group>false</group><roleId>-1</roleId><propagate>true</propagate></permission>");
        assert_eq!(carol.call("SetEntityPermissions", "AuthorizationManager", &more).fault().kind, "NoPermission");
        assert_eq!(house.logged_in("alice").call("SetEntityPermissions", "AuthorizationManager", &more).status, 200);
    }

    /// attacks.md U09: names are data, whatever they look like.
    fn u09_a_name_that_looks_like_a_question_is_a_name_that_nobody_has(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let before = house.run(|app| async move { app.store.users().await.unwrap().len() });
        for payload in [
            "' OR '1'='1", "alice'--", "alice' OR 1=1--", "\"; DROP TABLE users; --", "'; UPDATE users SET failures=0; --", "alice' UNION SELECT 1--",
            "*)(uid=*", "alice)(|(uid=*))", "*", "ali%", "%", "_lice", "a%_\\", "ali\u{0}ce", "CN=alice,DC=vsphere,DC=local", "$1", "{{7*7}}",
        ] {
            if !payload.contains('\0') {
                assert_eq!(told(&house, payload, PASSWORD), "Invalid credentials", "{payload}");
                let mut escaped = String::new();
                vcsso::xml::write::text(&mut escaped, payload);
                let found = alice.call("RetrieveUserGroups", "UserDirectory", &format!(
                    "<searchStr>{escaped}</searchStr><exactMatch>true</exactMatch><findUsers>true</findUsers><findGroups>true</findGroups>"));
                assert!(!found.body.contains("<principal>"), "{payload}: {}", found.body);
                let filter = format!("<filter><userName><systemUser>false</systemUser><userList>{escaped}</userList></userName></filter>");
                let events = alice.call("QueryEvents", "EventManager", &filter);
                assert!(!events.body.contains("<userName>VSPHERE.LOCAL\\alice</userName>"), "{payload}: {}", events.body);
            }
            let found = house.run(move |app| async move { app.store.find(payload).await.unwrap().map(|found| found.name) });
            assert_eq!(found, None, "{payload:?}");
        }
        let found = alice.call("RetrieveUserGroups", "UserDirectory",
            "<searchStr>alice</searchStr><exactMatch>true</exactMatch><findUsers>true</findUsers><findGroups>true</findGroups>");
        assert!(found.body.contains(r"<principal>VSPHERE.LOCAL\alice</principal>"), "{}", found.body);
        assert_eq!(house.run(|app| async move { app.store.users().await.unwrap().len() }), before);
    }

    /// attacks.md U10: somebody administers the house at any time, and what every system has stays.
    fn u10_the_last_administrator_and_what_is_built_in_stay(place) {
        let house = House::open(place);
        let admins = well_known::ADMINISTRATORS;
        for built_in in [admins, "ActAsUsers", "users"] {
            assert!(matches!(remove(&house, built_in, PrincipalKind::Group), Err(Objection::BuiltIn { .. })), "{built_in}");
        }
        assert!(matches!(remove(&house, "administrator", PrincipalKind::User), Err(Objection::BuiltIn { .. })));
        // While alice is there, Administrator may be switched off.
        disable(&house, "Administrator").unwrap();
        for refused in [disable(&house, "alice"), remove(&house, "alice", PrincipalKind::User), leave(&house, admins, "alice")] {
            assert!(matches!(refused, Err(Objection::LastAdministrator)), "{refused:?}");
        }
        assert_eq!(at_the_sts(&house, "alice", PASSWORD).status, 200, "nothing was done");
        house.move_in("eva");
        leave(&house, admins, "alice").unwrap();
        remove(&house, "alice", PrincipalKind::User).unwrap();
        assert_eq!(told(&house, "alice", PASSWORD), "Invalid credentials");
        // Somebody inside a group inside Administrators counts as well.
        house.run(|app| async move {
            vcsso::app::users::add_group(&app, &name("helpers"), &["bob".to_owned()], &peer("local")).await.unwrap();
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member(admins, "helpers").await.unwrap();
            unit.commit().await.unwrap();
        });
        disable(&house, "eva").unwrap();
        assert!(matches!(remove(&house, "helpers", PrincipalKind::Group), Err(Objection::LastAdministrator)));
    }

    fn an_administrator_switches_accounts_off_and_on_and_opens_locks(place) {
        let house = House::open(place);
        let by = |house: &House, what: &'static str, who: &'static str| {
            house.run(move |app| async move {
                let (who, peer) = (name(who), peer("local"));
                match what {
                    "unlock" => accounts::unlock(&app, &who, ("operator", &peer)).await,
                    _ => accounts::set_disabled(&app, &who, false, ("operator", &peer)).await,
                }
            })
        };
        by(&house, "unlock", "lukas").unwrap();
        by(&house, "enable", "dora").unwrap();
        for who in ["lukas", "dora"] {
            assert_eq!(at_the_sts(&house, who, PASSWORD).status, 200, "{who}");
        }
        disable(&house, "robot").unwrap();
        assert!(matches!(by(&house, "unlock", "robot"), Err(Objection::Missing)));
        assert!(matches!(disable(&house, "Users"), Err(Objection::Missing)));
    }
}
