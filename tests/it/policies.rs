//! Policies that are changed while the service runs: they count from the next request on, at every replica
//! (`decisions.md` §27), and configuration, seed and change come in that order.

use std::time::Duration;

use vcsso::app::policies::{self, Policy, PolicyRefused, Scalar};
use vcsso::app::seed::{self, Item, Wish};
use vcsso::app::{Peer, ReplayMode};
use vcsso::client::Style;
use vcsso::wstrust::request::Lifetime;

use crate::harness::requests::{STS, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, Request, now};

const ALICE: Credential<'_> = Credential::Password("alice", PASSWORD);

fn peer() -> Peer {
    Peer { trace: vcsso::entropy::uuid(&vcsso::entropy::SystemEntropy).unwrap(), ..Peer::default() }
}

fn change(house: &House, policy: Policy, value: Option<Scalar>) -> Result<(), PolicyRefused> {
    house.run(move |app| async move { policies::change(&app, &[(policy, value)], "operator", &peer()).await })
}

fn set(house: &House, policy: Policy, value: &str) {
    let value = policy.kind().read(value).unwrap();
    change(house, policy, Some(value)).unwrap();
}

fn code(answer: &Answer) -> String {
    answer.fault().code
}

fn lifetime(house: &House) -> Duration {
    let act = Act::new(ALICE)
        .asking(|request| request.lifetime.expires = Some(now().plus(Duration::from_hours(9))));
    let conditions = house.claims(&house.token(&act)).conditions;
    conditions.not_on_or_after.since(conditions.not_before)
}

