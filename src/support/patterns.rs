// SPDX-License-Identifier: Apache-2.0
//! Patterns and globs of rule tables, profiles and contracts, compiled once a process: they are few,
//! and asked for with every tree, run and record that is judged. Who asks shares what was compiled,
//! and with it the automaton that grew while it was used.

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// A compiled pattern.
pub type Pattern = Arc<Regex>;

/// Globs come from contracts too, of which there may be as many as runs: when there are more than
/// this, they are compiled anew.
const GLOBS: usize = 1024;

type Table<T> = LazyLock<RwLock<HashMap<String, T>>>;

static AS_WRITTEN: Table<Result<Pattern, regex::Error>> = LazyLock::new(RwLock::default);
static ANY_CASE: Table<Result<Pattern, regex::Error>> = LazyLock::new(RwLock::default);
static GLOB: Table<Option<Arc<GlobMatcher>>> = LazyLock::new(RwLock::default);

/// A pattern.
///
/// # Errors
/// It is none.
pub fn pattern(text: &str) -> Result<Pattern, regex::Error> {
    known(&AS_WRITTEN, usize::MAX, text, || {
        Ok(Arc::new(Regex::new(text)?))
    })
}

/// A pattern that does not tell capital from small letters.
///
/// # Errors
/// It is none.
pub fn any_case(text: &str) -> Result<Pattern, regex::Error> {
    let mut builder = RegexBuilder::new(text);
    let build = || Ok(Arc::new(builder.case_insensitive(true).build()?));
    known(&ANY_CASE, usize::MAX, text, build)
}

/// Whether a glob fits a path; `*` and `?` stay within a folder. What is no glob fits nothing.
pub fn glob_fits(glob: &str, path: &str) -> bool {
    let build = || {
        let built = GlobBuilder::new(glob)
            .literal_separator(true)
            .build()
            .ok()?;
        Some(Arc::new(built.compile_matcher()))
    };
    known(&GLOB, GLOBS, glob, build).is_some_and(|glob| glob.is_match(path))
}

/// What a table holds for a text, made when it is asked for first; at `most` it is emptied.
fn known<T: Clone>(table: &Table<T>, most: usize, text: &str, make: impl FnOnce() -> T) -> T {
    let known = table.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(text) {
        return known.clone();
    }
    drop(known);
    let made = make();
    let mut known = table.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= most {
        known.clear();
    }
    known.entry(text.to_owned()).or_insert(made).clone()
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
            assert!(any_case("(").is_err());
        }
    }

    #[test]
    fn who_asks_again_gets_the_same_pattern() {
        let (one, other) = (pattern("^shared$").unwrap(), pattern("^shared$").unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn globs_stay_within_a_folder_and_their_table_within_bounds() {
        assert!(glob_fits("src/*.rs", "src/a.rs"));
        assert!(!glob_fits("src/*.rs", "src/b/a.rs"));
        assert!(!glob_fits("*[", "x["));
        for number in 0..GLOBS + 10 {
            assert!(glob_fits(&format!("{number}-*"), &format!("{number}-x")));
        }
        assert!(GLOB.read().unwrap().len() <= GLOBS);
    }
}
