// SPDX-License-Identifier: Apache-2.0
//! Patterns of rule tables and profiles, compiled once a process: they are few, and asked for with
//! every tree, run and record that is judged.

use regex::{Error, Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

type Known = HashMap<(String, bool), Result<Regex, Error>>;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// A pattern.
///
/// # Errors
/// It is none.
pub fn pattern(text: &str) -> Result<Regex, Error> {
    compiled(text, false)
}

/// A pattern that does not tell capital from small letters.
///
/// # Errors
/// It is none.
pub fn any_case(text: &str) -> Result<Regex, Error> {
    compiled(text, true)
}

fn compiled(text: &str, any_case: bool) -> Result<Regex, Error> {
    let key = (text.to_owned(), any_case);
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(&key) {
        return known.clone();
    }
    drop(known);
    let made = RegexBuilder::new(text).case_insensitive(any_case).build();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.entry(key).or_insert(made).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_part_of_a_pattern_and_what_is_none_stays_none() {
        for _ in 0..2 {
            assert!(!pattern("^ab$").unwrap().is_match("AB"));
            assert!(any_case("^ab$").unwrap().is_match("AB"));
            assert!(pattern("(").is_err());
        }
    }
}
