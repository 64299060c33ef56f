// SPDX-License-Identifier: Apache-2.0
//! What the engine promises, on rules made for the purpose.

use super::{Hit, Matcher, Scratch};
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::model::EntryPath;
use crate::rules::{self, Body, Judge, Rule, rule_of};
use std::sync::Arc;

/// A rule with this body, given in TOML.
fn rule(body: &str) -> Rule {
    rule_of(&format!(
        r#"
        id = "test-rule"
        title = "Test"
        severity = "high"
        confidence = "high"
        status = "preview"
        since = "0.1.0"
        why = "Why."
        repair = "Repair."
        {body}
        "#
    ))
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// A content rule; more keys may follow.
fn pattern(keywords: &[&str], regex: &str, more: &str) -> Rule {
    rule(&format!(
        "keywords = {keywords:?}\npattern = '''{regex}'''\n{more}"
    ))
}

fn content(keywords: &[&str], regex: &str) -> Rule {
    pattern(keywords, regex, "")
}

fn block(keywords: &[&str], regex: &str) -> Rule {
    pattern(keywords, regex, "window = 'block'")
}

fn path(keywords: &[&str], regex: &str) -> Rule {
    pattern(keywords, regex, "subject = 'path'")
}

fn matcher(rules: Vec<Rule>) -> Matcher {
    let rules: Vec<_> = rules.into_iter().map(Arc::new).collect();
    let matcher = Matcher::new(&rules).unwrap();
    matcher.compile_all().unwrap();
    matcher
}

fn scan_as(matcher: &Matcher, name: &str, text: &[u8], scratch: &mut Scratch) -> Vec<Hit> {
    let path = EntryPath::root(name);
    let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text);
    let mut hits = Vec::new();
    matcher.scan(&entry, scratch, &mut hits);
    hits
}

fn scan(rules: Vec<Rule>, text: &[u8]) -> Vec<(usize, usize, usize)> {
    let hits = scan_as(&matcher(rules), "a.txt", text, &mut Scratch::default());
    let place = |hit: &Hit| (hit.rule, hit.hit.start, hit.hit.end);
    hits.iter().map(place).collect()
}

#[test]
fn hits_come_in_order_of_place_each_once() {
    let rules = vec![
        content(&["beta"], "beta=(?P<hit>[0-9]+)"),
        content(&["alpha", "alp", "ALPHA"], "(?i)alpha=(?P<hit>[0-9]+)"),
    ];
    let text = b"alpha=1 beta=22\nALPHA=333, alpha=4\nbeta=x";
    assert_eq!(
        scan(rules, text),
        [(1, 6, 7), (0, 13, 15), (1, 22, 25), (1, 33, 34)]
    );
}

#[test]
fn a_line_window_ends_at_the_line_and_a_block_does_not() {
    let text = b"key here\nvalue 42\n";
    let regex = r"key(?s:.)*?(?P<hit>\d+)";
    assert_eq!(scan(vec![content(&["key"], regex)], text), []);
    assert_eq!(scan(vec![block(&["key"], regex)], text), [(0, 15, 17)]);
}

#[test]
fn windows_are_cut_on_long_lines() {
    let mut text = vec![b'.'; 10_000];
    text[4000..4003].copy_from_slice(b"key");
    // In reach: from 512 before the keyword to 2048 after it.
    for (at, found) in [(3487, false), (3488, true), (6050, true), (6051, false)] {
        let mut text = text.clone();
        text[at] = b'X';
        let hits = scan(vec![content(&["key"], "X")], &text);
        assert_eq!(!hits.is_empty(), found, "X at {at}");
    }
}

#[test]
fn look_around_sees_outside_the_window() {
    let long = format!("{}key{}", "a".repeat(600), "b".repeat(3000));
    let inside = |regex: &str| scan(vec![content(&["key"], regex)], long.as_bytes());
    assert_eq!(inside(r"\ba"), []);
    assert_eq!(inside(r"b\b"), []);
    assert_eq!(inside("(?m)^a"), []);
}

#[test]
fn merged_windows_report_what_one_reading_of_the_line_would() {
    // A keyword every few bytes on one line that needs many pieces.
    let line = "key=0123456789 ".repeat(30_000);
    let hits = scan(
        vec![content(&["key"], r"key=(?P<hit>\d+)")],
        line.as_bytes(),
    );
    assert_eq!(hits.len(), 30_000);
    for (index, hit) in hits.iter().enumerate() {
        assert_eq!(*hit, (0, index * 15 + 4, index * 15 + 14));
    }
}

