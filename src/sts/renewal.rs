//! How often the new token may still be renewed (`sts.md` §5.8).

use super::{Case, Refusal, TokenPolicy};

/// The owner renews for ever; everybody else counts down, one for each renewal, and not for an exchange.
pub(super) fn count(case: &Case<'_>, policy: &TokenPolicy) -> Result<u32, Refusal> {
    let left = match &case.template {
        Some(template) if !template.owned => {
            let left = template.token.conditions.renew_count.unwrap_or(0);
            let cost = u32::from(template.renewed);
            left.checked_sub(cost).ok_or(Refusal::NotRenewable)?
        }
        _ => policy.renew_count,
    };
    let renewable = case.renewed().is_some() || case.request.renewable.unwrap_or(true);
    Ok(if renewable { left } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{case, request, template, token};
    use super::*;
    use crate::wstrust::IssueRequest;

    fn left(owned: bool, renewed: bool, left: Option<u32>, renewable: Option<bool>) -> Result<u32, Refusal> {
        let (token, request) = (token(None, left, &[]), IssueRequest { renewable, ..request() });
        let mut case = case(&request);
        case.template = Some(template(&token, owned, renewed));
        count(&case, &TokenPolicy::default())
    }

    /// sts.md §10: 139, 171.
    #[test]
    fn the_owner_renews_for_ever_and_a_delegate_counts_down() {
        let new = |renewable| {
            let request = IssueRequest { renewable, ..request() };
            count(&case(&request), &TokenPolicy::default())
        };
        assert_eq!((new(None), new(Some(true)), new(Some(false))), (Ok(10), Ok(10), Ok(0)), "new");
        assert_eq!(left(true, false, Some(0), None), Ok(10), "owner, exchange");
        assert_eq!(left(true, true, None, None), Ok(10), "owner, renewal without count");
        assert_eq!(left(false, false, Some(3), None), Ok(3), "delegate, exchange");
        assert_eq!(left(false, false, None, None), Ok(0), "delegate, exchange at the end");
        assert_eq!(left(false, true, Some(3), None), Ok(2), "delegate, renewal");
        assert_eq!(left(false, true, Some(1), None), Ok(0), "delegate, the last renewal");
        for renewable in [None, Some(false)] {
            assert_eq!(left(false, true, Some(0), renewable), Err(Refusal::NotRenewable));
            assert_eq!(left(false, true, None, renewable), Err(Refusal::NotRenewable));
        }
        assert_eq!(left(false, true, Some(3), Some(false)), Ok(2), "a renewed token is renewable");
    }
}
