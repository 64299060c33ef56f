// SPDX-License-Identifier: Apache-2.0
//! What governs a phrase: what stands before it, inside it and behind it in its sentence.

use super::governors::{Governor, governors};
use super::reach::reaches;
use super::supposed::supposed;
use super::words::{DENIED, DENIED_NOUNS, Force, REPORTING, Token, holds};
use super::{Acquittal, Doubt};
use std::ops::Range;

/// Judges what stands before the phrase and inside it; `own` is where a lead-in ends.
pub(super) fn before(
    tokens: &[Token<'_>],
    hit: &Range<usize>,
    own: usize,
) -> Result<Doubt, Acquittal> {
    let target = tokens.partition_point(|t| t.start < hit.start);
    let stop = tokens.partition_point(|t| t.start < hit.end);
    let reaching: Vec<_> = governors(&tokens[..target])
        .into_iter()
        .filter(|governor| reaches(tokens, governor, target, own))
        .collect();
    let denials = reaching
        .iter()
        .filter(|g| matches!(g.force, Force::Not | Force::Without))
        .count();
    let untrue = reaching.iter().any(|g| g.force == Force::Untrue);
    let other = reaching
        .iter()
        .any(|g| !matches!(g.force, Force::Not | Force::Without | Force::Untrue));
    if other || (untrue && denials == 0) || (!untrue && denials > 0) {
        return Err(Acquittal::Governed);
    }
    if (!untrue && reported(tokens, target)) || supposed(tokens, target, stop) {
        return Err(Acquittal::Governed);
    }
    // A denial inside the phrase itself: "detects no real …". Where it opens the phrase it is the
    // pattern's own ("impossible to hack", "zero bugs").
    let inside = governors(&tokens[target..stop]);
    let denied = |g: &Governor| {
        matches!(
            g.force,
            Force::Not | Force::Without | Force::Modal | Force::Goal
        )
    };
    // "is no proof of …"
    let none = |g: &Governor| tokens[target + g.at].text == "no";
    // "no need to review …", "don't have to …"
    let needless = |g: &Governor| {
        let first = tokens[target].text;
        let denies = matches!(
            first,
            "no" | "not" | "never" | "needn't" | "don't" | "won't"
        );
        let nobody = first == "nobody" && g.at == 1
            // "no reviewer has to …"
            || first == "no" && g.at == 2;
        g.force == Force::Modal && (g.at == 1 && denies || nobody)
    };
    // "nobody could read …": said of what is denied, and no wish.
    let could = |g: &Governor| {
        let first = tokens[target].text;
        let denies = matches!(
            first,
            "no" | "not" | "nobody" | "none" | "nothing" | "no-one"
        );
        g.force == Force::Modal && denies && tokens[target + g.at].text == "could"
    };
    if inside
        .iter()
        .any(|g| g.at > 0 && !needless(g) && !could(g) && (denied(g) || none(g)))
    {
        return Err(Acquittal::Governed);
    }
    let near = &tokens[target.saturating_sub(4)..target];
    let promised = near
        .iter()
        .any(|t| matches!(t.text, "can" | "will" | "'ll"));
    Ok(Doubt::from(promised && untrue))
}

/// Whether a lead-in ends inside a denial or a condition, so that every item below is governed.
pub(super) fn denies_next(tokens: &[Token<'_>]) -> bool {
    let end = tokens.len() - usize::from(tokens.last().is_some_and(|t| t.text == ":"));
    governors(&tokens[..end]).iter().any(|governor| {
        governor.force != Force::Without && reaches(tokens, governor, end, usize::MAX)
    })
}

/// Whether the phrase is in the mouth of somebody else: "vendors claim that …".
fn reported(tokens: &[Token<'_>], target: usize) -> bool {
    tokens[..target].iter().enumerate().any(|(at, token)| {
        if !holds(REPORTING, token.text) {
            return false;
        }
        let rest = &tokens[at + 1..target];
        let turned = rest.iter().enumerate().any(|(offset, t)| {
            let next = rest
                .get(offset + 1)
                .or_else(|| tokens.get(target))
                .map_or("", |n| n.text);
            matches!(t.text, "but" | ";" | "however")
                || (matches!(t.text, "," | "and") && matches!(next, "we" | "it" | "is"))
        });
        let next = tokens.get(at + 1).map_or("", |t| t.text);
        // "Claims become …", "every claim the model …": no verb.
        let before = at.checked_sub(1).map(|at| tokens[at].text);
        let named = matches!(
            before,
            None | Some("a" | "any" | "each" | "every" | "no" | "all" | "their" | "its")
        );
        let noun = matches!(
            next,
            "are" | "is" | "were" | "was" | "can" | "have" | "has" | "hold"
        ) || named && !matches!(next, "that" | ":" | "to");
        let back = &tokens[at.saturating_sub(3)..at];
        let first_person = back.iter().any(|t| matches!(t.text, "we" | "i" | "our"));
        // "We are proud to say that …", "It goes without saying that …": nobody else says it.
        let own = match (back, token.text) {
            ([.., word, to], "say" | "claim") if to.text == "to" => matches!(
                word.text,
                "proud"
                    | "happy"
                    | "pleased"
                    | "glad"
                    | "fair"
                    | "safe"
                    | "needless"
                    | "exaggeration"
                    | "overstatement"
            ),
            ([.., without], "saying") => without.text == "without",
            (_, "believe") => next == "it" && tokens.get(at + 2).is_some_and(|t| t.text == "or"),
            _ => false,
        };
        // "If the model says so, the …": what it says is the condition.
        let condition = tokens[..at].iter().any(|t| {
            matches!(
                t.text,
                "if" | "when" | "once" | "whenever" | "soon" | "moment" | "because"
            )
        }) && rest.iter().any(|t| t.text == ",");
        !turned && !noun && !first_person && !own && !condition
    })
}

/// Judges what stands behind the phrase in its clause: "… is forbidden", "… would be false".
pub(super) fn after(tokens: &[Token<'_>], hit: &Range<usize>) -> Result<(), Acquittal> {
    let from = tokens.partition_point(|t| t.start < hit.end);
    let clause = &tokens[from..];
    // "A checker with no false positives … would have to understand English": there is none.
    let imagined = tokens
        .first()
        .is_some_and(|t| matches!(t.text, "a" | "an" | "any"))
        && clause
            .iter()
            .take_while(|t| !matches!(t.text, "," | ";" | "." | ":" | "that" | "which"))
            .any(|t| t.text == "would");
    if imagined {
        return Err(Acquittal::After);
    }
    for (offset, token) in clause.iter().enumerate().take(9) {
        let next = |ahead: usize| clause.get(offset + ahead).map_or("", |t| t.text);
        match token.text {
            "," | ";" | "." | "and" | "but" | "because" | "—" | "–" | "while" | "that" | "who" =>
            {
                break;
            }
            "which" => break,
            "isn't" | "aren't" | "cannot" | "can't" | "doesn't" | "won't" if offset <= 6 => {
                return Err(Acquittal::After);
            }
            "would" | "might" | "could" if offset <= 3 => return Err(Acquittal::After),
            "does" | "do" | "can" | "will" | "must" | "should" | "has" | "have"
                if next(1) == "not" || next(1) == "never" =>
            {
                return Err(Acquittal::After);
            }
            "is" | "are" | "was" | "were" | "be" | "remains" | "remain" | "stays" | "lies"
            | "falls" | "counts" => {
                if next(1) == "what"
                    && clause
                        .iter()
                        .any(|t| matches!(t.text, "not" | "never" | "nobody"))
                {
                    return Err(Acquittal::After);
                }
                if matches!(token.text, "remains" | "remain") && next(1) == "to" {
                    return Err(Acquittal::After);
                }
                let mut ahead = 1;
                while next(ahead).ends_with("ly")
                    || matches!(next(ahead), "still" | "also" | "always" | "therefore")
                {
                    ahead += 1;
                }
                let word = next(ahead);
                let noun = matches!(word, "a" | "an" | "one");
                if noun && !holds(DENIED_NOUNS, next(ahead + 1)) {
                    continue;
                }
                if word == "not" && matches!(next(ahead + 1), "only" | "just" | "merely") {
                    continue;
                }
                if holds(DENIED, word) {
                    return Err(Acquittal::After);
                }
            }
            "never" if offset == 0 => return Err(Acquittal::After),
            _ => {}
        }
    }
    // A goal behind it: "… some day", "… in the future".
    let tail = governors(clause);
    let soon = tail.iter().take(2).any(|g| {
        g.force == Force::Goal
            && clause[..g.at]
                .iter()
                .all(|t| !matches!(t.text, "," | ";" | "and" | "but"))
            && matches!(
                clause[g.at].text,
                "one" | "some" | "in" | "someday" | "eventually"
            )
    });
    if soon {
        return Err(Acquittal::After);
    }
    let nots: Vec<_> = clause.iter().map(|t| t.text).collect();
    let tagged = [
        ["(", "not"].as_slice(),
        &["(", "false"],
        &["(", "forbidden"],
        &["(", "never"],
        &["—", "not"],
        &["—", "never"],
        &[",", "not", "yet"],
        &["—", "no"],
        &[",", "we", "hope"],
        &[",", "hopefully"],
        &[":", "no"],
        &[":", "not"],
        &[":", "never"],
        &[":", "false"],
        &[":", "hardly"],
    ];
    if tagged.iter().any(|tag| nots.starts_with(tag)) && !nots.starts_with(&["(", "not", "only"]) {
        return Err(Acquittal::After);
    }
    Ok(())
}
