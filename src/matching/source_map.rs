// SPDX-License-Identifier: Apache-2.0
//! What a source map (ECMA-426) names, whether it is a file or stands in one.

use serde::Deserialize;

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

/// All that a map and its sections name, `sourceRoot` before `sources`. `None` for what is no map.
pub fn sources(text: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    collect(serde_json::from_slice(text).ok()?, &mut names);
    Some(names)
}

fn collect(map: Map, names: &mut Vec<String>) {
    names.extend(map.root);
    names.extend(map.sources.into_iter().flatten());
    for map in map.sections.into_iter().filter_map(|section| section.map) {
        collect(map, names);
    }
}

/// Whether a source has an absolute name on a machine, and not one that a rule for homes speaks of.
pub fn is_on_machine(name: &str) -> bool {
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
        let mut names = sources(text.as_bytes()).unwrap();
        names.retain(|name| is_on_machine(name));
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
