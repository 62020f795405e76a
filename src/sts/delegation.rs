//! Who may act for whom, and how often still (`sts.md` §6.3, §6.4).

use super::{Case, Refusal, TokenPolicy};
use crate::clock::Moment;
use crate::pki::Certificate;
use crate::saml::Delegate;

/// Who is to act for the subject from now on.
#[derive(Clone, Copy, Debug)]
pub enum NewDelegate<'a> {
    /// `ActAs`: the requester, with the key that signed the request.
    Requester {
        /// `name@DOMAIN`.
        name: &'a str,
    },
    /// `DelegateTo`: a solution user, with its registered key.
    Named {
        /// `name@DOMAIN`.
        name: &'a str,
        /// The registered certificate.
        certificate: &'a Certificate,
    },
}

/// How often the new token may be delegated, and its chain. The owner begins anew; everybody else goes on with what is
/// left, and adding a delegate costs one.
pub(super) fn continued(
    case: &Case<'_>,
    policy: &TokenPolicy,
    now: Moment,
) -> Result<(u32, Vec<Delegate>), Refusal> {
    let mut delegates =
        case.template.map(|template| template.token.conditions.delegates.clone()).unwrap_or_default();
    let left = match &case.template {
        Some(template) if !template.owned => {
            let left = template.token.conditions.proxy_count.unwrap_or(0);
            let cost = u32::from(case.delegate.is_some());
            left.checked_sub(cost).ok_or(Refusal::ChainEnded)?
        }
        _ => policy.delegation_count,
    };
    if let Some(delegate) = &case.delegate {
        delegates.push(Delegate { name: delegate.name().to_owned(), instant: now });
    }
    let delegatable = match case.renewed() {
        Some(token) => token.conditions.proxy_count.unwrap_or(0) > 0,
        None => case.request.delegatable,
    } && !case.external;
    Ok((if delegatable { left } else { 0 }, delegates))
}

impl NewDelegate<'_> {
    /// `name@DOMAIN`.
    #[must_use]
    pub const fn name(&self) -> &str {
        match self {
            Self::Requester { name } | Self::Named { name, .. } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{case, request, template, token};
    use super::*;
    use crate::wstrust::IssueRequest;

    const NOW: Moment = Moment::EPOCH;

    fn counts(owned: bool, left: u32, delegatable: bool, adds: bool) -> Result<(u32, usize), Refusal> {
        let token = token(Some(left), None, &["first@VSPHERE.LOCAL"]);
        let request = IssueRequest { delegatable, ..request() };
        let mut case = case(&request);
        case.template = Some(template(&token, owned, false));
        case.delegate = adds.then_some(NewDelegate::Requester { name: "robot@VSPHERE.LOCAL" });
        let (count, chain) = continued(&case, &TokenPolicy::default(), NOW)?;
        Ok((count, chain.len()))
    }

    /// sts.md §10: 172.
    #[test]
    fn the_owner_begins_anew_and_a_delegate_goes_on_with_what_is_left() {
        assert_eq!(counts(true, 3, false, false), Ok((0, 1)), "not delegable, owner");
        assert_eq!(counts(false, 3, false, false), Ok((0, 1)), "not delegable, delegate");
        assert_eq!(counts(true, 3, true, true), Ok((10, 2)), "owner adds a delegate");
        assert_eq!(counts(false, 3, true, true), Ok((2, 2)), "delegate adds a delegate");
        assert_eq!(counts(false, 3, true, false), Ok((3, 1)), "delegate adds none");
        assert_eq!(counts(false, 1, true, true), Ok((0, 2)), "the last time");
        assert_eq!(counts(false, 0, true, true), Err(Refusal::ChainEnded));
        assert_eq!(counts(false, 0, false, true), Err(Refusal::ChainEnded), "even if not delegable");
        assert_eq!(counts(false, 0, true, false), Ok((0, 1)));
    }

    /// sts.md §10: 140, 172.
    #[test]
    fn the_chain_grows_at_its_end_and_a_token_without_count_is_at_its_end() {
        let [counted, uncounted] = [Some(1), None].map(|count| token(count, None, &["first@VSPHERE.LOCAL"]));
        let request = request();
        let mut case = case(&request);
        case.delegate = Some(NewDelegate::Requester { name: "robot@VSPHERE.LOCAL" });
        case.template = Some(template(&counted, false, false));
        let (_, chain) = continued(&case, &TokenPolicy::default(), NOW).unwrap();
        let names: Vec<&str> = chain.iter().map(|delegate| delegate.name.as_str()).collect();
        assert_eq!(names, ["first@VSPHERE.LOCAL", "robot@VSPHERE.LOCAL"]);
        case.template = Some(template(&uncounted, false, false));
        assert_eq!(continued(&case, &TokenPolicy::default(), NOW), Err(Refusal::ChainEnded));
    }

    #[test]
    fn nobody_acts_for_the_subject_of_another_issuer() {
        let request = IssueRequest { delegatable: true, ..request() };
        for (external, count) in [(false, 10), (true, 0)] {
            let case = Case { external, ..case(&request) };
            assert_eq!(continued(&case, &TokenPolicy::default(), NOW).unwrap().0, count);
        }
    }

    #[test]
    fn a_renewed_token_stays_as_delegatable_as_it_was() {
        for (left, owned, expected) in [(0, true, 0), (3, true, 10), (3, false, 3), (0, false, 0)] {
            let (token, request) = (token(Some(left), None, &[]), request());
            let mut case = case(&request);
            case.template = Some(template(&token, owned, true));
            assert_eq!(continued(&case, &TokenPolicy::default(), NOW).unwrap().0, expected, "{left} {owned}");
        }
    }
}
