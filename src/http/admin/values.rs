//! Values that several nouns share: times, passwords, certificates, short texts, and lists that are read page by page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::problem::Problem;
use crate::clock::Moment;
use crate::identity::principal::fold;
use crate::pki::{Certificate, pem};
use crate::secret::Secret;

/// A time, in UTC.
pub(super) struct Time(pub(super) Moment);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.micros_text().as_str())
    }
}

/// Declares how a type of one value is described.
macro_rules! described {
    ($($type:ty, $name:literal, $schema:tt;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    )*};
}
pub(super) use described;

described! {
    Time, "Time", { "type": "string", "format": "date-time" };
    Password, "Password", { "type": "string", "format": "password", "writeOnly": true };
    Short, "Short", { "type": "string", "maxLength": 256 };
    Limit, "Limit", { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 };
}

/// A password that somebody sends. It is never sent back.
#[derive(Deserialize)]
#[serde(from = "String")]
pub(super) struct Password(pub(super) Secret);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

/// A text for people.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Short(pub(super) String);

impl TryFrom<String> for Short {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() <= MOST_CHARACTERS {
            Ok(Self(text))
        } else {
            Err("a text of more than 256 characters")
        }
    }
}

/// How many things a page has at most.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit(pub(super) u32);

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        if (1..=MOST_OF_A_PAGE).contains(&limit) { Ok(Self(limit)) } else { Err("limit is 1 to 1000") }
    }
}

/// Which page of a list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    /// How many at most.
    #[serde(default)]
    #[schemars(default)]
    pub(super) limit: Option<Limit>,
    /// Only what comes after this one: `next` of the page before.
    after: Option<String>,
}

/// One page of a list.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "{T}Page")]
pub(super) struct Page<T> {
    /// What is on it.
    pub(super) items: Vec<T>,
    /// Give it as `after` for the page that follows; not there on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl Paging {
    /// The page of a whole list; `name` is what its order goes by, without case.
    pub(super) fn of<S, T>(
        &self,
        mut all: Vec<S>,
        name: fn(&S) -> String,
        shown: impl Fn(S) -> T,
    ) -> Page<T> {
        all.sort_by_cached_key(|one| fold(&name(one)));
        if let Some(after) = self.after.as_deref().map(fold) {
            all.retain(|one| fold(&name(one)) > after);
        }
        let most = usize::try_from(self.limit.unwrap_or_default().0).unwrap_or(usize::MAX);
        let more = all.len() > most;
        all.truncate(most);
        let next = all.last().filter(|_| more).map(name);
        Page { items: all.into_iter().map(shown).collect(), next }
    }
}

/// The first certificate of a PEM text.
pub(super) fn certificate(text: &str) -> Result<Certificate, Problem> {
    let mut found = pem::certificates(text)?.into_iter();
    found.next().ok_or_else(|| pem::PemError::Missing("certificate").into())
}

/// A certificate as PEM.
pub(super) fn certificate_pem(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}

/// Longer names are not for people.
const MOST_CHARACTERS: usize = 256;
/// A page of a thousand users is 300 KiB.
const MOST_OF_A_PAGE: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: u32, after: Option<&str>) -> (Vec<String>, Option<String>) {
        let paging = Paging { limit: Some(Limit(limit)), after: after.map(str::to_owned) };
        let all = ["b", "A", "d", "C"].map(str::to_owned).to_vec();
        let page = paging.of(all, Clone::clone, |one| one);
        (page.items, page.next)
    }

    #[test]
    fn pages_follow_each_other_to_the_end_and_nothing_is_left_out() {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(page(4, None), (named(&["A", "b", "C", "d"]), None));
        assert_eq!(page(3, None), (named(&["A", "b", "C"]), Some("C".to_owned())));
        assert_eq!(page(3, Some("c")), (named(&["d"]), None));
        assert_eq!(page(3, Some("zz")), (named(&[]), None));
    }

    #[test]
    fn a_limit_is_one_to_a_thousand() {
        let read = |text: &str| serde_json::from_str::<Limit>(text).map(|limit| limit.0).ok();
        assert_eq!([read("1"), read("1000"), read("0"), read("1001")], [Some(1), Some(1_000), None, None]);
        let text = |length: usize| Short::try_from("\u{e9}".repeat(length)).is_ok();
        assert!(text(256) && !text(257));
    }
}
