//! Extensions: registered, read back, given a certificate, and logged in over TLS with it.

use std::time::Duration;

use vcsso::pki::make::{self, MadePem};
use vcsso::pki::pem;

use crate::harness::house::authority;
use crate::harness::requests::Client;
use crate::harness::{Answer, House, now};

const KEY: &str = "com.example.ext";
const MINIMAL: &str =
    "<version>1</version><lastHeartbeatTime>2026-11-24T08:00:00.000000Z</lastHeartbeatTime>";
const NAMED: &str = "<version>1</version><subjectName>O=Lab, CN=ext</subjectName>\
                     <lastHeartbeatTime>2026-11-24T08:00:00.000000Z</lastHeartbeatTime>";

fn extension(key: &str, rest: &str) -> String {
    format!("<extension>{}</extension>", fields(key, rest))
}

fn fields(key: &str, rest: &str) -> String {
    format!("<description><label>L</label><summary>S</summary></description><key>{key}</key>{rest}")
}

fn keyed(key: &str, rest: &str) -> String {
    format!("<extensionKey>{key}</extensionKey>{rest}")
}

fn manager(client: &mut Client, method: &str, parameters: &str) -> Answer {
    client.call(method, "ExtensionManager", parameters)
}

fn done(client: &mut Client, method: &str, parameters: &str) -> Answer {
    let answer = manager(client, method, parameters);
    assert_eq!(answer.status, 200, "{method}: {}", answer.body);
    answer
}

fn register(client: &mut Client, key: &str, rest: &str) {
    done(client, "RegisterExtension", &extension(key, rest));
}

fn set_certificate(client: &mut Client, key: &str, pem: &str) {
    done(client, "SetExtensionCertificate", &keyed(key, &format!("<certificatePem>{pem}</certificatePem>")));
}

fn is_argument(answer: &Answer, property: &str) {
    assert_eq!(answer.fault().kind, "InvalidArgument", "{}", answer.body);
    assert_eq!(answer.inside("invalidProperty"), Some(property));
}

fn is_fault(answer: &Answer, kind: &str) {
    assert_eq!(answer.fault().kind, kind, "{}", answer.body);
}

fn is_refused(house: &House, answer: &Answer, kind: &str, step: &str) {
    is_fault(answer, kind);
    assert_eq!((answer.cookie(), house.refusal(answer).as_str()), (None, step));
}

/// A client on connections with this certificate.
fn holding(house: &House, made: &MadePem) -> Client {
    let mut client = house.client();
    client.wire = house.wire_as(made);
    client
}

fn log_in(client: &mut Client, how: &str, key: &str, locale: Option<&str>) -> Answer {
    let locale = locale.map(|locale| format!("<locale>{locale}</locale>")).unwrap_or_default();
    client.call(how, "SessionManager", &keyed(key, &locale))
}

fn by_certificate(client: &mut Client, key: &str) -> Answer {
    log_in(client, "LoginExtensionByCertificate", key, None)
}

fn by_subject(client: &mut Client, key: &str) -> Answer {
    log_in(client, "LoginExtensionBySubjectName", key, None)
}

/// A certificate that nobody signed but its own key, long over.
fn own() -> MadePem {
    make::authority("own", now().minus(Duration::from_hours(24 * 365 * 20))).unwrap()
}

