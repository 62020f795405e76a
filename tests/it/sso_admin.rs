//! The door of the SSO administration service: what is told to everybody, who is let in by which token, what a session is
//! good for, and whom it refuses what.

use std::time::Duration;

use vcsso::client::{Ids, Message, Style};
use vcsso::dsig::SignatureAlgorithm;
use vcsso::entropy::SystemEntropy;
use vcsso::pki::make::Made;

use crate::harness::requests::token_login;
use crate::harness::{Act, Answer, Credential, House, ROBOT, Request, STRANGER, now};

pub const SDK: &str = "/sso-adminserver/sdk/vsphere.local";
const INSTANCE: (&str, &str) = ("SsoAdminServiceInstance", "SsoAdminServiceInstance");
const GROUPCHECK: (&str, &str) = ("SsoGroupcheckServiceInstance", "ServiceInstance");
pub const SESSIONS: (&str, &str) = ("SsoSessionManager", "ssoSessionManager");
pub const DISCOVERY: (&str, &str) = ("SsoAdminPrincipalDiscoveryService", "principalDiscoveryService");
pub const MANAGEMENT: (&str, &str) = ("SsoAdminPrincipalManagementService", "principalManagementService");
pub const ROLES: (&str, &str) = ("SsoAdminRoleManagementService", "roleManagementService");
pub const PASSWORDS: (&str, &str) = ("SsoAdminPasswordPolicyService", "passwordPolicyService");
pub const CONFIGURATION: (&str, &str) =
    ("SsoAdminConfigurationManagementService", "configurationManagementService");

/// A call as govmomi writes it without a signature.
pub fn message(method: &str, (kind, id): (&str, &str), parameters: &str) -> String {
    crate::harness::requests::envelope(&format!(
        "<{method} xmlns=\"urn:sso\"><_this type=\"{kind}\">{id}</_this>{parameters}</{method}>"
    ))
}

/// `Login` with a token in the header, signed where there is a key: the same message as on `/sdk` but for its body.
pub fn login(token: &str, key: Option<&Made>) -> String {
    let ids = Ids::random(&SystemEntropy).unwrap();
    let at = now();
    let message =
        Message::new(Style::Govmomi, &ids).assertion(token).timestamp(at, at.plus(Duration::from_mins(1)));
    let (kind, id) = SESSIONS;
    // A signed body of govmomi is in no namespace (clients.md §5.2).
    let body = |namespace: &str| format!("<Login{namespace}><_this type=\"{kind}\">{id}</_this></Login>");
    match key {
        Some(made) => {
            let message = message.signed(&made.key, SignatureAlgorithm::RSA_SHA256);
            message.write(&body("")).unwrap()
        }
        None => message.write(&body(" xmlns=\"urn:sso\"")).unwrap(),
    }
}

/// Somebody at this door.
pub struct Admin<'h> {
    house: &'h House,
    pub cookie: Option<String>,
}

impl<'h> Admin<'h> {
    pub fn nobody(house: &'h House) -> Self {
        Self { house, cookie: None }
    }

    /// Logged in by a bearer token.
    pub fn logged_in(house: &'h House, name: &str) -> Self {
        let mut admin = Self::nobody(house);
        let answer = admin.send(login(&house.bearer(name), None));
        assert_eq!(answer.status, 200, "{}", answer.body);
        admin
    }

    pub fn send(&mut self, message: String) -> Answer {
        let request = Request::post(SDK, message).header("SOAPAction", "urn:sso/version2");
        let answer = self.house.send(&match &self.cookie {
            Some(cookie) => request.header("Cookie", cookie),
            None => request,
        });
        self.cookie = answer.cookie().or(self.cookie.take());
        answer
    }

    pub fn call(&mut self, method: &str, this: (&str, &str), parameters: &str) -> Answer {
        self.send(message(method, this, parameters))
    }

    /// The same, and it is done.
    pub fn done(&mut self, method: &str, this: (&str, &str), parameters: &str) -> Answer {
        let answer = self.call(method, this, parameters);
        assert_eq!(answer.status, 200, "{method}: {}", answer.body);
        answer
    }

    /// The same, and it is refused: the type of the fault.
    pub fn refused(&mut self, method: &str, this: (&str, &str), parameters: &str) -> String {
        self.call(method, this, parameters).fault().kind
    }

