// SPDX-License-Identifier: Apache-2.0
//! The labelled set of paths, judged by a whole audit; and what is said of one binary.

use crate::harness::audits::{engine_of, request};
use ccr::audit::{self, Request, Target};
use ccr::config;
use ccr::model::{Finding, Report};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// `fixtures/path-data/cases.toml`.
#[derive(Deserialize)]
struct Cases {
    group: Vec<Group>,
}

/// Lines of one kind and label.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// What the lines are examples of.
    form: String,
    label: Label,
    /// The rule that should speak.
    #[serde(default)]
    rule: Option<String>,
    /// File name, then the line in parts.
    lines: Vec<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Label {
    /// A leak that blocks.
    High,
    /// A leak that does not.
    Low,
    None,
}

/// One line in a file of its own.
struct Case<'a> {
    kind: &'a str,
    file: &'a str,
    label: Label,
    rule: Option<&'a str>,
    text: String,
}

fn cases(data: &Cases) -> Vec<Case<'_>> {
    let mut out = Vec::new();
    for group in &data.group {
        for line in &group.lines {
            out.push(Case {
                kind: &group.form,
                file: &line[0],
                label: group.label,
                rule: group.rule.as_deref(),
                text: line[1..].concat(),
            });
        }
    }
    out
}

/// The path family's report on a folder.
fn scan(root: &Path) -> Report {
    let engine = engine_of(&["path"]);
    let config = config::load(root, None).unwrap();
    let target = Target::Paths(vec![root.to_owned()]);
    audit::run(&Request {
        all_files: true,
        ..request(&engine, &config, target)
    })
    .unwrap()
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
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
        let Self {
            total,
            right,
            wrong,
            missed,
        } = self;
        write!(
            f,
            "{total:4} lines  found {right:3}  wrong {wrong:2}  missed {missed:2}"
        )?;
        match right + wrong + missed {
            0 => Ok(()),
            _ => write!(
                f,
                "  precision {:.4}  recall {:.4}",
                self.precision(),
                self.recall()
            ),
        }
    }
}

/// `cargo test --test it path_cases -- --nocapture` prints the figures.
#[test]
fn the_labelled_set_is_judged_right() {
    let data = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/path-data/cases.toml"
    ));
    let data: Cases = toml::from_str(data).unwrap();
    let cases = cases(&data);
    let folder = tempfile::tempdir().unwrap();
    let place = |index: usize| format!("{index:04}");
    for (index, case) in cases.iter().enumerate() {
        let name = format!("{}/{}", place(index), case.file);
        write(folder.path(), &name, case.text.as_bytes());
    }
    let report = scan(folder.path());
    let mut by_case: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    let prefix = folder.path().to_str().unwrap();
    for finding in &report.findings {
        let name: &str = &finding.path.segments()[0];
        let name = name.strip_prefix(prefix).unwrap_or(name);
        let case = name.trim_start_matches('/').split('/').next().unwrap();
        by_case.entry(case.to_owned()).or_default().push(finding);
    }
    let (mut all, mut blocking, mut other_rule) = (Score::default(), Score::default(), 0);
    let mut kinds: BTreeMap<&str, Score> = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let found = by_case.remove(&place(index)).unwrap_or_default();
        let rules: BTreeSet<&str> = found.iter().map(|f| f.rule_id.as_str()).collect();
        let leak = case.label != Label::None;
        let should = case.label == Label::High;
        let blocks = found.iter().any(|finding| finding.blocking);
        all.count(leak, !found.is_empty());
        blocking.count(should, blocks);
        kinds
            .entry(case.kind)
            .or_default()
            .count(leak, !found.is_empty());
        let rule = case.rule;
        let spoke = found.is_empty() || rule.is_none_or(|rule| rules.contains(rule));
        other_rule += u32::from(!spoke);
        if leak == found.is_empty() || should != blocks || !spoke {
            faults.push(format!(
                "{} {}: {rules:?} blocks={blocks}: {:?}",
                case.kind, case.file, case.text
            ));
        }
    }
    for (kind, score) in &kinds {
        println!("{kind:16} {score}");
    }
    println!(
        "paths            {all}\nblocking         {blocking}\nanother rule than expected: {other_rule}"
    );
    println!("{}", faults.join("\n"));
    assert!(by_case.is_empty(), "findings of no case: {by_case:?}");
    assert!(all.total >= 700, "only {} lines", all.total);
    assert!(other_rule <= 4, "{}", faults.join("\n"));
    for score in [all, blocking] {
        assert!(
            score.precision() >= 0.98 && score.recall() >= 0.98,
            "{score}\n{}",
            faults.join("\n")
        );
    }
}

