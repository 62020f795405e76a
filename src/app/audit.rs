//! Every decision leaves a row: with its effect in one commit when it was accepted, a moment behind when it was refused.

use serde_json::json;

use super::error::{Cause, Refused};
use super::{App, Peer};
use crate::session::Session;
use crate::soap::EnvelopeError;
use crate::store::{Append, AuditRow, Outcome};
use crate::verifier::{About, Finding, Report, StepId};

/// What was decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A token was asked for.
    Issue,
    /// A token was to be renewed.
    Renew,
    /// A token was looked at.
    Validate,
    /// A token was to be taken back.
    Cancel,
    /// A token was to be exchanged for one of another kind.
    Exchange,
    /// A session was asked for with a token.
    LoginByToken,
    /// A session was asked for with a password.
    LoginByPassword,
    /// A session was asked for with Kerberos or NTLM.
    LoginBySspi,
    /// A session was ended by its holder.
    Logout,
    /// Somebody else's session was ended.
    Terminate,
    /// A session speaks another language.
    SetLocale,
    /// The message to everybody was changed.
    SetMessage,
    /// A session became somebody else's.
    Impersonate,
    /// A ticket was given out.
    Ticket,
    /// A session was asked for with a ticket.
    LoginByTicket,
    /// A ticket was spent on an HTTP request.
    SpendTicket,
    /// A session was over.
    Expire,
    /// The service began.
    Start,
    /// Somebody called what he may not.
    Privilege,
    /// A message that is no call.
    Call,
    /// A person was added.
    AddUser,
    /// A machine was added.
    AddSolution,
    /// A group was added.
    AddGroup,
    /// A role was added.
    AddRole,
    /// A role was changed.
    UpdateRole,
    /// A role was removed.
    RemoveRole,
    /// Permissions were set.
    SetPermissions,
    /// Permissions were set in place of all others.
    ResetPermissions,
    /// A permission was removed.
    RemovePermission,
    /// Permissions with one role got another.
    MergePermissions,
    /// Settings were changed.
    ChangeSettings,
    /// A session was asked for with the certificate of an extension.
    LoginExtensionByCertificate,
    /// A session was asked for with the subject of an extension's certificate.
    LoginExtensionBySubjectName,
    /// An extension was registered.
    RegisterExtension,
    /// An extension was changed.
    UpdateExtension,
    /// An extension was removed.
    UnregisterExtension,
    /// An extension got a certificate.
    SetExtensionCertificate,
    /// An extension got a public key.
    SetExtensionPublicKey,
    /// An extension got an account.
    SetExtensionAccount,
    /// NT hashes were allowed, made or deleted.
    SetNtlm,
    /// A user got another password.
    SetPassword,
    /// An account was switched off.
    DisableAccount,
    /// An account was switched on.
    EnableAccount,
    /// A lock was opened.
    UnlockAccount,
    /// A user, solution user or group was removed.
    RemoveAccount,
    /// A membership was ended.
    LeaveGroup,
    /// A new key signs tokens.
    RotateKey,
    /// The tokens of a key have ended.
    RetireKey,
    /// The tokens of a key are refused.
    RevokeKey,
    /// Tokens of an external issuer are accepted.
    TrustIssuer,
    /// Tokens of an external issuer are not accepted any more.
    DistrustIssuer,
    /// Somebody wants to operate the house.
    Operate,
    /// A token was taken back by whoever operates the house.
    RevokeToken,
    /// A session of the SSO administration service was asked for.
    LoginToSsoAdmin,
    /// A session of the SSO administration service was ended by its holder.
    LogoutFromSsoAdmin,
    /// A session of the SSO administration service was over.
    ExpireAtSsoAdmin,
    /// Something was asked of the SSO administration service.
    CallSsoAdmin,
    /// A person was told about anew.
    UpdateUser,
    /// A machine was told about anew, or got another certificate.
    UpdateSolution,
    /// A group was told about anew.
    UpdateGroup,
    /// Members were added to a group.
    JoinGroup,
    /// A directory was registered.
    AddIdentitySource,
    /// A directory was changed.
    UpdateIdentitySource,
    /// A directory was forgotten.
    RemoveIdentitySource,
    /// The domains of names without one were set.
    SetDefaultDomains,
    /// A certificate of a directory was added.
    AddTrustedCertificate,
    /// A certificate of a directory was removed.
    RemoveTrustedCertificate,
}

