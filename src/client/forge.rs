//! Tokens that nobody may believe: what a server does with them says whether it verifies any.

use std::time::Duration;

use super::SignError;
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::pki::TokenSigner;
use crate::pki::make::{Made, self_signed};
use crate::saml::write::{NewAssertion, write};

/// A bearer token, well formed and signed with a key that nobody knows: another one each time.
///
/// # Errors
/// [`SignError`].
pub fn by_a_stranger(id: &str, issuer: &str, subject: &str, now: Moment) -> Result<String, SignError> {
    let made = self_signed("vcsso-doctor", now).map_err(|_| SignError::Missing("key"))?;
    let Made { certificate, key } = made;
    let signer = TokenSigner::new(key, vec![certificate]).ok_or(SignError::Missing("certificate"))?;
    let new = NewAssertion {
        id,
        issue_instant: now,
        authn_instant: now,
        issuer,
        subject,
        confirmation: None,
        not_before: now,
        not_on_or_after: now.plus(LIFETIME),
        proxy_count: 0,
        renew_count: 0,
        authn_class: PASSWORD,
        groups: &[],
        given_name: None,
        surname: None,
        is_solution: false,
        special: None,
    };
    Ok(write(&new, &signer, SignatureAlgorithm::RSA_SHA256)?)
}

/// A good token about somebody else: its subject has another name, and nothing else is touched.
#[must_use]
pub fn about_another(token: &str, subject: &str, other: &str) -> Option<String> {
    token.contains(subject).then(|| token.replace(subject, other))
}

/// So long as a token lives that nobody uses.
const LIFETIME: Duration = Duration::from_mins(5);
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::UnverifiedToken;
    use crate::pki::Anchors;
    use crate::verifier::{Policy, StepId, judge_token};

    #[test]
    fn a_strangers_token_is_good_in_everything_but_its_signer() {
        let now = Moment::parse("2026-11-24T08:00:00Z").unwrap();
        let token = by_a_stranger("_a", "https://sso", "alice@VSPHERE.LOCAL", now).unwrap();
        let signer = UnverifiedToken::read(&token).unwrap().signer.unwrap();
        let judged =
            |token: &str, anchors| judge_token(token.as_bytes().to_vec(), &anchors, &Policy::default(), now);
        let known = || Anchors::new([(Some("https://sso".to_owned()), signer.clone())]);
        assert!(judged(&token, known()).proven.is_some());
        let other = self_signed("other", now).unwrap().certificate;
        let refused = judged(&token, Anchors::new([(Some("https://sso".to_owned()), other)])).report;
        assert!(matches!(
            refused.refusal().unwrap().id,
            StepId::AssertionSigner | StepId::AssertionSignature
        ));
        let changed = about_another(&token, "alice@VSPHERE.LOCAL", "admin@VSPHERE.LOCAL").unwrap();
        assert_eq!(judged(&changed, known()).report.refusal().unwrap().id, StepId::AssertionDigest);
        assert_eq!(about_another(&token, "bob@VSPHERE.LOCAL", "x"), None);
    }
}
