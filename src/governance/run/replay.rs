// SPDX-License-Identifier: Apache-2.0
//! The outcome of a run derived anew (specification, sections 2.8 and 7.3): every predicate of a
//! pass is judged as though the run claimed one, and the claim is only compared at the end. What is
//! not known counts as false.

use super::judge::{Judge, approval, artifacts, digests, events, outcome, patch, report, stage};
use super::open::{Run, Told};
use crate::governance::sensitive::What;
use crate::record;
use crate::support::pyjson::ordered::Value;

/// Most reasons told a predicate.
const TOLD: usize = 10;

/// One predicate of the derivation.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// Its name.
    pub name: &'static str,
    /// What it is made of, or asks.
    pub asks: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// Why it does not: the file, its line, and what stands there.
    pub because: Vec<Reason>,
}

/// Why a predicate does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: Option<usize>,
    /// Its bytes.
    pub bytes: Option<(usize, usize)>,
    /// What is so.
    pub text: String,
}

/// A derived outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// `pass`, `fail` or `blocked`.
    pub status: String,
    /// What the report claims.
    pub claimed: Option<String>,
    /// Blocker codes that stand for the status, shown by what happened or declared.
    pub codes: Vec<String>,
    /// The predicates of a pass.
    pub predicates: Vec<Predicate>,
}

const PREDICATES: &[(&str, &str, &[Judge])] = &[
    (
        "report",
        "the report has its form and is this run's",
        &[
            report::invalid,
            report::missing,
            report::types,
            report::identity,
        ],
    ),
    (
        "artifacts",
        "every artifact is there, inside the directory",
        &[artifacts::missing, artifacts::escapes],
    ),
    (
        "digests",
        "every artifact is what its digest was taken of; chain and seal verify",
        &[digests::missing, digests::mismatch, digests::chain],
    ),
    (
        "freshness",
        "every artifact was written or checked in this run",
        &[digests::freshness_missing, digests::stale],
    ),
    (
        "events",
        "the events are well formed, complete and in order",
        &[
            events::malformed,
            events::missing,
            events::order,
            replayed_end,
        ],
    ),
    (
        "approval",
        "an approval that the mode needs was given, in time, by somebody else, for this",
        &[
            approval::missing,
            approval::incomplete,
            approval::late,
            approval::continued,
            approval::expired,
            approval::own,
            approval::status,
        ],
    ),
    (
        "diff",
        "there is a change, of the files that are stated",
        &[patch::empty_pass, patch::files],
    ),
    (
        "writes",
        "only allowed files were changed, nothing forbidden was done",
        &[patch::disallowed, patch::forbidden],
    ),
    (
        "verification",
        "something was verified, and all of it passed",
        &[outcome::unverified, outcome::blocked_pass],
    ),
    (
        "process",
        "the backend ended well, behind open gates, and left no marker against it",
        &[outcome::exits, outcome::markers, outcome::ungated],
    ),
    (
        "identity",
        "the candidate ran with the admitted model",
        &[outcome::fallback],
    ),
    (
        "stage",
        "what the stage asks beyond that holds",
        &[stage::exposed, stage::source, stage::tree, stage::outcome],
    ),
    (
        "baseline",
        "the candidate was held against a baseline of its batch",
        &[stage::baseline],
    ),
    ("secrets", "no secret stands in the evidence", &[secrets]),
];

/// The last event is the one end; what it says of the status is not believed here.
fn replayed_end(run: &Run<'_>, _: bool) -> Vec<Told> {
    let role = &run.profile.evidence.role.completed;
    let one = run.named(role).count() == 1;
    let last = run.events.last().and_then(|line| line.name()) == Some(role);
    if one && last {
        return Vec::new();
    }
    vec![Told::of(
        "events.normalized.jsonl",
        format!("the run does not end with one `{role}`"),
    )]
}

fn secrets(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut files: Vec<&str> = run.sensitive().of(What::Secret).map(|one| one.0).collect();
    files.dedup();
    let told = |name| Told::of(name, "a secret stands in it");
    files.into_iter().map(told).collect()
}

