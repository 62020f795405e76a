//! From the wanted period to the granted one (`sts.md` §5.6): too much is cut silently, nonsense is refused.

use std::time::Duration;

use super::{Refusal, TokenPolicy};
use crate::clock::Moment;
use crate::pki::Certificate;
use crate::wstrust::Lifetime;

/// What no token outlives.
pub(super) struct Bounds<'a> {
    /// The certificate it confirms.
    pub confirmation: Option<&'a Certificate>,
    /// The end of the token it is made from.
    pub template: Option<Moment>,
    /// The certificate that signs it.
    pub signer: &'a Certificate,
}

/// What ended a token before the wanted moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// `policy.token.max_bearer_lifetime_seconds`.
    BearerPolicy,
    /// `policy.token.max_hok_lifetime_seconds`.
    HolderPolicy,
    /// The token it is made from.
    Template,
    /// The certificate that signs it.
    Signer,
    /// The certificate it confirms.
    Confirmation,
}

impl Cut {
    /// Its name in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BearerPolicy => "policy.token.max_bearer_lifetime_seconds",
            Self::HolderPolicy => "policy.token.max_hok_lifetime_seconds",
            Self::Template => "the token it is made from",
            Self::Signer => "the signing certificate",
            Self::Confirmation => "the confirmed certificate",
        }
    }
}

/// A granted period, in whole milliseconds, as tokens write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Granted {
    pub start: Moment,
    pub end: Moment,
    /// What ended it, if not the wish.
    pub cut_by: Option<Cut>,
}

/// The granted period.
pub(super) fn grant(
    wanted: Lifetime,
    bounds: &Bounds<'_>,
    policy: &TokenPolicy,
    now: Moment,
) -> Result<Granted, Refusal> {
    let Bounds { confirmation, template, signer } = *bounds;
    let period = (wanted.created, wanted.expires);
    if now < signer.not_before() || now >= past(signer) {
        return Err(Refusal::Signer {
            wanted: period,
            now,
            from: signer.not_before(),
            until: signer.not_after(),
        });
    }
    let start = wanted.created.unwrap_or(now).to_millis();
    let tolerance = policy.clock_tolerance;
    if now < start.minus(tolerance) || now >= start.plus(tolerance).plus(MILLISECOND) {
        return Err(Refusal::Start { wanted: period, start, now, tolerance });
    }
    let (longest, kind) = match confirmation {
        Some(_) => (policy.max_hok_lifetime, Cut::HolderPolicy),
        None => (policy.max_bearer_lifetime, Cut::BearerPolicy),
    };
    // The wish first: what ends at the same moment has cut nothing.
    let ends = [
        (wanted.expires, None),
        (Some(start.plus(longest)), Some(kind)),
        (template, Some(Cut::Template)),
        (Some(past(signer)), Some(Cut::Signer)),
        (confirmation.map(past), Some(Cut::Confirmation)),
    ];
    let ends = ends.into_iter().filter_map(|(end, cut)| Some((end?, cut)));
    let (end, cut_by) = ends.min_by_key(|(end, _)| *end).unwrap_or((start, None));
    let end = end.to_millis();
    if start < end { Ok(Granted { start, end, cut_by }) } else { Err(Refusal::Empty { start, end }) }
}

