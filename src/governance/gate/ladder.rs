// SPDX-License-Identifier: Apache-2.0
//! The staged proof as a ledger or a gates document tells it (section 4.1).

use super::paper::Paper;
use super::provider::day_in;
use super::shape::{Issue, and, or};
use super::sheet::Sheet;
use crate::governance::files::is_run_id;
use crate::governance::plan::facts::cells;
use crate::governance::plan::{Citation, Document, Fact, Section};
use crate::governance::profile::{Gates, Profile, Stage};
use crate::model::ByteSpan;
use crate::support::pyjson::ordered::Value;
use jiff::civil::Date;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Rule of the order.
pub const ORDER: &str = "cto-stage-order-skipped";

/// What is said of one stage.
#[derive(Debug, Clone, Default)]
pub struct Rung {
    /// Its number.
    pub stage: u64,
    /// Its status as written, lower case.
    pub status: String,
    /// When it was validated.
    pub validated_at: Option<Date>,
    /// Runs that prove it, and the digests of their reports.
    pub evidence: Vec<(String, Option<String>)>,
    /// Coverage of failure classes.
    pub classes: BTreeMap<String, Coverage>,
    /// Where it stands, in a document.
    pub span: Option<ByteSpan>,
}

/// How a failure class is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// By a run.
    Run(String),
    /// It cannot be shown, for a reason.
    Rationale(String),
    /// Not at all.
    Nothing,
}

/// All stages of one source.
#[derive(Debug, Clone, Default)]
pub struct Ladder {
    /// Path of the source.
    pub path: String,
    /// Whether it is a document.
    pub document: bool,
    /// The text, for places.
    pub text: String,
    /// What it says, in its order.
    pub rungs: Vec<Rung>,
}

impl Rung {
    /// Whether it is said to be validated.
    pub fn is_validated(&self) -> bool {
        self.status == "validated"
    }
}

impl Ladder {
    /// A ledger, or a gates document.
    pub fn of_paper(paper: &Paper, profile: &Profile) -> Self {
        match &paper.document {
            Some(document) => Self::of_document(document, profile),
            None => Self::of_ledger(&paper.sheet),
        }
    }

    /// A ledger.
    pub fn of_ledger(sheet: &Sheet) -> Self {
        let stages = sheet.get("stages").and_then(Value::as_array);
        let rungs = stages.unwrap_or_default().iter().filter_map(|one| {
            let number = one.get("stage").and_then(Value::as_i64)?;
            let evidence = one.items("evidence").iter().filter_map(|cited| {
                let run = cited.text("run_id").or_else(|| cited.as_str())?;
                Some((
                    run.to_owned(),
                    cited.text("report_sha256").map(str::to_owned),
                ))
            });
            Some(Rung {
                stage: u64::try_from(number).ok()?,
                status: one.text("status").unwrap_or("").trim().to_lowercase(),
                validated_at: one.text("validated_at").and_then(day_in),
                evidence: evidence.collect(),
                classes: one
                    .members_of("failure_classes")
                    .map(|(class, value)| (class.clone(), coverage(value)))
                    .collect(),
                span: None,
            })
        });
        Self {
            path: sheet.path.clone(),
            document: false,
            text: sheet.text.clone(),
            rungs: rungs.collect(),
        }
    }

    /// A gates document: one section a stage, its status, the runs it cites, a table of classes.
    pub fn of_document(document: &Document, profile: &Profile) -> Self {
        let mut rungs = Vec::new();
        let read = OnceCell::new();
        for (index, section) in document.sections.iter().enumerate() {
            let Some(number) = stage_number(&section.title).filter(|_| section.level >= 2) else {
                continue;
            };
            let said = read.get_or_init(|| Said::by(document));
            rungs.push(rung(document, said, index, section, number, profile));
        }
        Self {
            path: document.path.clone(),
            document: true,
            text: document.text.to_string(),
            rungs,
        }
    }

