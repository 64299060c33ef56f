// SPDX-License-Identifier: Apache-2.0
//! What `examine`, `replay` and `audit trace` print, in every format, for one run of the lending
//! desk at a fixed time.

use super::commanded::Workspace;
use crate::harness::cli::{Run, ccr, json};
use std::path::Path;

/// A run and its trace as `trace.jsonl`; the data as the run found it in `before`.
fn desk() -> Workspace {
    let desk = Workspace::new();
    assert_eq!(ccr(desk.0.path(), &["pgs", "seal", "."]).code, 0);
    std::fs::create_dir(desk.path("before")).unwrap();
    let flags = ["--clock", "2026-03-04T05:06:07Z", "--json"];
    let run = desk.run("WF_BORROW_V0", "borrow", &flags);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let trace = json(&run.stdout)["trace"].as_str().unwrap().to_owned();
    std::fs::copy(trace, desk.path("trace.jsonl")).unwrap();
    desk
}

/// The same with one line of the middle left out.
fn torn(desk: &Workspace) {
    let text = std::fs::read_to_string(desk.path("trace.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let rest = [&lines[..9], &lines[10..]].concat().join("\n") + "\n";
    std::fs::write(desk.path("trace.jsonl"), rest).unwrap();
}

fn look(desk: &Workspace, line: &str) -> Run {
    let payload = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs/payloads/borrow.json");
    std::fs::copy(payload, desk.path("payload.json")).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    ccr(desk.0.path(), &words)
}

/// Status and output in one text; digests, and what hangs on them, masked.
fn assert_shown(name: &str, run: &Run) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots/pgs");
    settings.set_omit_expression(true);
    for (pattern, mask) in [
        ("T_20260304_050607_000_[0-9A-F]{8}", "[run]"),
        ("[0-9a-f]{64}", "[digest]"),
        ("[0-9a-f]{32}", "[fingerprint]"),
        // A snippet ends within a digest.
        ("(head_hash\\\\*\":\\\\*\")[0-9a-f]+…", "$1[digest]…"),
        (
            "(residual|pgs-audit|trace-audit|trace):[0-9a-f]{24}",
            "$1:[id]",
        ),
        (
            "\"(version|semanticVersion)\": \"[0-9]+\\.[0-9]+\\.[0-9]+\"",
            "\"$1\": \"[version]\"",
        ),
        ("\"bytes\": [0-9]+", "\"bytes\": [bytes]"),
    ] {
        settings.add_filter(pattern, mask);
    }
    let text = format!("exit {}\n{}{}", run.code, run.stdout, run.stderr);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

const GROUND: &str = "--snapshot protocol_snapshot --payload payload.json --data-root data";

#[test]
fn a_good_trace_in_every_format() {
    let desk = desk();
    for format in ["text", "json", "markdown"] {
        let run = look(
            &desk,
            &format!("pgs examine trace.jsonl {GROUND} --format {format}"),
        );
        assert_shown(&format!("examine_good_{format}"), &run);
    }
    for format in ["text", "json"] {
        let line = "pgs replay trace.jsonl --snapshot protocol_snapshot --payload payload.json";
        let run = look(
            &desk,
            &format!("{line} --data-root before --format {format}"),
        );
        assert_shown(&format!("replay_good_{format}"), &run);
    }
    let run = look(&desk, &format!("audit trace trace.jsonl {GROUND}"));
    assert_shown("audit_good_text", &run);
}

#[test]
fn a_trace_that_lost_a_line_in_every_format() {
    let desk = desk();
    torn(&desk);
    for format in ["text", "json", "markdown", "sarif"] {
        let run = look(
            &desk,
            &format!("pgs examine trace.jsonl {GROUND} --format {format}"),
        );
        assert_eq!(run.code, 1);
        assert_shown(&format!("examine_torn_{format}"), &run);
    }
    for format in ["text", "json", "sarif"] {
        let run = look(
            &desk,
            &format!("audit trace trace.jsonl {GROUND} --format {format}"),
        );
        assert_eq!(run.code, 1);
        assert_shown(&format!("audit_torn_{format}"), &run);
    }
}

#[test]
fn a_replay_on_other_data_says_where_it_diverges() {
    let desk = desk();
    for format in ["text", "json"] {
        let line = "pgs replay trace.jsonl --snapshot protocol_snapshot --payload payload.json";
        let run = look(&desk, &format!("{line} --data-root data --format {format}"));
        assert_eq!(run.code, 1);
        assert_shown(&format!("replay_other_data_{format}"), &run);
    }
}
