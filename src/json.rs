//! JSON from outside as a tree (RFC 8259), read strictly: no name twice in an object, and within budgets. `serde_json`
//! alone would keep the last of two values of one name, and another program in the way the first.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{Debug, Formatter, Result as FmtResult};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::xml::Limits;

/// One value, whose texts are those of the message where they hold no escape.
pub enum Node<'j> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// As it is to be written.
    Number(String),
    /// A text, without its quotes and escapes.
    Text(Cow<'j, str>),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Members<'j>),
}

/// What an object holds, in the order of writing.
pub type Members<'j> = Vec<(Cow<'j, str>, Node<'j>)>;

impl<'j> Node<'j> {
    /// Reads a whole message.
    ///
    /// # Errors
    /// What is no JSON, or more of it than is read.
    pub fn read(bytes: &'j [u8]) -> Result<Self, serde_json::Error> {
        Self::read_within(bytes, &Limits::MESSAGE)
    }

    /// The same within other limits: of values, and of levels.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_within(bytes: &'j [u8], limits: &Limits) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let left = Cell::new(limits.nodes);
        let node = Budget { left: &left, depth: limits.depth }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(node)
    }
}

/// A value may be a password.
impl Debug for Node<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        })
    }
}

/// What may still be read: values in the whole message, and levels below here.
#[derive(Clone, Copy)]
struct Budget<'b> {
    left: &'b Cell<usize>,
    depth: usize,
}

impl Budget<'_> {
    /// For what stands inside a list or an object.
    fn inside<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'j> DeserializeSeed<'j> for Budget<'_> {
    type Value = Node<'j>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Node<'j>, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Budget<'_> {
    type Value = Node<'j>;

    fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'j>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'j>, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'j>, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'j>, E> {
        Ok(Node::Number(value.to_string()))
    }

    /// With its point, so that `1.0` is no whole number by accident.
    fn visit_f64<E>(self, value: f64) -> Result<Node<'j>, E> {
        Ok(Node::Number(format!("{value:?}")))
    }

    fn visit_borrowed_str<E>(self, text: &'j str) -> Result<Node<'j>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'j>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut items: A) -> Result<Node<'j>, A::Error> {
        let inside = self.inside()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'j>>(self, mut entries: A) -> Result<Node<'j>, A::Error> {
        let inside = self.inside()?;
        let mut members: Members<'j> = Vec::new();
        while let Some(Name(name)) = entries.next_key()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name stands twice in one object"));
            }
            if members.len() == MOST_MEMBERS {
                return Err(A::Error::custom("too many names in one object"));
            }
            members.push((name, entries.next_value_seed(inside)?));
        }
        Ok(Node::Object(members))
    }
}

/// A name, borrowed where it holds no escape.
#[derive(serde::Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

/// The largest data object of the API, an event's description apart, has about 50 fields.
const MOST_MEMBERS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Node::read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = " {\"a\": [null, true, -1, 18446744073709551615, 1.0, \"x\\u0041\"], \"\\u0062\": {}} ";
        let Node::Object(members) = Node::read(text.as_bytes()).unwrap() else { panic!() };
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["a", "b"]);
        let Node::List(items) = &members[0].1 else { panic!() };
        let numbers = items.iter().filter_map(|item| match item {
            Node::Number(number) => Some(number.as_str()),
            _ => None,
        });
        assert_eq!(numbers.collect::<Vec<_>>(), ["-1", "18446744073709551615", "1.0"]);
        assert!(matches!(&items[5], Node::Text(text) if text == "xA"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{",
            "{}x",
            "{} {}",
            "{'a':1}",
            "{\"a\":1,}",
            "[01]",
            "\"\\ud800\"",
            "nul",
            "1e999",
            "\u{feff}{}",
        ] {
            assert!(Node::read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Node::read(b"\"\xff\"").is_err());
    }

    #[test]
    fn a_name_stands_once_however_it_is_written() {
        assert!(refused("{\"a\":1,\"b\":2,\"\\u0061\":3}").starts_with("a name stands twice"));
        assert!(Node::read(b"{\"a\":{\"a\":1},\"A\":2}").is_ok());
    }

    #[test]
    fn each_budget_has_a_last_value_and_a_first_too_much() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Node::read(nested(48).as_bytes()).is_ok());
        assert!(refused(&nested(49)).starts_with("nested too deep"));
        assert!(refused(&"[".repeat(100_000)).starts_with("nested too deep"));
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(Node::read(list(39_999).as_bytes()).is_ok());
        assert!(refused(&list(40_000)).starts_with("too many values"));
        let wide = |count: usize| {
            let members: Vec<_> = (0..count).map(|n| format!("\"{n}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(Node::read(wide(128).as_bytes()).is_ok());
        assert!(refused(&wide(129)).starts_with("too many names"));
    }

    #[test]
    fn no_error_and_no_debug_repeats_what_was_said() {
        assert!(!refused("{\"password\":\"geheim\" x}").contains("geheim"));
        assert!(!format!("{:?}", Node::read(b"\"geheim\"")).contains("geheim"));
    }
}
