//! Signing keys: several are trusted at once, one signs, and every replica changes over without a restart.

use std::sync::Arc;
use std::time::Duration;

use vcsso::app::keys::{self, NotDone};
use vcsso::app::{Peer, housekeeping};
use vcsso::client::{Style, sts};
use vcsso::clock::Moment;
use vcsso::entropy::{SystemEntropy, uuid};
use vcsso::pki::Certificate;
use vcsso::store::{AuditFilter, KeyStatus};

use crate::harness::house::{KeyRing, signer};
use crate::harness::requests::{STS, assertion, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, Plan, Request, STRANGER, now};

/// Two replicas with one key folder.
fn replicas(place: &Place) -> (House, House, Arc<KeyRing>) {
    let keys = Arc::new(KeyRing::default());
    let plan = || Plan { keys: Arc::clone(&keys), ..Plan::default() };
    (House::built(place, plan()), House::built(place, plan()), keys)
}

fn operator() -> Peer {
    Peer { trace: uuid(&SystemEntropy).unwrap(), ..Peer::default() }
}

/// The new key's certificate.
fn rotate(house: &House, keys: &KeyRing) -> Certificate {
    let done = house.run(|app| async move { keys::rotate(&app, &operator()).await.unwrap() });
    assert_eq!(
        done.iter().map(|(_, status)| *status).collect::<Vec<_>>(),
        [KeyStatus::Active, KeyStatus::Previous]
    );
    keys.signer(&done[0].0).certificate().clone()
}

fn retire(house: &House, key: &Certificate, force: bool) -> Result<keys::Done, NotDone> {
    let key = key.fingerprint();
    house.run(move |app| async move { keys::retire(&app, &key, force, &operator()).await })
}

fn revoke(house: &House, key: &Certificate) -> Result<keys::Done, NotDone> {
    let key = key.fingerprint();
    house.run(move |app| async move { keys::revoke(&app, &key, &operator()).await })
}

fn status(house: &House, key: &Certificate) -> KeyStatus {
    let key = key.fingerprint();
    let listed = house.run(|app| async move { keys::list(&app).await.unwrap() });
    listed.into_iter().find(|listed| listed.key.sha256 == key).unwrap().key.status
}

fn sweep(house: &House) {
    house.run(|app| async move { housekeeping::sweep(&app).await.unwrap() });
}

fn readiness(house: &House) -> Result<(), String> {
    house.run(|app| async move { housekeeping::readiness(&app).await })
}

fn login(house: &House, token: &str) -> Answer {
    house.client().send(token_login(Style::PyVmomi, token, None, now()))
}

fn of_alice(house: &House, at: Moment) -> Answer {
    house.issue(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key().at(at))
}

fn renew(house: &House, token: &str, at: Moment) -> Answer {
    let act = Act::new(Credential::Certificate(&STRANGER)).at(at);
    house.send(&Request::post(STS, act.around(&sts::renew(&act.request, token))))
}

fn refused(house: &House, answer: &Answer, code: &str, text: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.text.as_str()), (code, text), "{}", answer.body);
    assert_eq!(house.refusal(answer), step);
}

