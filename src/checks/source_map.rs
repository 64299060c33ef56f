// SPDX-License-Identifier: Apache-2.0
//! Absolute names in `sources` and `sourceRoot` of a source map (ECMA-426). Homes of people are
//! found by the rules for compiled files; this check speaks of the others.

use super::EntryCheck;
use crate::classify::Classified;
use crate::model::Draft;
use crate::rules::Rule;
use serde::Deserialize;

/// Emits one finding per map.
pub(super) struct SourceMapSources;

/// The members that name files; all others are skipped without being kept.
#[derive(Debug, Deserialize)]
struct Map {
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(rename = "sourceRoot")]
    root: Option<String>,
    #[serde(default)]
    sections: Vec<Section>,
}

#[derive(Debug, Deserialize)]
struct Section {
    map: Option<Map>,
}

impl EntryCheck for SourceMapSources {
    fn name(&self) -> &'static str {
        "source-map-sources"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        entry.kind.id == "source-map"
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let mut names = Vec::new();
        // Some servers guard a map with `)]}'` on its first line.
        let text = entry.text.bytes();
        let text = match text.strip_prefix(b")]}'") {
            Some(rest) => rest,
            None => text,
        };
        let Ok(map) = serde_json::from_slice::<Map>(text) else {
            return;
        };
        collect(map, &mut names);
        let Some(first) = names.first() else {
            return;
        };
        let more = match names.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let description = format!("The map names the source `{first}`{more}.");
        out.push(Draft::new(rule.meta.id.clone(), entry.path, description));
    }
}

fn collect(map: Map, names: &mut Vec<String>) {
    names.extend(
        map.root
            .into_iter()
            .chain(map.sources.into_iter().flatten())
            .filter(|name| is_telling(name)),
    );
    for section in map.sections {
        if let Some(map) = section.map {
            collect(map, names);
        }
    }
}

/// An absolute name on a machine, and not one that a rule for homes speaks of.
fn is_telling(name: &str) -> bool {
    let path = name.strip_prefix("file://").unwrap_or(name);
    let drive = matches!(path.trim_start_matches('/').as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    // Bundlers name virtual modules with a leading slash; one folder is no path of a machine.
    let rooted = path.starts_with('/') && path.matches('/').count() >= 3 && !path.starts_with("//");
    let homes = ["/home/", "/Users/", "/root/", "\\Users\\"];
    (drive || rooted) && !homes.iter().any(|home| path.contains(home))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let mut names = Vec::new();
        collect(serde_json::from_str(text).unwrap(), &mut names);
        names
    }

    #[test]
    fn absolute_sources_are_found_in_maps_and_sections() {
        let map = r#"{"version":3,"sources":["../src/a.ts","/srv/build/src/b.ts",null],"mappings":"AAAA"}"#;
        assert_eq!(names(map), ["/srv/build/src/b.ts"]);
        let index = format!(
            r#"{{"version":3,"sections":[{{"offset":{{"line":0,"column":0}},"map":{map}}}]}}"#
        );
        assert_eq!(names(&index), ["/srv/build/src/b.ts"]);
        assert_eq!(
            names(r#"{"sources":[],"sourceRoot":"D:\\work\\engine"}"#),
            ["D:\\work\\engine"]
        );
    }

    #[test]
    fn relative_and_virtual_names_are_none() {
        let map = r#"{"sources":["webpack:///./src/a.ts","/index.ts","/src/a.ts","https://example.org/a/b/c.js"],"sourceRoot":""}"#;
        assert!(names(map).is_empty());
    }
}
