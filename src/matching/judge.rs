// SPDX-License-Identifier: Apache-2.0
//! Decides whether a match counts: what a pattern alone cannot say.

use super::program;
use crate::classify::Kind;
use crate::model::{ByteSpan, Confidence, Severity};
use crate::rules::Judge;
use regex_automata::meta::Regex;

/// What is judged and where it stands.
#[expect(dead_code, reason = "validators read the rest")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The entry's whole text.
    pub(crate) text: &'a [u8],
    /// The match.
    pub(crate) whole: ByteSpan,
    /// The secret (or path) itself.
    pub(crate) hit: ByteSpan,
    /// The entry's name inside its innermost container.
    pub(crate) path: &'a str,
    /// What the entry is.
    pub(crate) kind: Kind,
}

/// What judgement made of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight {
    /// Replaces the rule's severity.
    pub(crate) severity: Option<Severity>,
    /// Replaces the rule's confidence.
    pub(crate) confidence: Option<Confidence>,
}

/// Every validator's name, sorted: what rule lint accepts.
pub fn validators() -> &'static [&'static str] {
    &[]
}

/// A rule's judgement, ready to run.
#[derive(Debug)]
pub(crate) struct CompiledJudge {
    min_entropy: Option<f64>,
    allow: Vec<Regex>,
    allow_line: Vec<Regex>,
}

impl CompiledJudge {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// A pattern does not compile, or a validator is unknown.
    pub(crate) fn new(judge: &Judge) -> Result<Self, String> {
        if let Some(name) = judge.validators.first() {
            return Err(format!("there is no validator `{name}`"));
        }
        let all = |patterns: &[String]| -> Result<Vec<Regex>, String> {
            patterns.iter().map(|p| program::regex(p)).collect()
        };
        Ok(Self {
            min_entropy: judge.min_entropy,
            allow: all(&judge.allow)?,
            allow_line: all(&judge.allow_line)?,
        })
    }

    /// Weighs a match; `None` acquits it.
    pub(crate) fn weigh(&self, context: &Context<'_>) -> Option<Weight> {
        const REACH: usize = 2 << 10;
        let hit = &context.text[context.hit.range()];
        if self.min_entropy.is_some_and(|least| entropy(hit) < least)
            || self.allow.iter().any(|regex| regex.is_match(hit))
        {
            return None;
        }
        if !self.allow_line.is_empty() {
            let floor = context.hit.start.saturating_sub(REACH);
            let ceiling = (context.hit.end + REACH).min(context.text.len());
            let start = memchr::memrchr(b'\n', &context.text[floor..context.hit.start])
                .map_or(floor, |at| floor + at + 1);
            let end = memchr::memchr(b'\n', &context.text[context.hit.end..ceiling])
                .map_or(ceiling, |at| context.hit.end + at);
            let line = &context.text[start..end];
            if self.allow_line.iter().any(|regex| regex.is_match(line)) {
                return None;
            }
        }
        Some(Weight::default())
    }
}

/// Shannon entropy in bits per byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / total;
            -share * share.log2()
        })
        .sum()
}
