// SPDX-License-Identifier: Apache-2.0
//! Each rule on traces over its fixtures: `fixtures/rules/<rule-id>/{pass,fail}/<case>/trace.toml`
//! says which run of a small workflow is recorded, in which form, what is then done to the trace,
//! and what it is held against.

use super::traced::{self, keys, lines, rechain, tokenized};
use crate::harness::audits::{DAY, engine_of, family_report};
use crate::harness::rule_cases::{assert_residuals_fit, faults_of};
use ccr::audit::Engine;
use ccr::audit::family::PgsTrace;
use ccr::model::Report;
use ccr::pgs::examine::Against;
use ccr::pgs::examine::audit::{Options, is_check};
use ccr::pgs::limits::Limits;
use ccr::pgs::seal::{self, Seal};
use ccr::pgs::trace::encode::Format;
use ccr::pgs::trace::{Profile, fault};
use ccr::support::pyjson::ordered;
use serde::Deserialize;
use std::path::Path;
use std::sync::OnceLock;

/// `trace.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    /// `v1`, `v0`, `basic` (v0 without a chain) or `tokenized`.
    form: String,
    /// `order`, `again`, `refused`, `broken` or `ignored`.
    run: String,
    /// Values are recorded.
    values: bool,
    /// Whether a seal is signed.
    signed: bool,
    /// `seal_status` of the run.
    status: String,
    /// Texts exchanged in a line.
    edit: Vec<Edit>,
    /// Lines left out, from 1.
    drop: Vec<usize>,
    /// Two lines that change places.
    swap: Vec<[usize; 2]>,
    /// Lines that are put behind another, which is named by its number.
    copy: Vec<[usize; 2]>,
    /// Lines added at the end, as they stand.
    append: Vec<String>,
    /// Bytes cut off the end.
    cut: usize,
    /// Make the chain fit again.
    chain: bool,
    /// Texts exchanged in files of the snapshot that the trace is held against.
    snapshot: Vec<Exchange>,
    /// Whether it is held against a snapshot.
    graph: bool,
    /// Files exchanged in the data root; no text: removed.
    data: Vec<Data>,
    /// Payload that it is held against; its own when empty.
    payload: String,
    /// Whether the key that it is held against is another.
    other_key: bool,
    /// Key that the snapshot's seal must be signed with: `own`, `other`, or none.
    seal_key: String,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            form: "v1".to_owned(),
            run: "order".to_owned(),
            values: false,
            signed: true,
            status: "sealed".to_owned(),
            edit: Vec::new(),
            drop: Vec::new(),
            swap: Vec::new(),
            copy: Vec::new(),
            append: Vec::new(),
            cut: 0,
            chain: false,
            snapshot: Vec::new(),
            graph: true,
            data: Vec::new(),
            payload: String::new(),
            other_key: false,
            seal_key: String::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    line: usize,
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    file: String,
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    file: String,
    text: Option<String>,
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_of(&["pgs", "policy"]))
}

/// The text of the case's trace.
fn text(case: &Case, folder: &Path) -> Vec<u8> {
    let (key, _) = keys(folder, 1);
    let key = Some(&key).filter(|_| case.signed);
    let snapshot = traced::snapshot(&traced::snapshot_texts());
    let mut ground = traced::ground(&snapshot);
    ground.seal_status.clone_from(&case.status);
    let profile = match case.form.as_str() {
        "basic" => Profile::Basic,
        _ => Profile::Advanced,
    };
    let events = traced::events(&case.run, profile, case.values, ground);
    let mut lines = match case.form.as_str() {
        "v1" => lines(Format::V1, profile, &events, key),
        "v0" | "basic" => lines(Format::V0, profile, &events, None),
        "tokenized" => tokenized(case.values),
        other => panic!("no form is called {other}"),
    };
    for edit in &case.edit {
        let line = &mut lines[edit.line - 1];
        assert!(line.contains(&edit.from), "{line} has no {:?}", edit.from);
        *line = line.replacen(&edit.from, &edit.to, 1);
    }
    for [a, b] in &case.swap {
        lines.swap(a - 1, b - 1);
    }
    for [from, behind] in &case.copy {
        let line = lines[from - 1].clone();
        lines.insert(*behind, line);
    }
    let mut drop = case.drop.clone();
    drop.sort_unstable();
    for line in drop.into_iter().rev() {
        lines.remove(line - 1);
    }
    if case.chain {
        rechain(&mut lines, key);
    }
    lines.extend(case.append.iter().cloned());
    let mut bytes = lines.join("\n").into_bytes();
    bytes.push(b'\n');
    bytes.truncate(bytes.len() - case.cut);
    bytes
}

