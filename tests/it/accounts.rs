//! Accounts that change between a decision and its commit, between a token and its use, between two logins.

use std::time::Duration;

use vcsso::client::Style;
use vcsso::secret::Secret;
use vcsso::store::{StoreError, Unit};

use crate::harness::people::{RETIRED, id_of};
use crate::harness::requests::token_login;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, now};

/// Changes the directory through this house.
fn change<F>(house: &House, name: &'static str, change: impl FnOnce(Unit, String) -> F + Send + 'static)
where
    F: Future<Output = Result<Unit, StoreError>> + Send,
{
    house.run(|app| async move {
        let id = id_of(&app, name).await;
        let unit = app.store.begin().await.unwrap();
        change(unit, id).await.unwrap().commit().await.unwrap();
    });
}

fn disable(house: &House, name: &'static str) {
    change(house, name, |mut unit, id| async move { unit.set_disabled(&id, true).await.map(|()| unit) });
}

fn set_password(house: &House, name: &'static str, password: &'static str) {
    let hash = vcsso::identity::password::Hasher::default();
    let hash = { hash }.hash(&Secret::new(password), &vcsso::entropy::SystemEntropy).unwrap();
    change(house, name, |mut unit, id| async move {
        unit.set_password_hash(&id, &hash, now()).await.map(|()| unit)
    });
}

fn refused_by(house: &House, answer: &Answer) -> (String, String) {
    (answer.fault().kind, house.refusal(answer))
}

