// SPDX-License-Identifier: Apache-2.0
//! Waivers: `ccr:allow RULE-ID until=YYYY-MM-DD -- reason` in a comment, on the line or the line
//! above, and `[[waiver]]` in `ccr.toml`.

use super::marker::MARKER;
use crate::model::ByteSpan;
use globset::GlobSet;

/// A waiver in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineWaiver {
    /// Rule id it names.
    pub rule: String,
    /// Last day it holds.
    pub until: Option<String>,
    /// Its reason; empty when there is none.
    pub reason: String,
    /// Line it stands on, from 1. It covers this line and the next.
    pub line: u64,
    /// The marker, in the entry's text.
    pub span: ByteSpan,
}

/// A `[[waiver]]`, resolved.
#[derive(Debug, Clone)]
pub struct PathWaiver {
    /// Rule id.
    pub rule: String,
    /// Where.
    pub paths: GlobSet,
    /// The globs as typed, for messages.
    pub patterns: Vec<String>,
    /// Last day it holds.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

/// Every waiver in a text. A marker counts only when a rule id follows it, so that a mention in
/// prose is none.
pub fn inline_waivers(text: &[u8]) -> Vec<InlineWaiver> {
    let mut found = Vec::new();
    let (mut line, mut counted) = (1u64, 0usize);
    for at in memchr::memmem::find_iter(text, MARKER.as_bytes()) {
        line += memchr::memchr_iter(b'\n', &text[counted..at]).count() as u64;
        counted = at;
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
        let body = String::from_utf8_lossy(&text[at + MARKER.len()..end]).into_owned();
        if let Some((rule, until, reason)) = parse(&body) {
            found.push(InlineWaiver {
                rule,
                until,
                reason,
                line,
                span: ByteSpan::new(at, end),
            });
        }
    }
    found
}

/// Reads what stands behind the marker.
fn parse(body: &str) -> Option<(String, Option<String>, String)> {
    let (head, reason) = match body.split_once("--") {
        Some((head, reason)) => (head, reason),
        None => (body, ""),
    };
    let mut words = head.split_whitespace();
    let rule = words.next()?;
    let is_id = rule.contains('-')
        && rule
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !head.starts_with(' ') || !is_id {
        return None;
    }
    let until = words
        .find_map(|word| word.strip_prefix("until="))
        .map(str::to_owned);
    let reason = reason
        .trim()
        .trim_end_matches("*/")
        .trim_end_matches("-->")
        .trim();
    Some((rule.to_owned(), until, reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_with_a_rule_id_is_a_waiver_and_prose_is_not() {
        let text = format!(
            "x\n# {MARKER} path-home-directory until=2030-01-01 -- a test vector\n/* {MARKER} secret-x */\n{MARKER} is a marker\n"
        );
        let found = inline_waivers(text.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].rule, "path-home-directory");
        assert_eq!(found[0].until.as_deref(), Some("2030-01-01"));
        assert_eq!(found[0].reason, "a test vector");
        assert_eq!(found[0].line, 2);
        assert_eq!(
            (found[1].rule.as_str(), found[1].reason.as_str()),
            ("secret-x", "")
        );
    }
}
