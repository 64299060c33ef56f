// SPDX-License-Identifier: Apache-2.0
//! Does a sentence assert what a pattern found in it?
//!
//! A claim is taken back by what stands around it: a denial whose scope reaches it, a quotation,
//! a question, a condition, a goal, a heading such as "Non-Claims", a lead-in such as "CCR does
//! not:". The judgement follows words and punctuation, without a parser: each governing word has
//! a force and a reach, and a turn ("but", ", it", "and is") ends the reach. Where two readings
//! are possible the sentence is acquitted, because a gate that cries at denials gets switched off.

mod governors;
mod name;
mod place;
mod reach;
mod scope;
mod supposed;
mod words;

pub(super) use governors::turns;
pub(super) use place::decoration;

use super::sentence::Shape;
use std::ops::Range;
use words::tokens;

/// A phrase in a sentence, and everything that may take it back.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    /// The sentence, behind its lead-in when there is one.
    pub(super) text: &'a str,
    /// Where the sentence's own words start in `text`.
    pub(super) own: usize,
    /// The claiming phrase in `text`.
    pub(super) hit: Range<usize>,
    /// Parts of `text` that are named and not said.
    pub(super) mentions: &'a [Range<usize>],
    /// What it is to the reader.
    pub(super) shape: Shape,
    /// Headings above it.
    pub(super) headings: &'a [String],
    /// What introduces it.
    pub(super) lead: Option<&'a str>,
    /// Other cells of its row.
    pub(super) siblings: &'a [String],
    /// The sentence behind it in the same block.
    pub(super) next: Option<&'a str>,
    /// Whether the wording of the sentence tells that it claims, with what is denied in it, so that no
    /// word of its own takes it back.
    pub(super) is_sure: bool,
}

/// Why a phrase is no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acquittal {
    /// Under a heading, lead-in or label that takes it back.
    Context,
    /// A question.
    Question,
    /// Quoted, or in a code span.
    Mention,
    /// Denied, hypothetical, hoped for, or reported.
    Governed,
    /// Taken back by what follows.
    After,
    /// A task that is not done.
    OpenTask,
}

/// How plainly a claim is made, 0 = outright; each step lowers the rule's confidence.
pub(super) type Doubt = u8;

/// Judges one phrase.
pub(super) fn judge(statement: &Statement<'_>, section_not: &[String]) -> Result<Doubt, Acquittal> {
    if statement.shape == (Shape::Item { open_task: true }) {
        return Err(Acquittal::OpenTask);
    }
    let lower = statement.text.to_ascii_lowercase();
    place::judge(statement, &lower, section_not)?;
    if statement.shape == Shape::Heading
        && is_topic(
            &lower[statement.own.min(statement.hit.start)..statement.hit.start],
            &lower[statement.hit.clone()],
        )
    {
        return Err(Acquittal::Context);
    }
    if in_mention(statement, &lower) {
        return Err(Acquittal::Mention);
    }
    let mut doubt = Doubt::from(matches!(statement.shape, Shape::Quote | Shape::Literal));
    if lower.trim_end_matches(['"', '\'', ')', ' ']).ends_with('?') {
        // A question is a claim when we answer it ourselves.
        match statement.next.map(str::to_ascii_lowercase) {
            Some(answer) if affirms(&answer) => doubt += 1,
            _ => return Err(Acquittal::Question),
        }
    }
    let tokens = tokens(&lower);
    if is_named(statement, &lower, &tokens) {
        return Err(Acquittal::Mention);
    }
    if !statement.is_sure {
        doubt += scope::before(&tokens, &statement.hit, statement.own)?;
        scope::after(&tokens, &statement.hit)?;
    }
    if statement
        .next
        .is_some_and(|next| retracts(&next.to_ascii_lowercase()))
    {
        return Err(Acquittal::After);
    }
    Ok(doubt)
}

