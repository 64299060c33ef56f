// SPDX-License-Identifier: Apache-2.0
//! The program as a user meets it: exit codes, one document on standard output, determinism.

use crate::harness::audits::request;
use crate::harness::cli::{ccr, crate_tree, github_token, json};
use std::fs;

#[test]
fn a_clean_folder_is_accepted() {
    let dir = crate_tree();
    let run = ccr(dir.path(), &["scan", "."]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("accepted: "), "{}", run.stdout);
}

#[test]
fn a_secret_refuses_and_is_redacted_in_every_format() {
    let dir = crate_tree();
    let token = github_token();
    fs::write(
        dir.path().join("src/config.rs"),
        format!("const T: &str = \"{token}\";\n"),
    )
    .unwrap();
    for format in ["text", "json", "sarif"] {
        let run = ccr(dir.path(), &["scan", ".", "--format", format]);
        assert_eq!(run.code, 1, "{format}: {}", run.stdout);
        assert!(
            run.stdout.contains("secret-github"),
            "{format}: {}",
            run.stdout
        );
        for window in token.as_bytes().windows(12) {
            let window = String::from_utf8_lossy(window).into_owned();
            assert!(!run.stdout.contains(&window), "{format} shows {window}");
        }
    }
}

#[test]
fn redaction_does_not_depend_on_the_selection() {
    let dir = crate_tree();
    let token = github_token();
    let home = ["/ho", "me/carol/project"].concat();
    fs::write(
        dir.path().join("src/a.rs"),
        format!("const A: &str = \"{home}\"; const T: &str = \"{token}\";\n"),
    )
    .unwrap();
    let run = ccr(dir.path(), &["scan", ".", "--only", "path"]);
    assert!(run.stdout.contains("path-"), "{}", run.stdout);
    assert!(!run.stdout.contains(&token[4..]), "{}", run.stdout);
}

#[test]
fn what_does_not_exist_is_bad_usage() {
    let dir = crate_tree();
    for args in [
        &["scan", "nowhere"][..],
        &["scan", ".", "--rules", "nowhere.toml"],
        &["scan", ".", "--config", "nowhere.toml"],
        &["scan", ".", "--profile", "nowhere"],
        &["scan", ".", "--only", "nowhere-rule"],
        &["scan", ".", "--as-of", "tomorrow"],
        &["audit", "release", "--root", "nowhere"],
        &["scan"],
        &["frobnicate"],
    ] {
        let run = ccr(dir.path(), args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty(), "{args:?} says nothing");
    }
}

#[test]
fn nothing_scanned_is_never_accepted() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 2);
    assert_eq!(ccr(dir.path(), &["scan", ".", "--allow-empty"]).code, 0);
    let tree = crate_tree();
    let run = ccr(tree.path(), &["audit", "release", "--json"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("artifact-dist-missing"));
    fs::create_dir(tree.path().join("dist")).unwrap();
    assert!(
        ccr(tree.path(), &["audit", "release"])
            .stdout
            .contains("artifact-dist-empty")
    );
}

#[test]
fn errors_are_one_json_object_when_json_is_asked_for() {
    let dir = crate_tree();
    let run = ccr(dir.path(), &["scan", "nowhere", "--json"]);
    let value = json(&run.stdout);
    assert_eq!(value["ok"], false);
    assert!(value["error"].as_str().unwrap().contains("nowhere"));
}

#[test]
fn thread_count_changes_nothing() {
    let dir = crate_tree();
    for n in 0..40 {
        let text = format!("x\npath = \"{}{}/u{n}/src\"\n", "/ho", "me/carol");
        fs::write(dir.path().join(format!("src/f{n}.py")), text).unwrap();
    }
    let one = ccr(dir.path(), &["scan", ".", "--json", "--jobs", "1"]);
    let many = ccr(dir.path(), &["scan", ".", "--json", "--jobs", "7"]);
    assert_eq!(one.stdout, many.stdout);
    assert!(json(&one.stdout)["finding_count"].as_u64().unwrap() >= 40);
}

#[test]
fn fingerprints_survive_lines_added_above() {
    let dir = crate_tree();
    let file = dir.path().join("src/config.py");
    let line = format!("key = \"{}\"\n", github_token());
    fs::write(&file, &line).unwrap();
    let before = json(&ccr(dir.path(), &["scan", ".", "--json"]).stdout);
    fs::write(&file, format!("import os\n\n{line}")).unwrap();
    let after = json(&ccr(dir.path(), &["scan", ".", "--json"]).stdout);
    let prints = |v: &serde_json::Value| -> Vec<String> {
        let all = v["findings"].as_array().unwrap().iter();
        all.filter(|f| f["family"] == "secret")
            .map(|f| f["fingerprint"].to_string())
            .collect()
    };
    assert!(!prints(&before).is_empty());
    assert_eq!(prints(&before), prints(&after));
}

