// SPDX-License-Identifier: Apache-2.0
//! From a span to what a person reads: line, column, redacted snippet.

use super::engine::Engine;
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin, Text};
use crate::matching::{Hit, Scratch, redact_line};
use crate::model::{
    BroughtIn, ByteSpan, Confidence, Draft, EntryPath, Place, SecretMark, Severity, Suppression,
};
use crate::rules::Rule;
use std::sync::Arc;

/// A finding that lacks only what needs all the others: fingerprint, id, suppression.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) rule: Arc<Rule>,
    pub(super) path: EntryPath,
    pub(super) place: Option<Place>,
    pub(super) snippet: Option<String>,
    pub(super) description: String,
    pub(super) repair: String,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) suppressed: Option<Suppression>,
    /// What tells this secret from others, for a run's own use: never written anywhere.
    pub(super) marks: Vec<SecretMark>,
    /// The commit that brought it in, where history is read.
    pub(super) origin: Option<Arc<BroughtIn>>,
}

impl Pending {
    /// A match of a pattern or statement rule.
    pub(super) fn of_hit(
        rule: &Arc<Rule>,
        entry: &Classified<'_>,
        hit: &Hit,
        lines: &mut Lines<'_>,
    ) -> Self {
        let mut description = sentence(&rule.meta.title);
        let severity = hit.severity.unwrap_or(rule.meta.severity);
        if severity != rule.meta.severity {
            description.push_str(&format!(
                " Rated {severity} instead of {} for where and how it stands.",
                rule.meta.severity
            ));
        }
        let (place, snippet) = lines.resolve(entry.path, hit.hit);
        Self {
            rule: Arc::clone(rule),
            path: entry.path.clone(),
            place: Some(place),
            snippet: Some(snippet),
            description,
            repair: rule.meta.repair.clone(),
            severity,
            confidence: hit.confidence.unwrap_or(rule.meta.confidence),
            suppressed: None,
            marks: match rule.meta.id.family() {
                "secret" => secret_marks(entry.text.bytes(), hit),
                _ => Vec::new(),
            },
            origin: None,
        }
    }

    /// What a check emitted; `lines` when the entry's text is at hand.
    pub(super) fn of_draft(rule: &Arc<Rule>, draft: Draft, lines: Option<&mut Lines<'_>>) -> Self {
        let resolved = draft
            .span
            .zip(lines)
            .map(|(span, lines)| lines.resolve(&draft.path, span));
        let (place, snippet) = match resolved {
            Some((place, snippet)) => (place, Some(snippet)),
            None => (whole(&draft.path), None),
        };
        let description = if draft.description.is_empty() {
            &rule.meta.title
        } else {
            &draft.description
        };
        Self {
            rule: Arc::clone(rule),
            place: Some(place),
            snippet,
            description: sentence(description),
            repair: draft.repair.unwrap_or_else(|| rule.meta.repair.clone()),
            severity: draft.severity.unwrap_or(rule.meta.severity),
            confidence: draft.confidence.unwrap_or(rule.meta.confidence),
            suppressed: None,
            marks: Vec::new(),
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
        let Some((bytes, origin)) = text.filter(|_| draft.span.is_some()) else {
            return Self::of_draft(rule, draft, None);
        };
        let path = draft.path.clone();
        let entry = Classified::new(&path, origin, &EntryKind::File, bytes);
        let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
        engine.matcher.scan(&entry, &mut scratch, &mut hits);
        let secrets = hits
            .iter()
            .filter(|hit| engine.rules[hit.rule].meta.id.family() == "secret")
            .map(|hit| hit.hit)
            .collect();
        let mut lines = Lines::new(&entry.text, secrets);
        Self::of_draft(rule, draft, Some(&mut lines))
    }

    /// Says that `more` further hits of the rule stand in the entry, and what they begin with.
    pub(super) fn and_more(&mut self, hits: &[Hit], rule: usize, more: usize, text: &Text<'_>) {
        self.description
            .push_str(&format!(" And {more} more in this file"));
        let secret = self.rule.meta.id.family() == "secret";
        let mut distinct: Vec<String> = Vec::new();
        for hit in hits.iter().filter(|hit| hit.rule == rule && !secret) {
            let bytes = &text.bytes()[hit.hit.range()];
            let shown = EntryPath::escape(&bytes[..bytes.len().min(80)]);
            if !distinct.contains(&shown) {
                distinct.push(shown);
            }
            if distinct.len() > 5 {
                break;
            }
        }
        if distinct.len() > 1 {
            distinct.sort();
            let cut = if distinct.len() > 5 { ", ..." } else { "" };
            distinct.truncate(5);
            self.description
                .push_str(&format!(" ({}{cut})", distinct.join(", ")));
        }
        self.description.push('.');
    }
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
    secrets: Vec<ByteSpan>,
    /// Start of a line and its number.
    last: (usize, u64),
}

impl<'a> Lines<'a> {
    /// `secrets` are redacted in every snippet, whichever rule shows the line.
    pub(super) fn new(text: &'a Text<'a>, secrets: Vec<ByteSpan>) -> Self {
        Self {
            text,
            secrets,
            last: (0, 1),
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

    /// Place and redacted line of a span.
    fn resolve(&mut self, path: &EntryPath, span: ByteSpan) -> (Place, String) {
        let bytes = self.text.bytes();
        let span = ByteSpan::new(span.start.min(bytes.len()), span.end.min(bytes.len()));
        let mut place = whole(path);
        let on_disk = self.text.file_span(span);
        place.byte_start = Some(on_disk.start as u64);
        place.byte_end = Some(on_disk.end as u64);
        let (start, number) = if self.text.is_binary() {
            (span.start.saturating_sub(64), 0)
        } else {
            self.line(span.start)
        };
        let end =
            memchr::memchr(b'\n', &bytes[span.start..]).map_or(bytes.len(), |n| span.start + n);
        let end = if self.text.is_binary() {
            end.min(span.end + 64)
        } else {
            end
        };
        if !self.text.is_binary() {
            place.line = Some(number);
            place.column = Some(1 + self.text.columns(&bytes[start..span.start]));
            // The end is counted from the start, so that the cursor stays where the next hit is near.
            let inside = &bytes[span.start..span.end];
            let newlines = memchr::memchr_iter(b'\n', inside).count() as u64;
            place.end_line = Some(number + newlines);
            let end_start = memchr::memrchr(b'\n', inside).map_or(start, |n| span.start + n + 1);
            place.end_column = Some(1 + self.text.columns(&bytes[end_start..span.end]));
        }
        (
            place,
            redact_line(bytes, ByteSpan::new(start, end), span, &self.secrets),
        )
    }
}