/// A noun phrase made of the claim's verb: in a heading it names a topic, unless a verb before it or
/// at its head makes a sentence of the heading.
fn is_topic(before: &str, hit: &str) -> bool {
    let last = hit.rsplit(' ').next().unwrap_or(hit);
    let first = hit.split(' ').next().unwrap_or(hit);
    let verb = |word: &str| {
        matches!(
            word,
            "is" | "are" | "was" | "has" | "have" | "can" | "will" | "by" | "with"
        ) || word.len() > 4 && word.ends_with('s') && !word.ends_with("ss")
    };
    let copula = |word: &str| matches!(word, "is" | "are" | "was" | "has");
    if verb(first) || before.split(' ').any(verb) || hit.split(' ').any(copula) {
        return false;
    }
    let noun = |word: &str| {
        let praised = matches!(word, "encryption" | "protection" | "production");
        word.ends_with("tion") && !praised
    };
    last.ends_with("ion") && !matches!(last, "encryption" | "protection" | "cognition")
        || first.ends_with("ing")
        || hit.split(' ').any(noun)
}

/// Whether the phrase only names a flag, a check, an entry of a list.
fn is_named(statement: &Statement<'_>, lower: &str, tokens: &[words::Token<'_>]) -> bool {
    let listed =
        |lead: &str| name::lists_names(&lead.to_ascii_lowercase(), &lower[statement.hit.clone()]);
    name::is_name(lower, tokens, &statement.hit) || statement.lead.is_some_and(listed)
}

/// Whether the phrase stands inside quotation marks or a code span.
fn in_mention(statement: &Statement<'_>, lower: &str) -> bool {
    let hit = &statement.hit;
    // "no-self-rewrite", "detects_…": a part of a name.
    if lower[..hit.start].ends_with(['-', '_']) || lower[hit.end..].starts_with('_') {
        return true;
    }
    let inside = |range: &Range<usize>| range.start <= hit.start && hit.end <= range.end;
    if statement.mentions.iter().any(inside) {
        return true;
    }
    quotes(lower).iter().any(|range| {
        if !inside(range) {
            return false;
        }
        // `It is "unhackable".` says it, only with raised eyebrows.
        let before = lower[..range.start].trim_end_matches(['"', '\'', ' ']);
        let copula = ["is", "are", "'s", "being", "be"].iter().any(|verb| {
            before.ends_with(verb) && before.len() > verb.len() && {
                let at = before.len() - verb.len();
                verb.starts_with('\'') || before.as_bytes()[at - 1] == b' '
            }
        });
        let short = lower[range.clone()].split(' ').count() <= 4;
        !(copula && short)
    })
}

/// What stands between quotation marks; an apostrophe inside a word is none.
fn quotes(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    for mark in [b'"', b'\''] {
        let mut open = None;
        for at in memchr::memchr_iter(mark, bytes) {
            let word = |at: Option<usize>| {
                at.and_then(|at| bytes.get(at))
                    .is_some_and(u8::is_ascii_alphanumeric)
            };
            let before = word(at.checked_sub(1));
            let after = word(Some(at + 1));
            match open {
                None if mark == b'"' || !before => open = Some(at + 1),
                Some(start) if mark == b'"' || !after => {
                    out.push(start..at);
                    open = None;
                }
                _ => {}
            }
        }
    }
    out
}

/// Bytes of a quotation on either side of a sentence; a longer one is none, but a mark that nothing closes.
const QUOTATION: usize = 4 << 10;

