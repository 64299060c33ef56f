// SPDX-License-Identifier: Apache-2.0
//! Which hits of one rule in one entry become one finding.
//!
//! A rule that groups says one thing of a whole binary, and one thing of a line of text. What a
//! program wrote about its own build (a bill of materials, core metadata, a lock file) repeats one
//! folder on hundreds of lines: there a prefix that often stands is one finding too. Files that may
//! hold a comment are never read so, since a waiver speaks of one line.

use super::engine::Engine;
use crate::classify::{Classified, Kind};
use crate::matching::Hit;
use crate::rules::Body;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Lines of one prefix in a written file beyond which they are one finding.
const MANY: usize = 10;

/// Hits that become one finding.
pub(super) struct Shown<'h> {
    pub(super) speaker: &'h Hit,
    /// All of them, where the rule groups.
    pub(super) group: Option<Vec<&'h Hit>>,
    /// How many of the rule are not shown, and all there are.
    pub(super) left: Option<(usize, &'h [&'h Hit])>,
}

/// The findings that the hits of a rule become, in order of place, `most` at most; and how many
/// hits are in none of them.
pub(super) fn shown<'h>(
    engine: &Engine,
    entry: &Classified<'_>,
    rule: usize,
    hits: &'h [&'h Hit],
    most: usize,
) -> (Vec<Shown<'h>>, usize) {
    let grouped = matches!(&engine.rules[rule].body, Body::Pattern(pattern) if pattern.group);
    let groups = if !grouped {
        hits.chunks(1).map(<[_]>::to_vec).collect()
    } else if entry.text.is_binary() {
        vec![hits.to_vec()]
    } else {
        let lines = by_line(hits, entry.text.bytes());
        if is_written(entry.kind) {
            by_prefix(lines, entry.text.bytes())
        } else {
            lines
        }
    };
    let left = groups.iter().skip(most).map(Vec::len).sum();
    let of_group = |group: Vec<&'h Hit>| Shown {
        speaker: speaker(engine, entry, &group),
        group: grouped.then_some(group),
        left: None,
    };
    (groups.into_iter().take(most).map(of_group).collect(), left)
}

/// Whether programs write files of this kind for programs.
fn is_written(kind: Kind) -> bool {
    matches!(kind.id, "json" | "lock" | "metadata" | "source-map")
        && kind.comments == crate::classify::CommentStyle::None
}

/// Hits of one rule, in order of place, by the line they begin on.
fn by_line<'h>(hits: &[&'h Hit], text: &[u8]) -> Vec<Vec<&'h Hit>> {
    let together = |a: &&Hit, b: &&Hit| {
        let between = a.hit.start..b.hit.start.max(a.hit.start);
        memchr::memchr(b'\n', &text[between]).is_none()
    };
    hits.chunk_by(together).map(<[_]>::to_vec).collect()
}

/// Puts together the lines whose hits all begin alike and weigh the same, where there are
/// [`MANY`]; in order of their first line.
fn by_prefix<'h>(lines: Vec<Vec<&'h Hit>>, text: &[u8]) -> Vec<Vec<&'h Hit>> {
    let begins = |hit: &Hit| &text[hit.hit.range()];
    let alike = |line: &[&Hit]| {
        let first = line[0];
        let same = |hit: &&Hit| {
            begins(hit) == begins(first)
                && (hit.severity, hit.confidence) == (first.severity, first.confidence)
        };
        line.iter()
            .all(same)
            .then(|| (begins(first), first.severity, first.confidence))
    };
    let mut count: BTreeMap<_, usize> = BTreeMap::new();
    for key in lines.iter().filter_map(|line| alike(line)) {
        *count.entry(key).or_default() += 1;
    }
    count.retain(|_, lines| *lines > MANY);
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Hit>> = Vec::new();
    for line in lines {
        match alike(&line).filter(|key| count.contains_key(key)) {
            Some(key) => match places.get(&key) {
                Some(&place) => groups[place].extend(line),
                None => {
                    places.insert(key, groups.len());
                    groups.push(line);
                }
            },
            None => groups.push(line),
        }
    }
    groups
}

/// The hit that speaks for all of its rule: the gravest and surest, so that none hides behind a
/// harmless one. Among equals the first of a text; of a binary, whose parts move from build to
/// build, the first by its bytes.
fn speaker<'h>(engine: &Engine, entry: &Classified<'_>, hits: &[&'h Hit]) -> &'h Hit {
    let text = entry.text.bytes();
    let rank = |hit: &&&Hit| {
        let meta = &engine.rules[hit.rule].meta;
        let weight = (
            hit.severity.unwrap_or(meta.severity),
            hit.confidence.unwrap_or(meta.confidence),
        );
        let bytes = match entry.text.is_binary() {
            true => &text[hit.hit.range()],
            false => &[],
        };
        (Reverse(weight), bytes, hit.span)
    };
    hits.iter()
        .min_by_key(rank)
        .copied()
        .expect("a rule is grouped because of its hits")
}
