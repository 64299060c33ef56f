// SPDX-License-Identifier: Apache-2.0
//! The events: form, completeness, order, end (specification, section 2.5).

use crate::governance::run::locate::Step;
use crate::governance::run::open::{EVENTS, EventLine, Run, Told};
use crate::governance::stamp;
use crate::support::pyjson::ordered::Value;

/// A line is no event of this run, or out of sequence.
pub fn malformed(run: &Run<'_>, _: bool) -> Vec<Told> {
    let mut told = Vec::new();
    let evidence = &run.profile.evidence;
    let limit = |key: &str| run.text(key).and_then(stamp::utc);
    let (start, end) = (limit("run_started_at"), limit("run_finished_at"));
    let mut last = start;
    for (index, line) in run.events.iter().enumerate() {
        let mut say = |text: String| told.push(run.on(line, format!("line {}: {text}", line.line)));
        match &line.value {
            Err(why) => {
                say(format!("it is no JSON: {why}"));
                continue;
            }
            Ok(value) if value.as_object().is_none() => {
                say("it is no JSON object".to_owned());
                continue;
            }
            Ok(_) => {}
        }
        match line.name() {
            None => say("it has no `event`".to_owned()),
            Some(name) if name.starts_with("x.") => {}
            Some(name) if evidence.events.iter().flatten().any(|known| known == name) => {}
            Some(name) => say(format!(
                "no event is called `{name}`; further ones begin with `x.`"
            )),
        }
        if line.text("run_id") != Some(run.name) {
            say("its `run_id` is not that of this run".to_owned());
        }
        let seq = line.get("seq").and_then(Value::as_i64);
        if seq != i64::try_from(index + 1).ok() {
            say(format!("its `seq` is not {}", index + 1));
        }
        if line.text("actor").is_none_or(str::is_empty) {
            say("it has no `actor`".to_owned());
        }
        if line
            .get("data")
            .is_some_and(|data| data.as_object().is_none())
        {
            say("its `data` is no object".to_owned());
        }
        match line.text("ts").and_then(stamp::utc) {
            None => say("its `ts` is no time in UTC that ends in `Z`".to_owned()),
            Some(ts) => {
                if last.is_some_and(|last| ts < last) {
                    say("its time lies before that of the line before it".to_owned());
                }
                if end.is_some_and(|end| ts > end) {
                    say("its time lies after the end of the run".to_owned());
                }
                last = last.max(Some(ts));
            }
        }
    }
    told
}

/// A required event is absent for this outcome.
pub fn missing(run: &Run<'_>, pass: bool) -> Vec<Told> {
    if run.declares(pass, &["missing_required_event"]) || run.files.get(EVENTS).is_none() {
        return Vec::new();
    }
    let evidence = &run.profile.evidence;
    let needed = if pass {
        &evidence.passes
    } else {
        &evidence.always
    };
    let absent = needed
        .iter()
        .filter(|name| run.named(name).next().is_none());
    absent
        .map(|name| Told::of(EVENTS, format!("there is no event `{name}`")))
        .collect()
}

/// The order is another than the specification's.
pub fn order(run: &Run<'_>, pass: bool) -> Vec<Told> {
    if run.declares(pass, &["missing_required_event"]) {
        return Vec::new();
    }
    let mut told = Vec::new();
    let evidence = &run.profile.evidence;
    let role = &evidence.role;
    if let Some(first) = run.events.first()
        && first.name() != Some(&role.started)
    {
        told.push(run.on(first, format!("the first event is not `{}`", role.started)));
    }
    for name in evidence.once.iter().filter(|name| **name != role.completed) {
        if let Some(second) = run.named(name).nth(1) {
            told.push(run.on(second, format!("`{name}` occurs more than once")));
        }
    }
    // First of each place, in the order of places.
    let mut latest: Option<(&EventLine, &str)> = None;
    for place in &evidence.events {
        let ours = |line: &&EventLine| {
            line.name()
                .is_some_and(|name| place.iter().any(|one| one == name))
        };
        let Some(first) = run.events.iter().find(ours) else {
            continue;
        };
        let name = first.name().unwrap_or_default();
        if let Some((before, other)) = latest
            && first.line < before.line
        {
            told.push(run.on(
                first,
                format!("`{name}` comes before `{other}`, and must follow it"),
            ));
        } else {
            latest = Some((first, name));
        }
    }
    if let Some(mutation) = run.named(&role.mutated).last() {
        for name in [&role.diffed, &role.verified] {
            if let Some(check) = run.named(name).last()
                && check.line < mutation.line
            {
                let text = format!("the last `{name}` comes before the last `{}`", role.mutated);
                told.push(run.on(check, text));
            }
        }
    }
    if let Some(gate) = run.named(&role.gated).next() {
        let after = [&role.mutated, &role.diffed];
        let late = run.events.iter().filter(|line| line.line > gate.line);
        for line in late.filter(|line| after.iter().any(|name| line.name() == Some(name))) {
            told.push(run.on(line, "the run goes on behind the gate that stopped it"));
        }
    }
    told
}

