// SPDX-License-Identifier: Apache-2.0
//! The failure matrix as a document holds it (section 2.7).

use super::shape::{Issue, and};
use crate::governance::plan::Document;
use crate::governance::plan::facts::{cells, normal_key};
use crate::governance::profile::{Failure, Profile};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: &str = "cto-matrix-row-missing";

/// What is missing from, or altered in, a matrix. `columns` names the columns by the words with
/// which their heads begin; `fixture`, `code`, `event` and `status` are held against the profile.
pub fn issues(
    document: &Document,
    columns: &BTreeMap<String, Vec<String>>,
    profile: &Profile,
) -> Vec<Issue> {
    let rows: Vec<&Failure> = profile
        .evidence
        .failures
        .iter()
        .filter(|row| !row.fixture.is_empty())
        .collect();
    let Some((head, body)) = table(document, columns) else {
        return vec![Issue::new(RULE, "it has no table of failure fixtures")];
    };
    let mut issues = Vec::new();
    let missing: Vec<&String> = columns
        .keys()
        .filter(|name| !head.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let text = format!("the table lacks the columns {}", and(&missing));
        issues.push(Issue::new(RULE, text));
    }
    for row in rows {
        let at = |name: &str, cells: &[String]| -> String {
            let cell = head.get(name).and_then(|at| cells.get(*at));
            cell.map_or_else(String::new, |cell| cell.replace('`', "").trim().to_owned())
        };
        let fixture = &row.fixture;
        let held = body
            .iter()
            .find(|cells| slug(&at("fixture", cells)) == *fixture);
        let Some(cells) = held else {
            let text = format!("the row `{fixture}` is missing");
            issues.push(Issue::on(RULE, fixture, text));
            continue;
        };
        let expected = [
            ("code", Some(row.code.as_str())),
            ("event", row.event.as_deref()),
            ("status", Some(row.status.as_str())),
        ];
        for name in head.keys() {
            let cell = at(name, cells);
            let wanted = expected.iter().find(|(known, _)| known == name);
            match wanted.and_then(|(_, wanted)| *wanted) {
                Some(wanted) if cell != wanted => {
                    let text =
                        format!("the row `{fixture}` has `{cell}` as its {name}, not `{wanted}`");
                    issues.push(Issue::on(RULE, fixture, text));
                }
                None if cell.is_empty() || cell == "-" => {
                    let text = format!("the row `{fixture}` has no {name}");
                    issues.push(Issue::on(RULE, fixture, text));
                }
                _ => {}
            }
        }
    }
    issues
}

fn slug(text: &str) -> String {
    let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '));
    normal_key(text).replace('_', "-")
}

type Table = (BTreeMap<String, usize>, Vec<Vec<String>>);

/// The table whose head names fixtures and codes: columns by name, and its rows.
fn table(document: &Document, columns: &BTreeMap<String, Vec<String>>) -> Option<Table> {
    let lines = document.lines();
    let lines = lines.iter().filter(|line| !line.fenced);
    let rows: Vec<Option<Vec<String>>> = lines.map(|line| cells(document.line(line))).collect();
    for (at, row) in rows.iter().enumerate() {
        let Some(head) = row else {
            continue;
        };
        let mut named = BTreeMap::new();
        for (index, cell) in head.iter().enumerate() {
            let cell = cell.replace('`', "").trim().to_lowercase();
            let fitting = columns
                .iter()
                .find(|(_, words)| words.iter().any(|word| cell.starts_with(word.as_str())));
            if let Some((name, _)) = fitting {
                named.entry(name.clone()).or_insert(index);
            }
        }
        if named.contains_key("fixture") && named.len() > 1 {
            let body = rows[at + 1..].iter().map_while(Clone::clone);
            return Some((named, body.collect()));
        }
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn written(profile: &Profile) -> String {
        let mut text = "# T\n\n## Required Failure Fixtures\n\n| # | Fixture | Trigger | Blocker code | Event carrying it | Status | Evidence mapping |\n| --- | --- | --- | --- | --- | --- | --- |\n".to_owned();
        for row in profile
            .evidence
            .failures
            .iter()
            .filter(|row| !row.fixture.is_empty())
        {
            let event = row.event.as_deref().unwrap_or("");
            text.push_str(&format!(
                "| 1 | {} | it happens | `{}` | `{event}` | {} | logged |\n",
                row.fixture, row.code, row.status
            ));
        }
        text
    }

    fn columns() -> BTreeMap<String, Vec<String>> {
        let of = |name: &str, word: &str| (name.to_owned(), vec![word.to_owned()]);
        [
            of("fixture", "fixture"),
            of("trigger", "trigger"),
            of("code", "blocker code"),
            of("event", "event"),
            of("status", "status"),
            of("mapping", "evidence"),
        ]
        .into()
    }

    #[test]
    fn a_matrix_has_its_rows_columns_and_values() {
        let profile = Profile::embedded();
        let of = |text: &str| {
            let document = Document::parse("CTO-X-MATRIX.md", text, &profile.planning);
            issues(&document, &columns(), &profile).len()
        };
        let good = written(&profile);
        assert_eq!(of(&good), 0);
        assert_eq!(of("# T\n"), 1);
        assert_eq!(
            of(&good.replace(
                "timeout | it happens | `timeout` | `run.completed` | blocked",
                "timeout | it happens | `timeout` | `run.completed` | fail"
            )),
            1
        );
        assert_eq!(of(&good.replace("| 1 | no-diff |", "| 1 | other |")), 1);
        assert_eq!(of(&good.replace("Trigger", "Cause")), 1);
        assert_eq!(of(&good.replacen("it happens", "", 1)), 1);
    }
}
