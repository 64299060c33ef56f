// SPDX-License-Identifier: Apache-2.0
//! ZIP (APPNOTE.TXT 6.3), read by its central directory, as installers do, and held against its
//! local headers, as streaming readers do. What only one of the two sees is reported.
//!
//! The parser is ours because the verdict hangs on what a tolerant library smooths over.

mod content;
mod directory;
mod end;
mod layout;
mod local;

use super::input::Input;
use super::names::{self, Names};
use super::walker::{Content, Member, Site, Walker, ratio_detail};
use super::{EntryKind, rule};
use crate::model::EntryPath;
use directory::Record;
use end::End;
use layout::Layout;
use local::Local;
use std::io;

/// Whether the source ends in an end-of-central-directory record.
pub(super) fn has_end(input: &mut Input<'_>) -> bool {
    end::find(input, &mut Vec::new()).is_ok_and(|end| end.is_some())
}

/// Walks a zip.
pub(super) fn walk(walker: &mut Walker<'_>, site: &Site, input: Input<'_>) {
    let mut zip = Zip {
        input,
        walker,
        site,
        names: Names::default(),
        layout: Layout::default(),
    };
    if let Err(error) = zip.run() {
        zip.note(
            rule::UNREADABLE,
            None,
            &format!("it cannot be read: {error}"),
        );
    }
}

/// What the central directory and the local header agree to expect of a member's data.
struct Expected {
    method: u16,
    flags: u16,
    crc: Option<u32>,
    packed: Option<u64>,
    unpacked: Option<u64>,
    /// Offset of the first byte of data.
    data: u64,
}

struct Zip<'z, 'v, 'i> {
    input: Input<'i>,
    walker: &'z mut Walker<'v>,
    site: &'z Site,
    names: Names,
    layout: Layout,
}