/// The last event is not the one end, or says something else than the report.
pub fn terminal(run: &Run<'_>, _: bool) -> Vec<Told> {
    let role = &run.profile.evidence.role.completed;
    if run.files.get(EVENTS).is_none() {
        return Vec::new();
    }
    let ends: Vec<&EventLine> = run.named(role).collect();
    let mut told = Vec::new();
    let Some(end) = ends.first() else {
        return vec![Told::of(EVENTS, format!("the run has no end: no `{role}`"))];
    };
    if let Some(second) = ends.get(1) {
        told.push(run.on(second, format!("`{role}` occurs more than once")));
    }
    if run.events.last().map(|last| last.line) != ends.last().map(|end| end.line) {
        told.push(run.on(end, format!("`{role}` is not the last event")));
    }
    let said = end.data("status").and_then(Value::as_str);
    if run.status().is_some() && said != run.status() {
        let text = format!(
            "the events end with status `{}`, the report says `{}`",
            said.unwrap_or("none"),
            run.status().unwrap_or_default()
        );
        told.push(run.on(end, text));
    }
    told
}

/// The event of a closed gate lacks a member, or says that the backend ran.
pub fn gate(run: &Run<'_>, _: bool) -> Vec<Told> {
    let evidence = &run.profile.evidence;
    let mut told = Vec::new();
    for line in run.named(&evidence.role.gated) {
        for key in &evidence.gate_members {
            let said = line.data(key).and_then(Value::as_str);
            if said.is_none_or(|text| text.trim().is_empty()) {
                told.push(run.on(
                    line,
                    format!("the event of the closed gate does not state `{key}`"),
                ));
            }
        }
        let executed = &evidence.key.gate_executed;
        if line.data(executed).and_then(Value::as_bool) != Some(false) {
            told.push(run.on(
                line,
                format!("the event of the closed gate does not say that `{executed}` is false"),
            ));
        }
        if let (Some(said), Some(is)) = (
            line.data("backend").and_then(Value::as_str),
            run.text("backend"),
        ) && said != is
        {
            told.push(run.on(
                line,
                format!("the gate stopped `{said}`, the report is about `{is}`"),
            ));
        }
    }
    told
}

/// Something is left out without a reason.
pub fn unreasoned(run: &Run<'_>, pass: bool) -> Vec<Told> {
    let mut told = Vec::new();
    for (area, reason) in run
        .get("not_applicable")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if reason.as_str().is_none_or(|text| text.trim().is_empty()) {
            let at = [Step::Key("not_applicable"), Step::Key(area)];
            told.push(run.at(
                &at,
                format!("`{area}` is said not to apply, without a reason"),
            ));
        }
    }
    if pass || run.object().is_none() || run.declares(pass, &["missing_required_event"]) {
        return told;
    }
    let reasons = run.get("not_applicable");
    for (event, area) in &run.profile.evidence.areas {
        let given = reasons.is_some_and(|reasons| reasons.get(area).is_some());
        if run.named(event).next().is_none() && !given {
            told.push(Told::of(
                EVENTS,
                format!("there is no `{event}`, and `not_applicable.{area}` gives no reason"),
            ));
        }
    }
    told
}
