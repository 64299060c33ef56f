// SPDX-License-Identifier: Apache-2.0
//! Throughput of the prefilter and of a whole scan, against an `aho-corasick` automaton over the
//! same keywords, and with a fifth of the rules.
//!
//! The text is made up: words of code and prose with a keyword now and then. With
//! `CCR_BENCH_TREE=/folder` the files of a real tree are read instead.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking"
)]

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use ccr::artifact::EntryKind;
use ccr::classify::{Classified, Origin};
use ccr::matching::{Matcher, Scratch};
use ccr::model::EntryPath;
use ccr::rules::{self, Rule, RuleSource};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// Keywords as a rule set has them: token prefixes, providers, assignment words, path heads.
const KEYWORDS: &str = include_str!("keywords.txt");

/// Bytes of text.
const SIZE: usize = 32 << 20;

fn keywords() -> Vec<&'static str> {
    KEYWORDS.lines().filter(|word| !word.is_empty()).collect()
}

/// Rules with up to three keywords each, whose patterns look for a long value behind them.
fn made_up(keywords: &[&str]) -> Vec<Arc<Rule>> {
    let mut table = String::new();
    for (number, words) in keywords.chunks(3).enumerate() {
        let any: Vec<String> = words.iter().map(|word| escape(word)).collect();
        write!(
            table,
            "[[rule]]\nid = 'secret-bench-{number}'\ntitle = 'A'\nseverity = 'high'\n\
             confidence = 'high'\nstatus = 'preview'\nsince = '0.1.0'\nwhy = 'A.'\nrepair = 'B.'\n\
             keywords = {words:?}\n\
             pattern = '''(?i:{})[\"']?\\s*[:=]?\\s*[\"']?(?P<hit>[A-Za-z0-9_/+-]{{24,}})'''\n",
            any.join("|")
        )
        .unwrap();
    }
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    std::fs::write(file.path(), table).unwrap();
    let set = rules::load("default", &[RuleSource::File(file.path().to_owned())]).unwrap();
    let bench = |rule: &&Arc<Rule>| rule.meta.id.as_str().starts_with("secret-bench");
    set.rules.iter().filter(bench).cloned().collect()
}

fn escape(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if !c.is_alphanumeric() {
            out.push('\\');
        }
        out.push(c);
    }
    out.replace("\\ ", " ")
}

/// Files, each a name and its bytes.
fn text() -> Vec<(EntryPath, Vec<u8>)> {
    if let Some(tree) = std::env::var_os("CCR_BENCH_TREE") {
        return read(Path::new(&tree));
    }
    const WORDS: &[&str] = &[
        "return",
        "self",
        "fn",
        "let",
        "import",
        "def",
        "value",
        "name",
        "index",
        "result",
        "error",
        "the",
        "of",
        "and",
        "a",
        "to",
        "is",
        "if",
        "else",
        "for",
        "in",
        "0",
        "1",
        "None",
        "true",
        "(x)",
        "{",
        "}",
        "=",
        "==",
        "+",
        "->",
        "#",
        "//",
        "\"text\"",
        "test",
        "data",
        "buffer",
        "length",
        "self.items",
        "len(values)",
        "config",
        "parse",
        "Option<usize>",
        "assert_eq!",
    ];
    let keywords = keywords();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |limit: usize| {
        // xorshift64*: the same text every time.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    };
    let mut files = Vec::new();
    let mut total = 0;
    while total < SIZE {
        let mut text = String::new();
        let size = 1 << (10 + next(8));
        while text.len() < size {
            // About 600 keywords in a MB, as in real trees.
            match next(300) {
                0 => text.push_str(keywords[next(keywords.len())]),
                1..40 => text.push_str("\n    "),
                _ => text.push_str(WORDS[next(WORDS.len())]),
            }
            text.push(' ');
        }
        total += text.len();
        let name = format!("src/file{}.py", files.len());
        files.push((EntryPath::root(&name), text.into_bytes()));
    }
    files
}

fn read(tree: &Path) -> Vec<(EntryPath, Vec<u8>)> {
    let files = walkdir::WalkDir::new(tree).sort_by_file_name();
    let files = files.into_iter().filter_map(Result::ok);
    files
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let name = entry.path().strip_prefix(tree).ok()?.to_string_lossy();
            Some((EntryPath::root(&name), std::fs::read(entry.path()).ok()?))
        })
        .collect()
}

fn throughput(criterion: &mut Criterion) {
    let files = text();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let keywords = keywords();
    let fifth: Vec<&str> = keywords.iter().step_by(5).copied().collect();

    let mut group = criterion.benchmark_group("matching");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(10);

    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(&keywords)
        .unwrap();
    group.bench_function("aho-corasick", |bencher| {
        bencher.iter(|| {
            let count = |text: &[u8]| automaton.find_overlapping_iter(text).count();
            files
                .iter()
                .map(|(_, text)| count(black_box(text)))
                .sum::<usize>()
        });
    });
    let embedded = rules::load("default", &[]).unwrap().rules;
    for (name, rules) in [
        ("all", made_up(&keywords)),
        ("fifth", made_up(&fifth)),
        ("embedded", embedded),
    ] {
        let matcher = Matcher::new(&rules).unwrap();
        matcher.compile_all().unwrap();
        group.bench_function(BenchmarkId::new("prefilter", name), |bencher| {
            bencher.iter(|| {
                let count = |text: &[u8]| matcher.keywords_in(text);
                files
                    .iter()
                    .map(|(_, text)| count(black_box(text)))
                    .sum::<usize>()
            });
        });
        let mut scratch = Scratch::default();
        group.bench_function(BenchmarkId::new("scan", name), |bencher| {
            bencher.iter(|| {
                let mut hits = Vec::new();
                for (path, text) in &files {
                    let entry = Classified::new(path, Origin::Tree, &EntryKind::File, text);
                    matcher.scan(black_box(&entry), &mut scratch, &mut hits);
                }
                hits.len()
            });
        });
        let mut scratch = Scratch::default();
        group.bench_function(BenchmarkId::new("names", name), |bencher| {
            bencher.iter(|| {
                let mut hits = Vec::new();
                for (path, _) in &files {
                    let name = black_box(path.name());
                    matcher.scan_path(name, Origin::Tree, &mut scratch, &mut hits);
                }
                hits.len()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
