// SPDX-License-Identifier: Apache-2.0
//! A rule's pattern and judgement, compiled as far as a run needs them.

use super::behind::Behind;
use super::compile::regex;
use super::further::Further;
use super::judge::CompiledJudge;
use super::outline::Outline;
use super::prepared;
use super::reduce::{Run, Sieve, Wide, parsed, widened};
use crate::rules::{ContextRule, Pattern, PatternRule};
use regex_automata::hybrid::dfa::Cache;
use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;
use std::ops::Range;
use std::sync::OnceLock;

/// Tells of most windows that the pattern does not match there, at a part of its cost in time and in
/// memory.
#[derive(Debug)]
pub(super) enum Likeness {
    /// By what stands before a hit.
    Behind(Behind),
    /// By a wider pattern.
    Outline(Outline),
}

impl Likeness {
    fn of(rule: &PatternRule, run: Option<&Run>) -> Option<Self> {
        let whole = |wide: &Hir| Outline::new(wide).map(Self::Outline);
        match prepared::wide(rule, run)? {
            Wide::Before(before) => {
                let behind = Behind::new(&before, run?).map(Self::Behind);
                behind.or_else(|| whole(&widened(&parsed(&rule.pattern.text())?)))
            }
            Wide::Whole(wide) => whole(&wide),
        }
    }

    /// Whether it looks for where hits could stand itself.
    fn looks_itself(&self) -> bool {
        matches!(self, Self::Behind(_))
    }

    /// Room for the automaton of one worker.
    pub(super) fn cache(&self) -> Cache {
        match self {
            Self::Behind(behind) => behind.cache(),
            Self::Outline(outline) => outline.cache(),
        }
    }

    /// Where the first match in a part of `text` could begin; `None`, that there is none, is certain.
    pub(super) fn first(
        &self,
        cache: &mut Cache,
        text: &[u8],
        part: Range<usize>,
    ) -> Option<usize> {
        match self {
            Self::Behind(behind) => behind.first(cache, text, part),
            Self::Outline(outline) => {
                let start = part.start;
                outline.may_match(cache, text, part).then_some(start)
            }
        }
    }
}

/// What is compiled of one rule; each part when it is first needed, for the whole process.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    sieve: OnceLock<Sieve>,
    likeness: OnceLock<Option<Box<Likeness>>>,
    program: OnceLock<Result<Box<Program>, String>>,
}

impl Compiled {
    /// Whether a match could stand in `text` and count: false is certain, at a small part of what
    /// a search costs.
    pub(super) fn passes(&self, rule: &PatternRule, text: &[u8]) -> bool {
        let sieve = self.sieve.get_or_init(|| prepared::sieve(rule));
        // What reads backwards from hits looks for them itself, once it is made.
        let looks = matches!(self.likeness.get(), Some(Some(own)) if own.looks_itself());
        let run = sieve.run.as_ref().filter(|_| !looks);
        sieve.required.stands(text) && run.is_none_or(|run| run.stands(text))
    }

    /// Needed where a window passes.
    pub(super) fn likeness(&self, rule: &PatternRule) -> Option<&Likeness> {
        let of = || {
            let run = self
                .sieve
                .get_or_init(|| prepared::sieve(rule))
                .run
                .as_ref();
            Likeness::of(rule, run).map(Box::new)
        };
        self.likeness.get_or_init(of).as_deref()
    }

    /// Needed where the outline matches; `None` when it does not compile, which
    /// [`Compiled::fault`] then tells.
    pub(super) fn program(&self, rule: &PatternRule) -> Option<&Program> {
        let program = self
            .program
            .get_or_init(|| Program::new(rule).map(Box::new));
        program.as_deref().ok()
    }

    /// Why the program does not compile, when that was tried.
    pub(super) fn fault(&self) -> Option<&String> {
        self.program.get()?.as_ref().err()
    }
}

/// Pattern and judgement of one rule.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) regex: Regex,
    pub(super) judge: CompiledJudge,
    /// Numbers of the group `hit` and of `hit_2`, `hit_3` and so on, of which the first that took
    /// part and is not empty counts; 0, the whole match, without one.
    pub(super) groups: Vec<usize>,
    /// Finds what else stands in the block of a hit.
    pub(super) further: Option<Further>,
}

impl Program {
    pub(super) fn new(rule: &PatternRule) -> Result<Self, String> {
        let regex = regex(&rule.pattern.text())?;
        let number = |name: &str| {
            let known = regex.group_info();
            known.to_index(regex_automata::PatternID::ZERO, name)
        };
        let further = (2..).map_while(|count| number(&format!("hit_{count}")));
        let mut groups: Vec<usize> = number("hit").into_iter().chain(further).collect();
        if groups.is_empty() {
            groups.push(0);
        }
        let context = match &rule.pattern {
            Pattern::Of(context) => Some(&**context),
            Pattern::Written(_) => None,
        };
        let mut judge = CompiledJudge::new(&rule.judge)?;
        judge.digits_alone = context.is_some_and(ContextRule::is_hexadecimal);
        Ok(Self {
            regex,
            judge,
            groups,
            further: context.map(Further::new),
        })
    }

    /// How many numbers hold the places of the groups up to the last `hit`.
    pub(super) fn slots(&self) -> usize {
        2 * (self.groups.iter().max().unwrap_or(&0) + 1)
    }
}