on_both! {
    /// `sts.md` §4.6: old chains stay until they are removed, which makes a rollover work; `attacks.md` F13.
    fn after_a_rotation_the_new_key_signs_on_every_replica_and_old_tokens_stay_good(place) {
        let (first, second, keys) = replicas(place);
        let old = [first.bearer("alice"), second.bearer("alice")];
        let fresh = rotate(&first, &keys);
        for house in [&first, &second] {
            // The request that comes next: nothing was restarted or told.
            let token = house.bearer("alice");
            let claims = house.claims_signed_by(&token, &fresh);
            assert_eq!(claims.subject.name, "alice@VSPHERE.LOCAL");
            assert_eq!(login(house, &token).status, 200);
            for old in &old {
                assert_eq!(login(house, old).status, 200);
            }
            assert_eq!((status(house, signer().certificate()), status(house, &fresh)), (KeyStatus::Previous, KeyStatus::Active));
        }
        // And what one of them signs the other believes, however often keys change.
        let third = rotate(&second, &keys);
        let token = second.bearer("alice");
        assert_eq!(second.claims_signed_by(&token, &third).subject.name, "alice@VSPHERE.LOCAL");
        assert_eq!(login(&first, &token).status, 200);
        assert_eq!(renew(&second, &assertion(&of_alice(&first, now())), now()).status, 200);
    }

    fn a_key_that_is_not_in_the_folder_yet_is_looked_for_again(place) {
        let (house, other, keys) = replicas(place);
        let fresh = rotate(&other, &keys);
        let made = keys.take(&fresh.fingerprint());
        let unready = readiness(&house).unwrap_err();
        assert_eq!(unready, "no active signing key is in the key folder");
        let answer = house.issue(&Act::new(Credential::Password("alice", PASSWORD)));
        assert_eq!((answer.status, house.refusal(&answer).as_str()), (503, "service.available"));
        keys.put(made);
        house.clock.advance(Duration::from_secs(1));
        assert_eq!(readiness(&house), Ok(()));
        house.claims_signed_by(&house.bearer("alice"), &fresh);
    }

    fn a_key_is_retired_when_its_tokens_have_ended_and_not_before(place) {
        let (house, other, keys) = replicas(place);
        let token = house.bearer("alice");
        let old = signer().certificate().clone();
        assert!(matches!(retire(&house, &old, false), Err(NotDone::NotPrevious { status: KeyStatus::Active, .. })));
        let fresh = rotate(&house, &keys);
        // Five minutes of life, and ten that clocks may differ.
        let end = now().plus(Duration::from_mins(15));
        house.clock.set(end.minus(Duration::from_millis(1)));
        sweep(&house);
        assert_eq!((status(&house, &old), login(&house, &token).status), (KeyStatus::Previous, 200));
        match retire(&house, &old, false) {
            Err(NotDone::InUse { until, .. }) => assert_eq!(until, end),
            other => panic!("{other:?}"),
        }
        house.clock.set(end);
        let row = || house.run(|app| async move {
            let filter = AuditFilter { action: Some("key.retire".into()), ..AuditFilter::default() };
            let rows = app.store.audit_recent(9, &filter).await.unwrap();
            rows.into_iter().map(|row| row.principal.unwrap()).collect::<Vec<_>>()
        });
        assert!(row().is_empty());
        sweep(&house);
        sweep(&other);
        assert_eq!((status(&house, &old), status(&house, &fresh)), (KeyStatus::Retired, KeyStatus::Active));
        assert_eq!(row(), ["housekeeping"]);
        refused_login(&other, &token);
        assert!(matches!(retire(&house, &old, false), Err(NotDone::NotPrevious { status: KeyStatus::Retired, .. })));
    }

    fn a_key_may_be_retired_early_by_force(place) {
        let (house, other, keys) = replicas(place);
        let token = house.bearer("alice");
        let old = signer().certificate().clone();
        rotate(&house, &keys);
        assert!(matches!(retire(&house, &old, false), Err(NotDone::InUse { .. })));
        assert_eq!(login(&other, &token).status, 200);
        assert_eq!(retire(&house, &old, true).unwrap(), [(old.fingerprint(), KeyStatus::Retired)]);
        for house in [&house, &other] {
            refused_login(house, &token);
            assert_eq!(login(house, &house.bearer("alice")).status, 200);
        }
    }

    /// `attacks.md` A32, J15: a compromised key.
    fn tokens_of_a_revoked_key_are_refused_at_once_everywhere(place) {
        let (house, other, keys) = replicas(place);
        let token = house.bearer("alice");
        let old = signer().certificate().clone();
        rotate(&house, &keys);
        let fresh = house.bearer("alice");
        assert_eq!((login(&other, &token).status, login(&other, &fresh).status), (200, 200));
        assert_eq!(revoke(&house, &old).unwrap(), [(old.fingerprint(), KeyStatus::Revoked)]);
        for house in [&other, &house] {
            refused_login(house, &token);
            assert_eq!(login(house, &fresh).status, 200);
        }
        assert!(matches!(revoke(&other, &old), Err(NotDone::Revoked(_))));
    }

    fn with_the_active_key_revoked_a_new_one_signs_in_the_same_act(place) {
        let (house, other, keys) = replicas(place);
        let (token, hok) = (house.bearer("alice"), assertion(&of_alice(&other, now())));
        let old = signer().certificate().clone();
        let done = revoke(&house, &old).unwrap();
        assert_eq!(done[1], (old.fingerprint(), KeyStatus::Revoked));
        assert_eq!((done.len(), done[0].1), (2, KeyStatus::Active));
        let fresh = keys.signer(&done[0].0).certificate().clone();
        for house in [&other, &house] {
            refused_login(house, &token);
            refused(house, &renew(house, &hok, now()), "FailedAuthentication", "Invalid credentials", "assertion.signer");
            let token = house.bearer("alice");
            house.claims_signed_by(&token, &fresh);
            assert_eq!(login(house, &token).status, 200);
        }
    }

    /// sts.md §10: 168, 169. Not yet valid; expired. At Issue and at Renew, in `VMware`'s words.
    fn nothing_is_signed_with_a_key_that_is_not_in_force(place) {
        let keys = Arc::new(KeyRing::default());
        let house = House::built(place, Plan { keys: Arc::clone(&keys), ..Plan::default() });
        let token = assertion(&of_alice(&house, now()));
        let text = |seen: &str, validity: &str, at: &str| format!(
            "The token authority rejected an issue request for TimePeriod [startTime={seen}] :: Signing certificate is \
             not valid at {at}, cert validity: TimePeriod [{validity}]");
        // A key of tomorrow: its first moment is ten minutes before.
        house.clock.advance(Duration::from_hours(24));
        rotate(&house, &keys);
        house.clock.set(now());
        let period = "Tue Nov 24 08:00:00 UTC 2026, endTime=Tue Nov 24 08:05:00 UTC 2026";
        let validity = "startTime=Wed Nov 25 07:50:00 UTC 2026, endTime=Sat Nov 22 08:00:00 UTC 2036";
        let early = text(period, validity, "Tue Nov 24 08:00:00 UTC 2026");
        for answer in [of_alice(&house, now()), renew(&house, &token, now())] {
            refused(&house, &answer, "InvalidTimeRange", &early, "request.lifetime");
        }
        assert_eq!(readiness(&house).unwrap_err(),
            "the signing key is in force from 2026-11-25T07:50:00.000Z to 2036-11-22T08:00:00.000Z: vcsso keys rotate");
        house.clock.set(Moment::parse("2026-11-25T07:50:00Z").unwrap());
        assert_eq!(of_alice(&house, house.app.now()).status, 200);
        assert_eq!(readiness(&house), Ok(()));
    }

    /// sts.md §10: 169, 183. And at Renew: the last second of a key, and what comes after it.
    fn no_token_outlives_its_signer_and_after_its_end_there_is_none(place) {
        let made_at = Moment::parse("2016-11-26T09:00:00Z").unwrap();
        let keys = Arc::new(KeyRing::made_at(made_at));
        let house = House::built(place, Plan { keys: Arc::clone(&keys), ..Plan::default() });
        let old = keys.signers().remove(0).certificate().clone();
        let last = Moment::parse("2026-11-24T09:00:00Z").unwrap();
        assert_eq!(old.not_after(), last);
        let end = last.plus(Duration::from_millis(1));
        // Whatever is asked for.
        let long = |at: Moment| Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key().at(at)
            .asking(|request| request.lifetime.expires = Some(at.plus(Duration::from_hours(500))));
        let token = house.token(&long(now()));
        let ends = |token: &str| house.claims_signed_by(token, &old).conditions.not_on_or_after;
        assert_eq!(ends(&token), end);
        let act = Act::new(Credential::Certificate(&STRANGER))
            .asking(|request| request.lifetime.expires = Some(now().plus(Duration::from_hours(500))));
        let renewed = assertion(&house.sts(act.around(&sts::renew(&act.request, &token))));
        assert_eq!(ends(&renewed), end);
        house.clock.set(last);
        assert_eq!(ends(&assertion(&of_alice(&house, last))), end);
        assert_eq!(readiness(&house), Ok(()));
        house.clock.set(end);
        let text = "The token authority rejected an issue request for TimePeriod [startTime=Tue Nov 24 09:00:00 UTC 2026, \
            endTime=Tue Nov 24 09:05:00 UTC 2026] :: Signing certificate is not valid at Tue Nov 24 09:00:00 UTC 2026, cert \
            validity: TimePeriod [startTime=Sat Nov 26 08:50:00 UTC 2016, endTime=Tue Nov 24 09:00:00 UTC 2026]";
        // The token to be renewed is accepted yet: clocks may differ. What would be signed is not.
        for answer in [of_alice(&house, end), renew(&house, &token, end)] {
            refused(&house, &answer, "InvalidTimeRange", text, "request.lifetime");
        }
        assert!(readiness(&house).is_err());
        // A rotation is all it needs.
        let fresh = rotate(&house, &keys);
        assert_eq!(readiness(&house), Ok(()));
        for answer in [of_alice(&house, end), renew(&house, &token, end)] {
            house.claims_signed_by(&assertion(&answer), &fresh);
        }
    }

    /// A token that was taken back stays so for as long as clocks may differ.
    fn a_cancelled_token_does_not_come_back_after_its_end(place) {
        let house = House::open(place);
        let (token, other) = (house.bearer("alice"), house.bearer("alice"));
        let act = Act::new(Credential::Nothing);
        assert_eq!(house.sts(act.around(&sts::cancel(&act.request, &token))).status, 200);
        house.clock.set(now().plus(Duration::from_mins(15)).minus(Duration::from_millis(1)));
        sweep(&house);
        let answer = login(&house, &token);
        assert_eq!((answer.status, house.refusal(&answer).as_str()), (500, "admission.revoked"));
        assert_eq!(login(&house, &other).status, 200);
    }
}

fn refused_login(house: &House, token: &str) {
    let answer = login(house, token);
    assert_eq!(
        (answer.status, house.refusal(&answer).as_str()),
        (500, "assertion.signer"),
        "{}",
        answer.body
    );
}
