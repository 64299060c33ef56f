// SPDX-License-Identifier: Apache-2.0
//! `pgs validate`: each rule of the family over its fixtures, and the published snapshots where they
//! are at hand.
//!
//! A case is `fixtures/rules/<rule-id>/{pass,fail}/<case>/case.toml`: what differs from a snapshot
//! in which no rule finds anything.

use super::corpus::corpus;
use super::further::FURTHER;
use crate::harness::audits::{DAY, engine_of, family_report};
use crate::harness::cli::{ccr, json};
use crate::harness::pgs_case::Case;
use crate::harness::rule_cases::{assert_residuals_fit, count, faults_of, lines};
use ccr::audit::Engine;
use ccr::audit::family::Pgs;
use ccr::model::Report;
use ccr::pgs::checks;
use ccr::pgs::limits::Limits;
use ccr::pgs::validate::Options;
use ccr::rules::{self, Body, Rule};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_of(&["pgs"]))
}

fn validate(snapshot: &Path) -> Report {
    let options = options(snapshot);
    validate_with(options)
}

fn options(snapshot: &Path) -> Options {
    Options {
        snapshot: snapshot.to_owned(),
        limits: Limits::default(),
        seal: None,
        conformance: false,
        external: None,
        compare: None,
        allow_empty: false,
        jobs: Some(2),
    }
}

