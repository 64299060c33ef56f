// SPDX-License-Identifier: Apache-2.0
//! What a member's headers say of it, and where they are wrong or contradict each other.

use super::Tar;
use super::header::{Header, Number};
use super::pax::{self, Records};
use crate::artifact::stream::Stream;
use crate::artifact::{EntryKind, names, rule};
use crate::model::EntryPath;

/// The end of the year 9999.
const LATEST: u64 = 253_402_300_799;

/// The name in a member's plain header, and the long name and the long link target that GNU
/// headers before it give.
type Names<'h> = (&'h [u8], (Option<&'h [u8]>, Option<&'h [u8]>));

impl<S: Stream> Tar<'_, '_, S> {
    /// The member's size, and what is wrong with its numbers.
    pub(super) fn judge_numbers(
        &mut self,
        header: &Header<'_>,
        records: &Records,
        shown: &str,
        at: u64,
    ) -> u64 {
        let late = matches!(header.mtime(), Number::Value(time) if time > LATEST);
        let time = if late { Number::Huge } else { header.mtime() };
        for (field, number) in [
            ("size", header.size()),
            ("mode", header.mode()),
            ("uid", header.uid()),
            ("gid", header.gid()),
            ("time", time),
        ] {
            if let Some(fault) = number.fault() {
                self.note_member(shown, rule::TAR_NUMBER, at, format!("its {field} {fault}"));
            }
        }
        records.size.unwrap_or_else(|| header.size().or_zero())
    }

    /// Where extended headers and the plain one speak of different members.
    pub(super) fn judge_overrides(
        &mut self,
        header: &Header<'_>,
        (plain, (long_name, long_link)): Names<'_>,
        records: &Records,
        shown: &str,
        at: u64,
    ) {
        let mut seen = Vec::new();
        // The plain name of a sparse member is a stand-in by design.
        if !records.sparse.present {
            for (source, name) in [("pax", records.path.as_deref()), ("GNU", long_name)] {
                if name.is_some_and(|name| pax::contradicts(plain, name)) {
                    seen.push(format!(
                        "a {source} header renames it; the plain header says `{}`",
                        EntryPath::escape(plain)
                    ));
                }
            }
        }
        for (source, link) in [("pax", records.linkpath.as_deref()), ("GNU", long_link)] {
            if link.is_some_and(|link| pax::contradicts(header.link(), link)) {
                seen.push(format!(
                    "a {source} header changes its link target; the plain header says `{}`",
                    EntryPath::escape(header.link())
                ));
            }
        }
        if let (Some(a), Some(b)) = (records.path.as_deref(), long_name)
            && a != b
        {
            seen.push("a pax and a GNU header give it different names".to_owned());
        }
        if let Some(size) = records.size
            && pax::size_contradicts(header, size)
        {
            seen.push(format!(
                "a pax header makes it {size} bytes; the plain header says {}",
                header.size().or_zero()
            ));
        }
        for detail in seen {
            self.note_member(shown, rule::TAR_OVERRIDE, at, detail);
        }
    }

    /// What the type flag makes of the member.
    pub(super) fn kind(
        &mut self,
        header: &Header<'_>,
        raw: &[u8],
        link: &[u8],
        shown: &str,
        at: u64,
    ) -> EntryKind {
        match header.kind() {
            // Before POSIX a folder was a file whose name ends in a slash.
            b'0' | 0 | b'7' if raw.ends_with(b"/") => EntryKind::Directory,
            b'0' | 0 | b'7' | b'S' => EntryKind::File,
            b'1' => EntryKind::Hardlink(EntryPath::escape(link)),
            b'2' => EntryKind::Symlink(EntryPath::escape(link)),
            b'5' | b'D' => EntryKind::Directory,
            b'3' | b'4' | b'6' => {
                self.note_member(
                    shown,
                    rule::SPECIAL_FILE,
                    at,
                    "it is a device or FIFO".to_owned(),
                );
                EntryKind::Special
            }
            other => {
                self.note_member(
                    shown,
                    rule::TAR_HEADER,
                    at,
                    format!(
                        "its type `{}` is unknown; it was read as a file",
                        other.escape_ascii()
                    ),
                );
                EntryKind::File
            }
        }
    }

    /// Where a link leads.
    pub(super) fn judge_link(
        &mut self,
        kind: &EntryKind,
        raw: &[u8],
        link: &[u8],
        shown: &str,
        at: u64,
    ) {
        let escapes = match kind {
            EntryKind::Symlink(_) => names::symlink_escapes(raw, link),
            _ => names::escape(link).is_some(),
        };
        let target = EntryPath::escape(link);
        if escapes {
            self.note_member(
                shown,
                rule::LINK_ESCAPES,
                at,
                format!("it links to `{target}`, outside the archive"),
            );
        } else {
            self.note_member(shown, rule::LINK, at, format!("it links to `{target}`"));
        }
    }
}
