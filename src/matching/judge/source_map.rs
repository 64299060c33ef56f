// SPDX-License-Identifier: Apache-2.0
//! Source maps that stand inside a script or style sheet, in base64 (ECMA-426, "inline source maps").

use super::{Context, Opinion, decode};
use crate::classify::Kind;
use crate::matching::path_judge;
use crate::matching::weight::Weight;
use crate::model::{ByteSpan, Confidence, Severity};
use regex_automata::meta::Regex;
use serde::Deserialize;
use std::sync::OnceLock;

/// Base64 that is read: `sources` mostly stand before what makes a map long, but need not.
const MOST: usize = 8 << 20;

/// The members that name files.
#[derive(Debug, Deserialize)]
struct Map {
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(rename = "sourceRoot")]
    root: Option<String>,
}

/// `inline-source-map`: the map behind the hit names the home of a person among its sources, or, which
/// counts as low, another absolute file.
pub(super) fn names_sources(context: &Context<'_>) -> Opinion {
    let rest = &context.text[context.hit.end..];
    let rest = &rest[..rest.len().min(MOST)];
    let base64 =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let end = rest.iter().position(|b| !base64(b)).unwrap_or(rest.len());
    let map = decode::base64(&rest[..end]).and_then(|map| serde_json::from_slice::<Map>(&map).ok());
    let Some(map) = map else {
        return Opinion::Acquitted;
    };
    let mut names = Vec::new();
    for name in map
        .root
        .into_iter()
        .chain(map.sources.into_iter().flatten())
    {
        names.extend_from_slice(name.as_bytes());
        names.push(b'\n');
    }
    if names_home(&names, context.path) {
        return Opinion::Plain;
    }
    let mut lines = names.split(|&b| b == b'\n');
    match lines.any(is_absolute) {
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

/// A drive, or an absolute path of several folders: one folder is the root of a site.
fn is_absolute(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"file://").unwrap_or(name);
    let path = name.strip_prefix(b"/").unwrap_or(name);
    let drive = matches!(path, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    let homes = [&b"/home/"[..], b"/Users/", b"/root/", b"\\Users\\"];
    let home = homes
        .iter()
        .any(|home| memchr::memmem::find(name, home).is_some());
    let rooted = name.starts_with(b"/") && !name.starts_with(b"//");
    (drive || rooted && memchr::memchr_iter(b'/', name).count() >= 3) && !home
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
