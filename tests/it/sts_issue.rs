//! Issue: every credential, at every path, and the answer that every client reads.

use std::time::Duration;

use vcsso::client::Style;
use vcsso::saml::Confirmation;
use vcsso::saml::names::{PASSWORD_CLASS, SIGNATURE_CLASS};
use vcsso::soap::Envelope;
use vcsso::verifier::{Policy, judge_token};
use vcsso::wstrust::request::KeyType;
use vcsso::xml::names::{SAML2, WST, WSU};

use crate::harness::house::{ISSUER, signer};
use crate::harness::requests::{STS, assertion};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, ROBOT, Request, STRANGER, now};

const ALICE: Credential<'static> = Credential::Password("alice", PASSWORD);

/// The claims of a token, by our own verifier and the house's key.
fn claims(token: &str) -> vcsso::saml::Assertion {
    let anchors = vcsso::pki::Anchors::new([(Some(ISSUER.to_owned()), signer().certificate().clone())]);
    let policy = Policy { tolerance: Duration::ZERO, audiences: Some(vec![ISSUER.into()]) };
    let judgement = judge_token(token.as_bytes().to_vec(), &anchors, &policy, now());
    let proven = judgement.proven.unwrap_or_else(|| panic!("{}", judgement.report.to_json(false)));
    proven.token.unwrap().assertion().clone()
}

fn is_issued(house: &House, answer: &Answer, confirmation: &str) -> vcsso::saml::Assertion {
    let claims = claims(&assertion(answer));
    let rows = house.explain(answer);
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["outcome"], &rows[0]["action"]), (&"accepted".into(), &"sts.issue".into()));
    assert_eq!(rows[0]["detail"]["token_id"], claims.id.as_str());
    let id = claims.id.clone();
    let row = house.run(|app| async move { app.store.issued(&id).await.unwrap().unwrap() }).issued;
    assert_eq!((row.upn.as_str(), row.confirmation.as_str()), (claims.subject.name.as_str(), confirmation));
    assert_eq!(
        (row.not_before, row.not_on_or_after),
        (claims.conditions.not_before, claims.conditions.not_on_or_after)
    );
    assert_eq!(row.trace, answer.trace());
    claims
}

