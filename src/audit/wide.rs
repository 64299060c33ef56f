// SPDX-License-Identifier: Apache-2.0
//! Secrets that stand in a binary as UTF-16. Rules read them as narrow text; findings name the bytes
//! of the file.

use super::engine::Engine;
use super::hits::{pending, strongest};
use super::resolve::{Lines, Pending};
use crate::classify::{Classified, Text};
use crate::matching::{Hit, Scratch, WideStrings, wide_strings};
use crate::model::ByteSpan;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pending: Vec<Pending>,
    /// Where it stands in the file, and what other rules show must hide.
    pub(super) secrets: Vec<ByteSpan>,
}

/// Searches the strings of UTF-16 in a binary. Paths of this form have rules of their own.
pub(super) fn secrets(engine: &Engine, entry: &Classified<'_>, scratch: &mut Scratch) -> Found {
    let mut found = Found::default();
    if !entry.text.is_binary() {
        return found;
    }
    let mut hits: Vec<Hit> = Vec::new();
    // Where the last hit ended: pieces overlap.
    let mut reached = 0;
    for mut piece in wide_strings(entry.text.bytes()) {
        let narrow = Classified {
            text: Text::of_binary(std::mem::take(&mut piece.text)),
            ..*entry
        };
        engine.secrets(&narrow, scratch, &mut hits);
        hits.retain(|hit| piece.file_offset(hit.hit.start) >= reached);
        let spans: Vec<ByteSpan> = hits.iter().map(|hit| hit.hit).collect();
        let on_disk = spans.iter().map(|span| in_file(&piece, *span));
        found.secrets.extend(on_disk);
        reached = found
            .secrets
            .iter()
            .map(|span| span.end)
            .fold(reached, usize::max);
        let mut lines = Lines::new(&narrow.text, spans);
        let kept = strongest(engine, &hits);
        for mut one in pending(engine, &narrow, &kept, &mut lines) {
            if let Some(place) = &mut one.place
                && let (Some(start), Some(end)) = (place.byte_start, place.byte_end)
            {
                let span = in_file(&piece, ByteSpan::new(start as usize, end as usize));
                place.byte_start = Some(span.start as u64);
                place.byte_end = Some(span.end as u64);
            }
            found.pending.push(one);
        }
    }
    found
}

fn in_file(piece: &WideStrings, span: ByteSpan) -> ByteSpan {
    let start = piece.file_offset(span.start);
    match span.is_empty() {
        true => ByteSpan::new(start, start),
        false => ByteSpan::new(start, piece.file_offset(span.end - 1) + 2),
    }
}
