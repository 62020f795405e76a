//! SPNEGO around both mechanisms.

use super::fixtures::{Talk, acceptor};
use super::{kerberos_client as kerberos, ntlm_client as ntlm};
use crate::negotiate::der::{ENUMERATED, OBJECT_IDENTIFIER, OCTETS, Reader, SEQUENCE, element};
use crate::negotiate::spnego::{KERBEROS, MICROSOFT_KERBEROS, NTLM, SPNEGO};
use crate::negotiate::{DerError, MAX_TOKEN, Mechanism, NegotiateError};

const UNKNOWN: &[u8] = &[0x2a, 3, 4];

pub fn list(mechanisms: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &mechanisms.iter().flat_map(|oid| element(OBJECT_IDENTIFIER, oid)).collect::<Vec<_>>())
}

pub fn init(mechanisms: &[&[u8]], token: Option<&[u8]>) -> Vec<u8> {
    let token = token.map_or_else(Vec::new, |token| element(0xa2, &element(OCTETS, token)));
    let fields = [element(0xa0, &list(mechanisms)), token].concat();
    let inside = [element(OBJECT_IDENTIFIER, SPNEGO), element(0xa0, &element(SEQUENCE, &fields))].concat();
    element(0x60, &inside)
}

/// A client's `NegTokenResp`, without `negState` unless one is given.
pub fn response(state: Option<u8>, token: Option<&[u8]>, mic: Option<&[u8]>) -> Vec<u8> {
    let mut fields = state.map_or_else(Vec::new, |state| element(0xa0, &element(ENUMERATED, &[state])));
    for (tag, contents) in [(0xa2, token), (0xa3, mic)] {
        fields.extend(contents.map_or_else(Vec::new, |found| element(tag, &element(OCTETS, found))));
    }
    element(0xa1, &element(SEQUENCE, &fields))
}

/// What the acceptor answered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    state: u8,
    mechanism: Option<Vec<u8>>,
    token: Option<Vec<u8>>,
    mic: Option<Vec<u8>>,
}

fn answer(bytes: &[u8]) -> Answer {
    let mut fields = Reader::new(Reader::only(Reader::only(bytes, 0xa1).unwrap(), SEQUENCE).unwrap());
    let state = Reader::only(fields.element(0xa0).unwrap(), ENUMERATED).unwrap()[0];
    let mut next = |tag, inner| {
        let field = fields.optional(tag).unwrap();
        field.map(|field| Reader::only(field, inner).unwrap().to_vec())
    };
    let answer = Answer {
        state,
        mechanism: next(0xa1, OBJECT_IDENTIFIER),
        token: next(0xa2, OCTETS),
        mic: next(0xa3, OCTETS),
    };
    fields.end().unwrap();
    answer
}

/// NTLM up to the challenge.
fn challenged(talk: &mut Talk<'_>, mechanisms: &[&[u8]]) -> ntlm::Answer {
    let client = ntlm::Client::default();
    let asked = answer(&talk.ask(&init(mechanisms, Some(&client.negotiate()))));
    assert_eq!((asked.state, asked.mechanism.as_deref(), asked.mic), (1, Some(NTLM), None));
    client.answer(&asked.token.unwrap())
}

#[test]
fn ntlm_goes_through_with_signed_mechanisms_with_or_without_neg_state() {
    let acceptor = acceptor();
    for state in [None, Some(1)] {
        let mut talk = Talk::with(&acceptor);
        let theirs = challenged(&mut talk, &[NTLM]);
        let mic = ntlm::mic(&theirs.session, &list(&[NTLM]));
        let token = response(state, Some(&theirs.token), Some(&mic));
        assert_eq!(talk.exchange.unverified_user(&token).unwrap().user, "alice");
        let (token, identity) = talk.prove(&token);
        assert_eq!((identity.user(), identity.mechanism()), (Some("alice"), Mechanism::Ntlm));
        let ours = ntlm::server_mic(&theirs.session, &list(&[NTLM]));
        assert_eq!(answer(&token.unwrap()), Answer { mic: Some(ours), ..Answer::default() });
    }
}

