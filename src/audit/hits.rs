// SPDX-License-Identifier: Apache-2.0
//! From hits in one text to findings: the strongest of those that overlap, one finding each or one for
//! all that a rule groups.

use super::engine::Engine;
use super::grouping::{self, Shown};
use super::resolve::{Lines, Pending};
use crate::classify::Classified;
use crate::matching::Hit;
use crate::rules::Body;
use std::collections::{BTreeMap, HashMap};

/// Findings of one rule in one entry beyond which the rest is only counted.
const REPEATS: usize = 1000;

/// Findings of hits: one each, or one for all that a rule groups, up to [`REPEATS`] of a rule.
pub(super) fn pending(
    engine: &Engine,
    entry: &Classified<'_>,
    kept: &[Hit],
    lines: &mut Lines<'_>,
) -> Vec<Pending> {
    let mut of_rule: BTreeMap<usize, Vec<&Hit>> = BTreeMap::new();
    for hit in kept {
        of_rule.entry(hit.rule).or_default().push(hit);
    }
    let mut shown: Vec<Shown<'_>> = Vec::new();
    for (rule, hits) in &of_rule {
        let first = shown.len();
        let (groups, left) = grouping::shown(engine, entry, *rule, hits, REPEATS);
        shown.extend(groups);
        // Only the first finding of a rule says so.
        if let (Some(first), true) = (shown.get_mut(first), left > 0) {
            first.left = Some((left, hits));
        }
    }
    // In order of place, so that lines are counted through once.
    shown.sort_by_key(|shown| (shown.speaker.span, shown.speaker.rule));
    let finding = |shown: &Shown<'_>| {
        let hit = shown.speaker;
        let mut pending = Pending::of_hit(&engine.rules[hit.rule], entry, hit, lines);
        if let Some(group) = &shown.group {
            pending.stands_for(group, &entry.text);
        }
        if let Some((left, hits)) = shown.left {
            pending.and_more(hits, left, &entry.text);
        }
        pending
    };
    shown.iter().map(finding).collect()
}

/// The active hits, less those that overlap a stronger hit of the same family.
pub(super) fn strongest(engine: &Engine, hits: &[Hit]) -> Vec<Hit> {
    let rank = |hit: &Hit| {
        let rule = &engine.rules[hit.rule];
        // A pattern names the claim, the wording only that it is one.
        let names = !matches!(&rule.body, Body::Statement(one) if one.worded.is_some());
        (hit.weight(&rule.meta), names, hit.hit.len())
    };
    let mut kept: Vec<Hit> = Vec::new();
    // By family: places in `kept`, each with how far hits reach up to it. Nothing before a place
    // that reaches no further than a hit begins can overlap it, so few are looked at.
    let mut reaches: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for hit in hits.iter().filter(|hit| engine.active[hit.rule]) {
        let reach = reaches
            .entry(engine.rules[hit.rule].meta.id.family())
            .or_default();
        let rival = reach
            .iter()
            .enumerate()
            .rev()
            .take_while(|(_, (_, end))| *end > hit.hit.start)
            .find(|(_, (at, _))| kept[*at].hit.overlaps(hit.hit))
            .map(|(number, (at, _))| (number, *at));
        match rival {
            Some((_, at)) if rank(&kept[at]) >= rank(hit) => {}
            Some((number, at)) => {
                kept[at] = hit.clone();
                // Reaches may only be too far, never too short.
                for (_, end) in &mut reach[number..] {
                    *end = hit.hit.end.max(*end);
                }
            }
            None => {
                let end = reach.last().map_or(0, |(_, end)| *end).max(hit.hit.end);
                reach.push((kept.len(), end));
                kept.push(hit.clone());
            }
        }
    }
    kept
}
