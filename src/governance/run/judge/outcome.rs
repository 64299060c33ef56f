// SPDX-License-Identifier: Apache-2.0
//! Status, blockers, exit codes, verification, markers, gates and identity (specification, sections
//! 2.1, 2.7, 2.8 and 3.9).

use crate::governance::profile::Failure;
use crate::governance::run::locate::Step;
use crate::governance::run::open::{EventLine, Run, Told};
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;

pub(super) fn entries<'r>(run: &'r Run<'_>) -> &'r [Value] {
    let list = run.get("verification").and_then(Value::as_array);
    list.unwrap_or_default()
}

/// An entry that did not pass.
pub(super) fn failed(entry: &Value) -> bool {
    entry.get("passed").and_then(Value::as_bool) != Some(true)
        || entry.get("exit_code").and_then(Value::as_i64) != Some(0)
}

/// A pass with a blocker, a failed verification, or another fact that speaks against it.
pub fn blocked_pass(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    if !pass {
        return told;
    }
    let blockers = run.get("blockers").and_then(Value::as_array);
    if blockers.is_some_and(|list| !list.is_empty()) {
        told.push(run.at(&[Step::Key("blockers")], "a pass with blockers"));
    }
    for (index, entry) in entries(run).iter().enumerate() {
        if failed(entry) {
            let at = [Step::Key("verification"), Step::Item(index)];
            told.push(run.at(&at, "a pass with a verification that failed"));
        }
    }
    let flags = [
        "required_events_passed",
        "tests_passed",
        "allowed_writes_passed",
        "allowed_paths_passed",
        "forbidden_paths_passed",
        "target_repository_start_clean",
        "target_repository_ending_clean",
    ];
    for key in flags {
        if run.flag(key) == Some(false) {
            told.push(run.at(
                &[Step::Key(key)],
                format!("a pass although `{key}` is false"),
            ));
        }
    }
    if run.text("operator_outcome") == Some("rejected") {
        let at = [Step::Key("operator_outcome")];
        told.push(run.at(&at, "a pass that the operator rejected"));
    }
    if run
        .text("failure_reason")
        .is_some_and(|reason| !reason.is_empty())
    {
        let at = [Step::Key("failure_reason")];
        told.push(run.at(&at, "a pass with a reason for its failure"));
    }
    for line in run.named(&run.profile.evidence.role.verified) {
        let passed = line.data("passed").and_then(Value::as_bool);
        let exit = line.data("exit_code").and_then(Value::as_i64);
        if passed == Some(false) || exit.is_some_and(|exit| exit != 0) {
            told.push(run.on(line, "a pass with an event of a verification that failed"));
        }
    }
    told
}

/// Not a pass, and no known reason.
pub fn unexplained(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    if run.object().is_none() {
        return told;
    }
    let at = [Step::Key("blockers")];
    let codes = run.codes();
    if !pass && codes.is_empty() && run.get("blockers").is_some() {
        told.push(run.at(&at, "the run did not pass, and no blocker says why"));
    }
    for code in codes {
        if run.profile.evidence.failure(code).is_none() && !code.starts_with("x.") {
            told.push(run.at(
                &at,
                format!("no blocker is called `{code}`; further ones begin with `x.`"),
            ));
        }
    }
    told
}

/// A blocker whose status, event or mapping is another than its row says.
pub fn rows(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let codes = run.codes();
    let rows: Vec<&Failure> = codes
        .iter()
        .filter_map(|code| run.profile.evidence.failure(code))
        .collect();
    let at = [Step::Key("blockers")];
    if let Some(status) = run.status().filter(|status| *status != "pass")
        && !rows.is_empty()
        && !rows.iter().any(|row| row.status == status)
    {
        let text = format!(
            "`{}` makes a run `{}`, not `{status}`",
            rows[0].code, rows[0].status
        );
        told.push(run.at(&at, text));
    }
    for row in rows {
        if let Some(event) = &row.event
            && run.named(event).next().is_none()
        {
            told.push(run.at(
                &at,
                format!(
                    "`{}` is carried by `{event}`, which is not among the events",
                    row.code
                ),
            ));
        }
        if row.not_started && run.started() == Some(true) {
            told.push(run.at(
                &at,
                format!(
                    "`{}` stops a run before its process starts, and this one's was started",
                    row.code
                ),
            ));
        }
        for fact in &row.mapping {
            if !maps(run, fact) {
                told.push(run.at(
                    &at,
                    format!(
                        "`{}` asks for `{fact}`, which this run does not show",
                        row.code
                    ),
                ));
            }
        }
    }
    told
}

