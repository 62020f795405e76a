//! What stands in requests, as a table: the reader goes by it (`sts.md` §2.2).

use crate::xml::names::{WST, WST_ADVICE, WST14};

/// An element by its namespace and its name.
pub type Name = (&'static str, &'static str);

/// The children of `RequestSecurityToken`, in any order, each at most once. Nothing else is read.
pub const REQUEST: [Name; 18] = [
    (WST, "TokenType"),
    (WST, "RequestType"),
    (WST, "Lifetime"),
    (WST, "KeyType"),
    (WST, "SignatureAlgorithm"),
    (WST, "Renewing"),
    (WST, "Delegatable"),
    (WST, "DelegateTo"),
    (WST, "UseKey"),
    (WST, "Claims"),
    (WST, "Participants"),
    (WST, "BinaryExchange"),
    (WST, "OnBehalfOf"),
    (WST, "RenewTarget"),
    (WST, "ValidateTarget"),
    (WST, "CancelTarget"),
    (WST14, "ActAs"),
    (WST_ADVICE, "AdviceSet"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wstrust::{IssueRequest, Operation, RequestError};
    use crate::xml::names::SOAP;
    use crate::xml::{Document, Limits};

    /// Whatever is described is read, by the operation that it belongs to.
    #[test]
    fn no_child_of_a_request_is_unknown_to_every_operation() {
        for (namespace, local) in REQUEST {
            let is_read = |operation: Operation| {
                let body = format!(
                    "<s:Body xmlns:s='{SOAP}'><RequestSecurityToken xmlns='{WST}'><{local} xmlns='{namespace}'/>\
                     </RequestSecurityToken></s:Body>"
                );
                let document = Document::parse(body.into_bytes(), &Limits::MESSAGE).unwrap();
                let read = IssueRequest::read(document.root(), operation);
                !matches!(read, Err(RequestError::Unknown(_) | RequestError::Unsupported(_)))
            };
            let of = [Operation::Issue, Operation::Renew, Operation::Validate, Operation::Cancel];
            assert!(of.into_iter().any(is_read), "{local}");
            let target = of.into_iter().find(|operation| operation.target() == Some(local));
            assert!(
                target.is_none_or(|target| of.into_iter().all(|one| is_read(one) == (one == target))),
                "{local}"
            );
        }
    }
}
