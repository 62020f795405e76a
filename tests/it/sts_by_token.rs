//! Issue by a Holder-of-Key token: who has one needs no password. The numbers are those of `sts.md` §10.

use std::time::Duration;

use vcsso::client::{Message, Style, sts};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::pki::Hash;
use vcsso::pki::make::Made;
use vcsso::saml::names::PREVIOUS_SESSION_CLASS;
use vcsso::saml::{Assertion, Confirmation};
use vcsso::wstrust::request::KeyType;

use crate::edit::swap;
use crate::harness::requests::assertion;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, ROBOT, STRANGER, now};

/// Alice's token for a key that nobody registered, as most people have one.
fn of_alice(house: &House) -> String {
    house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key())
}

fn of_robot(house: &House) -> String {
    house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key())
}

fn confirms(claims: &Assertion, made: &Made) -> bool {
    matches!(&claims.subject.confirmation, Confirmation::HolderOfKey { certificate } if *certificate == made.certificate)
}

fn refused(house: &House, answer: &Answer, code: &str, text: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.text.as_str()), (code, text), "{}", answer.body);
    assert_eq!((answer.texts(), house.refusal(answer).as_str()), (2, step));
}

on_both! {
    /// sts.md §10: 2, 80, 82, 116, 117, 122, 126. By the SAML identifier, in both handwritings, before and after the
    /// Timestamp, with SHA-256 and SHA-512.
    fn a_token_gets_another_token(place) {
        let house = House::open(place);
        for (token, made, name) in [(of_alice(&house), &*STRANGER, "alice"), (of_robot(&house), &*ROBOT, "robot")] {
            for style in [Style::Govmomi, Style::PyVmomi] {
                let act = || Act::new(Credential::Token(&token, made)).style(style);
                let answer = house.issue(&act().holder_of_key());
                let claims = house.claims(&assertion(&answer));
                assert_eq!(claims.subject.name, format!("{name}@VSPHERE.LOCAL"));
                assert_eq!(claims.authn_statements[0].class, PREVIOUS_SESSION_CLASS);
                assert!(confirms(&claims, made) && claims.conditions.delegates.is_empty());
                let rows = house.explain(&answer);
                assert_eq!(rows[0]["detail"]["token_id"], claims.id.as_str());
                assert_eq!(rows[0]["detail"]["by_token"], house.claims(&token).id.as_str());
                // 116, 117: bearer by Holder-of-Key; 126: without KeyType, what signs.
                let bearer = house.claims(&house.token(&act()));
                assert!(matches!(bearer.subject.confirmation, Confirmation::Bearer { .. }), "{style:?}");
                let free = house.claims(&house.token(&act().asking(|request| request.key_type = None)));
                assert!(confirms(&free, made));
                // 122: with UseKey and without KeyType.
                let named = act().holder_of_key().asking(|request| request.key_type = None);
                assert!(confirms(&house.claims(&house.token(&named)), made));
            }
        }
    }

    /// sts.md §10: 77, 81. The signature refers to a certificate that is the token's own.
    fn the_signature_may_name_the_certificate_instead_of_the_token(place) {
        let house = House::open(place);
        let (alice, robot) = (of_alice(&house), of_robot(&house));
        let write = |token: &str, made: &Made| {
            let act = Act::new(Credential::Nothing);
            let message = Message::new(Style::Govmomi, &act.ids).timestamp(now(), now().plus(Duration::from_mins(1)));
            let message = message.certificate(&made.certificate).assertion(token);
            message.signed(&made.key, SignatureAlgorithm::rsa(Hash::Sha384)).write(&sts::issue(&act.request)).unwrap()
        };
        for (token, made, name) in [(&alice, &*STRANGER, "alice"), (&robot, &*ROBOT, "robot")] {
            let claims = house.claims(&assertion(&house.sts(write(token, made))));
            assert_eq!(claims.subject.name, format!("{name}@VSPHERE.LOCAL"));
        }
        // 77: the key of somebody else, registered or not.
        refused(&house, &house.sts(write(&alice, &ROBOT)), "FailedAuthentication", "Invalid credentials", "possession.key");
        refused(&house, &house.sts(write(&robot, &STRANGER)), "FailedAuthentication", "Invalid credentials", "possession.key");
    }

    /// sts.md §10: 3, 34, 76, 78, 79, 125; `attacks.md` A18, W03.
    fn a_token_that_is_not_ones_own_gets_nothing(place) {
        let house = House::open(place);
        let (alice, robot, bearer) = (of_alice(&house), of_robot(&house), house.bearer("alice"));
        let before = place.rows();
        let by = |token, made| Act::new(Credential::Token(token, made)).holder_of_key();
        let failed = "FailedAuthentication";
        refused(&house, &house.issue(&by(&robot, &STRANGER)), "FailedCheck", "Signature is invalid.", "message.signature");
        let changed = swap(&alice, "alice@", "robot@");
        refused(&house, &house.issue(&by(&changed, &STRANGER)), failed, "Invalid credentials", "assertion.digest");
        refused(&house, &house.issue(&by(&bearer, &STRANGER)), "UnsupportedSecurityToken",
            "Only HoK tokens are supported for authentication!", "possession.confirmation");
        let other = by(&alice, &STRANGER).asking(|request| request.use_key = Some("_other".into()));
        refused(&house, &house.issue(&other), "InvalidSecurity",
            "SignatureId from UseKey doesn't match signature from the SecurityHeader", "request.confirmation");
        let id = house.claims(&alice).id;
        let dangling = by(&alice, &STRANGER).write().replace(&format!("#SAMLID\">{id}<"), "#SAMLID\">_other<");
        refused(&house, &house.sts(dangling), "SecurityTokenUnavailable", "Assertion ID mismatch: _other", "message.key-reference");
        assert_eq!(place.rows(), before);
        assert_eq!(house.issue(&by(&alice, &STRANGER)).status, 200);
    }

    /// sts.md §10: 203; `attacks.md` A24.
    fn a_token_dies_with_its_account(place) {
        let house = House::open(place);
        let token = of_alice(&house);
        let by = || Act::new(Credential::Token(&token, &STRANGER)).holder_of_key();
        assert_eq!(house.issue(&by()).status, 200);
        house.run(|app| async move {
            let id = crate::harness::people::id_of(&app, "alice").await;
            let mut unit = app.store.begin().await.unwrap();
            unit.set_disabled(&id, true).await.unwrap();
            unit.commit().await.unwrap();
        });
        refused(&house, &house.issue(&by()), "FailedAuthentication", "Invalid credentials", "admission.subject");
    }

    /// sts.md §10: 161, 162, 171, 172. The owner begins anew, and asks for as long as it likes.
    fn the_owner_of_a_token_is_bound_by_policy_alone(place) {
        let house = House::open(place);
        let token = of_alice(&house);
        let month = Duration::from_hours(24 * 30);
        let act = Act::new(Credential::Token(&token, &STRANGER)).holder_of_key();
        let act = act.asking(|request| {
            request.lifetime.expires = Some(now().plus(2 * month));
            request.renewable = Some(true);
        });
        let claims = house.claims(&house.token(&act));
        assert_eq!(claims.conditions.not_on_or_after, now().plus(month));
        assert_eq!((claims.conditions.proxy_count, claims.conditions.renew_count), (Some(10), Some(10)));
        let bearer = Act::new(Credential::Token(&token, &STRANGER)).asking(|request| request.lifetime.expires = None);
        assert_eq!(house.claims(&house.token(&bearer)).conditions.not_on_or_after, now().plus(Duration::from_hours(1)));
        assert_eq!(bearer.request.key_type, Some(KeyType::Bearer));
    }

    /// sts.md §10: 94, 95; `attacks.md` H11, H20. Whatever authenticates beside the token must be the same principal;
    /// a signed message comes once.
    fn a_token_and_a_password_are_one_principal_and_a_message_comes_once(place) {
        let house = House::open(place);
        let token = of_alice(&house);
        let with = |name: &str| {
            let act = Act::new(Credential::Nothing);
            let message = Message::new(Style::Govmomi, &act.ids).timestamp(now(), now().plus(Duration::from_mins(1)));
            let message = message.login(name, PASSWORD).assertion(&token);
            message.signed(&STRANGER.key, SignatureAlgorithm::RSA_SHA256).write(&sts::issue(&act.request)).unwrap()
        };
        let good = with("alice");
        assert_eq!(house.sts(good.clone()).status, 200);
        let again = house.sts(good);
        assert_eq!((again.fault().code.as_str(), house.refusal(&again).as_str()), ("MessageExpired", "admission.replay"));
        refused(&house, &house.sts(with("carol")), "FailedAuthentication", "Invalid credentials", "credential.agreement");
    }

    /// 101 of the list of documents that clients keep: a chain of exchanges stays readable and canonical.
    fn a_token_made_from_a_token_made_from_a_token_opens_a_session(place) {
        let house = House::open(place);
        let mut token = of_alice(&house);
        for style in [Style::PyVmomi, Style::Govmomi, Style::PyVmomi] {
            token = house.token(&Act::new(Credential::Token(&token, &STRANGER)).style(style).holder_of_key());
        }
        let login = crate::harness::requests::token_login(Style::Govmomi, &token, Some(&STRANGER.key), now());
        assert_eq!(house.client().send(login).status, 200);
    }
}
