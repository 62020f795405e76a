//! `ActAs` and `DelegateTo`, and what a token is asked to say: the numbers are those of `sts.md` §10.

use std::time::Duration;

use vcsso::app::Peer;
use vcsso::app::users::{Machine, add_machine};
use vcsso::client::{Style, sts};
use vcsso::pki::make::Made;
use vcsso::saml::names::{
    EMAIL, GROUPS, IS_SOLUTION, PREVIOUS_SESSION_CLASS, SIGNATURE_CLASS, USER_PRINCIPAL_NAME,
};
use vcsso::saml::{Assertion, Confirmation};
use vcsso::wstrust::request::{IssueRequest, KeyType};

use crate::edit::swap;
use crate::harness::house::ISSUER;
use crate::harness::people::{id_of, name};
use crate::harness::requests::{assertion, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, Plan, ROBOT, STRANGER, now};

/// A house in which robot may act as others, and agent is a machine too.
fn house(place: &Place) -> House {
    furnished(House::open(place))
}

fn furnished(house: House) -> House {
    house.run(|app| async move {
        let machine =
            Machine { name: name("agent"), certificate: STRANGER.certificate.clone(), groups: Vec::new() };
        add_machine(&app, machine, &Peer::default()).await.unwrap();
        let mut unit = app.store.begin().await.unwrap();
        unit.add_member("ActAsUsers", "robot").await.unwrap();
        unit.commit().await.unwrap();
    });
    house
}

fn disable(house: &House, who: &'static str, disabled: bool) {
    house.run(move |app| async move {
        let id = id_of(&app, who).await;
        let mut unit = app.store.begin().await.unwrap();
        unit.set_disabled(&id, disabled).await.unwrap();
        unit.commit().await.unwrap();
    });
}

fn acting(house: &House, act: &Act<'_>, token: &str) -> Answer {
    house.sts(act.around(&sts::act_as(&act.request, token)))
}

fn by_robot() -> Act<'static> {
    Act::new(Credential::Certificate(&ROBOT)).holder_of_key()
}

fn confirms(claims: &Assertion, made: &Made) -> bool {
    matches!(&claims.subject.confirmation, Confirmation::HolderOfKey { certificate } if *certificate == made.certificate)
}

fn chain(claims: &Assertion) -> Vec<&str> {
    claims.conditions.delegates.iter().map(|delegate| delegate.name.as_str()).collect()
}

fn refused(house: &House, answer: &Answer, code: &str, text: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.text.as_str()), (code, text), "{}", answer.body);
    assert_eq!((answer.texts(), house.refusal(answer).as_str()), (2, step));
}

