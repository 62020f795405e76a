//! What a password must be when it is set, and how long it is good (`sts.md` §7.4).
//!
//! The rules and their numbers are those of vCenter, but for the greatest length: vCenter's is 20, which no generated
//! secret keeps to.

use std::time::Duration;

use crate::clock::Moment;
use crate::secret::Secret;

/// The password policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// At least so many characters.
    pub min_length: u32,
    /// At most so many characters.
    pub max_length: u32,
    /// At least so many letters.
    pub alphabetic: u32,
    /// At least so many upper-case letters.
    pub upper: u32,
    /// At least so many lower-case letters.
    pub lower: u32,
    /// At least so many digits.
    pub digit: u32,
    /// At least so many characters that are neither letter nor digit.
    pub special: u32,
    /// At most so many times the same character in a row.
    pub identical_adjacent: u32,
    /// None of the last so many passwords, the one in use among them.
    pub recycle: u32,
    /// Good for so many days; zero = for ever.
    pub expire_days: u32,
}

/// The first rule that a password breaks. Says nothing about the password but numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordViolation {
    /// Too short or too long.
    #[error("a password of {seen} characters, wanted {least} to {most}")]
    Length {
        /// How many it has.
        seen: usize,
        /// The fewest.
        least: u32,
        /// The most.
        most: u32,
    },
    /// Too few of one sort.
    #[error("a password with {seen} {sort}, at least {wanted} are wanted")]
    Few {
        /// The sort.
        sort: &'static str,
        /// How many it has.
        seen: usize,
        /// How many it needs.
        wanted: u32,
    },
    /// One character too often in a row.
    #[error("a password with the same character {seen} times in a row, at most {most} are allowed")]
    Adjacent {
        /// How often.
        seen: usize,
        /// How often it may be.
        most: u32,
    },
    /// A character that nobody sees.
    #[error("a password with a control character")]
    Control,
    /// It was the account's before.
    #[error("a password that is one of the last {0} of this account")]
    Recycled(u32),
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: 8,
            max_length: 1_024,
            alphabetic: 2,
            upper: 1,
            lower: 1,
            digit: 1,
            special: 1,
            identical_adjacent: 3,
            recycle: 5,
            expire_days: 90,
        }
    }
}

impl PasswordPolicy {
    /// Judges a password that is to be set.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn judge(&self, password: &Secret) -> Result<(), PasswordViolation> {
        let text = super::password::prepared_text(password);
        let count = |of: fn(char) -> bool| text.chars().filter(|character| of(*character)).count();
        if text.chars().any(char::is_control) {
            return Err(PasswordViolation::Control);
        }
        let (seen, least, most) = (text.chars().count(), self.min_length, self.max_length);
        if seen < size(least) || seen > size(most) {
            return Err(PasswordViolation::Length { seen, least, most });
        }
        let sorts: [Sort; 5] = [
            ("letters", self.alphabetic, char::is_alphabetic),
            ("upper-case letters", self.upper, char::is_uppercase),
            ("lower-case letters", self.lower, char::is_lowercase),
            ("digits", self.digit, |character| character.is_ascii_digit()),
            ("special characters", self.special, |character| !character.is_alphanumeric()),
        ];
        for (sort, wanted, of) in sorts {
            let seen = count(of);
            if seen < size(wanted) {
                return Err(PasswordViolation::Few { sort, seen, wanted });
            }
        }
        match longest_run(&text) {
            seen if seen > size(self.identical_adjacent) => {
                Err(PasswordViolation::Adjacent { seen, most: self.identical_adjacent })
            }
            _ => Ok(()),
        }
    }

    /// A password that was set at `since` is no longer good.
    #[must_use]
    pub fn has_expired(&self, since: Moment, now: Moment) -> bool {
        let good_for = Duration::from_secs(u64::from(self.expire_days) * 86_400);
        !good_for.is_zero() && now >= since.plus(good_for)
    }

    /// Why no password could keep all rules, in words (`sts.md` §7.4).
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        let sorts = self.alphabetic.saturating_add(self.digit).saturating_add(self.special);
        if self.max_length < self.min_length {
            Some("policy.password: max_length is less than min_length")
        } else if self.min_length < sorts {
            Some("policy.password: min_length is less than alphabetic, digit and special together")
        } else if self.alphabetic < self.upper.saturating_add(self.lower) {
            Some("policy.password: alphabetic is less than upper and lower together")
        } else if self.identical_adjacent == 0 {
            Some("policy.password: identical_adjacent is zero")
        } else {
            None
        }
    }
}

