// SPDX-License-Identifier: Apache-2.0
//! Every output format on one sample: nested path, several lines, odd name, redacted secret,
//! file-level finding, suppression; and on an empty report.

use ccr::model::{
    Confidence, EntryPath, Finding, Fingerprint, FingerprintInput, Place, Prose, Report, Residual,
    RuleId, RuleMeta, RuleProse, Scanned, Severity, Skipped, Status, Suppression, SuppressionKind,
    ToolInfo, Totals, Verdict,
};
use ccr::report::{self, Format};
use std::sync::Arc;

fn meta(id: &str, severity: Severity) -> Arc<RuleMeta> {
    Arc::new(RuleMeta {
        id: RuleId::new(id),
        severity,
        confidence: Confidence::High,
        blocking: None,
        kind: None,
        residual: None,
        status: Status::Stable,
        prose: Prose::from(RuleProse {
            title: "Sample rule".to_owned(),
            since: "0.1.0".to_owned(),
            aliases: Vec::new(),
            why: "Because of the sample.".to_owned(),
            repair: "Repair it.".to_owned(),
            repair_packed: String::new(),
            references: vec!["https://example.org/rule".to_owned()],
        }),
    })
}

fn finding(
    rule: &str,
    severity: Severity,
    path: EntryPath,
    lines: Option<(u64, u64)>,
    snippet: Option<&str>,
) -> Finding {
    let line = snippet.unwrap_or("whole");
    let inside = path.inside_artifact();
    let fingerprint = Fingerprint::compute(FingerprintInput {
        rule,
        path: &inside,
        line,
        ordinal: 0,
    });
    let location = lines.map_or(path.to_string(), |(start, _)| format!("{path}:{start}:3"));
    Finding {
        finding_id: format!("finding:{fingerprint}"),
        kind: rule.to_owned(),
        rule_id: RuleId::new(rule),
        severity,
        confidence: Confidence::High,
        blocking: severity >= Severity::High,
        place: Some(Place {
            segments: path.segments().to_vec(),
            line: lines.map(|l| l.0),
            column: lines.map(|_| 3),
            end_line: lines.map(|l| l.1),
            end_column: lines.map(|_| 9),
            byte_start: lines.map(|_| 20),
            byte_end: lines.map(|_| 60),
        }),
        description: "Sample rule.".to_owned(),
        repair_hint: "Repair it.".to_owned(),
        snippet: snippet.map(str::to_owned),
        fingerprint,
        references: Vec::new(),
        suppressed: None,
        residual_ready: Residual {
            blocking: severity >= Severity::High,
            created_at: "2026-01-01T00:00:00Z".to_owned(),
            description: "Sample rule.".to_owned(),
            extensions: serde_json::Map::new(),
            kind: "other".to_owned(),
            object_id: location.clone(),
            object_type: "runtime".to_owned(),
            refs: vec![location.clone()],
            repair_hint: "Repair it.".to_owned(),
            residual_id: "residual:000000000000000000000000".to_owned(),
            schema_version: "ccr.residual.v0.1".to_owned(),
            severity: severity.to_string(),
            source: "ccr.scan".to_owned(),
            status: "open".to_owned(),
        },
        location,
        path,
        brought_in: None,
        marks: Vec::new(),
    }
}

fn sample() -> Report {
    let nested = EntryPath::root("dist/a.whl")
        .join("pkg/data.zip")
        .join("x.py");
    let odd = EntryPath::root(&EntryPath::escape(b"caf\xe9 \xe2\x80\xae.txt"));
    let mut silenced = finding(
        "claim-sample",
        Severity::Medium,
        EntryPath::root("README.md"),
        Some((4, 4)),
        Some("It is perfect."),
    );
    silenced.suppressed = Some(Suppression {
        by: SuppressionKind::Waiver,
        reason: "quoted from a review".to_owned(),
        until: Some("2027-01-01".to_owned()),
    });
    let findings = vec![
        silenced,
        finding(
            "secret-sample",
            Severity::Critical,
            nested,
            Some((2, 4)),
            Some("key = \"ghp_…[redacted]\""),
        ),
        finding("path-sample", Severity::Low, odd, None, None),
    ];
    Report {
        source: "ccr.scan".to_owned(),
        tool: ToolInfo {
            name: "ccr".to_owned(),
            version: "0.0.0".to_owned(),
        },
        root: ".".to_owned(),
        dist: Some("dist".to_owned()),
        profile: "default".to_owned(),
        rules_digest: "0".repeat(64),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        as_of: "2026-01-01".to_owned(),
        report_id: "scan:000000000000000000000000".to_owned(),
        verdict: Verdict::Refused,
        findings,
        rules: vec![
            meta("claim-sample", Severity::Medium),
            meta("path-sample", Severity::Low),
            meta("secret-sample", Severity::Critical),
        ],
        scanned: Scanned {
            files: 2,
            bytes: 2048,
            archives: 2,
            entries: 3,
        },
        skipped: vec![Skipped {
            path: "vendor/x.bin".to_owned(),
            reason: "third-party fixture".to_owned(),
        }],
        totals: Totals::default(),
        facts: serde_json::Map::new(),
    }
}

fn empty() -> Report {
    Report {
        findings: Vec::new(),
        rules: Vec::new(),
        verdict: Verdict::Accepted,
        skipped: Vec::new(),
        ..sample()
    }
}

fn render(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    report::write(report, format, false, false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_reads_like_a_compiler() {
    insta::assert_snapshot!(render(&sample(), Format::Text));
    insta::assert_snapshot!(render(&empty(), Format::Text));
}

#[test]
fn json_v1_is_frozen() {
    insta::assert_snapshot!(render(&sample(), Format::Json));
    insta::assert_snapshot!(render(&empty(), Format::Json));
}

#[test]
fn sarif_is_frozen_and_valid() {
    let text = render(&sample(), Format::Sarif);
    insta::assert_snapshot!(text);
    let official =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sarif/sarif-2.1.0.json");
    let Ok(schema) = std::fs::read_to_string(&official) else {
        eprintln!(
            "the official SARIF schema is not at target/sarif/sarif-2.1.0.json; run .ci/run to validate against it"
        );
        return;
    };
    let mut schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    // The published schema's pattern of `language` is no valid regular expression; we emit none.
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [sample(), empty()] {
        let log = serde_json::from_str(&render(&report, Format::Sarif)).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&log)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}
