// SPDX-License-Identifier: Apache-2.0
//! A rule on statements, ready to run: what is made of it is made when one of its keywords is first met.

use super::claim_pattern::ClaimPattern;
use super::lexicon::Lexicon;
use super::nearby::Nearby;
use crate::rules::{Body, Rule, StatementRule};
use memchr::memmem::Finder;
use std::sync::{Arc, OnceLock};

/// A rule on statements; shared between threads.
#[derive(Debug)]
pub(super) struct ClaimRule {
    /// Index into the rules that the matcher was made of.
    pub(super) index: usize,
    pub(super) rule: Arc<Rule>,
    made: OnceLock<Made>,
}

/// What is made of a rule when a keyword of it is first met.
#[derive(Debug)]
pub(super) struct Made {
    /// Keywords with white space folded.
    keywords: Keywords,
    weighs_everything: bool,
    pub(super) any_of: Vec<ClaimPattern>,
    pub(super) allow: Vec<ClaimPattern>,
    pub(super) about: Vec<ClaimPattern>,
    pub(super) elsewhere: Vec<ClaimPattern>,
    /// What must stand around a keyword.
    nearby: OnceLock<Nearby>,
}

impl ClaimRule {
    /// The rule at `index`; `None` for one that is about no statement.
    pub(super) fn new(index: usize, rule: &Arc<Rule>) -> Option<Self> {
        matches!(rule.body, Body::Statement(_)).then(|| Self {
            index,
            rule: Arc::clone(rule),
            made: OnceLock::new(),
        })
    }

    /// What was made of it so far.
    pub(super) fn made_so_far(&self) -> Option<&Made> {
        self.made.get()
    }

    /// The rule's own part.
    pub(super) fn statement(&self) -> &StatementRule {
        match &self.rule.body {
            Body::Statement(statement) => statement,
            _ => unreachable!("only statement rules are compiled"),
        }
    }

    /// What is made of it, the first time it is asked for.
    pub(super) fn made(&self) -> &Made {
        self.made.get_or_init(|| Made::of(self.statement()))
    }
}

impl Made {
    fn of(statement: &StatementRule) -> Self {
        let all = |list: &[String]| list.iter().map(|one| ClaimPattern::new(one)).collect();
        Self {
            keywords: Keywords::new(statement),
            weighs_everything: statement.weighs_everything(),
            any_of: all(&statement.any_of),
            allow: all(&statement.allow),
            about: all(&statement.about),
            elsewhere: all(&statement.elsewhere),
            nearby: OnceLock::new(),
        }
    }

    /// What must stand around a keyword, the first time it is asked for.
    pub(super) fn nearby(&self, statement: &StatementRule) -> &Nearby {
        self.nearby
            .get_or_init(|| Nearby::new(statement, &self.any_of))
    }

    /// Whether every sentence has to be read, for want of keywords and of a wording.
    pub(super) fn is_everywhere(&self) -> bool {
        matches!(self.keywords, Keywords::None) && !self.weighs_everything
    }

    /// All its patterns.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &ClaimPattern> {
        let judged = self.any_of.iter().chain(&self.allow);
        judged.chain(&self.about).chain(&self.elsewhere)
    }

    /// Whether a text in lower case, white space folded, holds a keyword.
    pub(super) fn may_hold(&self, text: &str) -> bool {
        match &self.keywords {
            Keywords::None => true,
            Keywords::Many(words) => words.stand_in(text.as_bytes()),
            Keywords::Each(words) => words
                .iter()
                .any(|word| word.find(text.as_bytes()).is_some()),
        }
    }
}

/// Keywords of a rule, in lower case.
#[derive(Debug)]
enum Keywords {
    None,
    /// Looked for together.
    Many(Lexicon),
    /// Some are too short for that.
    Each(Vec<Finder<'static>>),
}

impl Keywords {
    fn new(statement: &StatementRule) -> Self {
        let words: Vec<_> = statement.marks().map(|word| folded(word)).collect();
        if words.is_empty() {
            return Self::None;
        }
        let each: Vec<_> = words.iter().map(String::as_str).collect();
        Lexicon::new(&each).map_or_else(
            || {
                Self::Each(
                    words
                        .iter()
                        .map(|word| Finder::new(word).into_owned())
                        .collect(),
                )
            },
            Self::Many,
        )
    }
}

fn folded(word: &str) -> String {
    let words: Vec<_> = word.split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}
