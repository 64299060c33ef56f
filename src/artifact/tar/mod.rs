// SPDX-License-Identifier: Apache-2.0
//! tar: ustar, pax, GNU, read block by block from a stream that may be compressed.
//!
//! Extended headers win over the plain one, as POSIX says; where the two speak of different
//! members, that is reported.

pub(super) mod header;
mod judge;
mod pax;
mod reader;
mod sparse;

use super::names::Names;
use super::stream::Stream;
use super::walker::{Content, Member, Site, Walker, ratio_detail};
use super::{EntryKind, rule};
use crate::model::EntryPath;
use header::{BLOCK, Header};
use pax::Records;
use reader::{Reader, Stop};
use sparse::Map;

/// Largest extended header: names and attributes, not content.
const MOST_EXTENDED: u64 = 1 << 20;

/// Walks a tar to its end and whatever stands behind it.
pub(super) fn walk<S: Stream>(walker: &mut Walker<'_>, site: &Site, stream: S) {
    let mut tar = Tar {
        reader: Reader::new(stream),
        walker,
        site,
        names: Names::default(),
        global: Records::default(),
        local: Records::default(),
        long_name: None,
        long_link: None,
    };
    let stop = tar.members().err().unwrap_or(Stop::End);
    tar.finish(stop);
}

