// SPDX-License-Identifier: Apache-2.0
//! How far a governing word reaches.

use super::supposed::supposed;
use super::words::{
    CARRYING, CLAUSE_HEADS, DENIED, DENIED_NOUNS, Force, REPORTING, SAYING, TURNS, Token, force_at,
    holds, tokens, undoes,
};
use super::{Acquittal, Doubt};
use std::ops::Range;

/// A governing word found before the phrase.
#[derive(Debug, Clone, Copy)]
struct Governor {
    force: Force,
    /// First token.
    at: usize,
    /// First token behind it.
    end: usize,
}

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

/// The words of a sentence in lower case that govern what stands behind them, and the marks that part what it
/// says, in order: what claims lies between them.
pub(in super::super) fn turns(sentence: &str) -> Vec<Range<usize>> {
    let tokens = tokens(sentence);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (is_turn, count) = match force_at(&tokens, at) {
            Some((force, count)) => (force != Force::Neutral, count),
            None => (matches!(token.text, "," | ";" | ":" | "(" | ")" | "but"), 1),
        };
        at += count;
        if is_turn {
            let last = tokens[at - 1];
            out.push(token.start..last.start + last.text.len());
        }
    }
    out
}

/// Governing words in order; denials that cancel each other are left out.
fn governors(tokens: &[Token<'_>]) -> Vec<Governor> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((force, count)) = force_at(tokens, at) else {
            at += 1;
            continue;
        };
        let mut end = at + count;
        if matches!(force, Force::Not | Force::Without) {
            // "not [at all] impossible", "never fails to", "cannot [ever] be denied".
            let undone = (0..3).find_map(|skip| {
                let taken = (end + skip < tokens.len()).then(|| undoes(tokens, end + skip))?;
                (taken > 0).then_some(end + skip + taken)
            });
            if let Some(past) = undone {
                at = past;
                continue;
            }
        }
        if force != Force::Neutral {
            out.push(Governor { force, at, end });
        }
        if end == at {
            end += 1;
        }
        at = end;
    }
    out
}

/// Whether a lead-in ends inside a denial or a condition, so that every item below is governed.
pub(super) fn denies_next(tokens: &[Token<'_>]) -> bool {
    let end = tokens.len() - usize::from(tokens.last().is_some_and(|t| t.text == ":"));
    governors(&tokens[..end]).iter().any(|governor| {
        governor.force != Force::Without && reaches(tokens, governor, end, usize::MAX)
    })
}

fn reaches(tokens: &[Token<'_>], governor: &Governor, target: usize, own: usize) -> bool {
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