#[test]
fn a_line_full_of_keywords_is_survived() {
    let rules = vec![
        content(&["key"], r"key[a-z ]*(?P<hit>\d+)"),
        block(&["key"], r"key(?s:.)*KEY\d"),
    ];
    let text = "a key of no worth ".repeat(160_000);
    assert_eq!(scan(rules, text.as_bytes()), []);
}

#[test]
fn path_rules_see_the_name_and_content_rules_the_text() {
    let mut archive_only = path(&[".env"], r"\.env$");
    archive_only.scope.origin = Some(rules::Origin::Archive);
    let matcher = matcher(vec![
        path(&["__pycache__"], "(?P<hit>__pycache__)/"),
        path(&[], r"\.tmp$"),
        archive_only,
        content(&["__pycache__"], "never"),
    ]);
    let names = |name, origin| {
        let mut hits = Vec::new();
        matcher.scan_path(name, origin, &mut Scratch::default(), &mut hits);
        let place = |hit: &Hit| (hit.rule, hit.hit.start, hit.hit.end);
        hits.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(
        names("a/__pycache__/b.tmp", Origin::Tree),
        [(0, 2, 13), (1, 15, 19)]
    );
    assert_eq!(names("x/.env", Origin::Tree), []);
    assert_eq!(names("x/.env", Origin::Archive), [(2, 2, 6)]);
}

#[test]
fn scope_limits_by_kind_and_glob() {
    let mut python = content(&["key"], "key");
    python.scope.kinds = list(&["python"]);
    let mut locks = content(&["key"], "key");
    locks.scope.not_paths = list(&["**/*.lock"]);
    let mut whole = content(&[], "k.y");
    whole.scope.paths = list(&["conf/*"]);
    let mut both = content(&["key"], "key");
    both.scope.kinds = list(&["text", "binary"]);
    let matcher = matcher(vec![python, locks, whole, both]);
    let mut scratch = Scratch::default();
    let mut found = |name: &str, text: &[u8]| {
        let hits = scan_as(&matcher, name, text, &mut scratch);
        hits.iter().map(|hit| hit.rule).collect::<Vec<_>>()
    };
    assert_eq!(found("a.py", b"key"), [0, 1, 3]);
    assert_eq!(found("b/a.lock", b"key"), [3]);
    assert_eq!(found("conf/a", b"a key"), [1, 2, 3]);
    assert_eq!(found("a.py", b"\0\0key"), [3]);
    assert_eq!(found("a.py", b"nothing"), [0usize; 0]);
}

#[test]
fn short_keywords_of_a_rule_for_some_files_are_searched_there() {
    let mut record = content(&[",sha", ",,"], ",,(?P<hit>x)");
    record.scope.paths = list(&["**/RECORD"]);
    let matcher = matcher(vec![record]);
    assert_eq!(matcher.keywords_in(b"a,,x"), 0);
    let mut scratch = Scratch::default();
    assert_eq!(
        scan_as(&matcher, "a/RECORD", b"a,,x\n,,x", &mut scratch).len(),
        2
    );
    assert_eq!(
        scan_as(&matcher, "a/METADATA", b"a,,x\n,,x", &mut scratch),
        []
    );
}

#[test]
fn statements_are_flagged_by_their_keywords() {
    let statement = |keywords: &[&str]| {
        rule(&format!(
            "statement = {{ any_of = ['x'], keywords = {keywords:?} }}"
        ))
    };
    let mut docs = statement(&["proven"]);
    docs.scope.kinds = list(&["docs"]);
    let matcher = matcher(vec![
        statement(&["proven", "certified"]),
        docs,
        statement(&["guaranteed"]),
        statement(&[]),
    ]);
    let mut scratch = Scratch::default();
    scan_as(&matcher, "a.md", b"Certified! Proven. proven", &mut scratch);
    assert_eq!(scratch.flagged_statements(), [0, 1, 3]);
    scan_as(&matcher, "a.py", b"proven", &mut scratch);
    assert_eq!(scratch.flagged_statements(), [0, 3]);
    scan_as(&matcher, "a.py", b"\0", &mut scratch);
    assert_eq!(scratch.flagged_statements(), [0usize; 0]);
}

#[test]
fn judgement_acquits() {
    let judged = |judge: Judge| {
        let mut rule = content(&["key"], "key=(?P<hit>[a-z]+)");
        if let Body::Pattern(pattern) = &mut rule.body {
            pattern.judge = judge.into();
        }
        let rules = vec![rule];
        scan(rules, b"key=abcdefgh # test\nkey=aaaaaaaa").len()
    };
    assert_eq!(judged(Judge::default()), 2);
    assert_eq!(
        judged(Judge {
            min_entropy: Some(2.0),
            ..Judge::default()
        }),
        1
    );
    assert_eq!(
        judged(Judge {
            allow: list(&["^abc"]),
            ..Judge::default()
        }),
        1
    );
    assert_eq!(
        judged(Judge {
            allow_line: list(&["# test$"]),
            ..Judge::default()
        }),
        1
    );
}

#[test]
fn scratch_buffers_may_change_matchers() {
    let first = matcher(vec![content(&["key"], "key")]);
    let second = matcher(vec![
        content(&["x"], "x"),
        content(&["key"], "ke(?P<hit>y)"),
    ]);
    let mut scratch = Scratch::default();
    assert_eq!(scan_as(&first, "a", b"key", &mut scratch).len(), 1);
    assert_eq!(scan_as(&second, "a", b"key x", &mut scratch).len(), 2);
    assert_eq!(scan_as(&first, "a", b"key", &mut scratch).len(), 1);
}

#[test]
fn faults_are_told_and_not_swallowed() {
    let mut globs = content(&["key"], "key");
    globs.scope.paths = list(&["a["]);
    let rules: Vec<_> = [content(&["key"], "("), globs].map(Arc::new).into();
    let lazy = Matcher::new(&rules).unwrap();
    assert!(lazy.faults().is_empty());
    scan_as(&lazy, "a", b"key", &mut Scratch::default());
    assert_eq!(lazy.faults().len(), 2);
    let eager = Matcher::new(&rules).unwrap();
    assert_eq!(eager.compile_all().unwrap_err().len(), 2);
}

#[test]
fn binaries_are_searched_only_by_rules_that_say_so() {
    let scoped = |kinds: &[&str], not_kinds: &[&str]| {
        let mut rule = content(&["key"], "key");
        rule.scope.kinds = list(kinds);
        rule.scope.not_kinds = list(not_kinds);
        rule
    };
    let mut check = rule("check = 'some-check'");
    let any = check.clone();
    check.scope.kinds = list(&["source"]);
    let matcher = matcher(vec![
        scoped(&[], &[]),
        scoped(&["text", "binary"], &[]),
        scoped(&["elf"], &[]),
        scoped(&["source"], &["python"]),
        any,
        check,
    ]);
    let in_scope = |name: &str, text: &[u8]| {
        let path = EntryPath::root(name);
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text);
        (0..6)
            .filter(|&rule| matcher.in_scope(rule, &entry))
            .collect::<Vec<_>>()
    };
    assert_eq!(in_scope("a.py", b""), [0, 1, 4, 5]);
    assert_eq!(in_scope("a.rs", b""), [0, 1, 3, 4, 5]);
    assert_eq!(in_scope("a.so", b"\x7fELF\0"), [1, 2, 4]);
}

#[test]
fn lint_tells_what_keywords_cost_and_what_does_not_compile() {
    let told = |rule: Rule| {
        let faults = super::lint(&[Arc::new(rule)]);
        faults
            .iter()
            .map(|fault| (fault.is_error(), fault.message.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(content(&["xoxb-"], "xoxb-[0-9]+")), []);
    let often = told(content(&["self"], "self"));
    assert!(
        !often[0].0 && often[0].1.contains("times in a MB"),
        "{often:?}"
    );
    let short = told(content(&["pk"], "pk"));
    assert!(!short[0].0 && short[0].1.contains("shorter"), "{short:?}");
    let broken = told(content(&["xoxb-"], "xoxb-["));
    assert!(
        broken[0].0 && broken[0].1.contains("does not compile"),
        "{broken:?}"
    );
    assert_eq!(told(path(&["a"], "a")), []);
}
