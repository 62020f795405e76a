//! From a refusal to the fault `VMware`'s server would send (`sts.md` §2.6): the client learns little, the operator all.

use std::time::Duration;

use actix_web::http::StatusCode;

use crate::app::{Cause, Refused};
use crate::clock::Moment;
use crate::soap::Fault;
use crate::sts::{Period, Refusal};
use crate::verifier::{Class, Seen, Step, StepId};
use crate::wstrust::{FaultCode, RequestError};

/// Status and fault of a refusal.
pub(super) fn of(refused: &Refused) -> (StatusCode, Fault) {
    let fault = match &refused.cause {
        Cause::Step => match refused.report.refusal() {
            Some(step) => of_step(step, refused.report.at()),
            None => FaultCode::RequestFailed.fault(),
        },
        Cause::Request(error) => of_request(error),
        Cause::Decision(refusal) => of_decision(refusal),
        // The Java client looks for the words locked and expired (`sts.md` §11.1); nothing the client wrote is repeated.
        Cause::Locked { name, domain } => FaultCode::FailedAuthentication.with(format!(
            "The account of the user trying to authenticate is locked. :: User account locked: \
             {{Name: {name}, Domain: {domain}}}"
        )),
        Cause::Expired { name, domain } => FaultCode::FailedAuthentication.with(format!(
            "Password of the user logging on is expired. :: User account expired: \
             {{Name: {name}, Domain: {domain}}}"
        )),
        Cause::Overloaded | Cause::Unavailable => {
            return (StatusCode::SERVICE_UNAVAILABLE, FaultCode::RequestFailed.fault());
        }
    };
    (StatusCode::INTERNAL_SERVER_ERROR, fault)
}

