// SPDX-License-Identifier: Apache-2.0
//! Data flows one way: an import that `docs/architecture.md` does not list fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Module to the modules it may import.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &["support"]),
    ("support", &[]),
    ("artifact", &["git", "model", "support"]),
    ("classify", &["artifact", "model", "support"]),
    ("rules", &["classify", "model", "support"]),
    ("schema", &["model", "support"]),
    (
        "matching",
        &["classify", "rules", "model", "support", "artifact"],
    ),
    ("config", &["artifact", "rules", "model", "support"]),
    ("discover", &["git", "model", "support"]),
    ("git", &["support"]),
    (
        "checks",
        &[
            "artifact", "classify", "matching", "rules", "schema", "model", "support",
        ],
    ),
    (
        "pic",
        &[
            "artifact", "classify", "matching", "rules", "schema", "model", "support",
        ],
    ),
    (
        "pgs",
        &[
            "artifact", "classify", "matching", "rules", "schema", "model", "support",
        ],
    ),
    (
        "governance",
        &[
            "artifact", "classify", "discover", "git", "matching", "rules", "schema", "model",
            "support",
        ],
    ),
    (
        "audit",
        &[
            "artifact",
            "checks",
            "classify",
            "config",
            "discover",
            "git",
            "governance",
            "matching",
            "pgs",
            "pic",
            "rules",
            "schema",
            "model",
            "support",
        ],
    ),
    ("report", &["model", "support"]),
    ("runtime", &["schema", "model", "support"]),
    (
        "cli",
        &[
            "artifact",
            "audit",
            "config",
            "governance",
            "pgs",
            "pic",
            "report",
            "rules",
            "runtime",
            "model",
            "support",
        ],
    ),
];

#[test]
fn imports_follow_the_listed_edges() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let edges: BTreeMap<_, BTreeSet<_>> = EDGES
        .iter()
        .map(|(m, to)| (*m, to.iter().copied().collect()))
        .collect();
    let mut wrong = Vec::new();
    for entry in walkdir::WalkDir::new(&source) {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let inside = path.strip_prefix(&source).unwrap();
        let module = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some(allowed) = edges.get(module) else {
            wrong.push(format!("module `{module}` is not listed"));
            continue;
        };
        for line in std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for found in line.split("crate::").skip(1) {
                let target: String = found
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let known = edges.contains_key(target.as_str());
                if known && target != module && !allowed.contains(target.as_str()) {
                    wrong.push(format!("{}: {module} -> {target}", inside.display()));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
