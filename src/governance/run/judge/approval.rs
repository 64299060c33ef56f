// SPDX-License-Identifier: Apache-2.0
//! Approvals: whether one was needed, whole, in time, by somebody else (specification, section 2.6).

use crate::governance::profile::Evidence;
use crate::governance::run::locate::Step;
use crate::governance::run::open::{EVENTS, EventLine, Run, Told};
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;
use jiff::Timestamp;

fn requested<'r>(run: &'r Run<'_>) -> Option<&'r EventLine> {
    run.named(&run.profile.evidence.role.requested).next()
}

fn granted<'r>(run: &'r Run<'_>) -> Option<&'r EventLine> {
    run.named(&run.profile.evidence.role.granted).next()
}

fn denied<'r>(run: &'r Run<'_>) -> Option<&'r EventLine> {
    run.named(&run.profile.evidence.role.denied).next()
}

fn mutated<'r>(run: &'r Run<'_>) -> Option<&'r EventLine> {
    run.named(&run.profile.evidence.role.mutated).next()
}

fn time(line: &EventLine) -> Option<Timestamp> {
    stamp::utc(line.text("ts")?)
}

fn stated(line: &EventLine, key: &str) -> Option<Timestamp> {
    stamp::utc(line.data(key)?.as_str()?)
}

/// The mode needs an approval, and there is no pair of request and decision.
pub fn missing(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let acted = mutated(run).is_some() || run.started() == Some(true);
    if !run.needs_approval() || !(pass || acted) || run.files.get(EVENTS).is_none() {
        return Vec::new();
    }
    let role = &run.profile.evidence.role;
    let mut told = Vec::new();
    if requested(run).is_none() {
        told.push(Told::of(
            EVENTS,
            format!(
                "the mode needs an approval, and there is no `{}`",
                role.requested
            ),
        ));
    }
    let decided =
        granted(run).is_some() || (!pass && mutated(run).is_none() && denied(run).is_some());
    if !decided {
        told.push(Told::of(
            EVENTS,
            format!(
                "the mode needs an approval, and there is no `{}`",
                role.granted
            ),
        ));
    }
    told
}

/// Every event of an approval.
fn all<'r>(run: &'r Run<'_>) -> impl Iterator<Item = &'r EventLine> {
    let role = &run.profile.evidence.role;
    let names = [role.requested.as_str(), &role.granted, &role.denied];
    let ours = move |line: &&EventLine| line.name().is_some_and(|name| names.contains(&name));
    run.events.iter().filter(ours)
}

/// An event of an approval lacks a member.
pub fn incomplete(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let role = &run.profile.evidence.role;
    for line in all(run) {
        let name = line.name().unwrap_or_default();
        for key in &run.profile.evidence.approval.members {
            let value = line.data(key);
            let reasoned = line
                .data("expiry_reason")
                .and_then(Value::as_str)
                .is_some_and(|why| !why.is_empty());
            let good = match value {
                None => false,
                Some(Value::Null) => key == "expiry" && (reasoned || name == role.denied),
                Some(value) => match key.as_str() {
                    "timestamp" | "expiry" => value.as_str().and_then(stamp::utc).is_some(),
                    _ => value.as_str().is_some_and(|text| !text.trim().is_empty()),
                },
            };
            if !good {
                told.push(run.on(line, format!("`{name}` does not state `{key}`")));
            }
        }
        if let (Some(actor), Some(outer)) = (
            line.data("actor").and_then(Value::as_str),
            line.text("actor"),
        ) && actor != outer
        {
            told.push(run.on(line, format!("`{name}` names two actors")));
        }
    }
    told
}

/// The grant comes after the first change.
pub fn late(run: &Run<'_>, _: bool) -> Vec<Told> {
    let (Some(grant), Some(change)) = (granted(run), mutated(run)) else {
        return Vec::new();
    };
    let changed = time(change);
    let after =
        |moment: Option<Timestamp>| moment.is_some() && changed.is_some() && moment > changed;
    if grant.line > change.line {
        return vec![run.on(grant, "the approval was given after the first change")];
    }
    if after(time(grant)) || after(stated(grant, "timestamp")) {
        return vec![run.on(
            grant,
            "by its time, the approval was given after the first change",
        )];
    }
    Vec::new()
}

/// Something happened after a denial, or the run passed all the same.
pub fn continued(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let Some(denial) = denied(run) else {
        return Vec::new();
    };
    let end = &run.profile.evidence.role.completed;
    let later = run.events.iter().filter(|line| line.line > denial.line);
    let mut told: Vec<Told> = later
        .filter(|line| line.name() != Some(end))
        .map(|line| run.on(line, "the run went on after the approval was denied"))
        .collect();
    if pass {
        told.push(run.on(
            denial,
            "the approval was denied, and the run claims to have passed",
        ));
    }
    told
}