    /// What is said of a stage.
    pub fn rung(&self, stage: u64) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.stage == stage)
    }

    /// Whether a stage and every one before it is said to be validated.
    pub fn reached(&self, stage: u64) -> bool {
        (1..=stage).all(|number| self.rung(number).is_some_and(Rung::is_validated))
    }

    /// The stage that may be worked on: the first that is not validated.
    pub fn open_stage(&self) -> u64 {
        let mut number = 1;
        while self.rung(number).is_some_and(Rung::is_validated) {
            number += 1;
        }
        number
    }

    /// Stages that were validated before those they rest on.
    pub fn order(&self, gates: &Gates) -> Vec<Issue> {
        let mut issues = Vec::new();
        for rung in self.rungs.iter().filter(|rung| rung.is_validated()) {
            let key = rung.stage.to_string();
            if gates.stage(rung.stage).is_none() {
                let text = format!("stage {} is not among the stages", rung.stage);
                issues.push(Issue::on(ORDER, &key, text));
                continue;
            }
            let skipped: Vec<String> = (1..rung.stage)
                .filter(|number| !self.rung(*number).is_some_and(Rung::is_validated))
                .map(|number| number.to_string())
                .collect();
            if !skipped.is_empty() {
                let text = format!(
                    "stage {} is validated while {} {} not",
                    rung.stage,
                    and(&skipped),
                    if skipped.len() > 1 { "are" } else { "is" }
                );
                issues.push(Issue::on(ORDER, &key, text));
            }
            let before = self.rungs.iter().filter(|one| one.stage < rung.stage);
            let late = before.filter(|one| one.is_validated()).find_map(|one| {
                let (earlier, later) = (one.validated_at?, rung.validated_at?);
                (later < earlier).then_some((one.stage, earlier, later))
            });
            if let Some((stage, earlier, later)) = late {
                let text = format!(
                    "stage {} was validated on {later}, before stage {stage} on {earlier}",
                    rung.stage
                );
                issues.push(Issue::on(ORDER, &key, text));
            }
        }
        let mut seen = Vec::new();
        for rung in &self.rungs {
            if seen.contains(&rung.stage) {
                let text = format!("stage {} stands twice", rung.stage);
                issues.push(Issue::on(ORDER, &rung.stage.to_string(), text));
            }
            seen.push(rung.stage);
        }
        issues
    }

    /// Statuses that are none, in a ledger.
    pub fn unknown_status<'l>(
        &'l self,
        gates: &'l Gates,
    ) -> impl Iterator<Item = (&'l Rung, String)> {
        let unknown = |rung: &&Rung| !gates.stage_status.contains(&rung.status);
        self.rungs
            .iter()
            .filter(move |rung| !self.document && unknown(rung))
            .map(|rung| {
                let text = format!(
                    "stage {} is `{}`, not {}",
                    rung.stage,
                    rung.status,
                    or(&gates.stage_status)
                );
                (rung, text)
            })
    }
}

/// Classes that a stage must show, and their blocker codes.
pub fn required_classes<'p>(stage: &'p Stage, profile: &'p Profile) -> Vec<(&'p str, String)> {
    let all = stage.failure_classes.iter().any(|class| class == "*");
    let matrix = profile.evidence.failures.iter();
    if all {
        let rows = matrix.filter(|row| !row.fixture.is_empty());
        return rows
            .map(|row| (row.fixture.as_str(), row.code.clone()))
            .collect();
    }
    let classes = stage.failure_classes.iter();
    classes
        .map(|class| (class.as_str(), code_of(class, profile)))
        .collect()
}

/// The blocker code of a class.
pub fn code_of(class: &str, profile: &Profile) -> String {
    let row = profile
        .evidence
        .failures
        .iter()
        .find(|row| row.fixture == class);
    row.map_or_else(|| class.replace('-', "_"), |row| row.code.clone())
}

fn coverage(value: &Value) -> Coverage {
    if let Some(run) = value.text("run_id").filter(|run| !run.trim().is_empty()) {
        return Coverage::Run(run.to_owned());
    }
    match value.text("blocked_rationale").map(str::trim) {
        Some(why) if !why.is_empty() => Coverage::Rationale(why.to_owned()),
        _ => Coverage::Nothing,
    }
}

