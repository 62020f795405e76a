//! Who may operate the house from outside (`decisions.md` §28): whoever shows the operator's token, and whoever has the role
//! Admin on the root folder and shows the password of the account, by the same path as every other password.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::audit::{Action, refuse};
use super::caller::OPERATOR;
use super::credentials::verify_password;
use super::error::{Cause, Refused};
use super::login::note_failure;
use super::{App, Peer};
use crate::identity::Standing;
use crate::identity::privilege::ROOT;
use crate::identity::role::ADMIN;
use crate::pki::certificate::sha256;
use crate::secret::Secret;
use crate::verifier::{Finding, Report, Seen, StepId};
use crate::wsse::UnverifiedLogin;

/// The operator's token, of which only the hash is kept.
pub struct OperatorToken([u8; 32]);

/// What somebody shows to be let in.
pub enum Shown {
    /// A token.
    Token(Secret),
    /// A name and a password.
    Password(UnverifiedLogin),
}

impl OperatorToken {
    /// Of the token's text.
    #[must_use]
    pub fn new(token: &Secret) -> Self {
        Self(sha256(token.expose().as_bytes()))
    }

    /// Compared by hash, so that the time it takes tells nothing of the token.
    fn is(&self, shown: &Secret) -> bool {
        verify_slices_are_equal(&self.0, &sha256(shown.expose().as_bytes())).is_ok()
    }
}

/// The name of whoever may operate the house, as the audit will know them.
///
/// # Errors
/// [`Refused`]: of somebody who is known and may not, the step is [`StepId::OperatorAdministrator`].
pub async fn admit(app: &App, shown: &Shown, peer: &Peer) -> Result<String, Refused> {
    let mut report = Report::new(DOOR, app.now());
    let (name, admitted) = match shown {
        Shown::Token(token) => ("", by_token(app, &mut report, token)),
        Shown::Password(login) => {
            (login.user_name.as_str(), by_password(app, &mut report, login, peer).await)
        }
    };
    match admitted {
        Ok(name) => Ok(name),
        Err(cause) => Err(refuse(app, Action::Operate, name, report, cause, peer).await),
    }
}

fn by_token(app: &App, report: &mut Report, token: &Secret) -> Result<String, Cause> {
    if app.operator_token.as_ref().is_some_and(|known| known.is(token)) {
        return Ok(OPERATOR.to_owned());
    }
    report.fail(StepId::OperatorToken, Finding::seen("another token").but("the operator's"));
    Err(Cause::Step)
}

async fn by_password(
    app: &App,
    report: &mut Report,
    login: &UnverifiedLogin,
    peer: &Peer,
) -> Result<String, Cause> {
    // There may be no commit behind this that would turn away what an old directory allowed: the one of now is asked.
    app.policies.now(app).await.map_err(|failure| note_failure(report, &failure))?;
    let (standing, _) = verify_password(app, report, login, peer).await?;
    if !operates(&standing) {
        let finding = Finding::seen(standing.name.clone()).but("the role Admin on the root folder");
        report.fail(StepId::OperatorAdministrator, finding);
        return Err(Cause::Step);
    }
    report.pass(StepId::OperatorAdministrator, Seen::Nothing);
    let principal = standing.principal(&app.settings.domain);
    Ok(principal.map_or_else(|| standing.name.clone(), |principal| principal.session_name()))
}

fn operates(standing: &Standing) -> bool {
    standing.grants_on(ROOT).iter().any(|grant| grant.role_id == ADMIN)
}

/// Its name in reports.
const DOOR: &str = "lab";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_operators_or_it_is_not() {
        let token = OperatorToken::new(&Secret::new("0123456789abcdef"));
        assert!(token.is(&Secret::new("0123456789abcdef")));
        for other in ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF"] {
            assert!(!token.is(&Secret::new(other)), "{other}");
        }
    }
}
