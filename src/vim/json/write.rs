//! From the tree to the elements of a SOAP message: `_typeName` becomes `xsi:type`, a reference an identifier with its
//! type beside it, an array repeated elements, null nothing.

use std::fmt::Write as _;

use super::JsonError;
use crate::json::{Members, Node};
use crate::vim::method::table::{Facts, Occurs, Parameter};
use crate::vim::schema::{self, ANY, REFERENCE, Simple};
use crate::vim::values::arguments::short;
use crate::vim::{Owner, Problem, Reference};
use crate::xml::names::{SOAP, VIM, XSD, XSI};
use crate::xml::{Limits, write};

/// A message in the making.
pub(super) struct Writer {
    out: String,
    /// A short list can repeat a long name: what comes out is measured, not what went in.
    most: usize,
}

/// The place of a value: its element's name, its type, and whose field it is.
#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    kind: &'static str,
    owner: Owner,
}

impl Writer {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { out: String::with_capacity(1_024), most: limits.bytes }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn call(
        &mut self,
        this: &Reference,
        facts: &'static Facts,
        parameters: Members<'_>,
    ) -> Result<(), JsonError> {
        let method = facts.wire;
        let _ = write!(
            self.out,
            "<s:Envelope xmlns:s=\"{SOAP}\" xmlns:xsi=\"{XSI}\" xmlns:xsd=\"{XSD}\"><s:Body><{method} xmlns=\"{VIM}\">"
        );
        let owner = Owner::Call(method);
        self.reference(Place { name: "_this", kind: REFERENCE, owner }, "", &this.kind, &this.value)?;
        let fields: Vec<_> = facts.parameters.iter().collect();
        self.members(parameters, owner, &fields)?;
        self.close(method)?;
        self.out.push_str("</s:Body></s:Envelope>");
        Ok(())
    }

