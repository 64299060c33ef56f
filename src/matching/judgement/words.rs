// SPDX-License-Identifier: Apache-2.0
//! Words of a sentence, and the words that take its assertion back.

/// A word or a mark of punctuation, lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// Its text.
    pub(super) text: &'t str,
    /// Where it starts in the sentence.
    pub(super) start: usize,
}

/// Cuts lower-case text into tokens; hyphens and apostrophes inside a word belong to it.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if is_word(c) {
            while let Some(&(at, c)) = chars.peek() {
                let joint = matches!(c, '-' | '\'' | '.')
                    && text[at + 1..].starts_with(|n: char| n.is_alphanumeric());
                if !is_word(c) && !joint {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
        } else if c == '-' && text[end..].starts_with('-') {
            end += 1;
            chars.next();
        }
        out.push(Token {
            text: &text[start..end],
            start,
        });
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '%' | '$')
}

/// How a word governs what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// Denies the clause.
    Not,
    /// Denies the phrase up to a comma.
    Without,
    /// Names a wording instead of saying it: "never claim that", "the phrase".
    Mention,
    /// A condition, up to a comma.
    If,
    /// What might be or ought to be: only of the verb right behind it.
    Modal,
    /// What is hoped for.
    Goal,
    /// Nothing: the words only look like a denial.
    Neutral,
    /// "not true that": denies, unless what follows is denied itself.
    Untrue,
}