    /// The same, and the reason in its row.
    pub fn refused_for(&mut self, method: &str, this: (&str, &str), parameters: &str) -> (String, String) {
        let answer = self.call(method, this, parameters);
        let rows = self.house.explain(&answer);
        assert_eq!(rows.len(), 1, "one row for one refusal: {rows:?}");
        assert_eq!(
            (rows[0]["outcome"].as_str(), rows[0]["detail"]["method"].as_str()),
            (Some("refused"), Some(method))
        );
        (answer.fault().kind, rows[0]["reason"].as_str().unwrap().to_owned())
    }
}

pub fn id(tag: &str, name: &str) -> String {
    format!("<{tag}><name>{name}</name><domain>vsphere.local</domain></{tag}>")
}

on_both! {
    fn both_instances_are_told_to_everybody_at_every_path(place) {
        let house = House::open(place);
        for path in ["/sso-adminserver/sdk", "/sso-adminserver/sdk/", SDK, "/sso-adminserver/sdk/VSPHERE.LOCAL", "/sso-adminserver/system-sdk"] {
            let answer = house.send(&Request::post(path, message("SsoAdminServiceInstance", INSTANCE, "")));
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert_eq!(answer.inside("sessionManager"), Some("ssoSessionManager"));
            assert_eq!(answer.inside("replicationService"), Some("replicationService"));
            let answer = house.send(&Request::post(path, message("SsoGroupcheckServiceInstance", GROUPCHECK, "")));
            assert_eq!(answer.inside("groupCheckService"), Some("groupCheckService"), "{}", answer.body);
        }
        let elsewhere = house.send(&Request::post("/sso-adminserver/sdk/vc2.lab", message("SsoAdminServiceInstance", INSTANCE, "")));
        assert_eq!(elsewhere.status, 404);
        assert_eq!(house.send(&Request::get(SDK)).status, 405);
    }

    fn a_bearer_token_and_a_signed_holder_of_key_token_open_a_session(place) {
        let house = House::open(place);
        let machine = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        for opening in [login(&house.bearer("alice"), None), login(&machine, Some(&ROBOT))] {
            let mut admin = Admin::nobody(&house);
            assert_eq!(admin.refused("GetLocalPasswordPolicy", PASSWORDS, ""), "SsoFaultNotAuthenticated");
            let answer = admin.send(opening);
            assert_eq!(answer.status, 200, "{}", answer.body);
            let set = answer.header("set-cookie").unwrap();
            assert!(set.contains("; Path=/sso-adminserver; HttpOnly; Secure"), "{set}");
            admin.done("GetLocalPasswordPolicy", PASSWORDS, "");
            admin.done("Logout", SESSIONS, "");
            assert_eq!(admin.refused("GetLocalPasswordPolicy", PASSWORDS, ""), "SsoFaultNotAuthenticated");
        }
    }

    fn a_bad_token_opens_nothing_and_leaves_a_row(place) {
        let house = House::open(place);
        let machine = house.token(&Act::new(Credential::Certificate(&ROBOT)).holder_of_key());
        let once = login(&machine, Some(&ROBOT));
        assert_eq!(Admin::nobody(&house).send(once.clone()).status, 200);
        let before = place.rows();
        for (message, step) in [
            (login(&machine, Some(&STRANGER)), "message.signature"),
            (login(&machine, None), "possession.signature"),
            (login(&house.bearer("alice").replace("alice@", "bob@"), None), "assertion.digest"),
            (once, "admission.replay"),
            (message("Login", SESSIONS, ""), "message.security-header"),
        ] {
            let answer = Admin::nobody(&house).send(message);
            assert_eq!((answer.fault().kind.as_str(), house.refusal(&answer).as_str()), ("SsoFaultInvalidCredentials", step));
        }
        assert_eq!(place.rows().sessions, before.sessions);
        // A signature beside a bearer token is diagnosis.
        assert_eq!(Admin::nobody(&house).send(login(&house.bearer("alice"), Some(&STRANGER))).status, 200);
    }

    fn its_sessions_and_those_of_sdk_are_not_each_others(place) {
        let house = House::open(place);
        let mut admin = Admin::logged_in(&house, "alice");
        let mut client = house.logged_in("alice");
        let own = client.cookie.clone();
        let answer = client.retrieve(&[("SessionManager", "SessionManager", &["sessionList"])], None);
        assert_eq!(answer.body.matches("<userName>").count(), 1, "{}", answer.body);
        client.cookie.clone_from(&admin.cookie);
        assert_eq!(client.call("SessionIsActive", "SessionManager", "<sessionID>x</sessionID><userName>y</userName>").fault().kind, "NotAuthenticated");
        admin.done("GetLocalPasswordPolicy", PASSWORDS, "");
        let mut stranger = Admin { house: &house, cookie: own };
        assert_eq!(stranger.refused("GetLocalPasswordPolicy", PASSWORDS, ""), "SsoFaultNotAuthenticated");
        assert_eq!(stranger.send(login(&house.bearer("alice"), None)).status, 200, "a session of /sdk is no hindrance");
    }

    /// attacks.md U08: who is no administrator changes neither the own role nor anybody else's.
    fn u08_a_regular_user_reads_and_changes_nothing_but_the_own_account(place) {
        let house = House::open(place);
        // bob has no permission on any object of /sdk.
        let mut bob = Admin::logged_in(&house, "bob");
        assert_eq!(bob.done("FindPersonUser", DISCOVERY, &id("userId", "alice")).inside("firstName"), Some("Ada"));
        for (method, this, parameters) in [
            ("SetRole", ROLES, id("userId", "bob") + "<role>Administrator</role>"),
            ("GrantWSTrustRole", ROLES, id("userId", "bob") + "<role>ActAsUser</role>"),
            ("AddUserToLocalGroup", MANAGEMENT, id("userId", "bob") + "<groupName>Administrators</groupName>"),
            ("ResetLocalPersonUserPassword", MANAGEMENT, "<userName>alice</userName><newPassword>Secret!99</newPassword>".into()),
            ("DeleteLocalPrincipal", MANAGEMENT, "<principalName>alice</principalName>".into()),
            ("SetClockTolerance", CONFIGURATION, "<milliseconds>1000</milliseconds>".into()),
        ] {
            let wanted = ("SsoFaultNoPermission".to_owned(), "no-permission".to_owned());
            assert_eq!(bob.refused_for(method, this, &parameters), wanted, "{method}");
        }
        bob.done("UpdateSelfLocalPersonUserDetails", MANAGEMENT, "<userDetails><firstName>Bob</firstName></userDetails>");
        assert_eq!(bob.done("FindPersonUser", DISCOVERY, &id("userId", "bob")).inside("firstName"), Some("Bob"));
        // The same calls by an administrator.
        let mut alice = Admin::logged_in(&house, "alice");
        let grant = id("userId", "bob") + "<role>ActAsUser</role>";
        assert_eq!(alice.done("GrantWSTrustRole", ROLES, &grant).inside("returnval"), Some("true"));
        assert_eq!(alice.done("SetRole", ROLES, &(id("userId", "bob") + "<role>Administrator</role>")).inside("returnval"), Some("true"));
        // What somebody belongs to counts at once, in a session that was open before.
        bob.done("SetClockTolerance", CONFIGURATION, "<milliseconds>1000</milliseconds>");
        assert_eq!(bob.done("GetClockTolerance", CONFIGURATION, "").inside("returnval"), Some("1000"));
        alice.done("SetRole", ROLES, &(id("userId", "bob") + "<role>RegularUser</role>"));
        assert_eq!(bob.refused("SetClockTolerance", CONFIGURATION, "<milliseconds>2000</milliseconds>"), "SsoFaultNoPermission");
    }

    fn what_is_no_call_is_told_so(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        assert_eq!(alice.refused("Lost", SESSIONS, ""), "InvalidRequest");
        assert_eq!(alice.refused("FindUser", SESSIONS, &id("userId", "a")), "MethodNotFound");
        assert_eq!(alice.refused("FindUser", ("X", "x"), &id("userId", "a")), "ManagedObjectNotFound");
        let probe = "<serviceUri>ldap://x</serviceUri><authenticationType>anonymous</authenticationType>";
        let sources = ("SsoAdminIdentitySourceManagementService", "identitySourceManagementService");
        assert_eq!(alice.refused("ProbeConnectivity", sources, probe), "NotSupported");
        assert_eq!(alice.send("<no/>".into()).fault().kind, "InvalidRequest");
        let by_hand = token_login(Style::Govmomi, &house.bearer("alice"), None, now());
        assert_eq!(alice.send(by_hand).fault().kind, "InvalidRequest", "a call of vim25 is none of this service");
    }
}
