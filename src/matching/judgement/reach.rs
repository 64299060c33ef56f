// SPDX-License-Identifier: Apache-2.0
//! How far a governing word reaches.

use super::governors::Governor;
use super::words::{CARRYING, CLAUSE_HEADS, Force, SAYING, TURNS, Token, holds};

/// Whether a governing word still governs what begins at `target`; `own` is where a lead-in ends.
pub(super) fn reaches(
    tokens: &[Token<'_>],
    governor: &Governor,
    target: usize,
    own: usize,
) -> bool {
    let between = &tokens[governor.end..target];
    if governor.force == Force::Modal {
        // "could let the agent …", "would require a runtime that …"
        let carried = between
            .iter()
            .find(|t| !t.text.ends_with("ly") && t.text != "be");
        let carries = carried.is_some_and(|t| holds(CARRYING, t.text))
            && !between
                .iter()
                .any(|t| matches!(t.text, "," | ";" | ":" | "." | "and" | "but"));
        return carries || between.iter().all(|t| is_filler(t.text));
    }
    // "no promise that", "without any sign that"
    let noun = between.iter().take(3).any(|t| t.text == "that") && governor.force == Force::Without;
    let mut naming = noun || matches!(governor.force, Force::Mention | Force::Untrue);
    // "CCR, which is not a toy, …": what an insertion denies stays in it.
    let aside = (1..4).any(|back| {
        let relative = governor.at.checked_sub(back).map(|at| tokens[at].text);
        let comma = governor.at.checked_sub(back + 1).map(|at| tokens[at].text);
        matches!(relative, Some("which" | "who")) && comma == Some(",")
    });
    let mut depth = 0_i32;
    for (offset, token) in between.iter().enumerate() {
        let next = between
            .get(offset + 1)
            .or_else(|| tokens.get(target))
            .map_or("", |t| t.text);
        let word = token.text;
        match word {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        // A denial in brackets stays in them.
        if depth < 0 {
            return false;
        }
        // "not our position, in any sense, that …"
        let held = matches!(
            word,
            "position" | "view" | "opinion" | "contention" | "belief" | "intention" | "suggestion"
        );
        // "You need not believe us, the …": nothing is put into words.
        let addressed =
            matches!(next, "us" | "me") && between.get(offset + 2).is_some_and(|t| t.text == ",");
        if (held || holds(SAYING, word) && !addressed) && governor.force == Force::Not {
            naming = true;
        }
        // The mark between a lead-in and its item is no turn.
        let seam = own != usize::MAX
            && token.start < own
            && tokens
                .get(governor.end + offset + 1)
                .is_none_or(|t| t.start >= own);
        if seam && word == ":" {
            continue;
        }
        if matches!(word, "." | "!" | "?") {
            return false;
        }
        if holds(TURNS, word)
            && !(naming && matches!(word, "-" | "—" | "–" | "--" | "yet" | "since" | "because"))
        {
            // "not yet" and "but not" keep denying.
            let yet = word == "yet" && offset == 0;
            let rather = word == "instead" && next == "of";
            // "however long it may be"
            let degree = word == "however" && next != ",";
            if !yet && !rather && !degree {
                return false;
            }
        }
        if naming {
            // "It is not true that it can be broken: it is …": what is untrue has been said.
            let said = governor.force == Force::Untrue && word == ":" && offset >= 2;
            if said && holds(CLAUSE_HEADS, next) {
                return false;
            }
            if matches!(word, "," | "and") && matches!(next, "but" | "we" | "it" | "instead") {
                return false;
            }
            continue;
        }
        match word {
            // "what it is not: …" goes on denying.
            ":" if offset == 0 && tokens[governor.at].text == "not" => {}
            ":" => return false,
            "," if aside => return false,
            "," if governor.force == Force::Without => {
                // "No report, certificate or packet …" goes on; "No setup, …" is over.
                let rest = &tokens[governor.end + offset..];
                if !rest.iter().any(|t| matches!(t.text, "or" | "nor")) {
                    return false;
                }
            }
            "," if governor.force == Force::If => return false,
            "then" if governor.force == Force::If => return false,
            // "Never, in any mode, does it …": the verb of a fronted denial.
            "," if governor.at == 0
                && matches!(next, "does" | "do" | "can" | "will" | "is" | "has") => {}
            "," | "and" if holds(CLAUSE_HEADS, next) && next != "instead" => return false,
            // "You need not worry, the vault is …": one comma, and a subject of its own behind it.
            "," | "and"
                if next == "the"
                    && offset > 0
                    && governor.force == Force::Not
                    && verbal(tokens[governor.at].text) =>
            {
                let rest = &between[offset + 1..];
                let clause = rest
                    .iter()
                    .any(|t| matches!(t.text, "is" | "are" | "can" | "will" | "has"))
                    || tokens
                        .get(target)
                        .is_some_and(|t| finite(t.text) || matches!(t.text, "is" | "are" | "has"));
                if clause && rest.iter().all(|t| t.text != ",") {
                    return false;
                }
            }
            "," | "and"
                if offset + 1 == between.len()
                    && finite(next)
                    && (base_form(tokens, governor) || copular(tokens, governor)) =>
            {
                return false;
            }
            "," | "and" if governor.force == Force::Goal && finite(next) => return false,
            "so" if offset > 0 && next == "that" => return false,
            "is" | "are" | "was" if governor.force == Force::Without && !naming => {
                // "No network is needed": the phrase is over.
                let subject = governor.at == 0 || tokens[governor.at].text == "no";
                if !subject {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// A denial of a verb, and not of a subject ("nothing", "neither").
fn verbal(word: &str) -> bool {
    matches!(word, "not" | "never" | "cannot") || word.ends_with("n't")
}

/// A verb in the third person: what cannot stand under "does not".
fn finite(word: &str) -> bool {
    word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us")
}

/// Whether a denial wants a bare verb behind it ("does not", "cannot").
fn base_form(tokens: &[Token<'_>], governor: &Governor) -> bool {
    let word = tokens[governor.at].text;
    let auxiliary = governor.at.checked_sub(1).map_or("", |at| tokens[at].text);
    matches!(
        word,
        "cannot" | "can't" | "cant" | "won't" | "doesn't" | "don't" | "didn't" | "doesnt" | "dont"
    ) || (word == "not"
        && matches!(
            auxiliary,
            "does" | "do" | "did" | "can" | "will" | "must" | "should" | "to"
        ))
}

/// Whether a denial is one of what something is ("is not", "is no longer", "isn't"): a verb behind an
/// "and" says something of its own.
fn copular(tokens: &[Token<'_>], governor: &Governor) -> bool {
    let auxiliary = governor.at.checked_sub(1).map_or("", |at| tokens[at].text);
    match tokens[governor.at].text {
        "not" | "never" => matches!(auxiliary, "is" | "are" | "was" | "were"),
        "no" => governor.end == governor.at + 2 && matches!(auxiliary, "is" | "are"),
        word => matches!(word, "isn't" | "aren't" | "wasn't" | "isnt"),
    }
}

/// Words that may stand between a modal verb and what it weakens.
fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "be"
            | "have"
            | "been"
            | "become"
            | "also"
            | "then"
            | "still"
            | "always"
            | "only"
            | "even"
            | "ever"
            | "well"
            | "able"
            | "to"
            | "in"
            | "theory"
            | "one"
            | "day"
            | "seem"
            | "appear"
            | "look"
            | "it"
            | "you"
            | "we"
            | "they"
            | "ccr"
            | "this"
            | "the"
            | "tool"
            | "help"
            | "itself"
            | "or"
            | "both"
            | "first"
            | "attempt"
            | "try"
            | "want"
            | "sound"
            | ":"
            | "remain"
            | "at"
            | "some"
            | "point"
    ) || word.ends_with("ly")
}
