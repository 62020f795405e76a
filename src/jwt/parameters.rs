//! Parameters of a request, from a form or from a JSON object: each at most once, whatever it is called (RFC 6749 §3.2).

use std::collections::BTreeMap;

use super::exchange::ExchangeError;
use crate::json::Node;
use crate::secret::Secret;
use crate::xml::Limits;

/// Parameters by name. Each may be a token, so none is printed.
#[derive(Debug, Default)]
pub(super) struct Parameters(BTreeMap<String, Secret>);

impl Parameters {
    /// `application/x-www-form-urlencoded`.
    pub(super) fn of_form(body: &[u8]) -> Result<Self, ExchangeError> {
        let mut parameters = Self::default();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(place) => (pair.get(..place), pair.get(place + 1..)),
                None => (Some(pair), None),
            };
            parameters.add(decoded(name.unwrap_or_default())?, decoded(value.unwrap_or_default())?)?;
        }
        Ok(parameters)
    }

    /// A JSON object, or the object that is the one member of another.
    pub(super) fn of_json(body: &[u8], inside: Option<&str>) -> Result<Self, ExchangeError> {
        let limits = Limits { depth: 8, nodes: 256, ..Limits::MESSAGE };
        let node = Node::read_within(body, &limits).map_err(|_| ExchangeError::Syntax)?;
        let node = match (node, inside) {
            (Node::Object(members), Some(wanted)) => {
                let mut found = members.into_iter().filter(|(name, _)| name == wanted);
                found.next().map(|(_, node)| node).ok_or(ExchangeError::Syntax)?
            }
            (node, _) => node,
        };
        let Node::Object(members) = node else { return Err(ExchangeError::Syntax) };
        let mut parameters = Self::default();
        for (name, value) in members {
            match value {
                Node::Text(text) => parameters.add(name.into_owned(), text.into_owned())?,
                // What is unset is not there.
                Node::Null => {}
                Node::Boolean(_) | Node::Number(_) | Node::List(_) | Node::Object(_) => {
                    return Err(ExchangeError::Syntax);
                }
            }
        }
        Ok(parameters)
    }

    /// One without a value is not there (RFC 6749 §3.2).
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose).filter(|value| !value.is_empty())
    }

    fn add(&mut self, name: String, value: String) -> Result<(), ExchangeError> {
        if self.0.len() == MOST {
            return Err(ExchangeError::Syntax);
        }
        match self.0.insert(name, Secret::new(value)) {
            None => Ok(()),
            Some(_) => Err(ExchangeError::Twice),
        }
    }
}

fn decoded(text: &[u8]) -> Result<String, ExchangeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let byte = high.zip(low).map(|(high, low)| high * 16 + low);
                byte.and_then(|byte| u8::try_from(byte).ok()).ok_or(ExchangeError::Syntax)?
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| ExchangeError::Syntax)
}

/// RFC 8693 has nine.
const MOST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Result<Parameters, ExchangeError> {
        Parameters::of_form(text.as_bytes())
    }

    #[test]
    fn a_form_is_decoded_and_an_object_read() {
        let read = form("a=1+2%2B%c3%a9&b=&c&&%61b=%3D=").unwrap();
        assert_eq!((read.find("a"), read.find("b"), read.find("c")), (Some("1 2+\u{e9}"), None, None));
        assert_eq!(read.find("ab"), Some("=="));
        let read = Parameters::of_json(br#"{"a":"1","b":null,"c":""}"#, None).unwrap();
        assert_eq!((read.find("a"), read.find("b"), read.find("c")), (Some("1"), None, None));
        let read = Parameters::of_json(br#"{"spec":{"a":"1"},"b":{"c":[]}}"#, Some("spec")).unwrap();
        assert_eq!(read.find("a"), Some("1"));
    }

    /// `attacks.md` J22.
    #[test]
    fn a_parameter_stands_once() {
        for twice in ["a=1&a=1", "a=1&%61=2", "a&a="] {
            assert_eq!(form(twice).unwrap_err(), ExchangeError::Twice, "{twice}");
        }
        for twice in [r#"{"a":"1","a":"1"}"#, r#"{"a":"1","\u0061":"2"}"#] {
            assert_eq!(Parameters::of_json(twice.as_bytes(), None).unwrap_err(), ExchangeError::Syntax);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for wrong in ["a=%", "a=%4", "a=%4g", "a=%ff", "%zz=1"] {
            assert_eq!(form(wrong).unwrap_err(), ExchangeError::Syntax, "{wrong}");
        }
        for wrong in ["", "[]", "\"a\"", r#"{"a":1}"#, r#"{"a":["b"]}"#, r#"{"a":{}}"#, "{", r#"{"a":true}"#]
        {
            assert_eq!(
                Parameters::of_json(wrong.as_bytes(), None).unwrap_err(),
                ExchangeError::Syntax,
                "{wrong}"
            );
        }
        assert!(Parameters::of_json(b"{}", Some("spec")).is_err());
        let many: Vec<String> = (0..33).map(|number| format!("{number}=1")).collect();
        assert!(form(&many[..32].join("&")).is_ok() && form(&many.join("&")).is_err());
    }
}
