//! What a password must be, and what wrong ones lead to: the policies of the house under their names here.

use super::{Asked, Refusal};
use crate::app::policies::{Policy, PolicyRefused, Scalar, change};
use crate::app::registry::NotDone;
use crate::sso_admin::policy::{LockoutPolicy, PasswordPolicy};
use crate::vim::values::Value;

pub(super) async fn password(asked: &Asked<'_>) -> Result<Option<Value>, Refusal> {
    let policies = asked.app.policies_now().await?;
    let rules = &policies.password;
    Ok(Some(Value::from(&PasswordPolicy {
        description: policies.password_description.clone().unwrap_or_default(),
        previous: int(rules.recycle),
        min_length: int(rules.min_length),
        max_length: int(rules.max_length),
        alphabetic: int(rules.alphabetic),
        uppercase: int(rules.upper),
        lowercase: int(rules.lower),
        numeric: int(rules.digit),
        special: int(rules.special),
        adjacent: int(rules.identical_adjacent),
        lifetime_days: Some(int(rules.expire_days)).filter(|days| *days > 0),
    })))
}

pub(super) async fn update_password(
    asked: &Asked<'_>,
    policy: &PasswordPolicy,
) -> Result<Option<Value>, Refusal> {
    let changes = [
        (Policy::PasswordDescription, described(&policy.description)),
        (Policy::PasswordRecycle, number(policy.previous.into())?),
        (Policy::PasswordMinLength, number(policy.min_length.into())?),
        (Policy::PasswordMaxLength, number(policy.max_length.into())?),
        (Policy::PasswordAlphabetic, number(policy.alphabetic.into())?),
        (Policy::PasswordUpper, number(policy.uppercase.into())?),
        (Policy::PasswordLower, number(policy.lowercase.into())?),
        (Policy::PasswordDigit, number(policy.numeric.into())?),
        (Policy::PasswordSpecial, number(policy.special.into())?),
        (Policy::PasswordAdjacent, number(policy.adjacent.into())?),
        (Policy::PasswordExpiry, number(policy.lifetime_days.unwrap_or(0).into())?),
    ];
    set(asked, &changes).await
}

pub(super) async fn lockout(asked: &Asked<'_>) -> Result<Option<Value>, Refusal> {
    let policies = asked.app.policies_now().await?;
    Ok(Some(Value::from(&LockoutPolicy {
        description: policies.lockout_description.clone().unwrap_or_default(),
        max_failures: int(policies.lockout.max_failures),
        window_seconds: long(policies.lockout.window.as_secs()),
        unlock_seconds: long(policies.lockout.unlock_after.as_secs()),
    })))
}

pub(super) async fn update_lockout(
    asked: &Asked<'_>,
    policy: &LockoutPolicy,
) -> Result<Option<Value>, Refusal> {
    let changes = [
        (Policy::LockoutDescription, described(&policy.description)),
        (Policy::LockoutFailures, number(policy.max_failures.into())?),
        (Policy::LockoutWindow, number(policy.window_seconds)?),
        (Policy::LockoutUnlock, number(policy.unlock_seconds)?),
    ];
    set(asked, &changes).await
}

/// All changes or none, in one commit.
pub(super) async fn set(
    asked: &Asked<'_>,
    changes: &[(Policy, Option<Scalar>)],
) -> Result<Option<Value>, Refusal> {
    let (by, peer) = asked.by();
    change(asked.app, changes, by, peer).await.map_err(|refused| match refused {
        PolicyRefused::Failure(failure) => NotDone::from(failure),
        other => NotDone::BadPolicy(other.to_string()),
    })?;
    Ok(None)
}

/// A negative number is in no policy.
pub(super) fn number(value: i64) -> Result<Option<Scalar>, NotDone> {
    let value = u64::try_from(value).map_err(|_| NotDone::BadPolicy("a number is negative".to_owned()))?;
    Ok(Some(Scalar::Number(value)))
}

/// Without words there is no description.
fn described(text: &str) -> Option<Scalar> {
    (!text.trim().is_empty()).then(|| Scalar::Text(text.to_owned()))
}

pub(super) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn long(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