/// Whether a quotation that was opened before a sentence of a text goes on beyond a place in it: what stands
/// there is what somebody else says, or a message. A mark behind a digit is no quotation's, but one of inches.
pub(super) fn in_quotation(text: &str, sentence: usize, place: usize) -> bool {
    let mut open = false;
    let from = text.floor_char_boundary(sentence.saturating_sub(QUOTATION));
    let to = text.ceil_char_boundary(place.saturating_add(QUOTATION));
    let marks = text[from..to].match_indices(['"', '\u{201c}', '\u{201d}']);
    for (at, mark) in marks.map(|(at, mark)| (from + at, mark)) {
        let before = text[..at].chars().next_back();
        let after = text[at + mark.len()..].chars().next();
        let (opens, closes) = match mark {
            "\u{201c}" => (true, false),
            "\u{201d}" => (false, true),
            _ => (
                before.is_none_or(|c| c.is_whitespace() || "([{/".contains(c))
                    && after.is_some_and(|c| !c.is_whitespace()),
                before.is_some_and(|c| !c.is_whitespace()),
            ),
        };
        if at >= sentence && (!open || closes) {
            return open && at >= place;
        }
        open = if open { !closes } else { opens };
    }
    false
}

fn affirms(answer: &str) -> bool {
    [
        "yes",
        "absolutely",
        "of course",
        "definitely",
        "certainly",
        "sure",
        "it does",
        "it is",
    ]
    .iter()
    .any(|head| answer.starts_with(head))
        && !tokens(answer).iter().any(|token| {
            matches!(token.text, "not" | "never" | "no") || token.text.ends_with("n't")
        })
}

