//! The one spelling of a JSON message that is signed (`clients.md` §6.3): names in the order of their characters, no white
//! space, ASCII alone, numbers with a point as XML Schema spells a double.

use std::fmt::Write as _;

use crate::json::Node;

/// A number that clients do not spell alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoOneSpelling;

/// The text of a message without the member that this path leads to.
pub(super) fn canonical(message: &Node<'_>, without: &[&str]) -> Result<String, NoOneSpelling> {
    let mut out = String::with_capacity(1_024);
    value(&mut out, message, without)?;
    Ok(out)
}

fn value(out: &mut String, node: &Node<'_>, without: &[&str]) -> Result<(), NoOneSpelling> {
    match node {
        Node::Null => out.push_str("null"),
        Node::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(digits) => number(out, digits)?,
        Node::Text(plain) => text(out, plain),
        Node::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                separate(out, place);
                value(out, item, &[])?;
            }
            out.push(']');
        }
        Node::Object(members) => {
            let mut kept: Vec<_> = members.iter().filter(|(name, _)| *without != [name.as_ref()]).collect();
            kept.sort_by(|(one, _), (other, _)| one.cmp(other));
            out.push('{');
            for (place, (name, inner)) in kept.into_iter().enumerate() {
                separate(out, place);
                text(out, name);
                out.push(':');
                let below = without.split_first().filter(|(first, _)| **first == name.as_ref());
                value(out, inner, below.map_or(&[], |(_, rest)| rest))?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn separate(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

/// Whatever is not printable ASCII is escaped in UTF-16, in lower case.
fn text(out: &mut String, plain: &str) {
    out.push('"');
    for c in plain.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// Whole numbers keep their digits. A double has one digit before the point, at least one behind it, and an exponent.
/// Minus zero is zero to one client and not to another; a whole number of more than 64 bits has lost digits already.
fn number(out: &mut String, digits: &str) -> Result<(), NoOneSpelling> {
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        out.push_str(digits);
        return Ok(());
    }
    let double: f64 = digits.parse().map_err(|_| NoOneSpelling)?;
    if double.abs() >= LARGEST || (double == 0.0 && double.is_sign_negative()) {
        return Err(NoOneSpelling);
    }
    let written = format!("{double:E}");
    let (mantissa, exponent) = written.split_once('E').ok_or(NoOneSpelling)?;
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('E');
    out.push_str(exponent);
    Ok(())
}

/// 2^63: where whole numbers end that every client has.
const LARGEST: f64 = 9_223_372_036_854_775_808.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(message: &str, without: &[&str]) -> Result<String, NoOneSpelling> {
        canonical(&Node::read(message.as_bytes()).unwrap(), without)
    }

    /// What `JSONCanonicalizer` of the Python SDK (vmware-vapi-runtime 9.1.1.0) makes of the same messages.
    #[test]
    fn a_message_is_spelled_as_the_sdk_spells_it() {
        for (message, spelling) in [
            ("{ \"b\" : [ 1, true, null ],\n \"a\" : {} }", r#"{"a":{},"b":[1,true,null]}"#),
            (r#"{"z":1,"é":2,"Z":3,"10":4,"9":5,"":6}"#, r#"{"":6,"10":4,"9":5,"Z":3,"z":1,"\u00e9":2}"#),
            (r#"["\/\"\\\b\f\n\r\t\u0041\u001f\u007f"]"#, r#"["/\"\\\b\f\n\r\tA\u001f\u007f"]"#),
            ("[\"e\u{301}é😀\"]", r#"["e\u0301\u00e9\ud83d\ude00"]"#),
            (
                "[1.0, 1e0, 1.50, 0.0, 123.45, -2.5e-3, 1E+2]",
                "[1.0E0,1.0E0,1.5E0,0.0E0,1.2345E2,-2.5E-3,1.0E2]",
            ),
            (
                "[0, -1, 9223372036854775807, 18446744073709551615]",
                "[0,-1,9223372036854775807,18446744073709551615]",
            ),
        ] {
            assert_eq!(spelled(message, &[]).as_deref(), Ok(spelling), "{message}");
        }
    }

    /// `attacks.md` Q02.
    #[test]
    fn a_number_without_one_spelling_is_refused() {
        for message in ["-0", "-0.0", "18446744073709551616", "1e19", "-1e300"] {
            assert_eq!(spelled(message, &[]), Err(NoOneSpelling), "{message}");
        }
        assert!(Node::read(b"1e400").is_err());
        assert!(Node::read(br#""\ud800""#).is_err());
    }

    #[test]
    fn only_the_member_of_the_path_is_left_out() {
        let message = r#"{"s":1,"p":{"s":2,"c":{"s":3,"t":{"s":4}}},"c":{"s":5}}"#;
        assert_eq!(
            spelled(message, &["p", "c", "s"]).unwrap(),
            r#"{"c":{"s":5},"p":{"c":{"t":{"s":4}},"s":2},"s":1}"#
        );
        assert_eq!(spelled(message, &["p", "x", "s"]), spelled(message, &[]));
    }
}
