//! One statement for many rows: its `VALUES` tuple repeated, for a fixed set of row counts so that prepared
//! statements are found again.

use std::iter::repeat_n;
use std::sync::Arc;

/// A statement with one `VALUES` tuple, which holds all its placeholders, in its repeated forms.
pub(super) struct Repeated([Arc<str>; POWERS]);

impl Repeated {
    pub(super) fn new(one: &str) -> Self {
        Self(std::array::from_fn(|power| repeat(one, 1 << power).into()))
    }

    /// The text for as many rows; only the counts that [`portions`] makes exist.
    pub(super) fn of(&self, rows: usize) -> Arc<str> {
        let power = rows.checked_ilog2().and_then(|power| usize::try_from(power).ok());
        power.and_then(|power| self.0.get(power)).cloned().unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> &[Arc<str>] {
        &self.0
    }
}

/// Cuts rows into portions of 64, 32, … 1: at most six statements for what is left after whole 64s.
pub(super) fn portions<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let power = rest.len().checked_ilog2()?.min(LARGEST_POWER);
        let (portion, remaining) = rest.split_at_checked(1 << power)?;
        rest = remaining;
        Some(portion)
    })
}

fn repeat(one: &str, rows: usize) -> String {
    let Some((before, tuple, after)) = parts(one) else { return one.to_owned() };
    let columns = tuple.matches('$').count();
    let tuples = repeat_n(tuple, rows).enumerate().map(|(row, tuple)| renumber(tuple, row * columns));
    format!("{before}{}{after}", tuples.collect::<Vec<_>>().join(", "))
}

/// What stands before the tuple, the tuple with its parentheses, and what follows.
fn parts(one: &str) -> Option<(&str, &str, &str)> {
    let start = one.find("VALUES (")? + "VALUES ".len();
    let (before, rest) = one.split_at_checked(start)?;
    let mut depth = 0_i32;
    let end = rest.char_indices().find_map(|(index, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        (depth == 0).then_some(index + 1)
    })?;
    let (tuple, after) = rest.split_at_checked(end)?;
    Some((before, tuple, after))
}

fn renumber(tuple: &str, offset: usize) -> String {
    let mut pieces = tuple.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
        let (number, rest) = piece.split_at(digits);
        let number = number.parse::<usize>().unwrap_or_default() + offset;
        text.push('$');
        text.push_str(&number.to_string());
        text.push_str(rest);
    }
    text
}

/// 1, 2, 4, … 64.
const POWERS: usize = 7;
const LARGEST_POWER: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuple_is_repeated_with_new_numbers() {
        let repeated = Repeated::new("INSERT INTO t (a, b) VALUES ($1, CAST($2 AS BIGINT)) RETURNING a");
        assert_eq!(
            &*repeated.of(2),
            "INSERT INTO t (a, b) VALUES ($1, CAST($2 AS BIGINT)), ($3, CAST($4 AS BIGINT)) RETURNING a"
        );
    }

    #[test]
    fn portions_are_powers_of_two_and_lose_nothing() {
        let rows: Vec<u32> = (0..203).collect();
        let sizes: Vec<usize> = portions(&rows).map(<[u32]>::len).collect();
        assert_eq!(sizes, [64, 64, 64, 8, 2, 1]);
        assert_eq!(portions(&rows).flatten().copied().collect::<Vec<_>>(), rows);
    }
}