impl Zip<'_, '_, '_> {
    fn run(&mut self) -> io::Result<()> {
        let mut issues = Vec::new();
        let end = end::find(&mut self.input, &mut issues)?;
        for (rule, offset, detail) in issues.drain(..) {
            self.note(rule, Some(offset), &detail);
        }
        let length = self.input.length();
        let Some(end) = end else {
            self.note(
                rule::TRUNCATED,
                Some(length),
                "it has no end-of-central-directory record; its local headers were followed",
            );
            return self.recover(0, length, false).map(|_| ());
        };
        self.walker
            .said(self.site, format_args!("#comment"), &end.comment);
        let Some(records) = self.directory(&end)? else {
            return self.recover(0, end.position, false).map(|_| ());
        };
        for record in &records {
            if !self.walker.admit(self.site, record.at) {
                return Ok(());
            }
            self.record(record, &end)?;
        }
        if end.directory_size > self.most_directory() {
            return Ok(());
        }
        self.judge_layout(&end)
    }

    /// Bytes of central directory that are held: names are short, so the budget of members
    /// bounds them.
    fn most_directory(&self) -> u64 {
        self.walker.limits.entries.saturating_mul(512).max(1 << 20)
    }

    /// The central directory, or `None` when there is nothing to go by.
    fn directory(&mut self, end: &End) -> io::Result<Option<Vec<Record>>> {
        let most = self.most_directory();
        if end.directory_size > most {
            self.note(
                rule::BUDGET_ENTRIES,
                Some(end.directory),
                &format!("its central directory has {} bytes, more than {most}; the rest was not read (--max-entries raises the limit)", end.directory_size),
            );
        }
        let bytes = self
            .input
            .bytes_at(end.directory, end.directory_size.min(most))?;
        let mut issues = Vec::new();
        let records = directory::parse(&bytes, end, self.walker.limits.entries, &mut issues);
        for (rule, offset, detail) in issues {
            self.note(rule, Some(offset), &detail);
        }
        Ok((!records.is_empty() || end.entries == 0).then_some(records))
    }

    /// One member by its central record.
    fn record(&mut self, record: &Record, end: &End) -> io::Result<()> {
        let shown = shown(&record.name);
        let kind = self.kind_of(record, &shown);
        let is_link = kind == Kind::Link;
        self.walker.judge_name(
            self.site,
            &mut self.names,
            &record.name,
            &shown,
            is_link,
            record.at,
        );
        for (rule, detail) in &record.issues {
            self.walker
                .note_member(self.site, &shown, rule, record.at, detail.clone());
        }
        self.walker
            .said(self.site, format_args!("{shown}#comment"), &record.comment);
        let Some(start) = record.offset.checked_add(end.base) else {
            self.missing_local(record, &shown);
            return Ok(());
        };
        let local = if start < end.directory {
            Local::read(&mut self.input, start)?
        } else {
            None
        };
        let Some(local) = local else {
            self.missing_local(record, &shown);
            return Ok(());
        };
        for detail in local.differences(record) {
            self.walker
                .note_member(self.site, &shown, rule::ZIP_HEADER_MISMATCH, start, detail);
        }
        let data = start + local.length();
        let mut stop = data.saturating_add(record.packed);
        if stop > end.directory {
            self.walker.note_member(
                self.site,
                &shown,
                rule::ZIP_OVERLAP,
                start,
                "its data reaches into the central directory".to_owned(),
            );
            stop = end.directory.max(data);
        } else if local.has_descriptor() {
            stop += self.descriptor(record, &local, stop, &shown)?;
        }
        self.layout.add(start, stop);

        let expected = Expected {
            method: record.method,
            flags: record.flags | local.flags,
            crc: Some(record.crc),
            packed: Some(record.packed.min(end.directory.saturating_sub(data))),
            unpacked: Some(record.unpacked),
            data,
        };
        let (content, _) = self.content(&expected, &shown, start)?;
        self.emit(shown, kind, record, content, start);
        Ok(())
    }

    fn missing_local(&mut self, record: &Record, shown: &str) {
        self.walker.note_member(
            self.site,
            shown,
            rule::ZIP_MISSING_LOCAL,
            record.at,
            format!(
                "the central directory places it at byte {}, where no local header stands",
                record.offset
            ),
        );
        let member = Member {
            name: shown.to_owned(),
            kind: EntryKind::File,
            mode: record.mode(),
            owner: None,
            content: Content::unread(record.unpacked),
        };
        self.walker.member(self.site, member);
    }

    /// Length of the data descriptor behind the data.
    fn descriptor(
        &mut self,
        record: &Record,
        local: &Local,
        at: u64,
        shown: &str,
    ) -> io::Result<u64> {
        let bytes = self.input.bytes_at(at, 28)?;
        let (length, agrees) = local::descriptor(&bytes, record, local.is_zip64);
        if !agrees {
            self.walker.note_member(
                self.site,
                shown,
                rule::ZIP_HEADER_MISMATCH,
                at,
                "its data descriptor differs from the central directory, or is missing".to_owned(),
            );
        }
        Ok(length)
    }

    /// What a member is, by its name and external attributes.
    fn kind_of(&mut self, record: &Record, shown: &str) -> Kind {
        let unix = record.unix_mode();
        if unix & 0o6000 != 0 && unix & 0o170_000 != 0o040_000 {
            self.walker.note_member(
                self.site,
                shown,
                rule::SETUID,
                record.at,
                format!(
                    "its mode is {:o}: it runs as its owner or group",
                    unix & 0o7777
                ),
            );
        }
        match unix & 0o170_000 {
            0o120_000 => {
                self.walker.note_member(
                    self.site,
                    shown,
                    rule::ZIP_SYMLINK,
                    record.at,
                    "its attributes make it a symbolic link; readers that ignore them write a file"
                        .to_owned(),
                );
                Kind::Link
            }
            0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 => {
                self.walker.note_member(
                    self.site,
                    shown,
                    rule::SPECIAL_FILE,
                    record.at,
                    "its attributes make it a device, FIFO or socket".to_owned(),
                );
                Kind::File
            }
            _ if record.name.ends_with(b"/") || record.name.ends_with(b"\\") => Kind::Folder,
            _ => Kind::File,
        }
    }

    /// Hands the member on. A link's target is its content.
    fn emit(&mut self, shown: String, kind: Kind, record: &Record, content: Content, at: u64) {
        let (kind, content) = match kind {
            Kind::Folder if content.bytes.is_empty() && content.declared == 0 => {
                (EntryKind::Directory, content)
            }
            Kind::Folder => {
                self.walker.note_member(
                    self.site,
                    &shown,
                    rule::CONTENT_IN_NON_FILE,
                    at,
                    format!(
                        "it is a folder by its name and has {} bytes",
                        content.declared
                    ),
                );
                (EntryKind::File, content)
            }
            Kind::Link if content.complete && content.bytes.len() <= 4096 => {
                if names::symlink_escapes(&record.name, &content.bytes) {
                    self.walker.note_member(
                        self.site,
                        &shown,
                        rule::LINK_ESCAPES,
                        at,
                        format!(
                            "it links to `{}`, outside the archive",
                            EntryPath::escape(&content.bytes)
                        ),
                    );
                }
                let target = EntryPath::escape(&content.bytes);
                (EntryKind::Symlink(target), Content::none())
            }
            Kind::Link | Kind::File => (EntryKind::File, content),
        };
        let member = Member {
            name: shown,
            kind,
            mode: record.mode(),
            owner: None,
            content,
        };
        self.walker.member(self.site, member);
    }

    /// Reads a member's data under the budget. Also returns the packed bytes it took.
    fn content(&mut self, expected: &Expected, shown: &str, at: u64) -> io::Result<(Content, u64)> {
        let declared = expected.unpacked.unwrap_or(0);
        let packed = expected.packed.unwrap_or(0);
        let unread = Content::unread(declared);
        if let Some((rule, detail)) = content::refusal(expected.flags, expected.method) {
            self.walker.note_member(self.site, shown, rule, at, detail);
            return Ok((unread, packed));
        }
        if declared > self.walker.cap() {
            self.walker.over_cap(self.site, shown, at);
            return Ok((unread, packed));
        }
        if expected.packed.is_some() && self.walker.is_bomb(packed, declared) {
            let detail = ratio_detail(&self.walker.limits);
            self.walker
                .note_member(self.site, shown, rule::BUDGET_RATIO, at, detail);
            return Ok((unread, packed));
        }
        let reading = content::read(&mut self.input, self.walker, expected)?;
        self.walker.spend(reading.bytes.len() as u64);
        for (rule, detail) in reading.issues {
            self.walker.note_member(self.site, shown, rule, at, detail);
        }
        if reading.over_cap {
            self.walker.over_cap(self.site, shown, at);
            return Ok((unread, packed));
        }
        let content = Content {
            declared: declared.max(reading.bytes.len() as u64),
            complete: reading.complete,
            bytes: reading.bytes,
        };
        Ok((content, reading.taken))
    }

    fn note(&mut self, rule: &'static str, offset: Option<u64>, detail: &str) {
        self.walker.note(self.site, rule, offset, detail.to_owned());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
}

/// A name as shown and looked up: without `/` behind, which says that it is a folder.
fn shown(raw: &[u8]) -> String {
    EntryPath::escape(match raw {
        [rest @ .., b'/'] if !rest.is_empty() => rest,
        all => all,
    })
}

/// Little-endian `u16` at `at`; 0 beyond the end.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u16::from_le_bytes)
}

/// Little-endian `u32` at `at`; 0 beyond the end.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}

/// Little-endian `u64` at `at`; 0 beyond the end.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..at + 8)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u64::from_le_bytes)
}
