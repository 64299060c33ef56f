// SPDX-License-Identifier: Apache-2.0
//! Secrets and paths in the compressed streams of a PDF file, and in texts that images and programs hold
//! deflated; findings name the stream's bytes.

use super::engine::Engine;
use super::hits::{pending, strongest};
use super::resolve::{Lines, Pending};
use crate::classify::{Classified, Text};
use crate::matching::{Hit, PageText, Scratch, packed_texts, pdf_streams};

/// Searches what the pages of a file say.
pub(super) fn search(
    engine: &Engine,
    entry: &Classified<'_>,
    scratch: &mut Scratch,
) -> Vec<Pending> {
    let mut found = Vec::new();
    let pages: Box<dyn Iterator<Item = PageText> + '_> = match entry.kind.id {
        "pdf" => Box::new(pdf_streams(entry.bytes)),
        _ if entry.text.is_binary() => Box::new(packed_texts(entry.bytes).into_iter()),
        _ => return found,
    };
    let mut hits: Vec<Hit> = Vec::new();
    for page in pages {
        let text = Classified {
            text: Text::of_binary(page.text),
            ..*entry
        };
        engine.leaks(&text, scratch, &mut hits);
        if hits.is_empty() {
            continue;
        }
        let mut lines = Lines::new(&text.text, engine.secret_spans(&hits));
        let kept = strongest(engine, &hits);
        for mut one in pending(engine, &text, &kept, &mut lines) {
            if let Some(place) = &mut one.place {
                place.byte_start = Some(page.span.start as u64);
                place.byte_end = Some(page.span.end as u64);
            }
            found.push(one);
        }
    }
    found
}
