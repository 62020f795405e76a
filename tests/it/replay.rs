//! A signed message is good once: in a row, under a race of replicas, and whatever an attacker sends before it.

use std::sync::Barrier;
use std::time::Duration;

use vcsso::app::{ReplayMode, housekeeping};
use vcsso::client::Style;
use vcsso::xml::names::WSSE;

use crate::edit::{content, swap, with_content};
use crate::harness::requests::{STS, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, Plan, ROBOT, Request, STRANGER, now};

const ROUNDS: usize = 20;

fn by_certificate() -> String {
    Act::new(Credential::Certificate(&ROBOT)).write()
}

fn is_replayed_at_the_sts(house: &House, answer: &Answer) {
    let fault = answer.fault();
    assert_eq!((fault.namespace.as_str(), fault.code.as_str()), (WSSE, "MessageExpired"));
    assert_eq!((fault.text.as_str(), answer.texts()), ("The message has expired", 2));
    assert_eq!(house.refusal(answer), "admission.replay");
}

fn is_replayed_at_the_sdk(house: &House, answer: &Answer) {
    assert_eq!((answer.fault().kind.as_str(), answer.cookie()), ("InvalidLogin", None));
    assert_eq!(house.refusal(answer), "admission.replay");
}

/// Sends one message to both houses at once; how many were accepted.
fn race(houses: [&House; 2], request: &Request) -> Vec<Answer> {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let send = |house: &House| {
            let mut wire = house.wire();
            // The handshake is over before the race begins.
            wire.send(&Request::get("/ca.pem"));
            start.wait();
            wire.send(request)
        };
        let runners = houses.map(|house| scope.spawn(move || send(house)));
        runners.map(|runner| runner.join().unwrap()).into()
    })
}

fn raced(place: &Place, path: &'static str, message: impl Fn() -> String) {
    let (one, other) = (House::open(place), House::open(place));
    for round in 0..ROUNDS {
        let before = place.rows();
        let answers = race([&one, &other], &Request::post(path, message()));
        let accepted: Vec<_> = answers.iter().map(|answer| answer.status == 200).collect();
        assert_eq!(accepted.iter().filter(|won| **won).count(), 1, "round {round}: {answers:?}");
        let (loser, house) = if accepted[0] { (&answers[1], &other) } else { (&answers[0], &one) };
        if path == STS {
            is_replayed_at_the_sts(house, loser);
        } else {
            is_replayed_at_the_sdk(house, loser);
        }
        let after = place.rows();
        let written = (after.sessions + after.issued) - (before.sessions + before.issued);
        assert_eq!((written, after.claims - before.claims), (1, 1), "round {round}");
    }
}

on_both! {
    /// `attacks.md` H11.
    fn a_signed_request_is_answered_once(place) {
        let house = House::open(place);
        let with_password = Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key();
        for message in [by_certificate(), with_password.write()] {
            assert_eq!(house.send(&Request::post(STS, message.clone())).status, 200);
            let before = place.rows();
            for _ in 0..2 {
                is_replayed_at_the_sts(&house, &house.send(&Request::post(STS, message.clone())));
            }
            // What is not signed makes no new message of it.
            let value = content(&message, "ds:SignatureValue").to_owned();
            let respelled = with_content(&message, "ds:SignatureValue", &format!("\n{value} "));
            is_replayed_at_the_sts(&house, &house.send(&Request::post(STS, respelled)));
            assert_eq!(place.rows(), before);
        }
        // A message without signature proves nothing by being fresh.
        let unsigned = Act::new(Credential::Password("alice", PASSWORD)).write();
        for _ in 0..2 {
            assert_eq!(house.send(&Request::post(STS, unsigned.clone())).status, 200);
        }
    }

    /// `attacks.md` H12.
    fn a_broken_copy_that_comes_first_does_not_use_the_genuine_message_up(place) {
        let house = House::open(place);
        let message = by_certificate();
        let before = place.rows();
        let value = content(&message, "ds:SignatureValue").to_owned();
        let other = if value.starts_with('A') { "B" } else { "A" };
        let copies = [
            (with_content(&message, "ds:SignatureValue", &format!("{other}{}", &value[1..])), "message.signature"),
            (swap(&message, "<Delegatable>true", "<Delegatable>false"), "message.digest"),

        ];
        for (copy, step) in copies {
            let answer = house.send(&Request::post(STS, copy));
            assert_eq!((answer.status, house.refusal(&answer).as_str()), (500, step));
        }
        assert_eq!(place.rows(), before);
        assert_eq!(house.send(&Request::post(STS, message)).status, 200);
    }

    /// `attacks.md` H11, A34.
    fn a_signed_login_opens_one_session_and_a_bearer_login_as_many_as_it_likes(place) {
        let house = House::open(place);
        let token = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        for style in [Style::Govmomi, Style::PyVmomi] {
            let message = token_login(style, &token, Some(&ROBOT.key), now());
            assert_eq!(house.client().send(message.clone()).status, 200);
            let before = place.rows();
            is_replayed_at_the_sdk(&house, &house.client().send(message));
            assert_eq!(place.rows(), before);
        }
        let bearer = token_login(Style::Govmomi, &house.bearer("alice"), None, now());
        for _ in 0..3 {
            assert_eq!(house.client().send(bearer.clone()).status, 200);
        }
    }

    fn where_replay_is_only_noted_the_message_is_good_again(place) {
        for mode in [ReplayMode::Log, ReplayMode::Off] {
            let house = House::built(place, Plan::with(|policies| policies.replay = mode));
            let message = by_certificate();
            for _ in 0..2 {
                assert_eq!(house.send(&Request::post(STS, message.clone())).status, 200, "{mode:?}");
            }
        }
    }

    /// `attacks.md` H13.
    fn of_two_replicas_exactly_one_issues_for_a_signed_request(place) {
        raced(place, STS, by_certificate);
    }

    /// `attacks.md` H13.
    fn of_two_replicas_exactly_one_opens_a_session_for_a_signed_login(place) {
        let token = House::open(place).token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        raced(place, "/sdk", || token_login(Style::Govmomi, &token, Some(&ROBOT.key), now()));
    }

    fn a_claim_outlives_everything_that_could_accept_the_message_again(place) {
        let house = House::open(place);
        let token = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        let message = token_login(Style::Govmomi, &token, Some(&ROBOT.key), now());
        assert_eq!(house.client().send(message.clone()).status, 200);
        let sweep = || house.run(|app| async move { housekeeping::sweep(&app).await.unwrap() });
        // The last millisecond at which the Timestamp is good: a minute and the tolerance.
        let last = now().plus(Duration::from_millis(660_000 - 1));
        house.clock.set(last);
        sweep();
        is_replayed_at_the_sdk(&house, &house.client().send(message.clone()));
        house.clock.set(last.plus(Duration::from_millis(1)));
        sweep();
        let answer = house.client().send(message);
        assert_eq!(house.refusal(&answer), "message.timestamp");
        assert_eq!(place.rows().claims, 1, "only the one of the longer Timestamp that asked for the token is left");
    }
}
