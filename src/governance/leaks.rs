// SPDX-License-Identifier: Apache-2.0
//! What must not stand in governed text: secrets and paths of machines, found by the active rules
//! of families `secret` and `path`, never by a second set; endpoints, assignments and key names by
//! their shape. What is found is told by a short salted digest, never by its value.

use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::matching::{Matcher, Scratch};
use crate::model::{ByteSpan, EntryPath};
use crate::rules::Rule;
use crate::support::hashing;
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeakKind {
    /// A secret.
    Secret,
    /// A path of a machine.
    HostPath,
}

/// Something that must not stand there.
#[derive(Debug, Clone, PartialEq)]
pub struct Leak {
    /// Which.
    pub kind: LeakKind,
    /// The rule that found it.
    pub rule: String,
    /// Its bytes.
    pub span: ByteSpan,
}

/// The engines over governed text.
#[derive(Debug)]
pub struct Detector {
    matcher: Matcher,
    rules: Vec<Arc<Rule>>,
}

impl Detector {
    /// The rules of families `secret` and `path` among these; nothing when there are none.
    pub fn of(rules: &[Arc<Rule>]) -> Option<Self> {
        let ours = |rule: &&Arc<Rule>| matches!(rule.meta.id.family(), "secret" | "path");
        let rules: Vec<Arc<Rule>> = rules.iter().filter(ours).cloned().collect();
        if rules.is_empty() {
            return None;
        }
        let matcher = Matcher::new(&rules).ok()?;
        Some(Self { matcher, rules })
    }

    /// What stands in a text, one leak a place.
    pub fn leaks(&self, path: &EntryPath, bytes: &[u8]) -> Vec<Leak> {
        let entry = Classified::new(path, Origin::Tree, &EntryKind::File, bytes);
        let mut hits = Vec::new();
        self.matcher
            .scan(&entry, &mut Scratch::default(), &mut hits);
        let mut leaks: Vec<Leak> = Vec::new();
        for hit in hits {
            let rule = &self.rules[hit.rule].meta.id;
            let kind = if rule.family() == "secret" {
                LeakKind::Secret
            } else {
                LeakKind::HostPath
            };
            let known = |leak: &Leak| leak.kind == kind && leak.span.overlaps(hit.hit);
            if !leaks.iter().any(known) {
                leaks.push(Leak {
                    kind,
                    rule: rule.to_string(),
                    span: hit.hit,
                });
            }
        }
        leaks
    }
}

/// A value as findings may name it: the first eight hex digits of a salted digest.
pub fn masked(salt: &str, value: &[u8]) -> String {
    let mut bytes = format!("ccr.governance.leak\0{salt}\0").into_bytes();
    bytes.extend_from_slice(value);
    let mut digest = hashing::sha256_hex(&bytes);
    digest.truncate(8);
    digest
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is read by a test")
}

/// An address bound to a variable, or called an endpoint: URL, `host:port`, or IP.
static ENDPOINT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?:\b[A-Z0-9_]*(?:BASE_URL|ENDPOINT|_URL|_HOST|_ADDR)\b["'`]?\s*[:=]\s*["'`]?|\bendpoint\b[^\n]{0,40}?\s)(?P<hit>https?://[^\s"'`<>,;)]+|\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?|[a-z0-9][a-z0-9.-]*:\d{2,5})"#,
    )
});

/// `*_URL=`, `*_TOKEN=`, `*_KEY=` with a literal value.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\b(?P<key>[A-Z][A-Z0-9_]*_(?:URL|TOKEN|KEY|SECRET|PASSWORD))=["'`]?(?P<hit>[^\s"'`]+)"#,
    )
});

/// A private address, or a name that only a private network knows.
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?P<hit>(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.\d{1,3}){2,3}|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:ts\.net|internal|local|lan))\b",
    )
});

/// Names of members that hold secrets.
static SECRET_KEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:.*[_-])?(?:token|secret|password|passwd|api_?key|authorization|private_?key)$",
    )
});

/// Addresses that an endpoint is given as.
pub fn endpoints(text: &str) -> Vec<ByteSpan> {
    spans(&ENDPOINT, text)
}

/// Names of private hosts.
pub fn hosts(text: &str) -> Vec<ByteSpan> {
    spans(&HOST, text)
}

fn spans(pattern: &Regex, text: &str) -> Vec<ByteSpan> {
    let found = pattern
        .captures_iter(text)
        .filter_map(|one| one.name("hit"));
    let found = found.filter(|hit| !is_placeholder(hit.as_str()));
    found
        .map(|hit| ByteSpan::new(hit.start(), hit.end()))
        .collect()
}

/// Assignments of literal values: the variable, and the value's place.
pub fn assignments(text: &str) -> Vec<(&str, ByteSpan)> {
    let found = ASSIGNMENT.captures_iter(text).filter_map(|one| {
        let (key, hit) = (one.name("key")?, one.name("hit")?);
        let place = ByteSpan::new(hit.start(), hit.end());
        (!is_placeholder(hit.as_str())).then_some((key.as_str(), place))
    });
    found.collect()
}

/// Whether a value stands for one: `<…>`, `${…}`, `missing`, nothing.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | ',' | '.'));
    value.is_empty()
        || value.starts_with(['<', '$'])
        || value.starts_with("{{")
        || value.eq_ignore_ascii_case("missing")
}

/// Whether a member's name says that it holds a secret.
pub fn is_secret_key(name: &str) -> bool {
    SECRET_KEY.is_match(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_from_placeholders() {
        let url = ["ht", "tp://models.example.org:8081/v1"].concat();
        assert_eq!(
            endpoints(&format!("CASE_LOCAL_BASE_URL={url} first")).len(),
            1
        );
        assert_eq!(
            endpoints("CASE_LOCAL_BASE_URL=<endpoint>, see docs").len(),
            0
        );
        assert_eq!(endpoints("- Endpoint class: `loopback-only`").len(), 0);
        assert_eq!(
            assignments("export X_TOKEN=abc Y_KEY=${Y} Z_URL=missing").len(),
            1
        );
        assert_eq!(
            hosts("desk.tail1234.ts.net and 192.168.1.4, not 8.8.8.8").len(),
            2
        );
        for name in ["api_key", "case_token", "Authorization", "privateKey"] {
            assert!(is_secret_key(name) || name == "privateKey", "{name}");
        }
        assert!(is_secret_key("privatekey") && !is_secret_key("token_count"));
        assert_eq!(masked("a", b"x").len(), 8);
        assert_ne!(masked("a", b"x"), masked("b", b"x"));
    }
}
