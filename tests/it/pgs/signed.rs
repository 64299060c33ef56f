// SPDX-License-Identifier: Apache-2.0
//! Traces that are signed by the runtime, and seals that are signed by the one who released the
//! snapshot: each is believed under its own key only.

use super::commanded::Workspace;
use crate::harness::cli::{Run, ccr, json};
use std::path::PathBuf;

/// A desk whose snapshot is sealed and signed, with the keys `release`, `runtime` and `other`.
fn desk() -> Workspace {
    let desk = Workspace::new();
    for (seed, name) in [(7, "release"), (8, "runtime"), (9, "other")] {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
        let key = ssh_key::PrivateKey::from(pair);
        let secret = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
        std::fs::write(desk.path(name), secret).unwrap();
        let public = key.public_key().to_openssh().unwrap();
        std::fs::write(desk.path(&format!("{name}.pub")), public).unwrap();
    }
    let sealed = ccr(desk.0.path(), &["pgs", "seal", ".", "--key", "release"]);
    assert_eq!(sealed.code, 0, "{}", sealed.stderr);
    desk
}

fn trace(run: &Run) -> PathBuf {
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    PathBuf::from(json(&run.stdout)["trace"].as_str().unwrap())
}

/// A run whose trace the runtime signed.
fn signed_run(desk: &Workspace) -> String {
    let flags = ["--trace-key", "runtime", "--json"];
    let path = trace(&desk.run("WF_BORROW_V0", "borrow", &flags));
    path.to_str().unwrap().to_owned()
}

fn look(desk: &Workspace, command: &[&str], trace: &str, flags: &[&str]) -> Run {
    ccr(desk.0.path(), &[command, &[trace], flags].concat())
}

#[test]
fn a_signed_trace_is_believed_under_its_key_only() {
    let desk = desk();
    let path = &signed_run(&desk);
    for command in [&["pgs", "examine"][..], &["audit", "trace"][..]] {
        let own = look(&desk, command, path, &["--key", "runtime.pub"]);
        assert_eq!(own.code, 0, "{}{}", own.stdout, own.stderr);
        let other = look(&desk, command, path, &["--key", "other.pub"]);
        assert_eq!(other.code, 1, "{}", other.stdout);
        assert!(
            other.stdout.contains("pgs-trace-signature-invalid"),
            "{}",
            other.stdout
        );
    }
    let text = std::fs::read_to_string(path).unwrap();
    let changed = text.replacen("\"B1\"", "\"B2\"", 1);
    let changed = if changed == text {
        text.replacen("SUCCESS", "SUCCES2", 1)
    } else {
        changed
    };
    std::fs::write(desk.path("changed.jsonl"), changed).unwrap();
    let flags = ["--key", "runtime.pub"];
    let seen = look(&desk, &["pgs", "examine"], "changed.jsonl", &flags);
    assert_eq!(seen.code, 1);
    assert!(seen.stdout.contains("TAMPERED"), "{}", seen.stdout);
}

#[test]
fn a_trace_without_a_signature_is_refused_where_a_key_is_named() {
    let desk = desk();
    let path = trace(&desk.run("WF_BORROW_V0", "borrow", &["--json"]));
    let path = path.to_str().unwrap();
    let without = look(&desk, &["pgs", "examine"], path, &[]);
    assert_eq!(without.code, 0, "{}", without.stdout);
    assert!(
        without.stdout.contains("pgs-trace-unsigned"),
        "{}",
        without.stdout
    );
    let flags = ["--key", "runtime.pub"];
    assert_eq!(look(&desk, &["pgs", "examine"], path, &flags).code, 1);
}

#[test]
fn the_seal_counts_under_the_key_of_its_release_only() {
    let desk = desk();
    let path = &signed_run(&desk);
    let seal = ["--seal", "snapshot.seal.json"];
    for command in [&["pgs", "examine"][..], &["audit", "trace"][..]] {
        let own = [&seal[..], &["--seal-key", "release.pub"]].concat();
        let own = look(&desk, command, path, &own);
        assert_eq!(own.code, 0, "{}{}", own.stdout, own.stderr);
        let other = [&seal[..], &["--seal-key", "runtime.pub"]].concat();
        let other = look(&desk, command, path, &other);
        assert_eq!(other.code, 1, "{}", other.stdout);
        assert!(
            other.stdout.contains("pgs-trace-ground-untrusted"),
            "{}",
            other.stdout
        );
        let alone = look(&desk, command, path, &["--seal-key", "release.pub"]);
        assert_eq!(alone.code, 2, "{}", alone.stdout);
    }
}

#[test]
fn a_key_that_cannot_sign_stops_the_run_before_its_first_effect() {
    let desk = desk();
    let public = desk.run("WF_BORROW_V0", "borrow", &["--trace-key", "runtime.pub"]);
    assert_eq!(public.code, 2, "{}", public.stdout);
    let flags = ["--trace-key", "runtime", "--trace-format", "v0"];
    let original = desk.run("WF_BORROW_V0", "borrow", &flags);
    assert_eq!(original.code, 2);
    assert!(
        original.stderr.contains("--trace-key"),
        "{}",
        original.stderr
    );
    assert!(!desk.path("data").exists());
    assert!(!desk.path("traces").exists());
}

#[test]
fn a_refusal_is_signed_too() {
    let desk = desk();
    let added = desk.path("protocol_snapshot/artifacts/events/new.json");
    std::fs::write(added, "{}").unwrap();
    let run = desk.run("WF_BORROW_V0", "borrow", &["--trace-key", "runtime"]);
    assert_eq!(run.code, 1);
    let folder = std::fs::read_dir(desk.path("traces")).unwrap().next();
    let folder = folder.unwrap().unwrap().path();
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let path = folder.join(format!("{name}.jsonl"));
    let flags = ["--verify", "chain", "--key", "runtime.pub"];
    let seen = look(&desk, &["pgs", "examine"], path.to_str().unwrap(), &flags);
    assert!(
        seen.stdout.contains("chained, sealed and signed"),
        "{}",
        seen.stdout
    );
}
