//! What a token may be exchanged for (RFC 8693; `sts.md` §8.2): decided here, and written where it is a JSON Web Token.
//!
//! Nothing outlives the token it is made from, nothing is delegated, and nothing becomes more than a bearer token.

use std::time::Duration;

use super::mint::{MintError, groups};
use super::{Authenticated, Grant, Refusal, TokenPolicy};
use crate::clock::Moment;
use crate::dsig::SignatureAlgorithm;
use crate::identity::{Domain, Kind, Standing};
use crate::jwt::{Algorithm, ExchangeRequest, NewToken, Scope, TokenClass, TokenType, VerificationKey};
use crate::pki::{Hash, TokenSigner};
use crate::saml::write::Special;

/// A request to exchange with everything about it that is proven.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeCase<'a> {
    /// What is asked for.
    pub request: &'a ExchangeRequest,
    /// The end of the subject's token.
    pub ends: Moment,
    /// Somebody acts for its subject.
    pub is_delegated: bool,
    /// The names of this service: for whom a token is where nobody is named.
    pub audience: &'a str,
}

/// What is granted.
#[derive(Clone, Debug)]
pub enum ExchangeGrant {
    /// A JSON Web Token.
    Json(JsonGrant),
    /// An assertion.
    Saml(Box<Grant>),
}

/// A JSON Web Token to be.
#[derive(Clone, Debug)]
pub struct JsonGrant {
    /// What it is for.
    pub class: TokenClass,
    /// For whom it is.
    pub audiences: Vec<String>,
    /// First moment, in whole seconds.
    pub issued_at: Moment,
    /// The moment it is over, in whole seconds.
    pub expires: Moment,
    /// It names the groups.
    pub groups: bool,
    /// The scope that was asked for.
    pub scope: Option<String>,
    /// How it is signed.
    pub algorithm: Algorithm,
}

/// A JSON Web Token, and what is remembered of it.
#[derive(Clone, Debug)]
pub struct MintedJson {
    /// The token.
    pub token: String,
    /// Its `jti`.
    pub id: String,
    /// Its subject.
    pub subject: String,
}

/// Decides on a request whose subject is proven and may act.
///
/// # Errors
/// [`Refusal`].
pub fn exchange(
    case: &ExchangeCase<'_>,
    signer: &TokenSigner,
    policy: &TokenPolicy,
    now: Moment,
) -> Result<ExchangeGrant, Refusal> {
    if case.is_delegated {
        return Err(Refusal::ExchangedByDelegate);
    }
    let (from, until) = (signer.certificate().not_before(), signer.certificate().not_after());
    if now < from || now >= until {
        return Err(Refusal::Signer { wanted: (None, None), now, from, until });
    }
    let request = case.request;
    let end = |longest: Duration| case.ends.min(until).min(now.plus(longest));
    let class = match request.requested {
        TokenType::AccessToken => TokenClass::AccessToken,
        TokenType::IdToken => TokenClass::IdToken,
        TokenType::Saml2 => {
            let (start, end) = (now.to_millis(), end(policy.max_bearer_lifetime).to_millis());
            return Ok(saml(request, lasting(start, end)?));
        }
    };
    let start = Moment::EPOCH.plus(Duration::from_secs(now.seconds().unsigned_abs()));
    let end = end(policy.max_jwt_lifetime);
    let end = Moment::EPOCH.plus(Duration::from_secs(end.seconds().unsigned_abs()));
    let (issued_at, expires) = lasting(start, end)?;
    let audiences = match request.audiences.as_slice() {
        [] => vec![case.audience.to_owned()],
        named => named.to_vec(),
    };
    let groups = if class == TokenClass::IdToken { Scope::IdGroups } else { Scope::AtGroups };
    let scope = request.scope.as_ref().filter(|scope| !scope.is_empty());
    let names = |scope: &Vec<Scope>| scope.iter().map(|one| one.name()).collect::<Vec<_>>().join(" ");
    Ok(ExchangeGrant::Json(JsonGrant {
        class,
        audiences,
        issued_at,
        expires,
        // Who asks for nothing in particular is told; who asks gets what was asked for.
        groups: scope.is_none_or(|scope| scope.contains(&groups)),
        scope: scope.map(names),
        algorithm: policy.jwt_algorithm,
    }))
}

fn lasting(start: Moment, end: Moment) -> Result<(Moment, Moment), Refusal> {
    if start < end { Ok((start, end)) } else { Err(Refusal::Empty { start, end }) }
}

fn saml(request: &ExchangeRequest, (start, end): (Moment, Moment)) -> ExchangeGrant {
    ExchangeGrant::Saml(Box::new(Grant {
        not_before: start,
        not_on_or_after: end,
        cut_by: None,
        issue_instant: start,
        confirmation: None,
        proxy_count: 0,
        renew_count: 0,
        algorithm: SignatureAlgorithm::RSA_SHA256,
        authenticated: Authenticated::ByBearer,
        special: Special { audiences: request.audiences.clone(), ..Special::default() },
    }))
}

/// Mints the JSON Web Token that `grant` allows for `subject`.
///
/// # Errors
/// [`MintError`].
pub fn mint_json(
    grant: &JsonGrant,
    subject: &Standing,
    domain: &Domain,
    issuer: &str,
    signer: &TokenSigner,
    id: String,
) -> Result<MintedJson, MintError> {
    let upn = subject.principal(domain).ok_or(MintError::Unwritable("the name"))?.upn();
    let groups = if grant.groups { Some(groups(subject, domain)?) } else { None };
    let (given_name, family_name, email) = match &subject.kind {
        Kind::User { given_name, surname, email, .. } if grant.class == TokenClass::IdToken => {
            (given_name.as_deref(), surname.as_deref(), email.as_deref())
        }
        Kind::User { .. } | Kind::Solution { .. } | Kind::External { .. } | Kind::Extension { .. } => {
            (None, None, None)
        }
    };
    let new = NewToken {
        class: grant.class,
        id: &id,
        issuer,
        subject: &upn,
        audiences: &grant.audiences,
        tenant: domain.as_str(),
        issued_at: grant.issued_at,
        expires: grant.expires,
        groups: groups.as_deref(),
        scope: grant.scope.as_deref(),
        given_name,
        family_name,
        email,
    };
    let token = match grant.algorithm {
        Algorithm::Rs256 => {
            let name = VerificationKey::of(signer.certificate()).name;
            let input = new.signing_input(grant.algorithm, &name);
            let signature = signer.key.sign(Hash::Sha256, input.as_bytes())?;
            NewToken::with_signature(input, &signature)
        }
        Algorithm::Es256 => {
            let key = signer.elliptic()?;
            let name = VerificationKey::beside(signer.certificate(), key.public()).name;
            let input = new.signing_input(grant.algorithm, &name);
            NewToken::with_signature(input.clone(), &key.sign(input.as_bytes())?)
        }
    };
    Ok(MintedJson { token, id, subject: upn })
}
