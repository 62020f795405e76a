//! Flag over environment over file over default: what was written, where, and which of it counts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::document::{FileKind, Section, kind_of};
use super::error::{ConfigError, Hint, Place};
use super::setting::{Kind, Scalar, Setting};

/// A setting with the value it was given, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Which setting.
    pub setting: Setting,
    /// Its value.
    pub value: Scalar,
    /// Where it stands.
    pub place: Place,
}

/// The values that count. What is put in later hides what was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers(BTreeMap<Setting, (Scalar, Place)>);

impl Layers {
    /// Puts values on top, the last one topmost.
    pub fn put_all(&mut self, assignments: impl IntoIterator<Item = Assignment>) {
        let placed = |given: Assignment| (given.setting, (given.value, given.place));
        self.0.extend(assignments.into_iter().map(placed));
    }

    /// Where the value that counts was written; nothing for a default.
    #[must_use]
    pub fn place(&self, setting: Setting) -> Option<&Place> {
        self.0.get(&setting).map(|(_, place)| place)
    }

    /// The value that counts, if one was given.
    #[must_use]
    pub fn value(&self, setting: Setting) -> Option<&Scalar> {
        self.0.get(&setting).map(|(value, _)| value)
    }

    /// A text, if one was given.
    #[must_use]
    pub fn text(&self, setting: Setting) -> Option<(&str, &Place)> {
        match self.0.get(&setting) {
            Some((Scalar::Text(text), place)) => Some((text, place)),
            _ => None,
        }
    }

    /// A text read into a type, if one was given.
    ///
    /// # Errors
    /// [`ConfigError::Value`] with `wanted` when `read` finds nothing in it.
    pub fn parse<T>(
        &self,
        setting: Setting,
        wanted: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((text, place)) = self.text(setting) else { return Ok(None) };
        match read(text) {
            Some(value) => Ok(Some(value)),
            None => Err(ConfigError::Value {
                key: setting.key().into(),
                place: place.clone(),
                seen: text.into(),
                wanted: wanted.into(),
                hint: Hint::None,
            }),
        }
    }

    /// A list read into types; empty when it was not given.
    ///
    /// # Errors
    /// [`ConfigError::Value`] with `wanted` for the first entry in which `read` finds nothing.
    pub fn list<T>(
        &self,
        setting: Setting,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let Some((Scalar::List(texts), place)) = self.0.get(&setting) else { return Ok(Vec::new()) };
        let entry = |text: &String| {
            read(text).ok_or_else(|| ConfigError::Value {
                key: setting.key().into(),
                place: place.clone(),
                seen: text.as_str().into(),
                wanted: wanted.into(),
                hint: Hint::None,
            })
        };
        texts.iter().map(entry).collect()
    }

    /// A path, if one was given; relative ones in a file start from the folder of that file.
    #[must_use]
    pub fn path(&self, setting: Setting) -> Option<PathBuf> {
        let (text, place) = self.text(setting)?;
        Some(place.folder().map_or_else(|| PathBuf::from(text), |folder| folder.join(text)))
    }

    /// A switch, or the default.
    #[must_use]
    pub fn switch(&self, setting: Setting, default: bool) -> bool {
        match self.0.get(&setting) {
            Some((Scalar::Switch(value), _)) => *value,
            _ => default,
        }
    }
}

/// Every setting that stands in a table, at any depth; unknown keys are refused.
///
/// # Errors
/// [`ConfigError`].
pub fn assignments(root: &Section<'_>, elsewhere: &[&'static str]) -> Result<Vec<Assignment>, ConfigError> {
    let mut found = Vec::new();
    walk(root, "", elsewhere, &mut found)?;
    Ok(found)
}

