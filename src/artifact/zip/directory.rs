// SPDX-License-Identifier: Apache-2.0
//! Records of the central directory and their extra fields.

use super::end::{End, Issue};
use super::{u16_at, u32_at, u64_at};
use crate::artifact::{names, rule};
use crate::model::EntryPath;

/// A record without name, extra field and comment.
const FIXED: usize = 46;

/// General purpose bit 11: name and comment are UTF-8.
const UTF8: u16 = 1 << 11;

/// A member as the central directory has it.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Offset of the record itself.
    pub(super) at: u64,
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) unpacked: u64,
    /// Offset of the local header, as stored.
    pub(super) offset: u64,
    attributes: u32,
    pub(super) comment: Vec<u8>,
    /// What is wrong with the record alone.
    pub(super) issues: Vec<names::Issue>,
}

impl Record {
    /// Unix mode with the file type, 0 where there is none.
    pub(super) fn unix_mode(&self) -> u32 {
        self.attributes >> 16
    }

    /// Permission bits, where there are any.
    pub(super) fn mode(&self) -> Option<u32> {
        (self.unix_mode() != 0).then_some(self.unix_mode() & 0o7777)
    }
}

/// Reads at most `most` records and one more: enough to say that there are too many.
pub(super) fn parse(bytes: &[u8], end: &End, most: u64, issues: &mut Vec<Issue>) -> Vec<Record> {
    let mut records = Vec::new();
    let mut at = 0;
    while records.len() as u64 <= most {
        let Some(fixed) = bytes.get(at..at + FIXED) else {
            break;
        };
        if !fixed.starts_with(b"PK\x01\x02") {
            break;
        }
        let name = usize::from(u16_at(fixed, 28));
        let extra = usize::from(u16_at(fixed, 30));
        let comment = usize::from(u16_at(fixed, 32));
        let next = at + FIXED + name + extra + comment;
        if next > bytes.len() {
            break;
        }
        let name = &bytes[at + FIXED..at + FIXED + name];
        let extra = &bytes[at + FIXED + name.len()..next - comment];
        let mut read = record(fixed, name, extra, end.directory + at as u64);
        read.comment = bytes[next - comment..next].to_vec();
        records.push(read);
        at = next;
    }
    let whole = bytes.len() as u64 == end.directory_size && records.len() as u64 <= most;
    if whole && at < bytes.len() {
        // A digital signature may stand behind the records; nobody writes one.
        issues.push((
            rule::ZIP_DIRECTORY,
            end.directory + at as u64,
            format!(
                "the central directory breaks off after {} records, {} bytes before its end",
                records.len(),
                bytes.len() - at
            ),
        ));
    } else if (bytes.len() as u64) < end.directory_size {
        issues.push((
            rule::ZIP_DIRECTORY,
            end.directory,
            "the central directory reaches beyond the file".to_owned(),
        ));
    }
    if whole && records.len() as u64 != end.entries {
        issues.push((
            rule::ZIP_DIRECTORY,
            end.position,
            format!(
                "the end record counts {} members, the central directory has {}",
                end.entries,
                records.len()
            ),
        ));
    }
    records
}

fn record(fixed: &[u8], name: &[u8], extra: &[u8], at: u64) -> Record {
    let mut record = Record {
        at,
        name: name.to_vec(),
        flags: u16_at(fixed, 8),
        method: u16_at(fixed, 10),
        crc: u32_at(fixed, 16),
        packed: u64::from(u32_at(fixed, 20)),
        unpacked: u64::from(u32_at(fixed, 24)),
        offset: u64::from(u32_at(fixed, 42)),
        attributes: u32_at(fixed, 38),
        comment: Vec::new(),
        issues: Vec::new(),
    };
    let disk = u16_at(fixed, 34);
    if disk != 0 && disk != u16::MAX {
        let detail = format!("it is said to begin on volume {disk}");
        record.issues.push((rule::ZIP_MULTI_DISK, detail));
    }
    if !name.is_ascii() && record.flags & UTF8 == 0 && std::str::from_utf8(name).is_ok() {
        record.issues.push((
            rule::NAME_ENCODING,
            "its name is not ASCII and its UTF-8 flag is not set: readers take it for code page 437"
                .to_owned(),
        ));
    }
    let (fields, sound) = extra_fields(extra);
    if !sound {
        record.issues.push((
            rule::ZIP_DIRECTORY,
            "its extra field does not divide into fields".to_owned(),
        ));
    }
    let mut wide = None;
    for (id, data) in fields {
        match id {
            0x0001 if wide.is_none() => wide = Some(data),
            0x0001 => record
                .issues
                .push((rule::ZIP64, "it has two ZIP64 extra fields".to_owned())),
            0x7075 => record.issues.extend(unicode_path(name, record.flags, data)),
            _ => {}
        }
    }
    widen(&mut record, wide, disk);
    record
}

/// Takes the ZIP64 values where the record refers to them.
fn widen(record: &mut Record, wide: Option<&[u8]>, disk: u16) {
    const SENTINEL: u64 = u32::MAX as u64;
    let mut at = 0;
    let mut missing = false;
    for value in [&mut record.unpacked, &mut record.packed, &mut record.offset] {
        if *value != SENTINEL {
            continue;
        }
        match wide {
            Some(wide) if wide.len() >= at + 8 => {
                *value = u64_at(wide, at);
                at += 8;
            }
            _ => missing = true,
        }
    }
    if disk == u16::MAX && wide.is_some_and(|wide| wide.len() >= at + 4) {
        at += 4;
    }
    if missing {
        record.issues.push((
            rule::ZIP64,
            "it refers to a ZIP64 extra field that is missing or too short".to_owned(),
        ));
    } else if wide.is_some_and(|wide| wide.len() > at) {
        record.issues.push((
            rule::ZIP64_NEEDLESS,
            "its ZIP64 extra field holds values that the record does not refer to".to_owned(),
        ));
    }
}

/// The Info-ZIP Unicode path: version, CRC-32 of the plain name, name in UTF-8.
fn unicode_path(name: &[u8], flags: u16, data: &[u8]) -> Option<names::Issue> {
    let other = data.get(5..)?;
    let stale = u32_at(data, 1) != crc32fast::hash(name);
    // Where the plain name is in a code page, the field is there to say it in UTF-8.
    let translates = !name.is_ascii() && flags & UTF8 == 0;
    (other != name && (stale || !translates)).then(|| {
        (
            rule::ZIP_UNICODE_PATH,
            format!(
                "its Unicode path extra field names it `{}`",
                EntryPath::escape(other)
            ),
        )
    })
}

/// Id and data of each extra field, and whether they fill it. Fewer than four zeros behind them
/// are alignment.
pub(super) fn extra_fields(extra: &[u8]) -> (Vec<(u16, &[u8])>, bool) {
    let mut fields = Vec::new();
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, length) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
        let Some(data) = rest.get(4..4 + length) else {
            break;
        };
        fields.push((id, data));
        rest = &rest[4 + length..];
    }
    (fields, rest.len() < 4 && rest.iter().all(|&b| b == 0))
}
