// SPDX-License-Identifier: Apache-2.0
//! Nothing that a summary shows may be a secret, an endpoint or a place on somebody's machine:
//! every text of it passes here before it is printed in any format.

use crate::matching::Lent;
use crate::model::EntryPath;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What stands in the place of such a text.
pub const WITHHELD: &str = "(withheld)";

/// Longest text that is shown.
const LONGEST: usize = 1000;

/// Endpoints and absolute places, which are no findings in every family but never belong here.
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parts = [
        r"[A-Za-z][A-Za-z0-9+.-]*://",
        r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
        r"(?i)\blocalhost\b",
        r"\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+:\d{2,5}\b",
        r"(?:^|[\s(`'=:,\x22])(?:~?/[A-Za-z0-9._-]|[A-Za-z]:\\|\\\\[A-Za-z0-9])",
    ];
    Regex::new(&parts.join("|")).ok()
});

/// Replaces texts that must not be shown, in values and in names of members.
pub fn withhold(value: &mut Value, lent: &Lent) {
    let mut texts = BTreeSet::new();
    gather(value, &mut texts);
    let found = caught(&texts, lent);
    replace(value, &found);
}

fn gather(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            texts.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => {
            for (name, member) in members {
                texts.insert(name.clone());
                gather(member, texts);
            }
        }
        _ => {}
    }
}

/// Texts that a rule of the families of secrets and paths speaks about, or that name a place. All
/// are searched as the lines of one file, so that ten thousand titles cost one search.
fn caught(texts: &BTreeSet<String>, lent: &Lent) -> BTreeSet<String> {
    let mut joined = String::new();
    let mut starts = Vec::new();
    for text in texts {
        starts.push(joined.len());
        joined.push_str(&line(text));
        joined.push('\n');
    }
    let path = EntryPath::root("summary.txt");
    let mut found = BTreeSet::new();
    let listed: Vec<&String> = texts.iter().collect();
    for (_, hit) in lent.scan(&path, joined.as_bytes(), &mut lent.scratch()) {
        let first = starts.partition_point(|start| *start <= hit.span.start);
        let last = starts.partition_point(|start| *start < hit.span.end.max(1));
        for at in first.saturating_sub(1)..last {
            found.extend(listed.get(at).map(|text| (*text).clone()));
        }
    }
    let place = |text: &&String| match PLACE.as_ref() {
        Some(place) => place.is_match(text),
        None => true,
    };
    found.extend(texts.iter().filter(place).cloned());
    found
}

/// One line of bounded length, without characters that steer a terminal.
fn line(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c })
        .take(LONGEST)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// Characters that turn the direction of what follows, so that a line reads as what it is not.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn replace(value: &mut Value, found: &BTreeSet<String>) {
    let shown = |text: &str| {
        if found.contains(text) {
            WITHHELD.to_owned()
        } else {
            line(text)
        }
    };
    match value {
        Value::String(text) => *text = shown(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, found)),
        Value::Object(members) => {
            let held = std::mem::take(members);
            for (name, mut member) in held {
                replace(&mut member, found);
                members.insert(shown(&name), member);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cleaned(text: &str) -> String {
        static LENT: LazyLock<Lent> = LazyLock::new(|| {
            let set = crate::rules::load("default", &[]).unwrap();
            Lent::of(&set.rules).unwrap()
        });
        let mut value = json!({ "a": [text, "kept"] });
        withhold(&mut value, &LENT);
        assert_eq!(value["a"][1], "kept");
        value["a"][0].as_str().unwrap().to_owned()
    }

    #[test]
    fn secrets_endpoints_and_places_are_withheld() {
        let home = ["/ho", "me/alice/x"].concat();
        let body = "x7Kq2VbN9mRt4WzL8cYp3HsD6fGj1A";
        let mut sum = crc32fast::hash(body.as_bytes());
        let mut tail = [b'0'; 6];
        for place in tail.iter_mut().rev() {
            let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            *place = digits[(sum % 62) as usize];
            sum /= 62;
        }
        let tail = String::from_utf8(tail.to_vec()).unwrap();
        let token = format!("use {}{body}{tail} here", ["gh", "p_"].concat());
        for text in [
            token.as_str(),
            &home,
            &["see ht", "tps://models.example/v1"].concat(),
            "at 10.1.2.3 it runs",
            "in /srv/shelf/printer",
            "`/srv/shelf`",
            "~/shelf",
            "models.shelf.example:8080",
        ] {
            assert_eq!(cleaned(text), WITHHELD, "{text}");
        }
    }

    #[test]
    fn names_paths_and_sentences_stay() {
        for text in [
            ".sot/03-PROTOCOLS/CTO-A-PRD.md",
            "20260309T101500Z-shelf-label-3501/report.json",
            "I approve CTO-WORK-103: one run that changes a/b.py, and nothing else.",
            "2026-03-10T11:05:00Z",
            "and/or, 3/4",
        ] {
            assert_eq!(cleaned(text), text);
        }
        assert_eq!(cleaned("a\u{1b}[31mb\u{202e}c\nd"), "a [31mb c d");
        assert_eq!(cleaned(&"x".repeat(2000)).chars().count(), LONGEST + 1);
    }
}
