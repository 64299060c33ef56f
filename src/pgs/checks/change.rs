// SPDX-License-Identifier: Apache-2.0
//! What a reviewer of a new snapshot asks first: what of the executed parts differs from the one
//! that was reviewed before (specification of the PGS runtime, section 12)? Prose and digests are
//! left out; everything else of an artifact is compared, member by member.

use super::context::{Context, Found, Loaded, pointer};
use crate::pgs::fqdn::Kind;
use crate::rules::Rule;
use crate::support::pyjson::ordered::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// The members of an artifact that say what is executed.
const EXECUTED: &[&str] = &["frontmatter", "ct_ir", "cs_ir"];

/// One difference.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    /// The artifact's full name.
    artifact: String,
    /// Its file, in the new snapshot where it is there.
    path: String,
    /// What it concerns, such as `edge`.
    about: &'static str,
    /// Where: members, from the outside; entries of lists by their position in the new snapshot.
    at: Vec<String>,
    /// The same as a reader names it: steps by their names.
    place: String,
    how: How,
}

#[derive(Debug, Clone, PartialEq)]
enum How {
    Added(String),
    Removed(String),
    Changed(String, String),
    Moved,
}

/// P-DIFF.
pub(super) fn changed(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let Some(before) = context.before else {
        return;
    };
    for change in changes(before, context) {
        let place = match change.place.as_str() {
            "" => String::new(),
            place => format!(" at {place}"),
        };
        let how = match &change.how {
            How::Added(what) => format!("{what} is new"),
            How::Removed(what) => format!("{what} is gone"),
            How::Changed(was, is) => format!("{was} became {is}"),
            How::Moved => "the order is another".to_owned(),
        };
        let text = format!("`{}`, {}{place}: {how}.", change.artifact, change.about);
        found.drafts.push(match change.about {
            // No place: the line would show what must not be shown.
            "policy" => context.file(rule, &change.path, text),
            _ => context.member(rule, &change.path, &pointer(&change.at), text),
        });
    }
}

/// The same for programs.
pub(in crate::pgs) fn facts(before: &Context<'_>, after: &Context<'_>) -> serde_json::Value {
    let listed = changes(before, after).into_iter().map(|change| {
        let how = match change.how {
            How::Added(_) => "added",
            How::Removed(_) => "removed",
            How::Changed(..) => "changed",
            How::Moved => "moved",
        };
        json!({
            "artifact": change.artifact,
            "about": change.about,
            "at": change.place,
            "change": how,
        })
    });
    listed.collect()
}

/// Every difference, by artifact.
fn changes(before: &Context<'_>, after: &Context<'_>) -> Vec<Change> {
    let named = |context: &'_ Context<'_>| -> BTreeMap<String, usize> {
        let all = context.artifacts.iter().enumerate().rev();
        all.map(|(at, loaded)| (loaded.fqdn().to_string(), at))
            .collect()
    };
    let (old, new) = (named(before), named(after));
    let mut found = Vec::new();
    for name in old
        .keys()
        .chain(new.keys().filter(|n| !old.contains_key(*n)))
    {
        let was = old.get(name).map(|at| &before.artifacts[*at]);
        let is = new.get(name).map(|at| &after.artifacts[*at]);
        match (was, is) {
            (Some(was), Some(is)) => compare(was, is, &mut found),
            (Some(gone), None) => {
                found.push(whole(gone, How::Removed("the artifact".to_owned())));
            }
            (None, Some(added)) => {
                found.push(whole(added, How::Added("the artifact".to_owned())));
            }
            (None, None) => {}
        }
    }
    found
}

fn whole(loaded: &Loaded, how: How) -> Change {
    Change {
        artifact: loaded.fqdn().to_string(),
        path: loaded.path.clone(),
        about: loaded.fqdn().kind().tag(),
        at: Vec::new(),
        place: String::new(),
        how,
    }
}

fn compare(was: &Loaded, is: &Loaded, found: &mut Vec<Change>) {
    let mut walk = Walk {
        is,
        at: Vec::new(),
        names: Vec::new(),
        found,
    };
    let null = Value::Null;
    for member in EXECUTED {
        let old = was.body().get(member).unwrap_or(&null);
        let new = is.body().get(member).unwrap_or(&null);
        walk.within((*member).to_owned(), (*member).to_owned(), |walk| {
            walk.values(old, new);
        });
    }
}

struct Walk<'a> {
    is: &'a Loaded,
    at: Vec<String>,
    names: Vec<String>,
    found: &'a mut Vec<Change>,
}