/// Longest phrases first where one begins another.
const PHRASES: &[(&str, Force)] = &[
    // Denials that deny nothing.
    ("not only", Force::Neutral),
    ("not just", Force::Neutral),
    ("not merely", Force::Neutral),
    ("not simply", Force::Neutral),
    ("not solely", Force::Neutral),
    ("not least", Force::Neutral),
    ("not to mention", Force::Neutral),
    ("not limited to", Force::Neutral),
    ("isn't just", Force::Neutral),
    ("isn't only", Force::Neutral),
    ("isn't merely", Force::Neutral),
    ("doesn't just", Force::Neutral),
    ("doesn't only", Force::Neutral),
    ("doesn't merely", Force::Neutral),
    ("whether or not", Force::Neutral),
    ("no doubt", Force::Neutral),
    ("no question", Force::Neutral),
    ("no wonder", Force::Neutral),
    ("no matter", Force::Neutral),
    ("no less than", Force::Neutral),
    ("no other than", Force::Neutral),
    ("none other than", Force::Neutral),
    ("nothing less than", Force::Neutral),
    ("nothing short of", Force::Neutral),
    ("without a doubt", Force::Neutral),
    ("without any doubt", Force::Neutral),
    ("without doubt", Force::Neutral),
    ("without question", Force::Neutral),
    ("without exception", Force::Neutral),
    ("without fail", Force::Neutral),
    ("cannot help but", Force::Neutral),
    ("nobody can deny", Force::Neutral),
    ("no one can deny", Force::Neutral),
    ("unquestionably", Force::Neutral),
    ("if anything", Force::Neutral),
    ("if you want", Force::Neutral),
    ("you want", Force::Neutral),
    ("all you want", Force::Neutral),
    ("at once", Force::Neutral),
    ("why not", Force::Neutral),
    ("last but not least", Force::Neutral),
    ("wrong to", Force::Untrue),
    ("incorrect to", Force::Untrue),
    ("misleading to", Force::Untrue),
    ("dishonest to", Force::Untrue),
    ("mistaken to", Force::Untrue),
    ("false to", Force::Untrue),
    ("a mistake to", Force::Untrue),
    ("a lie to", Force::Untrue),
    ("untrue to", Force::Untrue),
    ("in a later", Force::Goal),
    ("in a future", Force::Goal),
    ("in later", Force::Goal),
    ("later release", Force::Goal),
    ("next release", Force::Goal),
    ("next version", Force::Goal),
    ("future release", Force::Goal),
    // Denials of a statement.
    ("not true that", Force::Untrue),
    ("not the case that", Force::Untrue),
    ("not correct that", Force::Untrue),
    ("not accurate that", Force::Untrue),
    ("not true to say", Force::Untrue),
    ("isn't true that", Force::Untrue),
    ("isn't the case that", Force::Untrue),
    ("untrue that", Force::Untrue),
    ("false that", Force::Untrue),
    ("wrong that", Force::Untrue),
    ("incorrect that", Force::Untrue),
    // Denials over several words.
    ("under no circumstances", Force::Mention),
    ("in no circumstances", Force::Mention),
    ("by no means", Force::Not),
    ("in no way", Force::Not),
    ("in no case", Force::Not),
    ("at no point", Force::Not),
    ("at no time", Force::Not),
    ("no longer", Force::Not),
    ("no one", Force::Not),
    ("far from", Force::Not),
    ("yet to", Force::Not),
    ("unable to", Force::Not),
    ("incapable of", Force::Not),
    ("impossible to", Force::Not),
    ("impossible for", Force::Not),
    ("fail to", Force::Not),
    ("fails to", Force::Not),
    ("failed to", Force::Not),
    ("failing to", Force::Not),
    ("short of", Force::Not),
    ("refuse to", Force::Not),
    ("refuses to", Force::Not),
    ("declines to", Force::Not),
    ("refrain from", Force::Not),
    ("refrains from", Force::Not),
    ("too early to", Force::Not),
    ("out of scope", Force::Not),
    ("outside the scope", Force::Not),
    ("instead of", Force::Without),
    ("rather than", Force::Without),
    ("as opposed to", Force::Without),
    ("in contrast to", Force::Without),
    ("contrary to", Force::Without),
    ("free of", Force::Without),
    ("free from", Force::Without),
    ("safe from", Force::Without),
    ("no claim", Force::Mention),
    ("no claims", Force::Mention),
    ("no promise", Force::Mention),
    ("no evidence", Force::Mention),
    ("no proof", Force::Mention),
    ("no warranty", Force::Mention),
    ("no guarantee", Force::Mention),
    ("no guarantees", Force::Mention),
    ("no attempt", Force::Mention),
    ("no intention", Force::Mention),
    ("no part of", Force::Mention),
    ("none of", Force::Mention),
    // Wordings that are named.
    ("guard against", Force::Mention),
    ("guards against", Force::Mention),
    ("beware of", Force::Mention),
    ("according to", Force::Mention),
    ("such wording as", Force::Mention),
    ("phrases like", Force::Mention),
    ("phrases such as", Force::Mention),
    ("wording like", Force::Mention),
    ("statements like", Force::Mention),
    ("statements such as", Force::Mention),
    ("claims like", Force::Mention),
    ("claims such as", Force::Mention),
    ("marketed as", Force::Mention),
    ("advertised as", Force::Mention),
    ("described as", Force::Mention),
    ("known as", Force::Mention),
    ("said to be", Force::Mention),
    ("rumored to", Force::Mention),
    ("rumoured to", Force::Mention),
    ("thought to", Force::Mention),
    ("believed to", Force::Mention),
    ("the phrase", Force::Mention),
    ("the phrases", Force::Mention),
    ("the word", Force::Mention),
    ("the words", Force::Mention),
    ("the term", Force::Mention),
    ("the wording", Force::Mention),
    ("the sentence", Force::Mention),
    ("the statement", Force::Mention),
    ("the label", Force::Mention),
    ("the string", Force::Mention),
    ("the assertion", Force::Mention),
    ("the idea", Force::Mention),
    ("the notion", Force::Mention),
    ("the myth", Force::Mention),
    ("a myth", Force::Mention),
    ("a misconception", Force::Mention),
    ("a mistake", Force::Mention),
    ("as if", Force::Mention),
    ("as though", Force::Mention),
    // Conditions.
    ("even if", Force::If),
    ("in case", Force::If),
    ("what if", Force::Mention),
    ("only when", Force::If),
    ("only if", Force::If),
    ("so long as", Force::If),
    ("provided that", Force::If),
    // What ought to be.
    ("ought to", Force::Modal),
    ("need to", Force::Modal),
    ("needs to", Force::Modal),
    ("has to", Force::Modal),
    ("have to", Force::Modal),
    ("had to", Force::Modal),
    ("supposed to", Force::Modal),
    ("required to", Force::Modal),
    ("expected to", Force::Modal),
    // What is hoped for.
    ("aim to", Force::Goal),
    ("aims to", Force::Goal),
    ("aim is to", Force::Goal),
    ("aims at", Force::Goal),
    ("aim at", Force::Goal),
    ("aims for", Force::Goal),
    ("aiming to", Force::Goal),
    ("plan to", Force::Goal),
    ("plans to", Force::Goal),
    ("planned to", Force::Goal),
    ("planning to", Force::Goal),
    ("want to", Force::Goal),
    ("wants to", Force::Goal),
    ("wanted to", Force::Goal),
    ("hope to", Force::Goal),
    ("hopes to", Force::Goal),
    ("hoping to", Force::Goal),
    ("wish to", Force::Goal),
    ("would like to", Force::Goal),
    ("intend to", Force::Goal),
    ("intends to", Force::Goal),
    ("seek to", Force::Goal),
    ("seeks to", Force::Goal),
    ("strive to", Force::Goal),
    ("strives to", Force::Goal),
    ("strives for", Force::Goal),
    ("aspires to", Force::Goal),
    ("attempt to", Force::Goal),
    ("attempts to", Force::Goal),
    ("attempting to", Force::Goal),
    ("try to", Force::Goal),
    ("tries to", Force::Goal),
    ("trying to", Force::Goal),
    ("tried to", Force::Goal),
    ("vision is", Force::Goal),
    ("dream is", Force::Goal),
    ("ambition is", Force::Goal),
    ("goal is", Force::Goal),
    ("goals are", Force::Goal),
    ("goal of", Force::Goal),
    ("working towards", Force::Goal),
    ("working toward", Force::Goal),
    ("work towards", Force::Goal),
    ("on the way to", Force::Goal),
    ("on the road to", Force::Goal),
    ("one day", Force::Goal),
    ("some day", Force::Goal),
    ("in the future", Force::Goal),
    ("in future", Force::Goal),
    ("a future version", Force::Goal),
    ("a later version", Force::Goal),
    ("future work", Force::Goal),
    ("how to", Force::Goal),
];