fn run(case: &Case) -> Report {
    let disk = tempfile::tempdir().unwrap();
    let trace = disk.path().join("trace.jsonl");
    std::fs::write(&trace, text(case, disk.path())).unwrap();
    let mut texts = traced::snapshot_texts();
    for exchange in &case.snapshot {
        let (_, text) = texts
            .iter_mut()
            .find(|(path, _)| path.ends_with(&exchange.file))
            .unwrap();
        assert!(
            text.contains(&exchange.from),
            "{text} has no {:?}",
            exchange.from
        );
        *text = text.replacen(&exchange.from, &exchange.to, 1);
    }
    let snapshot = traced::snapshot(&texts);
    let data = disk.path().join("data");
    traced::write_data(&data);
    for change in &case.data {
        let path = data.join(&change.file);
        match &change.text {
            Some(text) => std::fs::write(path, text).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
    }
    let payload = match case.payload.as_str() {
        "" => traced::payload(),
        text => ordered::parse_strict(text.as_bytes(), 32).unwrap(),
    };
    let (_, own) = keys(disk.path(), 1);
    let (_, other) = keys(disk.path(), 2);
    let key = if case.other_key { &other } else { &own };
    let with_key = case.form == "v1" && (case.signed || case.other_key);
    let root = seal::root_hash(&snapshot.files);
    let seal_signed = (!case.seal_key.is_empty()).then(|| {
        let mut seal = Seal::of(&snapshot.files, "2026-01-01T00:00:00Z").unwrap();
        seal.sign(&keys(disk.path(), 1).0);
        let key = if case.seal_key == "other" {
            &other
        } else {
            &own
        };
        seal.is_signed_by(key)
    });
    let against = Against {
        seal_signed,
        snapshot_root: Some(root.clone()).filter(|_| case.graph),
        sealed_root: Some(root).filter(|_| case.graph),
        snapshot: Some(snapshot).filter(|_| case.graph),
        data_root: Some(data),
        payload: Some(payload),
        keys: with_key.then_some(key as _),
    };
    let options = Options {
        trace,
        limits: Limits::default(),
        against,
    };
    family_report(engine(), &PgsTrace(options), DAY, disk.path())
}

fn said(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    findings
        .map(|f| {
            format!(
                "{} {} {} {:?}",
                f.rule_id, f.location, f.description, f.snippet
            )
        })
        .collect()
}

#[test]
fn every_rule_on_traces_holds_against_its_fixtures() {
    let judge = |folder: &Path| {
        let path = folder.join("trace.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let case = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let report = run(&case);
        assert_residuals_fit(&report);
        for finding in &report.findings {
            let place = finding.place.as_ref();
            assert!(place.is_some_and(|place| place.line.is_some()));
            let shown = format!("{finding:?}");
            assert!(!shown.contains("lamp") && !shown.contains("Ren"), "{shown}");
        }
        Some(report)
    };
    assert!(fault::ALL.iter().all(|id| is_check(id)));
    let faults: Vec<String> = fault::ALL
        .iter()
        .flat_map(|id| faults_of(id, judge))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_good_trace_of_our_form_has_no_finding() {
    for name in ["order", "again", "refused", "broken"] {
        let report = run(&Case {
            run: name.to_owned(),
            ..Case::default()
        });
        assert!(report.findings.is_empty(), "{name}: {:#?}", said(&report));
    }
}
