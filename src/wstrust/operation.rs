//! The operations of the service: which one a message asks for (`sts.md` §2.1).

use super::request::RequestError;
use crate::soap::Envelope;
use crate::xml::Element;
use crate::xml::names::{WSA, WST};

/// An operation. `VMware`'s server has no Cancel: that is an option of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new token.
    Issue,
    /// A new token in the place of an old one.
    Renew,
    /// Whether a token is good.
    Validate,
    /// A token is taken back.
    Cancel,
    /// The next token of an exchange that an Issue began.
    Challenge,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 5] = [Self::Issue, Self::Renew, Self::Validate, Self::Cancel, Self::Challenge];

    /// Its `RequestType`. A Challenge has none of its own: it goes on with an Issue.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Issue | Self::Challenge => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue",
            Self::Renew => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Renew",
            Self::Validate => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Validate",
            Self::Cancel => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Cancel",
        }
    }

    /// Its SOAP action.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::Issue => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue",
            Self::Renew => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Renew",
            Self::Validate => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Validate",
            Self::Cancel => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Cancel",
            Self::Challenge => "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTR/Issue",
        }
    }

    /// The element of a request that holds the token it is about.
    #[must_use]
    pub const fn target(self) -> Option<&'static str> {
        match self {
            Self::Issue | Self::Challenge => None,
            Self::Renew => Some("RenewTarget"),
            Self::Validate => Some("ValidateTarget"),
            Self::Cancel => Some("CancelTarget"),
        }
    }

    /// Which one a message asks for: by its SOAP action, and where that says nothing by its body. Nothing is
    /// proven by it; the request is read for this operation, and refused when it is another's.
    #[must_use]
    pub fn of(soap_action: &str, envelope: &Envelope) -> Self {
        let action = plain(soap_action);
        let by_action = Self::ALL.into_iter().find(|operation| operation.action() == action);
        let by_type = || {
            let request = envelope.request().filter(|request| request.namespace() == WST)?;
            match request.local() {
                "RequestSecurityToken" => {}
                "RequestSecurityTokenResponse" => return Some(Self::Challenge),
                _ => return None,
            }
            let kind = request.child(WST, "RequestType").and_then(Element::text)?.trim();
            Self::ALL.into_iter().find(|operation| operation.uri() == kind)
        };
        match by_action {
            Some(operation) => operation,
            None if action.is_empty() => by_type().unwrap_or(Self::Issue),
            None => Self::Issue,
        }
    }

    /// An action, where one is given, must be this operation's. Clients quote it or not, and may leave it out.
    ///
    /// # Errors
    /// [`RequestError::Action`] for another operation's.
    pub fn check_action(self, action: &str) -> Result<(), RequestError> {
        let action = plain(action);
        if action.is_empty() || action == self.action() {
            return Ok(());
        }
        Err(RequestError::Action { seen: action.chars().take(256).collect(), wanted: self.action() })
    }
}

/// `wsa:Action` of a message, empty when it has none.
///
/// # Errors
/// [`RequestError::Actions`] for several.
pub fn soap_action_of(envelope: &Envelope) -> Result<&str, RequestError> {
    match envelope.header_blocks(WSA, "Action").count() {
        0 | 1 => Ok(envelope.header_blocks(WSA, "Action").next().and_then(Element::text).unwrap_or_default()),
        several => Err(RequestError::Actions(several)),
    }
}

fn plain(action: &str) -> &str {
    action.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::names::SOAP;

    fn of(action: &str, kind: &str) -> Operation {
        let text = format!(
            "<s:Envelope xmlns:s='{SOAP}'><s:Body><RequestSecurityToken xmlns='{WST}'><RequestType>{kind}</RequestType>\
             </RequestSecurityToken></s:Body></s:Envelope>"
        );
        Operation::of(action, &Envelope::parse(text.into_bytes()).unwrap())
    }

    #[test]
    fn the_action_decides_and_without_one_the_request_type() {
        for operation in Operation::ALL {
            let quoted = format!("\"{}\"", operation.action());
            assert_eq!(of(&quoted, Operation::Issue.uri()), operation);
            assert_eq!(of(operation.action(), "urn:x"), operation);
            if operation != Operation::Challenge {
                assert_eq!(of("\"\"", operation.uri()), operation);
            }
        }
        assert_eq!(
            of("urn:vim25/8.0", Operation::Renew.uri()),
            Operation::Issue,
            "refused there by its action"
        );
        assert_eq!(of("", "urn:x"), Operation::Issue);
        let text = format!(
            "<s:Envelope xmlns:s='{SOAP}'><s:Body><RequestSecurityTokenResponse xmlns='{WST}'/></s:Body></s:Envelope>"
        );
        let response = Envelope::parse(text.into_bytes()).unwrap();
        assert_eq!(Operation::of("", &response), Operation::Challenge);
        assert_eq!(Operation::of("urn:x", &response), Operation::Issue);
    }

    #[test]
    fn another_operations_action_is_refused_by_name() {
        for operation in Operation::ALL {
            assert_eq!(operation.check_action(operation.action()), Ok(()));
            assert_eq!(operation.check_action(" \"\" "), Ok(()));
            let other = operation.check_action("urn:x");
            assert_eq!(other, Err(RequestError::Action { seen: "urn:x".into(), wanted: operation.action() }));
        }
    }
}