on_both! {
    /// sts.md §10: 110, 136, 140, 163, 164, 172, 192, 194, 204. `clients.md` §2.5: the subject is alice, the key and
    /// the delegate are robot's.
    fn a_member_of_act_as_users_acts_as_the_subject_of_a_token(place) {
        let house = house(place);
        for style in [Style::Govmomi, Style::PyVmomi] {
            let subject = house.bearer("alice");
            let act = Act::new(Credential::Certificate(&ROBOT)).style(style).holder_of_key().asking(|request| {
                request.lifetime.expires = Some(now().plus(Duration::from_hours(24)));
                request.renewable = Some(true);
            });
            // As pyVmomi passes it on: closed in place, with declarations of the envelope.
            let passed = match style {
                Style::Govmomi => subject.clone(),
                Style::PyVmomi => swap(&subject.replace("></saml2:ProxyRestriction>", "/>"), " ID=", " xmlns:x=\"urn:x\" ID="),
            };
            let answer = acting(&house, &act, &passed);
            let (was, is) = (house.claims(&subject), house.claims(&assertion(&answer)));
            assert_eq!(is.subject.name, "alice@VSPHERE.LOCAL");
            assert_eq!((is.subject.presenter.as_deref(), chain(&is)), (Some("robot@VSPHERE.LOCAL"), vec!["robot@VSPHERE.LOCAL"]));
            assert!(confirms(&is, &ROBOT) && is.conditions.delegates[0].instant == now());
            // 163, 164: never longer than the subject's own token; 172: one delegation less.
            assert_eq!(is.conditions.not_on_or_after, was.conditions.not_on_or_after);
            assert_eq!((was.conditions.proxy_count, is.conditions.proxy_count), (Some(10), Some(9)));
            assert_eq!(is.authn_statements[0].class, SIGNATURE_CLASS);
            assert_eq!(is.values(GROUPS), was.values(GROUPS), "the subject's, not the requester's");
            let row = &house.explain(&answer)[0];
            assert_eq!((&row["principal"], &row["detail"]["subject"]), (&"robot@VSPHERE.LOCAL".into(), &"alice@VSPHERE.LOCAL".into()));
            // It opens alice's session for robot's key, as long as robot may act.
            let login = |token: &str| house.client().send(token_login(style, token, Some(&ROBOT.key), now()));
            let opened = login(&assertion(&answer));
            assert_eq!(opened.inside("userName"), Some("VSPHERE.LOCAL\\alice"), "{}", opened.body);
            disable(&house, "robot", true);
            assert_eq!(house.refusal(&login(&assertion(&answer))), "admission.delegate");
            disable(&house, "robot", false);
        }
    }

    /// sts.md §10: 109, 111, 119, 172; `attacks.md` W04, W06, W07, W08, A10. Every reason for which it is refused.
    fn nobody_else_acts_as_anybody(place) {
        let house = house(place);
        let subject = house.bearer("alice");
        let denied = ("InvalidRequest", "Access not authorized!", "request.delegation");
        let refuse = |act: &Act<'_>, token: &str, (code, text, step): (&str, &str, &str)| {
            refused(&house, &acting(&house, act, token), code, text, step);
        };
        refuse(&Act::new(Credential::Certificate(&STRANGER)).holder_of_key(), &subject, denied);
        refuse(&Act::new(Credential::Both("alice", PASSWORD, &STRANGER)).holder_of_key(), &subject, ("FailedAuthentication", "Invalid credentials", "credential.agreement"));
        refuse(&Act::new(Credential::Password("bob", PASSWORD)), &subject, denied);
        let bearer = by_robot().asking(|request| request.key_type = Some(KeyType::Bearer));
        refuse(&bearer, &subject, ("InvalidSecurity", "Cannot issue delegated bearer token", "request.confirmation"));
        let invalid = ("InvalidRequest", "'ActAs' token is invalid!", "request.act-as");
        refuse(&by_robot(), &swap(&subject, "alice@", "carol@"), invalid);
        let hok = house.token(&by_robot());
        refuse(&by_robot(), &hok, ("InvalidRequest", "Invalid delegate", "request.delegation"));
        let plain = house.token(&Act::new(Credential::Password("alice", PASSWORD)).asking(|request| request.delegatable = false));
        refuse(&by_robot(), &plain, ("InvalidRequest", "Cannot continue delegation chain", "request.delegation"));
        let both = by_robot().asking(|request| request.delegate_to = Some("agent".into()));
        refuse(&both, &subject, ("RequestFailed",
            "The issue request is ambiguous - both 'RST::DelegateTo' and 'RST::ActAs' are present!", "request.delegation"));
        assert_eq!(acting(&house, &by_robot(), &subject).status, 200);
        disable(&house, "alice", true);
        refuse(&by_robot(), &subject, invalid);
        disable(&house, "alice", false);
        house.clock.set(now().plus(Duration::from_mins(15)));
        refuse(&by_robot().at(now().plus(Duration::from_mins(15))), &subject, invalid);
    }

    /// sts.md §10: 111; `attacks.md` W06. Membership is direct: a group within the group does not count (§6.1).
    /// Unsigned, a member is refused too.
    fn membership_is_direct_and_the_request_is_signed(place) {
        let house = house(place);
        house.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            for (group, member) in [("ActAsUsers", "TrustedUsers"), ("TrustedUsers", "bob"), ("ActAsUsers", "carol")] {
                unit.add_member(group, member).await.unwrap();
            }
            unit.commit().await.unwrap();
        });
        let subject = house.bearer("alice");
        let nested = acting(&house, &Act::new(Credential::Password("bob", PASSWORD)), &subject);
        refused(&house, &nested, "InvalidRequest", "Access not authorized!", "request.delegation");
        let unsigned = acting(&house, &Act::new(Credential::Password("carol", PASSWORD)), &subject);
        refused(&house, &unsigned, "InvalidSecurity", "ActAs requests must be signed!", "request.delegation");
    }

    /// sts.md §10: 83, 133, 171, 192, 194, 195; `attacks.md` W10, W13. A delegate goes on with what is left, and no
    /// further.
    fn a_delegate_exchanges_and_renews_what_is_left(place) {
        let house = house(place);
        let subject = house.token(&Act::new(Credential::Password("alice", PASSWORD)).asking(|request| request.renewable = Some(true)));
        let first = assertion(&acting(&house, &by_robot().asking(|request| request.renewable = Some(true)), &subject));
        assert_eq!(house.claims(&first).conditions.renew_count, Some(10));
        // Exchanged by the delegate: the chain and the counters stay, and so does the end.
        let act = Act::new(Credential::Token(&first, &ROBOT)).holder_of_key().asking(|request| {
            request.renewable = None;
            request.lifetime.expires = None;
        });
        let exchanged = house.claims(&house.token(&act));
        assert_eq!((exchanged.conditions.proxy_count, exchanged.conditions.renew_count), (Some(9), Some(10)));
        assert_eq!((chain(&exchanged), exchanged.subject.name.as_str()), (vec!["robot@VSPHERE.LOCAL"], "alice@VSPHERE.LOCAL"));
        assert_eq!(exchanged.conditions.not_on_or_after, house.claims(&subject).conditions.not_on_or_after);
        assert_eq!(exchanged.authn_statements[0].class, PREVIOUS_SESSION_CLASS);
        // Renewed: one renewal less, and the policy is the only bound.
        let renew = |token: &str| {
            let mut act = by_robot();
            act.request.lifetime.expires = Some(now().plus(Duration::from_hours(24)));
            house.sts(act.around(&sts::renew(&act.request, token)))
        };
        let renewed = house.claims(&assertion(&renew(&first)));
        assert_eq!((renewed.conditions.renew_count, renewed.conditions.proxy_count), (Some(9), Some(9)));
        assert_eq!((chain(&renewed), renewed.conditions.not_on_or_after), (vec!["robot@VSPHERE.LOCAL"], now().plus(Duration::from_hours(24))));
        // 195: at the end of its count nothing is renewed.
        let last = assertion(&acting(&house, &by_robot(), &house.bearer("alice")));
        refused(&house, &renew(&last), "UnableToRenew", "Unable to renew non-renewable token", "request.renewal");
        // A delegate cannot act as somebody else.
        let act = Act::new(Credential::Token(&first, &ROBOT)).holder_of_key();
        let again = acting(&house, &act, &house.bearer("carol"));
        refused(&house, &again, "InvalidRequest", "'ActAs' requester cannot be a delegate!", "request.delegation");
    }

    /// sts.md §10: 84, 118, 121, 128, 131, 136, 140; `attacks.md` W09, W10. Pushed to a solution user, for its
    /// registered key.
    fn a_subject_delegates_to_a_solution_user(place) {
        let house = house(place);
        let to = |name: &str| {
            let name = name.to_owned();
            Act::new(Credential::Password("alice", PASSWORD)).asking(|request| {
                request.delegate_to = Some(name);
                request.key_type = None;
            })
        };
        for typed in ["agent", "AGENT@vsphere.local", "VSPHERE.LOCAL\\agent"] {
            let claims = house.claims(&house.token(&to(typed)));
            assert_eq!((claims.subject.name.as_str(), chain(&claims)), ("alice@VSPHERE.LOCAL", vec!["agent@VSPHERE.LOCAL"]));
            assert!(confirms(&claims, &STRANGER));
            assert_eq!(claims.conditions.proxy_count, Some(10), "the owner begins anew");
        }
        // And further, by the delegate's own key: two in the chain.
        let first = house.token(&to("agent"));
        let act = Act::new(Credential::Token(&first, &STRANGER)).asking(|request| {
            request.delegate_to = Some("robot".into());
            request.key_type = Some(KeyType::PublicKey);
        });
        let further = house.token(&act);
        let second = house.claims(&further);
        assert_eq!(chain(&second), ["agent@VSPHERE.LOCAL", "robot@VSPHERE.LOCAL"]);
        assert!(confirms(&second, &ROBOT) && second.conditions.proxy_count == Some(9));
        assert_eq!(second.conditions.not_on_or_after, house.claims(&first).conditions.not_on_or_after);
        // The last of the two is the one who presents it: by its key it is exchanged, and robot is no delegate twice.
        let exchanged = house.claims(&house.token(&Act::new(Credential::Token(&further, &ROBOT)).holder_of_key()));
        assert_eq!(chain(&exchanged), chain(&second));
        let first_again = house.issue(&Act::new(Credential::Token(&further, &STRANGER)).holder_of_key());
        refused(&house, &first_again, "FailedCheck", "Signature is invalid.", "message.signature");
        let back = act.asking(|request| request.delegate_to = Some("agent".into()));
        let invalid = ("InvalidRequest", "Invalid delegate", "request.delegation");
        let refuse = |act: &Act<'_>, (code, text, step): (&str, &str, &str)| refused(&house, &house.issue(act), code, text, step);
        refuse(&Act { ids: Act::new(Credential::Nothing).ids, ..back }, invalid);
        for nobody in ["nobody", "bob", "Administrators", "agent@elsewhere", "retired", "a\\b@c"] {
            refuse(&to(nobody), invalid);
        }
        let bearer = to("agent").asking(|request| request.key_type = Some(KeyType::Bearer));
        refuse(&bearer, ("InvalidSecurity", "Cannot issue delegated bearer token", "request.confirmation"));
        let keyed = by_robot().asking(|request| request.delegate_to = Some("agent".into()));
        refuse(&keyed, ("InvalidSecurity", "Request cannot be satisfied - both UseKey and DelegateTo are present", "request.confirmation"));
    }

    /// `attacks.md` W08: another name for `ActAs`, where the operator wants it.
    fn on_behalf_of_is_an_option(place) {
        let on_behalf = |house: &House| {
            let act = by_robot();
            let body = sts::act_as(&act.request, &house.bearer("alice"));
            let body = body.replace("<wst:ActAs xmlns:wst=\"http://docs.oasis-open.org/ws-sx/ws-trust/200802\">", "<OnBehalfOf>");
            house.sts(act.around(&body.replace("</wst:ActAs>", "</OnBehalfOf>")))
        };
        let off = house(place);
        let answer = on_behalf(&off);
        refused(&off, &answer, "InvalidRequest", "The request was invalid or malformed.", "request.shape");
        drop(off);
        let on = House::built(place, Plan::with(|policies| policies.token.on_behalf_of = true));
        let claims = on.claims(&assertion(&on_behalf(&on)));
        assert_eq!(chain(&claims), ["robot@VSPHERE.LOCAL"]);
    }

    /// sts.md §10: 107, 108, 113, 137, 176, 178, 179, 181, 188; `attacks.md` W17, W20. What a token is asked to say.
    /// Nobody asks for `InResponseTo` here.
    fn a_token_says_what_it_is_asked_to(place) {
        let house = house(place);
        let ask = |change: &dyn Fn(&mut IssueRequest)| house.claims(&house.token(&Act::new(Credential::Password("alice", PASSWORD)).asking(change)));
        let claims = ask(&|request| request.claims = Some(vec![USER_PRINCIPAL_NAME.into(), GROUPS.into(), "urn:unknown".into(), EMAIL.into()]));
        let names: Vec<&str> = claims.attributes.iter().map(|attribute| &*attribute.name).collect();
        assert_eq!(names, [GROUPS, USER_PRINCIPAL_NAME]);
        assert_eq!(claims.values(USER_PRINCIPAL_NAME), ["alice@VSPHERE.LOCAL"]);
        assert!(ask(&|request| request.claims = Some(vec!["urn:unknown".into()])).attributes.is_empty());
        assert_eq!(ask(&|_| ()).values(IS_SOLUTION), ["false"]);
        let claims = ask(&|request| {
            request.participants.primary = Some(ISSUER.into());
            request.participants.others = vec!["urn:<\"&".into()];
        });
        assert_eq!(claims.conditions.audiences, [[ISSUER, "urn:<\"&"]]);
        let claims = ask(&|request| request.participants.others = vec!["urn:\"<".into()]);
        assert!(matches!(&claims.subject.confirmation, Confirmation::Bearer { recipient: Some(recipient), .. } if recipient == "urn:\"<"));
        for (asked, hash) in [("256", "256"), ("384", "384"), ("512", "512"), ("1", "256")] {
            let uri = format!("http://www.w3.org/2001/04/xmldsig-more#rsa-sha{asked}");
            let act = Act::new(Credential::Password("alice", PASSWORD)).asking(|request| request.signature_algorithm = Some(uri));
            let answer = house.issue(&act);
            assert!(answer.body.contains(&format!("<wst:SignatureAlgorithm>http://www.w3.org/2001/04/xmldsig-more#rsa-sha{hash}<")));
            house.claims(&assertion(&answer));
        }
        let act = Act::new(Credential::Password("alice", PASSWORD)).asking(|request| request.claims = Some(vec![GROUPS.into()]));
        let other = swap(&act.write(), "http://schemas.xmlsoap.org/ws/2005/05/fedclaims", "urn:other");
        refused(&house, &house.sts(other), "InvalidRequest",
            "The only supported claims dialect is: http://schemas.xmlsoap.org/ws/2005/05/fedclaims", "request.shape");
    }

    /// What is written is canonical and believed by others' verifiers, delegated and restricted tokens included.
    fn a_delegated_token_is_in_canonical_form(place) {
        let house = house(place);
        let act = by_robot().asking(|request| {
            request.renewable = Some(true);
            request.participants.others = vec!["urn:a".into(), "urn:b".into()];
        });
        let subject = house.token(&Act::new(Credential::Password("alice", PASSWORD)).asking(|request| request.renewable = Some(true)));
        let token = assertion(&acting(&house, &act, &subject));
        let document = vcsso::xml::Document::parse(token.clone().into_bytes(), &vcsso::xml::Limits::MESSAGE).unwrap();
        let inclusive: Vec<&str> = vcsso::saml::write::PREFIX_LIST.split(' ').collect();
        assert_eq!(vcsso::xml::c14n::canonical(document.root(), &inclusive, None), token);
        let places = ["<saml2:ProxyRestriction", "DelegationRestrictionType", "RenewRestrictionType", "<saml2:AudienceRestriction>"];
        let places: Vec<usize> = places.iter().map(|part| token.find(part).unwrap()).collect();
        assert!(places.is_sorted(), "{token}");
    }
}
