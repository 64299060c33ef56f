// SPDX-License-Identifier: Apache-2.0
//! Programs that answer for capabilities: started only when flag and configuration say so and the
//! seal pins the file that names them, and recorded as what they are.
#![cfg(unix)]

use super::commanded::Workspace;
use crate::harness::cli::{Run, ccr, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

const NAMES: &str = "capability_transforms::CT_PURE_GENERATE_ID_V0";
const GOOD: &str = "printf '{\"result_status\": \"SUCCESS\", \"id\": \"LOAN_0001\"}'";

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn script(answer: &str) -> String {
    format!("#!/bin/sh\nread -r request\n{answer}\n")
}

/// Writes the program and the file that binds it.
fn bind(desk: &Workspace, answer: &str) {
    let program = desk.path("program");
    std::fs::write(&program, script(answer)).unwrap();
    let text = format!(
        "[capability.\"{NAMES}\"]\npath = \"{}\"\nsha256 = \"{}\"\n",
        program.display(),
        sha256(script(answer).as_bytes())
    );
    std::fs::write(desk.path("binding.toml"), text).unwrap();
}

fn allow(desk: &Workspace) {
    std::fs::write(desk.path("ccr.toml"), "[pgs]\nexec_binding = true\n").unwrap();
}

fn seal(desk: &Workspace, flags: &[&str]) {
    let run = ccr(desk.0.path(), &[&["pgs", "seal", "."], flags].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
}

const BINDING: [&str; 2] = ["--exec-binding", "binding.toml"];

/// A desk on which everything is as it must be for `answer` to be asked for.
fn ready(answer: &str) -> Workspace {
    let desk = Workspace::new();
    bind(&desk, answer);
    allow(&desk);
    seal(&desk, &BINDING);
    desk
}

fn borrow(desk: &Workspace, flags: &[&str]) -> Run {
    desk.run("WF_BORROW_V0", "borrow", flags)
}

fn trace_of(run: &Run) -> String {
    std::fs::read_to_string(json(&run.stdout)["trace"].as_str().unwrap()).unwrap()
}

#[test]
fn a_pinned_program_answers_and_the_trace_says_so() {
    let desk = ready(GOOD);
    let run = borrow(&desk, &[&BINDING[..], &["--json"]].concat());
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let trace = trace_of(&run);
    let external = format!(
        "\"binding\":\"external:{}\"",
        sha256(script(GOOD).as_bytes())
    );
    assert_eq!(trace.matches(&external).count(), 1, "{trace}");
    let log = std::fs::read_to_string(desk.path("data/events/loans.jsonl")).unwrap();
    assert!(log.contains("LOAN_0001"), "{log}");
    let path = json(&run.stdout)["trace"].as_str().unwrap().to_owned();
    let seen = ccr(desk.0.path(), &["pgs", "examine", &path]);
    assert_eq!(seen.code, 0, "{}{}", seen.stdout, seen.stderr);
    assert!(
        seen.stdout.contains("was answered by a program outside"),
        "{}",
        seen.stdout
    );
    // A replay starts no program.
    let payload = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs/payloads/borrow.json");
    let line = [
        "pgs",
        "replay",
        &path,
        "--payload",
        payload.to_str().unwrap(),
    ];
    let replayed = ccr(desk.0.path(), &line);
    assert_eq!(replayed.code, 2, "{}", replayed.stdout);
    assert!(
        replayed.stderr.contains("not answered by a built-in"),
        "{}",
        replayed.stderr
    );
}

#[test]
fn without_the_flag_what_is_built_in_answers() {
    let desk = ready(GOOD);
    let run = borrow(&desk, &["--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!trace_of(&run).contains("external:"));
}

#[test]
fn without_the_configuration_nothing_is_started() {
    let desk = ready(GOOD);
    for config in ["", "[pgs]\nexec_binding = false\n"] {
        std::fs::write(desk.path("ccr.toml"), config).unwrap();
        let run = borrow(&desk, &BINDING);
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains("exec_binding = true"), "{}", run.stderr);
    }
    std::fs::remove_file(desk.path("ccr.toml")).unwrap();
    assert_eq!(borrow(&desk, &BINDING).code, 2);
    assert!(!desk.path("data").exists());
}

#[test]
fn a_file_that_the_seal_does_not_pin_is_refused() {
    // Sealed, and nothing pinned.
    let desk = Workspace::new();
    bind(&desk, GOOD);
    allow(&desk);
    seal(&desk, &[]);
    let refused = |desk: &Workspace, flags: &[&str]| {
        let run = borrow(desk, &[&BINDING[..], flags].concat());
        assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("is not pinned"), "{}", run.stderr);
        assert!(!desk.path("data").exists());
    };
    refused(&desk, &[]);
    refused(&desk, &["--allow-unsealed"]);
    // Pinned, and changed afterwards.
    let desk = ready(GOOD);
    let text = std::fs::read_to_string(desk.path("binding.toml")).unwrap();
    std::fs::write(desk.path("binding.toml"), format!("{text}args = [\"x\"]\n")).unwrap();
    refused(&desk, &[]);
    // Only the original's gate file speaks for the snapshot: it pins nothing.
    let desk = Workspace::new();
    bind(&desk, GOOD);
    allow(&desk);
    let gate = desk.path("snapshot_status.json");
    std::fs::write(gate, "{\"status\": \"VALID\"}").unwrap();
    refused(&desk, &[]);
}

#[test]
fn on_a_snapshot_that_nothing_speaks_for_the_operator_alone_decides() {
    let desk = Workspace::new();
    bind(&desk, GOOD);
    allow(&desk);
    assert_eq!(borrow(&desk, &BINDING).code, 1);
    let run = borrow(
        &desk,
        &[&BINDING[..], &["--allow-unsealed", "--json"]].concat(),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(trace_of(&run).contains("external:"));
}

#[test]
fn a_program_of_other_bytes_is_not_started_and_other_answers_are_none() {
    let desk = ready(GOOD);
    let other = script("printf '{\"result_status\": \"SUCCESS\", \"id\": \"LOAN_0002\"}'");
    std::fs::write(desk.path("program"), other).unwrap();
    let run = borrow(&desk, &[&BINDING[..], &["--json"]].concat());
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(trace_of(&run).contains("not the one that is pinned"));
    assert!(!desk.path("data/events/loans.jsonl").exists());
    for answer in [
        "printf '{\"result_status\": \"SUCCESS\"}'",
        "printf '{\"result_status\": \"NOT_FOUND\", \"id\": \"L\"}'",
        "printf 'no answer'",
        "exit 3",
    ] {
        let desk = ready(answer);
        let run = borrow(&desk, &[&BINDING[..], &["--json"]].concat());
        assert_eq!(run.code, 1, "{answer}: {}", run.stdout);
        assert!(trace_of(&run).contains("ExternalProgram"), "{answer}");
        assert!(!desk.path("data/events/loans.jsonl").exists(), "{answer}");
    }
}

#[test]
fn recorded_cases_of_a_bound_transform_are_run_twice() {
    let validated = |answer: &str| {
        let desk = ready(answer);
        let line = [
            "pgs",
            "validate",
            ".",
            "--conformance",
            "--only",
            "pgs-conf",
            "--json",
        ];
        let run = ccr(desk.0.path(), &[&line[..], &BINDING[..]].concat());
        (run.code, run.stdout + &run.stderr)
    };
    let case = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/pgs/snapshot/conformance/capability_transforms__CT_PURE_GENERATE_ID_V0__a_loan.json");
    let case = json(&std::fs::read_to_string(case).unwrap());
    let id = case["expected"]["id"].as_str().unwrap();
    let right = format!("printf '{{\"result_status\": \"SUCCESS\", \"id\": \"{id}\"}}'");
    let (code, said) = validated(&right);
    assert_eq!(code, 0, "{said}");
    let (code, said) = validated(GOOD);
    assert!(code == 1 && said.contains("output `id` differs"), "{said}");
    let (code, said) =
        validated("printf '{\"result_status\": \"SUCCESS\", \"id\": \"%s\"}' \"$$\"");
    assert!(code == 1 && said.contains("not pure"), "{said}");
    let desk = Workspace::new();
    bind(&desk, GOOD);
    seal(&desk, &[]);
    let line = ["pgs", "validate", ".", "--conformance"];
    let forbidden = ccr(desk.0.path(), &[&line[..], &BINDING[..]].concat());
    assert_eq!(forbidden.code, 2, "{}", forbidden.stdout);
    allow(&desk);
    let unpinned = ccr(desk.0.path(), &[&line[..], &BINDING[..]].concat());
    assert_eq!(unpinned.code, 2, "{}", unpinned.stdout);
    assert!(
        unpinned.stderr.contains("is not pinned"),
        "{}",
        unpinned.stderr
    );
}
