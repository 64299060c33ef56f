// SPDX-License-Identifier: Apache-2.0
//! Suppositions, wishes and futures that no governing word announces.

use super::words::{Token, holds};

/// Suppositions without a word of their own: "Had it been …,", "Should it …,", "To be …, it needs",
/// "any text in which …", "A tool that … is not".
pub(super) fn supposed(tokens: &[Token<'_>], target: usize, stop: usize) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |t| t.text);
    let comma_before = tokens[..target].iter().any(|t| t.text == ",");
    let comma_behind = tokens[stop..].iter().any(|t| t.text == ",");
    if matches!(word(0), "had" | "were" | "should" | "would" | "could")
        && !comma_before
        && comma_behind
    {
        return true;
    }
    // "to be": a wish or a purpose, unless it is known "to be".
    let be = if word(target) == "be" {
        Some(target)
    } else {
        target.checked_sub(1).filter(|&at| word(at) == "be")
    };
    if let Some(to) = be
        .and_then(|at| at.checked_sub(1))
        .filter(|&at| word(at) == "to")
    {
        let verb = to.checked_sub(1).map_or("", word);
        let known = [
            "known",
            "shown",
            "found",
            "proven",
            "proved",
            "guaranteed",
            "certified",
            "happens",
            "out",
            "claim",
        ];
        if !known.contains(&verb) {
            return true;
        }
    }
    // "When it is …, we will …": not yet.
    let copula = |at: usize| matches!(word(at), "is" | "are" | "becomes" | "has");
    if matches!(word(0), "when" | "once" | "after")
        && !comma_before
        && (copula(target) || target > 0 && copula(target - 1))
        && tokens[stop..]
            .iter()
            .any(|t| matches!(t.text, "will" | "'ll" | "we'll"))
        && comma_behind
    {
        return true;
    }
    // "It will be … in 2031", "… soon": not yet.
    let year = |t: &Token<'_>| {
        t.text.len() == 4 && t.text.starts_with("20") && t.text.bytes().all(|b| b.is_ascii_digit())
    };
    let later = |t: &Token<'_>| year(t) || matches!(t.text, "soon" | "next" | "later" | "tomorrow");
    let future = |at: usize| matches!(word(at), "will" | "'ll");
    if (target.saturating_sub(2)..=target).any(future) && tokens[stop..].iter().take(3).any(later) {
        return true;
    }
    // "A … scheme needs a model": what all such things need.
    let needs = |t: &Token<'_>| {
        matches!(
            t.text,
            "needs" | "requires" | "must" | "should" | "would" | "deserves"
        )
    };
    if target <= 1
        && (matches!(word(0), "a" | "an" | "any" | "every"))
        && tokens[stop..].iter().take(3).any(needs)
    {
        return true;
    }
    // An indefinite subject with a relative clause: the clause says which, not that there is one.
    // Alone it describes what is offered: "A vault that is …."
    let relative = |at: usize| matches!(word(at), "that" | "which" | "who" | "whose");
    // "…, forever" and "… for your shell" say no more of it; a verb does.
    let verb = |t: &Token<'_>| {
        let plain = "is|are|was|were|be|must|should|needs|requires|would|can|could|cannot|may|might|will|\
                     has|have|had|gets|does|do|makes|means|deserves|remains";
        holds(plain, t.text)
            || t.text.ends_with("n't")
            || t.text.len() > 3 && t.text.ends_with('s') && !t.text.ends_with("ss")
    };
    let goes_on = tokens[stop..].iter().any(verb);
    (0..target).any(|at| {
        let indefinite = match word(at) {
            "any" | "anything" | "anyone" | "whatever" => true,
            "a" | "an" if goes_on => {
                at == 0 || (at == 1 && matches!(word(0), "even" | "only" | "such"))
            }
            _ => false,
        };
        indefinite
            && (at + 1..(at + 5).min(target)).any(relative)
            && !tokens[at..target].iter().any(|t| t.text == ",")
    })
}