#[test]
fn a_stripped_or_wrong_mech_list_mic_is_refused() {
    let acceptor = acceptor();
    let mut talk = Talk::with(&acceptor);
    let theirs = challenged(&mut talk, &[NTLM]);
    assert_eq!(talk.refused(&response(None, Some(&theirs.token), None)), NegotiateError::NoMechListMic);
    // The client offered Kerberos too, and somebody took it out.
    let mut talk = Talk::with(&acceptor);
    let theirs = challenged(&mut talk, &[NTLM]);
    let mic = ntlm::mic(&theirs.session, &list(&[KERBEROS, NTLM]));
    assert_eq!(talk.refused(&response(None, Some(&theirs.token), Some(&mic))), NegotiateError::MechListMic);
    // Its own signature sent back.
    let mut talk = Talk::with(&acceptor);
    let theirs = challenged(&mut talk, &[NTLM]);
    let mic = ntlm::server_mic(&theirs.session, &list(&[NTLM]));
    assert_eq!(talk.refused(&response(None, Some(&theirs.token), Some(&mic))), NegotiateError::MechListMic);
}

#[test]
fn a_forged_ntlm_answer_is_refused_inside_spnego_too() {
    let acceptor = acceptor();
    for sends_mic in [false, true] {
        let forged = ntlm::Client {
            random_proof: true,
            announces_mic: sends_mic,
            sends_mic,
            ..ntlm::Client::default()
        };
        let mut talk = Talk::with(&acceptor);
        let asked = answer(&talk.ask(&init(&[NTLM], Some(&forged.negotiate()))));
        let theirs = forged.answer(&asked.token.unwrap());
        let mic = ntlm::mic(&theirs.session, &list(&[NTLM]));
        let refused = talk.refused(&response(None, Some(&theirs.token), Some(&mic)));
        assert_eq!(refused, crate::negotiate::NtlmError::Proof.into());
    }
}

#[test]
fn kerberos_goes_through_in_one_leg_by_either_of_its_names() {
    let acceptor = acceptor();
    for mechanism in [KERBEROS, MICROSOFT_KERBEROS] {
        let client = kerberos::Client::default();
        let (token, identity) = Talk::with(&acceptor).prove(&init(&[mechanism, NTLM], Some(&client.token())));
        assert_eq!((identity.user(), identity.mechanism()), (Some("alice"), Mechanism::Kerberos));
        let answer = answer(&token.unwrap());
        assert_eq!((answer.state, answer.mechanism.as_deref(), answer.mic), (0, Some(mechanism), None));
        client.accepts(&answer.token.unwrap());
    }
}

#[test]
fn kerberos_first_is_made_ntlm_where_only_that_is_accepted() {
    let mut acceptor = acceptor();
    acceptor.kerberos = None;
    let offered = [KERBEROS, NTLM];
    let client = ntlm::Client::default();
    let run = |mic: &dyn Fn(&[u8; 16]) -> Option<Vec<u8>>| {
        let mut talk = Talk::with(&acceptor);
        let first = answer(&talk.ask(&init(&offered, Some(&kerberos::Client::default().token()))));
        assert_eq!(first, Answer { state: 3, mechanism: Some(NTLM.to_vec()), ..Answer::default() });
        let asked = answer(&talk.ask(&response(None, Some(&client.negotiate()), None)));
        assert_eq!((asked.state, asked.mechanism), (1, None));
        let theirs = client.answer(&asked.token.unwrap());
        talk.say(&response(None, Some(&theirs.token), mic(&theirs.session).as_deref())).map(|_| ())
    };
    assert_eq!(run(&|session| Some(ntlm::mic(session, &list(&offered)))), Ok(()));
    assert_eq!(run(&|_| None), Err(NegotiateError::NoMechListMic));
    assert_eq!(run(&|session| Some(ntlm::mic(session, &list(&[NTLM])))), Err(NegotiateError::MechListMic));
}

