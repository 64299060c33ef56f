// SPDX-License-Identifier: Apache-2.0
//! Source maps that stand inside a script or style sheet, in base64 (ECMA-426, "inline source maps").

use super::{Context, Opinion, decode};
use crate::classify::Kind;
use crate::matching::path_judge;
use crate::matching::source_map::{is_on_machine, sources};
use crate::matching::weight::Weight;
use crate::model::{ByteSpan, Confidence, Severity};
use regex_automata::meta::Regex;
use std::sync::OnceLock;

/// Base64 that is read: `sources` mostly stand before what makes a map long, but need not.
const MOST: usize = 8 << 20;

/// `inline-source-map`: the map behind the hit names the home of a person among its sources, or, which
/// counts as low, another absolute file.
pub(super) fn names_sources(context: &Context<'_>) -> Opinion {
    let rest = &context.text[context.hit.end..];
    let rest = &rest[..rest.len().min(MOST)];
    let base64 =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let end = rest.iter().position(|b| !base64(b)).unwrap_or(rest.len());
    let Some(names) = decode::base64(&rest[..end]).and_then(|map| sources(&map)) else {
        return Opinion::Acquitted;
    };
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    if names_home(lines.as_bytes(), context.path) {
        return Opinion::Plain;
    }
    match names.iter().any(|name| is_on_machine(name)) {
        true => Opinion::Counts(Severity::Low, Confidence::Medium),
        false => Opinion::Acquitted,
    }
}

fn names_home(names: &[u8], path: &str) -> bool {
    static HOME: OnceLock<Option<Regex>> = OnceLock::new();
    const PATTERN: &str = r"/home/[A-Za-z0-9_][A-Za-z0-9._-]{0,31}|/Users/[A-Za-z0-9_][A-Za-z0-9._-]{0,31}|[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2}[A-Za-z0-9_][A-Za-z0-9._ -]{0,39}";
    let home = HOME.get_or_init(|| Regex::new(PATTERN).ok());
    let (Some(home), Some(kind)) = (home, Kind::named("source-map")) else {
        return false;
    };
    home.find_iter(names).any(|found| {
        let hit = ByteSpan::new(found.start(), found.end());
        let weight = path_judge::weigh("path-user", names, hit, hit, path, kind);
        let low = |weight: &Weight| weight.severity.is_some_and(|own| own < Severity::High);
        weight.is_some_and(|weight| !low(&weight))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use super::*;
    use crate::rules::Judge;

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for three in bytes.chunks(3) {
            let bits = three
                .iter()
                .fold(0, |bits, byte| bits << 8 | usize::from(*byte))
                << (8 * (3 - three.len()));
            for place in 0..=three.len() {
                text.push(char::from(LETTERS[bits >> (18 - 6 * place) & 63]));
            }
        }
        text
    }

    fn counts(source: &str) -> Option<Weight> {
        let judge = Judge {
            validators: vec!["inline-source-map".to_owned()],
            ..Judge::default()
        };
        let map =
            serde_json::json!({"version": 3, "sources": [source], "mappings": ""}).to_string();
        let mark = "data:application/json;base64,";
        let text = format!(
            "run();\n//# sourceMappingURL={mark}{}\n",
            base64(map.as_bytes())
        );
        weigh(&judge, &text, mark, "x.js")
    }

    #[test]
    fn homes_count_whole_and_other_absolute_names_little() {
        let home = format!("/{}/kowalczyk/src/engine/x.ts", "home");
        assert_eq!(counts(&home), Some(Weight::default()));
        assert_eq!(
            counts("/srv/build/engine/x.ts").unwrap().severity,
            Some(Severity::Low)
        );
        for name in ["../src/x.ts", "webpack:///./src/x.ts", "/src/x.ts"] {
            assert!(counts(name).is_none(), "{name}");
        }
    }
}
