// SPDX-License-Identifier: Apache-2.0
//! The outcome of a run derived anew (specification, sections 2.8 and 7.3): every predicate of a
//! pass is judged as though the run claimed one, and the claim is only compared at the end. What is
//! not known counts as false.

use super::derived::{Predicate, Reason, Replay};
use super::judge::shown::shown;
use super::judge::{Judge, approval, artifacts, digests, events, outcome, patch, report, stage};
use super::open::{Run, Told};
use crate::governance::sensitive::What;

/// Most reasons told a predicate.
const TOLD: usize = 10;

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

/// The outcome of a run, derived when it is first asked for.
pub fn of<'r>(run: &'r Run<'_>) -> &'r Replay {
    run.replay.get_or_init(|| derived(run))
}

fn derived(run: &Run<'_>) -> Replay {
    let claimed = run.status().map(str::to_owned);
    let predicates: Vec<Predicate> = PREDICATES
        .iter()
        .map(|(name, asks, judges)| {
            let mut told: Vec<Told> = judges.iter().flat_map(|judge| judge(run, true)).collect();
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
        return Replay {
            status: "pass".to_owned(),
            claimed,
            codes: Vec::new(),
            predicates,
        };
    }
    let happened = shown(run);
    let declared = run.codes();
    let declared = declared
        .iter()
        .filter_map(|code| run.profile.evidence.failure(code));
    let rows: Vec<_> = happened.into_iter().chain(declared).collect();
    let agrees = rows
        .iter()
        .find(|row| Some(&row.status) == claimed.as_ref());
    let status = agrees
        .or(rows.first())
        .map_or("fail", |row| row.status.as_str());
    let mut codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
    codes.sort();
    codes.dedup();
    Replay {
        status: status.to_owned(),
        claimed,
        codes,
        predicates,
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
    let replay = of(run);
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
