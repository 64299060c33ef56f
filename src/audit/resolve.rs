// SPDX-License-Identifier: Apache-2.0
//! From a span to what a person reads: line, column, redacted snippet.

use super::echo::Secrets;
use super::engine::Engine;
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin, Text};
use crate::matching::{Hit, Scratch, beside, redact_line, snippet_part};
use crate::model::{
    BroughtIn, ByteSpan, Confidence, Draft, EntryPath, Place, SecretMark, Severity, Subject,
    Suppression,
};
use crate::rules::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A finding that lacks only what needs all the others: fingerprint, id, suppression.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) rule: Arc<Rule>,
    pub(super) path: EntryPath,
    pub(super) place: Option<Place>,
    pub(super) snippet: Option<String>,
    /// What the fingerprint hangs on instead of the snippet.
    pub(super) identity: Option<String>,
    /// Where the fingerprint says it stands, when it speaks for several files.
    pub(super) known_at: Option<String>,
    pub(super) description: String,
    pub(super) repair: String,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) suppressed: Option<Suppression>,
    pub(super) subject: Option<Box<Subject>>,
    /// What tells this secret from others, for a run's own use: never written anywhere.
    pub(super) marks: Vec<SecretMark>,
    /// Whether a checksum proved the secret real: then it weighs the same in an archive of a test.
    pub(super) proved: bool,
    /// The commit that brought it in, where history is read.
    pub(super) origin: Option<Arc<BroughtIn>>,
}

/// What the rule says to do about something at this place.
fn repair(rule: &Rule, path: &EntryPath) -> String {
    let prose = rule.meta.prose();
    prose.repair_where(path.depth() > 0).to_owned()
}

impl Pending {
    /// A match of a pattern or statement rule.
    pub(super) fn of_hit(
        rule: &Arc<Rule>,
        entry: &Classified<'_>,
        hit: &Hit,
        lines: &mut Lines<'_>,
    ) -> Self {
        let mut description = sentence(&rule.meta.prose().title);
        let (confidence, severity) = hit.weight(&rule.meta);
        if severity != rule.meta.severity {
            description.push_str(&format!(
                " Rated {severity} instead of {} for where and how it stands.",
                rule.meta.severity
            ));
        }
        let (place, snippet, identity) = lines.resolve(entry.path, hit.hit);
        Self {
            rule: Arc::clone(rule),
            path: entry.path.clone(),
            place: Some(place),
            snippet: Some(snippet),
            identity,
            known_at: None,
            description,
            repair: repair(rule, entry.path),
            severity,
            confidence,
            suppressed: None,
            subject: None,
            marks: match rule.meta.id.family() {
                "secret" => secret_marks(entry.text.bytes(), hit),
                _ => Vec::new(),
            },
            proved: hit.proved,
            origin: None,
        }
    }

    /// What a check emitted; `lines` when the entry's text is at hand.
    pub(super) fn of_draft(rule: &Arc<Rule>, draft: Draft, lines: Option<&mut Lines<'_>>) -> Self {
        let resolved = draft
            .span
            .zip(lines)
            .map(|(span, lines)| lines.resolve(&draft.path, span));
        let (place, snippet, identity) = match resolved {
            Some((place, snippet, identity)) => (place, Some(snippet), identity),
            None => (whole(&draft.path), None, None),
        };
        let description = if draft.description.is_empty() {
            &rule.meta.prose().title
        } else {
            &draft.description
        };
        Self {
            rule: Arc::clone(rule),
            place: Some(place),
            snippet,
            identity,
            known_at: None,
            description: sentence(description),
            repair: draft.repair.unwrap_or_else(|| repair(rule, &draft.path)),
            severity: draft.severity.unwrap_or(rule.meta.severity),
            confidence: draft.confidence.unwrap_or(rule.meta.confidence),
            suppressed: None,
            subject: draft.subject,
            marks: Vec::new(),
            proved: false,
            origin: None,
            path: draft.path,
        }
    }

    /// What a check emitted, placed in the content it speaks of if that was kept; secrets in the
    /// line are redacted.
    pub(super) fn of_text(
        engine: &Engine,
        rule: &Arc<Rule>,
        draft: Draft,
        text: Option<(&Vec<u8>, Origin)>,
    ) -> Self {
        match text.filter(|_| draft.span.is_some()) {
            None => Self::of_draft(rule, draft, None),
            Some((bytes, origin)) => {
                let path = draft.path.clone();
                placer(engine, &path, bytes, origin, |lines| {
                    Self::of_draft(rule, draft, Some(lines))
                })
            }
        }
    }

