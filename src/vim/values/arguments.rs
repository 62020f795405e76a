//! The fields of a call or of a data object, read by name (`session-manager.md` §3.1): any order, in the namespace of
//! what they stand in or in none, texts verbatim, numbers and booleans trimmed, `xsi:nil` as absent; what is not in
//! the schema is refused.

use std::time::Duration;

use crate::clock::Moment;
use crate::vim::Reference;
use crate::vim::method::table::Facts;
use crate::xml::Element;
use crate::xml::names::{VIM, XSI};

/// Why an element is not what the schema wants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The body holds no element.
    #[error("the body holds no call")]
    NotACall,
    /// No method of this name, or not in this namespace.
    #[error("no method {name} in the namespace {namespace:?}")]
    UnknownMethod {
        /// The element's local name, cut to a printable length.
        name: String,
        /// Its namespace, cut likewise.
        namespace: String,
    },
    /// A required field is not there.
    #[error("{owner} lacks {name}")]
    Missing {
        /// The field.
        name: &'static str,
        /// Whose field.
        owner: Owner,
    },
    /// A field the schema does not know.
    #[error("{owner} has no {name}")]
    Unknown {
        /// The element, cut to a printable length.
        name: String,
        /// Where it stands.
        owner: Owner,
    },
    /// A field that may stand once stands twice.
    #[error("{owner} has {name} more than once")]
    Repeated {
        /// The field.
        name: &'static str,
        /// Whose field.
        owner: Owner,
    },
    /// A field's content is not of its type. What stands there is not repeated: it may be a password.
    #[error("{name} of {owner} is not {wanted}")]
    Malformed {
        /// The field.
        name: &'static str,
        /// Whose field.
        owner: Owner,
        /// Its type.
        wanted: &'static str,
    },
    /// A field is of its type, and its value still not allowed.
    #[error("{path} is {seen}, wanted {wanted}")]
    NotAllowed {
        /// The path to the field, as the fault names it.
        path: &'static str,
        /// The value.
        seen: i32,
        /// What is allowed.
        wanted: &'static str,
    },
}

/// Whose fields are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A call: its fields are parameters.
    Call(&'static str),
    /// A data object of this type: its fields are properties.
    Data(&'static str),
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(name) => write!(f, "the call {name}"),
            Self::Data(name) => write!(f, "the data object {name}"),
        }
    }
}

/// The fields of one element, each known to the schema.
pub(crate) struct Arguments<'d> {
    owner: Owner,
    fields: Vec<Element<'d>>,
}

impl<'d> Arguments<'d> {
    /// The parameters of a call.
    pub(crate) fn of_call(element: Element<'d>, method: &Facts) -> Result<Self, Problem> {
        let known = |name: &str| method.parameters.iter().any(|parameter| parameter.name == name);
        Self::known(element, Owner::Call(method.wire), known)
    }

    /// The fields of `element`, which may be no others than `known`.
    pub(crate) fn of(element: Element<'d>, owner: Owner, known: &[&str]) -> Result<Self, Problem> {
        Self::known(element, owner, |name| known.contains(&name))
    }