#[expect(clippy::too_many_lines, reason = "every step has its place, and the compiler sees to it")]
fn of_step(step: &Step, now: Moment) -> Fault {
    let finding = &step.finding;
    let said = || match &finding.seen {
        Seen::Text(text) => text.to_string(),
        Seen::Nothing | Seen::Count(_) | Seen::Period(..) | Seen::Missed(..) => String::new(),
    };
    match step.id {
        StepId::XmlSize
        | StepId::XmlEncoding
        | StepId::XmlDoctype
        | StepId::XmlSyntax
        | StepId::XmlDepth
        | StepId::XmlNodes
        | StepId::XmlAttributes
        | StepId::XmlIdentifiers
        | StepId::SoapStructure => Fault::soap("Client", "The request is not a SOAP message."),
        StepId::SoapVersion => Fault::soap("VersionMismatch", "The request is not a SOAP 1.1 message."),
        StepId::SoapMustUnderstand => {
            Fault::soap("MustUnderstand", "A header that must be understood is not understood.")
        }
        StepId::MessageSecurityHeader => of_header(finding.class, said()),
        StepId::MessageTimestamp => match finding.seen {
            Seen::Missed(created, expires, tolerance) => {
                FaultCode::MessageExpired.with(expired(now, created, expires, tolerance))
            }
            Seen::Text(_) | Seen::Nothing | Seen::Count(_) | Seen::Period(..) => {
                FaultCode::InvalidSecurity.with(said())
            }
        },
        StepId::MessageKeyReference => match finding.class {
            Class::Unavailable => FaultCode::SecurityTokenUnavailable.with(said()),
            Class::Unsupported => FaultCode::UnsupportedSecurityToken.with(said()),
            Class::Wrong | Class::Several | Class::Unreadable => FaultCode::InvalidSecurity.with(said()),
        },
        StepId::MessageSignatureShape
        | StepId::MessageSignature
        | StepId::MessageReferences
        | StepId::MessageDigest => FaultCode::FailedCheck.with("Signature is invalid."),
        StepId::MessageCoverage if finding.class == Class::Unsupported => FaultCode::FailedCheck.with(said()),
        StepId::MessageCoverage => FaultCode::FailedCheck.with(
            "Signature must include <wsu:Timestamp> and either SoapBody, or the WSTrust element within it.",
        ),
        StepId::AssertionShape | StepId::AssertionClaims => {
            FaultCode::InvalidSecurity.with("The given assertion cannot be parsed.")
        }
        StepId::PossessionConfirmation => {
            FaultCode::UnsupportedSecurityToken.with("Only HoK tokens are supported for authentication!")
        }
        StepId::RequestTarget if finding.class == Class::Several => FaultCode::InvalidRequest.with(said()),
        StepId::RequestTarget => FaultCode::RequestFailed.with(said()),
        StepId::RequestActAs => FaultCode::InvalidRequest.with("'ActAs' token is invalid!"),
        StepId::AdmissionIssuer if finding.class == Class::Unsupported => {
            FaultCode::UnsupportedSecurityToken.with(said())
        }
        StepId::AssertionPresent
        | StepId::AdmissionIssuer
        | StepId::AssertionIssuer
        | StepId::AssertionSigner
        | StepId::AssertionSignature
        | StepId::AssertionReference
        | StepId::AssertionDigest
        | StepId::AssertionInForce
        | StepId::AssertionAudience
        | StepId::PossessionSignature
        | StepId::PossessionKey
        | StepId::CredentialPresent
        | StepId::CredentialMethod
        | StepId::OperatorToken
        | StepId::OperatorAdministrator
        | StepId::CredentialPassword
        | StepId::CredentialCertificate
        | StepId::CredentialAgreement
        | StepId::AdmissionSubject
        | StepId::AdmissionDelegate
        | StepId::AdmissionGroups
        | StepId::AdmissionRevoked
        | StepId::AdmissionPermission
        | StepId::NegotiateEnabled
        | StepId::NegotiateExchange
        | StepId::NegotiateProof
        | StepId::NegotiateBinding
        | StepId::NegotiateAccount
        | StepId::NegotiateReplay => FaultCode::FailedAuthentication.fault(),
        StepId::NegotiateToken => FaultCode::UnsupportedSecurityToken.fault(),
        StepId::AdmissionReplay => FaultCode::MessageExpired.fault(),
        StepId::RequestTenant
        | StepId::RequestShape
        | StepId::RequestParameters
        | StepId::RequestDelegation => FaultCode::InvalidRequest.fault(),
        StepId::RequestRenewal => FaultCode::UnableToRenew.fault(),
        StepId::RequestConfirmation => FaultCode::InvalidSecurity.fault(),
        StepId::RequestLifetime => FaultCode::InvalidTimeRange.fault(),
        StepId::SessionAnonymous
        | StepId::SignHeader
        | StepId::SignNonce
        | StepId::SignHost
        | StepId::SignBody
        | StepId::SignSignature
        | StepId::JwtForm
        | StepId::JwtHeader
        | StepId::JwtKey
        | StepId::JwtSignature
        | StepId::JwtClaims
        | StepId::JwtIssuer
        | StepId::JwtInForce
        | StepId::JwtClass
        | StepId::JwtAudience
        | StepId::JwtPossession
        | StepId::ExchangeRequest
        | StepId::ExchangeScope
        | StepId::ExchangeSubject
        | StepId::ExchangeActor
        | StepId::RpcSecurityContext
        | StepId::RpcTimestamp
        | StepId::RpcSignature
        | StepId::SessionTicket
        | StepId::SessionTarget
        | StepId::SessionLocale
        | StepId::SessionLimit
        | StepId::ExtensionClientCertificate
        | StepId::ExtensionRegistered
        | StepId::ExtensionCertificate
        | StepId::ExtensionSubjectName
        | StepId::ExtensionChain
        | StepId::ExtensionSubject
        | StepId::CredentialRate
        | StepId::ServiceAvailable => FaultCode::RequestFailed.fault(),
    }
}

fn of_header(class: Class, said: String) -> Fault {
    match class {
        Class::Several => FaultCode::InvalidRequest.with(said),
        Class::Unsupported => FaultCode::UnsupportedSecurityToken.with(said),
        Class::Unreadable => FaultCode::InvalidSecurityToken.fault(),
        Class::Wrong | Class::Unavailable => FaultCode::InvalidSecurity.with(said),
    }
}

