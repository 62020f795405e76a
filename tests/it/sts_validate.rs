//! Validate and Cancel: whether a token is good, and the end of one. The numbers are those of `sts.md` §10.

use std::time::Duration;

use vcsso::client::sts;
use vcsso::wstrust::Operation;
use vcsso::wstrust::request::IssueRequest;

use crate::edit::{swap, without};
use crate::harness::people::id_of;
use crate::harness::requests::token_login;
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Plan, ROBOT, Request, STRANGER, now};
use vcsso::client::Style;

fn asks() -> IssueRequest {
    IssueRequest { context: Some("c".into()), ..IssueRequest::default() }
}

fn looked_at(house: &House, token: &str) -> Answer {
    house.sts(Act::new(Credential::Nothing).around(&sts::validate(&asks(), token)))
}

fn is_valid(house: &House, token: &str) -> bool {
    let answer = looked_at(house, token);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(
        answer.body.contains("<wst:RequestSecurityTokenResponse xmlns:wst=")
            && answer.body.contains(" Context=\"c\"")
    );
    assert!(answer.body.contains("/RSTR/Status</wst:TokenType>") && !answer.body.contains('\n'));
    let valid = answer.body.contains("200512/status/valid<");
    assert_eq!(valid, !answer.body.contains("200512/status/invalid<"));
    let rows = house.explain(&answer);
    assert_eq!(rows[0]["action"], "sts.validate");
    assert_eq!(rows[0]["detail"]["status"], if valid { "valid" } else { "invalid" });
    valid
}

/// The step by which a token was found to be invalid.
fn invalid_by(house: &House, token: &str) -> String {
    assert!(!is_valid(house, token));
    let answer = looked_at(house, token);
    house.explain(&answer)[0]["detail"]["token"]["refusal"].as_str().unwrap().to_owned()
}

fn hok(house: &House) -> String {
    house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key())
}

fn cancel(house: &House, credential: Credential<'_>, token: &str) -> Answer {
    house.sts(Act::new(credential).around(&sts::cancel(&asks(), token)))
}

fn disable(house: &House, who: &'static str, disabled: bool) {
    house.run(move |app| async move {
        let id = id_of(&app, who).await;
        let mut unit = app.store.begin().await.unwrap();
        unit.set_disabled(&id, disabled).await.unwrap();
        unit.commit().await.unwrap();
    });
}

