//! Bearer or Holder-of-Key: the matrix of `KeyType`, `UseKey` and signature (`sts.md` §6.2; `decisions.md` §8).

use super::delegation::NewDelegate;
use super::{Authenticated, Case, Refusal};
use crate::pki::Certificate;
use crate::saml::Confirmation;
use crate::wstrust::KeyType;

/// The certificate to confirm; none = bearer. A renewed token keeps its own.
pub(super) fn of<'a>(case: &Case<'a>) -> Result<Option<&'a Certificate>, Refusal> {
    if let Some(token) = case.renewed() {
        return Ok(match &token.subject.confirmation {
            Confirmation::HolderOfKey { certificate } => Some(certificate),
            Confirmation::Bearer { .. } => None,
        });
    }
    if let Some(named) = case.request.use_key.as_deref() {
        let found = case.signature.is_some_and(|signature| !signature.id.is_empty() && signature.id == named);
        if !found {
            return Err(Refusal::UseKey);
        }
        if matches!(case.delegate, Some(NewDelegate::Named { .. })) {
            return Err(Refusal::UseKeyOfDelegate);
        }
    }
    if case.authenticated == Authenticated::ByBearer {
        return of_bearer(case);
    }
    match (case.request.key_type, &case.delegate, case.signature) {
        (Some(KeyType::Bearer), Some(_), _) => Err(Refusal::DelegatedBearer),
        (Some(KeyType::Bearer), None, _) | (None, None, None) => Ok(None),
        (_, Some(NewDelegate::Named { certificate, .. }), _) => Ok(Some(certificate)),
        (_, _, Some(signature)) => Ok(Some(signature.certificate)),
        (_, Some(NewDelegate::Requester { .. }), None) | (Some(KeyType::PublicKey), None, None) => {
            Err(Refusal::NoCertificate)
        }
    }
}