    /// The members of an object, but for the name of its type.
    fn members(
        &mut self,
        members: Members<'_>,
        owner: Owner,
        fields: &[&'static Parameter],
    ) -> Result<(), JsonError> {
        for (name, node) in members.into_iter().filter(|(name, _)| name != TYPE_NAME) {
            let field = fields.iter().find(|field| field.name == name);
            let field = field.ok_or_else(|| Problem::Unknown { name: short(&name), owner })?;
            let place = Place { name: field.name, kind: field.kind, owner };
            match (node, field.occurs) {
                (Node::Null, _) => {}
                (node, Occurs::One | Occurs::Maybe) => self.value(place, node)?,
                (Node::List(items), Occurs::Many) => {
                    items.into_iter().try_for_each(|item| self.value(place, item))?;
                }
                (_, Occurs::Many) => return Err(place.malformed("an array")),
            }
        }
        Ok(())
    }

    fn value(&mut self, place: Place, node: Node<'_>) -> Result<(), JsonError> {
        if let Some(simple) = schema::simple(place.kind) {
            return self.simple(place, "", simple, node);
        }
        let Node::Object(members) = node else { return Err(place.malformed(place.kind)) };
        match place.kind {
            ANY => self.any(place, members),
            REFERENCE => self.reference_of(place, "", &members),
            kind => self.data(place, kind, members),
        }
    }

    /// A data object: of the type of its place, or of one that extends it and is named.
    fn data(&mut self, place: Place, wanted: &'static str, members: Members<'_>) -> Result<(), JsonError> {
        let named = type_name(place, &members)?;
        let known = schema::data_type(named.unwrap_or(wanted)).map(|data_type| data_type.name);
        let kind = known.filter(|kind| schema::is_a(kind, wanted)).ok_or_else(|| place.malformed(wanted))?;
        let kind_said = named.map_or(String::new(), |_| format!(" xsi:type=\"{kind}\""));
        self.open(place, &kind_said)?;
        self.members(members, Owner::Data(kind), &schema::fields(kind))?;
        self.close(place.name)
    }

    /// A value where the schema leaves the type open: it must be named, and what is not an object stands in `_value`.
    fn any(&mut self, place: Place, members: Members<'_>) -> Result<(), JsonError> {
        let named =
            type_name(place, &members)?.ok_or_else(|| place.malformed("a value that names its type"))?;
        if let Some((kind, simple)) = schema::table::SIMPLE.iter().find(|(known, _)| *known == named) {
            return self.simple(place, &format!(" xsi:type=\"xsd:{kind}\""), *simple, inner(place, members)?);
        }
        if named == REFERENCE {
            return self.reference_of(place, &format!(" xsi:type=\"{REFERENCE}\""), &members);
        }
        if let Some(item) = schema::item_of(named) {
            let Node::List(items) = inner(place, members)? else { return Err(place.malformed("an array")) };
            self.open(place, &format!(" xsi:type=\"{}\"", schema::array_of(item)))?;
            let owner = Owner::Data("ArrayOf");
            items
                .into_iter()
                .try_for_each(|node| self.value(Place { name: item, kind: item, owner }, node))?;
            return self.close(place.name);
        }
        let kind = schema::data_type(named).map(|data_type| data_type.name);
        self.data(place, kind.ok_or_else(|| place.malformed("of a known type"))?, members)
    }

    fn reference_of(
        &mut self,
        place: Place,
        kind_said: &str,
        members: &Members<'_>,
    ) -> Result<(), JsonError> {
        let mut parts = [None; 2];
        for (name, node) in members {
            match (name.as_ref(), node) {
                ("type", Node::Text(text)) => parts[0] = Some(text.as_ref()),
                ("value", Node::Text(text)) => parts[1] = Some(text.as_ref()),
                (TYPE_NAME, Node::Text(named)) if named == REFERENCE => {}
                _ => return Err(place.malformed(REFERENCE)),
            }
        }
        let [Some(kind), Some(value)] = parts else { return Err(place.malformed(REFERENCE)) };
        self.reference(place, kind_said, kind, value)
    }

    fn reference(&mut self, place: Place, kind_said: &str, kind: &str, value: &str) -> Result<(), JsonError> {
        if !write::is_writable(kind) {
            return Err(place.malformed(REFERENCE));
        }
        let mut attributes = String::from(" type=\"");
        write::attribute(&mut attributes, kind);
        attributes.push('"');
        attributes.push_str(kind_said);
        self.open(place, &attributes)?;
        self.text(place, value)?;
        self.close(place.name)
    }

    fn simple(
        &mut self,
        place: Place,
        kind_said: &str,
        simple: Simple,
        node: Node<'_>,
    ) -> Result<(), JsonError> {
        let text = match (simple, node) {
            (Simple::Text, Node::Text(text)) => text,
            (Simple::Boolean, Node::Boolean(value)) => if value { "true" } else { "false" }.into(),
            (Simple::Number, Node::Number(number)) => number.into(),
            (Simple::Text, _) => return Err(place.malformed("a text")),
            (Simple::Boolean, _) => return Err(place.malformed("a boolean")),
            (Simple::Number, _) => return Err(place.malformed("a number")),
        };
        self.open(place, kind_said)?;
        self.text(place, &text)?;
        self.close(place.name)
    }

    /// What no document can hold is refused, not dropped: it may be a password.
    fn text(&mut self, place: Place, text: &str) -> Result<(), JsonError> {
        if !write::is_writable(text) {
            return Err(place.malformed("a text of printable characters"));
        }
        write::text(&mut self.out, text);
        Ok(())
    }

    fn open(&mut self, place: Place, attributes: &str) -> Result<(), JsonError> {
        for part in ["<", place.name, attributes, ">"] {
            self.out.push_str(part);
        }
        self.check()
    }

    fn close(&mut self, name: &str) -> Result<(), JsonError> {
        for part in ["</", name, ">"] {
            self.out.push_str(part);
        }
        self.check()
    }

    const fn check(&self) -> Result<(), JsonError> {
        if self.out.len() > self.most { Err(JsonError::Size(self.most)) } else { Ok(()) }
    }
}

impl Place {
    const fn malformed(self, wanted: &'static str) -> JsonError {
        JsonError::Problem(Problem::Malformed { name: self.name, owner: self.owner, wanted })
    }
}

/// The type that an object names.
fn type_name<'n>(place: Place, members: &'n Members<'_>) -> Result<Option<&'n str>, JsonError> {
    match members.iter().find(|(name, _)| name == TYPE_NAME) {
        None => Ok(None),
        Some((_, Node::Text(named))) => Ok(Some(named)),
        Some(_) => Err(place.malformed("an object whose _typeName is a text")),
    }
}

/// The value beside the name of its type, and nothing else.
fn inner(place: Place, members: Members<'_>) -> Result<Node<'_>, JsonError> {
    let mut rest = members.into_iter().filter(|(name, _)| name != TYPE_NAME);
    match (rest.next(), rest.next()) {
        (Some((name, node)), None) if name == VALUE => Ok(node),
        _ => Err(place.malformed("an object of _typeName and _value")),
    }
}

const TYPE_NAME: &str = "_typeName";
const VALUE: &str = "_value";
