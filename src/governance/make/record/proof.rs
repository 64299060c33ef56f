// SPDX-License-Identifier: Apache-2.0
//! What the recorder observed beyond the change itself, for the report and for the proof of the
//! stage (specification, section 4.1). What it cannot know it says under `basis`; nothing here is
//! taken from the backend's word.

use super::preflight::{Way, asks_for_source};
use super::source::Source;
use super::{Engine, Order, now, withheld};
use crate::governance::make::draft::RunDraft;
use crate::governance::make::seal;
use crate::governance::profile::{Profile, Stage};
use crate::record;
use crate::support::clock;
use crate::support::pyjson::ordered::{Object, Value};
use jiff::Timestamp;
use std::io;

/// The stage that a mode proves: of several, the one of a copied repository where the source is a
/// git worktree, else the first.
pub(super) fn stage<'p>(profile: &'p Profile, mode: &str, source: &Source) -> Option<&'p Stage> {
    let stages = profile
        .gates
        .stages
        .iter()
        .filter(|stage| stage.mode == mode);
    let repository = stages.clone().find(|stage| asks_for_source(stage));
    let first = stages.clone().next();
    repository.filter(|_| source.git.is_some()).or(first)
}

/// What was seen of a run.
pub(super) struct Seen<'o> {
    /// How the gates let it go on.
    pub way: Way,
    /// The stage.
    pub stage: Option<&'o Stage>,
    /// The source before.
    pub before: &'o Source,
    /// The source afterwards, or why it cannot be read.
    pub after: Result<Source, String>,
    /// Whether the copy was removed, or why it stands.
    pub removed: Result<(), String>,
    /// Whether the verification left the workspace as it was.
    pub ending_clean: Option<bool>,
    /// When the policy for branches was recorded.
    pub policy_at: Option<Timestamp>,
}

impl Seen<'_> {
    fn untouched(&self) -> Option<bool> {
        self.after.as_ref().ok().map(|after| after == self.before)
    }

    /// Whether the start was clean; nothing when no gate got that far.
    fn start_clean(&self) -> Option<bool> {
        match &self.way {
            Way::Open => Some(true),
            Way::Closed(gate) if gate.gate == "clean_start" => Some(false),
            Way::Closed(_) | Way::Denied => None,
        }
    }
}

/// States what was seen, and ends the run.
pub(super) fn state(order: &Order<'_>, seen: Seen<'_>, draft: &mut RunDraft) -> io::Result<()> {
    let at = now()?;
    let untouched = seen.untouched();
    draft.did("source.check", untouched == Some(true), &[], at);
    match (&seen.after, untouched) {
        (Err(why), _) => {
            let why = format!("the source cannot be read again: {why}");
            draft.block("fail", "x.source_unread", &why);
        }
        (Ok(_), Some(false)) => {
            let why = "the source is not as it was before the run";
            draft.block("fail", "source_repository_mutated", why);
        }
        (Ok(_), _) => {}
    }
    let gone = seen.removed.is_ok();
    draft.did("workspace.removed", gone, &[], at);
    if seen.way == Way::Open
        && let Some(stage) = seen.stage
        && let Some(file) = &stage.proof
    {
        let proof = proof(order, stage, &seen, draft);
        draft.files.insert(file.clone(), seal::file_of(&proof));
    }
    let logged = |name: &String| name.starts_with("backend/") && name != "backend/task.json";
    if !draft.files.keys().any(logged) {
        let note = b"the engine wrote nothing\n".to_vec();
        draft.files.insert("backend/engine.log".to_owned(), note);
    }
    members(order, &seen, draft);
    let hidden = withheld::scrub(order, draft);
    if hidden > 0 {
        let count = [("count", Value::from(hidden))];
        draft.did("texts.withheld", true, &count, at);
    }
    let mut data = record! { "status" => &draft.status };
    let ends = &order.profile.evidence.role.completed;
    let carried = draft.blockers.iter().find(|(code, _)| {
        let row = order.profile.evidence.failure(code);
        row.is_some_and(|row| row.event.as_ref() == Some(ends))
    });
    if let Some((code, _)) = carried {
        seal::report_set(&mut data, "blocker", Value::from(code));
    }
    draft.happened(ends, "harness", data, at);
    draft.did("artifacts.sealed", true, &[], at);
    let last = draft.events.last().map_or(draft.started, |step| step.at);
    draft.finished = last.max(at);
    Ok(())
}

/// Members of the report.
fn members(order: &Order<'_>, seen: &Seen<'_>, draft: &mut RunDraft) {
    let empty = || Value::from(Vec::<Value>::new());
    let copy = |key: &str| {
        let value = order
            .contract
            .get(key)
            .map(|value| withheld::value(value, order.profile));
        value
            .filter(|value| value.as_array().is_some())
            .unwrap_or_else(empty)
    };
    let happened = |name: &str| draft.events.iter().any(|step| step.event == name);
    let approval = if happened("approval.granted") {
        "granted"
    } else if happened("approval.denied") {
        "denied"
    } else {
        "not-required"
    };
    let mode = order.contract.text("mutation_mode").unwrap_or_default();
    let mut members = vec![
        ("allowed_paths", copy("allowed_paths")),
        ("forbidden_paths", copy("forbidden_paths")),
        ("forbidden_actions_attempted", empty()),
        ("approval_status", Value::from(approval)),
    ];
    if order.profile.gates.rank(mode).is_some() {
        members.push(("mutation_mode", Value::from(mode)));
    }
    // A patch is applied by the recorder: there is no process to have been started.
    if matches!(order.engine, Engine::Exec { .. }) || draft.backend_exit.is_none() {
        let started = draft.backend_exit.is_some();
        members.push(("case_process_started", Value::from(started)));
    }
    if let Some(stage) = seen.stage {
        members.push(("stage", Value::from(i64::from(stage.number))));
        members.push(("allowed_mutation_scope", Value::from(&stage.scope)));
    }
    let flags = [
        (
            "source_repository_mutated",
            seen.untouched().map(|same| !same),
        ),
        ("target_repository_start_clean", seen.start_clean()),
        ("target_repository_ending_clean", seen.ending_clean),
    ];
    members.extend(
        flags
            .into_iter()
            .filter_map(|(key, flag)| Some((key, Value::from(flag?)))),
    );
    if !draft
        .further
        .iter()
        .any(|(key, _)| *key == "allowed_writes_passed")
    {
        members.push(("allowed_writes_passed", Value::from(true)));
    }
    members.append(&mut draft.further);
    draft.further = members;
}