    fn known(element: Element<'d>, owner: Owner, known: impl Fn(&str) -> bool) -> Result<Self, Problem> {
        let fields: Vec<_> = element.children().collect();
        let inherited: &[&str] = match owner {
            Owner::Call(_) => &["_this"],
            // Every data object has these two; nobody sets them.
            Owner::Data(_) => &["dynamicType", "dynamicProperty"],
        };
        let is_known = |field: &&Element<'d>| {
            (is_ours(field.namespace()) || field.namespace() == element.namespace())
                && (known(field.local()) || inherited.contains(&field.local()))
        };
        match fields.iter().find(|field| !is_known(field)) {
            Some(stranger) => Err(Problem::Unknown { name: short(stranger.qualified()), owner }),
            None => Ok(Self { owner, fields }),
        }
    }

    /// Every field of this name.
    pub(crate) fn all(&self, name: &'static str) -> impl Iterator<Item = Element<'d>> {
        self.fields.iter().copied().filter(move |field| field.local() == name)
    }

    /// The field of this name, if it is there and not nil.
    pub(crate) fn optional(&self, name: &'static str) -> Result<Option<Element<'d>>, Problem> {
        let mut found = self.all(name);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Problem::Repeated { name, owner: self.owner }),
            (field, _) => {
                Ok(field.filter(|field| !matches!(field.attribute_in(XSI, "nil"), Some("true" | "1"))))
            }
        }
    }

    /// The field of this name.
    pub(crate) fn required(&self, name: &'static str) -> Result<Element<'d>, Problem> {
        self.optional(name)?.ok_or(Problem::Missing { name, owner: self.owner })
    }

    /// A text, verbatim.
    pub(crate) fn text(&self, name: &'static str) -> Result<&'d str, Problem> {
        self.required(name)?.text().ok_or_else(|| self.malformed(name, "a text"))
    }

    /// A text, verbatim, that may be absent.
    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<&'d str>, Problem> {
        let Some(field) = self.optional(name)? else { return Ok(None) };
        field.text().map(Some).ok_or_else(|| self.malformed(name, "a text"))
    }

    /// As [`Self::text`], to keep.
    pub(crate) fn owned(&self, name: &'static str) -> Result<String, Problem> {
        self.text(name).map(str::to_owned)
    }

    /// As [`Self::optional_text`], to keep.
    pub(crate) fn optional_owned(&self, name: &'static str) -> Result<Option<String>, Problem> {
        Ok(self.optional_text(name)?.map(str::to_owned))
    }

    /// Several texts.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Vec<String>, Problem> {
        let text = |field: Element<'d>| {
            field.text().map(str::to_owned).ok_or_else(|| self.malformed(name, "a text"))
        };
        self.all(name).map(text).collect()
    }

    /// A boolean; absent is false.
    pub(crate) fn boolean(&self, name: &'static str) -> Result<bool, Problem> {
        match self.optional_text(name)?.map(str::trim) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(self.malformed(name, "a boolean")),
        }
    }

    /// A number that may be absent.
    pub(crate) fn integer(&self, name: &'static str) -> Result<Option<i32>, Problem> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| self.malformed(name, "an int"))
    }

    /// A number.
    pub(crate) fn required_integer(&self, name: &'static str) -> Result<i32, Problem> {
        self.integer(name)?.ok_or(Problem::Missing { name, owner: self.owner })
    }

    /// A boolean that must be there.
    pub(crate) fn required_boolean(&self, name: &'static str) -> Result<bool, Problem> {
        self.required(name).and_then(|_| self.boolean(name))
    }

    /// A time in any zone, or in none and then in UTC, that may be absent.
    pub(crate) fn moment(&self, name: &'static str) -> Result<Option<Moment>, Problem> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        moment(text.trim()).map(Some).ok_or_else(|| self.malformed(name, "a dateTime"))
    }

    /// A reference to a managed object.
    pub(crate) fn reference(&self, name: &'static str) -> Result<Reference, Problem> {
        Reference::read(self.required(name)?).ok_or_else(|| self.malformed(name, "a ManagedObjectReference"))
    }

    /// References to managed objects, in any number.
    pub(crate) fn references(&self, name: &'static str) -> Result<Vec<Reference>, Problem> {
        let read =
            |field| Reference::read(field).ok_or_else(|| self.malformed(name, "a ManagedObjectReference"));
        self.all(name).map(read).collect()
    }

    /// Data objects, read by `read`, at least one.
    pub(crate) fn required_data<T>(
        &self,
        name: &'static str,
        read: impl Fn(Element<'d>) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        match self.data(name, read)? {
            none if none.is_empty() => Err(Problem::Missing { name, owner: self.owner }),
            some => Ok(some),
        }
    }

    /// Data objects, read by `read`.
    pub(crate) fn data<T>(
        &self,
        name: &'static str,
        read: impl Fn(Element<'d>) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        self.all(name).map(read).collect()
    }

    pub(crate) const fn malformed(&self, name: &'static str, wanted: &'static str) -> Problem {
        Problem::Malformed { name, owner: self.owner, wanted }
    }
}

/// Whether elements of our messages may stand in this namespace; govmomi's signed calls are in none (§3.1).
pub(crate) fn is_ours(namespace: &str) -> bool {
    matches!(namespace, VIM | "urn:internalvim25" | "")
}