const SINGLE: &[(&str, Force)] = &[
    ("not", Force::Not),
    ("never", Force::Not),
    ("cannot", Force::Not),
    ("cant", Force::Not),
    ("dont", Force::Not),
    ("doesnt", Force::Not),
    ("isnt", Force::Not),
    ("wont", Force::Not),
    ("neither", Force::Not),
    ("nor", Force::Not),
    ("hardly", Force::Not),
    ("scarcely", Force::Not),
    ("barely", Force::Not),
    ("rarely", Force::Not),
    ("seldom", Force::Not),
    ("nobody", Force::Not),
    ("nothing", Force::Not),
    ("none", Force::Not),
    ("nowhere", Force::Not),
    ("reject", Force::Not),
    ("rejects", Force::Not),
    ("rejected", Force::Not),
    ("rejecting", Force::Not),
    ("forbid", Force::Not),
    ("forbids", Force::Not),
    ("forbidden", Force::Not),
    ("prohibit", Force::Not),
    ("prohibits", Force::Not),
    ("prohibited", Force::Not),
    ("disallow", Force::Not),
    ("disallows", Force::Not),
    ("ban", Force::Not),
    ("bans", Force::Not),
    ("deny", Force::Not),
    ("denies", Force::Not),
    ("disclaim", Force::Not),
    ("disclaims", Force::Not),
    ("prevent", Force::Not),
    ("prevents", Force::Not),
    ("preventing", Force::Not),
    ("block", Force::Not),
    ("blocks", Force::Not),
    ("flag", Force::Not),
    ("flags", Force::Not),
    ("stop", Force::Not),
    ("stops", Force::Not),
    ("avoid", Force::Mention),
    ("avoids", Force::Mention),
    ("avoiding", Force::Mention),
    ("refuse", Force::Not),
    ("refuses", Force::Not),
    ("no", Force::Without),
    ("zero", Force::Without),
    ("without", Force::Without),
    ("lack", Force::Without),
    ("lacks", Force::Without),
    ("lacking", Force::Without),
    ("unlike", Force::Without),
    ("before", Force::If),
    ("until", Force::If),
    ("if", Force::If),
    ("unless", Force::If),
    ("once", Force::If),
    ("suppose", Force::If),
    ("supposing", Force::If),
    ("assuming", Force::If),
    ("assume", Force::If),
    ("imagine", Force::Mention),
    ("hypothetically", Force::Mention),
    ("whether", Force::Mention),
    ("would", Force::Modal),
    ("could", Force::Modal),
    ("might", Force::Modal),
    ("may", Force::Modal),
    ("should", Force::Modal),
    ("must", Force::Modal),
    ("shall", Force::Modal),
    ("want", Force::Goal),
    ("wants", Force::Goal),
    ("hope", Force::Goal),
    ("hopes", Force::Goal),
    ("wish", Force::Goal),
    ("ambition", Force::Goal),
    ("aspiration", Force::Goal),
    ("aim", Force::Goal),
    ("goal", Force::Goal),
    ("hopefully", Force::Goal),
    ("planned", Force::Goal),
    ("someday", Force::Goal),
    ("eventually", Force::Goal),
    ("towards", Force::Goal),
    ("todo", Force::Mention),
    ("fixme", Force::Mention),
    ("so-called", Force::Mention),
    ("supposedly", Force::Mention),
    ("allegedly", Force::Mention),
    ("falsely", Force::Mention),
    ("wrongly", Force::Mention),
    ("incorrectly", Force::Mention),
    ("mistakenly", Force::Mention),
    ("pretend", Force::Mention),
    ("pretends", Force::Mention),
    ("pretending", Force::Mention),
    ("purport", Force::Mention),
    ("purports", Force::Mention),
    ("purported", Force::Mention),
    ("purportedly", Force::Mention),
    ("alleges", Force::Mention),
    ("alleged", Force::Mention),
    ("overclaim", Force::Mention),
    ("overclaims", Force::Mention),
    ("overclaiming", Force::Mention),
];