on_both! {
    fn a_tolerance_that_is_changed_at_one_replica_counts_at_the_other_from_the_next_request_on(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        // Over for six minutes, or for eleven.
        let (late, later) = (now().minus(Duration::from_mins(11)), now().minus(Duration::from_mins(16)));
        let at = |at| Act::new(ALICE).at(at).asking(|request| request.lifetime = Lifetime::default());
        assert_eq!(house.issue(&at(late)).status, 200);
        assert_eq!(code(&house.issue(&at(later))), "MessageExpired");
        set(&elsewhere, Policy::ClockTolerance, "700");
        assert_eq!(house.issue(&at(later)).status, 200, "what was refused a moment ago");
        set(&elsewhere, Policy::ClockTolerance, "60");
        let answer = house.issue(&at(late));
        assert_eq!((code(&answer).as_str(), house.refusal(&answer).as_str()), ("MessageExpired", "message.timestamp"));
        assert!(answer.fault().text.contains("clock tolerance of 60000 ms"), "{}", answer.fault().text);
        assert_eq!(house.issue(&at(now().minus(Duration::from_mins(5)))).status, 200);
    }

    fn lifetimes_counters_and_limits_count_from_the_next_request_on(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        assert_eq!(lifetime(&house), Duration::from_hours(1));
        set(&elsewhere, Policy::BearerLifetime, "60");
        assert_eq!(lifetime(&house), Duration::from_mins(1));
        let counts = |house: &House| {
            let act = Act::new(ALICE).asking(|request| request.renewable = Some(true));
            let conditions = house.claims(&house.token(&act)).conditions;
            (conditions.proxy_count, conditions.renew_count)
        };
        assert_eq!(counts(&house), (Some(10), Some(10)));
        set(&elsewhere, Policy::DelegationCount, "2");
        set(&elsewhere, Policy::RenewCount, "3");
        assert_eq!(counts(&house), (Some(2), Some(3)));
        set(&elsewhere, Policy::SessionMax, "1");
        assert_eq!(house.client().login("alice", PASSWORD).status, 200);
        assert_eq!(house.client().login("alice", PASSWORD).status, 503);
        set(&elsewhere, Policy::LockoutFailures, "1");
        assert_eq!(house.client().login("carol", "wrong").status, 500);
        let answer = house.issue(&Act::new(Credential::Password("carol", PASSWORD)));
        assert!(answer.fault().text.contains("locked"), "{}", answer.fault().text);
        set(&elsewhere, Policy::LockoutReveal, "never");
        let answer = house.issue(&Act::new(Credential::Password("carol", PASSWORD)));
        assert_eq!(answer.fault().text, "Invalid credentials");
    }

    fn what_happens_to_a_repeated_message_and_whether_cancel_is_there_can_be_changed(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let signed = Request::post(STS, Act::new(Credential::Certificate(&ROBOT)).write());
        assert_eq!((house.send(&signed).status, house.send(&signed).status), (200, 500));
        set(&elsewhere, Policy::ReplayMode, "off");
        assert_eq!(house.send(&signed).status, 200);
        set(&elsewhere, Policy::ReplayMode, "enforce");
        assert_eq!(house.refusal(&house.send(&signed)), "admission.replay");
        let (token, login) = (house.bearer("alice"), |token: &str| token_login(Style::Govmomi, token, None, now()));
        assert_eq!(house.client().send(login(&token)).status, 200);
        set(&elsewhere, Policy::ByToken, "false");
        let answer = house.client().send(login(&token));
        assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "credential.method"));
        set(&elsewhere, Policy::ByToken, "true");
        assert_eq!(house.client().send(login(&token)).status, 200);
    }

    /// A way that is switched off is refused before anything is computed, and looks like a wrong credential.
    fn a_way_to_authenticate_that_is_off_is_refused_and_the_others_are_not(place) {
        let house = House::open(place);
        let robot = Act::new(Credential::Certificate(&ROBOT));
        let by_robot = || Act::new(Credential::Certificate(&ROBOT));
        let owned = house.token(&robot.holder_of_key());
        let refused = |answer: &Answer| {
            assert_eq!((answer.fault().text.as_str(), code(answer).as_str()), ("Invalid credentials", "FailedAuthentication"));
            assert_eq!(house.refusal(answer), "credential.method");
        };
        set(&house, Policy::ByPassword, "false");
        let hashes = house.app.password_hashes();
        for who in ["alice", "nobody"] {
            refused(&house.issue(&Act::new(Credential::Password(who, PASSWORD))));
            let answer = house.client().login(who, PASSWORD);
            assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("InvalidLogin", "credential.method"));
        }
        assert_eq!(house.app.password_hashes(), hashes);
        assert_eq!(house.issue(&by_robot()).status, 200);
        set(&house, Policy::ByCertificate, "false");
        refused(&house.issue(&by_robot()));
        assert_eq!(house.issue(&Act::new(Credential::Token(&owned, &ROBOT))).status, 200);
        set(&house, Policy::ByToken, "false");
        refused(&house.issue(&Act::new(Credential::Token(&owned, &ROBOT))));
        for policy in [Policy::ByPassword, Policy::ByCertificate, Policy::ByToken] {
            change(&house, policy, None).unwrap();
        }
        assert_eq!((house.issue(&Act::new(ALICE)).status, house.issue(&by_robot()).status), (200, 200));
        assert_eq!(house.issue(&Act::new(Credential::Token(&owned, &ROBOT))).status, 200);
    }

    fn a_certificate_beside_a_password_is_a_key_and_no_way_to_authenticate(place) {
        let house = House::open(place);
        set(&house, Policy::ByCertificate, "false");
        let act = Act::new(Credential::Both("alice", PASSWORD, &crate::harness::STRANGER)).holder_of_key();
        assert_eq!(house.issue(&act).status, 200);
    }

    fn a_value_that_is_not_allowed_changes_nothing(place) {
        let house = House::open(place);
        let before = place.count("audit");
        for (policy, value) in [
            (Policy::SessionIdle, Scalar::Number(0)), (Policy::SessionIdle, Scalar::Text("60".into())),
            (Policy::LockoutReveal, Scalar::Text("always".into())), (Policy::PasswordRecycle, Scalar::Number(25)),
        ] {
            assert!(matches!(change(&house, policy, Some(value)), Err(PolicyRefused::Value { .. })), "{policy:?}");
        }
        // A shortest password that is longer than the longest.
        set(&house, Policy::PasswordMaxLength, "20");
        let contradicts = change(&house, Policy::PasswordMinLength, Some(Scalar::Number(21)));
        assert!(matches!(contradicts, Err(PolicyRefused::Contradiction(_))));
        assert!(change(&house, Policy::PasswordMinLength, Some(Scalar::Number(20))).is_ok());
        assert!(matches!(change(&house, Policy::PasswordMaxLength, Some(Scalar::Number(19))), Err(PolicyRefused::Contradiction(_))));
        assert_eq!(place.count("audit"), before + 2, "one row for each change that was made");
        assert_eq!((place.count("settings"), lifetime(&house)), (2, Duration::from_hours(1)));
    }

    fn the_seed_hides_the_configuration_and_a_change_hides_both_until_the_seed_says_something_else(place) {
        // What configuration and seed say together is what a house begins with.
        let house = House::built(place, Plan::with(|policies| policies.token.max_bearer_lifetime = Duration::from_mins(10)));
        let apply = |hash: u8| {
            house.run(move |app| async move {
                let item = Item {
                    key: "setting/policy.token.max_bearer_lifetime_seconds".into(),
                    hash: [hash; 32],
                    wish: Wish::Policy(Policy::BearerLifetime),
                };
                seed::apply(&app, vec![item]).await.unwrap()
            })
        };
        assert_eq!((apply(1), lifetime(&house)), (1, Duration::from_mins(10)));
        set(&house, Policy::BearerLifetime, "60");
        assert_eq!((apply(1), lifetime(&house)), (0, Duration::from_mins(1)), "the entry has not changed");
        assert_eq!((apply(2), lifetime(&house)), (1, Duration::from_mins(10)), "it has changed");
        set(&house, Policy::BearerLifetime, "60");
        change(&house, Policy::BearerLifetime, None).unwrap();
        assert_eq!(lifetime(&house), Duration::from_mins(10), "taken back");
    }

    fn a_house_goes_by_its_configuration_where_nothing_was_changed(place) {
        let house = House::built(place, Plan::with(|policies| policies.replay = ReplayMode::Off));
        let signed = Request::post(STS, Act::new(Credential::Certificate(&ROBOT)).write());
        assert_eq!((house.send(&signed).status, house.send(&signed).status), (200, 200));
        let lines = house.run(|app| async move { policies::list(&app).await.unwrap() });
        assert_eq!(lines.len(), Policy::ALL.len());
        assert!(lines.iter().all(|line| !line.changed));
        set(&house, Policy::ReplayMode, "enforce");
        let lines = house.run(|app| async move { policies::list(&app).await.unwrap() });
        let changed: Vec<_> = lines.iter().filter(|line| line.changed).map(|line| (line.policy, line.value.clone())).collect();
        assert_eq!(changed, [(Policy::ReplayMode, Some(Scalar::Text("enforce".into())))]);
    }
}