fn maps(run: &Run<'_>, fact: &str) -> bool {
    let empty = run.patch.as_ref().is_none_or(|patch| patch.is_empty());
    let log = |name: &str| {
        run.files
            .get(name)
            .is_some_and(|bytes| !bytes.trim_ascii().is_empty())
    };
    match fact {
        "empty-patch" => {
            empty
                && run
                    .names("changed_files")
                    .is_none_or(|files| files.is_empty())
        }
        "patch" => !empty,
        "no-mutation" => {
            empty
                && run
                    .named(&run.profile.evidence.role.mutated)
                    .next()
                    .is_none()
        }
        "writes-refused" => run.flag("allowed_writes_passed") == Some(false),
        "verification-failed" => entries(run).iter().any(failed),
        "verification-missing" => entries(run)
            .iter()
            .any(|entry| entry.get("missing").and_then(Value::as_bool) == Some(true)),
        "test-log" => log("test.log"),
        "backend-log" => run
            .files
            .content
            .keys()
            .any(|name| name.starts_with("backend/") && log(name)),
        "approval-denied" => run.text("approval_status") == Some("denied"),
        fact => fact.strip_prefix("trace:").is_some_and(|word| {
            let holds =
                |line: &EventLine| line.text("step").is_some_and(|step| step.contains(word));
            run.trace.iter().any(holds)
        }),
    }
}

/// Exit codes contradict the status.
pub fn exits(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let backend = run.get("backend_exit_code");
    let at = [Step::Key("backend_exit_code")];
    if pass && backend.is_some_and(|code| code.as_i64() != Some(0)) {
        told.push(run.at(&at, "a pass whose backend did not end with exit code 0"));
    }
    if backend.is_some_and(Value::is_null) && run.started() == Some(true) {
        told.push(run.at(&at, "the process was started and has no exit code"));
    }
    if backend.is_some_and(|code| !code.is_null()) && run.started() == Some(false) {
        told.push(run.at(&at, "the process was not started and has an exit code"));
    }
    let timed_out = ["timeout", "lifecycle_timeout_after_patch"];
    if backend.and_then(Value::as_i64) == Some(124) && !run.declares(pass, &timed_out) {
        told.push(run.at(&at, "exit code 124 is a timeout, and no blocker says so"));
    }
    let harness = run.get("harness_exit_code").and_then(Value::as_i64);
    if harness.is_some_and(|code| (code == 0) != pass) {
        let at = [Step::Key("harness_exit_code")];
        let text = if pass {
            "a pass whose harness did not end with exit code 0"
        } else {
            "the harness ended with exit code 0 although the run did not pass"
        };
        told.push(run.at(&at, text));
    }
    told
}

/// No verification, or a log that is not its log.
pub fn unverified(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    if run.get("verification").is_none() {
        return told;
    }
    let entries = entries(run);
    let at = [Step::Key("verification")];
    let reasoned = run
        .get("not_applicable")
        .and_then(|areas| areas.text("verification"))
        .is_some_and(|why| !why.trim().is_empty());
    if entries.is_empty() && (pass || !reasoned) {
        told.push(run.at(&at, "nothing was verified"));
    }
    for command in run
        .contract
        .iter()
        .flat_map(|contract| &contract.verification_commands)
    {
        let ran = entries
            .iter()
            .any(|entry| entry.text("command") == Some(command));
        if pass && !ran && !entries.is_empty() {
            told.push(run.at(
                &at,
                format!("the contract asks for `{command}`, which was not run"),
            ));
        }
    }
    let Some(log) = run.files.get("test.log") else {
        return told;
    };
    if log.trim_ascii().is_empty() {
        told.push(Told::of("test.log", "the log of the verification is empty"));
        return told;
    }
    for (index, entry) in entries.iter().enumerate() {
        let named = entry.text("log").unwrap_or("test.log");
        let Some(log) = run.files.get(named) else {
            continue;
        };
        let text = String::from_utf8_lossy(log);
        let command = entry.text("command").unwrap_or_default();
        let at = [Step::Key("verification"), Step::Item(index)];
        if !text.contains(command) {
            told.push(run.at(
                &at,
                format!("`{named}` does not show the command of this entry"),
            ));
        }
        let codes = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("exit code: "));
        let mut codes = codes
            .filter_map(|code| code.trim().parse::<i64>().ok())
            .peekable();
        let exit = entry.get("exit_code").and_then(Value::as_i64);
        if codes.peek().is_some() && exit.is_some() && !codes.any(|code| Some(code) == exit) {
            told.push(run.at(
                &at,
                format!("`{named}` shows another exit code than this entry"),
            ));
        }
    }
    told
}

/// A marker of the backend contradicts the report.
pub fn markers(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    for marker in &run.profile.evidence.markers {
        let file = format!("backend/{}", marker.file);
        if run.files.get(&file).is_none() {
            continue;
        }
        let status = if pass { Some("pass") } else { run.status() };
        let known = |status: &str| marker.status.iter().any(|known| known == status);
        if !marker.status.is_empty() && status.is_some_and(|status| !known(status)) {
            let text = format!(
                "this marker makes a run {}, the report says `{}`",
                marker.status.join(" or "),
                status.unwrap_or_default()
            );
            told.push(Told::of(&file, text));
        }
        if marker.not_started && run.started() == Some(true) {
            told.push(Told::of(
                &file,
                "this marker says that the process was not started, the report that it was",
            ));
        }
    }
    told
}

