//! Kerberos, without SPNEGO around it.

use super::fixtures::{self, Talk, acceptor, now};
use super::kerberos_client::{Client, frame};
use crate::clock::Moment;
use crate::negotiate::{
    BindingError, ChannelBinding, Claim, DerError, EncryptionType, KerberosError, Mechanism, NegotiateError,
    Replayed, Step,
};

fn refusal(client: &Client) -> KerberosError {
    refused(&client.token())
}

fn refused(token: &[u8]) -> KerberosError {
    match Talk::with(&acceptor()).refused(token) {
        NegotiateError::Kerberos(error) => error,
        other => panic!("{other:?}"),
    }
}

fn accepted(client: &Client) -> Option<Vec<u8>> {
    Talk::with(&acceptor()).prove(&client.token()).0
}

fn claim(token: &[u8], at: Moment) -> Claim {
    let acceptor = acceptor();
    let mut talk = Talk { now: at, exchange: crate::negotiate::Exchange::new(at), ..Talk::with(&acceptor) };
    match talk.say(token) {
        Ok(Step::Done { unclaimed, .. }) => *unclaimed.claim(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_with_a_ticket_is_who_the_ticket_says_and_can_see_who_answered() {
    let client = Client::default();
    let acceptor = acceptor();
    let (token, identity) = Talk::with(&acceptor).prove(&client.token());
    assert_eq!(identity.mechanism(), Mechanism::Kerberos);
    assert_eq!((identity.user(), identity.realm()), (Some("alice"), "LAB.TEST"));
    assert_eq!(identity.key().expose(), client.subkey.clone().unwrap());
    client.accepts(&token.unwrap());
    let without_subkey = Client { subkey: None, ..Client::default() };
    let (_, identity) = Talk::with(&acceptor).prove(&without_subkey.token());
    assert_eq!(identity.key().expose(), without_subkey.session_key);
}

#[test]
fn an_answer_is_sent_only_when_it_was_asked_for() {
    assert_eq!(accepted(&Client { gss_flags: 0x3c, ap_options: 0, ..Client::default() }), None);
}

#[test]
fn aes_128_is_as_good_in_tickets_and_session_keys() {
    let client = Client {
        kind: 17,
        service_key: fixtures::SERVICE_KEY_128.to_vec(),
        session_kind: 17,
        session_key: vec![0x31; 16],
        subkey: Some(vec![0x32; 16]),
        ..Client::default()
    };
    client.accepts(&accepted(&client).unwrap());
}

#[test]
fn an_older_key_of_the_keytab_opens_tickets_that_name_it_or_name_none() {
    for kvno in [Some(2), None] {
        assert!(accepted(&Client { service_key: vec![0x0d; 32], kvno, ..Client::default() }).is_some());
    }
    let unknown = Client { kvno: Some(9), ..Client::default() };
    let kind = EncryptionType::Aes256Sha1;
    assert_eq!(refusal(&unknown), KerberosError::NoKey { kind, version: Some(9) });
}

#[test]
fn a_ticket_may_be_large() {
    let transited: &[u8] = Box::leak(vec![b'.'; 40 * 1024].into());
    let client = Client { transited, ..Client::default() };
    assert!(client.token().len() > 40 * 1024);
    client.accepts(&accepted(&client).unwrap());
}

#[test]
fn a_name_that_is_not_ascii_is_refused() {
    let accented = |part: &[u8]| {
        let at = part.windows(5).position(|bytes| bytes == b"alice").unwrap();
        [&part[..at], "alié".as_bytes(), &part[at + 5..]].concat()
    };
    assert_eq!(refused(&Client::default().token_of_changed_parts(accented)), KerberosError::Malformed);
}

#[test]
fn a_name_may_have_a_kilobyte() {
    let named = |length| -> &'static str { Box::leak("a".repeat(length).into_boxed_str()) };
    assert!(accepted(&Client { name: vec![named(1_023)], ..Client::default() }).is_some());
    assert_eq!(
        refusal(&Client { name: vec![named(1_024)], ..Client::default() }),
        KerberosError::NameLength(1_025)
    );
    assert_eq!(
        refusal(&Client { name: vec![""; 1_025], ..Client::default() }),
        KerberosError::NameLength(1_025)
    );
}

#[test]
fn a_name_of_two_components_is_not_that_of_its_first() {
    let evil = Client { name: vec!["alice", "evil"], ..Client::default() };
    let (_, identity) = Talk::with(&acceptor()).prove(&evil.token());
    assert_eq!(identity.user(), None);
    assert_eq!(identity.components(), ["alice", "evil"]);
    let quoted = Client { name: vec!["alice/evil"], ..Client::default() };
    assert_eq!(Talk::with(&acceptor()).prove(&quoted.token()).1.user(), Some("alice/evil"));
}

#[test]
fn a_replay_makes_the_same_claim_and_two_logins_make_two() {
    let token = Client::default().token();
    let first = claim(&token, now());
    assert_eq!(first.until, now().plus(fixtures::TOLERANCE * 2).plus(std::time::Duration::from_secs(1)));
    let later = now().plus(std::time::Duration::from_secs(500));
    assert_eq!(claim(&token, later).key, first.key);
    assert_ne!(claim(&Client::default().token(), now()).key, first.key);
    // Nothing that is not sealed can be changed to make another claim of the same authenticator.
    let again = Client::default();
    let Ok(Step::Done { unclaimed, .. }) = Talk::with(&acceptor()).say(&again.token()) else { panic!() };
    assert_eq!(unclaimed.claimed(false).unwrap_err(), Replayed);
}

#[test]
fn a_claim_is_remembered_for_as_long_as_its_token_is_accepted() {
    let token = Client { at: (600, 0), ..Client::default() }.token();
    let until = claim(&token, now()).until;
    let last = now().plus(fixtures::TOLERANCE * 2);
    assert_eq!(claim(&token, last).key, claim(&token, now()).key);
    assert!(last < until);
}

#[test]
fn a_clock_may_be_off_by_the_tolerance_and_no_more() {
    for at in [(-600, 0), (600, 0), (599, 999_999)] {
        assert!(accepted(&Client { at, ..Client::default() }).is_some());
    }
    for at in [(-601, 999_999), (600, 1), (-610, 0), (610, 0)] {
        let refused = refusal(&Client { at, ..Client::default() });
        assert!(matches!(refused, KerberosError::Skew { .. }), "{refused}");
    }
}

#[test]
fn a_ticket_has_a_lifetime() {
    for (begins, ends) in [(600, 3_600), (-3_600, -599)] {
        assert!(accepted(&Client { begins, ends, ..Client::default() }).is_some());
    }
    for (begins, ends) in [(601, 3_600), (610, 3_600), (-3_600, -600), (-3_600, -610)] {
        let refused = refusal(&Client { begins, ends, ..Client::default() });
        assert!(matches!(refused, KerberosError::Lifetime { .. }), "{refused}");
    }
    assert_eq!(refusal(&Client { ticket_flags: 0x0100_0000, ..Client::default() }), KerberosError::Invalid);
}

#[test]
fn a_ticket_sealed_with_another_key_is_refused() {
    assert_eq!(refusal(&Client { service_key: vec![1; 32], ..Client::default() }), KerberosError::Ticket);
    assert_eq!(refusal(&Client { service_key: vec![0; 32], ..Client::default() }), KerberosError::Ticket);
    assert_eq!(refusal(&Client { service_key: vec![], ..Client::default() }), KerberosError::Ticket);
}

#[test]
fn a_ticket_for_another_service_is_refused_even_if_the_keytab_has_its_key() {
    for service in ["HTTP/other.lab.test@LAB.TEST", "HTTP/vcsso.lab.test@FRIENDS.TEST", "HTTP@LAB.TEST"] {
        let refused = refusal(&Client { service, ..Client::default() });
        assert!(matches!(refused, KerberosError::Service { .. }), "{refused}");
    }
}

#[test]
fn other_ciphers_than_aes_and_empty_keys_are_refused() {
    let rc4 = Client { kind: 23, ..Client::default() };
    assert_eq!(refusal(&rc4), KerberosError::EncryptionType(23));
    let rc4 = Client { session_kind: 23, ..Client::default() };
    assert_eq!(refusal(&rc4), KerberosError::EncryptionType(23));
    let empty = Client { session_key: vec![], ..Client::default() };
    assert_eq!(refusal(&empty), KerberosError::KeyLength { seen: 0, wanted: 32 });
    let empty = Client { subkey: Some(vec![]), ..Client::default() };
    assert_eq!(refusal(&empty), KerberosError::KeyLength { seen: 0, wanted: 32 });
}

#[test]
fn only_listed_realms_are_heard() {
    assert!(accepted(&Client { realm: "FRIENDS.TEST", ..Client::default() }).is_some());
    let refused = refusal(&Client { realm: "EVIL.TEST", ..Client::default() });
    assert!(matches!(refused, KerberosError::Realm { .. }), "{refused}");
    let refused = refusal(&Client { realm: "lab.test", ..Client::default() });
    assert!(matches!(refused, KerberosError::Realm { .. }), "{refused}");
}

#[test]
fn a_realm_on_the_way_must_have_been_checked_by_the_kdc() {
    let friend = Client { realm: "FRIENDS.TEST", transited: b"EVIL.TEST", ..Client::default() };
    assert_eq!(refusal(&friend), KerberosError::Transited);
    assert!(accepted(&Client { ticket_flags: 0x4088_0000, ..friend }).is_some());
}

#[test]
fn nobody_is_anonymous() {
    for client in [
        Client { ticket_flags: 0x4080_8000, ..Client::default() },
        Client { name_type: 11, ..Client::default() },
        Client { name: vec!["WELLKNOWN", "ANONYMOUS"], ..Client::default() },
        Client { name: vec![""], ..Client::default() },
        Client { name: vec![], ..Client::default() },
    ] {
        assert_eq!(refusal(&client), KerberosError::Anonymous);
    }
}

#[test]
fn ticket_and_authenticator_are_about_the_same_client() {
    let thief = Client { says: Some(vec!["bob"]), ..Client::default() };
    assert!(matches!(refusal(&thief), KerberosError::Client { .. }));
}

#[test]
fn what_must_be_understood_and_is_not_is_refused() {
    assert!(accepted(&Client { ad_type: None, says_ad_type: None, ..Client::default() }).is_some());
    assert_eq!(refusal(&Client { ad_type: Some(8), ..Client::default() }), KerberosError::Critical(8));
    assert_eq!(refusal(&Client { says_ad_type: Some(8), ..Client::default() }), KerberosError::Critical(8));
}

#[test]
fn what_is_not_a_gss_login_is_refused() {
    let plain = Client { checksum_type: None, ..Client::default() };
    assert_eq!(refusal(&plain), KerberosError::NotGss { checksum: None });
    let plain = Client { checksum_type: Some(vec![16]), ..Client::default() };
    assert_eq!(refusal(&plain), KerberosError::NotGss { checksum: Some(16) });
    assert_eq!(refusal(&Client { gss_flags: 0x1002, ..Client::default() }), KerberosError::DceStyle);
    assert_eq!(refusal(&Client { ap_options: 0x60, ..Client::default() }), KerberosError::UserToUser);
    let version = Client { version: 4, ..Client::default() };
    assert_eq!(refusal(&version), KerberosError::Version { seen: 4, wanted: 5 });
    assert_eq!(refused(&frame(2, &Client::default().request())), KerberosError::Frame);
}

#[test]
fn bytes_after_the_message_are_refused_at_every_level() {
    let token = [&Client::default().token()[..], &[0]].concat();
    assert_eq!(Talk::with(&acceptor()).refused(&token), DerError::Trailing(1).into());
    let token = frame(1, &[&Client::default().request()[..], &[0]].concat());
    assert_eq!(refused(&token), DerError::Trailing(1).into());
}

#[test]
fn a_sealed_part_that_was_changed_does_not_open() {
    let token = Client::default().token();
    let mut changed = token.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&changed), KerberosError::Authenticator);
    // The ticket's cipher lies in the middle.
    let mut changed = token;
    changed[300] ^= 1;
    assert_eq!(refused(&changed), KerberosError::Ticket);
}

#[test]
fn a_channel_binding_is_compared_and_may_be_required() {
    let mut acceptor = acceptor();
    let ours = ChannelBinding::of_end_point(&[1; 32]);
    let mut outcome = |binding, required| {
        acceptor.binding_required = required;
        let mut talk = Talk { channel: Some(ours), ..Talk::with(&acceptor) };
        let step = talk.say(&Client { binding, ..Client::default() }.token());
        step.map(|_| ()).map_err(|error| error.binding())
    };
    assert_eq!(outcome(*ours.bytes(), true), Ok(()));
    assert_eq!(outcome([9; 16], false), Err(Some(BindingError::Mismatch)));
    assert_eq!(outcome([0; 16], false), Ok(()));
    assert_eq!(outcome([0; 16], true), Err(Some(BindingError::Missing)));
}

#[test]
fn kerberos_that_is_switched_off_is_not_answered() {
    let mut acceptor = acceptor();
    acceptor.kerberos = None;
    let refused = Talk::with(&acceptor).refused(&Client::default().token());
    assert_eq!(refused, NegotiateError::NotAccepted("Kerberos"));
}
