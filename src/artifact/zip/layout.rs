// SPDX-License-Identifier: Apache-2.0
//! What lies between the members: gaps, overlaps, and members that only a streaming reader sees.

use super::end::End;
use super::local::Local;
use super::{Expected, Zip, shown};
use crate::artifact::walker::Member;
use crate::artifact::{EntryKind, rule};
use memchr::memmem;
use std::io;

/// How far into a gap a local header is searched.
const SEARCH: u64 = 16 << 20;

/// The stretches that members take.
#[derive(Debug, Default)]
pub(super) struct Layout {
    stretches: Vec<(u64, u64)>,
}

/// Bytes no member owns, or owned by two.
#[derive(Debug, PartialEq, Eq)]
enum Flaw {
    Gap(u64, u64),
    Overlap(u64),
}

impl Layout {
    /// A member from its local header to the end of its data descriptor.
    pub(super) fn add(&mut self, start: u64, end: u64) {
        self.stretches.push((start, end));
    }

    fn flaws(&mut self, end: u64) -> Vec<Flaw> {
        self.stretches.sort_unstable();
        let mut flaws = Vec::new();
        let mut at = 0;
        for &(start, stop) in &self.stretches {
            if start > at {
                flaws.push(Flaw::Gap(at, start));
            } else if start < at {
                flaws.push(Flaw::Overlap(start));
            }
            at = at.max(stop);
        }
        if at < end {
            flaws.push(Flaw::Gap(at, end));
        }
        flaws
    }
}

impl Zip<'_, '_, '_> {
    /// Reports gaps and overlaps; a member that lies in a gap is read.
    pub(super) fn judge_layout(&mut self, end: &End) -> io::Result<()> {
        for flaw in self.layout.flaws(end.directory) {
            match flaw {
                Flaw::Overlap(at) => self.note(
                    rule::ZIP_OVERLAP,
                    Some(at),
                    "a member begins inside another one",
                ),
                Flaw::Gap(from, to) => {
                    let found = self.local_header_in(from, to)?;
                    if found != Some(from) {
                        let stop = found.unwrap_or(to);
                        let (rule, where_) = if from == 0 {
                            (rule::LEADING_BYTES, "before the first member")
                        } else {
                            (rule::ZIP_GAP, "that belong to no member")
                        };
                        self.note(rule, Some(from), &format!("{} bytes {where_}", stop - from));
                    }
                    if let Some(header) = found {
                        let reached = self.recover(header, to, true)?;
                        if reached < to {
                            self.note(
                                rule::ZIP_GAP,
                                Some(reached),
                                &format!("{} bytes that belong to no member", to - reached),
                            );
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Offset of the first local header between `from` and `to`.
    fn local_header_in(&mut self, from: u64, to: u64) -> io::Result<Option<u64>> {
        const PIECE: u64 = 1 << 20;
        let to = to.min(from.saturating_add(SEARCH));
        let mut at = from;
        while at < to {
            // Three bytes more: a signature may lie across two pieces.
            let piece = self.input.bytes_at(at, PIECE.min(to - at) + 3)?;
            if let Some(found) = memmem::find(&piece, b"PK\x03\x04") {
                let found = at + found as u64;
                return Ok((found < to).then_some(found));
            }
            at += PIECE;
        }
        Ok(None)
    }

    /// Follows local headers from `from` as a streaming reader does, not beyond `to`. Returns
    /// how far it came. `hidden`: the central directory does not know them.
    pub(super) fn recover(&mut self, from: u64, to: u64, hidden: bool) -> io::Result<u64> {
        let mut at = from;
        while at < to {
            let Some(local) = Local::read(&mut self.input, at)? else {
                break;
            };
            let data = at + local.length();
            if data > to || !self.walker.admit(self.site, at) {
                break;
            }
            let shown = shown(&local.name);
            if hidden {
                self.walker.note_member(
                    self.site,
                    &shown,
                    rule::ZIP_HIDDEN_ENTRY,
                    at,
                    "it has a local header but stands not in the central directory".to_owned(),
                );
            }
            self.walker
                .judge_name(self.site, &mut self.names, &local.name, &shown, false, at);
            let known = !local.has_descriptor() || local.packed != 0;
            let expected = Expected {
                method: local.method,
                flags: local.flags,
                crc: (!local.has_descriptor()).then_some(local.crc),
                packed: known.then_some(local.packed),
                unpacked: known.then_some(local.unpacked),
                data,
            };
            let (content, taken) = self.content(&expected, &shown, at)?;
            let kind = if local.name.ends_with(b"/") && content.bytes.is_empty() {
                EntryKind::Directory
            } else {
                EntryKind::File
            };
            let member = Member {
                name: shown,
                kind,
                mode: None,
                owner: None,
                content,
            };
            self.walker.member(self.site, member);
            at = data.saturating_add(taken.max(expected.packed.unwrap_or(0)));
            if local.has_descriptor() {
                at = self.after_descriptor(at, to)?;
            }
        }
        Ok(at.min(to))
    }

    /// Where the header behind a descriptor begins; a descriptor has 12 to 24 bytes.
    fn after_descriptor(&mut self, at: u64, to: u64) -> io::Result<u64> {
        let bytes = self.input.bytes_at(at, 28)?;
        let signed = bytes.starts_with(b"PK\x07\x08");
        for length in [16u64, 24, 12, 20] {
            let next = usize::try_from(length).unwrap_or(0);
            let header = bytes.get(next..next + 4).is_some_and(|sig| {
                sig == b"PK\x03\x04" || sig == b"PK\x01\x02" || sig == b"PK\x05\x06"
            });
            if header || at + length == to {
                return Ok(at + length);
            }
        }
        Ok(at + if signed { 16 } else { 12 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_overlaps_are_told() {
        let mut layout = Layout::default();
        layout.add(20, 30);
        layout.add(4, 10);
        layout.add(25, 40);
        assert_eq!(
            layout.flaws(50),
            [
                Flaw::Gap(0, 4),
                Flaw::Gap(10, 20),
                Flaw::Overlap(25),
                Flaw::Gap(40, 50)
            ]
        );
        let mut whole = Layout::default();
        whole.add(0, 50);
        assert_eq!(whole.flaws(50), []);
    }
}