/// The first moment at which a certificate is no longer in force.
fn past(certificate: &Certificate) -> Moment {
    certificate.not_after().plus(MILLISECOND)
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::make;

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> Moment {
        Moment::parse("2026-11-24T08:00:00Z").unwrap()
    }

    fn signer() -> Certificate {
        make::self_signed("ssoserverSign", now()).unwrap().certificate
    }

    fn wanted(created: Option<Moment>, expires: Option<Moment>) -> Lifetime {
        Lifetime { created, expires }
    }

    fn bearer(lifetime: Lifetime) -> Result<(Moment, Moment), Refusal> {
        granted(lifetime, None, &signer())
    }

    fn granted(
        lifetime: Lifetime,
        confirmation: Option<&Certificate>,
        signer: &Certificate,
    ) -> Result<(Moment, Moment), Refusal> {
        let bounds = Bounds { confirmation, template: None, signer };
        grant(lifetime, &bounds, &TokenPolicy::default(), now()).map(|period| (period.start, period.end))
    }

    #[test]
    fn without_a_wish_a_token_gets_the_longest_life() {
        assert_eq!(bearer(wanted(None, None)), Ok((now(), now().plus(HOUR))));
        let other = make::self_signed("robot", now()).unwrap().certificate;
        let hok = granted(wanted(None, None), Some(&other), &signer());
        assert_eq!(hok, Ok((now(), now().plus(24 * 30 * HOUR))));
    }

    #[test]
    fn what_cuts_a_wish_is_named() {
        let (signer, short) = (signer(), Duration::from_mins(5));
        let other = make::self_signed("robot", now()).unwrap().certificate;
        let cut = |confirmation, template, expires| {
            let bounds = Bounds { confirmation, template, signer: &signer };
            let lifetime = wanted(None, Some(expires));
            grant(lifetime, &bounds, &TokenPolicy::default(), now()).unwrap().cut_by
        };
        assert_eq!(cut(None, None, now().plus(HOUR)), None);
        assert_eq!(cut(None, None, now().plus(2 * HOUR)), Some(Cut::BearerPolicy));
        assert_eq!(cut(Some(&other), None, now().plus(24 * 31 * HOUR)), Some(Cut::HolderPolicy));
        assert_eq!(cut(None, Some(now().plus(short)), now().plus(HOUR)), Some(Cut::Template));
    }

    #[test]
    fn a_longer_wish_is_cut_and_a_shorter_one_granted() {
        assert_eq!(bearer(wanted(Some(now()), Some(now().plus(24 * HOUR)))), Ok((now(), now().plus(HOUR))));
        let minute = now().plus(Duration::from_mins(1));
        assert_eq!(bearer(wanted(Some(now()), Some(minute))), Ok((now(), minute)));
        assert_eq!(bearer(wanted(None, Some(minute))), Ok((now(), minute)));
    }

    /// sts.md §10: 167.
    #[test]
    fn the_wanted_beginning_may_differ_by_the_tolerance_and_not_more() {
        let tolerance = TokenPolicy::default().clock_tolerance;
        let (late, early) = (now().plus(tolerance), now().minus(tolerance));
        assert_eq!(bearer(wanted(Some(late), None)).map(|(start, _)| start), Ok(late));
        assert_eq!(bearer(wanted(Some(early), None)).map(|(start, _)| start), Ok(early));
        for start in [late.plus(MILLISECOND), early.minus(MILLISECOND)] {
            assert!(matches!(bearer(wanted(Some(start), None)), Err(Refusal::Start { .. })), "{start}");
        }
    }

    #[test]
    fn no_token_outlives_its_signer_or_its_confirmation() {
        let short = make::self_signed("robot", now().minus(24 * 365 * HOUR).plus(HOUR)).unwrap().certificate;
        let (_, end) = granted(wanted(None, None), Some(&short), &signer()).unwrap();
        assert_eq!(end, short.not_after().plus(MILLISECOND));
        let (_, end) = granted(wanted(None, None), Some(&signer()), &short).unwrap();
        assert_eq!(end, short.not_after().plus(MILLISECOND));
    }

    #[test]
    fn an_expired_signer_signs_nothing_and_an_empty_period_is_refused() {
        let old = make::self_signed("ssoserverSign", now().minus(24 * 400 * HOUR)).unwrap().certificate;
        let refused = granted(wanted(None, None), None, &old);
        assert!(matches!(refused, Err(Refusal::Signer { .. })));
        let past = now().minus(Duration::from_mins(1));
        assert_eq!(bearer(wanted(None, Some(past))), Err(Refusal::Empty { start: now(), end: past }));
        let refused = granted(wanted(None, None), Some(&old), &signer());
        assert!(matches!(refused, Err(Refusal::Empty { .. })));
    }

    /// sts.md §10: 161-164.
    #[test]
    fn a_template_caps_and_never_prolongs() {
        let until = |end: Duration, wish: Option<Duration>| {
            let signer = signer();
            let bounds = Bounds { confirmation: None, template: Some(now().plus(end)), signer: &signer };
            let wish = wanted(None, wish.map(|wish| now().plus(wish)));
            grant(wish, &bounds, &TokenPolicy::default(), now()).map(|granted| granted.end.since(now()))
        };
        let minutes = Duration::from_mins;
        assert_eq!(until(minutes(7), None), Ok(minutes(7)));
        assert_eq!(until(minutes(7), Some(minutes(5))), Ok(minutes(5)));
        assert_eq!(until(minutes(7), Some(minutes(9))), Ok(minutes(7)));
        assert_eq!(until(minutes(90), None), Ok(HOUR));
        assert_eq!(until(Duration::ZERO, None), Err(Refusal::Empty { start: now(), end: now() }));
    }
}