#[test]
fn the_report_satisfies_our_schemas() {
    let dir = crate_tree();
    fs::write(
        dir.path().join("src/config.py"),
        format!("key = \"{}\"\n", github_token()),
    )
    .unwrap();
    let report = json(&ccr(dir.path(), &["scan", ".", "--json"]).stdout);
    let schema = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schemas")
            .join(name);
        json(&fs::read_to_string(path).unwrap())
    };
    let finding = schema("finding.schema.json");
    let residual = schema("residual.schema.json");
    let resource = |value: &serde_json::Value| {
        (
            value["$id"].as_str().unwrap().to_owned(),
            jsonschema::Resource::from_contents(value.clone()),
        )
    };
    let registry = jsonschema::Registry::new()
        .extend([resource(&finding), resource(&residual)])
        .unwrap()
        .prepare()
        .unwrap();
    let check = |schema: &serde_json::Value, value: &serde_json::Value| {
        let validator = jsonschema::options()
            .with_registry(&registry)
            .build(schema)
            .unwrap();
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    };
    check(&schema("audit-report.schema.json"), &report);
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for f in findings {
        check(&finding, f);
        check(&residual, &f["residual_ready"]);
    }
}

#[test]
fn waivers_silence_and_stale_ones_are_told() {
    let dir = crate_tree();
    let token = github_token();
    let mark = ["ccr:", "allow"].concat();
    let run = |text: String| {
        fs::write(dir.path().join("src/config.py"), text).unwrap();
        ccr(
            dir.path(),
            &["scan", ".", "--json", "--as-of", "2026-01-01"],
        )
    };
    let rule = {
        let report = json(&run(format!("key = \"{token}\"\n")).stdout);
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["family"] == "secret")
            .unwrap()["rule_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let silent = run(format!(
        "key = \"{token}\"  # {mark} {rule} until=2026-06-01 -- revoked test token\n"
    ));
    assert_eq!(silent.code, 0, "{}", silent.stdout);
    assert_eq!(json(&silent.stdout)["suppressed_count"], 1);
    let expired = run(format!(
        "key = \"{token}\"  # {mark} {rule} until=2025-06-01 -- revoked test token\n"
    ));
    assert_eq!(expired.code, 1);
    assert!(expired.stdout.contains("policy-waiver-expired"));
    let bare = run(format!("key = \"{token}\"  # {mark} {rule}\n"));
    assert_eq!(bare.code, 1);
    assert!(bare.stdout.contains("policy-waiver-reason"));
    let unused = run(format!("x = 1  # {mark} {rule} -- nothing here\n"));
    assert!(
        unused.stdout.contains("policy-waiver-unused"),
        "{}",
        unused.stdout
    );
}

#[test]
fn a_baseline_silences_and_its_stale_entries_are_told() {
    let dir = crate_tree();
    fs::write(
        dir.path().join("src/config.py"),
        format!("key = \"{}\"\n", github_token()),
    )
    .unwrap();
    let report = json(&ccr(dir.path(), &["scan", ".", "--json"]).stdout);
    let entries: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| serde_json::json!({"fingerprint": f["fingerprint"], "rule_id": f["rule_id"], "path": f["location"], "reason": "known"}))
        .collect();
    let baseline = serde_json::json!({"version": 1, "findings": entries});
    fs::write(dir.path().join(".ccr-baseline.json"), baseline.to_string()).unwrap();
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 0);
    fs::write(dir.path().join("src/config.py"), "key = None\n").unwrap();
    assert!(
        ccr(dir.path(), &["scan", "."])
            .stdout
            .contains("policy-baseline-unused")
    );
}

#[test]
fn standard_input_is_scanned() {
    let dir = crate_tree();
    let run = crate::harness::cli::ccr_with_input(
        dir.path(),
        &["scan", "-", "--json"],
        github_token().as_bytes(),
    );
    assert_eq!(run.code, 1, "{}", run.stdout);
}

