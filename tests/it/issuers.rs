//! Two houses that trust each other: their users log in to either, and neither speaks for anybody but its own.

use std::sync::Arc;
use std::time::Duration;

use vcsso::app::Peer;
use vcsso::app::error::Failure;
use vcsso::app::issuers::{self, Issuer, IssuerRefused};
use vcsso::app::keys;
use vcsso::client::{Style, sts};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::{SystemEntropy, uuid};
use vcsso::identity::Domain;
use vcsso::identity::role::READ_ONLY;
use vcsso::pki::{Certificate, TokenSigner};
use vcsso::saml::Delegate;
use vcsso::saml::names::{GROUPS, PREVIOUS_SESSION_CLASS};
use vcsso::saml::write::{NewAssertion, Special, write};
use vcsso::store::{Permission, StoreError};
use vcsso::wstrust::request::{ActAs, IssueRequest};

use crate::edit::swap;
use crate::harness::house::{ISSUER, KeyRing, signer};
use crate::harness::requests::{assertion, token_login};
use crate::harness::{Act, Answer, Credential, House, PASSWORD, Place, Plan, ROBOT, STRANGER, now};

const THEIRS: &str = "https://vc2.example/websso/SAML2/Metadata/vc2.lab";

/// The other house, with a database, a domain, an issuer and a key of its own.
struct Other {
    house: House,
    keys: Arc<KeyRing>,
}

impl Other {
    fn open() -> Self {
        let mut plan = Plan::default();
        plan.settings.domain = Domain::new("vc2.lab").unwrap();
        plan.settings.issuer = THEIRS.into();
        plan.keys = Arc::new(KeyRing::made_at(now()));
        let keys = Arc::clone(&plan.keys);
        Self { house: House::built(&Place::sqlite(), plan), keys }
    }

    fn signer(&self) -> TokenSigner {
        self.keys.signers().remove(0)
    }

    fn hok(&self, name: &str) -> String {
        self.house.token(&Act::new(Credential::Both(name, PASSWORD, &STRANGER)).holder_of_key())
    }
}

fn operator() -> Peer {
    Peer { trace: uuid(&SystemEntropy).unwrap(), ..Peer::default() }
}

