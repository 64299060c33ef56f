// SPDX-License-Identifier: Apache-2.0
//! The one place that silences findings; and stale policy is itself a finding.

use super::engine::Engine;
use super::resolve::Pending;
use crate::config::{Baseline, BaselineEntry, Config, ForeignEntry, InlineWaiver};
use crate::model::{Draft, EntryPath, Finding, SecretMark, Suppression, SuppressionKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Applies inline waivers and `[[waiver]]`s to findings that have no fingerprint yet, and adds a
/// finding for each waiver that has no reason, has expired or matched nothing.
pub(super) fn waivers(
    engine: &Engine,
    config: &Config,
    (as_of, is_history): (&str, bool),
    inline: &[(EntryPath, InlineWaiver)],
    pending: &mut Vec<Pending>,
) {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut by_entry: BTreeMap<&EntryPath, Vec<(usize, &InlineWaiver)>> = BTreeMap::new();
    let mut used = vec![false; inline.len()];
    for (index, (path, waiver)) in inline.iter().enumerate() {
        by_entry.entry(path).or_default().push((index, waiver));
        if !is_history
            && let Some(draft) = fault(&waiver.rule, &waiver.reason, waiver.until.as_deref(), as_of)
        {
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
    let unused = inline.iter().zip(used).filter(|(_, used)| !used);
    for ((path, waiver), _) in unused.filter(|_| !is_history) {
        // A rule that did not run cannot have matched: its waiver is not stale.
        if !engine.leaves_out(&waiver.rule) {
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
        let ran = !engine.leaves_out(&waiver.rule);
        if !matched && ran && !is_history {
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

/// Silences findings that the baseline lists; returns what is wrong with its entries: the rule that
/// says so, and what it says.
pub(super) fn baseline(
    engine: &Engine,
    baseline: &Baseline,
    (as_of, is_history): (&str, bool),
    findings: &mut [Finding],
) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut known: BTreeMap<&str, &BaselineEntry> = BTreeMap::new();
    for entry in &baseline.findings {
        known.insert(entry.fingerprint.as_str(), entry);
        told.extend(entry_fault(entry, as_of));
    }
    for finding in findings.iter_mut() {
        if let Some((key, entry)) = known.get_key_value(finding.fingerprint.as_str()) {
            seen.insert(key);
            if finding.suppressed.is_none() && entry_fault(entry, as_of).is_none() {
                finding.suppressed = Some(Suppression {
                    by: SuppressionKind::Baseline,
                    reason: entry.reason.clone(),
                    until: entry.until.clone(),
                });
            }
        }
    }
    let mut met = vec![false; baseline.foreign.len()];
    foreign(&baseline.foreign, is_history, findings, &mut met);
    if is_history {
        return told;
    }
    for entry in &baseline.findings {
        // An entry of a rule that did not run may still be needed.
        let ran = !engine.leaves_out(&entry.rule_id);
        if ran && !seen.contains(entry.fingerprint.as_str()) {
            let what = format!(
                "The baseline lists `{}` in {} ({}), which was not found",
                entry.rule_id, entry.path, entry.fingerprint
            );
            told.push(("policy-baseline-unused", what));
        }
    }
    for (entry, _) in baseline.foreign.iter().zip(met).filter(|(_, met)| !met) {
        let line = entry.line.map_or(String::new(), |line| format!(":{line}"));
        let what = format!(
            "The baseline of {} lists {} at {}{line}, which was not found",
            entry.scanner, entry.kind, entry.path
        );
        told.push(("policy-baseline-unused", what));
    }
    told
}

/// What is wrong with an entry in itself. Such an entry silences nothing.
fn entry_fault(entry: &BaselineEntry, as_of: &str) -> Option<(&'static str, String)> {
    let which = || {
        format!(
            "The baseline's entry of `{}` in {} ({})",
            entry.rule_id, entry.path, entry.fingerprint
        )
    };
    if entry.reason.trim().is_empty() {
        return Some((
            "policy-baseline-reason",
            format!("{} gives no reason", which()),
        ));
    }
    let until = entry.until.as_deref()?;
    if until.parse::<jiff::civil::Date>().is_err() {
        let what = format!("{} ends on `{until}`, which is no day", which());
        return Some(("policy-baseline-expired", what));
    }
    (until < as_of).then(|| {
        (
            "policy-baseline-expired",
            format!("{} ended on {until}", which()),
        )
    })
}

/// Silences findings that another scanner's baseline lists: the same secret in the same file, or,
/// where the report hides the secret, the same line. A line alone is not enough where more is
/// known: another secret may stand there by now.
fn foreign(entries: &[ForeignEntry], is_history: bool, findings: &mut [Finding], met: &mut [bool]) {
    let mut by_mark: HashMap<SecretMark, Vec<usize>> = HashMap::new();
    let mut by_line: HashMap<u64, Vec<usize>> = HashMap::new();
    for (number, entry) in entries.iter().enumerate() {
        match (entry.mark, entry.line) {
            (Some(mark), _) => by_mark.entry(mark).or_default().push(number),
            (None, Some(line)) => by_line.entry(line).or_default().push(number),
            (None, None) => {}
        }
    }
    for finding in findings
        .iter_mut()
        .filter(|f| f.rule_id.family() == "secret")
    {
        let path = finding.path.inside_artifact();
        let commit = finding
            .brought_in
            .as_ref()
            .and_then(|origin| origin.commit.as_deref());
        let marked = finding.marks.iter().filter_map(|mark| by_mark.get(mark));
        let line = finding.place.as_ref().and_then(|place| place.line);
        let lined = line.and_then(|line| by_line.get(&line));
        for &number in marked.chain(lined).flatten() {
            let entry = &entries[number];
            // A line of a commit is one of that commit alone.
            let elsewhere = entry.mark.is_none()
                && (is_history || entry.commit.is_some())
                && entry.commit.as_deref() != commit;
            if elsewhere || !entry.is_at(&path) {
                continue;
            }
            met[number] = true;
            if finding.suppressed.is_none() {
                finding.suppressed = Some(Suppression {
                    by: SuppressionKind::Baseline,
                    reason: entry.reason(),
                    until: None,
                });
            }
        }
    }
}