/// What its characters are called, how many are wanted, and which they are.
type Sort = (&'static str, u32, fn(char) -> bool);

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for character in text.chars() {
        run = if last == Some(character) { run + 1 } else { 1 };
        longest = longest.max(run);
        last = Some(character);
    }
    longest
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(password: &str) -> Result<(), PasswordViolation> {
        PasswordPolicy { max_length: 20, ..PasswordPolicy::default() }.judge(&Secret::new(password))
    }

    #[test]
    fn every_rule_has_a_last_password_it_takes_and_a_first_it_refuses() {
        let few = |sort, seen, wanted| Err(PasswordViolation::Few { sort, seen, wanted });
        for (password, judged) in [
            ("Secret!2", Ok(())),
            ("Secre!2", Err(PasswordViolation::Length { seen: 7, least: 8, most: 20 })),
            ("Secret!2Secret!2Secr", Ok(())),
            ("Secret!2Secret!2Secre", Err(PasswordViolation::Length { seen: 21, least: 8, most: 20 })),
            ("aB345678!", Ok(())),
            ("B2345678!", few("letters", 1, 2)),
            ("secret!2", few("upper-case letters", 0, 1)),
            ("SECRET!2", few("lower-case letters", 0, 1)),
            ("Secret!!", few("digits", 0, 1)),
            ("Secret22", few("special characters", 0, 1)),
            ("Seeecret!2", Ok(())),
            ("Seeeecret!2", Err(PasswordViolation::Adjacent { seen: 4, most: 3 })),
            ("Secret!2\0", Err(PasswordViolation::Control)),
            ("Secret!2\n", Err(PasswordViolation::Control)),
            ("Geh\u{e4}im !2", Ok(())),
        ] {
            assert_eq!(judge(password), judged, "{password:?}");
        }
    }

    #[test]
    fn a_password_is_good_until_its_day_and_for_ever_where_there_is_none() {
        let day = Duration::from_hours(24);
        let policy = PasswordPolicy { expire_days: 2, ..PasswordPolicy::default() };
        let end = Moment::EPOCH.plus(day * 2);
        assert!(!policy.has_expired(Moment::EPOCH, end.minus(Duration::from_millis(1))));
        assert!(policy.has_expired(Moment::EPOCH, end));
        let for_ever = PasswordPolicy { expire_days: 0, ..policy };
        assert!(!for_ever.has_expired(Moment::EPOCH, end.plus(day * 10_000)));
    }

    #[test]
    fn rules_that_no_password_could_keep_contradict_each_other() {
        let good = PasswordPolicy::default();
        for (policy, fits) in [
            (good, true),
            (PasswordPolicy { max_length: 8, ..good }, true),
            (PasswordPolicy { max_length: 7, ..good }, false),
            (PasswordPolicy { special: 5, ..good }, true),
            (PasswordPolicy { special: 6, ..good }, false),
            (PasswordPolicy { alphabetic: 1, ..good }, false),
            (PasswordPolicy { identical_adjacent: 1, ..good }, true),
            (PasswordPolicy { identical_adjacent: 0, ..good }, false),
        ] {
            assert_eq!(policy.contradiction().is_none(), fits, "{policy:?}");
        }
    }
}
