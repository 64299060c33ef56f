// SPDX-License-Identifier: Apache-2.0
//! The one place that silences findings; and stale policy is itself a finding.

use super::engine::Engine;
use super::resolve::Pending;
use crate::config::{BaselineEntry, Config, InlineWaiver};
use crate::model::{Draft, EntryPath, Finding, Suppression, SuppressionKind};
use std::collections::{BTreeMap, BTreeSet};

/// Applies inline waivers and `[[waiver]]`s to findings that have no fingerprint yet, and adds a
/// finding for each waiver that has no reason, has expired or matched nothing.
pub(super) fn waivers(
    engine: &Engine,
    config: &Config,
    as_of: &str,
    inline: &[(EntryPath, InlineWaiver)],
    pending: &mut Vec<Pending>,
) {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut by_entry: BTreeMap<&EntryPath, Vec<(usize, &InlineWaiver)>> = BTreeMap::new();
    let mut used = vec![false; inline.len()];
    for (index, (path, waiver)) in inline.iter().enumerate() {
        by_entry.entry(path).or_default().push((index, waiver));
        if let Some(draft) = fault(&waiver.rule, &waiver.reason, waiver.until.as_deref(), as_of) {
            drafts.push(Draft {
                path: path.clone(),
                description: format!("{} (line {})", draft.description, waiver.line),
                ..draft
            });
        }
    }
    for finding in pending.iter_mut() {
        let Some(line) = finding.place.as_ref().and_then(|place| place.line) else {
            continue;
        };
        for (index, waiver) in by_entry.get(&finding.path).into_iter().flatten() {
            if waiver.rule == finding.rule.meta.id.as_str()
                && (waiver.line == line || waiver.line + 1 == line)
            {
                used[*index] = true;
                silence(finding, &waiver.reason, waiver.until.as_deref(), as_of);
            }
        }
    }
    for ((path, waiver), _) in inline.iter().zip(used).filter(|(_, used)| !used) {
        // A rule that did not run cannot have matched: its waiver is not stale.
        if engine.rule(&waiver.rule).is_some() || !engine.by_id.contains_key(&waiver.rule) {
            let what = format!(
                "The waiver of `{}` on line {} matched no finding",
                waiver.rule, waiver.line
            );
            drafts.push(Draft::new("policy-waiver-unused", path, what));
        }
    }

    let shown = config
        .path
        .as_deref()
        .map_or("ccr.toml".to_owned(), |path| {
            path.file_name().map_or("ccr.toml".to_owned(), |name| {
                name.to_string_lossy().into_owned()
            })
        });
    let policy = EntryPath::root(&shown);
    for waiver in &config.waivers {
        if let Some(draft) = fault(&waiver.rule, &waiver.reason, waiver.until.as_deref(), as_of) {
            drafts.push(Draft {
                path: policy.clone(),
                ..draft
            });
        }
        let mut matched = false;
        for finding in pending
            .iter_mut()
            .filter(|f| f.rule.meta.id.as_str() == waiver.rule)
        {
            let segments = finding.path.segments();
            let inside = finding.path.inside_artifact();
            if waiver.paths.is_match(&*segments[0])
                || waiver.paths.is_match(&inside)
                || waiver.paths.is_match(finding.path.to_string())
            {
                matched = true;
                silence(finding, &waiver.reason, waiver.until.as_deref(), as_of);
            }
        }
        let ran = engine.rule(&waiver.rule).is_some() || !engine.by_id.contains_key(&waiver.rule);
        if !matched && ran {
            let what = format!(
                "The waiver of `{}` for {} matched no finding",
                waiver.rule,
                waiver.patterns.join(", ")
            );
            drafts.push(Draft::new("policy-waiver-unused", &policy, what));
        }
    }
    for draft in drafts {
        if let Some((_, rule)) = engine.rule(draft.rule.as_str()) {
            pending.push(Pending::of_draft(rule, draft, None));
        }
    }
}

/// What is wrong with a waiver in itself. Such a waiver silences nothing.
fn fault(rule: &str, reason: &str, until: Option<&str>, as_of: &str) -> Option<Draft> {
    let nowhere = EntryPath::root("");
    if reason.trim().is_empty() {
        let what = format!("The waiver of `{rule}` gives no reason");
        return Some(Draft::new("policy-waiver-reason", &nowhere, what));
    }
    let until = until?;
    if until.parse::<jiff::civil::Date>().is_err() {
        let what = format!("The waiver of `{rule}` ends on `{until}`, which is no day");
        return Some(Draft::new("policy-waiver-expired", &nowhere, what));
    }
    (until < as_of).then(|| {
        let what = format!("The waiver of `{rule}` ended on {until}");
        Draft::new("policy-waiver-expired", &nowhere, what)
    })
}

fn silence(finding: &mut Pending, reason: &str, until: Option<&str>, as_of: &str) {
    if finding.suppressed.is_none() && fault("", reason, until, as_of).is_none() {
        finding.suppressed = Some(Suppression {
            by: SuppressionKind::Waiver,
            reason: reason.to_owned(),
            until: until.map(str::to_owned),
        });
    }
}

/// Silences findings whose fingerprint the baseline lists; returns the entries that matched none.
pub(super) fn baseline<'a>(
    entries: &'a [BaselineEntry],
    findings: &mut [Finding],
) -> Vec<&'a BaselineEntry> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let known: BTreeMap<&str, &BaselineEntry> = entries
        .iter()
        .map(|entry| (entry.fingerprint.as_str(), entry))
        .collect();
    for finding in findings {
        if let Some((key, entry)) = known.get_key_value(finding.fingerprint.as_str()) {
            seen.insert(key);
            if finding.suppressed.is_none() {
                finding.suppressed = Some(Suppression {
                    by: SuppressionKind::Baseline,
                    reason: entry.reason.clone(),
                    until: None,
                });
            }
        }
    }
    entries
        .iter()
        .filter(|entry| !seen.contains(entry.fingerprint.as_str()))
        .collect()
}
