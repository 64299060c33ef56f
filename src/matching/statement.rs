// SPDX-License-Identifier: Apache-2.0
//! Claims: patterns over sentences, and a judgement on each match.

use super::claim_pattern::ClaimPattern;
use super::hit::Hit;
use super::judgement::{Statement, decoration, in_quotation, judge};
use super::lexicon::Lexicon;
use super::nearby::Nearby;
use super::paragraph::Layout;
use super::reach::Reach;
use super::reduce::Part;
use super::scratch::Mark;
use super::sentence::{Block, Shape, Sink, is_read, read_blocks, sentences};
use super::wording;
use crate::classify::Classified;
use crate::model::{Confidence, RuleId};
use crate::rules::{Body, Rule, StatementRule};
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// All statement rules, ready to run; shared between threads.
#[derive(Debug)]
pub struct StatementMatcher {
    rules: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    /// Index into the rules given to [`StatementMatcher::new`].
    index: usize,
    rule: Arc<Rule>,
    made: OnceLock<Made>,
}

/// What is made of a rule when a keyword of it is first met.
#[derive(Debug)]
struct Made {
    /// Keywords with white space folded.
    keywords: Keywords,
    any_of: Vec<ClaimPattern>,
    allow: Vec<ClaimPattern>,
    /// What must stand around a keyword.
    nearby: OnceLock<Nearby>,
}

impl Compiled {
    fn statement(&self) -> &StatementRule {
        match &self.rule.body {
            Body::Statement(statement) => statement,
            _ => unreachable!("only statement rules are compiled"),
        }
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| Made::of(self.statement()))
    }
}

impl Made {
    fn of(statement: &StatementRule) -> Self {
        let all = |list: &[String]| list.iter().map(|one| ClaimPattern::new(one)).collect();
        Self {
            keywords: Keywords::new(statement),
            any_of: all(&statement.any_of),
            allow: all(&statement.allow),
            nearby: OnceLock::new(),
        }
    }

    fn patterns(&self) -> impl Iterator<Item = &ClaimPattern> {
        self.any_of.iter().chain(&self.allow)
    }