/// The approval had expired, or was for something else.
pub fn expired(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let Some(grant) = granted(run) else {
        return told;
    };
    let change = mutated(run);
    if let Some(moment) = change.and_then(time)
        && stated(grant, "expiry").is_some_and(|expiry| expiry < moment)
    {
        told.push(run.on(grant, "the approval had expired at the first change"));
    }
    if let Some(request) = requested(run) {
        for key in ["scope", "mutation_mode"] {
            let (asked, given) = (request.data(key), grant.data(key));
            if asked.is_some() && given.is_some() && asked != given {
                told.push(run.on(
                    grant,
                    format!("`{key}` of the approval is another than was asked for"),
                ));
            }
        }
    }
    let mode = grant.data("mutation_mode").and_then(Value::as_str);
    let gates = &run.profile.gates;
    if let Some(mode) = mode.filter(|_| pass || change.is_some()) {
        let wider =
            |used: &&&str| gates.rank(used) > gates.rank(mode) || gates.rank(used).is_none();
        if let Some(used) = run.modes().iter().find(wider) {
            told.push(run.on(
                grant,
                format!("the approval is for `{mode}`, the run's mode is `{used}`"),
            ));
        }
    }
    told
}

/// Whether an actor is a backend: a lane of the profile, or one of these names.
pub fn is_own(actor: &str, names: &[&str], evidence: &Evidence) -> bool {
    let lanes = evidence.lanes.iter().map(String::as_str);
    let own: Vec<&str> = lanes
        .chain([evidence.candidate.as_str()])
        .chain(names.iter().copied())
        .collect();
    let parts = actor.split([':', '/', '@']).chain([actor]).map(str::trim);
    let is = |part: &str| own.iter().any(|own| own.eq_ignore_ascii_case(part));
    parts.into_iter().any(is)
}

/// Whoever decided is the one that was to be approved.
pub fn own(run: &Run<'_>, _: bool) -> Vec<Told> {
    let evidence = &run.profile.evidence;
    let key = &evidence.key;
    let named = [
        "backend",
        key.provider.as_str(),
        &key.model,
        &key.runtime_provider,
    ];
    let selves: Vec<&str> = named.into_iter().filter_map(|key| run.text(key)).collect();
    let deciding = [evidence.role.granted.as_str(), &evidence.role.denied];
    let mut told = Vec::new();
    for line in all(run).filter(|line| line.name().is_some_and(|name| deciding.contains(&name))) {
        let actors = [
            line.text("actor"),
            line.data("actor").and_then(Value::as_str),
        ];
        let is_self = |actor: &str| is_own(actor, &selves, evidence);
        if actors.into_iter().flatten().any(is_self) {
            told.push(run.on(
                line,
                "the approval was decided by the backend, its model or its provider",
            ));
        }
    }
    told
}

/// `approval_status` is another than the events say.
pub fn status(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let role = &run.profile.evidence.role;
    let last = all(run).last().and_then(EventLine::name);
    let derived = match last {
        None => "not-required",
        Some(name) if name == role.granted => "granted",
        Some(name) if name == role.denied => "denied",
        Some(_) => "requested",
    };
    let mut told = Vec::new();
    if let Some(said) = run.text("approval_status")
        && said != derived
    {
        let text = format!("`approval_status` is `{said}`, the events say `{derived}`");
        told.push(run.at(&[Step::Key("approval_status")], text));
    }
    if pass && matches!(derived, "requested" | "denied") {
        told.push(run.at(
            &[Step::Key("approval_status")],
            "a pass whose approval was not granted",
        ));
    }
    // What the proof of a stage says of the events, by their numbers.
    for (file, document) in &run.documents {
        let Some(proof) = document
            .as_ref()
            .ok()
            .and_then(|document| document.get("approval"))
        else {
            continue;
        };
        for (key, line) in [
            ("requested", requested(run)),
            ("granted", granted(run)),
            ("denied", denied(run)),
        ] {
            let said = proof.get(key).and_then(Value::as_i64);
            let is = line.and_then(|line| line.get("seq")?.as_i64());
            if proof.get(key).is_some() && said != is {
                let at = [Step::Key("approval"), Step::Key(key)];
                told.push(run.within(
                    file,
                    &at,
                    format!("`approval.{key}` names another event than the events do"),
                ));
            }
        }
    }
    told
}