on_both! {
    /// sts.md §10: 53, 74, 93, 199.
    fn a_user_gets_a_bearer_token_by_password(place) {
        let house = House::open(place);
        for (typed, style) in [
            ("alice", Style::Govmomi),
            ("ALICE@vsphere.local", Style::PyVmomi),
            ("VSPHERE.LOCAL\\alice", Style::Govmomi),
        ] {
            let answer = house.issue(&Act::new(Credential::Password(typed, PASSWORD)).style(style));
            let claims = is_issued(&house, &answer, "bearer");
            assert_eq!(claims.subject.name, "alice@VSPHERE.LOCAL");
            assert!(matches!(claims.subject.confirmation, Confirmation::Bearer { .. }));
            assert_eq!(claims.authn_statements[0].class, PASSWORD_CLASS);
            let groups = claims.values("http://rsa.com/schemas/attr-names/2009/01/GroupIdentity");
            assert_eq!(groups, ["vsphere.local\\Administrators", "vsphere.local\\Everyone"]);
        }
    }

    /// sts.md §10: 93, 129.
    fn a_user_gets_a_holder_of_key_token_for_the_certificate_that_signs_the_request(place) {
        let house = House::open(place);
        for style in [Style::Govmomi, Style::PyVmomi] {
            let both = Credential::Both("alice", PASSWORD, &STRANGER);
            let answer = house.issue(&Act::new(both).style(style).holder_of_key());
            let claims = is_issued(&house, &answer, "holder-of-key");
            assert_eq!(claims.subject.name, "alice@VSPHERE.LOCAL");
            let Confirmation::HolderOfKey { certificate } = &claims.subject.confirmation else { panic!() };
            assert_eq!(certificate, &STRANGER.certificate);
        }
    }

    fn a_solution_user_gets_either_token_by_its_certificate(place) {
        let house = House::open(place);
        for style in [Style::Govmomi, Style::PyVmomi] {
            let act = Act::new(Credential::Certificate(&ROBOT)).style(style);
            let claims = is_issued(&house, &house.issue(&act), "bearer");
            assert_eq!((claims.subject.name.as_str(), &*claims.authn_statements[0].class), ("robot@VSPHERE.LOCAL", SIGNATURE_CLASS));
            let act = Act::new(Credential::Certificate(&ROBOT)).style(style).holder_of_key();
            let claims = is_issued(&house, &house.issue(&act), "holder-of-key");
            let Confirmation::HolderOfKey { certificate } = &claims.subject.confirmation else { panic!() };
            assert_eq!(certificate, &ROBOT.certificate);
        }
    }

    /// sts.md §10: 28, 29, 30, 198; `attacks.md` W25.
    fn every_path_of_the_tenant_serves_and_another_tenant_is_not_found(place) {
        let house = House::open(place);
        let mut wire = house.wire();
        for path in [
            "/sts/STSService", "/sts/STSService/", "/STS/STSService", "/STS/STSService/vsphere.local",
            "/sts/STSService/vsphere.local", "/sts/STSService/VSPHERE.LOCAL/", "/sts/STSService/vsphere.local/asd",
            "/sts/STSService/vsphere.local/asd/sdf/", "/sts/system-STSService/sdk",
        ] {
            let answer = wire.send(&Request::post(path, Act::new(ALICE).write()));
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
        let before = place.rows();
        for path in ["/sts/STSService/other", "/sts/STSService/t", "/sts/STSService/vsphere.local.evil", "/sts/STSService/*"] {
            let answer = wire.send(&Request::post(path, Act::new(ALICE).write()));
            assert_eq!((answer.status, answer.body.as_str()), (404, ""), "{path}");
            assert_eq!(house.refusal(&answer), "request.tenant");
        }
        assert_eq!(wire.send(&Request::get(STS)).status, 405);
        assert_eq!(wire.send(&Request::get("/elsewhere")).status, 404);
        assert_eq!(place.rows(), before);
    }

    /// sts.md §10: 107.
    fn the_answer_is_one_line_in_the_order_that_every_client_reads(place) {
        let house = House::open(place);
        let act = Act::new(ALICE).asking(|request| request.context = Some("c<\"&\u{e9}".into()));
        let answer = house.issue(&act);
        assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!answer.body.contains(['\n', '\r']), "{}", answer.body);
        let envelope = Envelope::parse(answer.body.clone().into_bytes()).unwrap();
        let collection = envelope.request().unwrap();
        assert!(collection.is(WST, "RequestSecurityTokenResponseCollection"));
        let response = collection.first_child().unwrap();
        assert!(response.is(WST, "RequestSecurityTokenResponse") && collection.children().count() == 1);
        assert_eq!(response.attribute("Context"), Some("c<\"&\u{e9}"));
        let children: Vec<&str> = response.children().map(vcsso::xml::Element::local).collect();
        let wanted = ["RequestedSecurityToken", "Lifetime", "TokenType", "KeyType", "Delegatable", "SignatureAlgorithm"];
        assert_eq!(children, wanted);
        let text = |local| response.child(WST, local).unwrap().text().unwrap();
        assert_eq!(text("TokenType"), SAML2);
        assert_eq!((text("KeyType"), text("Delegatable")), (KeyType::Bearer.uri(), "true"));
        assert_eq!(text("SignatureAlgorithm"), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
        let lifetime = response.child(WST, "Lifetime").unwrap();
        let bound = |local| lifetime.child(WSU, local).unwrap().text().unwrap();
        // The .NET client reads nothing but this form, and the token must agree with it.
        assert_eq!(bound("Created"), "2026-11-24T08:00:00.000Z");
        assert_eq!(bound("Expires"), "2026-11-24T08:05:00.000Z");
        let claims = claims(&assertion(&answer));
        assert_eq!(claims.conditions.not_on_or_after.millis_text().as_str(), bound("Expires"));
    }

    /// sts.md §10: 182, 184, 185.
    fn a_token_lives_as_long_as_it_was_asked_for_up_to_the_longest(place) {
        let house = House::open(place);
        let hours = Duration::from_hours;
        for (asked, granted) in [(Some(hours(24)), hours(1)), (None, hours(1)), (Some(Duration::from_mins(7)), Duration::from_mins(7))] {
            let act = Act::new(ALICE).asking(|request| request.lifetime.expires = asked.map(|asked| now().plus(asked)));
            let claims = claims(&house.token(&act));
            assert_eq!(claims.conditions.not_on_or_after, now().plus(granted));
        }
        let act = Act::new(Credential::Certificate(&ROBOT)).holder_of_key();
        let act = act.asking(|request| request.lifetime.expires = Some(now().plus(hours(24 * 60))));
        assert_eq!(claims(&house.token(&act)).conditions.not_on_or_after, now().plus(hours(24 * 30)));
    }

    /// sts.md §10: 139, 191, 196.
    fn a_request_is_answered_as_asked_about_delegation_and_renewal(place) {
        let house = House::open(place);
        let plain = Act::new(ALICE).asking(|request| (request.delegatable, request.renewable) = (false, Some(false)));
        let asked = Act::new(ALICE).asking(|request| (request.delegatable, request.renewable) = (true, Some(true)));
        let (plain, asked) = (claims(&house.token(&plain)), claims(&house.token(&asked)));
        assert_eq!((asked.conditions.proxy_count, asked.conditions.renew_count), (Some(10), Some(10)));
        let none = |count: Option<u32>| count.unwrap_or(0) == 0;
        assert!(none(plain.conditions.proxy_count) && none(plain.conditions.renew_count));
    }
}