/// The proof of the stage.
fn proof(order: &Order<'_>, stage: &Stage, seen: &Seen<'_>, draft: &RunDraft) -> Value {
    let executed = matches!(order.engine, Engine::Exec { .. });
    let mut proof = record! {
        "schema" => format!("cto.stage{}_proof.v1", stage.number),
        "run_id" => &draft.run_id,
        "target_repository_inspected" => false,
    };
    source(seen, &mut proof);
    let mut set = |key: &str, value: Value| seal::report_set(&mut proof, key, value);
    set("fixture_start_clean", Value::from(true));
    if let Some(clean) = seen.ending_clean {
        set("fixture_ending_clean", Value::from(clean));
    }
    let number = |name: &str| {
        let at = draft.events.iter().position(|step| step.event == name);
        at.map_or(Value::Null, |at| Value::from(at + 1))
    };
    set(
        "approval",
        record! {
            "requested" => number("approval.requested"),
            "granted" => number("approval.granted"),
            "denied" => number("approval.denied"),
        },
    );
    let roots = ["workspace", "run"].map(Value::from).to_vec();
    set("writable_roots", Value::from(roots));
    let texts = |items: &[String]| Value::from(items.iter().map(Value::from).collect::<Vec<_>>());
    let allowed = order
        .contract
        .get("allowed_paths")
        .cloned()
        .unwrap_or_default();
    let within = draft
        .further
        .iter()
        .find(|(key, _)| *key == "allowed_writes_passed");
    set(
        "allowed_writes",
        record! {
            "allowed_paths" => withheld::value(&allowed, order.profile),
            "changed_files" => texts(&draft.changed_files),
            "passed" => within.map_or(Value::Null, |(_, value)| value.clone()),
        },
    );
    let recorded = seen
        .policy_at
        .map_or(Value::Null, |at| Value::from(clock::rfc3339(at)));
    set(
        "branch_policy",
        record! {
            "branch" => "none: the workspace is a folder without a repository and without remotes",
            "recorded_at" => recorded,
            "push_allowed" => false,
        },
    );
    let (key, told) = match &seen.removed {
        Ok(()) => (
            "disposal",
            "removed by the harness when the run had ended".to_owned(),
        ),
        Err(why) => (
            "retention",
            format!("it could not be removed and stands in the machine's temporary folder: {why}"),
        ),
    };
    let mut repository = record! { "dir" => "workspace", "created_by" => "harness" };
    seal::report_set(&mut repository, key, Value::from(told));
    set("disposable_repository", repository);
    let actions = order.profile.evidence.forbidden_actions.iter();
    let actions: Object = actions
        .map(|action| (action.clone(), Value::from(false)))
        .collect();
    set("actions_attempted", Value::Object(actions));
    set("basis", basis(executed, order, seen));
    proof
}

/// The source before and after.
fn source(seen: &Seen<'_>, proof: &mut Value) {
    let after = seen.after.as_ref().ok();
    for (side, source) in [("before", Some(seen.before)), ("after", after)] {
        let mut set = |key: &str, value: Value| {
            seal::report_set(proof, &format!("source_{key}_{side}"), value);
        };
        set(
            "content",
            source.map_or(Value::Null, |one| Value::from(one.digest())),
        );
        if seen.before.git.is_none() {
            continue;
        }
        let git = source.and_then(|source| source.git.as_ref());
        let head = git.and_then(|git| git.head.as_ref());
        set("head", head.map_or(Value::Null, Value::from));
        let status = git.map(|git| git.unclean.as_deref().unwrap_or("clean"));
        set("status", status.map_or(Value::Null, Value::from));
    }
}

/// From what each fact is known, and what is not.
fn basis(executed: bool, order: &Order<'_>, seen: &Seen<'_>) -> Value {
    let (actions, target, writes) = if executed {
        (
            "the harness attempted none, and the backend's command line is none; what its process \
             did was not traced. It was given no credential, a home of its own, and no repository",
            "the harness opened the source alone; the backend's process was not confined",
            "workspace and source were compared file by file before and after; other places of the \
             machine were not watched",
        )
    } else {
        (
            "no backend was started; the harness applied a recorded patch and attempted none",
            "the harness opened the source alone",
            "workspace and source were compared file by file before and after",
        )
    };
    let verification = if order.may_execute {
        "the verification was started in the copy, unconfined and untraced"
    } else {
        "no program was started"
    };
    record! {
        "actions_attempted" => actions,
        "target_repository_inspected" => target,
        "allowed_writes" => writes,
        "verification" => verification,
        "start_clean" => seen.before.basis(),
    }
}
