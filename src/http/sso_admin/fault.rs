//! From a refusal to a fault: one for every bad token.

use super::Answer;
use crate::app::registry::NotDone;
use crate::app::{Cause, Refused};
use crate::sso_admin::Fault;
use crate::sso_admin::principal::PrincipalId;

/// What whoever wanted to log in gets.
pub(super) fn of_refused(refused: &Refused) -> Answer {
    match &refused.cause {
        Cause::Overloaded | Cause::Unavailable => Answer::Unavailable,
        Cause::Step
        | Cause::Request(_)
        | Cause::Decision(_)
        | Cause::Locked { .. }
        | Cause::Expired { .. } => Answer::Fault(Fault::InvalidCredentials),
    }
}

/// What is told when something was not done.
pub(super) fn of(why: &NotDone, domain: &str) -> Answer {
    let id = |name: &str| PrincipalId { name: name.to_owned(), domain: domain.to_owned() };
    let principal = |name: &str| Fault::InvalidPrincipal { principal: name.to_owned(), why: why.to_string() };
    Answer::Fault(match why {
        NotDone::NameTaken(name) | NotDone::NoSuchPrincipal(name) | NotDone::BuiltIn(name) => principal(name),
        NotDone::LastAdministrator => principal(""),
        NotDone::Cycle { group, member } => Fault::GroupCyclic { added: id(member), existing: id(group) },
        NotDone::CertificateTaken => Fault::DuplicateSolutionCertificate,
        NotDone::BadCertificate => Fault::InvalidArgument { property: "certificate" },
        NotDone::Password(why) => Fault::PasswordPolicyViolation(why.to_string()),
        NotDone::WrongPassword => Fault::InvalidCredentials,
        NotDone::BadValue(property) => Fault::InvalidArgument { property },
        NotDone::BadPolicy(why) => Fault::InvalidPasswordPolicy(why.clone()),
        NotDone::DomainTaken(name) => Fault::DuplicateDomainName(name.clone()),
        NotDone::NoSuchDomain(name) => Fault::DomainNotFound(name.clone()),
        NotDone::Failure(_) => return Answer::Unavailable,
    })
}
