//! From a refusal to the fault vCenter would send (`session-manager.md` §1.3): one text for every bad token.

use actix_web::http::StatusCode;

use super::Answer;
use crate::app::{Cause, Refused};
use crate::verifier::StepId;
use crate::vim::{Fault, access};

/// What the client gets for a refusal.
pub(super) fn of(refused: &Refused) -> Answer {
    match &refused.cause {
        Cause::Overloaded | Cause::Unavailable => Answer::Status(StatusCode::SERVICE_UNAVAILABLE),
        Cause::Step
        | Cause::Request(_)
        | Cause::Decision(_)
        | Cause::Locked { .. }
        | Cause::Expired { .. } => {
            refused.report.refusal().map_or(Answer::Fault(Fault::InvalidLogin), |step| of_step(step.id))
        }
    }
}

pub(super) fn of_step(step: StepId) -> Answer {
    Answer::Fault(match step {
        StepId::XmlSize
        | StepId::XmlEncoding
        | StepId::XmlDoctype
        | StepId::XmlSyntax
        | StepId::XmlDepth
        | StepId::XmlNodes
        | StepId::XmlAttributes
        | StepId::XmlIdentifiers
        | StepId::SoapVersion
        | StepId::SoapStructure
        | StepId::SoapMustUnderstand
        | StepId::RequestParameters => Fault::InvalidRequest { text: NOT_WELL_FORMED.into() },
        StepId::SessionLocale => Fault::InvalidLocale,
        StepId::NegotiateEnabled => Fault::NotSupported,
        StepId::AdmissionPermission => Fault::no_permission(access::VIEW),
        // vCenter answers 503 over its limit (`session-manager.md` §1.22).
        StepId::SessionLimit | StepId::CredentialRate | StepId::ServiceAvailable => {
            return Answer::Status(StatusCode::SERVICE_UNAVAILABLE);
        }
        StepId::MessageSecurityHeader
        | StepId::MessageTimestamp
        | StepId::MessageSignatureShape
        | StepId::MessageKeyReference
        | StepId::MessageSignature
        | StepId::MessageReferences
        | StepId::MessageCoverage
        | StepId::MessageDigest
        | StepId::AssertionPresent
        | StepId::AssertionShape
        | StepId::AssertionIssuer
        | StepId::AssertionSigner
        | StepId::AssertionSignature
        | StepId::AssertionReference
        | StepId::AssertionDigest
        | StepId::AssertionClaims
        | StepId::AssertionInForce
        | StepId::AssertionAudience
        | StepId::PossessionConfirmation
        | StepId::PossessionSignature
        | StepId::PossessionKey
        | StepId::CredentialPresent
        | StepId::CredentialMethod
        | StepId::OperatorToken
        | StepId::OperatorAdministrator
        | StepId::CredentialPassword
        | StepId::CredentialCertificate
        | StepId::CredentialAgreement
        | StepId::RequestTenant
        | StepId::RequestShape
        | StepId::RequestTarget
        | StepId::RequestActAs
        | StepId::RequestDelegation
        | StepId::RequestRenewal
        | StepId::RequestConfirmation
        | StepId::RequestLifetime
        | StepId::AdmissionSubject
        | StepId::AdmissionIssuer
        | StepId::AdmissionDelegate
        | StepId::AdmissionGroups
        | StepId::AdmissionRevoked
        | StepId::AdmissionReplay
        | StepId::NegotiateToken
        | StepId::NegotiateExchange
        | StepId::NegotiateProof
        | StepId::NegotiateBinding
        | StepId::NegotiateAccount
        | StepId::NegotiateReplay
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
        | StepId::SessionAnonymous
        | StepId::SessionTicket
        | StepId::SessionTarget
        | StepId::ExtensionRegistered
        | StepId::ExtensionCertificate
        | StepId::ExtensionSubject => Fault::InvalidLogin,
        StepId::ExtensionClientCertificate => Fault::NoClientCertificate,
        StepId::ExtensionSubjectName => Fault::NoSubjectName,
        StepId::ExtensionChain => Fault::InvalidClientCertificate,
    })
}

const NOT_WELL_FORMED: &str = "Error returned by expat parser: not well-formed (invalid token)\n\n\
     while parsing SOAP envelope\nat line 1, column 0\n\n\
     while parsing HTTP request before method was determined\nat line 1, column 0";