    /// The same for many; a content that several speak of is searched for secrets once.
    pub(super) fn of_texts(
        engine: &Engine,
        drafts: Vec<Draft>,
        texts: &BTreeMap<EntryPath, Vec<u8>>,
    ) -> Vec<Self> {
        let mut by_text: BTreeMap<EntryPath, Vec<(usize, Draft)>> = BTreeMap::new();
        let mut placed: Vec<(usize, Self)> = Vec::with_capacity(drafts.len());
        for (at, draft) in drafts.into_iter().enumerate() {
            if draft.span.is_some() && texts.contains_key(&draft.path) {
                let path = draft.path.clone();
                by_text.entry(path).or_default().push((at, draft));
            } else if let Some((_, rule)) = engine.rule(draft.rule.as_str()) {
                placed.push((at, Self::of_draft(rule, draft, None)));
            }
        }
        for (path, mut drafts) in by_text {
            // In the order of places, so that lines are counted once.
            drafts.sort_by_key(|(at, draft)| (draft.span.map(|span| span.start), *at));
            placer(engine, &path, &texts[&path], Origin::Tree, |lines| {
                for (at, draft) in drafts {
                    if let Some((_, rule)) = engine.rule(draft.rule.as_str()) {
                        placed.push((at, Self::of_draft(rule, draft, Some(lines))));
                    }
                }
            });
        }
        placed.sort_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, pending)| pending).collect()
    }

    /// Says that `more` further hits of the rule stand in the entry, and what they begin with.
    pub(super) fn and_more(&mut self, hits: &[&Hit], more: usize, text: &Text<'_>) {
        let shown = match self.rule.meta.id.family() {
            "secret" => Vec::new(),
            _ => distinct(hits, text),
        };
        let shown = match shown.len() {
            0 | 1 => String::new(),
            _ => format!(" ({})", list(&shown)),
        };
        self.description
            .push_str(&format!(" And {more} more in this file{shown}."));
    }

    /// Says that this one finding stands for all `hits` of its rule in the entry: how many, and the
    /// distinct prefixes they begin with. In a binary, and where it stands for several lines, it is
    /// known by those: what else stands around its first hit moves from build to build.
    pub(super) fn stands_for(&mut self, hits: &[&Hit], text: &Text<'_>) {
        if self.rule.meta.id.family() == "secret" {
            if hits.len() > 1 {
                self.and_more(hits, hits.len() - 1, text);
            }
            return;
        }
        let prefixes = distinct(hits, text);
        if hits.len() > 1 {
            let noun = match text.is_binary() {
                true => "strings",
                false => "places",
            };
            self.description.push_str(&format!(
                " {} {noun} begin with {}.",
                hits.len(),
                list(&prefixes)
            ));
        }
        let apart = |pair: &[&Hit]| {
            let between = pair[0].hit.start..pair[1].hit.start.max(pair[0].hit.start);
            memchr::memchr(b'\n', &text.bytes()[between]).is_some()
        };
        if text.is_binary() || hits.windows(2).any(apart) {
            self.identity = Some(prefixes.join("\n"));
        }
    }
}

/// Prefixes that a description names, and how much of each.
const NAMED: usize = 5;
const NAMED_LENGTH: usize = 80;

/// What hits begin with, each once, in order of their bytes.
fn distinct(hits: &[&Hit], text: &Text<'_>) -> Vec<String> {
    let shown = |hit: &&Hit| {
        let bytes = &text.bytes()[hit.hit.range()];
        // UTF-16 in a binary reads like the rest.
        let narrow: Vec<u8> = bytes.iter().copied().filter(|&b| b != 0).collect();
        EntryPath::escape(&narrow[..narrow.len().min(NAMED_LENGTH)])
    };
    let all: BTreeSet<String> = hits.iter().map(shown).collect();
    all.into_iter().collect()
}

fn list(shown: &[String]) -> String {
    let named = shown[..shown.len().min(NAMED)].join(", ");
    match shown.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} other prefixes"),
    }
}

/// Hands over the lines of a content, with the secrets in it known.
fn placer<T>(
    engine: &Engine,
    path: &EntryPath,
    bytes: &[u8],
    origin: Origin,
    place: impl FnOnce(&mut Lines<'_>) -> T,
) -> T {
    let entry = Classified::new(path, origin, &EntryKind::File, bytes);
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    engine.matcher.scan(&entry, &mut scratch, &mut hits);
    place(&mut Lines::new(&entry.text, engine.secret_spans(&hits)))
}

/// The marks of a secret: of the hit, of the whole match, and of the words of a PEM head, which
/// is what other scanners take for the secret.
fn secret_marks(text: &[u8], hit: &Hit) -> Vec<SecretMark> {
    let secret = &text[hit.hit.range()];
    let mut marks = vec![SecretMark::of(secret)];
    if hit.span != hit.hit {
        marks.push(SecretMark::of(&text[hit.span.range()]));
    }
    let head = secret.strip_prefix(b"-----");
    if let Some((head, end)) =
        head.and_then(|head| Some((head, memchr::memmem::find(head, b"-----")?)))
        && end < 64
    {
        marks.push(SecretMark::of(&head[..end]));
    }
    marks
}

/// A place that names no line.
pub(super) fn whole(path: &EntryPath) -> Place {
    Place {
        segments: path.segments().to_vec(),
        line: None,
        column: None,
        end_line: None,
        end_column: None,
        byte_start: None,
        byte_end: None,
    }
}

/// Ends a title like a sentence.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// Lines of one text, counted forward from the last place asked for: hits come in order, so a
/// file is counted through once.
pub(super) struct Lines<'a> {
    text: &'a Text<'a>,
    secrets: Secrets,
    /// Start of a line and its number.
    last: (usize, u64),
    /// Start of a line, a place in it, and how many columns lie between them.
    column: (usize, usize, u64),
}