/// The process was started although a gate was missing or closed.
pub fn ungated(run: &Run<'_>, _: bool) -> Vec<Told> {
    let evidence = &run.profile.evidence;
    let steps = &evidence.trace;
    let trace = "trace.jsonl";
    let step = |line: &EventLine, name: &str| line.text("step") == Some(name);
    let begun = run.trace.iter().find(|line| step(line, &steps.started));
    let started = run.started() == Some(true)
        || begun.is_some_and(|line| line.get("ok").and_then(Value::as_bool) != Some(false));
    let mut told = Vec::new();
    if !started {
        return told;
    }
    let is_gate = |line: &&EventLine| {
        line.text("step")
            .is_some_and(|name| name.starts_with(steps.gate.as_str()))
    };
    let closed = |line: &EventLine| line.get("ok").and_then(Value::as_bool) != Some(true);
    for gate in run.trace.iter().filter(is_gate) {
        if closed(gate) {
            told.push(run.on_line(
                trace,
                gate,
                "the process was started although this gate was closed",
            ));
        } else if begun.is_some_and(|begun| begun.line < gate.line) {
            told.push(run.on_line(
                trace,
                gate,
                "this gate was asked after the process was started",
            ));
        }
    }
    for gate in run.named(&evidence.role.gated) {
        told.push(run.on(gate, "a gate stopped the run, and its process was started"));
    }
    if run.is_candidate() {
        if run.trace.iter().find(is_gate).is_none() && run.files.get(trace).is_some() {
            told.push(Told::of(
                trace,
                "the process was started, and no gate was asked",
            ));
        }
        let admitted = run.text("source_admission_status");
        if !matches!(admitted, Some("admitted" | "current")) {
            let at = [Step::Key("source_admission_status")];
            told.push(run.at(
                &at,
                "the process was started, and its source is not admitted",
            ));
        }
    }
    let dirty = run
        .trace
        .iter()
        .find(|line| step(line, &steps.start_check) && closed(line));
    if let Some(check) = dirty
        && begun.is_some()
    {
        told.push(run.on_line(
            trace,
            check,
            "the process was started in a tree that was not clean",
        ));
    }
    let time = |line: &EventLine| line.text("ts").and_then(stamp::utc);
    let grant = run.named(&evidence.role.granted).next();
    if let (Some(begun), Some(grant)) = (begun, grant)
        && run.needs_approval()
        && time(begun).is_some()
        && time(begun) < time(grant)
    {
        told.push(run.on_line(
            trace,
            begun,
            "the process was started before the approval was given",
        ));
    }
    told
}

/// The candidate's model is not the admitted pair.
pub fn fallback(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let key = &run.profile.evidence.key;
    let acted = run.started() == Some(true) || pass;
    if !run.is_candidate() || !acted || run.declares(pass, &["fallback_identity"]) {
        return Vec::new();
    }
    let mut told = Vec::new();
    let mut say = |member: &str, text: String| told.push(run.at(&[Step::Key(member)], text));
    if pass && run.started() != Some(true) {
        say(
            &key.process_started,
            "a pass of the candidate whose process was not started".to_owned(),
        );
    }
    let status = run.text(&key.model_admission);
    if status != Some("admitted") {
        let status = status.unwrap_or("not stated");
        say(
            &key.model_admission,
            format!("the model's admission is `{status}`, and the process was started"),
        );
    }
    for (member, admitted) in [(&key.provider, "provider"), (&key.model, "model")] {
        let said = run.text(member).unwrap_or_default();
        if said.is_empty() {
            say(
                member,
                format!("the process was started, and `{member}` is not stated"),
            );
            continue;
        }
        let admission = run.wishes.model.as_ref();
        if let Some(value) = admission.and_then(|admission| admission.text(admitted))
            && value != said
        {
            say(
                member,
                format!("`{member}` is another than the admission's"),
            );
        }
        let gate = run
            .trace
            .iter()
            .find(|line| line.text("step") == Some(run.profile.evidence.trace.model_gate.as_str()));
        if let Some(value) = gate.and_then(|gate| gate.text(admitted))
            && value != said
        {
            say(
                member,
                format!("`{member}` is another than the one that the gate admitted"),
            );
        }
    }
    let admission = run
        .wishes
        .model
        .as_ref()
        .and_then(|admission| admission.text("status"));
    if admission.is_some_and(|status| status != "admitted") {
        say(
            &key.model_admission,
            "the admission that was handed in does not admit".to_owned(),
        );
    }
    told
}