    fn may_hold(&self, text: &str) -> bool {
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

impl StatementMatcher {
    /// Takes the statement rules out of `rules`; patterns are compiled when first needed.
    pub fn new(rules: &[Arc<Rule>]) -> Self {
        let mut compiled = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if matches!(rule.body, Body::Statement(_)) {
                compiled.push(Compiled {
                    index,
                    rule: Arc::clone(rule),
                    made: OnceLock::new(),
                });
            }
        }
        Self { rules: compiled }
    }

    /// As [`super::Matcher::compile_all`].
    ///
    /// # Errors
    /// Every rule with a pattern that does not compile, and why.
    pub fn compile_all(&self) -> Result<(), Vec<(RuleId, String)>> {
        self.rules
            .iter()
            .flat_map(|rule| rule.made().patterns())
            .for_each(ClaimPattern::compile);
        let faults = self.faults();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// As [`super::Matcher::faults`].
    pub fn faults(&self) -> Vec<(RuleId, String)> {
        let of = |rule: &Compiled| -> Vec<(RuleId, String)> {
            let made = rule.made.get().into_iter();
            made.flat_map(Made::patterns)
                .filter_map(ClaimPattern::fault)
                .map(|fault| (rule.rule.meta.id.clone(), fault))
                .collect()
        };
        self.rules.iter().flat_map(of).collect()
    }

    /// Finds every claim of the flagged rules: those whose keyword occurs in the entry, at one of
    /// `marks` (sorted), as [`super::Scratch`] names both after a scan. A keyword counts only
    /// where what else a pattern cannot do without stands near it. False where none counts, which no
    /// name of the entry would change.
    pub fn scan(
        &self,
        entry: &Classified<'_>,
        flagged: &[usize],
        marks: &[Mark],
        out: &mut Vec<Hit>,
    ) -> bool {
        if flagged.is_empty() || !is_read(entry) {
            return false;
        }
        let text = entry.text.bytes();
        let layout = Layout::of(entry.kind);
        let mut active = vec![false; self.rules.len()];
        let mut places = Vec::new();
        for (rule, active) in self.rules.iter().zip(&mut active) {
            if !flagged.contains(&rule.index) || !rule.statement().required_in.is_empty() {
                continue;
            }
            let before = places.len();
            let from = marks.partition_point(|mark| mark.rule < rule.index);
            let to = marks.partition_point(|mark| mark.rule <= rule.index);
            let made = rule.made();
            let nearby = made
                .nearby
                .get_or_init(|| Nearby::new(rule.statement(), &made.any_of));
            nearby.admit(text, layout, &marks[from..to], &mut places);
            *active = matches!(made.keywords, Keywords::None) || places.len() > before;
        }
        places.sort_unstable();
        places.dedup();
        self.run(entry, &active, Some(&places), out);
        active.contains(&true)
    }

    /// Finds every claim of every rule, reading every paragraph.
    pub fn scan_all(&self, entry: &Classified<'_>, out: &mut Vec<Hit>) {
        let active: Vec<bool> = self
            .rules
            .iter()
            .map(|rule| rule.statement().required_in.is_empty())
            .collect();
        if is_read(entry) {
            self.run(entry, &active, None, out);
        }
    }

    /// For a file that is read.
    fn run(
        &self,
        entry: &Classified<'_>,
        active: &[bool],
        marks: Option<&[usize]>,
        out: &mut Vec<Hit>,
    ) {
        if !active.contains(&true) {
            return;
        }
        let active_rules = || {
            self.rules
                .iter()
                .zip(active)
                .filter(|(_, on)| **on)
                .map(|(rule, _)| rule)
        };
        let everywhere = active_rules().any(|rule| matches!(rule.made().keywords, Keywords::None));
        let first = out.len();
        let mut emit = |block: &Block<'_>| {
            let lower = block.folded.text.to_ascii_lowercase();
            let lead = led_by(block).map(str::to_ascii_lowercase);
            for rule in active_rules() {
                let led = lead.as_ref().is_some_and(|lead| rule.made().may_hold(lead));
                if led || rule.made().may_hold(&lower) {
                    claims(rule, block, &lower, led, out);
                }
            }
        };
        let mut sink = Sink {
            marks: marks.filter(|_| !everywhere),
            emit: &mut emit,
        };
        read_blocks(entry, &mut sink);
        out[first..].sort_by_key(|hit| (hit.span, hit.rule));
    }
}

fn folded(word: &str) -> String {
    let words: Vec<_> = word.split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}

/// The claims of one rule in one block, whose text is given also in lower case: in sentences that hold a
/// keyword, or in all where what leads into them does.
fn claims(rule: &Compiled, block: &Block<'_>, lower: &str, led: bool, out: &mut Vec<Hit>) {
    let text = block.folded.text.as_str();
    let made = rule.made();
    let ranges = sentences(text);
    for (at, range) in ranges.iter().enumerate() {
        if !led && !made.may_hold(&lower[range.clone()]) {
            continue;
        }
        let next = ranges.get(at + 1).map(|next| &text[next.clone()]);
        let range = &(range.start + decoration(&text[range.clone()])..range.end);
        let found = with_lead(rule, block, range, next).or_else(|| alone(rule, block, range, next));
        let Some((hit, doubt)) = found else { continue };
        out.push(Hit {
            rule: rule.index,
            span: block.folded.span(range.clone()),
            hit: block.folded.span(hit),
            severity: None,
            confidence: lowered(rule.rule.meta.confidence, doubt),
            proved: false,
        });
    }
}

/// The sentence by itself.
fn alone(
    rule: &Compiled,
    block: &Block<'_>,
    range: &Range<usize>,
    next: Option<&str>,
) -> Option<(Range<usize>, u8)> {
    let sentence = &block.folded.text[range.clone()];
    let mentions: Vec<_> = shifted(&block.folded.mentions, range, 0);
    let (hit, doubt) = first_claim(rule, block, (sentence, 0, range.start), &mentions, next)?;
    Some((range.start + hit.start..range.start + hit.end, doubt))
}

/// What is read before a block's own text: the text that leads into its list or, for the cells of a row, the
/// first of them, where it names what they are about and they do not begin anew.
fn led_by<'b>(block: &Block<'b>) -> Option<&'b str> {
    const WORDS: usize = 5;
    const ANEW: &[&str] = &[
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "we", "our", "you",
        "your", "if", "when", "no", "yes", "each", "every", "all", "any",
    ];
    let Shape::Cell { is_first } = block.shape else {
        return block.lead;
    };
    let first = block.folded.text.split(' ').next().unwrap_or_default();
    let first = first.trim_matches(|char: char| char.is_ascii_punctuation());
    let names = |cell: &&str| (1..=WORDS).contains(&cell.split(' ').count()) && !cell.is_empty();
    let subject = block.siblings.first().map(String::as_str).filter(names);
    subject.filter(|_| !is_first && !ANEW.contains(&first.to_ascii_lowercase().as_str()))
}

