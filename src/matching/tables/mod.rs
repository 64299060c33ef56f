// SPDX-License-Identifier: Apache-2.0
//! What keywords come down to: which rules each calls, and the tables by which the prefilter finds
//! it. Of the profiles that ship with this program `build.rs` makes them, which compiles this folder
//! too, so nothing here knows of the rest; to make them takes longer than to scan most files.
//!
//! Tables are bytes, least first, in the program as in memory: nothing is decoded or copied, and of
//! what a small scan never looks at, no page is read.

mod anchor;
mod calls;
mod grams;
mod packed;
mod sampled;
mod slots;
mod words;

pub(crate) use calls::{Calls, Keywords};
pub use grams::keyword_cost;
pub(crate) use grams::{fold, folded};
pub(crate) use sampled::{Sampled, fits, keyword};
#[cfg(test)]
pub(crate) use slots::insert;
pub(crate) use slots::{
    BEFORE_MULTIPLIER, CLASS_MASK, FIRST_BITS, FIRST_MULTIPLIER, FIRST_WORDS, MARGIN, MULTIPLIER,
    SECOND_WORDS, SHORTEST, STRIDE, WORD_BITS, first_index, second_slot, wide_slot,
};
pub(crate) use words::{Aligned, Word, Words, number};

/// What a rule says of when it is run.
pub(crate) struct Asks<'a> {
    /// Any of these calls it.
    pub(crate) keywords: Vec<&'a str>,
    /// They stand in names, not in contents.
    pub(crate) of_names: bool,
    /// Its scope has globs: few files are its own.
    pub(crate) of_few: bool,
}

/// Keywords, whom they call, and how they are found.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) keywords: Keywords,
    pub(crate) sampled: Sampled,
}

/// All that a matcher looks up; rules are named by their place among its rules.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) content: Table,
    pub(crate) names: Table,
    /// Rules with a keyword too short to be sampled, of few files: these are searched for their
    /// keywords alone, so that others need not be.
    pub(crate) apart: Words,
    /// Rules without keyword, which read every text or name in their scope.
    pub(crate) everywhere: Words,
    pub(crate) every_name: Words,
    /// How many rules there are, and the number of the keyword that is watched for.
    head: Words,
}

impl Tables {
    /// Makes them of the rules that keywords may call, in their order. One more word, if it is not
    /// empty, is looked for and calls nobody.
    ///
    /// # Errors
    /// The keywords are more than tables can hold.
    pub(crate) fn of<'a>(
        rules: impl Iterator<Item = Option<Asks<'a>>>,
        watched: &str,
    ) -> Result<Self, String> {
        let (mut content, mut names) = (Calls::default(), Calls::default());
        let (mut everywhere, mut every_name, mut apart) = (Vec::new(), Vec::new(), Vec::new());
        let mut count = 0u32;
        for (rule, asks) in (0u32..).zip(rules) {
            count = rule + 1;
            let Some(mut asks) = asks else { continue };
            asks.keywords.retain(|word| !word.is_empty());
            let short = |word: &&str| word.len() < SHORTEST;
            let (calls, whole) = match asks.of_names {
                true => (&mut names, &mut every_name),
                false => (&mut content, &mut everywhere),
            };
            if asks.keywords.is_empty() {
                whole.push(rule);
            } else if asks.of_few && !asks.of_names && asks.keywords.iter().any(short) {
                apart.push(rule);
            } else {
                let keywords = asks.keywords.iter();
                keywords.for_each(|word| calls.add(word, Some(rule)));
            }
        }
        if !watched.is_empty() {
            content.add(watched, None);
        }
        let table = |calls: Calls| -> Result<Table, String> {
            let keywords = calls.sort()?;
            let sampled = Sampled::of(&keywords)?;
            Ok(Table { keywords, sampled })
        };
        let content = table(content)?;
        let watched = content.keywords.find(&watched.to_ascii_lowercase());
        Ok(Self {
            content,
            names: table(names)?,
            apart: words::words(apart),
            everywhere: words::words(everywhere),
            every_name: words::words(every_name),
            head: words::words([count, watched.unwrap_or(u32::MAX)]),
        })
    }

    /// Number of the keyword that is watched for.
    pub(crate) fn watched(&self) -> u32 {
        number(self.head.get(1))
    }

    /// Whether they were made of so many rules, and watch for this word: nothing else tells whose
    /// tables they are.
    pub(crate) fn are_of(&self, rules: usize, watched: &str) -> bool {
        let keywords = &self.content.keywords;
        number(self.head.first()) as usize == rules
            && self.watched() < keywords.count()
            && keywords
                .get(self.watched())
                .eq_ignore_ascii_case(watched.as_bytes())
    }
}
