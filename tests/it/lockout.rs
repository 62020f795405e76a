//! Wrong passwords: counted however they come, locking at the fifth, told only to whoever knows the right one.

use std::time::Duration;

use vcsso::identity::lockout::Reveal;
use vcsso::store::User;

use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, Request};

const LOCKED: &str = "The account of the user trying to authenticate is locked. :: User account locked: {Name: alice, Domain: vsphere.local}";
const MILLISECOND: Duration = Duration::from_millis(1);

fn try_at_the_sts(house: &House, name: &str, password: &str) -> Answer {
    house.issue(&Act::new(Credential::Password(name, password)))
}

fn user(house: &House, name: &'static str) -> User {
    let users = house.run(|app| async move { app.store.users().await.unwrap() });
    users.into_iter().find(|user| user.name.eq_ignore_ascii_case(name)).unwrap()
}

fn text(answer: &Answer) -> String {
    answer.fault().text
}

on_both! {
    /// attacks.md U01
    fn five_wrong_passwords_lock_and_the_lock_ends_by_itself(place) {
        let house = House::open(place);
        for number in 1..=5 {
            assert_eq!(user(&house, "alice").locked_until, None, "before the {number}th");
            // Both doors count together.
            if number % 2 == 0 {
                assert_eq!(house.client().login("alice@vsphere.local", "wrong").fault().kind, "InvalidLogin");
            } else {
                assert_eq!(text(&try_at_the_sts(&house, "alice", "wrong")), "Invalid credentials");
            }
        }
        let until = user(&house, "alice").locked_until.unwrap();
        assert_eq!(until, crate::harness::now().plus(Duration::from_mins(5)));
        let answer = try_at_the_sts(&house, "alice", PASSWORD);
        assert_eq!((text(&answer).as_str(), house.refusal(&answer).as_str()), (LOCKED, "credential.password"));
        assert_eq!(text(&try_at_the_sts(&house, "alice", "wrong")), "Invalid credentials");
        assert_eq!(house.client().login("alice", PASSWORD).fault().kind, "InvalidLogin");
        house.clock.set(until.minus(MILLISECOND));
        assert_eq!(text(&house.issue(&Act::new(Credential::Password("alice", PASSWORD)).at(until.minus(MILLISECOND)))), LOCKED);
        house.clock.set(until);
        assert_eq!(house.issue(&Act::new(Credential::Password("alice", PASSWORD)).at(until)).status, 200);
        assert_eq!((user(&house, "alice").failures, user(&house, "alice").locked_until), (0, None));
    }

    /// attacks.md U01
    fn a_right_password_and_time_make_wrong_ones_forgotten(place) {
        let house = House::open(place);
        for _ in 0..2 {
            for _ in 0..4 {
                assert_eq!(text(&try_at_the_sts(&house, "alice", "wrong")), "Invalid credentials");
            }
            assert_eq!(try_at_the_sts(&house, "alice", PASSWORD).status, 200);
            assert_eq!(user(&house, "alice").failures, 0, "also when the right one is remembered");
        }
        for _ in 0..4 {
            try_at_the_sts(&house, "alice", "wrong");
        }
        house.clock.advance(Duration::from_mins(3));
        let later = vcsso::clock::Clock::now(&*house.clock);
        assert_eq!(text(&house.issue(&Act::new(Credential::Password("alice", "wrong")).at(later))), "Invalid credentials");
        assert_eq!((user(&house, "alice").failures, user(&house, "alice").locked_until), (1, None));
    }

    /// attacks.md U01
    fn fifty_tries_at_once_count_fifty(place) {
        let house = House::open(place);
        let request = Request::post(crate::harness::requests::STS, Act::new(Credential::Password("alice", "wrong")).write());
        std::thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| {
                    let mut wire = house.wire();
                    for _ in 0..5 {
                        assert_eq!(text(&wire.send(&request)), "Invalid credentials");
                    }
                });
            }
        });
        let alice = user(&house, "alice");
        assert_eq!((alice.failures, alice.locked_until.is_some()), (50, true));
    }

    /// attacks.md U03
    fn administrator_is_never_locked(place) {
        let house = House::open(place);
        for _ in 0..5 {
            assert_eq!(text(&try_at_the_sts(&house, "Administrator", "wrong")), "Invalid credentials");
        }
        assert_eq!((user(&house, "Administrator").failures, user(&house, "Administrator").locked_until), (5, None));
        assert_eq!(try_at_the_sts(&house, "administrator@vsphere.local", PASSWORD).status, 200);
    }

    fn who_is_told_of_a_lock_is_a_policy(place) {
        for (reveal, to_anybody, to_the_owner) in [(Reveal::Vcenter, true, true), (Reveal::AfterCorrectPassword, false, true), (Reveal::Never, false, false)] {
            let house = House::built(place, Plan::with(|policies| policies.lockout.reveal = reveal));
            for (password, told) in [("wrong", to_anybody), (PASSWORD, to_the_owner)] {
                let said = text(&try_at_the_sts(&house, "lukas", password));
                assert_eq!(said.contains("locked"), told, "{reveal:?} {password}: {said}");
            }
        }
    }

    fn an_administrator_opens_a_lock(place) {
        let house = House::open(place);
        house.run(|app| async move {
            let id = crate::harness::people::id_of(&app, "lukas").await;
            let mut unit = app.store.begin().await.unwrap();
            unit.unlock(&id).await.unwrap();
            unit.commit().await.unwrap();
        });
        assert_eq!(try_at_the_sts(&house, "lukas", PASSWORD).status, 200);
    }
}