impl Replay {
    /// Derives the outcome.
    pub fn of(run: &Run<'_>) -> Self {
        let claimed = run.status().map(str::to_owned);
        let predicates: Vec<Predicate> = PREDICATES
            .iter()
            .map(|(name, asks, judges)| {
                let mut told: Vec<Told> =
                    judges.iter().flat_map(|judge| judge(run, true)).collect();
                let holds = told.is_empty() && run.object().is_some();
                if run.object().is_none() && told.is_empty() {
                    told.push(Told::of(
                        "report.json",
                        "there is no report to hold it against",
                    ));
                }
                told.truncate(TOLD);
                let because = told.into_iter().map(|told| reason(run, told)).collect();
                Predicate {
                    name,
                    asks,
                    holds,
                    because,
                }
            })
            .collect();
        if predicates.iter().all(|predicate| predicate.holds) {
            return Self {
                status: "pass".to_owned(),
                claimed,
                codes: Vec::new(),
                predicates,
            };
        }
        let shown = outcome::shown(run);
        let declared = run.codes();
        let declared = declared
            .iter()
            .filter_map(|code| run.profile.evidence.failure(code));
        let rows: Vec<_> = shown.into_iter().chain(declared).collect();
        let agrees = rows
            .iter()
            .find(|row| Some(&row.status) == claimed.as_ref());
        let status = agrees
            .or(rows.first())
            .map_or("fail", |row| row.status.as_str());
        let mut codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
        codes.sort();
        codes.dedup();
        Self {
            status: status.to_owned(),
            claimed,
            codes,
            predicates,
        }
    }

    /// Whether the claim is what was derived.
    pub fn agrees(&self) -> bool {
        self.claimed.as_deref() == Some(self.status.as_str())
    }

    /// The first predicate that does not hold.
    pub fn first_failing(&self) -> Option<&Predicate> {
        self.predicates.iter().find(|predicate| !predicate.holds)
    }

    /// As JSON.
    pub fn value(&self) -> Value {
        let predicate = |predicate: &Predicate| {
            let because: Vec<Value> = predicate.because.iter().map(Reason::value).collect();
            record! {
                "predicate" => predicate.name,
                "asks" => predicate.asks,
                "holds" => predicate.holds,
                "because" => because,
            }
        };
        let predicates: Vec<Value> = self.predicates.iter().map(predicate).collect();
        let codes: Vec<Value> = self.codes.iter().map(Value::from).collect();
        let claimed = self.claimed.as_ref().map_or(Value::Null, Value::from);
        record! {
            "status" => &self.status,
            "claimed" => claimed,
            "agrees" => self.agrees(),
            "codes" => codes,
            "predicates" => predicates,
        }
    }
}

impl Reason {
    fn value(&self) -> Value {
        let number = |value: Option<usize>| value.map_or(Value::Null, Value::from);
        let bytes = self.bytes.map_or(Value::Null, |(start, end)| {
            Value::from(vec![Value::from(start), Value::from(end)])
        });
        record! {
            "file" => &self.file,
            "line" => number(self.line),
            "bytes" => bytes,
            "text" => &self.text,
        }
    }
}

fn reason(run: &Run<'_>, told: Told) -> Reason {
    let line = told.span.and_then(|span| {
        let before = run.files.get(&told.file)?.get(..span.start)?;
        Some(memchr::memchr_iter(b'\n', before).count() + 1)
    });
    Reason {
        line,
        bytes: told.span.map(|span| (span.start, span.end)),
        file: told.file,
        text: told.text,
    }
}

/// The claim is another than the outcome that was derived.
pub fn divergent(run: &Run<'_>, _: bool) -> Vec<Told> {
    let Some(claimed) = run.status() else {
        return Vec::new();
    };
    let replay = run.replay();
    if replay.agrees() {
        return Vec::new();
    }
    let why = replay.first_failing().map_or_else(String::new, |first| {
        let because = first
            .because
            .first()
            .map_or("", |reason| reason.text.as_str());
        format!(" ({}: {because})", first.name)
    });
    let text = format!(
        "the run claims `{claimed}`, and derives to `{}`{why}",
        replay.status
    );
    vec![run.at(&[super::locate::Step::Key("status")], text)]
}
