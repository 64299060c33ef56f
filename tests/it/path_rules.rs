// SPDX-License-Identifier: Apache-2.0
//! Rules of the packs `path` and `artifact` on their own examples; `path_cases` holds the labelled set.

use ccr::artifact::EntryKind;
use ccr::classify::{Classified, Kind, Origin, Text};
use ccr::matching::{Hit, Matcher, Scratch};
use ccr::model::{Confidence, EntryPath, Severity};
use ccr::rules::{Body, Rule, Scope, Subject};
use std::sync::Arc;

fn rules() -> Vec<Arc<Rule>> {
    let set = ccr::rules::load("default", &[]).unwrap();
    let ours = |rule: &Arc<Rule>| matches!(rule.meta.id.family(), "path" | "artifact");
    set.rules.into_iter().filter(ours).collect()
}

/// A file name and a kind that the scope lets in.
fn stage(scope: &Scope) -> (String, Kind) {
    let staged = [
        ("src/engine.py", &b""[..], false),
        ("poetry.lock", b"", false),
        ("engine-1.0.dist-info/RECORD", b"", false),
        ("engine/app.js.map", b"", false),
        ("engine/tsconfig.tsbuildinfo", b"", false),
        ("engine/_core.so", b"\x7fELF", true),
        ("engine/core.dll", b"MZ", true),
    ];
    let fits = |kind: Kind, words: &[String]| words.iter().any(|word| kind.is(word));
    for (name, magic, binary) in staged {
        let kind = Kind::of(name, magic, binary);
        let wanted = match scope.kinds.is_empty() {
            true => kind.is("text"),
            false => fits(kind, &scope.kinds),
        };
        let named = scope.paths.is_empty()
            || scope.paths.iter().any(|glob| {
                globset::Glob::new(glob)
                    .unwrap()
                    .compile_matcher()
                    .is_match(name)
            });
        if wanted && named && !fits(kind, &scope.not_kinds) {
            return (name.to_owned(), kind);
        }
    }
    panic!("no staged file fits {scope:?}");
}

fn scan(matcher: &Matcher, name: &str, kind: Option<Kind>, text: &str) -> Vec<Hit> {
    let path = EntryPath::root(name);
    let decoded = Text::decode(text.as_bytes());
    let kind = kind.unwrap_or_else(|| Kind::of(name, text.as_bytes(), decoded.is_binary()));
    let entry = Classified {
        path: &path,
        origin: Origin::Archive,
        entry_kind: &EntryKind::File,
        kind,
        bytes: text.as_bytes(),
        text: decoded,
    };
    let mut hits = Vec::new();
    matcher.scan(&entry, &mut Scratch::default(), &mut hits);
    hits
}

#[test]
fn every_rule_holds_on_its_own_examples() {
    let mut faults = Vec::new();
    for rule in rules() {
        let Body::Pattern(pattern) = &rule.body else {
            continue;
        };
        let matcher = Matcher::new(std::slice::from_ref(&rule)).unwrap();
        let found = |text: &str| match pattern.subject {
            Subject::Path => {
                let mut hits = Vec::new();
                matcher.scan_path(text, origin(&rule), &mut Scratch::default(), &mut hits);
                !hits.is_empty()
            }
            Subject::Content => {
                let (name, kind) = stage(&rule.scope);
                !scan(&matcher, &name, Some(kind), text).is_empty()
            }
        };
        assert!(!rule.matches().is_empty() && !rule.no_matches().is_empty());
        for example in rule.matches() {
            if !found(&example.text()) {
                faults.push(format!("{} misses {:?}", rule.meta.id, example.text()));
            }
        }
        for example in rule.no_matches() {
            if found(&example.text()) {
                faults.push(format!("{} finds {:?}", rule.meta.id, example.text()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_name_is_found_by_two_artifact_rules() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    let mut faults = Vec::new();
    for rule in &rules {
        for example in rule.matches() {
            let Body::Pattern(pattern) = &rule.body else {
                continue;
            };
            if pattern.subject != Subject::Path {
                continue;
            }
            let mut hits = Vec::new();
            matcher.scan_path(
                &example.text(),
                origin(rule),
                &mut Scratch::default(),
                &mut hits,
            );
            let ids: Vec<_> = hits
                .iter()
                .map(|hit| rules[hit.rule].meta.id.as_str())
                .collect();
            if ids.len() != 1 {
                faults.push(format!("{:?}: {ids:?}", example.text()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_finding_ends_with_the_offending_folder_or_file() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    for (name, end) in [
        ("pkg/ui/node_modules/x/index.js", "pkg/ui/node_modules"),
        ("pkg/__pycache__/x.cpython-312.pyc", "pkg/__pycache__"),
        ("pkg-1.0/.git/objects/ab/cd", "pkg-1.0/.git"),
        (".idea/workspace.xml", ".idea"),
        ("packets/raw/p.json", "packets/raw"),
        ("x/.terraform/providers/y", "x/.terraform"),
        ("x/htmlcov/index.html", "x/htmlcov"),
    ] {
        let mut hits = Vec::new();
        matcher.scan_path(name, Origin::Archive, &mut Scratch::default(), &mut hits);
        assert_eq!(hits.len(), 1, "{name}");
        assert_eq!(&name[..hits[0].hit.end], end);
    }
}

#[test]
fn inputs_of_tests_are_no_leak() {
    let rules = rules();
    let matcher = Matcher::new(&rules).unwrap();
    for name in [
        "pkg-1.0/testdata/x.sqlite",
        "pkg/fixtures/repo/.git/config",
        "tests/x.pyc",
    ] {
        let mut hits = Vec::new();
        matcher.scan_path(name, Origin::Archive, &mut Scratch::default(), &mut hits);
        assert!(!hits.is_empty(), "{name}");
        assert!(
            hits.iter().all(|hit| hit.severity == Some(Severity::Info)),
            "{name}"
        );
    }
    // Where programs under test read such files, their name says nothing.
    for name in [
        "tests/data/.env",
        "tests/data/x.py~",
        "test/skel/.ssh/known_hosts",
    ] {
        let mut hits = Vec::new();
        matcher.scan_path(name, Origin::Archive, &mut Scratch::default(), &mut hits);
        assert!(hits.is_empty(), "{name}");
    }
}

#[test]
fn severity_of_every_home_rule_blocks_by_itself() {
    for rule in rules() {
        let id = rule.meta.id.as_str();
        if id.starts_with("path-home") && id != "path-home-mangled" {
            assert!(
                rule.meta
                    .is_blocking(rule.meta.severity, rule.meta.confidence)
            );
            assert!(rule.meta.confidence >= Confidence::Medium);
        }
    }
}

/// Where a rule's examples stand: in an archive when its scope says so.
fn origin(rule: &Rule) -> Origin {
    match rule.scope.origin {
        Some(ccr::rules::Origin::Archive) => Origin::Archive,
        _ => Origin::Tree,
    }
}