impl Action {
    /// As it stands in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "sts.issue",
            Self::Renew => "sts.renew",
            Self::Validate => "sts.validate",
            Self::Cancel => "sts.cancel",
            Self::Exchange => "token.exchange",
            Self::LoginByToken => "session.login-by-token",
            Self::LoginByPassword => "session.login",
            Self::LoginBySspi => "session.login-by-sspi",
            Self::Logout => "session.logout",
            Self::Terminate => "session.terminate",
            Self::SetLocale => "session.locale",
            Self::SetMessage => "session.message",
            Self::Impersonate => "session.impersonate",
            Self::Ticket => "session.ticket",
            Self::LoginByTicket => "session.clone",
            Self::SpendTicket => "session.ticket-spent",
            Self::Expire => "session.expire",
            Self::Start => "server.start",
            Self::Privilege => "privilege.check",
            Self::Call => "sdk.call",
            Self::AddUser => "user.add",
            Self::AddSolution => "solution.add",
            Self::AddGroup => "group.add",
            Self::AddRole => "role.add",
            Self::UpdateRole => "role.update",
            Self::RemoveRole => "role.remove",
            Self::SetPermissions => "permission.set",
            Self::ResetPermissions => "permission.reset",
            Self::RemovePermission => "permission.remove",
            Self::MergePermissions => "permission.merge",
            Self::ChangeSettings => "setting.change",
            Self::LoginExtensionByCertificate => "session.login-extension-by-certificate",
            Self::LoginExtensionBySubjectName => "session.login-extension-by-subject-name",
            Self::RegisterExtension => "extension.register",
            Self::UpdateExtension => "extension.update",
            Self::UnregisterExtension => "extension.unregister",
            Self::SetExtensionCertificate => "extension.set-certificate",
            Self::SetExtensionPublicKey => "extension.set-public-key",
            Self::SetExtensionAccount => "extension.set-service-account",
            Self::SetNtlm => "user.ntlm",
            Self::SetPassword => "user.password",
            Self::DisableAccount => "account.disable",
            Self::EnableAccount => "account.enable",
            Self::UnlockAccount => "account.unlock",
            Self::RemoveAccount => "account.remove",
            Self::LeaveGroup => "group.leave",
            Self::RotateKey => "key.rotate",
            Self::RetireKey => "key.retire",
            Self::RevokeKey => "key.revoke",
            Self::TrustIssuer => "issuer.trust",
            Self::DistrustIssuer => "issuer.distrust",
            Self::Operate => "lab.operate",
            Self::RevokeToken => "token.revoke",
            Self::LoginToSsoAdmin => "sso-admin.login",
            Self::LogoutFromSsoAdmin => "sso-admin.logout",
            Self::ExpireAtSsoAdmin => "sso-admin.expire",
            Self::CallSsoAdmin => "sso-admin.call",
            Self::UpdateUser => "user.update",
            Self::UpdateSolution => "solution.update",
            Self::UpdateGroup => "group.update",
            Self::JoinGroup => "group.join",
            Self::AddIdentitySource => "identity-source.add",
            Self::UpdateIdentitySource => "identity-source.update",
            Self::RemoveIdentitySource => "identity-source.remove",
            Self::SetDefaultDomains => "identity-source.default",
            Self::AddTrustedCertificate => "certificate.trust",
            Self::RemoveTrustedCertificate => "certificate.distrust",
        }
    }
}

/// The row of something that was done.
#[must_use]
pub fn accepted(
    app: &App,
    action: Action,
    principal: &str,
    detail: &serde_json::Value,
    peer: &Peer,
) -> AuditRow {
    AuditRow {
        trace: peer.trace.clone(),
        at: app.now(),
        action: action.as_str().into(),
        outcome: Outcome::Accepted,
        principal: Some(principal.to_owned()),
        source: peer.ip_address.clone(),
        reason: None,
        detail: Some(detail.to_string()),
    }
}

