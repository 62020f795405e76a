//! Who else takes part: the subject that is acted as, or the solution user that is to act (`sts.md` §6.1).

use std::sync::Arc;

use super::super::admission::{Admitted, admit_token};
use super::super::error::{Cause, Failure};
use super::super::login::note_failure;
use super::super::standings::Lookup;
use super::super::trust::{Trust, judged_embedded};
use super::Call;
use super::issue::decided_against;
use super::requester::Requester;
use crate::identity::principal::fold;
use crate::identity::{LoginName, Standing, well_known};
use crate::pki::Certificate;
use crate::sts::{NewDelegate, Refusal};
use crate::verifier::{Embedded, Report, StepId};
use crate::wstrust::{ActAs, IssueRequest, RequestError};

/// The others of a request.
#[derive(Default)]
pub(super) struct Others {
    /// The token of the subject that is acted as.
    pub act_as: Option<Admitted>,
    delegate: Option<(String, Option<Certificate>)>,
}

impl Others {
    /// Who is to act for the subject.
    pub fn delegate(&self) -> Option<NewDelegate<'_>> {
        self.delegate.as_ref().map(|(name, certificate)| match certificate {
            Some(certificate) => NewDelegate::Named { name, certificate },
            None => NewDelegate::Requester { name },
        })
    }
}

/// Finds them, and sees that they may.
pub(super) async fn others(
    call: &Call<'_>,
    trust: &Trust,
    report: &mut Report,
    requester: &Requester,
    request: &IssueRequest,
) -> Result<Others, Cause> {
    if requester.standing.is_external() && (request.act_as.is_some() || request.delegate_to.is_some()) {
        return Err(decided_against(report, Refusal::External));
    }
    match (request.act_as, &request.delegate_to) {
        (Some(kind), _) => act_as(call, trust, report, requester, kind).await,
        (None, Some(name)) => delegate_to(call, report, requester, name).await,
        (None, None) => Ok(Others::default()),
    }
}

/// In the order of `VMware`'s server: membership, signature, no chain of requesters, and the token last.
async fn act_as(
    call: &Call<'_>,
    trust: &Trust,
    report: &mut Report,
    requester: &Requester,
    kind: ActAs,
) -> Result<Others, Cause> {
    let place = match kind {
        ActAs::ActAs => Embedded::ActAs,
        ActAs::OnBehalfOf if trust.policies.token.on_behalf_of => Embedded::OnBehalfOf,
        ActAs::OnBehalfOf => {
            let error = RequestError::Unsupported("OnBehalfOf".to_owned());
            report.fail(StepId::RequestShape, crate::verifier::Finding::seen(error.to_string()));
            return Err(Cause::Request(error));
        }
    };
    if !may_act_as(call, &requester.standing).await.map_err(|failure| note_failure(report, &failure))? {
        return Err(decided_against(report, Refusal::NotActAsUser));
    }
    if requester.signature().is_none() {
        return Err(decided_against(report, Refusal::ActAsUnsigned));
    }
    if requester.is_delegate() {
        return Err(decided_against(report, Refusal::ActAsByDelegate));
    }
    let judged = judged_embedded(call.app, call.envelope, place).await;
    let (_, judgement) = judged.map_err(|failure| note_failure(report, &failure))?;
    let mut part = judgement.report;
    let admitted = match judgement.proven.and_then(|proven| proven.token) {
        Some(token) => admit_token(call.app, trust, &mut part, token, None).await,
        None => Err(Cause::Step),
    };
    report.absorb(StepId::RequestActAs, part);
    let admitted = admitted?;
    if admitted.standing().is_external() {
        return Err(decided_against(report, Refusal::External));
    }
    if is_part(&admitted, &requester.standing) {
        return Err(decided_against(report, Refusal::Delegate));
    }
    Ok(Others { act_as: Some(admitted), delegate: Some((call.upn(&requester.standing), None)) })
}

/// Direct members only (`sts.md` §6.1).
async fn may_act_as(call: &Call<'_>, standing: &Standing) -> Result<bool, Failure> {
    let is_named =
        |groups: &[String]| groups.iter().any(|group| group.eq_ignore_ascii_case(well_known::ACT_AS_USERS));
    Ok(is_named(&standing.groups) && is_named(&call.app.store.groups_of(&standing.id).await?))
}

async fn delegate_to(
    call: &Call<'_>,
    report: &mut Report,
    requester: &Requester,
    name: &str,
) -> Result<Others, Cause> {
    let found = solution_user(call, name).await.map_err(|failure| note_failure(report, &failure))?;
    let part = |delegate: &Standing| {
        let admitted = requester.admitted.as_ref();
        delegate.id == requester.standing.id || admitted.is_some_and(|admitted| is_part(admitted, delegate))
    };
    match found.filter(|(delegate, _)| !part(delegate)) {
        Some((delegate, certificate)) => {
            Ok(Others { act_as: None, delegate: Some((call.upn(&delegate), Some(certificate))) })
        }
        None => Err(decided_against(report, Refusal::Delegate)),
    }
}

/// An active solution user, and its registered certificate.
async fn solution_user(call: &Call<'_>, name: &str) -> Result<Option<(Arc<Standing>, Certificate)>, Failure> {
    let app = call.app;
    let Ok(login) = LoginName::parse(name) else { return Ok(None) };
    let Some(account) = login.within(&app.settings.domain) else { return Ok(None) };
    let found = app.standings.find_active(app, Lookup::Name(fold(account)), app.now()).await?;
    let Some((standing, _)) = found.filter(|(standing, _)| standing.is_active(app.now())) else {
        return Ok(None);
    };
    let registered = app.store.certificate_of(&standing.id).await?;
    Ok(registered.and_then(|der| Some((standing, Certificate::from_der(&der).ok()?))))
}

/// The subject, or somebody of the chain: nobody acts for himself, nor twice (`attacks.md` W09, W10).
fn is_part(admitted: &Admitted, standing: &Standing) -> bool {
    let chain = admitted.delegates().iter().chain([admitted.standing()]);
    chain.into_iter().any(|other| other.id == standing.id)
}
