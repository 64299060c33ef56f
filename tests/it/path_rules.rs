// SPDX-License-Identifier: Apache-2.0
//! Rules of the packs `path` and `artifact` on their own examples, and on the labelled set.

use ccr::artifact::EntryKind;
use ccr::classify::{Classified, Kind, Origin, Text};
use ccr::matching::{Hit, Matcher, Scratch};
use ccr::model::{Confidence, EntryPath, Severity};
use ccr::rules::{Body, Rule, Scope, Subject};
use serde::Deserialize;
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
        assert!(!rule.matches.is_empty() && !rule.no_matches.is_empty());
        for example in &rule.matches {
            if !found(&example.text()) {
                faults.push(format!("{} misses {:?}", rule.meta.id, example.text()));
            }
        }
        for example in &rule.no_matches {
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
        for example in &rule.matches {
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

/// `fixtures/path-data/lines.toml`.
#[derive(Deserialize)]
struct Lines {
    group: Vec<Group>,
}

/// Lines of one label.
#[derive(Deserialize)]
struct Group {
    /// `high`: found, and it blocks. `low`: found, and it does not. `none`: no finding.
    label: Label,
    /// What the lines have in common.
    #[serde(rename = "form")]
    _form: String,
    /// File name that lines have unless they bring their own.
    file: String,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Label {
    High,
    Low,
    None,
}

/// A text in the group's file, or `[file, text]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Text(String),
    In(String, String),
}

/// Placeholders stand where a home would, so that no scanner trips over the set itself.
fn fill(text: &str) -> String {
    let join = |parts: &[&str]| parts.concat();
    text.replace("@@LINUX@@", &join(&["/", "home", "/"]))
        .replace("@@MACOS@@", &join(&["/", "Users", "/"]))
        .replace("@@WINDOWS@@", &join(&["C:", "\\", "Users", "\\"]))
        .replace("@@ESCAPED@@", &join(&["C:", "\\\\", "Users", "\\\\"]))
        .replace("@@FORWARD@@", &join(&["C:", "/", "Users", "/"]))
        .replace("@@ENCODED@@", &join(&["%2F", "home", "%2F"]))
        .replace(
            "@@SETTINGS@@",
            &join(&["C:\\Documents", " and ", "Settings\\"]),
        )
}

#[test]
#[allow(clippy::print_stdout, reason = "the scores are what one runs it for")]
fn the_labelled_lines_are_judged_well() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/path-data/lines.toml"
    ))
    .unwrap();
    let lines: Lines = toml::from_str(&text).unwrap();
    let rules: Vec<_> = rules()
        .into_iter()
        .filter(|rule| rule.meta.id.family() == "path")
        .collect();
    let matcher = Matcher::new(&rules).unwrap();
    let mut found = Score::default();
    let mut blocking = Score::default();
    let mut wrong = Vec::new();
    for group in &lines.group {
        for line in &group.lines {
            let (name, text) = match line {
                Line::Text(text) => (&group.file, text),
                Line::In(file, text) => (file, text),
            };
            let hits = scan(&matcher, name, None, &fill(text));
            let blocks = hits.iter().any(|hit| {
                let meta = &rules[hit.rule].meta;
                meta.is_blocking(
                    hit.severity.unwrap_or(meta.severity),
                    hit.confidence.unwrap_or(meta.confidence),
                )
            });
            let got = match (hits.is_empty(), blocks) {
                (true, _) => Label::None,
                (_, true) => Label::High,
                (_, false) => Label::Low,
            };
            found.count(group.label != Label::None, got != Label::None);
            blocking.count(group.label == Label::High, got == Label::High);
            if got != group.label {
                wrong.push(format!("{:?} but {got:?}: {name}: {text}", group.label));
            }
        }
    }
    println!(
        "paths found:    {found}\npaths blocking: {blocking}\n{}",
        wrong.join("\n")
    );
    assert!(found.total >= 120, "only {} lines", found.total);
    for score in [found, blocking] {
        assert!(
            score.precision() >= 0.95 && score.recall() >= 0.95,
            "{score}\n{}",
            wrong.join("\n")
        );
    }
}

#[derive(Default, Clone, Copy)]
struct Score {
    total: u32,
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Score {
    fn count(&mut self, expected: bool, got: bool) {
        self.total += 1;
        self.right += u32::from(expected && got);
        self.wrong += u32::from(!expected && got);
        self.missed += u32::from(expected && !got);
    }

    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.missed).max(1))
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} lines, precision {:.3}, recall {:.3}",
            self.total,
            self.precision(),
            self.recall()
        )
    }
}

#[test]
fn severity_of_every_home_rule_blocks_by_itself() {
    for rule in rules() {
        if rule.meta.id.as_str().starts_with("path-home") {
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
