//! A01, A02, H07, H08, H10: the last millisecond that is accepted and the first that is not.

use std::time::Duration;

use vcsso::clock::Moment;
use vcsso::verifier::{Door, StepId};

use crate::table::good;
use crate::world::{
    Base, Confirms, Shape, TOLERANCE, anchors, message, policy, start, timestamp_end, token_end, verdict_at,
    verdict_of_token_by,
};

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn a01_a02_a_token_is_in_force_from_not_before_to_not_on_or_after_with_the_tolerance_on_both_sides() {
    for shape in [Shape::Own, Shape::Foreign] {
        for confirms in [Confirms::Bearer, Confirms::Holder] {
            let token = &good(shape, confirms).token;
            let at = |at: Moment| verdict_of_token_by(token.as_bytes(), &anchors(), at).refusal;
            let first = start().minus(TOLERANCE);
            assert_eq!(at(first), None);
            assert_eq!(at(first.minus(MILLISECOND)), Some(StepId::AssertionInForce));
            let end = token_end().plus(TOLERANCE);
            assert_eq!(at(end.minus(MILLISECOND)), None);
            assert_eq!(at(end), Some(StepId::AssertionInForce));
        }
    }
}

#[test]
fn a01_without_tolerance_the_interval_is_the_signed_one() {
    let token = &good(Shape::Own, Confirms::Bearer).token;
    let text = message_without_timestamp(token);
    let strict = vcsso::verifier::Policy { tolerance: Duration::ZERO, ..policy() };
    let at = |at: Moment| verdict_at(text.as_bytes(), Door::Sdk, &strict, at).refusal;
    assert_eq!((at(start()), at(token_end().minus(MILLISECOND))), (None, None));
    assert_eq!(at(start().minus(MILLISECOND)), Some(StepId::AssertionInForce));
    assert_eq!(at(token_end()), Some(StepId::AssertionInForce));
}

#[test]
fn a01_a_token_in_a_message_is_judged_at_the_same_millisecond_as_alone() {
    for shape in [Shape::Own, Shape::Foreign] {
        let text = message_without_timestamp(&good(shape, Confirms::Bearer).token);
        let at = |at: Moment| verdict_at(text.as_bytes(), Door::Sdk, &policy(), at).refusal;
        let end = token_end().plus(TOLERANCE);
        assert_eq!((at(end.minus(MILLISECOND)), at(end)), (None, Some(StepId::AssertionInForce)));
        let first = start().minus(TOLERANCE);
        assert_eq!((at(first), at(first.minus(MILLISECOND))), (None, Some(StepId::AssertionInForce)));
    }
}

#[test]
fn h07_h08_a_timestamp_counts_from_created_to_expires_with_the_tolerance_on_both_sides() {
    for base in [Base::SdkBearer, Base::SdkHolder, Base::StsHolder, Base::StsCertificate, Base::StsPassword] {
        let text = message(base, &good(Shape::Own, base.confirms()).token);
        let at = |at: Moment| verdict_at(text.as_bytes(), base.door(), &policy(), at).refusal;
        let end = timestamp_end().plus(TOLERANCE);
        assert_eq!(at(end.minus(MILLISECOND)), None, "{base:?}");
        assert_eq!(at(end), Some(StepId::MessageTimestamp), "{base:?}");
        let first = start().minus(TOLERANCE);
        assert_eq!(at(first), None, "{base:?}");
        assert_eq!(at(first.minus(MILLISECOND)), Some(StepId::MessageTimestamp), "{base:?}");
    }
}

#[test]
fn h10_a_timestamp_of_ten_years_counts_for_ten_minutes() {
    let text = message(Base::StsPassword, "").replace("2026-11-24T08:00:50.000Z", "2036-11-24T08:00:50.000Z");
    let at = |at: Moment| verdict_at(text.as_bytes(), Door::Sts, &policy(), at).refusal;
    let end = start().plus(Duration::from_mins(10)).plus(TOLERANCE);
    assert_eq!(at(end.minus(MILLISECOND)), None);
    assert_eq!(at(end), Some(StepId::MessageTimestamp));
}

/// As pyVmomi logs in by bearer token: no Timestamp.
fn message_without_timestamp(token: &str) -> String {
    let text = message(Base::SdkBearer, token);
    crate::edit::without(&text, "wsu:Timestamp")
}