/// `elsewhere` lists the keys of this table that somebody else reads.
fn walk(
    section: &Section<'_>,
    prefix: &str,
    elsewhere: &[&'static str],
    found: &mut Vec<Assignment>,
) -> Result<(), ConfigError> {
    let kind = section.source().kind();
    for (key, place, value) in section.entries().filter(|(key, ..)| !elsewhere.contains(key)) {
        let path = format!("{prefix}{key}");
        let deeper = format!("{path}.");
        // A quoted key with a dot in it is one key, and none of ours.
        match Setting::by_key(&path).filter(|setting| allowed(*setting, kind) && !key.contains('.')) {
            Some(setting) => found.push(assignment(setting, value, place)?),
            None if !key.contains('.') && known(kind).any(|setting| setting.key().starts_with(&deeper)) => {
                let Some(inner) = section.inner(&path, value) else {
                    return Err(ConfigError::Type {
                        key: path,
                        place,
                        seen: kind_of(value.get_ref()),
                        wanted: "a table",
                    });
                };
                walk(&inner, &deeper, &[], found)?;
            }
            None => return Err(section.unknown(key, place, hint(key, prefix, kind, elsewhere))),
        }
    }
    Ok(())
}

/// Checks a value of a file against the type and bounds of the setting.
fn assignment(
    setting: Setting,
    value: &Spanned<DeValue<'_>>,
    place: Place,
) -> Result<Assignment, ConfigError> {
    let refused = |seen: String, hint| ConfigError::Value {
        key: setting.key().into(),
        place: place.clone(),
        seen: seen.into(),
        wanted: setting.kind().allowed().into(),
        hint,
    };
    let mistyped = |seen| {
        let (key, wanted) = (setting.key().to_owned(), setting.kind().wanted());
        ConfigError::Type { key, place: place.clone(), seen, wanted }
    };
    let value = match (setting.kind(), value.get_ref()) {
        (Kind::Text | Kind::Name | Kind::Word(_), DeValue::String(text)) => Scalar::Text(text.to_string()),
        (Kind::Switch, DeValue::Boolean(value)) => Scalar::Switch(*value),
        (Kind::Number { .. }, DeValue::Integer(number)) => {
            let read = u64::from_str_radix(number.as_str(), number.radix()).ok();
            Scalar::Number(read.ok_or_else(|| refused(number.to_string(), Hint::None))?)
        }
        (Kind::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            Scalar::List(texts.collect::<Option<_>>().ok_or_else(|| mistyped("a list of other things"))?)
        }
        (_, other) => return Err(mistyped(kind_of(other))),
    };
    if !setting.kind().allows(&value) {
        let hint = match (setting.kind(), &value) {
            (Kind::Word(words), Scalar::Text(text)) => Hint::of(text, words),
            _ => Hint::None,
        };
        return Err(refused(value.written(), hint));
    }
    Ok(Assignment { setting, value, place })
}

fn hint(key: &str, prefix: &str, kind: FileKind, elsewhere: &[&'static str]) -> Hint {
    let other = match kind {
        FileKind::Config if prefix.is_empty() && super::seed::ENTRIES.contains(&key) => Some("the seed file"),
        FileKind::Seed if Setting::by_key(&[prefix, key].concat()).is_some() => {
            Some("the configuration file")
        }
        FileKind::Config | FileKind::Seed => None,
    };
    if let Some(file) = other {
        return Hint::BelongsIn(file);
    }
    let rest = known(kind).filter_map(|setting| setting.key().strip_prefix(prefix));
    let mut words: Vec<&'static str> =
        rest.filter_map(|rest| rest.split('.').next()).chain(elsewhere.iter().copied()).collect();
    words.dedup();
    Hint::of(key, &words)
}

fn known(kind: FileKind) -> impl Iterator<Item = Setting> {
    Setting::all().filter(move |setting| allowed(*setting, kind))
}

fn allowed(setting: Setting, kind: FileKind) -> bool {
    match kind {
        FileKind::Config => setting.is_in_file(),
        FileKind::Seed => setting.is_in_seed(),
    }
}