/// Who shows no key gets a token for none.
fn of_bearer<'a>(case: &Case<'a>) -> Result<Option<&'a Certificate>, Refusal> {
    match (case.request.key_type, &case.delegate) {
        (Some(KeyType::Bearer), Some(_)) => Err(Refusal::DelegatedBearer),
        (Some(KeyType::PublicKey), _) => Err(Refusal::HolderOfKeyByBearer),
        (None, Some(_)) => Err(Refusal::DelegatedByBearer),
        (Some(KeyType::Bearer) | None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::MessageSignature;
    use super::super::tests::{case, template, token};
    use super::*;
    use crate::clock::Moment;
    use crate::pki::make;
    use crate::wstrust::IssueRequest;

    /// sts.md §10: 116-131. Without and with a Holder-of-Key token, which decide alike.
    #[test]
    fn key_type_use_key_and_signature_decide_together() {
        let certificate = make::self_signed("robot", Moment::EPOCH).unwrap().certificate;
        let signed = |id| Some(MessageSignature { id, certificate: &certificate });
        let hok = Ok(Some(&certificate));
        for (case, key_type, use_key, signature, expected) in [
            ("Bearer, unsigned", Some(KeyType::Bearer), None, None, Ok(None)),
            ("Bearer, signed", Some(KeyType::Bearer), None, signed("_s"), Ok(None)),
            ("no KeyType, unsigned", None, None, None, Ok(None)),
            ("no KeyType, signed", None, None, signed(""), hok.clone()),
            ("no KeyType, UseKey", None, Some("_s"), signed("_s"), hok.clone()),
            ("PublicKey, signed, no UseKey", Some(KeyType::PublicKey), None, signed("_s"), hok.clone()),
            ("PublicKey, UseKey", Some(KeyType::PublicKey), Some("_s"), signed("_s"), hok),
            ("PublicKey, unsigned", Some(KeyType::PublicKey), None, None, Err(Refusal::NoCertificate)),
            (
                "UseKey of another signature",
                Some(KeyType::PublicKey),
                Some("_t"),
                signed("_s"),
                Err(Refusal::UseKey),
            ),
            (
                "UseKey in another case",
                Some(KeyType::PublicKey),
                Some("_S"),
                signed("_s"),
                Err(Refusal::UseKey),
            ),
            ("UseKey, signature without Id", None, Some("_s"), signed(""), Err(Refusal::UseKey)),
            ("UseKey, unsigned", Some(KeyType::Bearer), Some("_s"), None, Err(Refusal::UseKey)),
        ] {
            let request =
                IssueRequest { key_type, use_key: use_key.map(str::to_owned), ..IssueRequest::default() };
            let mut tried = super::super::tests::case(&request);
            tried.signature = signature;
            assert_eq!(of(&tried), expected, "{case}");
            let token = token(Some(1), None, &[]);
            tried.template = Some(template(&token, true, false));
            assert_eq!(of(&tried), expected, "{case}, by token");
        }
    }

    /// sts.md §10: 116-131. The column of bearer tokens, which only other issuers' are.
    #[test]
    fn who_shows_a_bearer_token_gets_a_bearer_token() {
        let certificate = make::self_signed("robot", Moment::EPOCH).unwrap().certificate;
        let signed = Some(MessageSignature { id: "_s", certificate: &certificate });
        let named = Some(NewDelegate::Named { name: "agent@VSPHERE.LOCAL", certificate: &certificate });
        let (bearer, public) = (Some(KeyType::Bearer), Some(KeyType::PublicKey));
        for (what, key_type, use_key, signature, delegate, expected) in [
            ("116", bearer, None, None, None, Ok(None)),
            ("117", bearer, None, signed, None, Ok(None)),
            ("118", bearer, None, None, named, Err(Refusal::DelegatedBearer)),
            ("121", public, Some("_s"), signed, named, Err(Refusal::UseKeyOfDelegate)),
            ("122", None, Some("_s"), signed, None, Ok(None)),
            ("125", None, Some("_t"), signed, None, Err(Refusal::UseKey)),
            ("126", None, None, signed, None, Ok(None)),
            ("127", None, None, None, None, Ok(None)),
            ("128", None, None, None, named, Err(Refusal::DelegatedByBearer)),
            ("129", public, None, signed, None, Err(Refusal::HolderOfKeyByBearer)),
            ("130", public, None, None, None, Err(Refusal::HolderOfKeyByBearer)),
            ("131", public, None, signed, named, Err(Refusal::HolderOfKeyByBearer)),
        ] {
            let use_key = use_key.map(str::to_owned);
            let request = IssueRequest { key_type, use_key, ..IssueRequest::default() };
            let authenticated = Authenticated::ByBearer;
            let case = Case { signature, authenticated, delegate, ..case(&request) };
            assert_eq!(of(&case), expected, "{what}");
        }
    }

    /// sts.md §10: 118, 119, 121, 128, 131.
    #[test]
    fn a_delegate_shows_itself_by_its_own_key() {
        let [own, theirs] =
            ["robot", "agent"].map(|name| make::self_signed(name, Moment::EPOCH).unwrap().certificate);
        let signature = |id| Some(MessageSignature { id, certificate: &own });
        let named = Some(NewDelegate::Named { name: "agent@VSPHERE.LOCAL", certificate: &theirs });
        let requester = Some(NewDelegate::Requester { name: "robot@VSPHERE.LOCAL" });
        let public = Some(KeyType::PublicKey);
        for (what, key_type, use_key, signature, delegate, expected) in [
            ("118", Some(KeyType::Bearer), None, None, named, Err(Refusal::DelegatedBearer)),
            (
                "118 signed",
                Some(KeyType::Bearer),
                None,
                signature("_s"),
                named,
                Err(Refusal::DelegatedBearer),
            ),
            ("119", Some(KeyType::Bearer), None, signature("_s"), requester, Err(Refusal::DelegatedBearer)),
            ("121", public, Some("_s"), signature("_s"), named, Err(Refusal::UseKeyOfDelegate)),
            ("128", None, None, None, named, Ok(Some(&theirs))),
            ("128 signed", None, None, signature("_s"), named, Ok(Some(&theirs))),
            ("131", public, None, signature("_s"), named, Ok(Some(&theirs))),
            ("ActAs", public, Some("_s"), signature("_s"), requester, Ok(Some(&own))),
            ("ActAs without KeyType", None, None, signature(""), requester, Ok(Some(&own))),
            ("ActAs unsigned", None, None, None, requester, Err(Refusal::NoCertificate)),
        ] {
            let use_key = use_key.map(str::to_owned);
            let request = IssueRequest { key_type, use_key, ..IssueRequest::default() };
            let case = Case { signature, delegate, ..case(&request) };
            assert_eq!(of(&case), expected, "{what}");
        }
    }
}
