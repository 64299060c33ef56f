// SPDX-License-Identifier: Apache-2.0
//! Runs whose maker means ill and knows the rules: everything is sealed again, and what two readers
//! would read differently, or what lies elsewhere than it seems, is found all the same.

use super::samples::told;
use crate::harness::governance_case::{Case, audit_runs, bases, copy, reseal};
use ccr::governance::audit::RunWishes;
use ccr::model::Report;
use std::path::{Path, PathBuf};

const RUN: &str = "20260306T090500Z-shelf-label-3401";

/// The run with its baseline, changed and sealed again.
fn audited(change: impl Fn(&Path), sealed: bool) -> Report {
    let there = tempfile::tempdir().unwrap();
    for name in [RUN, "20260306T090000Z-shelf-label-3400"] {
        copy(&bases().join("runs").join(name), &there.path().join(name));
    }
    let run = there.path().join(RUN);
    change(&run);
    if sealed {
        reseal(&run, true);
    }
    audit(there.path().to_owned())
}

fn audit(path: PathBuf) -> Report {
    audit_runs(&[path], &Case::default(), RunWishes::default())
}

fn edit(run: &Path, file: &str, change: impl Fn(String) -> String) {
    let path = run.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

fn says(report: &Report, rule: &str, text: &str) {
    let found = report.findings.iter();
    let hit = found
        .filter(|finding| finding.rule_id.as_str() == rule)
        .any(|finding| finding.description.contains(text));
    assert!(hit, "{rule}: {text}\n{}", told(report).join("\n"));
}

#[test]
fn the_run_as_it_is_holds() {
    let report = audited(|_| {}, true);
    assert!(report.findings.is_empty(), "{}", told(&report).join("\n"));
}

#[test]
fn json_that_two_readers_read_differently_is_refused() {
    for (with, why) in [
        ("{\n\"status\": \"fail\",", "twice"),
        ("{\n\"st\\u0061tus\": \"fail\",", "twice"),
        ("{\n\"score\": NaN,", "NaN"),
        ("{\n\"score\": -Infinity,", "Infinity"),
        ("{\n\"score\": 1e999,", "too large"),
    ] {
        // Sealed as it is: a writer of JSON would not write it.
        let report = audited(
            |run| {
                reseal(run, true);
                edit(run, "report.json", |text| text.replacen('{', with, 1));
            },
            false,
        );
        says(&report, "cto-evidence-report-invalid", why);
    }
    let deep = format!("{{\n\"x\": {}{},", "[".repeat(9999), "]".repeat(9999));
    let report = audited(
        |run| edit(run, "report.json", |text| text.replacen('{', &deep, 1)),
        false,
    );
    says(&report, "cto-evidence-report-invalid", "nested");
}

#[test]
fn byte_order_marks_are_told() {
    let marked =
        |file: &'static str| move |run: &Path| edit(run, file, |text| format!("\u{feff}{text}"));
    let report = audited(marked("report.json"), false);
    says(&report, "cto-evidence-report-invalid", "BOM");
    let report = audited(marked("events.normalized.jsonl"), false);
    says(&report, "cto-evidence-event-malformed", "BOM");
    let report = audited(marked("patch.diff"), true);
    says(&report, "cto-evidence-patch-files-mismatch", "line 1");
}

#[cfg(unix)]
#[test]
fn links_are_no_evidence() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let there = outside.path();
    let report = audited(
        |run| {
            std::fs::rename(run.join("test.log"), there.join("test.log")).unwrap();
            symlink(there.join("test.log"), run.join("test.log")).unwrap();
        },
        false,
    );
    says(&report, "cto-evidence-path-escape", "test.log");
    let report = audited(
        |run| {
            std::fs::rename(run.join("backend"), there.join("backend")).unwrap();
            symlink(there.join("backend"), run.join("backend")).unwrap();
        },
        false,
    );
    says(&report, "cto-evidence-path-escape", "backend");
    let report = audited(|run| symlink("/etc/hosts", run.join("more")).unwrap(), true);
    says(&report, "cto-evidence-path-escape", "more");
    symlink(bases().join("runs").join(RUN), there.join(RUN)).unwrap();
    let report = audit(there.join(RUN));
    says(&report, "cto-evidence-path-escape", "link");
}

