//! `wst:Participants`: for whom a token is to be (`sts.md` §5.1, §5.9).

use super::request::{RequestError, value};
use crate::xml::Element;
use crate::xml::names::{WSA, WST};

/// The addresses of those who may take the token; nobody named = everybody may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participants {
    /// `Primary`.
    pub primary: Option<String>,
    /// `Participant`, in order.
    pub others: Vec<String>,
}

impl Participants {
    pub(super) fn read(element: Element<'_>) -> Result<Self, RequestError> {
        let mut read = Self::default();
        for child in element.children() {
            let address = child.child(WSA, "EndpointReference").and_then(|place| place.child(WSA, "Address"));
            let address = value(address.ok_or(RequestError::Value("Participants"))?, "Participants")?;
            if address.len() > MAX_ADDRESS || address.chars().any(char::is_control) {
                return Err(RequestError::Value("Participants"));
            }
            match child.local() {
                "Primary" if child.namespace() == WST && read.primary.is_none() => {
                    read.primary = Some(address.to_owned());
                }
                "Participant" if child.namespace() == WST && read.others.len() < MOST => {
                    read.others.push(address.to_owned());
                }
                _ => return Err(RequestError::Value("Participants")),
            }
        }
        Ok(read)
    }

    /// As a set, the primary one first.
    #[must_use]
    pub fn audiences(&self) -> Vec<String> {
        let mut audiences: Vec<String> = Vec::new();
        for address in self.primary.iter().chain(&self.others) {
            if !audiences.contains(address) {
                audiences.push(address.clone());
            }
        }
        audiences
    }

    /// Where a bearer token may be presented: known when exactly one is named.
    #[must_use]
    pub fn recipient(&self) -> Option<String> {
        match (&self.primary, self.others.as_slice()) {
            (Some(only), []) | (None, [only]) => Some(only.clone()),
            _ => None,
        }
    }
}

/// As long as an audience that our own reader accepts, and as many.
const MAX_ADDRESS: usize = 512;
const MOST: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    fn read(inside: &str) -> Result<Participants, RequestError> {
        let text = format!("<Participants xmlns='{WST}' xmlns:a='{WSA}'>{inside}</Participants>");
        Participants::read(Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap().root())
    }

    fn named(kind: &str, address: &str) -> String {
        format!(
            "<{kind}><a:EndpointReference><a:Address>{address}</a:Address></a:EndpointReference></{kind}>"
        )
    }

    /// sts.md §10: 113.
    #[test]
    fn the_audience_is_the_primary_and_the_others_each_once() {
        let [primary, one, two] = [("Primary", "p"), ("Participant", "1"), ("Participant", "2")]
            .map(|(kind, address)| named(kind, address));
        for (inside, audiences, recipient) in [
            (String::new(), vec![], None),
            (one.clone(), vec!["1"], Some("1")),
            ([one.clone(), two.clone()].concat(), vec!["1", "2"], None),
            (primary.clone(), vec!["p"], Some("p")),
            ([two, primary.clone(), one.clone()].concat(), vec!["p", "2", "1"], None),
            ([one.clone(), one.clone()].concat(), vec!["1"], None),
        ] {
            let read = read(&inside).unwrap();
            assert_eq!(
                (read.audiences(), read.recipient().as_deref()),
                (audiences.iter().map(|a| (*a).to_owned()).collect(), recipient)
            );
        }
        for wrong in ["<Participant/>", &named("Participant", ""), &named("Other", "x"), &primary.repeat(2)] {
            assert_eq!(read(wrong), Err(RequestError::Value("Participants")), "{wrong}");
        }
    }
}