/// `Stage 4 - disposable sandbox`
fn stage_number(title: &str) -> Option<u64> {
    let rest = title.trim().strip_prefix("Stage ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let after = rest[digits.len()..].trim_start();
    let fits = after.is_empty() || after.starts_with(['-', '—', '–', ':']);
    digits.parse().ok().filter(|_| fits)
}

/// What a gates document says, read once for all its stages.
struct Said {
    facts: Vec<Fact>,
    /// Rows of tables, and where each stands.
    rows: Vec<(ByteSpan, Vec<String>)>,
}

impl Said {
    fn by(document: &Document) -> Self {
        let lines = document.lines().into_iter().filter(|line| !line.fenced);
        let rows = lines.filter_map(|line| {
            let cells = cells(document.line(&line))?;
            Some((ByteSpan::new(line.start, line.end), cells))
        });
        Self {
            facts: document.facts(),
            rows: rows.collect(),
        }
    }
}

fn rung(
    document: &Document,
    said: &Said,
    index: usize,
    section: &Section,
    number: u64,
    profile: &Profile,
) -> Rung {
    let inside =
        |span: ByteSpan| span.start >= section.whole().start && span.end <= section.whole().end;
    let fact = |keys: &[&str]| {
        let mut facts = said.facts.iter();
        facts.find(|fact| keys.contains(&fact.key.as_str()) && inside(fact.span))
    };
    let status = fact(&["status", "stage_status"]);
    let written = status.map(|fact| fact.raw.to_lowercase());
    let written = written.or_else(|| {
        let under = document
            .sections
            .iter()
            .find(|other| other.parent() == Some(index) && other.folded() == "status")?;
        Some(
            document
                .slice(under.own())
                .trim()
                .replace('`', "")
                .to_lowercase(),
        )
    });
    let written = written
        .or_else(|| summary_status(said, number))
        .unwrap_or_default();
    let first = first_status(&written, profile);
    let dated = fact(&["validated_at", "validated_on"]).map(|fact| fact.raw.clone());
    let runs = document
        .citations
        .iter()
        .filter_map(|citation| match citation {
            Citation::Run { id, span, .. } if inside(*span) => Some((id.clone(), *span)),
            _ => None,
        });
    let mut classes = BTreeMap::new();
    let mut in_table = Vec::new();
    let rows = said.rows.iter();
    for (row, cells) in rows.filter(|(row, cells)| inside(*row) && cells.len() >= 2) {
        let class = cells[0]
            .replace('`', "")
            .trim()
            .to_lowercase()
            .replace([' ', '_'], "-");
        let known = profile
            .evidence
            .failures
            .iter()
            .any(|row| row.fixture == class || row.code.replace('_', "-") == class)
            || profile
                .gates
                .stages
                .iter()
                .any(|stage| stage.failure_classes.contains(&class));
        if known {
            in_table.push(*row);
            classes.insert(class, told(&cells[1..].join(" ")));
        }
    }
    let mut evidence: Vec<(String, Option<String>)> = Vec::new();
    for (id, span) in runs {
        let shows_class = in_table
            .iter()
            .any(|row| span.start >= row.start && span.end <= row.end);
        if !shows_class && !evidence.iter().any(|(known, _)| *known == id) {
            evidence.push((id, None));
        }
    }
    Rung {
        stage: number,
        validated_at: dated
            .as_deref()
            .and_then(day_in)
            .or_else(|| day_in(&written)),
        status: first,
        evidence,
        classes,
        span: Some(status.map_or(section.span(), |fact| fact.span)),
    }
}

/// The status in the row of the stage summary.
fn summary_status(said: &Said, number: u64) -> Option<String> {
    let mut rows = said.rows.iter().map(|(_, cells)| cells);
    let row = rows.find(|cells| {
        let first = cells.first().map_or("", |cell| cell.trim());
        let first = first.trim_start_matches("Stage ").trim_matches('`');
        let digits: String = first.chars().take_while(char::is_ascii_digit).collect();
        cells.len() > 1 && digits.parse() == Ok(number)
    })?;
    Some(row.last()?.replace('`', "").trim().to_lowercase())
}

/// `validated on 2026-03-04` -> `validated`; a degraded word stays as it is written.
fn first_status(written: &str, profile: &Profile) -> String {
    let text = written.trim().trim_end_matches('.');
    let degraded = profile.gates.degraded.iter();
    let known = degraded.chain(&profile.gates.stage_status);
    let mut fitting: Vec<&String> = known
        .filter(|word| text.starts_with(word.as_str()))
        .collect();
    fitting.sort_by_key(|word| std::cmp::Reverse(word.len()));
    fitting
        .first()
        .map_or_else(|| text.to_owned(), |word| (*word).clone())
}

/// What a table's cells say of a class.
fn told(text: &str) -> Coverage {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '`' | '/' | '|' | '(' | ')' | ','));
    if let Some(run) = words.into_iter().find(|word| is_run_id(word)) {
        return Coverage::Run(run.to_owned());
    }
    let plain = text.replace('`', "");
    let rest = plain
        .trim()
        .trim_start_matches("blocked")
        .trim_start_matches([':', '-', ' ']);
    let empty = ["", "-", "missing", "none", "tbd", "todo", "open"];
    if empty.contains(&rest.trim().to_lowercase().as_str()) {
        Coverage::Nothing
    } else {
        Coverage::Rationale(rest.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(text: &str) -> Ladder {
        Ladder::of_ledger(&Sheet::of_text("gates.json", text).unwrap())
    }

    #[test]
    fn stages_are_climbed_in_order() {
        let gates = Profile::embedded().gates;
        let good = r#"{"stages":[{"stage":1,"status":"validated","validated_at":"2026-03-01"},{"stage":2,"status":"validated","validated_at":"2026-03-02"},{"stage":3,"status":"open"}]}"#;
        let ladder = ledger(good);
        assert_eq!(ladder.order(&gates), []);
        assert!(ladder.reached(2) && !ladder.reached(3));
        assert_eq!(ladder.open_stage(), 3);
        let skipped = ledger(
            &good
                .replace(
                    "\"stage\":2,\"status\":\"validated\"",
                    "\"stage\":2,\"status\":\"open\"",
                )
                .replace(
                    "\"stage\":3,\"status\":\"open\"",
                    "\"stage\":3,\"status\":\"validated\"",
                ),
        );
        assert_eq!(skipped.order(&gates).len(), 1);
        let late = ledger(&good.replace("2026-03-02", "2026-02-01"));
        assert_eq!(late.order(&gates).len(), 1);
        let twice = ledger(&good.replace("\"stage\":3", "\"stage\":2"));
        assert_eq!(twice.order(&gates).len(), 1);
    }

    #[test]
    fn a_gates_document_tells_the_same() {
        let text = "# T\n## Stage 1 - gated engine\nStatus: validated on 2026-03-01.\n- Run: `20260301T100000Z-demo-1`\n\n| Class | Evidence |\n| --- | --- |\n| no-diff | `20260301T110000Z-no-diff-2` |\n| timeout | blocked: no clock here |\n| missing-event | missing |\n## Stage 2 - artificial fixture\nStatus: partial\n";
        let profile = Profile::embedded();
        let document = Document::parse("CTO-X-GATES.md", text, &profile.planning);
        let ladder = Ladder::of_document(&document, &profile);
        let one = &ladder.rungs[0];
        assert!(one.is_validated());
        assert_eq!(one.validated_at.unwrap().to_string(), "2026-03-01");
        assert_eq!(one.evidence, [("20260301T100000Z-demo-1".to_owned(), None)]);
        assert_eq!(
            one.classes["no-diff"],
            Coverage::Run("20260301T110000Z-no-diff-2".to_owned())
        );
        assert_eq!(
            one.classes["timeout"],
            Coverage::Rationale("no clock here".to_owned())
        );
        assert_eq!(one.classes["missing-event"], Coverage::Nothing);
        assert_eq!(ladder.rungs[1].status, "partial");
    }
}
