//! Renew: a token in the place of an old one, for whoever holds its key. The numbers are those of `sts.md` §10.

use std::time::Duration;

use vcsso::client::{Style, sts};
use vcsso::saml::Confirmation;
use vcsso::saml::names::PREVIOUS_SESSION_CLASS;
use vcsso::wstrust::Operation;
use vcsso::wstrust::request::{IssueRequest, Lifetime};

use crate::edit::{swap, without};
use crate::harness::requests::{STS, assertion};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, ROBOT, Request, STRANGER, now};

fn of_alice(house: &House) -> String {
    house.token(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key())
}

fn asks(hours: u64) -> IssueRequest {
    let expires = Some(now().plus(Duration::from_hours(hours)));
    IssueRequest {
        context: Some("c".into()),
        lifetime: Lifetime { created: Some(now()), expires },
        ..IssueRequest::default()
    }
}

fn renew(house: &House, credential: Credential<'_>, token: &str, request: &IssueRequest) -> Answer {
    let mut act = Act::new(credential);
    act.request = request.clone();
    act.request.use_key = Some(act.ids.signature.clone());
    let message = act.around(&sts::renew(&act.request, token));
    house.send(&Request::post(STS, message).header("SOAPAction", Operation::Renew.action()))
}

fn refused(house: &House, answer: &Answer, code: &str, text: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.text.as_str()), (code, text), "{}", answer.body);
    assert_eq!((answer.texts(), house.refusal(answer).as_str()), (2, step));
}

on_both! {
    /// sts.md §10: 132, 165, 166, 171. By the certificate; the old end is no bound, and the owner's counters begin
    /// anew.
    fn a_token_is_renewed_by_its_key(place) {
        let house = House::open(place);
        let old = of_alice(&house);
        let answer = renew(&house, Credential::Certificate(&STRANGER), &old, &asks(24));
        let (was, is) = (house.claims(&old), house.claims(&assertion(&answer)));
        assert!(is.id != was.id && is.subject == was.subject);
        assert_eq!(is.conditions.not_on_or_after, now().plus(Duration::from_hours(24)));
        assert_eq!((is.conditions.proxy_count, is.conditions.renew_count), (Some(10), Some(10)));
        assert_eq!((was.conditions.renew_count, is.authn_statements[0].class.as_ref()), (None, PREVIOUS_SESSION_CLASS));
        assert!(matches!(&is.subject.confirmation, Confirmation::HolderOfKey { certificate } if *certificate == STRANGER.certificate));
        assert_eq!(house.explain(&answer)[0]["action"], "sts.renew");
        // `decisions.md` §13: a bare response, in this order and with nothing more.
        let body = &answer.body;
        let response = body.split("<S:Body>").nth(1).unwrap();
        assert!(response.starts_with("<wst:RequestSecurityTokenResponse xmlns:wst=") && response.contains(" Context=\"c\">"));
        let tail = body.split("</wst:RequestedSecurityToken>").nth(1).unwrap();
        assert!(tail.starts_with("<wst:Lifetime>") && tail.contains("</wst:TokenType><wst:Renewing Allow=\"true\" OK=\"false\"></wst:Renewing></wst:Req"));
        // The old one stays good: a renewal is a new token (`sts.md` §2.5).
        let again = renew(&house, Credential::Certificate(&STRANGER), &old, &asks(1));
        assert_eq!(again.status, 200, "{}", again.body);
        let next = renew(&house, Credential::Certificate(&STRANGER), &assertion(&again), &asks(1));
        assert_eq!(next.status, 200, "the owner renews for ever");
    }

    /// sts.md §10: 134, 139; `attacks.md` W13. What is not asked for is the old token's: whether it can be delegated,
    /// for whom it is, how it is confirmed.
    fn a_renewed_token_keeps_what_it_was(place) {
        let house = House::open(place);
        let plain = Act::new(Credential::Certificate(&ROBOT)).holder_of_key().asking(|request| {
            request.delegatable = false;
            request.participants.others = vec![crate::harness::house::ISSUER.to_owned(), "urn:other".into()];
        });
        let old = house.token(&plain);
        let wish = IssueRequest { delegatable: true, renewable: Some(false), ..asks(1) };
        let is = house.claims(&assertion(&renew(&house, Credential::Certificate(&ROBOT), &old, &wish)));
        assert_eq!((is.conditions.proxy_count, is.conditions.renew_count), (Some(0), Some(10)));
        assert_eq!(is.conditions.audiences, house.claims(&old).conditions.audiences);
        assert_eq!(is.subject.name, "robot@VSPHERE.LOCAL");
    }

    /// sts.md §10: 34; `attacks.md` W11, W12, A18. Nobody else, and nothing that is not good any more.
    fn a_token_that_is_not_ones_own_or_not_good_is_not_renewed(place) {
        let house = House::open(place);
        let (token, bearer) = (of_alice(&house), house.bearer("alice"));
        let by = |credential, token: &str| renew(&house, credential, token, &asks(1));
        let (failed, credentials) = ("FailedAuthentication", "Invalid credentials");
        refused(&house, &by(Credential::Certificate(&ROBOT), &token), failed, credentials, "possession.key");
        let mut unsigned = Act::new(Credential::Password("alice", PASSWORD));
        unsigned.request = asks(1);
        let unsigned = house.sts(unsigned.around(&sts::renew(&asks(1), &token)));
        refused(&house, &unsigned, failed, credentials, "possession.signature");
        refused(&house, &by(Credential::Certificate(&STRANGER), &bearer), "UnsupportedSecurityToken",
            "Only HoK tokens are supported for authentication!", "possession.confirmation");
        let changed = swap(&token, "alice@", "carol@");
        refused(&house, &by(Credential::Certificate(&STRANGER), &changed), failed, credentials, "assertion.digest");
        refused(&house, &by(Credential::Both("carol", PASSWORD, &STRANGER), &token), failed, credentials, "credential.agreement");
        assert_eq!(by(Credential::Both("alice", PASSWORD, &STRANGER), &token).status, 200);
        assert_eq!(by(Credential::Certificate(&STRANGER), &token).status, 200);
        // The last moment, and the first one after it.
        let end = now().plus(Duration::from_mins(15));
        let at = |moment| {
            house.clock.set(moment);
            let act = Act::new(Credential::Certificate(&STRANGER)).at(moment);
            house.sts(act.around(&sts::renew(&act.request, &token)))
        };
        assert_eq!(at(end.minus(Duration::from_millis(1))).status, 200);
        refused(&house, &at(end), failed, credentials, "assertion.in-force");
    }

    /// sts.md §10: 19+1; `attacks.md` W12. In the order of §2.3: the request must hold the token, and no other.
    fn a_request_without_its_token_is_named(place) {
        let house = House::open(place);
        let token = of_alice(&house);
        let message = Act::new(Credential::Nothing).around(&sts::renew(&asks(1), &token));
        let missing = house.sts(without(&message, "RenewTarget"));
        refused(&house, &missing, "RequestFailed", "The renew request does not contain token for renewal!", "request.target");
        let two = Act::new(Credential::Token(&token, &STRANGER)).style(Style::PyVmomi).around(&sts::renew(&asks(1), &house.bearer("carol")));
        refused(&house, &house.sts(two), "InvalidRequest", "Request should contain only one assertion!", "request.target");
        let moved = swap(&Act::new(Credential::Certificate(&STRANGER)).around(&sts::renew(&asks(1), &token)), "<RenewTarget>", "<RenewTarget> ");
        refused(&house, &house.sts(moved), "FailedCheck", "Signature is invalid.", "message.digest");
    }
}
