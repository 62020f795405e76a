//! Policies, limits of tokens, identity sources and certificates, as administrators of SSO set them.

use std::time::Duration;

use vcsso::app::audit::Action;
use vcsso::sso_admin::certificate;
use vcsso::store::AuditFilter;

use crate::harness::house::signer;
use crate::harness::{Act, Credential, House, PASSWORD, Plan, ROBOT};
use crate::sso_admin::{Admin, CONFIGURATION, MANAGEMENT, PASSWORDS, id};

const LOCKOUT: (&str, &str) = ("SsoAdminLockoutPolicyService", "lockoutPolicyService");
const SOURCES: (&str, &str) = ("SsoAdminIdentitySourceManagementService", "identitySourceManagementService");
const DOMAINS: (&str, &str) = ("SsoAdminDomainManagementService", "domainManagementService");
const CERTIFICATES: (&str, &str) = ("SsoAdminSslCertificateManager", "sslCertificateManager");

fn password_policy(least: i32, most: i32, days: &str) -> String {
    format!(
        "<policy><description>ours</description><prohibitedPreviousPasswordsCount>3</prohibitedPreviousPasswordsCount><passwordFormat>\
         <lengthRestriction><minLength>{least}</minLength><maxLength>{most}</maxLength></lengthRestriction>\
         <alphabeticRestriction><minAlphabeticCount>2</minAlphabeticCount><minUppercaseCount>1</minUppercaseCount><minLowercaseCount>1</minLowercaseCount></alphabeticRestriction>\
         <minNumericCount>1</minNumericCount><minSpecialCharCount>1</minSpecialCharCount><maxIdenticalAdjacentCharacters>3</maxIdenticalAdjacentCharacters>\
         </passwordFormat>{days}</policy>"
    )
}

fn ldap(name: &str, url: &str) -> String {
    format!(
        "<serverType>ActiveDirectory</serverType><domainName>{name}</domainName><domainAlias>{}</domainAlias><details>\
         <friendlyName>theirs</friendlyName><userBaseDn>ou=people</userBaseDn><groupBaseDn>ou=groups</groupBaseDn><primaryUrl>{url}</primaryUrl></details>\
         <authenticationType>password</authenticationType>\
         <authnCredentials><username>cn=reader</username><password>Geheim!23</password></authnCredentials>",
        name.split('.').next().unwrap()
    )
}

