// SPDX-License-Identifier: Apache-2.0
//! The walk over one outermost container: its budget, the way down into nested containers, and
//! the one place where members and anomalies leave for the visitor.

use super::input::{Input, read_full};
use super::names::{Issue, Names, inspect};
use super::sniff::{named_like_archive, named_like_tar, named_like_zip, sniff};
use super::{Anomaly, EntryKind, Format, Limits, OwnedEntry, Source, Visitor, rule};
use crate::git;
use crate::model::EntryPath;
use crate::support::hashing;
use flate2::Decompress;
use std::io::{self, BufRead, Cursor, Read, SeekFrom};

/// Bytes by which a format is recognised.
const HEAD: usize = 1024;

/// Nesting that no `--max-depth` lifts: each level takes stack.
const DEPTH_CEILING: u32 = 24;

/// Bytes of the shortest comment that could hold a path or a secret, and of all that are read of one
/// outermost container, each with what looking at it costs.
const LEAST_SAID: usize = 6;
const MOST_SAID: usize = 1 << 20;
const SAID_COST: usize = 256;

/// A container that is being read.
pub(super) struct Site {
    /// Its path.
    pub(super) path: EntryPath,
    /// 1 for the outermost.
    level: u32,
}

impl Site {
    /// The container that no other holds.
    pub(super) fn outermost(path: &EntryPath) -> Self {
        Self {
            path: path.clone(),
            level: 1,
        }
    }
}

/// A member on its way to the visitor.
pub(super) struct Member {
    /// Name as shown.
    pub(super) name: String,
    pub(super) kind: EntryKind,
    pub(super) mode: Option<u32>,
    pub(super) owner: Option<String>,
    pub(super) content: Content,
}

/// What could be read of a member.
#[derive(Default)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// Size by the header; counts where nothing was read.
    pub(super) declared: u64,
    pub(super) complete: bool,
}

impl Content {
    /// No content, and none expected.
    pub(super) fn none() -> Self {
        Self {
            complete: true,
            ..Self::default()
        }
    }

    /// Content that is there but was not read.
    pub(super) fn unread(declared: u64) -> Self {
        Self {
            declared,
            ..Self::default()
        }
    }
}

/// How reading a member ended.
pub(super) enum Ending {
    /// At its end.
    Whole,
    /// Above the cap.
    Over,
    /// With an error.
    Failed(io::Error),
}

/// The formats that a walk can open. They read through the walk and open what is nested through it
/// again, so it is handed them.
pub(super) struct Formats {
    /// Whether a source ends as a zip does.
    pub(super) ends_as_zip: fn(&mut Input<'_>) -> bool,
    /// Enters a container and walks its members.
    pub(super) walk: fn(&mut Walker<'_>, &Site, &str, Format, Input<'_>),
}

/// State of the walk over one outermost container.
pub(super) struct Walker<'v> {
    pub(super) limits: Limits,
    formats: &'static Formats,
    visitor: &'v mut dyn Visitor,
    entries: u64,
    bytes: u64,
    /// Budgets of the whole container that were reported already.
    told: Vec<&'static str>,
    /// Bytes of texts that belong to no member.
    said: usize,
    /// One inflate state for all zip members: it is 40 KiB to set up.
    pub(super) inflate: Decompress,
    issues: Vec<Issue>,
}

impl<'v> Walker<'v> {
    pub(super) fn new(
        limits: &Limits,
        formats: &'static Formats,
        visitor: &'v mut dyn Visitor,
    ) -> Self {
        Self {
            limits: *limits,
            formats,
            visitor,
            entries: 0,
            bytes: 0,
            told: Vec::new(),
            said: 0,
            inflate: Decompress::new(false),
            issues: Vec::new(),
        }
    }

    /// Hands over a text that belongs to no member; `name` tells where it stands in the container.
    pub(super) fn said(&mut self, site: &Site, name: std::fmt::Arguments<'_>, text: &[u8]) {
        // Few members have one, so that names are made for these alone.
        if text.len() >= LEAST_SAID && self.said < MOST_SAID {
            self.said += text.len() + SAID_COST;
            let path = site.path.join(&name.to_string());
            self.visitor.said(path, text.to_vec());
        }
    }

    /// The format of `source`, by its first bytes, and by its end where the name promises a zip.
    /// Reports a promise that the content does not keep.
    pub(super) fn recognise(
        &mut self,
        site: &Site,
        name: &str,
        source: &mut dyn Source,
    ) -> Option<Format> {
        let mut head = [0; HEAD];
        let read = source
            .seek(SeekFrom::Start(0))
            .and_then(|_| read_full(&mut source.take(HEAD as u64), &mut head));
        let head = match read {
            Ok(read) => &head[..read],
            Err(error) => {
                self.unreadable(site, &error);
                return None;
            }
        };
        let format = sniff(head);
        if format != Some(Format::Zip)
            && named_like_zip(name)
            && Input::new(source).is_ok_and(|mut input| (self.formats.ends_as_zip)(&mut input))
        {
            return Some(Format::Zip);
        }
        // A tar without members is nothing but end blocks.
        if format.is_none()
            && named_like_tar(name)
            && head.len() == HEAD
            && head.iter().all(|&b| b == 0)
        {
            return Some(Format::Tar);
        }
        // The head of a loose object stands under zlib, whose signature is too short to go by.
        if format.is_none() && git::is_loose_name(name) && git::is_loose(head) {
            return Some(Format::GitObject);
        }
        if format.is_none() && named_like_archive(name) {
            self.note(
                site,
                rule::UNRECOGNISED,
                Some(0),
                "its name is that of an archive, its content is not".to_owned(),
            );
        }
        format
    }

