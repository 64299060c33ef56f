// SPDX-License-Identifier: Apache-2.0
//! Contents in which no pattern and no claim found anything: where another container holds the same,
//! as a wheel holds what its sdist does, they are not searched again. What was found somewhere is
//! judged by its name, too, and is always searched.

use crate::classify::Classified;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Smaller ones are many, and soon searched.
const SMALLEST: usize = 8 << 10;
/// How many of one kind are remembered: half a MB.
const MOST: usize = 14 << 10;

/// A kind of file: its id and its tags.
type Kind = (&'static str, &'static [&'static str]);
/// Half of a SHA-256: nothing is gained by who makes two contents share one, but that what he packed
/// himself is not found.
type Digest = [u8; 16];

/// A content as rules see it but for its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content {
    digest: Digest,
    kind: Kind,
}

/// Contents that gave nothing so far, shared by all workers.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    seen: Mutex<HashMap<Kind, HashSet<Digest>>>,
}

impl Quiet {
    /// The content of an entry with this digest; `None` where it is not worth remembering.
    pub(super) fn content(entry: &Classified<'_>, sha256: &[u8; 32]) -> Option<Content> {
        let digest = *sha256.first_chunk()?;
        (entry.bytes.len() >= SMALLEST).then_some(Content {
            digest,
            kind: (entry.kind.id, entry.kind.tags),
        })
    }

    /// Whether it gave nothing before.
    pub(super) fn holds(&self, content: &Content) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = seen.get(&content.kind);
        kind.is_some_and(|digests| digests.contains(&content.digest))
    }

    /// Remembers that it gives nothing.
    pub(super) fn add(&self, content: Content) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let digests = seen.entry(content.kind).or_default();
        if digests.len() < MOST {
            digests.insert(content.digest);
        }
    }
}