#[test]
fn nothing_but_its_signature_stands_beside_a_seal() {
    for name in ["seal.json.minisig", "seal.json.asc", "seal.json.sig.old"] {
        let report = audited(|run| std::fs::write(run.join(name), "x").unwrap(), false);
        says(&report, "cto-evidence-chain-broken", name);
    }
    let report = audited(
        |run| std::fs::write(run.join("seal.json.sig"), "x").unwrap(),
        false,
    );
    says(&report, "cto-evidence-chain-broken", "signature");
}

#[test]
fn a_diff_leads_nowhere_else() {
    let file = |name: &str| {
        format!("diff --git {name} {name}\n--- {name}\n+++ {name}\n@@ -1 +1 @@\n-a\n+b\n")
    };
    let with = |more: String| audited(|run| edit(run, "patch.diff", |text| text + &more), true);
    let allowed = "cto-evidence-disallowed-write";
    says(&with(file("a/../x").replace(" b/", " ")), allowed, "../x");
    says(
        &with(file("a/src/../labels.py")),
        allowed,
        "src/../labels.py",
    );
    says(&with(file("\"a/\\056\\056/x\"")), allowed, "../x");
    says(
        &with(file("a/.git/hooks/x")),
        "cto-evidence-forbidden-write",
        ".git",
    );
    let hidden = "diff --git a/labels.py b/labels.py\nGIT binary patch\nliteral 0\nHcmV?d00001\n\n--- a/deploy/x\n+++ b/deploy/x\n@@ -1 +1 @@\n-a\n+b\n";
    says(&with(hidden.to_owned()), allowed, "deploy/x");
    let link = "diff --git a/labels.py b/labels.py\nnew file mode 120000\n--- /dev/null\n+++ b/labels.py\n@@ -0,0 +1 @@\n+../outside\n\\ No newline at end of file\n";
    says(
        &with(link.to_owned()),
        "cto-evidence-forbidden-write",
        "link",
    );
    let rename = "diff --git a/labels.py b/deploy/x\nsimilarity index 100%\nrename from labels.py\nrename to deploy/x\n";
    says(&with(rename.to_owned()), allowed, "deploy/x");
}

#[test]
fn events_of_one_moment_are_in_order_by_their_place() {
    let same = |run: &Path| {
        edit(run, "events.normalized.jsonl", |text| {
            let lines = text.lines().map(|line| {
                let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
                event["ts"] = "2026-03-06T09:05:30Z".into();
                let name = event["event"].as_str().unwrap().to_owned();
                if name.starts_with("approval.") {
                    event["data"]["timestamp"] = event["ts"].clone();
                }
                event.to_string() + "\n"
            });
            lines.collect()
        });
    };
    let order = |report: &Report| {
        let found = report.findings.iter();
        let hits = found.filter(|finding| {
            matches!(
                finding.rule_id.as_str(),
                "cto-evidence-event-order"
                    | "cto-evidence-event-malformed"
                    | "cto-evidence-approval-after-mutation"
            )
        });
        hits.count()
    };
    let report = audited(same, true);
    assert_eq!(order(&report), 0, "{}", told(&report).join("\n"));
    let late = |run: &Path| {
        same(run);
        edit(run, "events.normalized.jsonl", |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            let of = |lines: &[&str], name: &str| {
                let held = |line: &&str| line.contains(&format!("\"{name}\""));
                lines.iter().position(held).unwrap()
            };
            let (granted, applied) = (of(&lines, "approval.granted"), of(&lines, "patch.applied"));
            lines.swap(granted, applied);
            lines.join("\n") + "\n"
        });
    };
    says(
        &audited(late, true),
        "cto-evidence-approval-after-mutation",
        "",
    );
}

#[test]
fn two_members_of_one_name_are_told() {
    let there = tempfile::tempdir().unwrap();
    let path = there.path().join("runs.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    let mut put = |name: &str, bytes: &[u8]| {
        zip.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    };
    let base = bases().join("runs");
    for file in walkdir::WalkDir::new(base.join(RUN)).sort_by_file_name() {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let name = file.path().strip_prefix(&base).unwrap().to_str().unwrap();
            put(name, &std::fs::read(file.path()).unwrap());
        }
    }
    // The writer refuses the very same name; `./` before it is the same place.
    put(&format!("./{RUN}/report.json"), b"{}");
    put(&format!("{RUN}/../{RUN}/trace.jsonl"), b"{}");
    zip.finish().unwrap();
    let report = audit(path);
    says(&report, "cto-evidence-artifact-missing", "same name");
    says(&report, "cto-evidence-artifact-missing", "`..`");
}