on_both! {
    /// sts.md §10: 101, 102, 199. Nobody needs to authenticate, and whoever signs is verified.
    fn a_good_token_is_valid(place) {
        let house = House::open(place);
        for token in [house.bearer("alice"), hok(&house), house.bearer("bob")] {
            assert!(is_valid(&house, &token));
            // As pyVmomi passes it on: empty elements closed in place.
            let other = token.replace("></saml2:ProxyRestriction>", "/>");
            assert!(is_valid(&house, &other));
            let signed = Act::new(Credential::Certificate(&ROBOT)).around(&sts::validate(&asks(), &token));
            assert!(house.sts(signed.clone()).body.contains("status/valid"));
            let wrong = house.sts(swap(&signed, "<RequestType>", "<RequestType> "));
            assert_eq!((wrong.fault().code.as_str(), house.refusal(&wrong).as_str()), ("FailedCheck", "message.digest"));
            let again = house.sts(signed);
            assert_eq!(house.refusal(&again), "admission.replay");
        }
    }

    /// sts.md §10: 34, 103, 104, 201, 202, 203, 205; `attacks.md` A23, A24, W14. One word for everything that is
    /// wrong with a token.
    fn a_bad_token_is_invalid_and_only_the_operator_learns_why(place) {
        let house = House::open(place);
        let token = house.bearer("alice");
        assert!(is_valid(&house, &token));
        assert_eq!(invalid_by(&house, &swap(&token, "alice@", "carol@")), "assertion.digest");
        assert_eq!(invalid_by(&house, &swap(&token, "https://vc.example/", "https://other.example/")), "assertion.issuer");
        disable(&house, "alice", true);
        assert_eq!(invalid_by(&house, &token), "admission.subject");
        disable(&house, "alice", false);
        assert!(is_valid(&house, &token));
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("Users", "alice").await.unwrap();
            unit.commit().await.unwrap();
        });
        assert_eq!(invalid_by(&house, &token), "admission.groups");
        let fresh = house.bearer("alice");
        assert!(is_valid(&house, &fresh));
        // Five minutes, and the tolerance: the last moment and the first one after it.
        let end = now().plus(Duration::from_mins(15));
        let at = |moment: vcsso::clock::Moment| {
            house.clock.set(moment);
            house.sts(Act::new(Credential::Nothing).at(moment).around(&sts::validate(&asks(), &fresh))).body
        };
        assert!(at(end.minus(Duration::from_millis(1))).contains("status/valid"));
        assert!(at(end).contains("status/invalid"));
    }

    /// sts.md §10: 105, 106; `attacks.md` W15. What is no request, or no token, is a fault.
    fn a_request_without_a_token_is_a_fault(place) {
        let house = House::open(place);
        let token = house.bearer("alice");
        let good = Act::new(Credential::Nothing).around(&sts::validate(&asks(), &token));
        let fault = |message: String| {
            let answer = house.sts(message);
            assert_eq!(answer.texts(), 2);
            let fault = answer.fault();
            (fault.code, fault.text, house.refusal(&answer))
        };
        let said = |code: &str, text: &str, step: &str| (code.to_owned(), text.to_owned(), step.to_owned());
        let missing = said("RequestFailed", "The validate request does not contain token for validation!", "request.target");
        assert_eq!(fault(without(&good, "ValidateTarget")), missing);
        assert_eq!(fault(crate::edit::with_content(&good, "ValidateTarget", "")), missing);
        let unparsed = said("RequestFailed", "The given assertion cannot be parsed.", "request.target");
        assert_eq!(fault(crate::edit::with_content(&good, "ValidateTarget", "<x xmlns=\"urn:x\"/>")), unparsed);
        assert_eq!(fault(swap(&good, "</saml2:Issuer>", "</saml2:Issuer><saml2:Issuer></saml2:Issuer>")), unparsed);
        let late = fault(Act::new(Credential::Nothing).at(now().minus(Duration::from_hours(1))).around(&sts::validate(&asks(), &token)));
        assert_eq!((late.0.as_str(), late.2.as_str()), ("MessageExpired", "message.timestamp"));
        let early = fault(Act::new(Credential::Nothing).at(now().plus(Duration::from_hours(1))).around(&sts::validate(&asks(), &token)));
        assert_eq!((early.0.as_str(), early.2.as_str()), ("MessageExpired", "message.timestamp"));
        let two = Act::new(Credential::Token(&hok(&house), &STRANGER)).around(&sts::validate(&asks(), &token));
        let several = said("InvalidRequest", "Request should contain only one assertion!", "request.target");
        assert_eq!(fault(two), several);
        let answer = house.send(&Request::post(crate::harness::requests::STS, good).header("SOAPAction", Operation::Validate.action()));
        assert!(answer.body.contains("status/valid"), "{}", answer.body);
    }

    /// A bearer token is taken back by having it, and fails everywhere from then on, on every replica.
    fn a_cancelled_token_fails_everywhere(place) {
        let (house, replica) = (House::open(place), House::open(place));
        let (bearer, other) = (house.bearer("alice"), house.bearer("alice"));
        let login = |house: &House, token: &str| house.client().send(token_login(Style::Govmomi, token, None, now())).status;
        assert_eq!((login(&house, &bearer), login(&replica, &bearer)), (200, 200));
        let answer = cancel(&house, Credential::Nothing, &bearer);
        assert!(answer.body.contains("<wst:RequestedTokenCancelled></wst:RequestedTokenCancelled>"), "{}", answer.body);
        assert_eq!((&house.explain(&answer)[0]["outcome"], &house.explain(&answer)[0]["action"]), (&"accepted".into(), &"sts.cancel".into()));
        for house in [&house, &replica] {
            assert_eq!((login(house, &bearer), login(house, &other)), (500, 200));
            assert_eq!(invalid_by(house, &bearer), "admission.revoked");
            assert!(is_valid(house, &other));
            let again = cancel(house, Credential::Nothing, &bearer);
            assert_eq!((again.fault().code.as_str(), house.refusal(&again).as_str()), ("FailedAuthentication", "admission.revoked"));
        }
    }

    /// A Holder-of-Key token is taken back by its key alone.
    fn a_holder_of_key_token_is_cancelled_by_its_key(place) {
        let house = House::open(place);
        let token = hok(&house);
        let refused = |credential, step: &str| {
            let answer = cancel(&house, credential, &token);
            assert_eq!((answer.fault().code.as_str(), house.refusal(&answer).as_str()), ("FailedAuthentication", step));
            assert!(is_valid(&house, &token));
        };
        refused(Credential::Nothing, "possession.signature");
        refused(Credential::Certificate(&ROBOT), "possession.key");
        refused(Credential::Password("alice", PASSWORD), "possession.signature");
        assert_eq!(cancel(&house, Credential::Certificate(&STRANGER), &token).status, 200);
        assert_eq!(invalid_by(&house, &token), "admission.revoked");
        let by_it = house.issue(&Act::new(Credential::Token(&token, &STRANGER)).holder_of_key());
        assert_eq!((by_it.fault().code.as_str(), house.refusal(&by_it).as_str()), ("FailedAuthentication", "admission.revoked"));
    }

    /// `attacks.md` W24: where it is off, there is no such operation.
    fn cancel_can_be_switched_off(place) {
        let house = House::built(place, Plan::with(|policies| policies.token.cancel = false));
        let token = house.bearer("alice");
        let answer = cancel(&house, Credential::Nothing, &token);
        assert_eq!((answer.fault().code.as_str(), house.refusal(&answer).as_str()), ("InvalidRequest", "request.shape"));
        assert!(is_valid(&house, &token));
    }
}