on_both! {
    fn a_token_of_somebody_who_was_disabled_meanwhile_opens_nothing(place) {
        let house = House::open(place);
        let message = token_login(Style::Govmomi, &house.bearer("alice"), None, now());
        assert_eq!(house.client().send(message.clone()).status, 200);
        disable(&house, "alice");
        let before = place.rows();
        let wanted = ("InvalidLogin".to_owned(), "admission.subject".to_owned());
        assert_eq!(refused_by(&house, &house.client().send(message)), wanted);
        let machine = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        disable(&house, "robot");
        let signed = token_login(Style::Govmomi, &machine, Some(&ROBOT.key), now());
        assert_eq!(refused_by(&house, &house.client().send(signed.clone())), wanted);
        let answer = house.issue(&Act::new(Credential::Certificate(&ROBOT)));
        assert_eq!((answer.fault().text.as_str(), house.refusal(&answer).as_str()), ("Invalid credentials", "credential.certificate"));
        let after = place.rows();
        assert_eq!((after.sessions, after.claims - before.claims), (before.sessions, 1), "the claim of the token's own request");
        // The refused message was not used up: once robot is back, it is good.
        change(&house, "robot", |mut unit, id| async move { unit.set_disabled(&id, false).await.map(|()| unit) });
        assert_eq!(house.client().send(signed).status, 200);
    }

    /// `attacks.md` S12.
    fn a_session_of_somebody_who_is_disabled_is_none(place) {
        let house = House::open(place);
        let mut client = house.logged_in("alice");
        disable(&house, "alice");
        assert_eq!(client.current_time().fault().kind, "NotAuthenticated");
    }

    /// `attacks.md` S12.
    fn a_removed_or_a_revoked_token_opens_nothing(place) {
        let house = House::open(place);
        let token = house.bearer("alice");
        let id = crate::edit::swap(&token, "ID=\"", "\u{1}").split('\u{1}').nth(1).unwrap().split('"').next().unwrap().to_owned();
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.revoke_token(&id, now()).await.unwrap();
            unit.commit().await.unwrap();
            vcsso::app::housekeeping::readiness(&app).await.unwrap();
        });
        let answer = house.client().send(token_login(Style::Govmomi, &token, None, now()));
        assert_eq!(refused_by(&house, &answer), ("InvalidLogin".into(), "admission.revoked".into()));
        let token = house.bearer("carol");
        change(&house, "carol", |mut unit, id| async move { unit.remove_user(&id).await.map(|()| unit) });
        let answer = house.client().send(token_login(Style::Govmomi, &token, None, now()));
        assert_eq!(refused_by(&house, &answer), ("InvalidLogin".into(), "admission.subject".into()));
    }

    fn a_decision_of_yesterday_is_made_again_at_its_commit(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let bearer = house.bearer("alice");
        let login = token_login(Style::Govmomi, &bearer, None, now());
        // This replica knows everybody now, and does not look again while it sees no newer epoch.
        assert_eq!(house.client().send(login.clone()).status, 200);
        assert_eq!(house.client().login("carol", PASSWORD).status, 200);
        set_password(&elsewhere, "bob", "Another!23");
        let before = place.rows();
        assert_eq!(house.client().send(login.clone()).status, 200, "a change that does not matter is only looked at again");
        assert_eq!(place.rows().sessions, before.sessions + 1);
        disable(&elsewhere, "alice");
        assert_eq!(refused_by(&house, &house.client().send(login)), ("InvalidLogin".into(), "admission.subject".into()));
        disable(&elsewhere, "carol");
        assert_eq!(refused_by(&house, &house.client().login("carol", PASSWORD)), ("InvalidLogin".into(), "credential.password".into()));
        assert_eq!(place.rows().sessions, before.sessions + 1);
        // The same at the STS: the machine was known a moment ago.
        assert_eq!(house.issue(&Act::new(Credential::Certificate(&ROBOT))).status, 200);
        disable(&elsewhere, "robot");
        let answer = house.issue(&Act::new(Credential::Certificate(&ROBOT)));
        assert_eq!((answer.fault().code.as_str(), house.refusal(&answer).as_str()), ("FailedAuthentication", "credential.certificate"));
    }

    /// `attacks.md` S12: the positive twin.
    fn a_new_member_of_a_group_has_its_rights_at_the_next_call(place) {
        let house = House::open(place);
        let mut carol = house.logged_in("carol");
        let list = "<prop>sessionList</prop>";
        assert_eq!(carol.call("Fetch", "SessionManager", list).fault().kind, "NoPermission");
        change(&house, "carol", |mut unit, _| async move {
            unit.remove_permission("group-d1", "carol", false).await?;
            unit.add_member("Administrators", "carol").await.map(|_| unit)
        });
        assert_eq!(carol.call("Fetch", "SessionManager", list).status, 200);
    }

    fn a_password_that_was_right_a_moment_ago_is_not_computed_again(place) {
        let house = House::open(place);
        let hashes = || house.app.password_hashes();
        let start = hashes();
        assert_eq!(house.client().login("alice", PASSWORD).status, 200);
        assert_eq!(hashes(), start + 1);
        // At either door, in any spelling of the name.
        assert_eq!(house.client().login("ALICE@vsphere.local", PASSWORD).status, 200);
        assert_eq!(house.issue(&Act::new(Credential::Password("alice", PASSWORD))).status, 200);
        assert_eq!(hashes(), start + 1);
        // For nobody else, and for no other password.
        assert_eq!(house.client().login("carol", PASSWORD).status, 200);
        assert_eq!(house.client().login("alice", "wrong").status, 500);
        assert_eq!(hashes(), start + 3);
        // After a wrong one it is computed once more, so that it clears the failures.
        house.clock.advance(Duration::from_secs(1));
        for _ in 0..2 {
            assert_eq!(house.client().login("alice", PASSWORD).status, 200);
            assert_eq!(hashes(), start + 4);
        }
        house.clock.advance(Duration::from_mins(1));
        assert_eq!(house.client().login("alice", PASSWORD).status, 200);
        assert_eq!(hashes(), start + 5, "a minute later it is computed again");
    }

    fn a_remembered_password_dies_with_the_password_and_helps_nobody_who_may_not_act(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        assert_eq!(house.client().login("alice", PASSWORD).status, 200);
        set_password(&elsewhere, "alice", "Another!23");
        let before = place.rows();
        assert_eq!(refused_by(&house, &house.client().login("alice", PASSWORD)), ("InvalidLogin".into(), "credential.password".into()));
        assert_eq!(place.rows(), before);
        assert_eq!(house.client().login("alice", "Another!23").status, 200);
        disable(&elsewhere, "alice");
        assert_eq!(refused_by(&house, &house.client().login("alice", "Another!23")), ("InvalidLogin".into(), "credential.password".into()));
    }

    fn where_no_password_is_to_be_remembered_each_is_computed(place) {
        let house = House::built(place, Plan::with(|policies| policies.remember_passwords = Duration::ZERO));
        let start = house.app.password_hashes();
        for number in 1..=2 {
            assert_eq!(house.client().login("alice", PASSWORD).status, 200);
            assert_eq!(house.app.password_hashes(), start + number);
        }
    }

    fn a_refusal_is_never_older_than_the_directory(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let enable = |name| change(&elsewhere, name, |mut unit, id| async move { unit.set_disabled(&id, false).await.map(|()| unit) });
        // This replica knows everybody, and each refusal of them.
        for name in ["bob", "carol", "dora", "lukas"] {
            assert_eq!(house.client().login(name, PASSWORD).status == 200, name == "carol");
        }
        assert_eq!(house.issue(&Act::new(Credential::Certificate(&RETIRED))).status, 500);
        set_password(&elsewhere, "carol", "Another!23");
        assert_eq!(house.client().login("carol", "Another!23").status, 200, "the new password");
        enable("dora");
        change(&elsewhere, "dora", |mut unit, _| async move { unit.add_member("Administrators", "dora").await.map(|_| unit) });
        assert_eq!(house.client().login("dora", PASSWORD).status, 200, "switched on again");
        change(&elsewhere, "bob", |mut unit, _| async move { unit.add_member("Administrators", "bob").await.map(|_| unit) });
        assert_eq!(house.client().login("bob", PASSWORD).status, 200, "a permission at last");
        enable("retired");
        assert_eq!(house.issue(&Act::new(Credential::Certificate(&RETIRED))).status, 200, "a machine switched on again");
        change(&elsewhere, "lukas", |mut unit, id| async move { unit.unlock(&id).await.map(|()| unit) });
        assert_eq!(house.issue(&Act::new(Credential::Password("lukas", PASSWORD))).status, 200, "unlocked");
        let token = house.bearer("alice");
        disable(&elsewhere, "alice");
        let login = token_login(Style::Govmomi, &token, None, now());
        assert_eq!(house.client().send(login.clone()).status, 500);
        enable("alice");
        assert_eq!(house.client().send(login).status, 200, "the subject of a token, switched on again");
    }

    fn a_token_of_a_key_that_another_replica_brought_is_good_at_once(place) {
        let (house, elsewhere) = (House::open(place), House::open(place));
        let token = house.bearer("alice");
        let made = vcsso::pki::make::self_signed("ssoserverSign", now()).unwrap();
        let signer = vcsso::pki::TokenSigner::new(made.key, vec![made.certificate.clone()]).unwrap();
        let new = vcsso::saml::write::NewAssertion {
            id: "_of-another-key",
            issue_instant: now(),
            authn_instant: now(),
            issuer: crate::harness::house::ISSUER,
            subject: "alice@VSPHERE.LOCAL",
            confirmation: None,
            not_before: now(),
            not_on_or_after: now().plus(Duration::from_mins(5)),
            proxy_count: 0,
            renew_count: 0,
            authn_class: vcsso::saml::names::PASSWORD_CLASS,
            groups: &[],
            given_name: None,
            surname: None,
            is_solution: false,
            special: None,
        };
        let other = vcsso::saml::write::write(&new, &signer, vcsso::dsig::SignatureAlgorithm::RSA_SHA256).unwrap();
        assert_eq!(house.client().send(token_login(Style::Govmomi, &token, None, now())).status, 200);
        let message = token_login(Style::Govmomi, &other, None, now());
        assert_eq!(refused_by(&house, &house.client().send(message.clone())), ("InvalidLogin".into(), "assertion.signer".into()));
        elsewhere.also_trust(&made.certificate);
        assert_eq!(house.client().send(message).status, 200);
    }
}