/// The sentence behind the text that leads into it: "CCR can" + "detect …".
fn with_lead(
    rule: &Compiled,
    block: &Block<'_>,
    range: &Range<usize>,
    next: Option<&str>,
) -> Option<(Range<usize>, u8)> {
    let lead = led_by(block)?;
    let sentence = &block.folded.text[range.clone()];
    let joined = format!("{} {sentence}", lead.trim_end_matches([':', ' ']));
    let own = joined.len() - sentence.len();
    let mentions = shifted(&block.folded.mentions, range, own);
    let (hit, doubt) = first_claim(rule, block, (&joined, own, range.start), &mentions, next)?;
    let start = range.start + hit.start.max(own) - own;
    Some((start..range.start + hit.end - own, doubt))
}

/// Parts of a text that lie in a range, as they stand there, moved by so much.
pub(super) fn shifted(
    mentions: &[Range<usize>],
    range: &Range<usize>,
    by: usize,
) -> Vec<Range<usize>> {
    mentions
        .iter()
        .filter(|m| m.end > range.start && m.start < range.end)
        .map(|m| {
            m.start.max(range.start) - range.start + by..m.end.min(range.end) - range.start + by
        })
        .collect()
}

/// The first claim in a text, of which the sentence of the block that begins at `start` stands from `own` on.
fn first_claim(
    rule: &Compiled,
    block: &Block<'_>,
    (text, own, start): (&str, usize, usize),
    mentions: &[Range<usize>],
    next: Option<&str>,
) -> Option<(Range<usize>, u8)> {
    let lower = text.to_ascii_lowercase();
    let mut acquitted = None;
    let made = rule.made();
    let reach = text
        .is_ascii()
        .then(|| Reach::new(lower.as_bytes()))
        .flatten();
    let may_match =
        |one: &&ClaimPattern| one.may_match(&lower) && one.reaches(Part::Lower, reach.as_ref());
    let mut is_allowed = || {
        *acquitted.get_or_insert_with(|| {
            let mut allow = made.allow.iter();
            allow.any(|one| may_match(&one) && one.is_match(text, &lower))
        })
    };
    let claimed = |hit: &Range<usize>| {
        let end = start + hit.end.saturating_sub(own);
        if in_quotation(&block.folded.text, start, end) {
            return None;
        }
        let statement = Statement {
            text,
            own,
            hit: hit.clone(),
            mentions,
            shape: block.shape,
            headings: block.headings,
            lead: block.lead,
            siblings: block.siblings,
            next,
        };
        judge(&statement, &rule.statement().section_not).ok()
    };
    let patterns = made.any_of.iter().filter(may_match);
    for hit in patterns.flat_map(|pattern| pattern.hits(text, &lower)) {
        if hit.end <= own || hit.is_empty() {
            continue;
        }
        if is_allowed() {
            return None;
        }
        if let Some(doubt) = claimed(&hit) {
            return Some((hit, doubt));
        }
    }
    let hit = worded(rule.statement(), block.shape, text, own, mentions)?;
    if is_allowed() {
        return None;
    }
    let doubt = claimed(&hit)?;
    if !wording::denies(&lower[own..]) {
        return Some((hit, doubt));
    }
    // Which of the words claim is not known, so the last of them must not be taken back either.
    let last = text.trim_end_matches(|char: char| !char.is_ascii_alphanumeric());
    let start = last.rfind(' ').map_or(0, |space| space + 1).max(own);
    let doubt = doubt.max(claimed(&(start.min(last.len())..last.len()))?);
    Some((hit, doubt))
}

