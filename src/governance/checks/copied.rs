// SPDX-License-Identifier: Apache-2.0
//! Runtime evidence pasted into planning: documents cite it by path and digest.

use super::told;
use super::{Check, Found};
use crate::governance::plan::{Document, Line, Plan};
use crate::model::ByteSpan;
use crate::rules::Rule;
use crate::support::patterns::Pattern;
use serde::Deserialize;

/// The checks of this file.
pub(super) const CHECKS: &[Check] = &[Check::plan("cto-runtime-evidence-copied", copied)];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Copied {
    /// More lines than this are a copy.
    pub(super) more_than: usize,
    /// Lines of logs, events and reports.
    pub(super) lines: Vec<String>,
    /// Lines that tell that a block is a patch or a report as a whole.
    pub(super) heads: Vec<String>,
    /// So many of these tell it.
    pub(super) heads_needed: usize,
}

fn copied(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let params: Copied = told::params(rule);
    let lines = told::patterns(&params.lines);
    let heads = told::patterns(&params.heads);
    for document in &plan.documents {
        for block in blocks(&document.lines()) {
            let count = weigh(document, block, &params, &lines, &heads);
            if count > params.more_than {
                let span = ByteSpan::new(block[0].start, block[block.len() - 1].end);
                let text = format!("{count} lines of runtime evidence are copied here.");
                told::at(found, rule, document, span, text);
            }
        }
    }
}

/// Fenced blocks, and what stands between them and headings.
fn blocks(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    let same =
        |one: &Line, other: &Line| one.fenced == other.fenced && one.section == other.section;
    lines.chunk_by(same)
}

/// Lines of a block that are a copy.
fn weigh(
    document: &Document,
    block: &[Line],
    params: &Copied,
    lines: &[Pattern],
    heads: &[Pattern],
) -> usize {
    let text = |line: &Line| document.text.get(line.start..line.end).unwrap_or("");
    let written = || block.iter().filter(|line| !text(line).trim().is_empty());
    let hits = |patterns: &[Pattern]| {
        let is_one = |line: &&Line| patterns.iter().any(|one| one.is_match(text(line)));
        written().filter(is_one).count()
    };
    // The fences are no lines of the copy.
    if block[0].fenced && hits(heads) >= params.heads_needed.max(1) {
        return written().count().saturating_sub(2);
    }
    hits(lines)
}