fn of_request(error: &RequestError) -> Fault {
    match error {
        RequestError::LifetimeOrder => FaultCode::InvalidTimeRange.with(error.to_string()),
        RequestError::RequestType
        | RequestError::Action { .. }
        | RequestError::Actions(_)
        | RequestError::Dialect
        | RequestError::Time(_) => FaultCode::InvalidRequest.with(error.to_string()),
        RequestError::NoContext => FaultCode::RequestFailed.with(error.to_string()),
        RequestError::NoExchange => FaultCode::InvalidSecurity.with(error.to_string()),
        RequestError::Exchange(_) => FaultCode::UnsupportedSecurityToken.with(error.to_string()),
        RequestError::NoRequest
        | RequestError::NoResponse
        | RequestError::Unknown(_)
        | RequestError::Unsupported(_)
        | RequestError::Value(_) => FaultCode::InvalidRequest.fault(),
    }
}

fn of_decision(refusal: &Refusal) -> Fault {
    match refusal {
        Refusal::UseKey
        | Refusal::NoCertificate
        | Refusal::UseKeyOfDelegate
        | Refusal::DelegatedBearer
        | Refusal::HolderOfKeyByBearer
        | Refusal::DelegatedByBearer
        | Refusal::ActAsUnsigned => FaultCode::InvalidSecurity.with(refusal.to_string()),
        Refusal::Ambiguous => FaultCode::RequestFailed.with(refusal.to_string()),
        Refusal::ActAsByDelegate
        | Refusal::NotActAsUser
        | Refusal::Delegate
        | Refusal::ChainEnded
        | Refusal::ExchangedByDelegate
        | Refusal::External => {
            FaultCode::InvalidRequest.with(refusal.to_string())
        }
        Refusal::NotRenewable => FaultCode::UnableToRenew.with(refusal.to_string()),
        Refusal::Signer { wanted, now, from, until } => FaultCode::InvalidTimeRange.with(format!(
            "{} :: Signing certificate is not valid at {}, cert validity: {}",
            rejected(*wanted), java_date(*now), period((Some(*from), Some(*until)))
        )),
        Refusal::Start { wanted, start, now, tolerance } => FaultCode::InvalidTimeRange.with(format!(
            "{} :: The requested token start time differs from the issue instant more than the acceptable deviation \
             (clock tolerance) of {} ms. Requested token start time={}, issue instant time={}. This might be due to a \
             clock skew problem.",
            rejected(*wanted), tolerance.as_millis(), java_date(*start), java_date(*now)
        )),
        Refusal::Empty { start, end } => FaultCode::RequestFailed
            .with(format!("EndTime: {} is not after startTime: {}", java_date(*end), java_date(*start))),
    }
}

fn expired(now: Moment, created: Moment, expires: Moment, tolerance: Duration) -> String {
    format!(
        "The time now {} does not fall in the request lifetime interval extended with clock tolerance of {} ms: [ {}; {}). \
         This might be due to a clock skew problem.",
        java_date(now),
        tolerance.as_millis(),
        java_date(created),
        java_date(expires)
    )
}

fn rejected(wanted: Period) -> String {
    format!("The token authority rejected an issue request for {}", period(wanted))
}

fn period((start, end): Period) -> String {
    let side = |moment: Option<Moment>| moment.map_or_else(|| "null".to_owned(), java_date);
    format!("TimePeriod [startTime={}, endTime={}]", side(start), side(end))
}

/// `Date.toString()` of Java in UTC, which log scrapers know.
fn java_date(at: Moment) -> String {
    let iso = at.millis_text();
    let (date, time) = iso.as_str().split_once('T').unwrap_or_default();
    let mut fields = date.split('-');
    let (year, month, day) = (fields.next(), fields.next(), fields.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month - 1));
    let days = usize::try_from(at.seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let weekday = WEEKDAYS.get(days).copied().unwrap_or_default();
    let time = time.split('.').next().unwrap_or_default();
    let (month, day, year) =
        (month.copied().unwrap_or_default(), day.unwrap_or_default(), year.unwrap_or_default());
    format!("{weekday} {month} {day} {time} UTC {year}")
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 1970 began on a Thursday.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_java_writes_them() {
        assert_eq!(
            java_date(Moment::parse("2026-11-24T08:00:01.500Z").unwrap()),
            "Tue Nov 24 08:00:01 UTC 2026"
        );
        assert_eq!(java_date(Moment::EPOCH), "Thu Jan 01 00:00:00 UTC 1970");
    }
}