impl<'a> Lines<'a> {
    /// `secrets` are redacted in every snippet, whichever rule shows the line.
    pub(super) fn new(text: &'a Text<'a>, secrets: Vec<ByteSpan>) -> Self {
        Self {
            text,
            secrets: Secrets::new(secrets),
            last: (0, 1),
            column: (0, 0, 0),
        }
    }

    /// Start of the line of `at`, and its number.
    fn line(&mut self, at: usize) -> (usize, u64) {
        if at < self.last.0 {
            self.last = (0, 1);
        }
        let bytes = self.text.bytes();
        let (from, number) = self.last;
        let skipped = &bytes[from..at];
        let count = memchr::memchr_iter(b'\n', skipped).count() as u64;
        let start = memchr::memrchr(b'\n', skipped).map_or(from, |newline| from + newline + 1);
        self.last = (start, number + count);
        self.last
    }

    /// Place and redacted line of a span; and the line by which the finding is known, where more is hidden
    /// in the first than what rules found.
    fn resolve(&mut self, path: &EntryPath, span: ByteSpan) -> (Place, String, Option<String>) {
        let bytes = self.text.bytes();
        let span = ByteSpan::new(span.start.min(bytes.len()), span.end.min(bytes.len()));
        let mut place = whole(path);
        let on_disk = self.text.file_span(span);
        place.byte_start = Some(on_disk.start as u64);
        place.byte_end = Some(on_disk.end as u64);
        let (start, end, number) = if self.text.is_binary() {
            let (start, end) = string(bytes, span);
            (start, end, 0)
        } else {
            let (start, number) = self.line(span.start);
            let rest = memchr::memchr(b'\n', &bytes[span.start..]);
            (start, rest.map_or(bytes.len(), |n| span.start + n), number)
        };
        if !self.text.is_binary() {
            place.line = Some(number);
            place.column = Some(self.column(start, span.start));
            // The end is counted from the start, so that the cursor stays where the next hit is near.
            let inside = &bytes[span.start..span.end];
            let newlines = memchr::memchr_iter(b'\n', inside).count() as u64;
            place.end_line = Some(number + newlines);
            let end_start = memchr::memrchr(b'\n', inside).map_or(start, |n| span.start + n + 1);
            place.end_column = Some(self.column(end_start, span.end));
        }
        // A snippet is cut from this much of a line at most.
        let start = start.max(span.start.saturating_sub(REACH));
        let line = ByteSpan::new(start, end.min(span.end + REACH));
        let part = snippet_part(bytes, line, span.start, self.secrets.on(line));
        let mut secrets = self.secrets.within(bytes, part.range());
        let line = redact_line(bytes, part, span, &secrets);
        let beside = beside(bytes, part, &secrets);
        if beside.is_empty() {
            return (place, line, None);
        }
        secrets.extend(beside);
        let shown = redact_line(bytes, part, span, &secrets);
        (place, shown, Some(line))
    }

    /// The column of a place in the line that begins at `start`, counted from the last one asked for.
    fn column(&mut self, start: usize, at: usize) -> u64 {
        let bytes = self.text.bytes();
        let (line, from, columns) = self.column;
        let goes_on = line == start && from <= at;
        let (from, columns) = if goes_on { (from, columns) } else { (start, 0) };
        let columns = columns + self.text.columns(&bytes[from..at]);
        // Never from within a character.
        if bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80) {
            self.column = (start, at, columns);
        }
        1 + columns
    }
}

/// Bytes of a long line on either side of a hit of which its snippet may be made.
const REACH: usize = 64 << 10;

/// Bytes of a binary that are shown on either side of a hit.
const AROUND: usize = 64;

/// The part of a binary that is shown around a hit: the string it stands in, cut.
fn string(bytes: &[u8], span: ByteSpan) -> (usize, usize) {
    let start = span.start.saturating_sub(AROUND);
    let end = (span.end + AROUND).min(bytes.len());
    let control = |b: &u8| *b < b' ' && *b != b'\t';
    if bytes[span.range()].iter().any(control) {
        // UTF-16, of which the surroundings are as wide; or several lines, of which the first counts.
        let line = memchr::memchr(b'\n', &bytes[span.start..end]);
        return (start, line.map_or(end, |at| span.start + at));
    }
    let before = bytes[start..span.start].iter().rposition(control);
    let after = bytes[span.end..end].iter().position(control);
    (
        before.map_or(start, |at| start + at + 1),
        after.map_or(end, |at| span.end + at),
    )
}
