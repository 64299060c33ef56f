// SPDX-License-Identifier: Apache-2.0
//! Where something stands: a path through containers, a byte span, and the place a person reads.

use serde::Serialize;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A path through containers: `dist/a.whl`, then `pkg/data.zip`, then `x.py`.
///
/// Kept as segments and joined with `!/` only for show, so a file name that contains `!/`
/// cannot be confused with nesting. Segments use `/` and are safe to print: bytes that are
/// not UTF-8 and control characters were escaped as `\xNN` by [`EntryPath::escape`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath {
    segments: Vec<Arc<str>>,
}

impl EntryPath {
    /// A path with one segment: a file or folder that is in no container.
    pub fn root(name: &str) -> Self {
        Self {
            segments: vec![Arc::from(name)],
        }
    }

    /// This path with `name` inside it.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        segments.extend(self.segments.iter().cloned());
        segments.push(Arc::from(name));
        Self { segments }
    }

    /// The segments, outermost container first; never empty.
    pub fn segments(&self) -> &[Arc<str>] {
        &self.segments
    }

    /// The innermost segment: the name inside the last container.
    pub fn name(&self) -> &str {
        self.segments.last().map_or("", |s| s)
    }

    /// The last component of [`EntryPath::name`].
    pub fn file_name(&self) -> &str {
        let name = self.name();
        name.trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(name)
    }

    /// The container that holds this entry, or `None` outside any.
    pub fn container(&self) -> Option<Self> {
        (self.segments.len() > 1).then(|| Self {
            segments: self.segments[..self.segments.len() - 1].to_vec(),
        })
    }

    /// How many containers stand around this entry.
    pub fn depth(&self) -> usize {
        self.segments.len() - 1
    }

    /// The path inside the outermost artifact (itself, when there is none): the part of a
    /// fingerprint that stays when an archive is renamed or moved.
    pub fn inside_artifact(&self) -> String {
        let from = usize::from(self.segments.len() > 1);
        self.segments[from..].join("!/")
    }

    /// Makes raw name bytes safe to print and to join: invalid UTF-8, control characters and
    /// bidirectional overrides (CVE-2021-42574) become escapes.
    pub fn escape(raw: &[u8]) -> String {
        let plain = |b: &u8| (b' '..=b'~').contains(b);
        if raw.iter().all(plain)
            && let Ok(text) = std::str::from_utf8(raw)
        {
            return text.to_owned();
        }
        let mut out = String::with_capacity(raw.len());
        for chunk in raw.utf8_chunks() {
            for c in chunk.valid().chars() {
                let bidi = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}');
                if c.is_control() || bidi {
                    out.extend(c.escape_unicode());
                } else {
                    out.push(c);
                }
            }
            for byte in chunk.invalid() {
                out.push_str(&format!("\\x{byte:02x}"));
            }
        }
        out
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.segments.iter().enumerate() {
            if i > 0 {
                f.write_str("!/")?;
            }
            f.write_str(segment)?;
        }
        Ok(())
    }
}

/// Bytes `start..end` of an entry; `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSpan {
    /// First byte, from 0.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl ByteSpan {
    /// A span; an `end` before `start` is read as empty.
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// The same as a range, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two spans share a byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The place of a finding as a reader and as a tool needs it (`contract.md`, `place`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Container segments, outermost first.
    pub segments: Vec<Arc<str>>,
    /// First line, from 1; `None` for a file-level finding.
    pub line: Option<u64>,
    /// First column, from 1, in code points.
    pub column: Option<u64>,
    /// Last line.
    pub end_line: Option<u64>,
    /// One past the last column, in code points.
    pub end_column: Option<u64>,
    /// First byte, from 0, in the entry's own bytes.
    pub byte_start: Option<u64>,
    /// One past the last byte.
    pub byte_end: Option<u64>,
}