    /// Reads a container from `enter` to `leave`.
    pub(super) fn open(
        &mut self,
        site: &Site,
        name: &str,
        format: Format,
        source: &mut dyn Source,
    ) {
        let input = match Input::new(source) {
            Ok(input) => input,
            Err(error) => {
                self.unreadable(site, &error);
                return;
            }
        };
        (self.formats.walk)(self, site, name, format, input);
        self.visitor.leave(&site.path);
    }

    /// Tells the visitor that a container begins.
    pub(super) fn enter(&mut self, site: &Site, format: Format) {
        self.visitor.enter(&site.path, format);
    }

    /// The container that was entered last says that git made it of a commit.
    pub(super) fn of_commit(&mut self) {
        self.visitor.of_commit();
    }

    /// Reports something about the container itself.
    pub(super) fn note(
        &mut self,
        site: &Site,
        rule: &'static str,
        offset: Option<u64>,
        detail: String,
    ) {
        self.visitor.anomaly(Anomaly {
            rule,
            path: site.path.clone(),
            container: site.path.clone(),
            offset,
            detail,
        });
    }

    fn unreadable(&mut self, site: &Site, error: &io::Error) {
        let detail = format!("it cannot be read: {error}");
        self.note(site, rule::UNREADABLE, None, detail);
    }

    /// Reports something about a member.
    pub(super) fn note_member(
        &mut self,
        site: &Site,
        name: &str,
        rule: &'static str,
        offset: u64,
        detail: String,
    ) {
        self.visitor.anomaly(Anomaly {
            rule,
            path: site.path.join(name),
            container: site.path.clone(),
            offset: Some(offset),
            detail,
        });
    }

    /// Judges a member's name, alone and beside those before it.
    pub(super) fn judge_name(
        &mut self,
        site: &Site,
        names: &mut Names,
        raw: &[u8],
        shown: &str,
        is_link: bool,
        offset: u64,
    ) {
        let mut issues = std::mem::take(&mut self.issues);
        inspect(raw, &mut issues);
        names.see(raw, is_link, offset, &mut issues);
        for (rule, detail) in issues.drain(..) {
            self.note_member(site, shown, rule, offset, detail);
        }
        self.issues = issues;
    }

    /// Counts one member. `false`: the budget is spent, and nothing further may be read.
    pub(super) fn admit(&mut self, site: &Site, offset: u64) -> bool {
        if self.entries < self.limits.entries {
            self.entries += 1;
            return true;
        }
        self.tell_once(
            site,
            rule::BUDGET_ENTRIES,
            Some(offset),
            format!(
                "it holds more than {} members, nested ones counted in; what follows was not read (--max-entries raises the limit)",
                self.limits.entries
            ),
        );
        false
    }

    /// Unpacked bytes that may still be read.
    pub(super) fn room(&self) -> u64 {
        self.limits.total_bytes.saturating_sub(self.bytes)
    }

    /// Room for the content of a member.
    pub(super) fn buffer(&mut self, size: u64) -> Vec<u8> {
        self.visitor.room(size)
    }

    /// The most that one member may still unpack to.
    pub(super) fn cap(&self) -> u64 {
        self.limits.entry_bytes.min(self.room())
    }

