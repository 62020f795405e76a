//! What needs tokens: whether signatures are verified at all, and the whole way of one user.

use super::Patient;
use super::checks::{TIMESTAMP, TOLERANCE, VIM_VERSION, Visit, described};
use crate::cli::https::{Place, Trust};
use crate::client::call::{self, CallError};
use crate::client::forge::{about_another, by_a_stranger};
use crate::client::{Answer, Fault, Ids, Message, Style, UnverifiedToken, sdk};
use crate::clock::Moment;
use crate::entropy::{SystemEntropy, uuid};
use crate::wstrust::Operation;

impl Visit<'_> {
    /// Whoever verifies signatures refuses this; who does not lets anybody be anybody.
    pub(super) fn strangers_token(&mut self) -> anyhow::Result<()> {
        const CHECK: &str = "signatures";
        let subject = format!("Administrator@{}", self.patient.domain);
        let issuer =
            format!("https://{}/websso/SAML2/Metadata/{}", self.patient.server.host(), self.patient.domain);
        let id = format!("_{}", uuid(&SystemEntropy)?);
        let token = by_a_stranger(&id, &issuer, &subject, self.clock.now())?;
        self.must_be_refused(CHECK, &Patient::LOOKING, &token, "a token signed with a throw-away key")
    }

    /// With the password of a user, over a connection that was checked.
    pub(super) fn login(&mut self, sts: &Place) -> anyhow::Result<Option<(String, Trust)>> {
        const CHECK: &str = "login";
        let Some((name, password)) = &self.patient.login else {
            self.findings.skipped(
                CHECK,
                "no user was given",
                "give --user NAME to have login, token and session checked",
            );
            return Ok(None);
        };
        let Some(trust) = self.patient.trust() else {
            let advice = "give --ca FILE, or --insecure";
            self.findings.skipped(CHECK, "the password is not told to a server that was not checked", advice);
            return Ok(None);
        };
        let message = self.issue(name, password.expose())?;
        let answer = match sts.post(&trust, Operation::Issue.action(), &message) {
            Ok(received) => Answer::read(received.body).map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        let advice = "try vcsso token issue with the same user; vcsso explain says why this service refused";
        let seen = match answer {
            Ok(Answer::Token(token)) => {
                self.findings.good(CHECK, format!("{name} gets a token"));
                return Ok(Some((token, trust)));
            }
            Ok(Answer::Fault(Fault { code, text, .. })) => format!("{code}: {text}"),
            Ok(Answer::Status(_) | Answer::Cancelled) => "the answer is to another question".to_owned(),
            Err(why) => why,
        };
        self.findings.wrong(CHECK, seen, advice);
        Ok(None)
    }

    /// Its period and subject, and how long its signer is good. A token that was not asked for in somebody's name is about
    /// nobody in particular.
    pub(super) fn token(&mut self, token: &str, is_asked_for: bool) {
        const CHECK: &str = "token";
        let Ok(token) = UnverifiedToken::read(token) else {
            return self.findings.wrong(CHECK, "the token cannot be read", "no client can use it");
        };
        let now = self.clock.now();
        let seen = format!("{}, from {} to {}", token.subject, token.not_before, token.not_on_or_after);
        let asked = self.patient.login.as_ref().filter(|_| is_asked_for);
        let period = (Moment::parse(&token.not_before), Moment::parse(&token.not_on_or_after));
        match period {
            _ if asked.is_some_and(|(name, _)| account(name) != account(&token.subject)) => {
                self.findings.wrong(
                    CHECK,
                    seen,
                    "the token is about somebody else than the user who asked for it",
                );
            }
            (Ok(start), Ok(end)) if start.minus(TOLERANCE) <= now && now < end.plus(TOLERANCE) => {
                self.findings.good(CHECK, seen);
            }
            _ => {
                let advice = "the token is not in force when it is issued: whoever looks at it refuses it";
                self.findings.wrong(CHECK, seen, advice);
            }
        }
        self.signer(&token);
    }

    fn signer(&mut self, token: &UnverifiedToken) {
        const CHECK: &str = "signer";
        let algorithm = token.signature_algorithm.as_deref().unwrap_or_default();
        let algorithm = algorithm.rsplit('#').next().unwrap_or_default();
        let Some(signer) = &token.signer else {
            return self.findings.warning(
                CHECK,
                "the token does not name its signer",
                "clients cannot tell who signed",
            );
        };
        let seen = format!("{algorithm}, {}", described(signer));
        if algorithm.ends_with("sha1") || algorithm.ends_with("md5") {
            return self.findings.wrong(CHECK, seen, "sign with SHA-256: others refuse this algorithm");
        }
        self.soon_over(CHECK, seen, Some(signer.not_after()));
    }

    /// The token opens a session, and a changed one does not.
    pub(super) fn session(&mut self, trust: &Trust, token: &str) -> anyhow::Result<()> {
        const CHECK: &str = "session";
        match self.log_in(trust, token)? {
            Ok(user) => self.findings.good(CHECK, format!("the token opens a session of {user}")),
            Err(CallError::Fault { kind, .. }) if kind == "NoPermission" => {
                let advice = "give the user a permission, or a group that has one";
                self.findings.warning(CHECK, "the user has no permission on any object", advice);
            }
            Err(why) => {
                let advice = "does /sdk trust the signer of this STS, and do the clocks agree?";
                self.findings.wrong(CHECK, why.to_string(), advice);
            }
        }
        let subject = UnverifiedToken::read(token).map(|token| token.subject).unwrap_or_default();
        let other = format!("Administrator-{subject}");
        match about_another(token, &subject, &other) {
            Some(changed) => {
                self.must_be_refused("changed token", trust, &changed, "a token that was changed after issue")
            }
            None => Ok(()),
        }
    }

    fn must_be_refused(
        &mut self,
        check: &'static str,
        trust: &Trust,
        token: &str,
        what: &str,
    ) -> anyhow::Result<()> {
        match self.log_in(trust, token)? {
            Ok(user) => {
                let seen = format!("{what} opens a session of {user}");
                let advice = "signatures are not verified here: whoever writes a token is whom it names";
                self.findings.wrong(check, seen, advice);
            }
            Err(CallError::Fault { kind, .. }) => {
                self.findings.good(check, format!("{what} is refused ({kind})"));
            }
            Err(why) => self.findings.wrong(check, why.to_string(), "is this the /sdk of a vCenter?"),
        }
        Ok(())
    }

    /// Logs in by a bearer token, and out again: nothing is left behind.
    fn log_in(&self, trust: &Trust, token: &str) -> anyhow::Result<Result<String, CallError>> {
        let (ids, now) = (Ids::random(&SystemEntropy)?, self.clock.now());
        let message = Message::new(Style::Govmomi, &ids).timestamp(now, now.plus(TIMESTAMP)).assertion(token);
        let message = message.write(&sdk::login_by_token(Some("en_US")))?;
        let received = match self.patient.server.post(trust, VIM_VERSION, &message) {
            Ok(received) => received,
            Err(why) => return Ok(Err(CallError::Other(why.to_string()))),
        };
        let user = call::logged_in(received.body);
        if let (Ok(_), Some(cookie)) = (&user, &received.cookie) {
            let left = self.patient.server.post_with(trust, VIM_VERSION, Some(cookie), &sdk::logout());
            // A session that cannot be ended idles out.
            drop(left);
        }
        Ok(user)
    }
}

/// `DOMAIN\name` and `name@domain` are one account.
fn account(name: &str) -> String {
    let name = name.rsplit('\\').next().unwrap_or(name);
    name.split('@').next().unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_account_in_either_form() {
        for name in ["alice", "Alice@vsphere.local", "VSPHERE.LOCAL\\alice"] {
            assert_eq!(account(name), "alice");
        }
    }
}