/// Whether the sentence behind takes the one before back.
fn retracts(next: &str) -> bool {
    let subject = [
        "that",
        "this",
        "such a claim",
        "the above",
        "this claim",
        "that claim",
        "this sentence",
        "such wording",
    ];
    let verdict = [
        " is false",
        " is not true",
        " is wrong",
        " is untrue",
        " would be false",
        " would be wrong",
        " is a lie",
        " is forbidden",
        " is not a claim",
        " is an overclaim",
        " would be an overclaim",
        " must not ",
        " is not allowed",
        " is not what",
    ];
    subject.iter().any(|head| {
        next.strip_prefix(head)
            .is_some_and(|rest| verdict.iter().any(|v| rest.starts_with(v)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Judges the part of a sentence between `[` and `]`.
    fn verdict(marked: &str) -> Result<Doubt, Acquittal> {
        let start = marked.find('[').unwrap();
        let end = marked.find(']').unwrap() - 1;
        let text = marked.replace(['[', ']'], "");
        let statement = Statement {
            text: &text,
            own: 0,
            hit: start..end,
            mentions: &[],
            shape: Shape::Prose,
            headings: &[],
            lead: None,
            siblings: &[],
            next: None,
            is_sure: false,
        };
        judge(&statement, &[])
    }

    #[test]
    fn a_denial_reaches_over_lists_and_insertions_but_not_over_a_turn() {
        assert_eq!(
            verdict("It does not, in any mode, [fly]."),
            Err(Acquittal::Governed)
        );
        assert_eq!(
            verdict("Neither the one nor the other [flies]."),
            Err(Acquittal::Governed)
        );
        assert_eq!(verdict("It does not walk but [flies]."), Ok(0));
        assert_eq!(verdict("It does not walk and [flies]."), Ok(0));
        assert_eq!(verdict("It is not slow, it [flies]."), Ok(0));
        assert_eq!(verdict("It (not the other) [flies]."), Ok(0));
        assert_eq!(verdict("It, which is not a toy, [flies]."), Ok(0));
        assert_eq!(verdict("It is no longer a toy and [flies]."), Ok(0));
        assert_eq!(
            verdict("This lists what it is not: quick, [winged]."),
            Err(Acquittal::Governed)
        );
        assert_eq!(verdict("You need not believe us, it [flies]."), Ok(0));
    }

    #[test]
    fn denials_cancel_each_other() {
        assert_eq!(verdict("It never fails to [fly]."), Ok(0));
        assert_eq!(verdict("It never stops [flying]."), Ok(0));
        assert_eq!(verdict("It is no secret that it [flies]."), Ok(0));
        assert_eq!(
            verdict("We doubt that it [flies]."),
            Err(Acquittal::Governed)
        );
        assert_eq!(verdict("We do not doubt that it [flies]."), Ok(0));
        assert_eq!(verdict("It is not impossible that it [flies]."), Ok(0));
        assert_eq!(
            verdict("It is no exaggeration to say that it [flies]."),
            Ok(0)
        );
        assert_eq!(verdict("We cannot say it often enough: it [flies]."), Ok(0));
        assert_eq!(verdict("It is not true that it walks: it [flies]."), Ok(0));
        assert_eq!(verdict("It is not true that it does not [fly]."), Ok(0));
        assert_eq!(
            verdict("It is not true that it [flies]."),
            Err(Acquittal::Governed)
        );
    }

    #[test]
    fn what_is_quoted_asked_supposed_or_hoped_for_is_not_said() {
        assert_eq!(
            verdict("The words \"it [flies]\" are gone."),
            Err(Acquittal::Mention)
        );
        assert_eq!(verdict("Who says it [flies]?"), Err(Acquittal::Question));
        assert_eq!(verdict("If it [flies], run."), Err(Acquittal::Governed));
        assert_eq!(verdict("If you run, it [flies]."), Ok(0));
        assert_eq!(
            verdict("When it [is winged], we will say so."),
            Err(Acquittal::Governed)
        );
        assert_eq!(verdict("When you run, it [flies]."), Ok(0));
        for text in [
            "It will [be winged] in 2031.",
            "Far be it from us to [fly].",
            "We took back the claim that it [flies].",
            "Example of a bad wording: it [flies].",
            "It is a common myth that it [flies].",
            "A frequent error is that it [flies].",
            "It would be nice to have a [winged] one.",
            "It is anything but [winged].",
        ] {
            assert!(verdict(text).is_err(), "{text}");
        }
        assert_eq!(verdict("We are proud to say that it [flies]."), Ok(0));
        assert_eq!(verdict("Needless to say, it [flies]."), Ok(0));
        assert_eq!(
            verdict("A [winged] thing needs air."),
            Err(Acquittal::Governed)
        );
        assert_eq!(verdict("It might [fly]."), Err(Acquittal::Governed));
        assert_eq!(verdict("We aim to [fly]."), Err(Acquittal::Governed));
        assert_eq!(verdict("That it [flies] is false."), Err(Acquittal::After));
        assert_eq!(verdict("It is \"[flying]\"."), Ok(0));
    }

    #[test]
    fn a_heading_of_nouns_names_a_topic_and_a_sentence_does_not() {
        assert!(is_topic("", "detection of life"));
        assert!(is_topic("", "on the detection of life"));
        assert!(is_topic("on ", "flying machines"));
        assert!(!is_topic("it ", "authorises execution"));
        assert!(!is_topic("notes are kept by ", "bank-grade encryption"));
    }

    #[test]
    fn a_quotation_may_go_over_sentences() {
        for (text, inside) in [
            (
                "It reads \"Out of step. It is sentient. Stop.\" and ends.",
                true,
            ),
            (
                "It reads \u{201c}Out of step. It is sentient.\u{201d}",
                true,
            ),
            (
                "One says \"go\". It is sentient. Another says \"stop\".",
                false,
            ),
            (
                "A 5\" disk is enough. It is sentient. Call it \"x\".",
                false,
            ),
            (
                "\"Out of step. So what\", he said. It is sentient. He said \"x\".",
                false,
            ),
            ("\"Out of step. It is sentient.", false),
        ] {
            let sentence = text.find("It is").unwrap();
            let place = sentence + "It is sentient".len();
            assert_eq!(in_quotation(text, sentence, place), inside, "{text}");
        }
    }

    #[test]
    fn quotation_marks_and_apostrophes_are_told_apart() {
        assert_eq!(quotes("it's 'a b' and don't"), vec![6..9]);
        assert_eq!(quotes("say \"x\" or \"y\""), vec![5..6, 12..13]);
    }
}