/// Writes a refusal down, keeps its evidence for the operator, and hands it to the door.
pub async fn refuse(
    app: &App,
    action: Action,
    principal: &str,
    report: Report,
    cause: Cause,
    peer: &Peer,
) -> Refused {
    let refusal = report.refusal();
    let reason = refusal.map_or("", |step| step.id.as_str());
    let seen = refusal.and_then(|step| step.finding.seen.to_text()).unwrap_or_default();
    tracing::info!(
        trace = peer.trace,
        action = action.as_str(),
        outcome = "refused",
        reason,
        seen,
        principal,
        source = peer.ip_address,
        "security decision"
    );
    metrics::counter!("vcsso_refusals_total", "action" => action.as_str(), "step" => reason).increment(1);
    app.exchanges.remember(&peer.trace, report.to_json(true));
    let row = AuditRow {
        trace: peer.trace.clone(),
        at: app.now(),
        action: action.as_str().into(),
        outcome: if reason == StepId::ServiceAvailable.as_str() { Outcome::Failed } else { Outcome::Refused },
        principal: Some(principal.chars().take(256).collect()).filter(|name: &String| !name.is_empty()),
        source: peer.ip_address.clone(),
        reason: Some(reason.to_owned()),
        detail: Some(report.to_json(false).to_string()),
    };
    keep(app, row).await;
    Refused { report, cause }
}

/// A moment behind, or at once when the queue is full; a refusal is answered even when the audit is not available.
pub(super) async fn keep(app: &App, row: AuditRow) {
    let Err(row) = app.store.append_later(row) else { return };
    let append = Append { audit: vec![*row], ..Append::default() };
    if let Err(error) = app.store.append(append).await {
        tracing::error!(%error, "a refusal could not be written to the audit");
    }
}

/// The refusal of a message that could not even be read.
pub async fn unreadable(
    app: &App,
    action: Action,
    error: &EnvelopeError,
    door: &'static str,
    peer: &Peer,
) -> Refused {
    refuse(app, action, "", crate::verifier::unreadable(error, door, app.now()), Cause::Step, peer).await
}

/// A message whose call or parameters cannot be read.
pub async fn bad_call(app: &App, door: &'static str, what: &str, peer: &Peer) {
    let mut report = Report::new(door, app.now());
    report.fail(StepId::RequestParameters, Finding::seen(what.to_owned()));
    refuse(app, Action::Call, "", report, Cause::Step, peer).await;
}

/// Says in the log what was done.
pub fn note(action: Action, principal: &str, peer: &Peer) {
    tracing::info!(
        trace = peer.trace, action = action.as_str(), outcome = "accepted", principal = %principal.escape_debug(),
        source = peer.ip_address, "security decision"
    );
}

/// A caller lacks the privilege of what he called; `EventManager` shows that.
pub async fn lacks_privilege(app: &App, user_name: &str, privilege: &str, method: &str, peer: &Peer) {
    let detail = json!({ "privilege": privilege, "method": method });
    let row = AuditRow {
        outcome: Outcome::Refused,
        reason: Some("privilege".to_owned()),
        ..accepted(app, Action::Privilege, user_name, &detail, peer)
    };
    keep(app, row).await;
}

/// A call of somebody who is known was refused, for a reason in a word.
pub async fn refused_call(app: &App, user_name: &str, reason: &'static str, method: &str, peer: &Peer) {
    tracing::info!(
        trace = peer.trace, action = Action::CallSsoAdmin.as_str(), outcome = "refused", reason, method,
        principal = %user_name.escape_debug(), source = peer.ip_address, "security decision"
    );
    let detail = json!({ "method": method });
    let row = AuditRow {
        outcome: Outcome::Refused,
        reason: Some(reason.to_owned()),
        ..accepted(app, Action::CallSsoAdmin, user_name, &detail, peer)
    };
    keep(app, row).await;
}

/// What `EventManager` shows of a session that was opened, beside what else is said of it.
#[must_use]
pub fn opened_detail(session: &Session, mut detail: serde_json::Value) -> serde_json::Value {
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("session".into(), session.key.clone().into());
        detail.insert("locale".into(), session.locale.clone().into());
        detail.insert("user_agent".into(), short(&session.user_agent).into());
    }
    detail
}

/// What `EventManager` shows of a session that ended.
#[must_use]
pub fn ended_detail(session: &Session) -> serde_json::Value {
    json!({
        "session": session.key, "calls": session.call_count, "login_time": session.login_time.micros(),
        "user_agent": short(&session.user_agent),
    })
}

fn short(text: &str) -> String {
    text.chars().take(256).collect()
}

/// What an accepted token was, for the audit.
#[must_use]
pub fn token_detail(about: &About) -> serde_json::Value {
    json!({
        "subject": about.subject, "token_id": about.token_id, "confirmation": about.confirmation,
        "signer_sha256": about.signer_sha256,
    })
}