fn trust(
    house: &House,
    issuer: &str,
    domain: &str,
    signers: &[Certificate],
    groups: &[&str],
) -> Result<(), Failure> {
    let new = Issuer {
        issuer: issuer.into(),
        domain: Domain::new(domain).unwrap(),
        certificates: signers.to_vec(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    house.run(|app| async move { issuers::trust(&app, &new, &operator()).await })
}

fn distrust(house: &House) {
    house.run(|app| async move { issuers::distrust(&app, THEIRS, &operator()).await.unwrap() });
}

/// Both houses; ours trusts the other one, and its users are members of these groups here.
fn pair(place: &Place, groups: &[&str]) -> (House, Other) {
    let (ours, theirs) = (House::open(place), Other::open());
    trust(&ours, THEIRS, "vc2.lab", &[theirs.signer().certificate().clone()], groups).unwrap();
    (ours, theirs)
}

fn permit(house: &House, principal: &'static str, group: bool, role_id: i64) {
    house.run(move |app| async move {
        let entity = "group-d1".to_owned();
        let permission = Permission { entity, principal: principal.into(), group, role_id, propagate: true };
        let mut unit = app.store.begin().await.unwrap();
        unit.set_permission(&permission).await.unwrap();
        unit.commit().await.unwrap();
    });
}

fn login(house: &House, token: &str) -> Answer {
    house.client().send(token_login(Style::PyVmomi, token, None, now()))
}

fn refused_login(house: &House, token: &str, step: &str) {
    let answer = login(house, token);
    assert_eq!((answer.fault().kind.as_str(), answer.cookie()), ("InvalidLogin", None), "{}", answer.body);
    assert_eq!(house.refusal(&answer), step);
}

fn refused(house: &House, answer: &Answer, code: &str, text: &str, step: &str) {
    let fault = answer.fault();
    assert_eq!((fault.code.as_str(), fault.text.as_str()), (code, text), "{}", answer.body);
    assert_eq!(house.refusal(answer), step);
}

/// A token as anybody with this key could write it.
fn written(signer: &TokenSigner, issuer: &str, subject: &str, special: &Special) -> String {
    let new = NewAssertion {
        id: &format!("_{}", uuid(&SystemEntropy).unwrap()),
        issue_instant: now(),
        authn_instant: now(),
        issuer,
        subject,
        confirmation: None,
        not_before: now(),
        not_on_or_after: now().plus(Duration::from_mins(5)),
        proxy_count: 3,
        renew_count: 0,
        authn_class: PREVIOUS_SESSION_CLASS,
        groups: &["vsphere.local\\Administrators".to_owned()],
        given_name: None,
        surname: None,
        is_solution: false,
        special: Some(special),
    };
    write(&new, signer, SignatureAlgorithm::RSA_SHA256).unwrap()
}

on_both! {
    fn who_comes_from_a_trusted_house_logs_in_by_a_permission_for_the_name(place) {
        let (ours, theirs) = pair(place, &[]);
        let (alice, bob) = (theirs.house.bearer("alice"), theirs.house.bearer("bob"));
        let nobody = login(&ours, &alice);
        assert_eq!(nobody.fault().kind, "NoPermission", "{}", nobody.body);
        assert_eq!(ours.refusal(&nobody), "admission.permission");
        // Our own alice, an administrator, is somebody else.
        permit(&ours, "VC2.LAB\\Alice", false, READ_ONLY);
        let mut client = ours.client();
        let answer = client.send(token_login(Style::PyVmomi, &alice, None, now()));
        assert_eq!(answer.inside("userName"), Some("VC2.LAB\\alice"), "{}", answer.body);
        assert_eq!(client.current_time().status, 200);
        assert_eq!(client.current_session().inside("userName"), Some("VC2.LAB\\alice"));
        let administrates = client.call("TerminateSession", "SessionManager", "<sessionId>x</sessionId>");
        assert_eq!(administrates.fault().kind, "NoPermission", "{}", administrates.body);
        assert_eq!(login(&ours, &bob).fault().kind, "NoPermission");
        // Holder-of-Key: with the key, and not without.
        let hok = theirs.hok("alice");
        let signed = token_login(Style::Govmomi, &hok, Some(&STRANGER.key), now());
        assert_eq!(ours.client().send(signed).inside("userName"), Some("VC2.LAB\\alice"));
        refused_login(&ours, &hok, "possession.signature");
        // And the other way round.
        trust(&theirs.house, ISSUER, "vsphere.local", &[signer().certificate().clone()], &["Administrators"]).unwrap();
        let answer = login(&theirs.house, &ours.bearer("carol"));
        assert_eq!(answer.inside("userName"), Some("VSPHERE.LOCAL\\carol"), "{}", answer.body);
    }

    /// `decisions.md` §19: the groups are those of the login, and what they allow is that of each call.
    fn mapped_groups_let_in_and_stay_with_the_session(place) {
        let (ours, theirs) = pair(place, &["Administrators"]);
        let bob = theirs.house.bearer("bob");
        let mut client = ours.client();
        assert_eq!(client.send(token_login(Style::PyVmomi, &bob, None, now())).status, 200);
        let mut admin = |answer: &str| {
            let seen = client.call("TerminateSession", "SessionManager", "<sessionId>x</sessionId>");
            assert_eq!(seen.fault().kind, answer, "{}", seen.body);
        };
        admin("NotFound");
        let signers = [theirs.signer().certificate().clone()];
        trust(&ours, THEIRS, "vc2.lab", &signers, &[]).unwrap();
        admin("NotFound");
        assert_eq!(login(&ours, &bob).fault().kind, "NoPermission", "the next login is mapped as it is now");
        // Everyone of this domain does not mean everybody; ExternalIDPUsers means them.
        permit(&ours, "Everyone", true, READ_ONLY);
        assert_eq!(login(&ours, &bob).fault().kind, "NoPermission");
        permit(&ours, "ExternalIDPUsers", true, READ_ONLY);
        assert_eq!(login(&ours, &bob).status, 200);
        permit(&ours, "VC2.LAB\\bob", false, READ_ONLY);
        admin("NoPermission");
        // Nobody speaks for the domain any more: the session is over.
        distrust(&ours);
        admin("NotAuthenticated");
        refused_login(&ours, &bob, "assertion.issuer");
    }

    fn a_second_replica_sees_at_once_who_is_trusted(place) {
        let (ours, theirs) = pair(place, &["Administrators"]);
        let second = House::open(place);
        let alice = theirs.house.bearer("alice");
        assert_eq!((login(&ours, &alice).status, login(&second, &alice).status), (200, 200));
        distrust(&second);
        refused_login(&ours, &alice, "assertion.issuer");
        trust(&ours, THEIRS, "vc2.lab", &[theirs.signer().certificate().clone()], &["Administrators"]).unwrap();
        assert_eq!(login(&second, &alice).status, 200);
    }

    fn the_session_of_another_houses_user_is_cloned_and_impersonated_as_any(place) {
        let (ours, theirs) = pair(place, &["Administrators"]);
        let mut client = ours.client();
        client.send(token_login(Style::PyVmomi, &theirs.house.bearer("bob"), None, now()));
        let answer = client.call("AcquireCloneTicket", "SessionManager", "");
        let ticket = format!("<cloneTicket>{}</cloneTicket>", answer.inside("returnval").unwrap());
        let mut clone = ours.client();
        let answer = clone.call("CloneSession", "SessionManager", &ticket);
        assert_eq!(answer.inside("userName"), Some("VC2.LAB\\bob"), "{}", answer.body);
        assert_eq!(clone.call("TerminateSession", "SessionManager", "<sessionId>x</sessionId>").fault().kind, "NotFound");
        let mut alice = ours.logged_in("alice");
        let become_ = |client: &mut crate::harness::requests::Client, name: &str| {
            client.call("ImpersonateUser", "SessionManager", &format!("<userName>{name}</userName>"))
        };
        // Our bob has no session, and is not theirs.
        assert_eq!(become_(&mut alice, "bob").fault().kind, "InvalidLogin");
        assert_eq!(become_(&mut alice, "vc2.lab\\bob").inside("userName"), Some("VC2.LAB\\bob"));
        assert_eq!(alice.current_session().inside("userName"), Some("VC2.LAB\\bob"));
        // Somebody of this house again: nothing of the mapping stays.
        ours.logged_in("carol");
        assert_eq!(become_(&mut alice, "carol").inside("userName"), Some("VSPHERE.LOCAL\\carol"));
        assert_eq!(alice.call("TerminateSession", "SessionManager", "<sessionId>x</sessionId>").fault().kind, "NoPermission");
    }

    /// `attacks.md` A22, T08, `sts.md` §4.6: whose key speaks for whom.
    fn an_external_issuer_speaks_for_its_own_users_and_nobody_else(place) {
        let (ours, theirs) = pair(place, &["Administrators"]);
        let (own, key, plain) = (signer(), theirs.signer(), Special::default);
        assert_eq!(login(&ours, &written(&key, THEIRS, "alice@VC2.LAB", &plain())).status, 200);
        for subject in ["alice@VSPHERE.LOCAL", "alice@vc3.lab", "alice", "VC2.LAB\\alice", "Administrator@vsphere.local"] {
            refused_login(&ours, &written(&key, THEIRS, subject, &plain()), "admission.issuer");
        }
        // Their key for our issuer, our key for theirs, and an issuer that nobody knows.
        refused_login(&ours, &written(&key, ISSUER, "alice@VSPHERE.LOCAL", &plain()), "assertion.signer");
        refused_login(&ours, &written(&own, THEIRS, "alice@VC2.LAB", &plain()), "assertion.signer");
        refused_login(&ours, &written(&key, "https://vc3.example", "alice@vc3.lab", &plain()), "assertion.issuer");
        refused_login(&ours, &swap(&written(&key, THEIRS, "alice@VC2.LAB", &plain()), "alice@", "robot@"), "assertion.digest");
        // Our own key in another domain's name: only one that somebody speaks for.
        refused_login(&ours, &written(&own, ISSUER, "alice@vc3.lab", &plain()), "admission.subject");
        // For somebody else, and for us.
        let for_us = |audience: &str| Special { audiences: vec![audience.to_owned()], ..Special::default() };
        refused_login(&ours, &written(&key, THEIRS, "alice@VC2.LAB", &for_us(THEIRS)), "assertion.audience");
        assert_eq!(login(&ours, &written(&key, THEIRS, "alice@VC2.LAB", &for_us(ISSUER))).status, 200);
        // `sts.md` §6.3: nobody acts for anybody.
        let delegate = Delegate { name: "robot@VC2.LAB".into(), instant: now() };
        let delegated = Special { delegates: vec![delegate], ..Special::default() };
        refused_login(&ours, &written(&key, THEIRS, "alice@VC2.LAB", &delegated), "admission.issuer");
    }

    fn a_house_is_not_its_own_external_issuer(place) {
        let (ours, theirs) = pair(place, &[]);
        let signers = [theirs.signer().certificate().clone()];
        let tried = |issuer: &str, domain: &str, groups: &[&str]| trust(&ours, issuer, domain, &signers, groups);
        assert!(matches!(tried(ISSUER, "vc3.lab", &[]), Err(Failure::Issuer(IssuerRefused::OwnIssuer(_)))));
        for domain in ["vsphere.local", "VSPHERE.local"] {
            assert!(matches!(tried("urn:x", domain, &[]), Err(Failure::Issuer(IssuerRefused::OwnDomain(_)))));
        }
        assert!(matches!(tried("urn:x", "VC2.lab", &[]), Err(Failure::Store(StoreError::NameTaken { .. }))));
        assert!(matches!(tried("urn:x", "vc3.lab", &["Nobody"]), Err(Failure::Store(StoreError::NotFound { .. }))));
        assert!(matches!(trust(&ours, "urn:x", "vc3.lab", &[], &[]), Err(Failure::Issuer(IssuerRefused::NoCertificate(_)))));
        tried("urn:x", "vc3.lab", &["Users"]).unwrap();
    }

    /// Two certificates of one issuer are its rollover: both are good as long as both are named.
    fn a_trusted_house_rotates_its_key(place) {
        let (ours, theirs) = pair(place, &["Administrators"]);
        let old = theirs.house.bearer("alice");
        let done = theirs.house.run(|app| async move { keys::rotate(&app, &operator()).await.unwrap() });
        let fresh = theirs.keys.signer(&done[0].0).certificate().clone();
        let new = theirs.house.bearer("alice");
        assert_eq!(login(&ours, &old).status, 200);
        refused_login(&ours, &new, "assertion.signer");
        let both = [theirs.signer().certificate().clone(), fresh.clone()];
        trust(&ours, THEIRS, "vc2.lab", &both, &["Administrators"]).unwrap();
        assert_eq!((login(&ours, &old).status, login(&ours, &new).status), (200, 200));
        trust(&ours, THEIRS, "vc2.lab", &[fresh], &["Administrators"]).unwrap();
        refused_login(&ours, &old, "assertion.signer");
        assert_eq!(login(&ours, &new).status, 200);
    }

    /// sts.md §10: 85-87, 116-131. By an external token one gets a token of this house, for the same subject.
    fn an_external_token_gets_a_token_of_this_house(place) {
        let (ours, theirs) = pair(place, &["Administrators"]);
        let (bearer, hok) = (theirs.house.bearer("bob"), theirs.hok("bob"));
        let bob = |answer: &Answer| {
            let token = assertion(answer);
            let claims = ours.claims(&token);
            assert_eq!((claims.issuer.as_str(), claims.subject.name.as_str()), (ISSUER, "bob@VC2.LAB"));
            assert_eq!(claims.values(GROUPS), ["vsphere.local\\Administrators", "vsphere.local\\ExternalIDPUsers"]);
            assert_eq!(claims.authn_statements[0].class, PREVIOUS_SESSION_CLASS);
            assert_eq!(claims.conditions.proxy_count, Some(0), "nobody acts for it");
            (token, claims.is_holder_of_key())
        };
        // 87
        let (own, is_hok) = bob(&ours.issue(&Act::new(Credential::Token(&hok, &STRANGER)).holder_of_key()));
        assert!(is_hok);
        // 86: nothing is signed, the token is all there is.
        let unsigned = |request: &IssueRequest| {
            let ids = vcsso::client::Ids::random(&SystemEntropy).unwrap();
            let message = vcsso::client::Message::new(Style::Govmomi, &ids);
            let message = message.timestamp(now(), now().plus(Duration::from_mins(5))).assertion(&bearer);
            message.write(&sts::issue(request)).unwrap()
        };
        let asks = Act::new(Credential::Nothing).request;
        let (exchanged, is_hok) = bob(&ours.sts(unsigned(&asks)));
        assert!(!is_hok);
        // 85: signed with any key, which is not what the token is then for.
        let signed = |request: &IssueRequest| {
            let ids = vcsso::client::Ids::random(&SystemEntropy).unwrap();
            let message = vcsso::client::Message::new(Style::Govmomi, &ids);
            let message = message.timestamp(now(), now().plus(Duration::from_mins(5)));
            let message = message.certificate(&STRANGER.certificate).assertion(&bearer);
            message.signed(&STRANGER.key, SignatureAlgorithm::RSA_SHA256).write(&sts::issue(request)).unwrap()
        };
        let free = IssueRequest { key_type: None, ..asks.clone() };
        assert!(!bob(&ours.sts(signed(&free))).1);
        let public = IssueRequest { key_type: Some(vcsso::wstrust::KeyType::PublicKey), ..asks.clone() };
        for message in [signed(&public), unsigned(&public)] {
            refused(&ours, &ours.sts(message), "InvalidSecurity",
                "Cannot issue Hok token authenticating by bearer token.", "request.confirmation");
        }
        refused(&ours, &ours.sts(swap(&signed(&free), "<RequestType>", "<RequestType> ")), "FailedCheck",
            "Signature is invalid.", "message.digest");
        // Our own bearer tokens authenticate nobody here, nor does the one that was just exchanged.
        let mine = unsigned(&asks).replace(&bearer, &exchanged);
        refused(&ours, &ours.sts(mine), "UnsupportedSecurityToken",
            "Only HoK tokens are supported for authentication!", "possession.confirmation");
        // What was exchanged logs in, is valid, and is renewed; until nobody speaks for the domain any more.
        let look = |token: &str| ours.sts(Act::new(Credential::Nothing).around(&sts::validate(&asks, token)));
        let renew = |token: &str| ours.sts(Act::new(Credential::Certificate(&STRANGER)).around(&sts::renew(&asks, token)));
        assert_eq!(login(&ours, &exchanged).inside("userName"), Some("VC2.LAB\\bob"));
        assert!(look(&own).body.contains("/status/valid<"));
        bob(&renew(&own));
        distrust(&ours);
        refused_login(&ours, &exchanged, "admission.subject");
        assert!(look(&own).body.contains("/status/invalid<"));
        refused(&ours, &renew(&own), "FailedAuthentication", "Invalid credentials", "admission.subject");
    }

    /// sts.md §10: 200; §2.5, §6.3. Everything else is refused, whoever asks.
    fn an_external_token_is_good_for_nothing_else(place) {
        let (ours, theirs) = pair(place, &["Administrators", "ActAsUsers"]);
        let (bearer, hok) = (theirs.house.bearer("bob"), theirs.hok("bob"));
        let asks = Act::new(Credential::Nothing).request;
        let around = |credential, body: String| ours.sts(Act::new(credential).around(&body));
        // 200
        let looked = around(Credential::Nothing, sts::validate(&asks, &bearer));
        assert!(looked.body.contains("/status/invalid<"));
        assert_eq!(ours.explain(&looked)[0]["detail"]["token"]["refusal"], "admission.issuer");
        let unsupported = "An unsupported token was provided";
        let renewed = around(Credential::Certificate(&STRANGER), sts::renew(&asks, &hok));
        refused(&ours, &renewed, "UnsupportedSecurityToken", unsupported, "admission.issuer");
        let cancelled = around(Credential::Nothing, sts::cancel(&asks, &bearer));
        refused(&ours, &cancelled, "UnsupportedSecurityToken", unsupported, "admission.issuer");
        assert_eq!(login(&ours, &bearer).status, 200, "it is as good as it was");
        // ActAs and DelegateTo by it.
        let delegation = "Delegation is not supported for externally issued tokens.";
        let act = || Act::new(Credential::Token(&hok, &STRANGER)).holder_of_key();
        let delegated = ours.issue(&act().asking(|request| request.delegate_to = Some("robot".into())));
        refused(&ours, &delegated, "InvalidRequest", delegation, "request.delegation");
        let own = ours.bearer("carol");
        let acting = act().asking(|request| request.act_as = Some(ActAs::ActAs));
        let acting = ours.sts(acting.around(&sts::act_as(&acting.request, &own)));
        refused(&ours, &acting, "InvalidRequest", delegation, "request.delegation");
        // ActAs of it, by somebody of this house who may; the twin is a token of this house.
        ours.run(|app| async move {
            let mut unit = app.store.begin().await.unwrap();
            unit.add_member("ActAsUsers", "robot").await.unwrap();
            unit.commit().await.unwrap();
        });
        let as_ = |token: &str| {
            let act = Act::new(Credential::Certificate(&ROBOT)).holder_of_key().asking(|r| r.act_as = Some(ActAs::ActAs));
            ours.sts(act.around(&sts::act_as(&act.request, token)))
        };
        assert_eq!(as_(&own).status, 200);
        refused(&ours, &as_(&bearer), "InvalidRequest", delegation, "request.delegation");
        // Nor of the token that was got by it.
        let exchanged = ours.token(&act().asking(|request| request.delegatable = true));
        refused(&ours, &as_(&exchanged), "InvalidRequest", delegation, "request.delegation");
        // `sts.md` §3.3: a delegated one does not even authenticate.
        let delegate = Delegate { name: "robot@VC2.LAB".into(), instant: now() };
        let special = Special { delegates: vec![delegate], ..Special::default() };
        let token = written(&theirs.signer(), THEIRS, "bob@VC2.LAB", &special);
        let ids = vcsso::client::Ids::random(&SystemEntropy).unwrap();
        let message = vcsso::client::Message::new(Style::Govmomi, &ids);
        let message = message.timestamp(now(), now().plus(Duration::from_mins(5))).assertion(&token);
        refused(&ours, &ours.sts(message.write(&sts::issue(&asks)).unwrap()), "UnsupportedSecurityToken",
            "Requester authenticating by external saml token cannot be a delegate!", "admission.issuer");
    }

    fn permissions_for_other_houses_users_are_set_and_shown_by_their_full_name(place) {
        let (ours, theirs) = pair(place, &[]);
        let mut alice = ours.logged_in("alice");
        let mut set = |principal: &str, group: bool| {
            let permission = format!("<entity type=\"Folder\">group-d1</entity><permission><principal>{principal}</principal>\
                <group>{group}</group><roleId>{READ_ONLY}</roleId><propagate>true</propagate></permission>");
            alice.call("SetEntityPermissions", "AuthorizationManager", &permission)
        };
        assert_eq!(set("bob@VC3.lab", false).fault().kind, "UserNotFound");
        assert_eq!(set("VC2.LAB\\People", true).fault().kind, "UserNotFound");
        let bob = theirs.house.bearer("bob");
        assert_eq!(login(&ours, &bob).fault().kind, "NoPermission");
        let answer = set("vc2.lab\\bob", false);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(login(&ours, &bob).status, 200);
        let listed = alice.call("RetrieveAllPermissions", "AuthorizationManager", "");
        assert!(listed.body.contains("<principal>VC2.LAB\\bob</principal>"), "{}", listed.body);
        assert!(listed.body.contains("<principal>VSPHERE.LOCAL\\carol</principal>"));
        let removed = alice.call("RemoveEntityPermission", "AuthorizationManager",
            "<entity type=\"Folder\">group-d1</entity><user>bob@vc2.lab</user><isGroup>false</isGroup>");
        assert_eq!(removed.status, 200, "{}", removed.body);
        assert_eq!(login(&ours, &bob).fault().kind, "NoPermission");
    }
}