/// Verbs of saying and thinking: with a denial before them, what they introduce is only a wording.
pub(super) const SAYING: &[&str] = &[
    "claim",
    "claims",
    "claimed",
    "claiming",
    "say",
    "says",
    "said",
    "saying",
    "state",
    "states",
    "stated",
    "stating",
    "assert",
    "asserts",
    "asserted",
    "asserting",
    "suggest",
    "suggests",
    "suggesting",
    "imply",
    "implies",
    "implied",
    "implying",
    "promise",
    "promises",
    "promising",
    "write",
    "writes",
    "writing",
    "describe",
    "describes",
    "describing",
    "call",
    "calls",
    "calling",
    "called",
    "advertise",
    "advertises",
    "advertised",
    "advertising",
    "announce",
    "announces",
    "argue",
    "argues",
    "conclude",
    "concludes",
    "infer",
    "infers",
    "believe",
    "believes",
    "think",
    "thinks",
    "represent",
    "present",
    "presented",
    "market",
    "label",
    "labelled",
    "labeled",
    "treat",
    "treated",
    "interpret",
    "interpreted",
    "construe",
    "construed",
    "mean",
    "means",
    "read",
    "evidence",
    "proof",
    "demonstrate",
    "demonstrates",
    "show",
    "shows",
    "prove",
    "proves",
    "guarantee",
    "guarantees",
    "print",
    "prints",
    "publish",
    "report",
    "pretend",
    "tell",
    "tells",
    "certify",
    "certifies",
    "warrant",
    "warrants",
    "know",
    "knows",
    "indicate",
    "indicates",
];

/// Verbs by which somebody else's words are reported.
pub(super) const REPORTING: &[&str] = &[
    "claim", "claims", "claimed", "claiming", "say", "says", "said", "assert", "asserts",
    "asserted", "believe", "believes", "think", "thinks", "argues", "argued", "insists",
    "suggests",
];

/// Where a plain denial ends and a new clause asserts again.
pub(super) const TURNS: &[&str] = &[
    "but",
    "however",
    "yet",
    "whereas",
    "although",
    "though",
    "nevertheless",
    "nonetheless",
    "because",
    "since",
    "instead",
    "—",
    "–",
    "--",
    "-",
    ";",
];

/// What begins a clause of its own after a comma or an "and".
pub(super) const CLAUSE_HEADS: &[&str] = &[
    "it",
    "we",
    "they",
    "i",
    "he",
    "she",
    "this",
    "that",
    "which",
    "ccr",
    "our",
    "its",
    "is",
    "are",
    "was",
    "has",
    "can",
    "will",
    "does",
    "so",
    "therefore",
    "thus",
    "hence",
    "rather",
    "instead",
    "you",
    "your",
    "also",
    "simply",
    "then",
    "who",
    "these",
    "those",
];

