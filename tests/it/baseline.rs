// SPDX-License-Identifier: Apache-2.0
//! `ccr baseline`: written by us, taken over from others, and what is wrong with it.

use crate::harness::cli::{ccr, crate_tree, github_token, json};
use std::fs;
use std::path::Path;

fn tree() -> tempfile::TempDir {
    let dir = crate_tree();
    let text = format!("# one\nkey = \"{}\"\n", github_token());
    fs::write(dir.path().join("src/config.py"), text).unwrap();
    dir
}

fn text(dir: &Path) -> String {
    fs::read_to_string(dir.join(".ccr-baseline.json")).unwrap()
}

#[test]
fn a_written_baseline_accepts_what_is_there_and_nothing_new() {
    let dir = tree();
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 1);
    let run = ccr(dir.path(), &["baseline", "write"]);
    assert_eq!(run.code, 2, "a reason is asked for: {}", run.stdout);
    let args = [
        "baseline",
        "write",
        "--reason",
        "revoked",
        "--until",
        "2026-06-30",
        "--json",
    ];
    let told = json(&ccr(dir.path(), &args).stdout);
    assert_eq!(
        (told["added"].as_u64(), told["entries"].as_u64()),
        (Some(1), Some(1))
    );
    let first = text(dir.path());
    assert!(!first.contains(&github_token()[4..]));
    assert_eq!(
        ccr(dir.path(), &["scan", ".", "--as-of", "2026-06-30"]).code,
        0
    );
    // Written again nothing changes, neither reason nor day.
    let args = [
        "baseline",
        "write",
        "--reason",
        "other",
        "--as-of",
        "2026-06-30",
    ];
    ccr(dir.path(), &args);
    assert_eq!(text(dir.path()), first);
    // Past its day an entry silences nothing, and says so.
    let late = ccr(dir.path(), &["scan", ".", "--as-of", "2026-07-01"]);
    assert_eq!(late.code, 1);
    assert!(
        late.stdout.contains("policy-baseline-expired"),
        "{}",
        late.stdout
    );
    // A second secret is none of the known.
    let more = format!("# two\ntoken = \"{}\"\n", github_token());
    fs::write(dir.path().join("src/more.py"), more).unwrap();
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 1);
    fs::remove_file(dir.path().join("src/config.py")).unwrap();
    let args = [
        "baseline", "write", "--reason", "moved", "--prune", "--json",
    ];
    let told = json(&ccr(dir.path(), &args).stdout);
    assert_eq!(
        (told["added"].as_u64(), told["dropped"].as_u64()),
        (Some(1), Some(1))
    );
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 0);
}

#[test]
fn an_entry_without_a_reason_silences_nothing() {
    let dir = tree();
    ccr(dir.path(), &["baseline", "write", "--reason", "known"]);
    let blank = text(dir.path()).replace("\"known\"", "\" \"");
    fs::write(dir.path().join(".ccr-baseline.json"), blank).unwrap();
    let run = ccr(dir.path(), &["scan", "."]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("policy-baseline-reason"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("secret-github"), "{}", run.stdout);
}

/// A baseline of detect-secrets that lists one secret.
fn detect_secrets(path: &str, secret: &str) -> String {
    use sha1::{Digest as _, Sha1};
    let digest = Sha1::digest(secret.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    serde_json::json!({
        "version": "1.5.0",
        "plugins_used": [{"name": "GitHubTokenDetector"}],
        "filters_used": [],
        "results": {path: [{
            "type": "GitHub Token", "filename": path, "hashed_secret": hash,
            "is_verified": false, "line_number": 7,
        }]},
        "generated_at": "2026-01-01T00:00:00Z",
    })
    .to_string()
}

fn gitleaks(path: &str, line: u64, secret: &str) -> String {
    serde_json::json!([{
        "RuleID": "github-pat", "Description": "d", "StartLine": line, "EndLine": line,
        "StartColumn": 1, "EndColumn": 9, "Match": secret, "Secret": secret, "File": path,
        "SymlinkFile": "", "Commit": "", "Entropy": 4.5, "Author": "", "Email": "", "Date": "",
        "Message": "", "Tags": [], "Fingerprint": "x",
    }])
    .to_string()
}

#[test]
fn baselines_of_others_are_taken_over_by_secret_and_file() {
    let token = github_token();
    for (theirs, accepted) in [
        (detect_secrets("src/config.py", &token), true),
        (detect_secrets("src/other.py", &token), false),
        (detect_secrets("src/config.py", "another secret"), false),
        (gitleaks("src/config.py", 9, &token), true),
        (gitleaks("./src/config.py", 2, "REDACTED"), true),
        (gitleaks("src/config.py", 1, "REDACTED"), false),
        (gitleaks("src/config.py", 2, "another secret"), false),
    ] {
        let dir = tree();
        fs::create_dir(dir.path().join("theirs")).unwrap();
        fs::write(dir.path().join("theirs/known.json"), &theirs).unwrap();
        fs::write(
            dir.path().join("ccr.toml"),
            "[[exclude]]\npaths = [\"theirs/**\"]\nreason = \"read as policy\"\n",
        )
        .unwrap();
        let direct = ccr(
            dir.path(),
            &["scan", ".", "--baseline", "theirs/known.json"],
        );
        assert_eq!(direct.code == 0, accepted, "{theirs}: {}", direct.stdout);
        let unused = direct.stdout.contains("policy-baseline-unused");
        assert_eq!(unused, !accepted, "{theirs}: {}", direct.stdout);
        let run = ccr(dir.path(), &["baseline", "import", "theirs/known.json"]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert_eq!(
            run.stdout.contains("was not found"),
            !accepted,
            "{}",
            run.stdout
        );
        let ours = text(dir.path());
        assert!(!ours.contains(&token[4..]), "{ours}");
        assert_eq!(ours.contains("known to"), accepted, "{ours}");
        assert_eq!(
            ccr(dir.path(), &["scan", "."]).code == 0,
            accepted,
            "{theirs}"
        );
    }
}

#[test]
fn what_is_no_baseline_is_bad_usage() {
    let dir = tree();
    for theirs in ["[1]", "{}", "nothing", r#"{"results": 1}"#] {
        fs::write(dir.path().join("known.json"), theirs).unwrap();
        for args in [
            &["baseline", "import", "known.json"][..],
            &["scan", ".", "--baseline", "known.json"],
        ] {
            let run = ccr(dir.path(), args);
            assert_eq!(run.code, 2, "{theirs}: {}{}", run.stdout, run.stderr);
        }
    }
    assert_eq!(
        ccr(dir.path(), &["baseline", "import", "none.json"]).code,
        2
    );
    let args = ["baseline", "write", "--reason", "x", "--until", "soon"];
    assert_eq!(ccr(dir.path(), &args).code, 2);
}
