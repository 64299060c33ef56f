// SPDX-License-Identifier: Apache-2.0
//! The schemas we ship: they compile, and judge as the CCR 1.0.0 reference judges.
//!
//! `fixtures/schema-data/<kind>.json` holds instances of our own, changes to them, and the
//! verdict that the reference's schema of that kind gave on each.

use ccr::schema::{Compile, Documents, EMBEDDED, Patterns, Schema, compile};
use serde_json::{Value, json};
use std::path::Path;

fn shipped(name: &str) -> Value {
    serde_json::from_str(ccr::schema::embedded(name).unwrap()).unwrap()
}

fn compiled(name: &str) -> Schema {
    compile(&shipped(name), &Documents::embedded()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_shipped_schema_compiles_and_names_itself() {
    assert!(EMBEDDED.len() >= 17);
    for (name, _) in EMBEDDED {
        compiled(name);
        let schema = shipped(name);
        let stem = name.strip_suffix(".schema.json").unwrap();
        let id = schema["$id"].as_str().unwrap();
        assert!(id.starts_with(&format!("urn:ccr:schema:{stem}:v")), "{id}");
        assert!(schema["title"].is_string() && schema["description"].is_string());
    }
}

#[test]
fn verdicts_equal_the_references() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema-data");
    let mut cases = 0;
    let mut kinds = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let data: Value = serde_json::from_str(&text).unwrap();
        let name = data["schema"].as_str().unwrap();
        let python = Compile {
            patterns: Patterns::Python,
            ..Compile::default()
        };
        let schema = python
            .build(&shipped(name), &Documents::embedded())
            .unwrap();
        for set in data["sets"].as_array().unwrap() {
            assert!(schema.accepts(&set["instance"]), "{name}");
            for case in set["cases"].as_array().unwrap() {
                let changed = change(&set["instance"], case);
                assert_eq!(schema.accepts(&changed), case[3] == true, "{name}: {case}");
                cases += 1;
            }
        }
        kinds += 1;
    }
    assert_eq!(kinds, 15);
    assert!(cases > 2_500, "{cases}");
}

/// The instance after one change: `["set" | "remove", pointer, value, verdict]`.
fn change(instance: &Value, case: &Value) -> Value {
    let pointer = case[1].as_str().unwrap();
    let mut changed = instance.clone();
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return case[2].clone();
    };
    match changed.pointer_mut(parent).unwrap() {
        Value::Object(object) if case[0] == "remove" => {
            object.remove(key).unwrap();
        }
        Value::Object(object) => {
            object.insert(key.to_owned(), case[2].clone());
        }
        Value::Array(items) if case[0] == "remove" => {
            items.remove(key.parse().unwrap());
        }
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = case[2].clone(),
        other => panic!("{pointer} leads into {other}"),
    }
    changed
}

fn residual() -> Value {
    json!({
        "blocking": true, "created_at": "2026-11-20T00:00:00Z", "description": "It is open.",
        "extensions": {"finding_id": "finding:1", "finding_kind": "path-home-directory"},
        "kind": "other", "object_id": "a.txt:1:1", "object_type": "runtime", "refs": ["a.txt:1:1"],
        "repair_hint": "Mend it.", "residual_id": "residual:0123456789abcdef01234567",
        "schema_version": "ccr.residual.v0.1", "severity": "high", "source": "ccr.audit.release",
        "status": "open",
    })
}

fn finding() -> Value {
    json!({
        "finding_id": "finding:0123456789abcdef0123456789abcdef", "kind": "path-home-directory",
        "rule_id": "path-home-directory", "family": "path", "severity": "high",
        "confidence": "medium", "blocking": true, "location": "a.txt:1:1",
        "place": {"segments": ["a.txt"], "line": 1, "column": 1, "end_line": 1, "end_column": 2, "byte_start": 0, "byte_end": 1},
        "description": "It is open.", "repair_hint": "Mend it.", "snippet": null,
        "fingerprint": "0123456789abcdef0123456789abcdef", "references": [], "suppressed": null,
        "residual_ready": residual(),
    })
}