/// What denies after the verb "be": "… is forbidden".
pub(super) const DENIED: &[&str] = &[
    "not",
    "never",
    "out",
    "outside",
    "beyond",
    "forbidden",
    "prohibited",
    "rejected",
    "impossible",
    "unsupported",
    "false",
    "wrong",
    "untrue",
    "incorrect",
    "misleading",
    "disallowed",
    "banned",
    "refused",
    "excluded",
    "a",
    "an",
    "no",
    "neither",
    "nowhere",
    "invalid",
    "unproven",
    "unknown",
    "blocked",
    "denied",
    "flagged",
    "unacceptable",
    "unwarranted",
];

/// Nouns that deny after "is a".
pub(super) const DENIED_NOUNS: &[&str] = &[
    "sentence",
    "claim",
    "phrase",
    "statement",
    "wording",
    "non-goal",
    "non-claim",
    "lie",
    "myth",
    "overclaim",
    "misconception",
    "mistake",
    "falsehood",
    "overstatement",
    "exaggeration",
    "forbidden",
    "prohibited",
    "open",
    "false",
    "invalid",
    "error",
    "violation",
    "goal",
];

/// Labels before a colon that take back what follows.
pub(super) const LABELS: &[&str] = &[
    "no",
    "not",
    "never",
    "false",
    "wrong",
    "bad",
    "myth",
    "don't",
    "incorrect",
    "forbidden",
    "prohibited",
    "todo",
    "fixme",
    "non-claim",
    "nonclaim",
    "non-claims",
    "limitation",
    "non-goal",
    "non-goals",
    "overclaim",
    "overclaims",
    "avoid",
    "rejected",
    "question",
    "goal",
    "goals",
    "idea",
    "planned",
    "future",
    "roadmap",
    "removed",
    "deprecated",
    "counterexample",
    "anti-pattern",
    "unsupported",
    "disallowed",
    "banned",
    "invalid",
    "misleading",
    "fix",
    "fixed",
];

/// The phrase or word that governs from token `at`, and how many tokens it takes.
pub(super) fn force_at(tokens: &[Token<'_>], at: usize) -> Option<(Force, usize)> {
    let here = tokens[at].text;
    for (phrase, force) in PHRASES {
        let mut words = phrase.split(' ');
        if words.next() != Some(here) {
            continue;
        }
        let mut count = 1;
        let fits = words.all(|word| {
            let fits = tokens.get(at + count).is_some_and(|t| t.text == word);
            count += 1;
            fits
        });
        if fits {
            return Some((*force, count));
        }
    }
    if here.ends_with("n't") || here == "can't" {
        return Some((Force::Not, 1));
    }
    // A noun as often as a verb: "with one flag".
    if matches!(here, "flag" | "block" | "stop" | "ban" | "lack") {
        let verb = at == 0
            || matches!(
                tokens[at - 1].text,
                "to" | "must"
                    | "should"
                    | "will"
                    | "can"
                    | "and"
                    | "or"
                    | "we"
                    | "they"
                    | "please"
                    | ","
                    | "shall"
            );
        if !verb {
            return None;
        }
    }
    SINGLE
        .iter()
        .find(|(word, _)| *word == here)
        .map(|(_, force)| (*force, 1))
}

/// Words that turn a denial into an assertion when they follow it: "not impossible".
pub(super) fn undoes(tokens: &[Token<'_>], at: usize) -> usize {
    let word = |offset: usize| tokens.get(at + offset).map_or("", |t| t.text);
    match word(0) {
        "fail" | "fails" | "failed" | "refuses" | "hesitates" | "ceases" | "forgets"
        | "neglects" | "neglect" | "hesitate" | "refuse" | "cease" | "forget"
            if word(1) == "to" =>
        {
            2
        }
        "impossible" | "incapable" | "unable" | "unproven" | "uncertain" | "doubtful"
        | "untrue" | "false" | "wrong" | "unlikely" | "uncertified" | "without" | "lacking" => {
            1 + usize::from(matches!(word(1), "to" | "of" | "that" | "for"))
        }
        "far" if word(1) == "from" => 2,
        "deny" | "denies" | "doubt" | "doubts" | "denied" | "doubted" => 1,
        _ => 0,
    }
}
