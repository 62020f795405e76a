//! Whether a way to authenticate is allowed (`sts.md` §3.7).

use super::App;
use super::error::Cause;
use super::login::note_failure;
use crate::identity::Method;
use crate::verifier::{Finding, Report, StepId};

/// Refuses a way to authenticate that the operator has switched off. The report has the step then, and nothing otherwise.
///
/// # Errors
/// The [`Cause`] for the door.
pub async fn allow(app: &App, report: &mut Report, method: Method) -> Result<(), Cause> {
    let policies = app.policies.current(app).await.map_err(|failure| note_failure(report, &failure))?;
    if policies.authentication.allows(method) {
        return Ok(());
    }
    // The refusal rests on what is so now.
    let policies = app.policies.now(app).await.map_err(|failure| note_failure(report, &failure))?;
    if policies.authentication.allows(method) {
        return Ok(());
    }
    report.fail(StepId::CredentialMethod, Finding::seen(method.as_str()).but("a way that is allowed"));
    Err(Cause::Step)
}
