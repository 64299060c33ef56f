// SPDX-License-Identifier: Apache-2.0
//! Reading a rule's `params`: one check may serve several rules, each asking for one fault.

use super::Artifact;
use crate::classify::{Classified, purposes};
use crate::model::{Draft, EntryPath, Severity};
use crate::rules::{Body, Rule};
pub(super) use crate::support::names::some_of;
use serde::de::DeserializeOwned;

/// The word in `params.fault`: which of a check's judgements this rule reports.
pub fn fault(rule: &Rule) -> &str {
    match &rule.body {
        Body::Check { params, .. } => params
            .get("fault")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default(),
        _ => "",
    }
}

/// All of `params`. A rule that cannot be read must not pass in silence: the fault is a finding.
pub(super) fn read<T: DeserializeOwned>(
    rule: &Rule,
    artifact: &Artifact,
    out: &mut Vec<Draft>,
) -> Option<T> {
    let Body::Check { params, .. } = &rule.body else {
        return None;
    };
    let parsed = T::deserialize(&**params);
    parsed
        .map_err(|fault| out.push(unreadable(rule, artifact, &fault)))
        .ok()
}

/// A finding that the rule itself is broken.
pub(super) fn unreadable(rule: &Rule, artifact: &Artifact, fault: &dyn std::fmt::Display) -> Draft {
    let what = format!("The rule cannot be evaluated: {fault}.");
    draft(rule, &artifact.path, what)
}

/// A draft about a file that is or holds a key: low among tests, examples and documentation.
pub(super) fn key_file(rule: &Rule, entry: &Classified<'_>, description: String) -> Draft {
    let found = draft(rule, entry.path, description);
    if purposes(entry.path.name()).next().is_some() {
        return found.severity(Severity::Low);
    }
    found
}

/// A draft of this rule.
pub(super) fn draft(rule: &Rule, path: &EntryPath, description: impl Into<String>) -> Draft {
    Draft::new(rule.meta.id.clone(), path, description)
}
