// SPDX-License-Identifier: Apache-2.0
//! Patterns of rules, compiled: over bytes, within limits.

use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;

/// What a pattern may grow to: counted repetitions multiply, and hundreds of patterns share
/// the memory of one process.
const SIZE_LIMIT: usize = 4 << 20;
/// What one worker's lazy automaton of one pattern may hold. Most patterns need a hundredth of it.
/// One that needs more is run by an engine fifty times slower, so this is generous; what helps
/// such a pattern is an open repetition (`*`) in place of a counted one.
const CACHE: usize = 4 << 20;

/// Patterns read bytes.
fn bytes() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

/// Compiles a pattern as rules mean it: over bytes, `(?-u)`, within a size limit.
///
/// # Errors
/// Why it does not compile.
pub(crate) fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::builder()
        .syntax(bytes())
        .configure(
            Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(SIZE_LIMIT))
                .hybrid_cache_capacity(CACHE),
        )
        .build(pattern)
        .map_err(|error| {
            // The outer error only says that it failed; its source says where.
            use std::error::Error as _;
            let cause = error.source().map(ToString::to_string);
            format!(
                "pattern does not compile: {}",
                cause.unwrap_or_else(|| error.to_string())
            )
        })
}

/// Whether a pattern would compile as a rule's.
///
/// # Errors
/// Why it does not.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    regex(pattern).map(drop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn faults_name_their_cause() {
        assert!(check_pattern("a(b").unwrap_err().contains("unclosed"));
        let huge = check_pattern("(?:[a-z]{900}){900}").unwrap_err();
        assert!(huge.contains("exceeded limit"), "{huge}");
        check_pattern(r"\xff[^\n]{0,2000}").unwrap();
    }
}
