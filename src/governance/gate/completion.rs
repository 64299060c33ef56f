// SPDX-License-Identifier: Apache-2.0
//! The completion audit: a table of requirements, what is said of each, and why (section 4.9).

use super::shape::{Issue, fits, or};
use super::sheet::Sheet;
use crate::governance::files::is_run_id;
use crate::governance::plan::Document;
use crate::governance::plan::facts::cells;
use crate::governance::profile::Profile;
use crate::model::ByteSpan;
use crate::support::pyjson::ordered::Value;

/// The rule.
pub const RULE: &str = "cto-audit-requirement-unproven";

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What is required.
    pub text: String,
    /// `proven`, `gap`, `blocked`.
    pub status: String,
    /// What shows it.
    pub evidence: String,
    /// Where it stands.
    pub span: Option<ByteSpan>,
}

/// The rows of a document or a record.
pub fn requirements(sheet: &Sheet, document: Option<&Document>) -> Vec<Requirement> {
    if let Some(document) = document {
        return of_document(document);
    }
    let rows = sheet.get("requirements").and_then(Value::as_array);
    let rows = rows.unwrap_or_default().iter();
    rows.map(|row| Requirement {
        text: row.text("requirement").unwrap_or("").to_owned(),
        status: row.text("status").unwrap_or("").to_owned(),
        evidence: match row.get("evidence") {
            Some(Value::Array(all)) => {
                let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
                texts.join(", ")
            }
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        },
        span: None,
    })
    .collect()
}

fn of_document(document: &Document) -> Vec<Requirement> {
    let mut found = Vec::new();
    let mut columns: Option<[usize; 3]> = None;
    for line in document.lines().iter().filter(|line| !line.fenced) {
        let Some(cells) = cells(document.line(line)) else {
            columns = None;
            continue;
        };
        let Some(at) = columns else {
            let place = |word: &str| {
                cells
                    .iter()
                    .position(|cell| cell.to_lowercase().contains(word))
            };
            if let (Some(text), Some(status), Some(evidence)) =
                (place("requirement"), place("status"), place("evidence"))
            {
                columns = Some([text, status, evidence]);
            }
            continue;
        };
        if cells
            .iter()
            .all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | ' ')))
        {
            continue;
        }
        let [text, status, evidence] = at.map(|at| cells.get(at).cloned().unwrap_or_default());
        found.push(Requirement {
            text,
            status: status.replace('`', "").trim().to_lowercase(),
            evidence,
            span: Some(ByteSpan::new(line.start, line.end)),
        });
    }
    found
}

/// What a citation may be resolved against.
pub trait Resolver {
    /// Whether a word names something that is there.
    fn resolves(&self, word: &str) -> bool;
}

/// Requirements that an audit called complete does not prove. With nothing to resolve against, an
/// evidence cell needs only to cite something.
pub fn issues(
    sheet: &Sheet,
    document: Option<&Document>,
    resolver: Option<&dyn Resolver>,
    profile: &Profile,
) -> Vec<(Issue, Option<ByteSpan>)> {
    let rules = &profile.gates.completion;
    let mut issues = Vec::new();
    if sheet.text("completion_status") != Some(rules.complete.as_str()) {
        return issues;
    }
    let rows = requirements(sheet, document);
    for (name, patterns) in &rules.requirements {
        if !rows.iter().any(|row| fits(patterns, &row.text)) {
            let text = format!("it is complete without the requirement that the {name}");
            issues.push((Issue::on(RULE, "completion_status", text), None));
        }
    }
    for row in &rows {
        let name = row.text.replace('`', "");
        let text = if !rules.statuses.contains(&row.status) {
            format!("`{name}` is `{}`, not {}", row.status, or(&rules.statuses))
        } else if row.status != rules.proven {
            format!("it is complete, and `{name}` is `{}`", row.status)
        } else {
            let cited: Vec<&str> = citations(&row.evidence).collect();
            let held = cited
                .iter()
                .filter(|word| resolver.is_none_or(|resolver| resolver.resolves(word)));
            if held.count() > 0 {
                continue;
            }
            if cited.is_empty() {
                format!("`{name}` is proven, and cites nothing")
            } else {
                format!(
                    "`{name}` is proven by what is not there: {}",
                    cited.join(", ")
                )
            }
        };
        issues.push((Issue::on(RULE, "requirements", text), row.span));
    }
    issues
}

/// Words that name a document, a work item, a run or a path.
pub fn citations(text: &str) -> impl Iterator<Item = &str> {
    let separators =
        |c: char| c.is_whitespace() || matches!(c, '`' | ',' | ';' | '(' | ')' | '[' | ']');
    let words = text
        .split(separators)
        .map(|word| word.trim_end_matches('.'));
    words.filter(|word| {
        let upper = word.contains('-') && word.chars().any(|c| c.is_ascii_uppercase());
        upper
            || word.contains('/')
            || word.ends_with(".md")
            || word.ends_with(".json")
            || is_run_id(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn written(profile: &Profile) -> String {
        let rows = profile.gates.completion.requirements.keys();
        let rows: Vec<String> = rows
            .map(|name| format!(r#"{{"requirement":"{} (governs, proves, executes, bounded, owned, earned, routes, transportable)","status":"proven","evidence":["CTO-WORK-1"]}}"#, name))
            .collect();
        format!(
            r#"{{"completion_status":"complete","requirements":[{}]}}"#,
            rows.join(",")
        )
    }

    #[test]
    fn complete_means_every_requirement_is_proven() {
        let profile = Profile::embedded();
        let of = |text: &str| {
            let sheet = Sheet::of_text("c.json", text).unwrap();
            issues(&sheet, None, None, &profile).len()
        };
        let good = written(&profile);
        assert_eq!(of(&good), 0);
        assert_eq!(of(&good.replacen("\"proven\"", "\"gap\"", 1)), 1);
        assert_eq!(of(&good.replacen("CTO-WORK-1", "", 1)), 1);
        assert_eq!(of(&good.replace("complete", "partial")), 0);
        assert_eq!(
            of(r#"{"completion_status":"complete","requirements":[]}"#),
            10
        );
    }
}
