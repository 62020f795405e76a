//! What a token says of its subject in somebody else's name (`sts.md` §5.9): what is asked for, and what an earlier token
//! said already.

use super::Case;
use crate::saml::{Advice, AdviceAttribute};
use crate::wstrust;

/// A renewed token keeps its advice. The owner's token says what is asked for; whoever acts for the owner adds to what is
/// said already, and changes nothing of it.
pub(super) fn granted(case: &Case<'_>) -> Vec<Advice> {
    let asked = || case.request.advice.iter().map(asked_for);
    match &case.template {
        Some(template) if template.renewed => template.token.advice.clone(),
        Some(template) if !template.owned => {
            let present = &template.token.advice;
            present.iter().cloned().chain(asked().filter_map(|advice| beside(present, advice))).collect()
        }
        _ => asked().collect(),
    }
}

/// What of an advice nobody has said yet.
fn beside(present: &[Advice], mut advice: Advice) -> Option<Advice> {
    let source = std::mem::take(&mut advice.source);
    let said = |name: &str| present.iter().any(|earlier| earlier.source == source && earlier.names(name));
    advice.attributes.retain(|attribute| !said(&attribute.name));
    (!advice.attributes.is_empty()).then_some(Advice { source, ..advice })
}

fn asked_for(advice: &wstrust::Advice) -> Advice {
    let attributes = advice.attributes.iter().cloned();
    let attributes = attributes.map(|wstrust::AdviceAttribute { name, friendly_name, values }| {
        AdviceAttribute { name, friendly_name, values }
    });
    Advice { source: advice.source.clone(), attributes: attributes.collect() }
}

/// The same in the answer.
#[must_use]
pub fn answered(advice: &[Advice]) -> Vec<wstrust::Advice> {
    let answered = |advice: &Advice| {
        let attributes = advice.attributes.iter().cloned();
        let attributes = attributes.map(|AdviceAttribute { name, friendly_name, values }| {
            wstrust::AdviceAttribute { name, friendly_name, values }
        });
        wstrust::Advice { source: advice.source.clone(), attributes: attributes.collect() }
    };
    advice.iter().map(answered).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{case, request, template, token};
    use super::*;
    use crate::wstrust::IssueRequest;

    fn advice(source: &str, attributes: &[(&str, &str)]) -> Advice {
        let attribute = |(name, value): &(&str, &str)| AdviceAttribute {
            name: (*name).to_owned(),
            friendly_name: None,
            values: vec![(*value).to_owned()],
        };
        Advice { source: source.into(), attributes: attributes.iter().map(attribute).collect() }
    }

    fn said(present: &[Advice], asked: &[Advice], owned: bool, renewed: bool) -> Vec<Advice> {
        let request = IssueRequest { advice: answered(asked), ..request() };
        let mut token = token(None, None, &[]);
        token.advice = present.to_vec();
        let mut case = case(&request);
        case.template = Some(template(&token, owned, renewed));
        granted(&case)
    }

    /// sts.md §10: 135, 138, 173-175.
    #[test]
    fn the_owner_says_what_he_likes_and_a_delegate_changes_nothing() {
        let present = [advice("s", &[("a", "1"), ("b", "2")])];
        let asked = [advice("s", &[("b", "3"), ("c", "4")]), advice("t", &[("a", "5")])];
        let of_request = IssueRequest { advice: answered(&asked), ..request() };
        assert_eq!(granted(&case(&of_request)), asked, "without an earlier token");
        assert_eq!(said(&present, &asked, true, false), asked, "owner: only what is requested");
        assert_eq!(said(&present, &[], true, false), [], "owner, nothing requested");
        let union = [present[0].clone(), advice("s", &[("c", "4")]), advice("t", &[("a", "5")])];
        assert_eq!(said(&present, &asked, false, false), union, "delegate: what is present wins");
        assert_eq!(said(&present, &[], false, false), present, "delegate, nothing requested");
        assert_eq!(said(&[], &asked, false, false), asked, "delegate, nothing present");
        assert_eq!(said(&present, &[advice("s", &[("a", "6")])], false, false), present, "nothing is left");
        for owned in [true, false] {
            assert_eq!(said(&present, &asked, owned, true), present, "a renewed token keeps it");
        }
    }
}