#[test]
fn kerberos_that_is_not_the_first_choice_owes_a_signature() {
    let acceptor = acceptor();
    let offered = [UNKNOWN, KERBEROS];
    let client = kerberos::Client::default();
    let begun = || {
        let mut talk = Talk::with(&acceptor);
        let first = answer(&talk.ask(&init(&offered, Some(b"a token of the unknown mechanism"))));
        assert_eq!(first, Answer { state: 3, mechanism: Some(KERBEROS.to_vec()), ..Answer::default() });
        let second = answer(&talk.ask(&response(None, Some(&client.token()), None)));
        let ours = client.accepts(second.token.as_ref().unwrap());
        assert_eq!((second.state, second.mic), (1, Some(client.mic(true, ours, &list(&offered)))));
        talk
    };
    let mic = |list: &[u8]| client.mic(false, 0x1234_5678, list);
    let (token, identity) = begun().prove(&response(None, None, Some(&mic(&list(&offered)))));
    assert_eq!((token, identity.user()), (None, Some("alice")));
    assert_eq!(begun().refused(&response(None, None, None)), NegotiateError::NoMechListMic);
    let wrong = begun().refused(&response(None, None, Some(&mic(&list(&[KERBEROS])))));
    assert_eq!(wrong, NegotiateError::MechListMic);
    assert_eq!(begun().refused(&response(Some(2), None, None)), NegotiateError::RejectedByClient);
}

#[test]
fn a_client_that_signs_with_its_first_kerberos_token_is_through_at_once() {
    let client = kerberos::Client { gss_flags: 0x3c, ap_options: 0, ..kerberos::Client::default() };
    let acceptor = acceptor();
    let offered = [UNKNOWN, KERBEROS];
    let mut talk = Talk::with(&acceptor);
    talk.ask(&init(&offered, None));
    let mic = client.mic(false, 0x1234_5678, &list(&offered));
    let (token, _) = talk.prove(&response(None, Some(&client.token()), Some(&mic)));
    // Without an AP-REP both sides count from the client's number.
    let ours = client.mic(true, 0x1234_5678, &list(&offered));
    assert_eq!(answer(&token.unwrap()), Answer { mic: Some(ours), ..Answer::default() });
}

#[test]
fn an_offer_without_a_token_is_answered_with_the_choice() {
    let acceptor = acceptor();
    let mut talk = Talk::with(&acceptor);
    let first = answer(&talk.ask(&init(&[KERBEROS], None)));
    assert_eq!(first, Answer { state: 1, mechanism: Some(KERBEROS.to_vec()), ..Answer::default() });
    let client = kerberos::Client::default();
    talk.prove(&response(None, Some(&client.token()), None));
}

#[test]
fn what_is_offered_and_not_accepted_is_named() {
    let refused = Talk::with(&acceptor()).refused(&init(&[UNKNOWN], None));
    assert_eq!(refused, NegotiateError::NoCommonMechanism { offered: vec!["2a0304".to_owned()] });
    let refused = Talk::with(&acceptor()).refused(&init(&[], None));
    assert_eq!(refused, NegotiateError::NoCommonMechanism { offered: vec![] });
}

#[test]
fn tokens_that_are_none_are_refused() {
    let acceptor = acceptor();
    let refused = |token: &[u8]| Talk::with(&acceptor).refused(token);
    let good = init(&[KERBEROS], Some(&kerberos::Client::default().token()));
    assert_eq!(Talk::with(&acceptor).say(&[]).unwrap_err(), NegotiateError::Empty);
    assert_eq!(refused(&[0xa1, 0]), NegotiateError::UnknownToken(0xa1));
    assert_eq!(refused(&[&good[..], &[0]].concat()), DerError::Trailing(1).into());
    assert_eq!(refused(&good[..good.len() - 1]), DerError::Truncated.into());
    let other = element(0x60, &element(OBJECT_IDENTIFIER, UNKNOWN));
    assert_eq!(refused(&other), NegotiateError::UnknownMechanism("2a0304".to_owned()));
    assert_eq!(refused(&vec![0x60; MAX_TOKEN]), DerError::Trailing(MAX_TOKEN - 98).into());
    assert_eq!(refused(&vec![0x60; MAX_TOKEN + 1]), NegotiateError::TooLong(MAX_TOKEN + 1));
    let many = vec![UNKNOWN; 17];
    assert_eq!(refused(&init(&many, None)), DerError::Trailing(5).into());
}

#[test]
fn a_second_token_must_carry_something() {
    let acceptor = acceptor();
    let mut talk = Talk::with(&acceptor);
    challenged(&mut talk, &[NTLM]);
    assert_eq!(talk.refused(&response(Some(1), None, None)), NegotiateError::NoToken);
}