fn validate_with(options: Options) -> Report {
    let nowhere = tempfile::tempdir().unwrap();
    family_report(engine(), &Pgs(options), DAY, nowhere.path())
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether a rule speaks about snapshots; the others of the family speak about traces.
fn is_ours(rule: &Rule) -> bool {
    rule.meta.id.family() == "pgs" && !rule.meta.id.as_str().starts_with("pgs-trace-")
}

#[test]
fn every_rule_holds_against_its_fixtures() {
    let rules = rules::load("default", &[]).unwrap().rules;
    let ours = rules.iter().filter(|rule| is_ours(rule));
    let ours: Vec<&str> = ours.map(|rule| rule.meta.id.as_str()).collect();
    let judge = |id: &str, folder: &Path| {
        let case = Case::read(&folder.join("case.toml"));
        if cfg!(not(unix)) && case.is_for_unix() {
            return None;
        }
        let disk = tempfile::tempdir().unwrap();
        case.build(disk.path());
        let earlier = tempfile::tempdir().unwrap();
        let report = validate_with(Options {
            conformance: case.conformance,
            seal: case.seal(disk.path()),
            compare: case.before(earlier.path()),
            ..options(disk.path())
        });
        assert_residuals_fit(&report);
        let skipped = report.facts["skipped_rules"].to_string();
        let evaluated = !skipped.contains(&format!("\"{id}\""));
        assert!(evaluated, "{}: {skipped}", folder.display());
        Some(report)
    };
    let faults = ours
        .iter()
        .flat_map(|id| faults_of(id, |folder| judge(id, folder)));
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let cases: usize = ours.iter().map(|id| count(id)).sum();
    assert!(cases >= 245, "{cases} cases");
}

#[test]
fn every_check_has_a_table_and_every_table_a_check() {
    let tables: BTreeSet<String> = rules::load("default", &[])
        .unwrap()
        .rules
        .iter()
        .filter(|rule| is_ours(rule))
        .map(|rule| match &rule.body {
            Body::Check { name, .. } => name.clone(),
            _ => panic!("{} is no check", rule.meta.id),
        })
        .collect();
    let checks: BTreeSet<String> = checks::ALL
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .collect();
    assert_eq!(tables, checks);
    assert_eq!(checks.len(), checks::ALL.len());
}

#[test]
fn nothing_is_found_in_the_bases() {
    for base in ["base", "tokenized"] {
        let report = validate(&repository().join("fixtures/pgs").join(base));
        assert_eq!(lines(&report), [""; 0], "{base}");
    }
}

#[test]
fn a_finding_stands_at_the_line_of_its_member() {
    let disk = tempfile::tempdir().unwrap();
    let case = repository().join("fixtures/rules/pgs-wf-target/fail/dangling/case.toml");
    Case::read(&case).build(disk.path());
    let report = validate(disk.path());
    let finding = report
        .findings
        .iter()
        .find(|f| f.rule_id.as_str() == "pgs-wf-target")
        .unwrap();
    assert!(finding.blocking);
    assert_eq!(
        finding.snippet.as_deref().map(str::trim),
        Some("\"SUCCESS\": \"RECROD\",")
    );
    assert!(
        finding
            .location
            .starts_with("artifacts/workflows/library__WF_LEND_BOOK_V0.json:")
    );
}

#[test]
fn a_credential_is_never_told() {
    let disk = tempfile::tempdir().unwrap();
    let case = repository().join("fixtures/rules/pgs-rb-secret/fail/literal/case.toml");
    Case::read(&case).build(disk.path());
    let report = validate(disk.path());
    let told = serde_json::to_string(&lines(&report)).unwrap();
    assert!(
        told.contains("pgs-rb-secret") && !told.contains("@@WORD@@"),
        "{told}"
    );
    for finding in report
        .findings
        .iter()
        .filter(|f| f.rule_id.as_str() == "pgs-rb-secret")
    {
        assert_eq!(finding.snippet, None);
    }
}

/// What an observation names, as it must be found: rule, artifact, and words that the finding's
/// text or place must hold.
fn observed(corpus: &Path) -> Vec<(String, String, String, Value)> {
    let text = std::fs::read_to_string(corpus.join("v02/static-observations.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let rows = value["findings"].as_array().unwrap().iter();
    rows.map(|row| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let code = text("check").replace("(W)", "").to_lowercase();
        let rule = format!("pgs-{}", code.strip_prefix("p-").unwrap());
        (rule, text("artifact"), text("where"), row["detail"].clone())
    })
    .collect()
}

/// Whether a finding stands where the observation was made: in the artifact, in the step, node or
/// member it names, about what it names.
fn fits(
    finding: &ccr::model::Finding,
    snapshot: &Path,
    (rule, artifact, place, detail): &(String, String, String, Value),
) -> bool {
    let name = artifact.replace("::", "__");
    let file = finding.location.split(".json").next().unwrap_or_default();
    if finding.rule_id.as_str() != rule || !file.ends_with(&format!("/{name}")) {
        return false;
    }
    let bytes = std::fs::read(snapshot.join(format!("{file}.json"))).unwrap();
    let line = finding
        .place
        .as_ref()
        .and_then(|place| place.line)
        .unwrap_or(0);
    let around = enclosing(&bytes, place, line);
    let told = format!(
        "{} {}",
        finding.description,
        finding.snippet.clone().unwrap_or_default()
    );
    let words: Vec<&str> = match detail {
        Value::String(text) => vec![text.as_str()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let named = words.iter().any(|word| told.contains(word));
    // Of a verdict, the observation lists the step's outputs, the finding the transform's; of a
    // binding, what it has, the finding what it lacks.
    let other = ["pgs-verdict-ignored", "pgs-rb-store"].contains(&rule.as_str());
    around && (words.is_empty() || named || other)
}

/// Whether a line stands inside the step, node or member of that name (or the file as a whole is
/// meant).
fn enclosing(bytes: &[u8], place: &str, line: u64) -> bool {
    let body: Value = serde_json::from_slice(bytes).unwrap();
    let core = &body["frontmatter"]["core"];
    let mut pointers = Vec::new();
    if core["nodes"].get(place).is_some() {
        pointers.push(format!("/frontmatter/core/nodes/{place}"));
    }
    for (index, step) in core["pipeline"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        if step["step"] == place {
            pointers.push(format!("/frontmatter/core/pipeline/{index}"));
        }
    }
    if core["bindings"].get(place).is_some() {
        pointers.push(format!("/frontmatter/core/bindings/{place}"));
    }
    if pointers.is_empty() {
        return place == "pipeline" || body["frontmatter"]["runtime_binding"] == place;
    }
    let text = String::from_utf8_lossy(bytes);
    pointers.iter().any(|pointer| {
        let span = ccr::schema::locate(bytes, pointer).unwrap();
        let before = |at: usize| {
            text.as_bytes()[..at]
                .iter()
                .filter(|b| **b == b'\n')
                .count() as u64
                + 1
        };
        let first = before(span.start);
        // Pretty JSON: the value ends at the first line that is indented no deeper.
        let rows: Vec<&str> = text.lines().collect();
        let indent = |row: &str| row.len() - row.trim_start().len();
        let own = indent(rows[first as usize - 1]);
        let length = rows[first as usize..]
            .iter()
            .take_while(|row| indent(row) > own)
            .count() as u64;
        (first..=first + length).contains(&line)
    })
}

#[test]
fn every_static_observation_is_found_at_its_place() {
    let Some(corpus) = corpus() else { return };
    let snapshot = corpus.join("v02/snapshot");
    let report = validate(&snapshot);
    let missing: Vec<_> = observed(&corpus)
        .into_iter()
        .filter(|row| !report.findings.iter().any(|f| fits(f, &snapshot, row)))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_further_finding_on_the_published_snapshot_has_its_reason() {
    let Some(corpus) = corpus() else { return };
    let snapshot = corpus.join("v02/snapshot");
    let report = validate(&snapshot);
    let rows = observed(&corpus);
    let mut further: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in &report.findings {
        if !rows.iter().any(|row| fits(finding, &snapshot, row)) {
            let file = finding.location.split(".json").next().unwrap_or_default();
            let name = file
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .replace("__", "::");
            *further
                .entry((finding.rule_id.to_string(), name))
                .or_default() += 1;
        }
    }
    // One reason may cover every artifact of a rule.
    let reasoned = |rule: &str, name: &str| {
        FURTHER
            .iter()
            .any(|(known, at, _)| *known == rule && (*at == "*" || *at == name))
    };
    let open: Vec<_> = further
        .keys()
        .filter(|(rule, name)| !reasoned(rule, name))
        .collect();
    assert!(open.is_empty(), "{open:#?}");
    for (rule, at, why) in FURTHER {
        assert!(!why.is_empty());
        let hit = further
            .keys()
            .any(|(known, name)| known == rule && (*at == "*" || at == name));
        assert!(hit, "{rule} at {at} is no longer found");
    }
    let open = &report.facts["let_pass"]["open_references"];
    let sum: u64 = open
        .as_object()
        .unwrap()
        .values()
        .map(|n| n.as_u64().unwrap())
        .sum();
    eprintln!(
        "{} findings, {sum} references let pass",
        report.findings.len()
    );
}

#[test]
fn every_machine_block_of_the_published_snapshot_compares_equal() {
    let Some(corpus) = corpus() else { return };
    let report = validate(&corpus.join("v02/snapshot"));
    assert_eq!(report.facts["snapshot"]["artifacts"], 147);
    let hashes = [
        "pgs-hash-content",
        "pgs-hash-machine",
        "pgs-hash-ir",
        "pgs-handler",
    ];
    let found = report
        .findings
        .iter()
        .filter(|f| hashes.contains(&f.rule_id.as_str()));
    assert_eq!(found.count(), 0);
}

#[test]
fn the_tokenized_generation_is_read_and_its_hashes_hold() {
    let Some(corpus) = corpus() else { return };
    let report = validate(&corpus.join("v03"));
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &report.findings {
        *found.entry(finding.rule_id.to_string()).or_default() += 1;
    }
    let expected = [
        ("pgs-tok-cover".to_owned(), 4),
        ("pgs-trust-stub".to_owned(), 2),
    ];
    assert_eq!(found, BTreeMap::from(expected));
    let skipped = report.facts["skipped_rules"].as_array().unwrap();
    assert!(
        skipped.iter().any(|row| row["rule"] == "pgs-tok-equiv"),
        "{skipped:?}"
    );
}

#[test]
fn the_published_tokens_mean_what_the_published_artifacts_say() {
    let Some(corpus) = corpus() else { return };
    let disk = tempfile::tempdir().unwrap();
    for top in ["v02/snapshot", "v03"] {
        for (name, bytes) in crate::harness::pgs_case::read_tree(&corpus.join(top)) {
            let path = disk.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
    let report = validate(disk.path());
    let found = report
        .findings
        .iter()
        .filter(|f| f.rule_id.as_str() == "pgs-tok-equiv");
    let told: Vec<_> = found.map(|f| f.description.as_str()).collect();
    assert_eq!(told, [""; 0]);
    let skipped = report.facts["skipped_rules"].to_string();
    assert!(!skipped.contains("pgs-tok-equiv"), "{skipped}");
}

#[test]
fn the_command_line_judges_and_refuses_what_is_no_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let base = repository().join("fixtures/pgs/base");
    let base = base.to_str().unwrap();
    let good = ccr(dir.path(), &["pgs", "validate", base, "--json"]);
    assert_eq!(good.code, 0, "{}", good.stdout);
    let report = json(&good.stdout);
    assert_eq!(report["snapshot"]["artifacts"], 23);
    let text = ccr::schema::embedded("audit-report.schema.json").unwrap();
    let documents = ccr::schema::Documents::embedded();
    let schema = ccr::schema::compile(&serde_json::from_str(text).unwrap(), &documents).unwrap();
    assert!(schema.accepts(&report), "{:?}", schema.faults(&report, 3));
    // A blocking rule that could not be evaluated.
    assert_eq!(
        ccr(dir.path(), &["pgs", "validate", base, "--strict"]).code,
        1
    );
    let sarif = ccr(dir.path(), &["pgs", "validate", base, "--format", "sarif"]);
    assert_eq!(json(&sarif.stdout)["version"], "2.1.0");

    assert_eq!(ccr(dir.path(), &["pgs", "validate", "nowhere"]).code, 2);
    assert_eq!(ccr(dir.path(), &["pgs", "validate", "."]).code, 2);
    assert_eq!(
        ccr(dir.path(), &["pgs", "validate", ".", "--allow-empty"]).code,
        0
    );
    assert_eq!(
        ccr(dir.path(), &["pgs", "validate", base, "--only", "path"]).code,
        2
    );

    let bad = dir.path().join("bad");
    let case = repository().join("fixtures/rules/pgs-wf-cycle/fail/circle/case.toml");
    Case::read(&case).build(&bad);
    let run = ccr(dir.path(), &["pgs", "validate", "bad"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("CHECK -> REGISTER -> KEEP -> RECORD -> CHECK"),
        "{}",
        run.stdout
    );
}