/// A name from outside, cut to a printable length.
pub(crate) fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

/// xsd:dateTime: with `Z`, with an offset, or with neither.
fn moment(text: &str) -> Option<Moment> {
    if text.ends_with('Z') {
        return Moment::parse(text).ok();
    }
    let utc = |local: &str| Moment::parse(&format!("{local}Z")).ok();
    let (local, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let Some((sign @ (b'+' | b'-'), zone)) = zone.as_bytes().split_first() else { return utc(text) };
    let digit = |digit: u8| char::from(digit).to_digit(10).map(u64::from);
    let [h1, h2, b':', m1, m2] = *zone else { return None };
    let minutes = (digit(h1)? * 10 + digit(h2)?) * 60 + digit(m1)? * 10 + digit(m2)?;
    let offset = Duration::from_secs(minutes * 60);
    let local = utc(local)?;
    Some(if *sign == b'+' { local.minus(offset) } else { local.plus(offset) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    const OWNER: Owner = Owner::Data("Thing");

    fn with<T>(inner: &str, check: impl Fn(Result<Arguments<'_>, Problem>) -> T) -> T {
        let text = format!("<t xmlns='urn:vim25' xmlns:xsi='{XSI}'>{inner}</t>");
        let document = Document::parse(text.into_bytes(), &Limits::MESSAGE).unwrap();
        check(Arguments::of(document.root(), OWNER, &["a", "b"]))
    }

    #[test]
    fn fields_are_found_in_any_order_and_in_our_namespaces_or_none() {
        for inner in
            ["<a>1</a><b>2</b>", "<b>2</b><a>1</a>", "<a xmlns=''>1</a><x:b xmlns:x='urn:vim25'>2</x:b>"]
        {
            with(inner, |read| {
                let read = read.ok().unwrap();
                assert_eq!((read.text("a"), read.text("b")), (Ok("1"), Ok("2")), "{inner}");
            });
        }
    }

    #[test]
    fn what_the_schema_does_not_know_is_refused() {
        for inner in ["<c/>", "<a/><c/>", "<a xmlns='urn:other'/>", "<_this/>", "<A/>"] {
            with(inner, |read| {
                assert!(matches!(read, Err(Problem::Unknown { owner: OWNER, .. })), "{inner}");
            });
        }
        with("<dynamicType>x</dynamicType>", |read| assert!(read.is_ok()));
    }

    #[test]
    fn an_absent_field_a_nil_one_and_a_doubled_one() {
        with("<a xsi:nil='true'/><b/><b/>", |read| {
            let read = read.ok().unwrap();
            assert_eq!(read.optional_text("a"), Ok(None));
            assert_eq!(read.text("a"), Err(Problem::Missing { name: "a", owner: OWNER }));
            assert_eq!(read.optional_text("b"), Err(Problem::Repeated { name: "b", owner: OWNER }));
            assert_eq!(read.texts("b"), Ok(vec![String::new(), String::new()]));
        });
        with("<a xsi:nil='false'>x</a>", |read| assert_eq!(read.ok().unwrap().text("a"), Ok("x")));
    }

    #[test]
    fn texts_are_verbatim_and_the_rest_is_trimmed() {
        with("<a> x &amp; y </a><b> true </b>", |read| {
            let read = read.ok().unwrap();
            assert_eq!(read.text("a"), Ok(" x & y "));
            assert_eq!(read.boolean("b"), Ok(true));
        });
        with("<a> 12\n</a>", |read| assert_eq!(read.ok().unwrap().integer("a"), Ok(Some(12))));
        with("", |read| assert_eq!(read.ok().unwrap().boolean("a"), Ok(false)));
    }

    #[test]
    fn what_is_of_another_type_is_refused_and_not_repeated() {
        with("<a>geheim<x/></a><b>yes</b>", |read| {
            let read = read.ok().unwrap();
            let refused = [
                read.text("a").map(drop),
                read.boolean("b").map(drop),
                read.integer("b").map(drop),
                read.texts("a").map(drop),
                read.reference("a").map(drop),
            ];
            for problem in refused.map(Result::unwrap_err) {
                assert!(matches!(problem, Problem::Malformed { .. }));
                assert!(!problem.to_string().contains("geheim"));
            }
        });
    }
}
