// SPDX-License-Identifier: Apache-2.0
//! The outcome derived from what was written, before anything is claimed: a pass that evidence does
//! not carry becomes a failure that says so.

use super::Order;
use crate::governance::audit::{RunWishes, open_run};
use crate::governance::files::{Files, RunFiles};
use crate::governance::make::draft::RunDraft;
use crate::governance::make::seal::{self, Contents};
use crate::governance::run::{Replay, Run, replay};
use crate::support::pyjson::ordered::Value;
use jiff::tz::TimeZone;
use std::io;

/// Blocker of a pass that cannot be derived.
const UNPROVEN: &str = "x.unproven";

/// The files of a run whose claim is what they derive to.
///
/// # Errors
/// Claim and derivation cannot be brought together, which would be a fault of this program.
pub(super) fn settle(order: &Order<'_>, draft: &mut RunDraft) -> io::Result<(Contents, Replay)> {
    for _ in 0..3 {
        let contents = draft.contents();
        let replay = derive(order, draft, &contents);
        if replay.agrees() {
            return Ok((contents, replay));
        }
        refute(order, draft, &replay);
    }
    Err(io::Error::other(
        "the run's outcome cannot be derived from its evidence",
    ))
}

fn derive(order: &Order<'_>, draft: &RunDraft, contents: &Contents) -> Replay {
    let files = RunFiles {
        name: draft.run_id.clone(),
        files: Files {
            content: contents.clone(),
            ..Files::default()
        },
    };
    let day = draft.finished.to_zoned(TimeZone::UTC).date();
    let wishes = RunWishes::default();
    let look = |run: &Run<'_>| replay::of(run).clone();
    open_run(&files, order.profile, day, &wishes, order.lent, look)
}

/// Claims what was derived.
fn refute(order: &Order<'_>, draft: &mut RunDraft, replay: &Replay) {
    if draft.status == "pass" {
        let why = replay.first_failing().map_or_else(
            || "nothing carries it".to_owned(),
            |first| {
                let because = first.because.first();
                let because =
                    because.map_or(String::new(), |one| format!(": {}: {}", one.file, one.text));
                format!("`{}` is not shown{because}", first.name)
            },
        );
        draft.block(
            "fail",
            UNPROVEN,
            &format!("a pass cannot be derived; {why}"),
        );
    }
    if replay.status != "pass" {
        draft.status.clone_from(&replay.status);
    }
    draft.harness_exit = if draft.status == "blocked" { 3 } else { 1 };
    let ends = &order.profile.evidence.role.completed;
    let status = Value::from(&draft.status);
    for step in draft.events.iter_mut().filter(|step| step.event == *ends) {
        seal::report_set(&mut step.data, "status", status.clone());
    }
}