impl Walk<'_> {
    fn within(&mut self, key: String, name: String, inner: impl FnOnce(&mut Self)) {
        self.at.push(key);
        self.names.push(name);
        inner(self);
        self.at.pop();
        self.names.pop();
    }

    fn push(&mut self, how: How) {
        // `frontmatter` and `core` stand around everything and say nothing.
        let place = self.names.iter().map(String::as_str);
        let place = place.filter(|name| !matches!(*name, "frontmatter" | "core"));
        self.found.push(Change {
            artifact: self.is.fqdn().to_string(),
            path: self.is.path.clone(),
            about: about(self.is.fqdn().kind(), &self.names),
            at: self.at.clone(),
            place: place.collect::<Vec<_>>().join("."),
            how,
        });
    }

    fn values(&mut self, old: &Value, new: &Value) {
        if old == new {
            return;
        }
        match (old, new) {
            (Value::Object(was), Value::Object(is)) => {
                let null = Value::Null;
                let gone = was.keys().filter(|name| !is.contains_key(*name));
                for name in is.keys().chain(gone) {
                    let (old, new) = (was.get(name), is.get(name));
                    // Prose for readers, wherever it stands.
                    if name == "summary"
                        && [old, new].iter().flatten().all(|v| v.as_str().is_some())
                    {
                        continue;
                    }
                    self.within(name.clone(), name.clone(), |walk| match (old, new) {
                        (Some(old), Some(new)) => walk.values(old, new),
                        (Some(old), None) => walk.values(old, &null),
                        (None, Some(new)) => walk.values(&null, new),
                        (None, None) => {}
                    });
                }
            }
            (Value::Array(was), Value::Array(is)) => self.lists(was, is),
            (Value::Null, new) => self.push(How::Added(told(self.shows(), new))),
            (old, Value::Null) => self.push(How::Removed(told(self.shows(), old))),
            (old, new) => {
                let shows = self.shows();
                self.push(How::Changed(told(shows, old), told(shows, new)));
            }
        }
    }

    /// Steps are compared by name, other objects by position, and plain values as a set.
    fn lists(&mut self, was: &[Value], is: &[Value]) {
        let step = |value: &Value| value.text("step").map(str::to_owned);
        let steps: Option<Vec<String>> = was.iter().chain(is).map(step).collect();
        if steps.is_some() {
            let of = |list: &[Value]| list.iter().filter_map(step).collect::<Vec<_>>();
            let (old, new) = (of(was), of(is));
            for (at, name) in new.iter().enumerate() {
                let before = old.iter().position(|other| other == name);
                let before = before.map_or(&Value::Null, |at| &was[at]);
                self.within(at.to_string(), name.clone(), |walk| {
                    walk.values(before, &is[at]);
                });
            }
            for (at, name) in old.iter().enumerate() {
                if !new.contains(name) {
                    self.within("-".to_owned(), name.clone(), |walk| {
                        walk.values(&was[at], &Value::Null);
                    });
                }
            }
            let kept = |names: &[String], others: &[String]| -> Vec<String> {
                let kept = names.iter().filter(|name| others.contains(name));
                kept.cloned().collect()
            };
            if kept(&old, &new) != kept(&new, &old) {
                self.push(How::Moved);
            }
            return;
        }
        let plain = |value: &Value| !matches!(value, Value::Object(_) | Value::Array(_));
        if was.iter().chain(is).all(plain) {
            let shows = self.shows();
            let mut same = true;
            for value in is.iter().filter(|value| !was.contains(value)) {
                same = false;
                self.push(How::Added(told(shows, value)));
            }
            for value in was.iter().filter(|value| !is.contains(value)) {
                same = false;
                self.push(How::Removed(told(shows, value)));
            }
            if same {
                self.push(How::Moved);
            }
            return;
        }
        for at in 0..was.len().max(is.len()) {
            let old = was.get(at).unwrap_or(&Value::Null);
            let new = is.get(at).unwrap_or(&Value::Null);
            self.within(at.to_string(), at.to_string(), |walk| {
                walk.values(old, new);
            });
        }
    }

    /// Whether texts here are names of the protocol; what else stands in an artifact may be a
    /// value that a report does not quote.
    fn shows(&self) -> bool {
        let about = about(self.is.fqdn().kind(), &self.names);
        matches!(
            about,
            "edge" | "outcome" | "capability" | "admission" | "path"
        )
    }
}

/// What a member concerns.
fn about(kind: Kind, names: &[String]) -> &'static str {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    match kind {
        Kind::Workflow if has("next") || has("start_node") => "edge",
        Kind::Workflow if has("admission") => "admission",
        Kind::Workflow if has("runtime_binding") => "capability",
        Kind::Workflow if has("inputs") => "input",
        Kind::Workflow if has("nodes") => "node",
        Kind::Intent | Kind::TransportIngress => "input",
        Kind::CapabilityContract
            if ["on_result", "result_surface", "on_ct_result"]
                .iter()
                .any(|n| has(n))
                || has("result_status_contract") =>
        {
            "outcome"
        }
        Kind::CapabilityContract if has("inputs") || has("outputs") => "input",
        Kind::CapabilityContract if has("pipeline") => "capability",
        Kind::Transform | Kind::SideEffect => "capability",
        Kind::RuntimeBinding if has("path") => "path",
        Kind::RuntimeBinding if has("policy") => "policy",
        Kind::RuntimeBinding => "capability",
        Kind::Structure if has("entity_stores") => "path",
        Kind::SurfaceContract => "outcome",
        _ => "declaration",
    }
}

fn told(shows: bool, value: &Value) -> String {
    match value {
        Value::String(text) if shows && text.chars().count() <= 128 => format!("`{text}`"),
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        _ => "the value".to_owned(),
    }
}
