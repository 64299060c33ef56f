// SPDX-License-Identifier: Apache-2.0
//! Reading a rule's `params`: one check may serve several rules, each asking for one fault.

use crate::model::Draft;
use crate::model::EntryPath;
use crate::rules::{Body, Rule};

/// The word in `params.fault`: which of a check's judgements this rule reports.
pub(super) fn fault(rule: &Rule) -> &str {
    match &rule.body {
        Body::Check { params, .. } => params
            .get("fault")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default(),
        _ => "",
    }
}

/// A draft of this rule.
pub(super) fn draft(rule: &Rule, path: &EntryPath, description: impl Into<String>) -> Draft {
    Draft::new(rule.meta.id.clone(), path, description)
}

/// The first few of many names, and how many are left: `a, b, c and 9 more`.
pub(super) fn some_of<S: AsRef<str>>(names: &[S], shown: usize) -> String {
    let mut text = names
        .iter()
        .take(shown)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}
