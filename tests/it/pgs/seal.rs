// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs seal` and `ccr pgs verify`: no byte of a sealed snapshot changes unnoticed.

use super::corpus::corpus;
use crate::harness::cli::{ccr, json};
use std::path::Path;

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("protocol_snapshot/artifacts/events");
    std::fs::create_dir_all(&events).unwrap();
    for name in ["own__EV_A_V0.json", "own__EV_B_V0.json"] {
        std::fs::write(events.join(name), format!("{{\"name\": \"{name}\"}}\n")).unwrap();
    }
    folder
}

fn verified(folder: &Path, args: &[&str]) -> (i32, serde_json::Value) {
    let mut all = vec!["pgs", "verify", ".", "--json"];
    all.extend(args);
    let run = ccr(folder, &all);
    (run.code, json(&run.stdout))
}

#[test]
fn a_sealed_snapshot_is_verified_until_a_byte_changes() {
    let folder = workspace();
    let sealed = ccr(folder.path(), &["pgs", "seal", ".", "--json"]);
    assert_eq!(sealed.code, 0, "{}", sealed.stderr);
    assert_eq!(json(&sealed.stdout)["files"], 2);
    assert_eq!(verified(folder.path(), &[]).0, 0);
    for entry in walkdir::WalkDir::new(folder.path().join("protocol_snapshot")) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let whole = std::fs::read(entry.path()).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(entry.path(), changed).unwrap();
            let (code, answer) = verified(folder.path(), &[]);
            assert_eq!(code, 1, "byte {at}");
            let named = answer["differences"][0]["path"].as_str().unwrap();
            assert!(named.ends_with(entry.file_name().to_str().unwrap()));
        }
        std::fs::write(entry.path(), whole).unwrap();
    }
    std::fs::write(folder.path().join("protocol_snapshot/added"), "").unwrap();
    assert_eq!(verified(folder.path(), &[]).0, 1);
}

#[test]
fn a_seal_that_pins_capabilities_is_verified_by_the_program_that_has_them() {
    let folder = workspace();
    let path = folder.path().join("snapshot.seal.json");
    assert_eq!(ccr(folder.path(), &["pgs", "seal", "."]).code, 0);
    let plain = std::fs::read_to_string(&path).unwrap();
    assert!(!plain.contains("capability_manifest_hash"));
    let (_, answer) = verified(folder.path(), &[]);
    assert!(answer.get("capability_manifest_hash").is_none());

    let pinned = ccr(folder.path(), &["pgs", "seal", ".", "--pin-capabilities"]);
    assert_eq!(pinned.code, 0, "{}", pinned.stderr);
    let (code, answer) = verified(folder.path(), &[]);
    assert_eq!(code, 0);
    assert_eq!(answer["capability_manifest_hash"]["verified"], true);

    // A seal of another program: whole in itself, and not for this one.
    let mut seal = ccr::pgs::seal::Seal::parse(&std::fs::read(&path).unwrap()).unwrap();
    seal.capability_manifest_hash = Some("0".repeat(64));
    std::fs::write(&path, seal.to_text()).unwrap();
    let (code, answer) = verified(folder.path(), &[]);
    assert_eq!(code, 1);
    assert_eq!(answer["capability_manifest_hash"]["verified"], false);
    assert_eq!(answer["differences"].as_array().unwrap().len(), 0);
}

#[test]
fn a_snapshot_without_a_seal_is_missing_input() {
    let folder = workspace();
    let run = ccr(folder.path(), &["pgs", "verify", "."]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("ccr pgs seal"), "{}", run.stderr);
    let inside = ["pgs", "seal", ".", "--seal", "protocol_snapshot/seal.json"];
    assert_eq!(ccr(folder.path(), &inside).code, 2);
}

#[test]
fn only_the_key_that_signed_is_believed() {
    let folder = workspace();
    for (seed, name) in [(7, "ours"), (8, "theirs")] {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
        let key = ssh_key::PrivateKey::from(pair);
        let secret = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
        std::fs::write(folder.path().join(name), secret).unwrap();
        let public = key.public_key().to_openssh().unwrap();
        std::fs::write(folder.path().join(format!("{name}.pub")), public).unwrap();
    }
    assert_eq!(
        ccr(folder.path(), &["pgs", "seal", ".", "--key", "ours"]).code,
        0
    );
    assert_eq!(verified(folder.path(), &["--key", "ours.pub"]).0, 0);
    assert_eq!(verified(folder.path(), &["--key", "theirs.pub"]).0, 1);
    assert_eq!(
        ccr(folder.path(), &["pgs", "verify", ".", "--key", "none"]).code,
        2
    );
}

fn copied(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let below = entry.path().strip_prefix(from).unwrap();
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to.join(below)).unwrap();
        } else {
            std::fs::copy(entry.path(), to.join(below)).unwrap();
        }
    }
}

#[test]
fn a_snapshot_that_differs_from_its_seal_never_runs_and_the_refusal_leaves_a_trace() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs");
    let folder = tempfile::tempdir().unwrap();
    copied(
        &ours.join("snapshot"),
        &folder.path().join("protocol_snapshot"),
    );
    assert_eq!(ccr(folder.path(), &["pgs", "seal", "."]).code, 0);
    let payload = ours.join("payloads/borrow.json");
    let payload = payload.to_str().unwrap();
    let run = |payload: &str| {
        let wf = [
            "pgs",
            "run",
            "--wf",
            "lending::WF_BORROW_V0",
            "--picture",
            "none",
        ];
        let more = ["--payload", payload, "--workspace", ".", "--allow-unsealed"];
        ccr(folder.path(), &[&wf[..], &more[..]].concat())
    };
    let bindings = "protocol_snapshot/artifacts/runtime_bindings/lending__RB_LOSS_V0.json";
    let bindings = folder.path().join(bindings);
    let whole = std::fs::read(&bindings).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 8) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&bindings, changed).unwrap();
        let refused = run(payload);
        assert_eq!(refused.code, 1, "byte {at}: {}", refused.stdout);
        assert!(
            refused.stderr.contains("RB_LOSS_V0.json"),
            "{}",
            refused.stderr
        );
    }
    assert!(!folder.path().join("data").exists());
    let traces = || {
        std::fs::read_dir(folder.path().join("traces"))
            .unwrap()
            .count()
    };
    let before = traces();
    assert!(before > 0);
    std::fs::write(&bindings, whole).unwrap();
    assert_eq!(run("nowhere.json").code, 2);
    assert_eq!(traces(), before + 1);
    assert_eq!(run(payload).code, 0);
}

#[test]
fn the_published_snapshot_is_sealed_and_a_sampled_change_is_caught() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("protocol_snapshot");
    copied(&corpus.join("v02/snapshot"), &snapshot);
    assert_eq!(ccr(folder.path(), &["pgs", "seal", "."]).code, 0);
    assert_eq!(verified(folder.path(), &[]).0, 0);
    let files: Vec<_> = walkdir::WalkDir::new(&snapshot)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .collect();
    for (at, path) in files.iter().enumerate().step_by(23) {
        let whole = std::fs::read(path).unwrap();
        let mut changed = whole.clone();
        let place = (at * 7919) % changed.len();
        changed[place] = changed[place].wrapping_add(1);
        std::fs::write(path, changed).unwrap();
        assert_eq!(verified(folder.path(), &[]).0, 1, "{}", path.display());
        std::fs::write(path, whole).unwrap();
    }
}