#[test]
fn findings_need_every_key_and_a_valid_residual() {
    let schema = compiled("finding.schema.json");
    assert_eq!(schema.faults(&finding(), 9), []);
    for key in finding().as_object().unwrap().keys() {
        let mut less = finding();
        less.as_object_mut().unwrap().remove(key);
        assert!(!schema.accepts(&less), "{key}");
    }
    let mut wrong = finding();
    wrong["residual_ready"]["status"] = json!("unheard of");
    let faults = schema.faults(&wrong, 9);
    assert_eq!(faults[0].instance_path, "/residual_ready/status");
    let mut silenced = finding();
    silenced["suppressed"] = json!({"by": "waiver", "reason": "a sample", "until": "2027-01-31"});
    silenced["place"] = Value::Null;
    assert_eq!(schema.faults(&silenced, 9), []);
}

#[test]
fn reports_in_full_and_in_the_references_form_are_accepted() {
    let schema = compiled("audit-report.schema.json");
    let minimal = json!({
        "schema_version": "ccr.audit_report.v1", "report_id": "audit-report:1", "created_at": "",
        "ok": true, "accepted": true, "settled": false, "finding_count": 0,
        "blocking_finding_count": 0, "findings": [],
    });
    assert_eq!(schema.faults(&minimal, 9), []);
    let mut full = minimal;
    let more = json!({
        "finding_count": 1, "findings": [finding()], "dist": "dist", "root": ".",
        "tool": {"name": "ccr", "version": "0.1.0"}, "profile": "default",
        "rules_digest": "0".repeat(64), "as_of": "2026-11-20", "suppressed_count": 0,
        "scanned": {"files": 1, "bytes": 2, "archives": 0, "entries": 0},
        "skipped": [{"path": "x", "reason": "y"}],
        "totals": {"by_severity": {"high": 1}, "by_family": {"path": 1}},
    });
    full.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    assert_eq!(schema.faults(&full, 9), []);
    full["settled"] = json!(true);
    assert_eq!(schema.faults(&full, 9)[0].instance_path, "/settled");
}

#[test]
fn our_rule_files_are_rule_packs() {
    let schema = compiled("rule-pack.schema.json");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut seen = 0;
    for file in walkdir::WalkDir::new(rules).min_depth(2) {
        let file = file.unwrap();
        let toml = file
            .path()
            .extension()
            .is_some_and(|ending| ending == "toml");
        let pack = file.path().with_file_name("pack.toml");
        if !toml || file.file_name() == "pack.toml" || !pack.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let value = serde_json::to_value(table).unwrap();
        assert_eq!(schema.faults(&value, 5), [], "{}", file.path().display());
        seen += 1;
    }
    assert!(seen > 0);
    let both = json!({"rule": [{"id": "a-b", "title": "t", "severity": "low", "confidence": "low",
        "status": "stable", "since": "0.1.0", "why": "w", "repair": "r", "pattern": "p", "check": "c"}]});
    assert!(!schema.accepts(&both));
}

#[test]
fn our_own_schemas_pass_our_own_rules() {
    use crate::harness::tree_artifact::{artifact, run};
    let files = EMBEDDED
        .iter()
        .map(|(name, text)| (format!("schemas/{name}"), text.as_bytes().to_vec()))
        .collect();
    let release = [artifact(".", ccr::checks::ArtifactKind::Tree, files)];
    let set = ccr::rules::load("default", &[]).unwrap();
    for rule in set
        .rules
        .iter()
        .filter(|rule| rule.meta.id.family() == "schema")
    {
        assert_eq!(run(rule, &release), [], "{}", rule.meta.id);
    }
}

#[test]
fn the_schema_of_the_configuration_judges_as_its_reader_does() {
    let schema = compiled("ccr-config.schema.json");
    for (text, good) in [
        ("", true),
        ("fail_on = 'high'\n[limits]\nmax_depth = 2", true),
        ("[[exclude]]\npaths = ['x']\nreason = 'y'", true),
        (
            "[[waiver]]\nrule = 'a-b'\npaths = ['x']\nreason = 'y'\nuntil = '2030-01-01'",
            true,
        ),
        ("fail_on = 'worst'", false),
        ("nonsense = 1", false),
        ("[limits]\nmax_depth = -1", false),
        ("[limits]\ndepth = 1", false),
        ("[[exclude]]\npaths = ['x']", false),
        ("[[waiver]]\nrule = 'a-b'", false),
    ] {
        let table: toml::Table = toml::from_str(text).unwrap();
        assert_eq!(
            toml::from_str::<ccr::config::RawConfig>(text).is_ok(),
            good,
            "{text}"
        );
        let instance = serde_json::to_value(table).unwrap();
        assert_eq!(schema.accepts(&instance), good, "{text}");
    }
}
