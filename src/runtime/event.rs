// SPDX-License-Identifier: Apache-2.0
//! `ccr event list|tail|verify`: reading the blackboard and holding it against its chain.

use super::{Answer, Outcome, Reply, Runtime, layout, residual, store};
use crate::object;
use crate::support::pyjson::Value;

/// Which events to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Id of the object they are about.
    pub object: Option<&'a str>,
    /// For example `task.lease`.
    pub action: Option<&'a str>,
    /// Who acted.
    pub actor: Option<&'a str>,
    /// The last so many of those that fit.
    pub last: Option<usize>,
}

impl Filter<'_> {
    fn takes(&self, event: &Value) -> bool {
        let is = |key: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| event.text(key) == Some(wanted))
        };
        is("object_id", self.object) && is("action", self.action) && is("actor", self.actor)
    }
}

/// `ccr event list`, `ccr event tail`
///
/// # Errors
/// The log cannot be read.
pub fn list(runtime: &Runtime, filter: Filter<'_>) -> Answer {
    let mut events = runtime.store.events()?;
    events.retain(|event| filter.takes(event));
    let from = filter
        .last
        .map_or(0, |last| events.len().saturating_sub(last));
    let events = events.split_off(from);
    Ok(Reply::done(object! {
        "count" => events.len(),
        "events" => events,
        "ok" => true,
    }))
}

/// `ccr event verify`
///
/// # Errors
/// The log or its chain cannot be read.
pub fn verify(runtime: &Runtime) -> Answer {
    let report = store::verify_chain(runtime.root())?;
    let mut body = object! {
        "chained" => report.chained,
        "head" => report.head.as_str(),
        "lines" => report.lines,
        "ok" => report.fault.is_none(),
        "unchained" => report.unchained,
    };
    if let Some(line) = report.torn {
        body.set(
            "torn",
            object! {
                "line" => line,
                "reason" => "the last line does not end; `ccr doctor --repair` ends it",
            },
        );
    }
    let Some(fault) = report.fault else {
        return Ok(Reply::done(body));
    };
    let why = format!("{}:{}: {}", layout::EVENTS, fault.line, fault.reason);
    let draft = residual::Draft {
        kind: "hazard".to_owned(),
        description: format!("The log and its chain part: {why}"),
        blocking: true,
        object_type: "runtime".to_owned(),
        object_id: layout::EVENTS.to_owned(),
        refs: vec![layout::CHAIN.to_owned()],
        source: "ccr.event.verify".to_owned(),
        repair_hint: "Compare the log with a copy from before that line; do not rewrite either \
                      file."
            .to_owned(),
        severity: "high".to_owned(),
        ..residual::Draft::default()
    };
    body.set("error", why);
    body.set(
        "fault",
        object! { "line" => fault.line, "reason" => fault.reason },
    );
    body.set("residual_ready", draft.build(&super::now()));
    Ok(Reply::ending(body, Outcome::Refused))
}
