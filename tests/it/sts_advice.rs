//! What a token says of its subject in the name of others: the numbers are those of `sts.md` §10.

use vcsso::client::sts;
use vcsso::saml::{Advice as Said, AdviceAttribute as Attribute};
use vcsso::wstrust::{Advice, AdviceAttribute, IssueRequest};

use crate::harness::requests::assertion;
use crate::harness::{Act, Credential, House, PASSWORD, Place, ROBOT, STRANGER};

fn advice(source: &str, attributes: &[(&str, &str)]) -> Advice {
    let attribute = |(name, value): &(&str, &str)| AdviceAttribute {
        name: (*name).to_owned(),
        friendly_name: Some(format!("<{name}>")),
        values: vec![(*value).to_owned(), "]]>&".to_owned()],
    };
    Advice { source: source.into(), attributes: attributes.iter().map(attribute).collect() }
}

/// The same as a token says it.
fn said(advice: &[Advice]) -> Vec<Said> {
    let attribute = |AdviceAttribute { name, friendly_name, values }: &AdviceAttribute| Attribute {
        name: name.clone(),
        friendly_name: friendly_name.clone(),
        values: values.clone(),
    };
    let one = |advice: &Advice| Said {
        source: advice.source.clone(),
        attributes: advice.attributes.iter().map(attribute).collect(),
    };
    advice.iter().map(one).collect()
}

fn asking<'a>(credential: Credential<'a>, advice: &[Advice]) -> Act<'a> {
    Act::new(credential).holder_of_key().asking(|request| request.advice = advice.to_vec())
}

fn house(place: &Place) -> House {
    let house = House::open(place);
    house.run(|app| async move {
        let mut unit = app.store.begin().await.unwrap();
        unit.add_member("ActAsUsers", "robot").await.unwrap();
        unit.commit().await.unwrap();
    });
    house
}

on_both! {
    /// sts.md §10: 138, 173, 189. What is asked for is said, and repeated in the answer after everything else.
    fn a_token_says_what_it_was_asked_to_say(place) {
        let house = house(place);
        let asked = [advice("urn:s\"<&", &[("urn:a", "<script>"), ("urn:b", "2")]), advice("urn:t", &[("urn:a", "")])];
        let answer = house.issue(&asking(Credential::Both("alice", PASSWORD, &STRANGER), &asked));
        let token = assertion(&answer);
        assert_eq!(house.claims(&token).advice, said(&asked));
        let tail = answer.body.split("</wst:SignatureAlgorithm>").nth(1).unwrap();
        assert!(tail.starts_with("<rsa:AdviceSet xmlns:rsa=\"http://www.rsa.com/names/2009/12/std-ext/WS-Trust1.4/advice\">"), "{tail}");
        assert!(tail.contains("</rsa:AdviceSet></wst:RequestSecurityTokenResponse>") && !tail.contains("<script>"), "{tail}");
        // 173: the owner of a token exchanges it for one that says what he asks for now, and nothing else.
        let other = [advice("urn:u", &[("urn:c", "3")])];
        let exchanged = house.token(&asking(Credential::Token(&token, &STRANGER), &other));
        assert_eq!(house.claims(&exchanged).advice, said(&other));
        let silent = house.issue(&asking(Credential::Token(&token, &STRANGER), &[]));
        assert!(house.claims(&assertion(&silent)).advice.is_empty() && !silent.body.contains("AdviceSet"));
    }

    /// sts.md §10: 138, 174, 175, 189. Whoever acts for the subject adds, and what is present wins.
    fn a_delegate_adds_to_what_is_said_and_changes_nothing(place) {
        let house = house(place);
        let present = [advice("urn:s", &[("urn:a", "1"), ("urn:b", "2")])];
        let subject = house.token(&asking(Credential::Both("alice", PASSWORD, &STRANGER), &present));
        let asked = [advice("urn:s", &[("urn:b", "3"), ("urn:c", "4")]), advice("urn:t", &[("urn:a", "5")])];
        let act = asking(Credential::Certificate(&ROBOT), &asked);
        let message = sts::act_as(&act.request, &subject);
        let answer = house.sts(act.around(&message));
        let union = [present[0].clone(), advice("urn:s", &[("urn:c", "4")]), asked[1].clone()];
        let token = assertion(&answer);
        assert_eq!(house.claims(&token).advice, said(&union));
        assert!(answer.body.contains("<rsa:AdviceSet "), "{}", answer.body);
        // The delegate's own exchange goes on adding.
        let more = [advice("urn:t", &[("urn:a", "6"), ("urn:d", "7")])];
        let exchanged = house.token(&asking(Credential::Token(&token, &ROBOT), &more));
        let union = [union.as_slice(), &[advice("urn:t", &[("urn:d", "7")])]].concat();
        assert_eq!(house.claims(&exchanged).advice, said(&union));
    }

    /// sts.md §10: 135. What a renewal asks for is not looked at.
    fn a_renewed_token_says_what_it_said(place) {
        let house = house(place);
        let present = [advice("urn:s", &[("urn:a", "1")])];
        let old = house.token(&asking(Credential::Certificate(&ROBOT), &present));
        let act = Act::new(Credential::Certificate(&ROBOT));
        let request = IssueRequest { lifetime: act.request.lifetime, ..IssueRequest::default() };
        let mut wish = String::new();
        vcsso::wstrust::advice::write(&mut wish, &[advice("urn:t", &[("urn:b", "2")])]);
        let body = sts::renew(&request, &old).replace("<RenewTarget>", &format!("{wish}<RenewTarget>"));
        let answer = house.sts(act.around(&body));
        assert_eq!(house.claims(&assertion(&answer)).advice, said(&present));
        assert!(!answer.body.contains("AdviceSet"), "{}", answer.body);
    }

    /// `attacks.md` W18.
    fn advice_that_is_none_is_refused_by_name(place) {
        let house = house(place);
        let good = asking(Credential::Both("alice", PASSWORD, &STRANGER), &[advice("urn:s", &[("urn:a", "1")])]);
        let body = sts::issue(&good.request);
        for (from, to) in [
            (" AdviceSource=\"urn:s\"", ""),
            ("<rsa:AttributeValue>1", "<rsa:AttributeValue><evil></evil>"),
            ("<rsa:AttributeValue>1", "<rsa:AttributeValue><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"></Signature>"),
            (" Name=\"urn:a\"", ""),
        ] {
            assert!(body.contains(from));
            let answer = house.sts(good.around(&body.replace(from, to)));
            assert_eq!((answer.fault().code.as_str(), house.refusal(&answer).as_str()), ("InvalidRequest", "request.shape"), "{to}");
        }
        assert_eq!(house.sts(good.around(&body)).status, 200);
    }
}
