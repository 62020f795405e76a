//! Bearer or Holder-of-Key: the matrix of `KeyType`, `UseKey` and signature (`sts.md` §6.2; `decisions.md` §8).

use super::{MessageSignature, Refusal};
use crate::pki::Certificate;
use crate::wstrust::{IssueRequest, KeyType};

/// The certificate to confirm; none = bearer.
pub(super) fn choose<'a>(
    request: &IssueRequest,
    signature: Option<MessageSignature<'a>>,
) -> Result<Option<&'a Certificate>, Refusal> {
    if let Some(named) = request.use_key.as_deref() {
        let found = signature.is_some_and(|signature| !signature.id.is_empty() && signature.id == named);
        if !found {
            return Err(Refusal::UseKey);
        }
    }
    match (request.key_type, signature) {
        (Some(KeyType::Bearer), _) | (None, None) => Ok(None),
        (Some(KeyType::PublicKey) | None, Some(signature)) => Ok(Some(signature.certificate)),
        (Some(KeyType::PublicKey), None) => Err(Refusal::NoCertificate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::pki::make;

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
            assert_eq!(choose(&request, signature), expected, "{case}");
        }
    }
}
