// SPDX-License-Identifier: Apache-2.0
//! The SPDX family beyond its fixtures: many files, and places.

use crate::harness::tree_artifact::{artifact, run};
use ccr::checks::ArtifactKind;
use ccr::model::{Draft, Severity};

/// Runs one rule over files made here.
fn drafts(rule: &str, files: Vec<(String, String)>) -> Vec<Draft> {
    let files = files
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    let set = ccr::rules::load("default", &[]).unwrap();
    let rule = set.rules.iter().find(|r| r.meta.id.as_str() == rule);
    run(rule.unwrap(), &[artifact(".", ArtifactKind::Tree, files)])
}

fn python(count: usize, header: bool, folder: &str) -> Vec<(String, String)> {
    let head = if header {
        format!("# {}: MIT\n", "SPDX-License-Identifier")
    } else {
        String::new()
    };
    (0..count)
        .map(|n| {
            let text = format!("{head}def work_{n}(first, second):\n    return first + second * {n} - sum([first, second])\n");
            (format!("{folder}/m{n:03}.py"), text)
        })
        .collect()
}

#[test]
fn a_project_without_headers_gets_one_remark() {
    let found = drafts("spdx-header-missing", python(300, false, "src"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Some(Severity::Info));
}

#[test]
fn many_missing_headers_become_twenty_findings_and_a_summary() {
    let mut files = python(60, true, "src");
    files.extend(python(50, false, "lib"));
    let found = drafts("spdx-header-missing", files);
    assert_eq!(found.len(), 21);
    let summary = found.iter().find(|d| d.path.name() == ".").unwrap();
    assert!(
        summary.description.starts_with("30 of 110"),
        "{}",
        summary.description
    );
}

#[test]
fn a_few_headers_among_many_files_are_one_remark() {
    let mut files = python(5, true, "src");
    files.extend(python(50, false, "lib"));
    let found = drafts("spdx-header-missing", files);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Some(Severity::Info));
}

#[test]
fn a_declared_licence_is_placed_at_its_value() {
    let text = "[project]\nname = \"a\"\nversion = \"1\"\nlicense = \"Apache 2\"\n";
    let found = drafts(
        "spdx-declared-invalid",
        vec![("pyproject.toml".to_owned(), text.to_owned())],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(&text[found[0].span.unwrap().range()], "\"Apache 2\"");
}