on_both! {
    fn an_extension_is_registered_read_changed_and_removed(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let found = done(&mut alice, "FindExtension", &keyed(KEY, ""));
        assert_eq!(found.inside("FindExtensionResponse"), Some(""));
        let rest = "<company>C</company><type>T</type><version>1</version><server><url>u</url><description><label>a</label>\
            <summary>b</summary></description><company>c</company><type>t</type><adminEmail>e</adminEmail></server>\
            <taskList><taskID>one</taskID></taskList><taskList><taskID>two</taskID></taskList>\
            <lastHeartbeatTime>2026-11-24T08:00:00.000000Z</lastHeartbeatTime><healthInfo><url>h</url></healthInfo>\
            <shownInSolutionManager>true</shownInSolutionManager>";
        let registered = manager(&mut alice, "RegisterExtension", &extension(KEY, rest));
        assert_eq!(registered.inside("RegisterExtensionResponse"), Some(""), "{}", registered.body);
        let row = &house.explain(&registered)[0];
        assert_eq!((row["action"].as_str(), row["principal"].as_str()), (Some("extension.register"), Some("VSPHERE.LOCAL\\alice")));
        assert_eq!(row["detail"]["extension"], KEY);
        register(&mut alice, "a.other", MINIMAL);
        let found = done(&mut alice, "FindExtension", &keyed(KEY, ""));
        assert_eq!(found.inside("returnval"), Some(fields(KEY, rest).as_str()));
        let list = alice.call("Fetch", "ExtensionManager", "<prop>extensionList</prop>");
        assert!(list.body.contains("<returnval xsi:type=\"ArrayOfExtension\"><Extension xsi:type=\"Extension\">"), "{}", list.body);
        assert_eq!(list.body.matches("<key>").count(), 2);
        assert!(list.body.find("a.other") < list.body.find(KEY));
        let collected = alice.retrieve(&[("ExtensionManager", "ExtensionManager", &["extensionList"])], None);
        assert_eq!(collected.body.matches("<key>").count(), 2, "{}", collected.body);
        done(&mut alice, "UpdateExtension", &extension(KEY, MINIMAL));
        let found = done(&mut alice, "FindExtension", &keyed(KEY, ""));
        assert_eq!(found.inside("returnval"), Some(fields(KEY, MINIMAL).as_str()));
        done(&mut alice, "UnregisterExtension", &keyed(KEY, ""));
        assert_eq!(done(&mut alice, "FindExtension", &keyed(KEY, "")).inside("FindExtensionResponse"), Some(""));
        assert_eq!(place.count("extensions"), 1);
        register(&mut alice, KEY, MINIMAL);
    }

    fn a_key_is_registered_once_and_must_be_one(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        register(&mut alice, KEY, MINIMAL);
        let answer = manager(&mut alice, "RegisterExtension", &extension(KEY, NAMED));
        is_argument(&answer, "extension.key");
        // The session of an extension is called after it: nobody may look like somebody else.
        for key in ["", "VSPHERE.LOCAL\\alice", "alice@vsphere.local", "a b", &"k".repeat(257)] {
            is_argument(&manager(&mut alice, "RegisterExtension", &extension(key, MINIMAL)), "extension.key");
        }
        register(&mut alice, &"k".repeat(256), MINIMAL);
        register(&mut alice, &KEY.to_uppercase(), MINIMAL);
        assert_eq!(place.count("extensions"), 3);
    }

    fn what_does_not_exist_cannot_be_changed(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let certificate = own().certificate;
        let calls = [
            ("UpdateExtension", extension(KEY, MINIMAL)),
            ("UnregisterExtension", keyed(KEY, "")),
            ("SetPublicKey", keyed(KEY, "<publicKey>k</publicKey>")),
            ("SetExtensionCertificate", keyed(KEY, &format!("<certificatePem>{certificate}</certificatePem>"))),
            ("SetServiceAccount", keyed(KEY, "<serviceAccount>alice</serviceAccount>")),
        ];
        for (method, parameters) in &calls {
            let answer = manager(&mut alice, method, parameters);
            is_fault(&answer, "NotFound");
            assert_eq!(answer.fault().text, "The object or item referred to could not be found.");
        }
        register(&mut alice, KEY, MINIMAL);
        for (method, parameters) in calls.iter().filter(|(method, _)| *method != "UnregisterExtension") {
            done(&mut alice, method, parameters);
        }
        done(&mut alice, "UnregisterExtension", &keyed(KEY, ""));
    }

    fn whoever_may_only_read_changes_nothing(place) {
        let house = House::open(place);
        register(&mut house.logged_in("alice"), KEY, MINIMAL);
        let mut carol = house.logged_in("carol");
        assert!(done(&mut carol, "FindExtension", &keyed(KEY, "")).body.contains(KEY));
        assert!(carol.call("Fetch", "ExtensionManager", "<prop>extensionList</prop>").body.contains(KEY));
        for (method, parameters, privilege) in [
            ("RegisterExtension", extension("other", MINIMAL), "Extension.Register"),
            ("UpdateExtension", extension(KEY, NAMED), "Extension.Update"),
            ("UnregisterExtension", keyed(KEY, ""), "Extension.Unregister"),
            ("SetExtensionCertificate", keyed(KEY, ""), "Extension.Update"),
            ("SetPublicKey", keyed(KEY, "<publicKey/>"), "Extension.Update"),
            ("SetServiceAccount", keyed(KEY, "<serviceAccount/>"), "Extension.Update"),
        ] {
            let answer = manager(&mut carol, method, &parameters);
            is_fault(&answer, "NoPermission");
            assert_eq!(answer.inside("privilegeId"), Some(privilege), "{method}");
        }
        let list = house.client().call("Fetch", "ExtensionManager", "<prop>extensionList</prop>");
        is_fault(&list, "NotAuthenticated");
    }

    fn an_extension_is_read_strictly_and_has_a_size(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        for broken in [
            format!("<extension><key>{KEY}</key>{MINIMAL}</extension>"),
            extension(KEY, &format!("{MINIMAL}<unknown/>")),
            extension(KEY, &format!("{MINIMAL}{MINIMAL}")),
            extension(KEY, "<version>1</version><lastHeartbeatTime>yesterday</lastHeartbeatTime>"),
        ] {
            is_fault(&manager(&mut alice, "RegisterExtension", &broken), "InvalidRequest");
        }
        let sized = |size: usize| extension(KEY, &format!("<company>{}</company>{MINIMAL}", "c".repeat(size)));
        is_argument(&manager(&mut alice, "RegisterExtension", &sized(256 * 1024)), "extension");
        done(&mut alice, "RegisterExtension", &sized(250 * 1024));
        is_argument(&manager(&mut alice, "UpdateExtension", &sized(256 * 1024)), "extension");
        let key = |size: usize| keyed(KEY, &format!("<publicKey>{}</publicKey>", "k".repeat(size)));
        is_argument(&manager(&mut alice, "SetPublicKey", &key(16 * 1024 + 1)), "publicKey");
        done(&mut alice, "SetPublicKey", &key(16 * 1024));
        // All together have one too.
        let more: Vec<u16> = (0..20).map(|number| {
            let text = sized(250 * 1024).replace(KEY, &format!("more.{number}"));
            manager(&mut alice, "RegisterExtension", &text).status
        }).collect();
        assert!(more[0] == 200 && more[19] == 500, "{more:?}");
    }

    fn the_small_questions_have_answers(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let key = done(&mut alice, "GetPublicKey", "");
        assert!(key.inside("returnval").unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"), "{}", key.body);
        assert_eq!(done(&mut alice, "QueryManagedBy", &keyed(KEY, "")).inside("QueryManagedByResponse"), Some(""));
        let usage = done(&mut alice, "QueryExtensionIpAllocationUsage", "<extensionKeys>a</extensionKeys><extensionKeys>b</extensionKeys>");
        assert_eq!(usage.inside("QueryExtensionIpAllocationUsageResponse"), Some(""));
        register(&mut alice, KEY, MINIMAL);
        is_argument(&manager(&mut alice, "SetServiceAccount", &keyed(KEY, "<serviceAccount>nobody</serviceAccount>")), "serviceAccount");
        let set = done(&mut alice, "SetServiceAccount", &keyed(KEY, "<serviceAccount>VSPHERE.LOCAL\\robot</serviceAccount>"));
        assert_eq!(house.explain(&set)[0]["detail"]["account"], "robot");
    }

    /// `attacks.md` S14: the positive twin.
    fn the_certificate_that_was_set_opens_a_session(place) {
        let house = House::open(place);
        let (made, other) = (own(), own());
        let mut alice = house.logged_in("alice");
        register(&mut alice, KEY, MINIMAL);
        let before = place.rows();
        is_refused(&house, &by_certificate(&mut holding(&house, &made), KEY), "InvalidLogin", "extension.certificate");
        set_certificate(&mut alice, KEY, &made.certificate);
        is_refused(&house, &by_certificate(&mut house.client(), KEY), "NoClientCertificate", "extension.client-certificate");
        for key in ["com.example.unknown", "COM.EXAMPLE.EXT", "", "a\\b"] {
            is_refused(&house, &by_certificate(&mut holding(&house, &made), key), "InvalidLogin", "extension.registered");
        }
        is_refused(&house, &by_certificate(&mut holding(&house, &other), KEY), "InvalidLogin", "extension.certificate");
        let tongue = log_in(&mut holding(&house, &made), "LoginExtensionByCertificate", KEY, Some("tlh"));
        is_refused(&house, &tongue, "InvalidLocale", "session.locale");
        let wrong = log_in(&mut holding(&house, &other), "LoginExtensionByCertificate", KEY, Some("tlh"));
        is_refused(&house, &wrong, "InvalidLogin", "extension.certificate");
        let mut busy = holding(&house, &made);
        busy.cookie.clone_from(&alice.cookie);
        is_refused(&house, &by_certificate(&mut busy, KEY), "InvalidLogin", "session.anonymous");
        assert_eq!(place.rows(), before);

        let mut client = holding(&house, &made);
        let opened = log_in(&mut client, "LoginExtensionByCertificate", KEY, Some("de_DE"));
        assert_eq!(opened.status, 200, "{}", opened.body);
        let said = |name| opened.inside(name).unwrap();
        assert_eq!((said("userName"), said("fullName"), said("extensionSession")), (KEY, KEY, "true"));
        assert_eq!((said("locale"), said("messageLocale")), ("de_DE", "de"));
        let row = &house.explain(&opened)[0];
        assert_eq!((row["action"].as_str(), row["principal"].as_str()), (Some("session.login-extension-by-certificate"), Some(KEY)));
        // The cookie is good without the certificate too, on every replica.
        let mut plain = house.client();
        plain.cookie.clone_from(&client.cookie);
        assert_eq!(plain.current_session().inside("userName"), Some(KEY));
        let replica = House::open(place);
        plain = replica.client();
        plain.cookie.clone_from(&client.cookie);
        assert!(plain.call("Fetch", "SessionManager", "<prop>sessionList</prop>").body.contains(KEY), "as an administrator may");
        register(&mut plain, "com.example.second", MINIMAL);
        assert_eq!(client.logout().status, 200);
        assert_eq!(plain.current_time().status, 500);
    }

    fn the_certificate_comes_from_the_text_or_from_the_connection(place) {
        let house = House::open(place);
        let made = own();
        let mut alice = house.logged_in("alice");
        register(&mut alice, KEY, MINIMAL);
        is_fault(&manager(&mut alice, "SetExtensionCertificate", &keyed(KEY, "")), "NoClientCertificate");
        let pasted = |text: &str| keyed(KEY, &format!("<certificatePem>{text}</certificatePem>"));
        let key = pem::encode("PUBLIC KEY", b"x");
        for wrong in ["", "nonsense", "AAAA", key.as_str()] {
            is_argument(&manager(&mut alice, "SetExtensionCertificate", &pasted(wrong)), "certificatePem");
        }
        is_refused(&house, &by_certificate(&mut holding(&house, &made), KEY), "InvalidLogin", "extension.certificate");
        // Of this connection.
        alice.wire = house.wire_as(&made);
        done(&mut alice, "SetExtensionCertificate", &keyed(KEY, ""));
        assert_eq!(by_certificate(&mut holding(&house, &made), KEY).status, 200);
        // Without armour, and in the place of the one before.
        let second = own();
        let bare: String = second.certificate.lines().filter(|line| !line.starts_with('-')).collect();
        set_certificate(&mut alice, KEY, &bare);
        assert_eq!(by_certificate(&mut holding(&house, &second), KEY).status, 200);
        is_refused(&house, &by_certificate(&mut holding(&house, &made), KEY), "InvalidLogin", "extension.certificate");
    }

    fn a_subject_of_the_lab_ca_opens_a_session(place) {
        let house = House::open(place);
        let lab = make::client(authority(), "ext", now()).unwrap();
        let mut alice = house.logged_in("alice");
        register(&mut alice, KEY, MINIMAL);
        let before = place.rows();
        is_refused(&house, &by_subject(&mut house.client(), KEY), "NoClientCertificate", "extension.client-certificate");
        is_refused(&house, &by_subject(&mut holding(&house, &lab), "unknown"), "InvalidLogin", "extension.registered");
        is_refused(&house, &by_subject(&mut holding(&house, &lab), KEY), "NoSubjectName", "extension.subject-name");
        done(&mut alice, "UpdateExtension", &extension(KEY, NAMED));
        is_refused(&house, &by_subject(&mut holding(&house, &lab), KEY), "InvalidLogin", "extension.subject");
        let called_ext = NAMED.replace("O=Lab, CN=ext", " cn = EXT ");
        done(&mut alice, "UpdateExtension", &extension(KEY, &called_ext));
        let stranger = make::client(&make::authority("CA of the tests", now()).unwrap(), "ext", now()).unwrap();
        for untrusted in [&stranger, &own()] {
            is_refused(&house, &by_subject(&mut holding(&house, untrusted), KEY), "InvalidClientCertificate", "extension.chain");
        }
        let tongue = log_in(&mut holding(&house, &lab), "LoginExtensionBySubjectName", KEY, Some("tlh"));
        is_refused(&house, &tongue, "InvalidLocale", "session.locale");
        assert_eq!(place.rows(), before);
        let opened = by_subject(&mut holding(&house, &lab), KEY);
        assert_eq!((opened.status, opened.inside("userName")), (200, Some(KEY)), "{}", opened.body);
        assert_eq!(opened.inside("extensionSession"), Some("true"));
        // What was set for the other way in is no matter here, and this is none there.
        is_refused(&house, &by_certificate(&mut holding(&house, &lab), KEY), "InvalidLogin", "extension.certificate");
        house.clock.advance(Duration::from_hours(24 * 366));
        is_refused(&house, &by_subject(&mut holding(&house, &lab), KEY), "InvalidClientCertificate", "extension.chain");
    }

    fn an_extension_that_is_gone_keeps_its_sessions_and_opens_no_other(place) {
        let house = House::open(place);
        let made = own();
        let mut alice = house.logged_in("alice");
        register(&mut alice, KEY, MINIMAL);
        set_certificate(&mut alice, KEY, &made.certificate);
        let mut client = holding(&house, &made);
        assert_eq!(by_certificate(&mut client, KEY).status, 200);
        done(&mut alice, "UnregisterExtension", &keyed(KEY, ""));
        assert_eq!(client.current_session().inside("userName"), Some(KEY));
        assert_eq!(client.current_time().status, 200);
        is_refused(&house, &by_certificate(&mut holding(&house, &made), KEY), "InvalidLogin", "extension.registered");
        assert_eq!(client.logout().status, 200);
        is_fault(&client.current_time(), "NotAuthenticated");
        // Registered again, it has to show a certificate again.
        register(&mut alice, KEY, MINIMAL);
        is_refused(&house, &by_certificate(&mut client, KEY), "InvalidLogin", "extension.certificate");
    }

    fn an_administrator_becomes_a_registered_extension_and_nobody_else_does(place) {
        let house = House::open(place);
        let mut alice = house.logged_in("alice");
        let become_it = |client: &mut Client| client.call("ImpersonateUser", "SessionManager", &format!("<userName>{KEY}</userName>"));
        is_refused(&house, &become_it(&mut alice), "InvalidLogin", "session.target");
        register(&mut alice, KEY, MINIMAL);
        is_fault(&become_it(&mut house.logged_in("carol")), "NoPermission");
        let answer = become_it(&mut alice);
        assert_eq!((answer.inside("userName"), answer.inside("extensionSession")), (Some(KEY), Some("true")), "{}", answer.body);
        assert_eq!(alice.current_session().inside("userName"), Some(KEY));
    }

    /// `attacks.md` S14, N11.
    fn no_header_says_what_certificate_a_connection_has(place) {
        let house = House::open(place);
        let made = own();
        let mut alice = house.logged_in("alice");
        register(&mut alice, KEY, MINIMAL);
        set_certificate(&mut alice, KEY, &made.certificate);
        let message = crate::harness::requests::envelope(&crate::harness::requests::call(
            "LoginExtensionByCertificate", "SessionManager", &keyed(KEY, "")));
        for header in ["X-Client-Cert", "X-Forwarded-Client-Cert", "X-SSL-Client-Cert"] {
            let request = crate::harness::Request::post("/sdk", message.clone());
            let flat = made.certificate.replace('\n', "%0A");
            let answer = house.send(&request.header(header, &flat));
            is_refused(&house, &answer, "NoClientCertificate", "extension.client-certificate");
        }
    }

    fn the_oldest_way_in_is_not_supported(place) {
        let house = House::open(place);
        let parameters = keyed(KEY, "<base64SignedCredentials>AA==</base64SignedCredentials>");
        let answer = house.client().call("LoginExtension", "SessionManager", &parameters);
        is_fault(&answer, "NotSupported");
        assert_eq!(answer.fault().text, "The operation is not supported on the object.");
    }

    fn an_extension_of_the_seed_is_there_from_the_start_and_what_came_later_stays(place) {
        use vcsso::app::seed::{Item, Wish, apply};
        use vcsso::identity::ExtensionKey;
        let house = House::open(place);
        let made = own();
        let certificate = pem::certificates(&made.certificate).unwrap().remove(0);
        let item = |hash: u8, subject: Option<&str>, certificate| Item {
            key: format!("extension/{KEY}"),
            hash: [hash; 32],
            wish: Wish::Extension { key: ExtensionKey::new(KEY).unwrap(), subject_name: subject.map(str::to_owned), certificate },
        };
        let seeded = |item: Item| house.run(|app| async move { apply(&app, vec![item]).await.unwrap() });
        assert_eq!(seeded(item(1, None, Some(certificate.clone()))), 1);
        assert_eq!(by_certificate(&mut holding(&house, &made), KEY).status, 200);
        let mut alice = house.logged_in("alice");
        done(&mut alice, "UpdateExtension", &extension(KEY, &format!("<company>C</company>{MINIMAL}")));
        assert_eq!(seeded(item(1, None, Some(certificate))), 0, "an entry that has not changed is skipped");
        assert_eq!(seeded(item(2, Some("CN=ext"), None)), 1);
        let found = done(&mut alice, "FindExtension", &keyed(KEY, ""));
        assert_eq!((found.inside("company"), found.inside("subjectName")), (Some("C"), Some("CN=ext")));
        assert_eq!(by_certificate(&mut holding(&house, &made), KEY).status, 200);
        let lab = make::client(authority(), "ext", now()).unwrap();
        assert_eq!(by_subject(&mut holding(&house, &lab), KEY).status, 200);
    }
}
