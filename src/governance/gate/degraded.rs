// SPDX-License-Identifier: Apache-2.0
//! A missing gate is blocked, never a warning (sections 3.6 and 4.1).

use super::ladder::Ladder;
use super::shape::{Issue, walk};
use super::sheet::Sheet;
use crate::governance::profile::Gates;
use crate::support::pyjson::ordered::Value;

/// The rule.
pub const RULE: &str = "cto-gate-degraded";

/// Whether a word makes a gate less than missing.
fn is_degraded(gates: &Gates, text: &str) -> bool {
    let text = text
        .trim()
        .trim_end_matches('.')
        .replace('`', "")
        .to_lowercase();
    gates.degraded.contains(&text)
}

/// Gates that every stage and every run asks for.
fn known(gates: &Gates) -> impl Iterator<Item = &str> {
    let entries = gates.stages.iter().flat_map(|stage| &stage.entry);
    gates.required.iter().chain(entries).map(String::as_str)
}

/// The gate that a key speaks of.
fn gate_of<'g>(gates: &'g Gates, key: &str) -> Option<&'g str> {
    let bare = ["_status", "_gate", "_state"]
        .iter()
        .fold(key, |key, end| key.strip_suffix(end).unwrap_or(key));
    known(gates).find(|gate| *gate == bare)
}

/// Degraded gates of a record or a document.
pub fn sheet(sheet: &Sheet, gates: &Gates) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut say = |gate: &str, key: &str, word: &str| {
        let text = format!("the gate `{gate}` is recorded as `{}`", word.trim());
        let issue = Issue::on(RULE, key, text);
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    };
    let whole = Value::Object(sheet.values.clone().into_iter().collect());
    walk(&whole, &mut |key, value| {
        if let (Some(gate), Some(word)) = (gate_of(gates, key), value.as_str())
            && is_degraded(gates, word)
        {
            say(gate, key, word);
        }
        if gates.degraded_lists.iter().any(|list| list == key) {
            for name in value.as_array().unwrap_or_default() {
                let name = name.as_str().or_else(|| name.text("gate")).unwrap_or("");
                if let Some(gate) = gate_of(gates, name) {
                    say(gate, key, key);
                }
            }
        }
        for one in value.as_array().unwrap_or_default() {
            let named = one.text("gate").or_else(|| one.text("name"));
            let word = one.text("status").or_else(|| one.text("result"));
            if let (Some(gate), Some(word)) = (named.and_then(|name| gate_of(gates, name)), word)
                && is_degraded(gates, word)
            {
                say(gate, key, word);
            }
        }
    });
    issues
}

/// Degraded stages.
pub fn ladder(ladder: &Ladder, gates: &Gates) -> Vec<Issue> {
    let mut issues = Vec::new();
    for rung in &ladder.rungs {
        if is_degraded(gates, &rung.status) {
            let text = format!("stage {} is recorded as `{}`", rung.stage, rung.status);
            issues.push(Issue::on(RULE, &rung.stage.to_string(), text));
        }
    }
    for (rung, text) in ladder.unknown_status(gates) {
        if !is_degraded(gates, &rung.status) {
            issues.push(Issue::on(RULE, &rung.stage.to_string(), text));
        }
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;

    #[test]
    fn gates_are_passed_or_missing() {
        let gates = Profile::embedded().gates;
        let of = |text: &str| sheet(&Sheet::of_text("g.json", text).unwrap(), &gates).len();
        assert_eq!(of(r#"{"approval":"granted","licence_note":"blocked"}"#), 0);
        assert_eq!(of(r#"{"approval_status":"warning"}"#), 1);
        assert_eq!(of(r#"{"warnings":["licence_note","slow"]}"#), 1);
        assert_eq!(
            of(r#"{"gates":[{"gate":"stage_3","status":"partial"}]}"#),
            1
        );
        assert_eq!(of(r#"{"other":"partial"}"#), 0);
    }
}