/// Starts of files that programs recognise.
const BINARIES: &[(&str, &[u8])] = &[
    ("core.so", b"\x7fELF\x02\x01\x01\0"),
    ("core.dylib", b"\xcf\xfa\xed\xfe\x07\0\0\x01"),
    ("fat.dylib", b"\xca\xfe\xba\xbe\0\0\0\x02"),
    ("core.dll", b"MZ\x90\0\x03\0\0\0"),
    ("core.pyc", b"\xcb\x0d\x0d\x0a\0\0\0\0\0\0\0\0\0\0\0\0"),
    ("libcore.a", b"!<arch>\n"),
    ("libcore.rlib", b"!<arch>\n\0"),
    ("core.wasm", b"\0asm\x01\0\0\0"),
    ("Core.class", b"\xca\xfe\xba\xbe\0\0\0\x41"),
];

/// A binary with many strings, as compilers lay them out.
fn binary(magic: &[u8], strings: &[String]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend([0; 64]);
    for text in strings {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

fn homes() -> Vec<String> {
    let home = |name: &str, file: usize| format!("/{}/{name}/engine/src/part{file}.rs", "home");
    (0..1000)
        .map(|file| {
            home(
                if file % 4 == 0 {
                    "tbergstrom"
                } else {
                    "nkowalczyk"
                },
                file,
            )
        })
        .chain((0..300).map(|file| format!("/{}/work/engine/engine/{file}.c", "home/runner")))
        .collect()
}

#[test]
fn one_binary_has_one_finding_of_a_rule_with_count_and_prefixes() {
    for (name, magic) in BINARIES {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, &binary(magic, &homes()));
        let report = scan(folder.path());
        let ids: Vec<&str> = report.findings.iter().map(|f| f.rule_id.as_str()).collect();
        let mut unique = ids.clone();
        unique.dedup();
        assert_eq!(ids, unique, "{name}");
        let said = |rule: &str| {
            let finding = report.findings.iter().find(|f| f.rule_id.as_str() == rule);
            finding
                .unwrap_or_else(|| panic!("{name} has {rule}"))
                .description
                .clone()
        };
        let homes = said("path-home-compiled");
        let prefixes = format!("/{0}/nkowalczyk, /{0}/tbergstrom.", "home");
        let shown = report.findings.iter().find_map(|f| f.snippet.as_deref());
        assert!(
            shown.is_some_and(|text| text.starts_with('/') && !text.contains("u{0}")),
            "only the string is shown: {shown:?}"
        );
        assert!(
            homes.ends_with(&format!("1000 strings begin with {prefixes}")),
            "{homes}"
        );
        assert!(
            said("path-ci-compiled").contains(" 300 strings begin with /"),
            "{name}"
        );
    }
}

#[test]
fn the_fingerprint_of_a_binary_outlives_a_rebuild() {
    let prints = |strings: &[String]| {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            "core.so",
            &binary(b"\x7fELF\x02\x01\x01\0", strings),
        );
        let report = scan(folder.path());
        let print = |f: &Finding| (f.rule_id.to_string(), f.fingerprint.to_string());
        report
            .findings
            .iter()
            .map(print)
            .collect::<BTreeMap<_, _>>()
    };
    let first = prints(&homes());
    let mut strings = homes();
    // Parts move, one more file is compiled in, something else stands before them.
    strings.reverse();
    strings.push(format!("/{}/nkowalczyk/engine/src/added.rs", "home"));
    strings.insert(0, "version 2".to_owned());
    assert_eq!(first, prints(&strings));
    strings.push(format!("/{}/mlindqvist/engine/src/x.rs", "home"));
    assert_ne!(first, prints(&strings));
}