/// What makes a sentence worded like a claim, for a rule that asks for that: without what leads into it,
/// since the wording is the sentence's own.
fn worded(
    rule: &StatementRule,
    shape: Shape,
    text: &str,
    own: usize,
    mentions: &[Range<usize>],
) -> Option<Range<usize>> {
    let doubt = match shape {
        Shape::Cell { .. } | Shape::Heading | Shape::Literal => wording::OF_TITLES,
        _ if text[own..].starts_with("Your ") => wording::OF_READERS,
        _ => 0.0,
    };
    let least = rule.worded? + doubt;
    let said = wording::without(text, mentions);
    let hit = wording::phrase(&said[own..], least)?;
    Some(own + hit.start..own + hit.end)
}

/// The rule's confidence, lower by a step for each doubt; `None` where nothing changed.
fn lowered(confidence: Confidence, doubt: u8) -> Option<Confidence> {
    if doubt == 0 {
        return None;
    }
    let at = Confidence::ALL.iter().position(|c| *c == confidence)?;
    Confidence::ALL
        .get(at.saturating_sub(usize::from(doubt)))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::EntryKind;
    use crate::classify::Origin;
    use crate::model::EntryPath;
    use crate::rules::load;

    fn matcher() -> (StatementMatcher, Vec<Arc<Rule>>) {
        let rules = load("default", &[]).unwrap().rules;
        (StatementMatcher::new(&rules), rules)
    }

    fn scan(matcher: &StatementMatcher, bytes: &[u8]) -> Vec<Hit> {
        let path = EntryPath::root("a.md");
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let mut out = Vec::new();
        matcher.scan_all(&entry, &mut out);
        out
    }

    #[test]
    fn the_span_is_the_sentence_and_the_hit_the_phrase() {
        let (matcher, rules) = matcher();
        let text = "First. The parser **is\nbug-free**. Last.";
        let hits = scan(&matcher, text.as_bytes());
        assert_eq!(hits.len(), 1);
        assert_eq!(rules[hits[0].rule].meta.id.as_str(), "claim-bug-free");
        assert_eq!(&text[hits[0].span.range()], "The parser **is\nbug-free**.");
        assert_eq!(&text[hits[0].hit.range()], "is\nbug-free");
        assert_eq!(hits[0].confidence, None);
    }

    #[test]
    fn a_quoted_block_lowers_the_confidence() {
        let (matcher, _) = matcher();
        let hits = scan(&matcher, b"> The parser is bug-free.\n");
        assert_eq!(hits[0].confidence, Some(Confidence::Low));
    }

    #[test]
    fn utf16_and_unflagged_rules() {
        let (matcher, rules) = matcher();
        let wide: Vec<u8> = "\u{feff}The parser is bug-free."
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(scan(&matcher, &wide).len(), 1);
        let path = EntryPath::root("a.md");
        let entry = Classified::new(
            &path,
            Origin::Tree,
            &EntryKind::File,
            b"The parser is bug-free.",
        );
        let other = rules
            .iter()
            .position(|r| r.meta.id.as_str() == "claim-military-grade")
            .unwrap();
        let mut out = Vec::new();
        let mark = Mark {
            rule: other,
            start: 0,
            end: 14,
        };
        matcher.scan(&entry, &[other], &[mark], &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        let (_, rules) = matcher();
        let rule = rules
            .iter()
            .find(|r| matches!(r.body, Body::Statement(_)))
            .unwrap();
        let mut broken = rule.as_ref().clone();
        if let Body::Statement(statement) = &mut broken.body {
            statement.any_of.push("(".to_owned());
        }
        assert!(
            StatementMatcher::new(&[Arc::new(broken)])
                .compile_all()
                .is_err()
        );
    }
}
