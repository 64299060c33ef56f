// SPDX-License-Identifier: Apache-2.0
//! Which hits of one rule in one entry become one finding.
//!
//! A rule that groups says one thing of a whole binary, and one thing of a line of text. What a
//! program wrote about its own build (a bill of materials, core metadata, a lock file) repeats one
//! folder on hundreds of lines: there a prefix that often stands is one finding too. In files that
//! may hold a comment only what is low is read so, since a waiver there speaks of one line.

use super::engine::Engine;
use crate::classify::{Classified, CommentStyle, Kind};
use crate::matching::Hit;
use crate::model::Severity;
use crate::rules::Body;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Lines of one prefix in a written file beyond which they are one finding.
const MANY: usize = 10;
/// The same for what is low, in any other text: a log of a build, a recorded output.
const MANY_LOW: usize = 50;

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
        let written = is_written(entry.kind);
        let usual = engine.rules[rule].meta.severity;
        let many = |hit: &Hit| match hit.severity.unwrap_or(usual) {
            _ if written => MANY,
            Severity::Info | Severity::Low => MANY_LOW,
            _ => usize::MAX,
        };
        let bytes = entry.text.bytes();
        by_prefix(by_line(hits, bytes), bytes, many)
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
        && kind.comments == CommentStyle::None
}

/// Hits of one rule, in order of place, by the line they begin on.
fn by_line<'h>(hits: &[&'h Hit], text: &[u8]) -> Vec<Vec<&'h Hit>> {
    let together = |a: &&Hit, b: &&Hit| {
        let between = a.hit.start..b.hit.start.max(a.hit.start);
        memchr::memchr(b'\n', &text[between]).is_none()
    };
    hits.chunk_by(together).map(<[_]>::to_vec).collect()
}

/// Puts together the lines whose hits all begin alike and weigh the same, where there are more
/// than `many`; in order of their first line.
fn by_prefix<'h>(
    lines: Vec<Vec<&'h Hit>>,
    text: &[u8],
    many: impl Fn(&Hit) -> usize,
) -> Vec<Vec<&'h Hit>> {
    if lines.len() <= MANY {
        return lines;
    }
    let key = |hit: &Hit| (&text[hit.hit.range()], hit.severity, hit.confidence);
    let alike = |line: &[&Hit]| {
        let first = key(line[0]);
        line.iter().all(|&hit| key(hit) == first).then_some(first)
    };
    let mut count: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    for line in &lines {
        if let Some(key) = alike(line) {
            count.entry(key).or_insert((0, many(line[0]))).0 += 1;
        }
    }
    count.retain(|_, (lines, many)| *lines > *many);
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Hit>> = Vec::new();
    for line in lines {
        let key = alike(&line).filter(|key| count.contains_key(key));
        match key.and_then(|key| places.get(&key).copied()) {
            Some(place) => groups[place].extend(line),
            None => {
                if let Some(key) = key {
                    places.insert(key, groups.len());
                }
                groups.push(line);
            }
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
        let (confidence, severity) = hit.weight(&engine.rules[hit.rule].meta);
        let bytes = match entry.text.is_binary() {
            true => &text[hit.hit.range()],
            false => &[],
        };
        (Reverse((severity, confidence)), bytes, hit.span)
    };
    hits.iter()
        .min_by_key(rank)
        .copied()
        .expect("a rule is grouped because of its hits")
}