    /// Counts unpacked bytes.
    pub(super) fn spend(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Reports that a member needs more than [`Walker::cap`].
    pub(super) fn over_cap(&mut self, site: &Site, name: &str, offset: u64) {
        if self.limits.entry_bytes <= self.room() {
            self.note_member(
                site,
                name,
                rule::BUDGET_ENTRY_BYTES,
                offset,
                format!(
                    "it unpacks to more than {} bytes and was not read (--max-entry-bytes raises the limit)",
                    self.limits.entry_bytes
                ),
            );
        } else {
            self.over_total(site, Some(offset));
        }
    }

    /// Reports that the container unpacks to more than it may.
    pub(super) fn over_total(&mut self, site: &Site, offset: Option<u64>) {
        self.tell_once(
            site,
            rule::BUDGET_TOTAL_BYTES,
            offset,
            format!(
                "it unpacks to more than {} bytes, nested containers counted in; members that did not fit were not read (--max-total-bytes raises the limit)",
                self.limits.total_bytes
            ),
        );
    }

    /// Whether unpacking `packed` bytes to `unpacked` goes beyond the permitted ratio.
    pub(super) fn is_bomb(&self, packed: u64, unpacked: u64) -> bool {
        unpacked > self.limits.ratio_floor
            && unpacked > self.limits.ratio.saturating_mul(packed.max(1))
    }

    fn tell_once(&mut self, site: &Site, rule: &'static str, offset: Option<u64>, detail: String) {
        if !self.told.contains(&rule) {
            self.told.push(rule);
            self.note(site, rule, offset, detail);
        }
    }

    /// Hands a member to the visitor; one that is itself a container is opened right after.
    pub(super) fn member(&mut self, site: &Site, member: Member) {
        let Member {
            name,
            kind,
            mode,
            owner,
            content,
        } = member;
        let inner = Site {
            path: site.path.join(&name),
            level: site.level + 1,
        };
        let bytes = content.bytes;
        let sha256 = hashing::sha256(&bytes);
        let size = if content.complete || !bytes.is_empty() {
            bytes.len() as u64
        } else {
            content.declared
        };
        let mut nested = None;
        let mut source = Cursor::new(bytes);
        if kind == EntryKind::File && (content.complete || !source.get_ref().is_empty()) {
            nested = self.recognise(&inner, &name, &mut source);
        }
        if nested.is_some() && inner.level > self.limits.depth.min(DEPTH_CEILING) {
            self.note(
                &inner,
                rule::BUDGET_DEPTH,
                None,
                format!(
                    "it is a container inside {} others and was not opened (--max-depth raises the limit, up to {DEPTH_CEILING})",
                    site.level
                ),
            );
            nested = None;
        }
        let bytes = if nested.is_some() {
            Vec::new()
        } else {
            std::mem::take(source.get_mut())
        };
        let Site { path, level } = inner;
        let nested = nested.map(|format| {
            let path = path.clone();
            (format, Site { path, level })
        });
        self.visitor.entry(OwnedEntry {
            path,
            kind,
            bytes,
            size,
            sha256,
            complete: content.complete,
            mode,
            owner,
            opened: nested.is_some(),
        });
        if let Some((format, inner)) = nested {
            self.open(&inner, &name, format, &mut source);
        }
    }
}

/// The sentence for [`rule::BUDGET_RATIO`].
pub(super) fn ratio_detail(limits: &Limits) -> String {
    format!(
        "it unpacks to more than {} times its packed size and was not read to its end (--max-ratio raises the limit)",
        limits.ratio
    )
}

/// Contents that are kept lie in memory of their own from this size on.
const LARGE: u64 = 1 << 20;
/// Contents that pass by do from this size on: among what stays, each would leave a hole behind.
/// Their room is used again, so it is seldom fetched from the system.
const PASSING: u64 = 128 << 10;

/// Room for `size` bytes in one piece, so that nothing is moved as it grows. A size may be a lie:
/// what is never written takes no memory, and a refusal by the allocator is no fault.
pub(crate) fn reserve(bytes: &mut Vec<u8>, size: u64) {
    reserve_apart(bytes, size, LARGE);
}

/// The same for a member, which goes when it was examined.
pub(super) fn reserve_member(bytes: &mut Vec<u8>, size: u64) {
    reserve_apart(bytes, size, PASSING);
}

fn reserve_apart(bytes: &mut Vec<u8>, size: u64, from: u64) {
    const MOST: u64 = 64 << 20;
    /// What the GNU allocator maps for itself and unmaps when freed, whatever came before. Below
    /// that, each freed buffer teaches it to keep more memory in every thread's arena.
    const APART: u64 = 33 << 20;
    let gnu = cfg!(all(target_env = "gnu", target_pointer_width = "64"));
    let room = if gnu && size > from {
        size.clamp(APART, MOST)
    } else {
        size.min(MOST)
    };
    let _ = bytes.try_reserve_exact(usize::try_from(room).unwrap_or(0));
}

/// Reads to the end of `reader`, at most `cap` bytes. `declared` sizes the buffer, but no byte of
/// it is touched before it arrived: it may be a lie. Copying out of the reader's buffer, which
/// stays in the cache, costs less than blanking the room for a direct read.
pub(super) fn read_capped(
    reader: &mut dyn BufRead,
    declared: Option<u64>,
    cap: u64,
    bytes: &mut Vec<u8>,
) -> Ending {
    let most = declared.map_or(cap, |declared| declared.min(cap));
    if declared.is_some() {
        reserve_member(bytes, most.saturating_sub(bytes.len() as u64));
    }
    loop {
        let left = most - bytes.len() as u64;
        if left == 0 && declared.is_some() {
            return Ending::Whole;
        }
        let available = match reader.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ending::Failed(error),
        };
        if available.is_empty() {
            return match declared {
                Some(_) => Ending::Failed(io::ErrorKind::UnexpectedEof.into()),
                None => Ending::Whole,
            };
        }
        if left == 0 {
            return Ending::Over;
        }
        let n = available
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        if bytes.capacity() - bytes.len() < n {
            reserve_member(bytes, (bytes.len() + n) as u64);
        }
        bytes.extend_from_slice(&available[..n]);
        reader.consume(n);
    }
}