#[test]
fn tracked_files_count_even_when_ignored_and_ignored_ones_do_not() {
    let dir = crate_tree();
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git")
            .args(args)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let leak = format!("key = \"{}\"\n", github_token());
    fs::write(dir.path().join(".gitignore"), "*.secret\n").unwrap();
    fs::write(dir.path().join("ignored.secret"), &leak).unwrap();
    git(&["init", "-q"]);
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 0);
    assert_eq!(ccr(dir.path(), &["scan", ".", "--all-files"]).code, 1);
    git(&["add", "-f", "ignored.secret"]);
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 1);
}

/// A rule file with one rule of this body.
fn own_rule(body: &str) -> String {
    format!(
        "[[rule]]\nid = \"path-own\"\ntitle = \"x\"\nseverity = \"low\"\nconfidence = \"low\"\n\
         status = \"preview\"\nsince = \"0.1.0\"\nwhy = \"x\"\nrepair = \"x\"\n{body}\n"
    )
}

/// Bodies of rules that parse and still cannot run: an open group, and patterns over the limits.
const BROKEN: [&str; 4] = [
    "keywords = [\"share\"]\npattern = '(share'",
    "keywords = [\"share\"]\npattern = 'share(?:(?:[a-z]{900}){900})?'",
    "keywords = [\"share\"]\npattern = 'share'\njudge = { allow = ['(?:[a-z]{900}){9000}'] }",
    "[rule.statement]\nkeywords = [\"share\"]\nany_of = ['share(?:[a-z]{900}){900}']",
];

#[test]
fn a_broken_pattern_of_the_user_is_bad_usage() {
    let dir = crate_tree();
    for body in BROKEN {
        fs::write(dir.path().join("own.toml"), own_rule(body)).unwrap();
        let run = ccr(dir.path(), &["scan", "src", "--rules", "own.toml"]);
        assert_eq!(run.code, 2, "{body}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("path-own"), "{}", run.stderr);
        let run = ccr(dir.path(), &["rules", "check", "own.toml"]);
        assert_eq!(run.code, 1, "{body}: {}{}", run.stdout, run.stderr);
        let told = run.stdout.matches("does not compile").count();
        assert_eq!(told, 1, "{body}: {}", run.stdout);
    }
}

#[test]
fn a_costly_keyword_of_the_user_is_told() {
    let dir = crate_tree();
    let rule = own_rule("keywords = [\"self\"]\npattern = 'self'\nmatch = ['self']");
    fs::write(dir.path().join("own.toml"), rule).unwrap();
    let run = ccr(dir.path(), &["rules", "check", "own.toml"]);
    assert!(run.stdout.contains("times in a MB"), "{}", run.stdout);
}

#[test]
fn a_rule_that_cannot_run_leaves_no_verdict() {
    use ccr::audit::{AuditError, Engine, Selection, Target};
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.toml");
    for body in BROKEN {
        fs::write(&file, own_rule(body)).unwrap();
        let set = ccr::rules::load_only(&ccr::rules::RuleSource::File(file.clone())).unwrap();
        // As for rules of ours: nothing was compiled in advance.
        let engine = Engine::new(set, &Selection::default()).unwrap();
        let config = ccr::config::load(dir.path(), None).unwrap();
        let target = Target::Bytes(b"We share it.\n".to_vec());
        let end = ccr::audit::run(&request(&engine, &config, target));
        assert!(
            matches!(&end, Err(AuditError::Rules(told)) if told.contains("path-own")),
            "{body}: {end:?}"
        );
    }
}

#[test]
fn a_reference_to_a_home_is_one_finding_and_the_one_that_understood_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let home = ["/ho", "me/kowalczyk/src"].concat();
    let encoded = home.replace('/', "%2F");
    for (name, text, expected) in [
        (
            "direct_url.json",
            format!("{{\"url\": \"file://{home}\"}}"),
            "path-local-reference",
        ),
        (
            "direct_url.json",
            format!("{{\"url\": \"file:///x?{encoded}%2F\"}}"),
            "path-local-reference",
        ),
        (
            "x.pth",
            format!("{}\n", ["\\\\files\\Us", "ers\\kowalczyk\\src"].concat()),
            "path-local-reference",
        ),
        // A line that is run names no folder to the check, but it shows one to everybody.
        (
            "x.pth",
            format!("import sys; sys.path.append('{home}')\n"),
            "path-home-linux",
        ),
    ] {
        fs::write(dir.path().join(name), &text).unwrap();
        let run = ccr(dir.path(), &["scan", name, "--json", "--only", "path"]);
        let report = json(&run.stdout);
        let kinds: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, [expected], "{name}: {text}");
    }
}