on_both! {
    fn the_password_policy_holds_from_the_next_password_on(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        let before = alice.done("GetLocalPasswordPolicy", PASSWORDS, "");
        assert_eq!((before.inside("minLength"), before.inside("passwordLifetimeDays")), (Some("8"), Some("90")));
        let reset = "<userName>bob</userName><newPassword>Secret!24</newPassword>";
        alice.done("UpdateLocalPasswordPolicy", PASSWORDS, &password_policy(12, 64, ""));
        let after = alice.done("GetLocalPasswordPolicy", PASSWORDS, "");
        assert_eq!((after.inside("minLength"), after.inside("maxLength"), after.inside("description"), after.inside("passwordLifetimeDays")),
            (Some("12"), Some("64"), Some("ours"), None));
        assert_eq!(alice.refused("ResetLocalPersonUserPassword", MANAGEMENT, reset), "SsoAdminFaultPasswordPolicyViolationFault");
        for wrong in [password_policy(12, 4, ""), password_policy(-1, 64, ""), password_policy(3, 64, "")] {
            assert_eq!(alice.refused("UpdateLocalPasswordPolicy", PASSWORDS, &wrong), "SsoAdminFaultInvalidPasswordPolicyFault");
        }
        alice.done("UpdateLocalPasswordPolicy", PASSWORDS, &password_policy(8, 64, "<passwordLifetimeDays>30</passwordLifetimeDays>"));
        alice.done("ResetLocalPersonUserPassword", MANAGEMENT, reset);
        house.clock.advance(Duration::from_hours(24 * 30));
        assert_eq!(house.issue(&Act::new(Credential::Password("bob", "Secret!24"))).status, 500, "it has expired");
    }

    fn the_lockout_policy_holds_from_the_next_wrong_password_on(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        let policy = |failures: i32| format!("<policy><description>d</description><maxFailedAttempts>{failures}</maxFailedAttempts>\
            <failedAttemptIntervalSec>60</failedAttemptIntervalSec><autoUnlockIntervalSec>0</autoUnlockIntervalSec></policy>");
        alice.done("UpdateLockoutPolicy", LOCKOUT, &policy(1));
        let now = alice.done("GetLockoutPolicy", LOCKOUT, "");
        assert_eq!((now.inside("maxFailedAttempts"), now.inside("failedAttemptIntervalSec"), now.inside("autoUnlockIntervalSec")),
            (Some("1"), Some("60"), Some("0")));
        assert_eq!(house.issue(&Act::new(Credential::Password("bob", "wrong"))).status, 500);
        let locked = |alice: &mut Admin<'_>| {
            let found = alice.done("FindPersonUser", crate::sso_admin::DISCOVERY, &id("userId", "bob"));
            found.inside("locked").unwrap().to_owned()
        };
        assert_eq!(locked(&mut alice), "true");
        alice.done("UnlockUserAccount", MANAGEMENT, &id("userId", "bob"));
        assert_eq!(locked(&mut alice), "false");
        assert_eq!(house.issue(&Act::new(Credential::Password("bob", PASSWORD))).status, 200);
        assert_eq!(alice.refused("UpdateLockoutPolicy", LOCKOUT, &policy(-1)), "SsoAdminFaultInvalidPasswordPolicyFault");
    }

    fn the_limits_of_tokens_hold_from_the_next_token_on(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        for (name, field, value) in [
            ("ClockTolerance", "milliseconds", "60000"),
            ("DelegationCount", "delegationCount", "3"),
            ("RenewCount", "renewCount", "4"),
            ("MaximumBearerTokenLifetime", "maxLifetime", "60000"),
            ("MaximumHoKTokenLifetime", "maxLifetime", "120000"),
        ] {
            alice.done(&format!("Set{name}"), CONFIGURATION, &format!("<{field}>{value}</{field}>"));
            assert_eq!(alice.done(&format!("Get{name}"), CONFIGURATION, "").inside("returnval"), Some(value), "{name}");
            assert_eq!(alice.refused(&format!("Set{name}"), CONFIGURATION, &format!("<{field}>-1</{field}>")), "InvalidArgument", "{name}");
        }
        assert_eq!(alice.refused("SetClockTolerance", CONFIGURATION, "<milliseconds>1500</milliseconds>"), "InvalidArgument", "half a second");
        let claims = house.claims(&house.bearer("alice"));
        assert_eq!(claims.conditions.not_on_or_after.since(claims.conditions.not_before), Duration::from_mins(1));
    }

    fn directories_are_kept_and_shown_and_their_password_is_not(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        let own = alice.done("Get", SOURCES, "");
        assert!(own.body.contains("<system><name>vsphere.local</name>") && !own.body.contains("<ldaps>"), "{}", own.body);
        alice.done("RegisterLdap", SOURCES, &ldap("corp.example", "ldap://dc1.corp.example"));
        for taken in ["corp.example", "CORP.example", "corp", "VSPHERE.LOCAL"] {
            assert_eq!(alice.refused("RegisterLdap", SOURCES, &ldap(taken, "ldap://x")), "SsoAdminFaultDuplicateDomainNameFault", "{taken}");
        }
        assert_eq!(alice.refused("RegisterLdap", SOURCES, &ldap("other.example", "http://x")), "InvalidArgument");
        let listed = alice.done("Get", SOURCES, "");
        assert!(listed.body.contains("<username>cn=reader</username>") && !listed.body.contains("Geheim"), "{}", listed.body);
        assert_eq!(listed.body.matches("<alias>corp</alias>").count(), 2, "among all, and among the directories: {}", listed.body);
        let details = "<details><friendlyName>moved</friendlyName><primaryUrl>ldaps://dc2.corp.example</primaryUrl></details>";
        alice.done("UpdateLdap", SOURCES, &format!("<name>CORP.EXAMPLE</name>{details}"));
        let credentials = "<authnCredentials><username>cn=other</username><password>Geheim!24</password></authnCredentials>";
        alice.done("UpdateLdapAuthnType", SOURCES, &format!("<name>corp.example</name><authnType>password</authnType>{credentials}"));
        let found = alice.done("FindExternalDomain", DOMAINS, "<filter>corp</filter>");
        assert_eq!((found.inside("primaryUrl"), found.inside("username"), found.inside("friendlyName")),
            (Some("ldaps://dc2.corp.example"), Some("cn=other"), Some("moved")));
        assert_eq!(alice.refused("UpdateLdap", SOURCES, &format!("<name>nowhere</name>{details}")), "SsoAdminFaultDomainNotFoundFault");
        // Its users are nobody here.
        assert_eq!(house.issue(&Act::new(Credential::Password("alice@corp.example", PASSWORD))).status, 500);
        let told = house.run(|app| async move {
            let filter = AuditFilter { action: Some(Action::AddIdentitySource.as_str().into()), ..AuditFilter::default() };
            app.store.audit_recent(50, &filter).await.unwrap()
        });
        assert!(told.len() == 1 && !told[0].detail.as_ref().unwrap().contains("Geheim"));
        alice.done("DeleteDomain", SOURCES, "<name>corp.example</name>");
        assert!(alice.done("FindExternalDomain", DOMAINS, "<filter>corp</filter>").inside("returnval").is_none());
    }

    fn default_domains_are_ours_until_somebody_says_otherwise(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        assert_eq!(alice.done("IdS_getDefaultDomains", SOURCES, "").inside("returnval"), Some("vsphere.local"));
        let set = |name: &str| format!("<domainNames>{name}</domainNames>");
        assert_eq!(alice.refused("IdS_setDefaultDomains", SOURCES, &set("corp.example")), "SsoAdminFaultDomainNotFoundFault");
        alice.done("RegisterLdap", SOURCES, &ldap("corp.example", "ldap://x"));
        alice.done("IdS_setDefaultDomains", SOURCES, &(set("CORP.EXAMPLE") + &set("vsphere.local")));
        let listed = alice.done("GetDefaultDomains", DOMAINS, "");
        assert!(listed.body.contains("<returnval>corp.example</returnval><returnval>vsphere.local</returnval>"), "{}", listed.body);
        alice.done("DeleteDomain", SOURCES, "<name>corp.example</name>");
        let listed = alice.done("IdS_getDefaultDomains", SOURCES, "");
        assert_eq!((listed.inside("returnval"), listed.body.matches("<returnval>").count()), (Some("vsphere.local"), 1));
        assert_eq!(alice.done("GetSystemDomainName", DOMAINS, "").inside("returnval"), Some("vsphere.local"));
    }

    fn trusted_certificates_are_those_that_sign_and_those_of_directories(place) {
        let house = House::open(place);
        let mut alice = Admin::logged_in(&house, "alice");
        let signing = certificate::write(signer().certificate().der());
        assert_eq!(alice.done("GetTrustedCertificates", CONFIGURATION, "").inside("returnval"), Some(signing.as_str()));
        assert_eq!(alice.done("GetKnownCertificateChains", CONFIGURATION, "").inside("certificates"), Some(signing.as_str()));
        assert!(alice.done("GetIssuersCertificates", CONFIGURATION, "").inside("returnval").is_none());
        assert_eq!(alice.done("GetSslCertificateManager", SOURCES, "").inside("returnval"), Some(CERTIFICATES.1));
        let text = certificate::write(ROBOT.certificate.der());
        let add = format!("<certificate>{text}</certificate>");
        assert_eq!(alice.done("AddCertificate", CERTIFICATES, &add).inside("returnval"), Some("true"));
        assert_eq!(alice.done("AddCertificate", CERTIFICATES, &add).inside("returnval"), Some("false"), "it is there");
        assert_eq!(alice.refused("AddCertificate", CERTIFICATES, "<certificate>none</certificate>"), "InvalidArgument");
        assert_eq!(alice.done("GetAllCertificates", CERTIFICATES, "").inside("returnval"), Some(text.as_str()));
        let prints = vcsso::pki::Thumbprints::of(ROBOT.certificate.der());
        for print in [&prints.sha1, &prints.sha256, &ROBOT.certificate.fingerprint()] {
            let found = alice.done("FindCertificate", CERTIFICATES, &format!("<fingerprint>{print}</fingerprint>"));
            assert_eq!(found.inside("returnval"), Some(text.as_str()), "{print}");
        }
        let delete = format!("<fingerprint>{}</fingerprint>", prints.sha1);
        assert_eq!(alice.done("DeleteCertificate", CERTIFICATES, &delete).inside("returnval"), Some("true"));
        assert_eq!(alice.done("DeleteCertificate", CERTIFICATES, &delete).inside("returnval"), Some("false"));
    }

    fn what_one_replica_changes_the_other_sees(place) {
        let (house, elsewhere) = (House::open(place), House::built(place, Plan::default()));
        let mut alice = Admin::logged_in(&house, "alice");
        let mut there = Admin::nobody(&elsewhere);
        there.cookie.clone_from(&alice.cookie);
        alice.done("SetRenewCount", CONFIGURATION, "<renewCount>7</renewCount>");
        assert_eq!(there.done("GetRenewCount", CONFIGURATION, "").inside("returnval"), Some("7"));
        there.done("DisableUserAccount", MANAGEMENT, &id("userId", "bob"));
        assert_eq!(house.issue(&Act::new(Credential::Password("bob", PASSWORD))).status, 500);
        there.done("EnableUserAccount", MANAGEMENT, &id("userId", "bob"));
        assert_eq!(house.issue(&Act::new(Credential::Password("bob", PASSWORD))).status, 200);
    }
}
