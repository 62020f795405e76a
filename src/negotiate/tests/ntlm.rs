//! NTLM, without SPNEGO around it.

use super::fixtures::{Talk, acceptor, now};
use super::ntlm_client::{Client, FLAGS};
use crate::negotiate::{
    BindingError, ChannelBinding, Circumstances, MAX_AGE, Mechanism, NegotiateError, NtlmError, Replayed,
    Step, UnverifiedUser,
};

/// Why this client is refused.
fn refusal(client: &Client) -> NegotiateError {
    let acceptor = acceptor();
    let mut talk = Talk::with(&acceptor);
    let challenge = talk.ask(&client.negotiate());
    talk.refused(&client.answer(&challenge).token)
}

#[test]
fn somebody_who_knows_the_password_is_who_they_say() {
    let acceptor = acceptor();
    for (user, domain, negotiate_flags) in
        [("alice", "LAB", FLAGS), ("ALICE", "", FLAGS), ("alice", "LAB", FLAGS & !0x4000_0000)]
    {
        let client = Client { user, domain, negotiate_flags, ..Client::default() };
        let mut talk = Talk::with(&acceptor);
        let challenge = talk.ask(&client.negotiate());
        let answer = client.answer(&challenge);
        let unverified = UnverifiedUser { user: user.to_owned(), domain: domain.to_owned() };
        assert_eq!(talk.exchange.unverified_user(&answer.token), Some(unverified));
        let (token, identity) = talk.prove(&answer.token);
        assert_eq!(token, None);
        assert_eq!(identity.mechanism(), Mechanism::Ntlm);
        assert_eq!((identity.user(), identity.realm()), (Some(user), domain));
        assert_eq!(identity.key().expose(), answer.session);
        assert!(!format!("{identity:?}").contains("119"), "the key is not printed");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_one_refusal() {
    assert_eq!(refusal(&Client { password: "Secret!24", ..Client::default() }), NtlmError::Proof.into());
    assert_eq!(refusal(&Client { user: "mallory", ..Client::default() }), NtlmError::Proof.into());
}

#[test]
fn a_forged_answer_with_a_random_proof_is_refused_with_and_without_mic() {
    for (announces_mic, sends_mic) in [(false, false), (true, false), (true, true)] {
        let forged = Client { random_proof: true, announces_mic, sends_mic, ..Client::default() };
        assert_eq!(refusal(&forged), NtlmError::Proof.into());
    }
    let mut relaxed = acceptor();
    relaxed.ntlm.as_mut().unwrap().require_mic = false;
    let forged = Client { random_proof: true, announces_mic: false, sends_mic: false, ..Client::default() };
    let mut talk = Talk::with(&relaxed);
    let challenge = talk.ask(&forged.negotiate());
    assert_eq!(talk.refused(&forged.answer(&challenge).token), NtlmError::Proof.into());
}

#[test]
fn the_mic_is_required_unless_an_option_says_otherwise() {
    let old = Client { announces_mic: false, sends_mic: false, ..Client::default() };
    assert_eq!(refusal(&old), NtlmError::NoMic.into());
    let mut relaxed = acceptor();
    relaxed.ntlm.as_mut().unwrap().require_mic = false;
    let mut talk = Talk::with(&relaxed);
    let challenge = talk.ask(&old.negotiate());
    assert_eq!(talk.prove(&old.answer(&challenge).token).1.user(), Some("alice"));
    // One that is announced is checked all the same.
    let broken = Client { sends_mic: false, ..Client::default() };
    let mut talk = Talk::with(&relaxed);
    let challenge = talk.ask(&broken.negotiate());
    assert_eq!(talk.refused(&broken.answer(&challenge).token), NtlmError::Mic.into());
}

#[test]
fn a_change_of_any_of_the_three_messages_breaks_the_mic() {
    let (acceptor, client) = (acceptor(), Client::default());
    let mut talk = Talk::with(&acceptor);
    let mut negotiate = client.negotiate();
    negotiate[33] ^= 1;
    let challenge = talk.ask(&negotiate);
    assert_eq!(talk.refused(&client.answer(&challenge).token), NtlmError::Mic.into());

    let mut talk = Talk::with(&acceptor);
    let mut challenge = talk.ask(&client.negotiate());
    challenge[49] ^= 1;
    assert_eq!(talk.refused(&client.answer(&challenge).token), NtlmError::Mic.into());

    for change in [|token: &mut Vec<u8>| token.push(0), |token: &mut Vec<u8>| token[72] ^= 1] {
        let mut talk = Talk::with(&acceptor);
        let challenge = talk.ask(&client.negotiate());
        let mut token = client.answer(&challenge).token;
        change(&mut token);
        assert_eq!(talk.refused(&token), NtlmError::Mic.into());
    }
}

#[test]
fn nobody_is_anonymous_and_nobody_has_an_empty_password() {
    assert_eq!(refusal(&Client { user: "", ..Client::default() }), NtlmError::Anonymous.into());
    assert_eq!(refusal(&Client { extra_flags: 0x800, ..Client::default() }), NtlmError::Anonymous.into());
    let guest = Client { user: "guest", password: "", ..Client::default() };
    assert_eq!(refusal(&guest), NtlmError::Proof.into());
}

#[test]
fn version_1_and_weak_flags_are_refused() {
    assert_eq!(refusal(&Client { version_1: true, ..Client::default() }), NtlmError::Version1(24).into());
    let acceptor = acceptor();
    for lacking in [0x1, 0x200, 0x8_0000, 0x2000_0000] {
        let weak = Client { negotiate_flags: FLAGS & !lacking, ..Client::default() };
        let wanted = NtlmError::Flags { seen: FLAGS & !lacking, wanted: 0x2008_0201 };
        assert_eq!(Talk::with(&acceptor).refused(&weak.negotiate()), wanted.into());
    }
}

#[test]
fn an_answer_is_good_for_its_own_challenge_only() {
    let (acceptor, client) = (acceptor(), Client::default());
    let mut first = Talk::with(&acceptor);
    let challenge = first.ask(&client.negotiate());
    let answer = client.answer(&challenge).token;
    let Ok(Step::Done { unclaimed, .. }) = first.say(&answer) else { panic!() };
    assert_eq!(unclaimed.claim().until, now().plus(MAX_AGE));
    assert_eq!(unclaimed.claimed(false).unwrap_err(), Replayed);
    let mut second = Talk::with(&acceptor);
    second.ask(&client.negotiate());
    assert_eq!(second.refused(&answer), NtlmError::Proof.into());
}

#[test]
fn a_channel_binding_is_compared_and_may_be_required() {
    let mut acceptor = acceptor();
    let ours = ChannelBinding::of_end_point(&[1; 32]);
    let mut outcome = |binding, required| {
        acceptor.binding_required = required;
        let client = Client { binding, ..Client::default() };
        let mut talk = Talk { channel: Some(ours), ..Talk::with(&acceptor) };
        let challenge = talk.ask(&client.negotiate());
        talk.say(&client.answer(&challenge).token).map(|_| ()).map_err(|error| error.binding())
    };
    assert_eq!(outcome(Some(*ours.bytes()), true), Ok(()));
    assert_eq!(outcome(Some([9; 16]), false), Err(Some(BindingError::Mismatch)));
    assert_eq!(outcome(None, false), Ok(()));
    assert_eq!(outcome(None, true), Err(Some(BindingError::Missing)));
    assert_eq!(outcome(Some([0; 16]), true), Err(Some(BindingError::Missing)));
}

#[test]
fn messages_come_in_order_and_within_bounds() {
    let (acceptor, client) = (acceptor(), Client::default());
    let mut talk = Talk::with(&acceptor);
    talk.ask(&client.negotiate());
    assert_eq!(talk.refused(&client.negotiate()), NtlmError::Message { seen: 1, wanted: 3 }.into());
    let mut long = client.negotiate();
    long.resize(8 * 1024, 0);
    Talk::with(&acceptor).ask(&long);
    long.push(0);
    assert_eq!(Talk::with(&acceptor).refused(&long), NtlmError::TooLong(8_193).into());
    let short = &client.negotiate()[..15];
    assert_eq!(Talk::with(&acceptor).refused(short), NtlmError::Truncated.into());
}

#[test]
fn an_exchange_lives_for_a_minute() {
    let (acceptor, client) = (acceptor(), Client::default());
    let late = |by| {
        let mut talk = Talk::with(&acceptor);
        let challenge = talk.ask(&client.negotiate());
        talk.now = now().plus(by);
        talk.say(&client.answer(&challenge).token).map(|_| ())
    };
    assert_eq!(late(MAX_AGE.saturating_sub(std::time::Duration::from_micros(1))), Ok(()));
    assert_eq!(late(MAX_AGE), Err(NegotiateError::Expired));
}

#[test]
fn ntlm_that_is_switched_off_is_not_answered() {
    let mut acceptor = acceptor();
    acceptor.ntlm = None;
    let refused = Talk::with(&acceptor).refused(&Client::default().negotiate());
    assert_eq!(refused, NegotiateError::NotAccepted("NTLM"));
}

#[test]
fn a_panic_ends_the_exchange_and_nothing_else() {
    let (acceptor, client) = (acceptor(), Client::default());
    let mut talk = Talk::with(&acceptor);
    let challenge = talk.ask(&client.negotiate());
    let circumstances = Circumstances {
        now: now(),
        tolerance: super::fixtures::TOLERANCE,
        entropy: &crate::entropy::SystemEntropy,
        channel: None,
        nt_hash: &|_| panic!("the store is gone"),
    };
    let token = client.answer(&challenge).token;
    let step = acceptor.step(&mut talk.exchange, &token, &circumstances);
    assert_eq!(step.unwrap_err(), NegotiateError::Panicked);
    assert_eq!(talk.say(&token).unwrap_err(), NegotiateError::Ended);
}
