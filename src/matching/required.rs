// SPDX-License-Identifier: Apache-2.0
//! Statements that must stand where readers look.

use super::claim_pattern::compile;
use super::sentence::{Block, Sink, blocks, sentences};
use crate::classify::Classified;
use crate::rules::StatementRule;
use regex_automata::meta::Regex;

/// The files that a required statement is missing from.
///
/// `required_in` lists globs; each must be satisfied: one of the files it matches holds a sentence
/// that fits one of `any_of`. `files` are the files of the artifact, by name relative to its root.
/// The result names the globs that nothing satisfies.
///
/// # Errors
/// A pattern or a glob of the rule cannot be read.
pub fn missing<'r>(
    rule: &'r StatementRule,
    files: &[(&str, Classified<'_>)],
) -> Result<Vec<&'r str>, String> {
    let patterns: Vec<_> = rule
        .any_of
        .iter()
        .map(|pattern| compile(pattern))
        .collect::<Result<_, _>>()?;
    let mut absent = Vec::new();
    for glob in &rule.required_in {
        let matcher = globset::GlobBuilder::new(glob)
            .literal_separator(true)
            .build()
            .map_err(|error| error.to_string())?
            .compile_matcher();
        let stated = files
            .iter()
            .filter(|(name, _)| matcher.is_match(name))
            .any(|(_, entry)| states(entry, &patterns));
        if !stated {
            absent.push(glob.as_str());
        }
    }
    Ok(absent)
}

/// Whether a sentence of the entry, with or without its lead-in, fits a pattern and is no question.
fn states(entry: &Classified<'_>, patterns: &[Regex]) -> bool {
    let mut found = false;
    let mut emit = |block: &Block<'_>| {
        if found {
            return;
        }
        let text = &block.folded.text;
        found = sentences(text).into_iter().any(|range| {
            let sentence = &text[range];
            let joined = block
                .lead
                .map(|lead| format!("{} {sentence}", lead.trim_end_matches([':', ' '])));
            !sentence.ends_with('?')
                && patterns.iter().any(|pattern| {
                    pattern.is_match(sentence)
                        || joined.as_deref().is_some_and(|text| pattern.is_match(text))
                })
        });
    };
    let mut sink = Sink {
        marks: None,
        emit: &mut emit,
    };
    blocks(entry, &mut sink);
    found
}