#[test]
fn a_harmless_path_hides_no_grave_one() {
    let folder = tempfile::tempdir().unwrap();
    let home = |name: &str| format!("/{}/{name}", "home");
    let text = format!(
        "# e.g. {}/src/x/y/z.c\n{}ROOT = '{}/src/engine'\n",
        home("david"),
        "import engine\n".repeat(20),
        home("nkowalczyk")
    );
    write(folder.path(), "engine/x.py", text.as_bytes());
    let report = scan(folder.path());
    let findings = report.findings.iter();
    let told: Vec<(Option<u64>, bool)> = findings
        .map(|finding| (finding.place.as_ref().unwrap().line, finding.blocking))
        .collect();
    assert_eq!(told, [(Some(1), false), (Some(22), true)]);
}

#[test]
fn every_line_of_a_text_has_its_finding_and_a_line_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let home = |name: String| format!("/{}/{name}/src", "home");
    let line = |n: usize| {
        format!(
            "-I{} -I{}\n",
            home(format!("kowal{n}")),
            home(format!("nowak{n}"))
        )
    };
    let text: String = (0..1002).map(line).collect();
    write(folder.path(), "build/flags.mk", text.as_bytes());
    let report = scan(folder.path());
    assert_eq!(report.findings.len(), 1000);
    let last = report.findings.last().unwrap();
    assert_eq!(last.place.as_ref().unwrap().line, Some(1000));
    let first = &report.findings[0].description;
    assert!(first.contains("2 places begin with"), "{first}");
    assert!(first.contains("And 4 more in this file"), "{first}");
}

#[test]
fn what_a_program_wrote_of_its_build_is_one_finding_for_each_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        |n: usize, name: &str| format!("\"ref\": \"path+file:///{}/{name}/dev/p{n}#1\",\n", "home");
    let text: String = (0..12).map(|n| line(n, "kowalczyk")).collect();
    let text = format!("{{\n{text}{}\"x\": 1}}\n", line(1, "mlindqvist"));
    write(folder.path(), "engine/sbom.cdx.json", text.as_bytes());
    write(folder.path(), "engine/refs.cfg", text.as_bytes());
    let report = scan(folder.path());
    let told = |name: &str| -> Vec<Option<u64>> {
        let of = report.findings.iter().filter(|f| f.location.contains(name));
        of.map(|f| f.place.as_ref().unwrap().line).collect()
    };
    assert_eq!(told("sbom.cdx.json"), [Some(2), Some(14)]);
    let first = report
        .findings
        .iter()
        .find(|f| f.location.contains("sbom"))
        .unwrap();
    assert!(
        first.description.contains("12 places begin with"),
        "{}",
        first.description
    );
    assert!(first.blocking);
    // Here a comment may waive a line, so each has its own.
    assert_eq!(told("refs.cfg").len(), 13);
}

#[test]
fn compiled_files_of_one_folder_and_build_are_one_finding() {
    let folder = tempfile::tempdir().unwrap();
    let object = |name: &str, unit: &str| {
        format!("\0\u{1}.file\0/{}/{name}/engine/{unit}.c\0\0", "home").into_bytes()
    };
    for unit in ["a", "b", "c", "d"] {
        write(
            folder.path(),
            &format!("lib/{unit}.bin"),
            &object("kowalczyk", unit),
        );
        write(
            folder.path(),
            &format!("few/{unit}.{unit}"),
            &object("kowalczyk", unit),
        );
    }
    write(folder.path(), "lib/e.bin", &object("mlindqvist", "e"));
    let report = scan(folder.path());
    let of = |part: &str| -> Vec<&Finding> {
        let all = report.findings.iter();
        all.filter(|f| f.location.contains(part) && f.rule_id.as_str() == "path-home-compiled")
            .collect()
    };
    let places: Vec<&str> = of("lib/").iter().map(|f| f.location.as_str()).collect();
    assert_eq!(places, ["lib/a.bin", "lib/e.bin"]);
    let said = &of("lib/")[0].description;
    assert!(
        said.contains("The same in 3 files beside it: b.bin, c.bin, d.bin."),
        "{said}"
    );
    assert_eq!(of("few/").len(), 4);
}
