// SPDX-License-Identifier: Apache-2.0
//! The contradictions that the specification lists (section 6.4), each on an equivalent tree: found
//! under its rule, where it stands.

use super::samples::told;
use crate::harness::governance_case::{Case, Edit, bases, copy, filled, reseal};
use ccr::rules;
use serde_json::json;
use std::path::Path;

/// Number, rule, start of the place (below the governed folder; a run; the board), least findings.
const EXPECTED: &[(u8, &str, &str, usize)] = &[
    (
        1,
        "cto-work-evidence-status-conflict",
        "CTO-LADDER-EVIDENCE.md",
        7,
    ),
    (
        2,
        "cto-work-validated-unchecked",
        "CTO-DISPLAY-ISSUES.md",
        4,
    ),
    (3, "cto-work-id-duplicate", "CTO-DISPLAY-ISSUES.md", 1),
    (3, "cto-work-acceptance-missing", "CTO-DISPLAY-ISSUES.md", 1),
    (
        4,
        "cto-work-validated-before-blocker",
        "CTO-DISPLAY-ISSUES.md",
        1,
    ),
    (4, "cto-work-blocked-by-cycle", "CTO-LADDER-ISSUES.md", 1),
    (
        6,
        "cto-last-reviewed-behind-content",
        "CTO-SHELF-LABEL-STAGED-GATES.md",
        1,
    ),
    (
        6,
        "cto-last-reviewed-behind-content",
        "CTO-SHELF-LABEL-PROVIDER-DECISION-RECORD.md",
        1,
    ),
    (
        6,
        "cto-last-reviewed-behind-content",
        "CTO-LOCAL-PROVIDER-ISSUES.md",
        1,
    ),
    (
        6,
        "cto-last-reviewed-behind-content",
        "CTO-STAGE-TWO-ISSUES.md",
        1,
    ),
    (7, "cto-dependency-claim-unmet", "CTO-CORE-ROUTE-PRD.md", 1),
    (8, "cto-doc-status-behind-items", "CTO-SLICE-", 12),
    (9, "cto-host-path", "CTO-SHELF-LABEL-EVIDENCE.md", 1),
    (9, "cto-host-identity", "CTO-SHELF-LABEL-EVIDENCE.md", 1),
    (
        9,
        "cto-temp-path-as-durable",
        "CTO-SHELF-LABEL-EVIDENCE.md",
        1,
    ),
    (
        10,
        "cto-source-mode-exceeded",
        "CTO-SHELF-LABEL-SOURCE-ADMISSION-RECORD.md",
        1,
    ),
    (
        10,
        "cto-source-licence-unresolved",
        "CTO-SHELF-LABEL-SOURCE-ADMISSION-RECORD.md",
        1,
    ),
    (
        11,
        "cto-approval-provenance-drift",
        "CTO-SHELF-LABEL-EVIDENCE.md",
        1,
    ),
    (
        12,
        "cto-approval-retroactive",
        "CTO-SHELF-LABEL-APPROVAL-RECORD.md",
        1,
    ),
    (
        12,
        "cto-approval-reused",
        "CTO-SHELF-LABEL-APPROVAL-RECORD.md",
        1,
    ),
    (
        13,
        "cto-comparison-overclaimed",
        "CTO-SHELF-LABEL-SECOND-EVIDENCE.md",
        1,
    ),
    (
        14,
        "cto-evidence-fragment-orphaned",
        "CTO-PROVIDER-BLOCKER.md",
        1,
    ),
    (
        15,
        "cto-required-phrase-stuffed",
        "CTO-LADDER-CLOSEOUT.md",
        1,
    ),
    (16, "cto-bullet-repeated", "CTO-SLICES-PRD.md", 1),
    (17, "cto-evidence-failure-row-mismatch", TIMED_OUT, 1),
    (18, "cto-front-matter-styles-mixed", "CTO-", 1),
];

/// The run that is made to have hit its time bound, and to call that a failure.
const TIMED_OUT: &str = "20260305T090500Z-shelf-label-3301";

fn edit(file: &str, key: &str, value: serde_json::Value) -> Edit {
    Edit {
        file: file.to_owned(),
        op: "json_set".to_owned(),
        path: vec![json!(key)],
        value,
        ..Edit::default()
    }
}

/// Fills what no committed file may hold.
fn fill(tree: &Path) {
    let temporary = format!("/{}", ["t", "mp"].concat());
    let host = ["desk-box.tail1a2b", ".ts", ".net"].concat();
    for file in walkdir::WalkDir::new(tree) {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let text = std::fs::read_to_string(file.path()).unwrap();
            let text = filled(&text)
                .replace("@@TMP@@", &temporary)
                .replace("@@TAILNET@@", &host);
            std::fs::write(file.path(), text).unwrap();
        }
    }
}

#[test]
fn every_contradiction_is_found_where_it_stands() {
    let case = Case {
        base: "contradictions".to_owned(),
        runs: true,
        ..Case::default()
    };
    let staged = tempfile::tempdir().unwrap();
    let tree = case.stage(&bases(), staged.path());
    fill(&tree);
    let runs = staged.path().join("runs");
    copy(&bases().join("runs"), &runs);
    let timed_out = runs.join(TIMED_OUT);
    edit("report.json", "status", json!("fail")).apply(&timed_out);
    let blockers = json!([{ "code": "timeout", "message": "the bound was hit" }]);
    edit("report.json", "blockers", blockers).apply(&timed_out);
    reseal(&timed_out, true);
    let report = crate::harness::governance_case::audit_tree(&tree, Some(runs), &case);

    let known = rules::load("default", &[]).unwrap();
    let mut faults = Vec::new();
    for (number, rule, place, least) in EXPECTED {
        if !known.rules.iter().any(|one| one.meta.id.as_str() == *rule) {
            faults.push(format!("{number}: there is no rule {rule}"));
            continue;
        }
        let at = |location: &str| {
            let below = location.strip_prefix(".sot/03-PROTOCOLS/");
            below.unwrap_or(location).starts_with(place)
        };
        let found = report.findings.iter();
        let found = found.filter(|f| f.rule_id.as_str() == *rule && at(&f.location.to_string()));
        let count = found.count();
        if count < *least {
            faults.push(format!("{number}: {rule} at {place}: {count} of {least}"));
        }
    }
    let told = told(&report);
    assert!(
        faults.is_empty(),
        "{}\n{}",
        faults.join("\n"),
        told.join("\n")
    );
    // The fifth, a gap in the sequence of ids, is no fault: no rule speaks of it.
    let gap = |line: &&String| line.contains("gap") || line.contains("sequence of ids");
    assert_eq!(told.iter().find(gap), None);
}