struct Tar<'t, 'v, S> {
    reader: Reader<S>,
    walker: &'t mut Walker<'v>,
    site: &'t Site,
    names: Names,
    global: Records,
    local: Records,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl<S: Stream> Tar<'_, '_, S> {
    /// Reads headers until the stream ends. What stands behind the end blocks is read too when
    /// it is a tar again: some readers go on there.
    fn members(&mut self) -> Result<(), Stop> {
        let mut ended = false;
        let mut told_behind = false;
        let mut lost = false;
        loop {
            let at = self.reader.offset();
            let block = match self.reader.block(self.walker) {
                Ok(Some(block)) => block,
                Ok(None) => {
                    if !ended {
                        let detail = "it has no end blocks: it may be cut short";
                        self.note(rule::TAR_NO_END, at, detail);
                    }
                    return Ok(());
                }
                Err(Stop::Truncated) if ended => {
                    if !told_behind {
                        self.note(rule::TRAILING_BYTES, at, "bytes after the end blocks");
                    }
                    return Ok(());
                }
                Err(stop) => return Err(stop),
            };
            if block.iter().all(|&b| b == 0) {
                if !ended {
                    self.end_blocks(at)?;
                    ended = true;
                }
                continue;
            }
            let sound = header::checksum_holds(&block);
            if ended && !told_behind {
                told_behind = true;
                let what = if sound {
                    "another tar"
                } else {
                    "bytes that are no tar"
                };
                self.note(
                    rule::TRAILING_BYTES,
                    at,
                    &format!("{what} after the end blocks"),
                );
            }
            if sound {
                lost = false;
                self.header(&block, at)?;
            } else if !lost && !ended {
                // One report for a stretch of rubble; the next sound header ends it.
                lost = true;
                self.note(
                    rule::TAR_HEADER,
                    at,
                    "a header with a wrong checksum; members were looked for behind it",
                );
            }
        }
    }

    /// The first zero block was read; a second one belongs behind it.
    fn end_blocks(&mut self, at: u64) -> Result<(), Stop> {
        match self.reader.block(self.walker)? {
            Some(block) if block.iter().all(|&b| b == 0) => {}
            Some(block) => {
                self.note(
                    rule::TAR_NO_END,
                    at,
                    "a single zero block where two end a tar",
                );
                self.reader.unread(block);
            }
            None => self.note(rule::TAR_NO_END, at, "one end block where two belong"),
        }
        Ok(())
    }

    fn header(&mut self, block: &[u8; BLOCK], at: u64) -> Result<(), Stop> {
        let header = Header(block);
        match header.kind() {
            b'x' | b'X' => {
                let data = self.extended(&header, at)?;
                self.local = self.records(&data, at);
            }
            b'g' => {
                let data = self.extended(&header, at)?;
                let records = self.records(&data, at);
                if let Some(key) = records.overriding() {
                    let detail =
                        format!("a global pax header sets `{key}` for every member behind it");
                    self.note(rule::TAR_OVERRIDE, at, &detail);
                }
                if records.commit {
                    self.walker.of_commit();
                }
                self.global = self.global.with(records);
            }
            b'L' => self.long_name = Some(trim_nul(self.extended(&header, at)?)),
            b'K' => self.long_link = Some(trim_nul(self.extended(&header, at)?)),
            // A volume label names the tape.
            b'V' => {
                self.reader
                    .skip_data(self.walker, header.size().or_zero())?;
            }
            _ => {
                return self.member(&header, at);
            }
        }
        Ok(())
    }

    fn records(&mut self, data: &[u8], at: u64) -> Records {
        let mut faults = Vec::new();
        let records = Records::parse(data, &mut faults);
        self.walker
            .said(self.site, format_args!("#header"), &records.said);
        for fault in faults {
            self.note(rule::TAR_HEADER, at, &fault);
        }
        records
    }

    /// The data of an extended header.
    fn extended(&mut self, header: &Header<'_>, at: u64) -> Result<Vec<u8>, Stop> {
        let size = header.size();
        if let Some(fault) = size.fault() {
            self.note(
                rule::TAR_NUMBER,
                at,
                &format!("the size of an extended header {fault}"),
            );
        }
        let size = size.or_zero();
        if size > MOST_EXTENDED {
            self.note(
                rule::TAR_HEADER,
                at,
                &format!("an extended header of {size} bytes, which was not read"),
            );
            self.reader.skip_data(self.walker, size)?;
            return Ok(Vec::new());
        }
        self.reader.data(self.walker, size)
    }

    fn member(&mut self, header: &Header<'_>, at: u64) -> Result<(), Stop> {
        let records = self.global.with(std::mem::take(&mut self.local));
        let long_name = self.long_name.take();
        let long_link = self.long_link.take();
        let plain = header.name();
        let raw = records
            .sparse
            .name
            .as_deref()
            .or(records.path.as_deref())
            .or(long_name.as_deref())
            .unwrap_or(&plain);
        let link = records
            .linkpath
            .as_deref()
            .or(long_link.as_deref())
            .unwrap_or_else(|| header.link());
        let shown = shown(raw);
        if !self.walker.admit(self.site, at) {
            return Err(Stop::Budget);
        }
        let size = self.judge_numbers(header, &records, &shown, at);
        let long = (long_name.as_deref(), long_link.as_deref());
        self.judge_overrides(header, (&plain, long), &records, &shown, at);

        let kind = self.kind(header, raw, link, &shown, at);
        let is_link = matches!(kind, EntryKind::Symlink(_) | EntryKind::Hardlink(_));
        self.walker
            .judge_name(self.site, &mut self.names, raw, &shown, is_link, at);
        if is_link {
            self.judge_link(&kind, raw, link, &shown, at);
        }

        let mode = header.mode().or_zero();
        if kind == EntryKind::File && mode & 0o6000 != 0 {
            self.note_member(
                &shown,
                rule::SETUID,
                at,
                format!("its mode is {mode:o}: it runs as its owner or group"),
            );
        }
        let (kind, content) = match kind {
            EntryKind::File if header.kind() == b'S' || records.sparse.present => {
                self.note_member(
                    &shown,
                    rule::TAR_SPARSE,
                    at,
                    "it is sparse, which not every reader understands".to_owned(),
                );
                (
                    EntryKind::File,
                    self.sparse(header, &records, size, &shown, at)?,
                )
            }
            EntryKind::File => (EntryKind::File, self.content(size, &shown, at)?),
            other => self.without_content(other, header, size, &shown, at)?,
        };
        let owner = records.uname.as_deref().unwrap_or_else(|| header.owner());
        let member = Member {
            name: shown,
            kind,
            mode: Some(u32::try_from(mode & 0o7777).unwrap_or(0)),
            owner: (!owner.is_empty()).then(|| EntryPath::escape(owner)),
            content,
        };
        self.walker.member(self.site, member);
        Ok(())
    }

    /// A regular member's content, or the report that it is over budget.
    fn content(&mut self, size: u64, shown: &str, at: u64) -> Result<Content, Stop> {
        if size > self.walker.cap() {
            self.walker.over_cap(self.site, shown, at);
            self.reader.skip_data(self.walker, size)?;
            return Ok(Content::unread(size));
        }
        match self.reader.data(self.walker, size) {
            Ok(bytes) => Ok(Content {
                bytes,
                declared: size,
                complete: true,
            }),
            Err(stop) => {
                // What did arrive is still searched.
                let bytes = self.reader.take_partial();
                let member = Member {
                    name: shown.to_owned(),
                    kind: EntryKind::File,
                    mode: None,
                    owner: None,
                    content: Content {
                        bytes,
                        declared: size,
                        complete: false,
                    },
                };
                self.walker.member(self.site, member);
                Err(stop)
            }
        }
    }

    /// A folder, link or device: no content, unless a header's size is followed by some.
    fn without_content(
        &mut self,
        kind: EntryKind,
        header: &Header<'_>,
        size: u64,
        shown: &str,
        at: u64,
    ) -> Result<(EntryKind, Content), Stop> {
        if size == 0 {
            return Ok((kind, Content::none()));
        }
        // GNU lists the folder's members in a dump.
        let dump = header.kind() == b'D';
        // Old writers put a hard link's size in its header and no data behind it: a header there
        // says so.
        let next = self.reader.block(self.walker)?;
        let no_data = next
            .as_ref()
            .is_none_or(|block| header::checksum_holds(block) || block.iter().all(|&b| b == 0));
        if let Some(block) = next {
            self.reader.unread(block);
        }
        if no_data && !dump {
            if !matches!(kind, EntryKind::Hardlink(_)) {
                self.note_member(
                    shown,
                    rule::CONTENT_IN_NON_FILE,
                    at,
                    format!("it is no file but its header gives it {size} bytes"),
                );
            }
            return Ok((kind, Content::none()));
        }
        self.note_member(
            shown,
            rule::CONTENT_IN_NON_FILE,
            at,
            format!("it is no file but {size} bytes of content stand behind its header"),
        );
        Ok((EntryKind::File, self.content(size, shown, at)?))
    }

    fn sparse(
        &mut self,
        header: &Header<'_>,
        records: &Records,
        size: u64,
        shown: &str,
        at: u64,
    ) -> Result<Content, Stop> {
        let mut map = Map::default();
        if header.kind() == b'S' {
            map.extend_gnu(&header.0[386..482]);
            map.real_size = header::number(&header.0[483..495]).or_zero();
            let mut more = header.0[482] != 0;
            while more {
                let Some(block) = self.reader.block(self.walker)? else {
                    return Err(Stop::Truncated);
                };
                if map.stretches.len() < sparse::MOST_STRETCHES {
                    map.extend_gnu(&block[..504]);
                }
                more = block[504] != 0;
            }
        } else {
            let real = records.sparse.real_size.unwrap_or(size);
            map = Map::from_numbers(&records.sparse.map, real);
        }
        if map.real_size > self.walker.cap() {
            self.walker.over_cap(self.site, shown, at);
            self.reader.skip_data(self.walker, size)?;
            return Ok(Content::unread(map.real_size));
        }
        if self.walker.is_bomb(size, map.real_size) {
            let detail = ratio_detail(&self.walker.limits);
            self.note_member(shown, rule::BUDGET_RATIO, at, detail);
            self.reader.skip_data(self.walker, size)?;
            return Ok(Content::unread(map.real_size));
        }
        let mut content = self.content(size, shown, at)?;
        if !content.complete {
            return Ok(content);
        }
        if records.sparse.major == Some(1) {
            match sparse::map_in_front(&content.bytes) {
                Some((numbers, taken)) => {
                    map = Map::from_numbers(&numbers, map.real_size);
                    content.bytes.drain(..taken.min(content.bytes.len()));
                }
                None => map.stretches.clear(),
            }
        }
        if map.is_sound() && map.stored() == content.bytes.len() as u64 {
            content.bytes = map.expand(&content.bytes);
            self.walker
                .spend(map.real_size.saturating_sub(map.stored()));
        } else {
            content.complete = false;
            self.note_member(
                shown,
                rule::TAR_HEADER,
                at,
                "its sparse map does not fit its data, which was searched as stored".to_owned(),
            );
        }
        Ok(content)
    }

    /// Reports why reading stopped, and what the compression below has to say.
    fn finish(&mut self, stop: Stop) {
        let at = self.reader.offset();
        let fault = self.reader.take_fault();
        match stop {
            Stop::End | Stop::Budget => {}
            Stop::TotalBytes => self.walker.over_total(self.site, Some(at)),
            // The compressed stream knows better why it ended.
            Stop::Truncated | Stop::Failed(_) if fault.is_some() => {}
            Stop::Truncated => self.note(rule::TRUNCATED, at, "it ends inside a member"),
            Stop::Failed(error) => {
                self.note(rule::UNREADABLE, at, &format!("it cannot be read: {error}"));
            }
        }
        if let Some(fault) = fault {
            self.walker
                .note(self.site, fault.rule, Some(fault.offset), fault.detail);
        }
    }

    fn note(&mut self, rule: &'static str, at: u64, detail: &str) {
        self.walker
            .note(self.site, rule, Some(at), detail.to_owned());
    }

    fn note_member(&mut self, shown: &str, rule: &'static str, at: u64, detail: String) {
        self.walker.note_member(self.site, shown, rule, at, detail);
    }
}

/// A name as shown and looked up: without `./` in front and `/` behind, which mean nothing.
fn shown(raw: &[u8]) -> String {
    let mut name = raw;
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    let name = if name.is_empty() && !raw.is_empty() {
        b"."
    } else {
        name
    };
    EntryPath::escape(match name {
        [rest @ .., b'/'] if !rest.is_empty() => rest,
        all => all,
    })
}

/// A GNU long name ends in a NUL.
fn trim_nul(mut data: Vec<u8>) -> Vec<u8> {
    if let Some(end) = data.iter().position(|&b| b == 0) {
        data.truncate(end);
    }
    data
}
