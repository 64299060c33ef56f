// SPDX-License-Identifier: Apache-2.0
//! One entry, everything that can be said while its bytes are there.

use super::cells;
use super::engine::Engine;
use super::hits::{pending, strongest};
use super::pages;
use super::quiet::{Content, Quiet};
use super::resolve::{Lines, Pending};
use super::wide;
use crate::classify::Classified;
use crate::config::{InlineWaiver, inline_waivers};
use crate::matching::{Hit, Scratch};
use crate::model::{Draft, EntryPath};

/// What one entry gave.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) pending: Vec<Pending>,
    /// Waivers in the text.
    pub(super) waivers: Vec<(EntryPath, InlineWaiver)>,
    /// Path rules' hits and the path up to where they end; entries that share both are one finding.
    pub(super) by_path: Vec<(Hit, EntryPath)>,
    pub(super) notes: Vec<Note>,
}

/// What an artifact check asked to remember of an entry.
#[derive(Debug)]
pub(super) struct Note {
    /// The container around the entry; none for a file of the tree.
    pub(super) container: Option<EntryPath>,
    /// The check's name.
    pub(super) check: &'static str,
    /// The entry's name.
    pub(super) name: String,
    pub(super) text: String,
}

impl Outcome {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
            && self.waivers.is_empty()
            && self.by_path.is_empty()
            && self.notes.is_empty()
    }

    /// Adds what another entry gave.
    pub(super) fn append(&mut self, mut more: Self) {
        self.pending.append(&mut more.pending);
        self.waivers.append(&mut more.waivers);
        self.by_path.append(&mut more.by_path);
        self.notes.append(&mut more.notes);
    }
}

/// Contents that gave nothing, and the content at hand.
pub(super) type Known<'k> = (&'k Quiet, Content);

/// Runs every rule that sees single entries.
///
/// `name` is what path rules see: the end of the entry's path that lies below what the user named.
/// With it comes, for a member of a container, what is known of its content.
pub(super) fn examine(
    engine: &Engine,
    entry: &Classified<'_>,
    (name, known): (&str, Option<Known<'_>>),
    scratch: &mut Scratch,
    hits: &mut Vec<Hit>,
) -> Outcome {
    let mut outcome = Outcome::default();
    hits.clear();
    engine.matcher.scan_path(name, entry.origin, scratch, hits);
    for hit in hits.drain(..).filter(|hit| engine.active[hit.rule]) {
        let shown = prefix(entry.path, name, hit.hit.end);
        outcome.by_path.push((hit, shown));
    }

    hits.clear();
    match known {
        Some((quiet, content))
            if quiet.holds(&content) && !engine.matcher.asks_for(entry.path.name()) =>
        {
            scratch.clear();
        }
        _ => {
            let is_quiet = search(engine, entry, scratch, hits);
            if let Some((quiet, content)) = known.filter(|_| is_quiet) {
                quiet.add(content);
            }
        }
    }
    cells::secrets(engine, entry, scratch, hits);
    hits.sort_by_key(|hit| (hit.span, hit.rule));
    let mut wide = wide::secrets(engine, entry, scratch);
    wide.pending
        .append(&mut pages::search(engine, entry, scratch));
    let mut secrets = engine.secret_spans(hits);
    secrets.append(&mut wide.secrets);
    let mut lines = Lines::new(&entry.text, secrets);

    let mut drafts: Vec<Draft> = Vec::new();
    // Rules of one check follow each other, and what it wants does not hang on the rule.
    let mut wanted: Option<(&str, bool)> = None;
    for (index, check) in &engine.entry_checks {
        let rule = &engine.rules[*index];
        if !engine.matcher.in_scope(*index, entry) {
            continue;
        }
        let wants = match wanted {
            Some((name, wants)) if name == check.name() => wants,
            _ => check.wants(entry),
        };
        wanted = Some((check.name(), wants));
        if wants {
            check.check(rule, entry, &mut drafts);
        }
    }
    let mut kept = strongest(engine, hits);
    one_speaks(engine, &mut kept, &mut drafts);
    outcome.pending = pending(engine, entry, &kept, &mut lines);
    outcome.pending.append(&mut wide.pending);

    for draft in drafts {
        if let Some((_, rule)) = engine.rule(draft.rule.as_str()) {
            outcome
                .pending
                .push(Pending::of_draft(rule, draft, Some(&mut lines)));
        }
    }
    for check in &engine.observers {
        if let Some(text) = check.note(entry) {
            outcome.notes.push(Note {
                container: entry.path.container(),
                check: check.name(),
                name: entry.path.name().to_owned(),
                text,
            });
        }
    }
    if scratch.saw_watched() && !entry.text.is_binary() {
        let found = inline_waivers(entry.text.bytes());
        outcome
            .waivers
            .extend(found.into_iter().map(|waiver| (entry.path.clone(), waiver)));
    }
    outcome
}

/// Searches a text for patterns and claims. Whether it gives nothing under any name.
fn search(
    engine: &Engine,
    entry: &Classified<'_>,
    scratch: &mut Scratch,
    hits: &mut Vec<Hit>,
) -> bool {
    engine.matcher.scan(entry, scratch, hits);
    let flagged = scratch.flagged_statements().iter().copied();
    let flagged: Vec<usize> = flagged.filter(|&rule| engine.active[rule]).collect();
    let marks = scratch.statement_marks();
    let read = engine.statements.scan(entry, &flagged, marks, hits);
    !read && scratch.is_quiet()
}

/// Where a check and a pattern of one family speak of the same bytes, the surer and graver one
/// stays; the check when both weigh the same, for it has understood the file.
fn one_speaks(engine: &Engine, hits: &mut Vec<Hit>, drafts: &mut Vec<Draft>) {
    if hits.is_empty() {
        return;
    }
    drafts.retain(|draft| {
        let (Some(span), Some((_, rule))) = (draft.span, engine.rule(draft.rule.as_str())) else {
            return true;
        };
        let weight = (
            draft.confidence.unwrap_or(rule.meta.confidence),
            draft.severity.unwrap_or(rule.meta.severity),
        );
        let mut stays = true;
        hits.retain(|hit| {
            let meta = &engine.rules[hit.rule].meta;
            if meta.id.family() != rule.meta.id.family() || !hit.hit.overlaps(span) {
                return true;
            }
            let graver = weight < hit.weight(meta);
            stays &= !graver;
            graver
        });
        stays
    });
}

/// The path cut after the component of `name` (its end) in which the byte before `end` lies.
fn prefix(path: &EntryPath, name: &str, end: usize) -> EntryPath {
    let whole = path.name();
    let bytes = name.as_bytes();
    let mut end = end.min(bytes.len());
    if end > 0 && bytes[end - 1] == b'/' {
        end -= 1;
    }
    let cut = memchr::memchr(b'/', &bytes[end..]).map_or(bytes.len(), |slash| end + slash);
    let shown = &whole[..whole.len() - name.len() + cut];
    match path.container() {
        Some(container) => container.join(shown),
        None => EntryPath::root(shown),
    }
}
