//! The policies of passwords and of lockout, as data objects (`sts.md` §7.4).

use crate::vim::values::arguments::{Arguments, Owner, Problem};
use crate::vim::values::{Field, Record};
use crate::xml::Element;

/// What a password must be. Numbers as they were sent: whether they are allowed is not decided here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// For people.
    pub description: String,
    /// None of the last so many.
    pub previous: i32,
    /// The fewest characters.
    pub min_length: i32,
    /// The most.
    pub max_length: i32,
    /// At least so many letters.
    pub alphabetic: i32,
    /// Upper-case ones.
    pub uppercase: i32,
    /// Lower-case ones.
    pub lowercase: i32,
    /// Digits.
    pub numeric: i32,
    /// Characters of another sort.
    pub special: i32,
    /// At most so many times the same in a row.
    pub adjacent: i32,
    /// Good for so many days; nothing = for ever.
    pub lifetime_days: Option<i32>,
}

/// What wrong passwords lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// For people.
    pub description: String,
    /// So many lock.
    pub max_failures: i32,
    /// If they come within so many seconds.
    pub window_seconds: i64,
    /// For so many seconds; zero = until somebody unlocks.
    pub unlock_seconds: i64,
}

const FORMAT: &str = "AdminPasswordFormat";
const LENGTH: &str = "AdminPasswordFormatLengthRestriction";
const ALPHABETIC: &str = "AdminPasswordFormatAlphabeticRestriction";

impl PasswordPolicy {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let names =
            ["description", "prohibitedPreviousPasswordsCount", "passwordFormat", "passwordLifetimeDays"];
        let policy = part(arguments.required("policy")?, "AdminPasswordPolicy", &names)?;
        let names = [
            "lengthRestriction",
            "alphabeticRestriction",
            "minNumericCount",
            "minSpecialCharCount",
            "maxIdenticalAdjacentCharacters",
        ];
        let format = part(policy.required("passwordFormat")?, FORMAT, &names)?;
        let length = part(format.required("lengthRestriction")?, LENGTH, &["minLength", "maxLength"])?;
        let names = ["minAlphabeticCount", "minUppercaseCount", "minLowercaseCount"];
        let letters = part(format.required("alphabeticRestriction")?, ALPHABETIC, &names)?;
        Ok(Self {
            description: policy.optional_owned("description")?.unwrap_or_default(),
            previous: policy.required_integer("prohibitedPreviousPasswordsCount")?,
            min_length: length.required_integer("minLength")?,
            max_length: length.required_integer("maxLength")?,
            alphabetic: letters.required_integer("minAlphabeticCount")?,
            uppercase: letters.required_integer("minUppercaseCount")?,
            lowercase: letters.required_integer("minLowercaseCount")?,
            numeric: format.required_integer("minNumericCount")?,
            special: format.required_integer("minSpecialCharCount")?,
            adjacent: format.required_integer("maxIdenticalAdjacentCharacters")?,
            lifetime_days: policy.integer("passwordLifetimeDays")?,
        })
    }
}

impl LockoutPolicy {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Self, Problem> {
        let names = ["description", "maxFailedAttempts", "failedAttemptIntervalSec", "autoUnlockIntervalSec"];
        let policy = part(arguments.required("policy")?, "AdminLockoutPolicy", &names)?;
        Ok(Self {
            description: policy.optional_owned("description")?.unwrap_or_default(),
            max_failures: policy.required_integer("maxFailedAttempts")?,
            window_seconds: long(&policy, "failedAttemptIntervalSec")?,
            unlock_seconds: long(&policy, "autoUnlockIntervalSec")?,
        })
    }
}

fn part<'d>(element: Element<'d>, kind: &'static str, fields: &[&str]) -> Result<Arguments<'d>, Problem> {
    Arguments::of(element, Owner::Data(kind), fields)
}

/// `xsd:long`.
pub(super) fn long(arguments: &Arguments<'_>, name: &'static str) -> Result<i64, Problem> {
    arguments.text(name)?.trim().parse().map_err(|_| arguments.malformed(name, "a long"))
}

impl From<&PasswordPolicy> for Record {
    fn from(policy: &PasswordPolicy) -> Self {
        let length =
            vec![Field::new("minLength", policy.min_length), Field::new("maxLength", policy.max_length)];
        let letters = vec![
            Field::new("minAlphabeticCount", policy.alphabetic),
            Field::new("minUppercaseCount", policy.uppercase),
            Field::new("minLowercaseCount", policy.lowercase),
        ];
        let format = vec![
            Field::new("lengthRestriction", Self::new(LENGTH, length)),
            Field::new("alphabeticRestriction", Self::new(ALPHABETIC, letters)),
            Field::new("minNumericCount", policy.numeric),
            Field::new("minSpecialCharCount", policy.special),
            Field::new("maxIdenticalAdjacentCharacters", policy.adjacent),
        ];
        Self::new(
            "AdminPasswordPolicy",
            vec![
                Field::new("description", policy.description.as_str()),
                Field::new("prohibitedPreviousPasswordsCount", policy.previous),
                Field::new("passwordFormat", Self::new(FORMAT, format)),
                Field::optional("passwordLifetimeDays", policy.lifetime_days),
            ],
        )
    }
}

impl From<&LockoutPolicy> for Record {
    fn from(policy: &LockoutPolicy) -> Self {
        Self::new(
            "AdminLockoutPolicy",
            vec![
                Field::new("description", policy.description.as_str()),
                Field::new("maxFailedAttempts", policy.max_failures),
                Field::new("failedAttemptIntervalSec", policy.window_seconds),
                Field::new("autoUnlockIntervalSec", policy.unlock_seconds),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::values::{ApiVersion, Value, wire};
    use crate::xml::{Document, Limits};

    #[test]
    fn a_policy_is_read_as_it_is_written() {
        let policy = PasswordPolicy {
            description: "ours".into(),
            previous: 5,
            min_length: 8,
            max_length: 20,
            alphabetic: 2,
            uppercase: 1,
            lowercase: 1,
            numeric: 1,
            special: 1,
            adjacent: 3,
            lifetime_days: None,
        };
        for policy in [PasswordPolicy { lifetime_days: Some(90), ..policy.clone() }, policy] {
            let mut out = String::from("<c>");
            wire::element(&mut out, "policy", &Value::from(&policy), ApiVersion::NEWEST);
            let document = Document::parse((out + "</c>").into_bytes(), &Limits::MESSAGE).unwrap();
            let call = Arguments::of(document.root(), Owner::Call("c"), &["policy"]).ok().unwrap();
            assert_eq!(PasswordPolicy::of(&call), Ok(policy));
        }
        let lockout = LockoutPolicy {
            description: String::new(),
            max_failures: 5,
            window_seconds: 180,
            unlock_seconds: i64::MAX,
        };
        let mut out = String::from("<c>");
        wire::element(&mut out, "policy", &Value::from(&lockout), ApiVersion::NEWEST);
        let document = Document::parse((out + "</c>").into_bytes(), &Limits::MESSAGE).unwrap();
        let call = Arguments::of(document.root(), Owner::Call("c"), &["policy"]).ok().unwrap();
        assert_eq!(LockoutPolicy::of(&call), Ok(lockout));
    }
}
