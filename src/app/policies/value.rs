//! Values of settings: what kinds there are, how one is written as text, and how a field of the policies holds one.

use std::time::Duration;

/// What kind of value a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text that is not blank, of at most 256 bytes.
    Name,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// A whole number, bounds included.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A list of texts.
    List,
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Number(u64),
    /// A list of texts.
    List(Vec<String>),
}

/// A type that a setting can be.
pub(super) trait Held {
    /// Its value; nothing when it is not set.
    fn shown(&self) -> Option<Scalar>;
    /// Takes a value of its kind; any other leaves it as it is.
    fn hold(&mut self, value: &Scalar);
}

impl Kind {
    /// The type, in words.
    #[must_use]
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::Text | Self::Name | Self::Word(_) => "a string",
            Self::Switch => "true or false",
            Self::Number { .. } => "a whole number",
            Self::List => "a list of strings",
        }
    }

    /// The type and what is allowed of it, in words.
    #[must_use]
    pub fn allowed(self) -> String {
        match self {
            Self::Name => "a name of 1 to 256 bytes".to_owned(),
            Self::Word(words) => words.join(" or "),
            Self::Number { least, most } => format!("{least} to {most}"),
            Self::Text | Self::Switch | Self::List => self.wanted().to_owned(),
        }
    }

    /// The value is one of this kind, within the bounds.
    #[must_use]
    pub fn allows(self, value: &Scalar) -> bool {
        match (self, value) {
            (Self::Text, Scalar::Text(_))
            | (Self::Switch, Scalar::Switch(_))
            | (Self::List, Scalar::List(_)) => true,
            (Self::Name, Scalar::Text(name)) => !name.trim().is_empty() && name.len() <= LONGEST_NAME,
            (Self::Word(words), Scalar::Text(word)) => words.contains(&word.as_str()),
            (Self::Number { least, most }, Scalar::Number(number)) => (least..=most).contains(number),
            _ => false,
        }
    }

    /// Reads a value as a person types it, or as the store has it; nothing when it is none of this kind.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Scalar> {
        let value = match self {
            Self::Text | Self::Name | Self::Word(_) => Scalar::Text(text.to_owned()),
            Self::Switch => Scalar::Switch(text.parse().ok()?),
            Self::Number { .. } => Scalar::Number(text.parse().ok()?),
            Self::List => Scalar::List(text.split_whitespace().map(str::to_owned).collect()),
        };
        Some(value).filter(|value| self.allows(value))
    }
}

impl Scalar {
    /// As [`Kind::read`] reads it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Switch(value) => value.to_string(),
            Self::Number(number) => number.to_string(),
            Self::List(texts) => texts.join(" "),
        }
    }
}

impl Held for bool {
    fn shown(&self) -> Option<Scalar> {
        Some(Scalar::Switch(*self))
    }

    fn hold(&mut self, value: &Scalar) {
        if let Scalar::Switch(value) = value {
            *self = *value;
        }
    }
}

impl Held for u64 {
    fn shown(&self) -> Option<Scalar> {
        Some(Scalar::Number(*self))
    }

    fn hold(&mut self, value: &Scalar) {
        if let Scalar::Number(number) = value {
            *self = *number;
        }
    }
}

/// The list bounds counts to 32 bits.
impl Held for u32 {
    fn shown(&self) -> Option<Scalar> {
        Some(Scalar::Number((*self).into()))
    }

    fn hold(&mut self, value: &Scalar) {
        if let Scalar::Number(number) = value {
            *self = Self::try_from(*number).unwrap_or(Self::MAX);
        }
    }
}

/// In seconds.
impl Held for Duration {
    fn shown(&self) -> Option<Scalar> {
        Some(Scalar::Number(self.as_secs()))
    }

    fn hold(&mut self, value: &Scalar) {
        if let Scalar::Number(seconds) = value {
            *self = Self::from_secs(*seconds);
        }
    }
}

impl Held for Option<String> {
    fn shown(&self) -> Option<Scalar> {
        self.clone().map(Scalar::Text)
    }

    fn hold(&mut self, value: &Scalar) {
        if let Scalar::Text(text) = value {
            *self = Some(text.clone());
        }
    }
}

/// Words for the members of a closed set.
macro_rules! words {
    ($list:ident $type:ty: $($word:literal $member:path,)*) => {
        pub(super) const $list: &[&str] = &[$($word,)*];

        impl Held for $type {
            fn shown(&self) -> Option<Scalar> {
                let word = match self { $($member => $word,)* };
                Some(Scalar::Text(word.to_owned()))
            }

            fn hold(&mut self, value: &Scalar) {
                let Scalar::Text(text) = value else { return };
                match text.as_str() { $($word => *self = $member,)* _ => {} }
            }
        }
    };
}
pub(super) use words;

/// `OptionManager` takes no longer name.
const LONGEST_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_within_its_bounds_and_not_beyond() {
        let kind = Kind::Number { least: 1, most: 10 };
        for (text, read) in
            [("1", Some(1)), ("10", Some(10)), ("0", None), ("11", None), ("-1", None), ("", None)]
        {
            assert_eq!(kind.read(text), read.map(Scalar::Number), "{text}");
        }
    }

    #[test]
    fn a_word_is_one_of_the_list_and_a_name_is_not_blank() {
        assert_eq!(Kind::Word(&["a", "b"]).read("b"), Some(Scalar::Text("b".into())));
        assert_eq!(Kind::Word(&["a", "b"]).read("c"), None);
        assert_eq!(Kind::Name.read(" "), None);
        assert!(Kind::Name.read(&"x".repeat(256)).is_some() && Kind::Name.read(&"x".repeat(257)).is_none());
        assert_eq!(Kind::Switch.read("true"), Some(Scalar::Switch(true)));
        assert_eq!(Kind::Switch.read("yes"), None);
    }
}
