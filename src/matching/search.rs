// SPDX-License-Identifier: Apache-2.0
//! One pattern over one piece of text: its matches, each weighed by the rule's judgement.

use super::hit::Hit;
use super::judge::{Context, Known};
use super::program::Program;
use crate::classify::Kind;
use crate::model::ByteSpan;
use regex_automata::Input;
use regex_automata::meta::Cache;
use regex_automata::util::primitives::NonMaxUsize;

/// How many hits back one may stand that is found again.
const NEAR: usize = 128;

/// The text at hand.
pub(super) struct Judged<'a> {
    pub(super) text: &'a [u8],
    pub(super) path: &'a str,
    pub(super) kind: Kind,
    pub(super) known: Known,
}

/// One rule over one text.
pub(super) struct Search<'a> {
    pub(super) rule: usize,
    pub(super) program: &'a Program,
    pub(super) subject: &'a Judged<'a>,
    pub(super) cache: &'a mut Cache,
    pub(super) slots: &'a mut Vec<Option<NonMaxUsize>>,
}

impl Search<'_> {
    /// Reports the matches of a piece and says where the last one ended. Look-around sees beyond
    /// the piece. A match that runs into the end of a piece is left to the next one if that holds it
    /// whole.
    pub(super) fn piece(
        &mut self,
        range: std::ops::Range<usize>,
        next: Option<usize>,
        out: &mut Vec<Hit>,
    ) -> usize {
        let Self {
            rule,
            program,
            subject,
            cache,
            slots,
        } = self;
        slots.resize(program.slots(), None);
        let mut at = range.start;
        let mut resume = range.start;
        while at <= range.end {
            let input = Input::new(subject.text).range(at..range.end);
            let found = program.regex.search_slots_with(cache, &input, slots);
            let span = |group: usize| {
                let start = slots.get(2 * group).copied().flatten()?;
                let end = slots.get(2 * group + 1).copied().flatten()?;
                Some(ByteSpan::new(start.get(), end.get()))
            };
            let (Some(_), Some(whole)) = (found, span(0)) else {
                break;
            };
            if next.is_some_and(|next| whole.end == range.end && whole.start >= next) {
                break;
            }
            at = if whole.is_empty() {
                whole.end + 1
            } else {
                whole.end
            };
            resume = at;
            let mut parts = program.groups.iter().filter_map(|group| span(*group));
            let hit = parts.find(|part| !part.is_empty()).unwrap_or(whole);
            let context = Context {
                text: subject.text,
                whole,
                hit,
                path: subject.path,
                kind: subject.kind,
                known: &subject.known,
            };
            let mut keep = |context: &Context<'_>| {
                let Some(weight) = program.judge.weigh(context) else {
                    return false;
                };
                let known = |other: &Hit| other.rule == *rule && other.hit == context.hit;
                // A further value that has the provider's word beside it is found twice.
                if !(program.further.is_some() && out.iter().rev().take(NEAR).any(known)) {
                    out.push(Hit {
                        rule: *rule,
                        span: context.whole,
                        hit: context.hit,
                        severity: weight.severity,
                        confidence: weight.confidence,
                        proved: weight.proved,
                    });
                }
                true
            };
            if keep(&context)
                && let Some(further) = &program.further
            {
                for (whole, hit) in further.of(subject.text, whole, hit) {
                    keep(&Context {
                        whole,
                        hit,
                        ..context
                    });
                }
            }
        }
        resume
    }
}
