// SPDX-License-Identifier: Apache-2.0
//! The end of the file: end-of-central-directory record, ZIP64 locator and record.

use super::{u16_at, u32_at, u64_at};
use crate::artifact::input::Input;
use crate::artifact::rule;
use memchr::memmem;
use std::io;

/// The record without its comment.
const RECORD: usize = 22;
/// The ZIP64 locator.
const LOCATOR: u64 = 20;
/// The ZIP64 record, version 1.
const RECORD64: u64 = 56;

/// A rule id, an offset, what was seen.
pub(super) type Issue = (&'static str, u64, String);

/// Where the central directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// Offset of the end record.
    pub(super) position: u64,
    /// Members by the end record.
    pub(super) entries: u64,
    /// Offset of the central directory in the file.
    pub(super) directory: u64,
    pub(super) directory_size: u64,
    /// What has to be added to every stored offset: bytes put in front of a finished zip.
    pub(super) base: u64,
    /// The archive's comment.
    pub(super) comment: Vec<u8>,
}

/// Finds the end record that readers find: the last one whose comment reaches the end of the
/// file, else the last one at all.
pub(super) fn find(input: &mut Input<'_>, issues: &mut Vec<Issue>) -> io::Result<Option<End>> {
    let length = input.length();
    let window = (RECORD + usize::from(u16::MAX)) as u64;
    let from = length.saturating_sub(window);
    let tail = input.bytes_at(from, window)?;
    let candidates: Vec<usize> = memmem::find_iter(&tail, b"PK\x05\x06")
        .filter(|&at| at + RECORD <= tail.len())
        .collect();
    let reach = |at: usize| at + RECORD + usize::from(u16_at(&tail, at + 20));
    let fits = |at: &usize| reach(*at) == tail.len();
    let plausible = |at: &usize| {
        let end = u64::from(u32_at(&tail, at + 12)) + u64::from(u32_at(&tail, at + 16));
        end <= from + *at as u64 || u32_at(&tail, at + 16) == u32::MAX
    };
    let last = |test: &dyn Fn(&usize) -> bool| candidates.iter().copied().rev().find(|at| test(at));
    let chosen = last(&|at| fits(at) && plausible(at))
        .or_else(|| last(&plausible))
        .or_else(|| last(&fits))
        .or_else(|| candidates.last().copied());
    let Some(at) = chosen else {
        return Ok(None);
    };
    let position = from + at as u64;
    if reach(at) < tail.len() {
        issues.push((
            rule::TRAILING_BYTES,
            from + reach(at) as u64,
            format!("{} bytes follow the end record", tail.len() - reach(at)),
        ));
    } else if reach(at) > tail.len() {
        issues.push((
            rule::TRUNCATED,
            position,
            "its comment is longer than the file".to_owned(),
        ));
    }
    let mut end = locate(input, position, &tail[at..at + RECORD], issues)?;
    end.comment = tail[at + RECORD..reach(at).min(tail.len())].to_vec();
    for &other in &candidates {
        let offset = from + other as u64;
        if offset != position && offset >= end.directory {
            issues.push((
                rule::ZIP_MANY_ENDS,
                offset,
                format!("a second end record; the one at byte {position} was used"),
            ));
        }
    }
    Ok(Some(end))
}

/// Reads the end record, and the ZIP64 one where there is one.
fn locate(
    input: &mut Input<'_>,
    position: u64,
    record: &[u8],
    issues: &mut Vec<Issue>,
) -> io::Result<End> {
    let mut entries = u64::from(u16_at(record, 10));
    let mut size = u64::from(u32_at(record, 12));
    let mut offset = u64::from(u32_at(record, 16));
    let mut disks = vec![u32::from(u16_at(record, 4)), u32::from(u16_at(record, 6))];
    let here = u64::from(u16_at(record, 8));
    let mut limit = position;

    let wants64 = entries == u64::from(u16::MAX)
        || size == u64::from(u32::MAX)
        || offset == u64::from(u32::MAX);
    let locator = match position.checked_sub(LOCATOR) {
        Some(at) => input
            .array_at::<20>(at)?
            .filter(|locator| locator.starts_with(b"PK\x06\x07")),
        None => None,
    };
    if let Some(locator) = locator {
        let found = record64(input, position - LOCATOR, u64_at(&locator, 8), issues)?;
        if let Some((at, record64)) = found {
            limit = at;
            disks.extend([
                u32_at(&record64, 16),
                u32_at(&record64, 20),
                u32_at(&locator, 4),
            ]);
            if u32_at(&locator, 16) > 1 {
                disks.push(u32_at(&locator, 16) - 1);
            }
            let pairs = [
                (
                    &mut entries,
                    u64_at(&record64, 32),
                    u64::from(u16::MAX),
                    "number of members",
                ),
                (
                    &mut size,
                    u64_at(&record64, 40),
                    u64::from(u32::MAX),
                    "directory's size",
                ),
                (
                    &mut offset,
                    u64_at(&record64, 48),
                    u64::from(u32::MAX),
                    "directory's offset",
                ),
            ];
            for (value, wide, sentinel, what) in pairs {
                if *value == sentinel {
                    *value = wide;
                } else if *value != wide {
                    issues.push((
                        rule::ZIP64,
                        at,
                        format!("its {what} differs between the end record ({value}) and the ZIP64 record ({wide})"),
                    ));
                }
            }
            if !wants64 {
                issues.push((
                    rule::ZIP64_NEEDLESS,
                    at,
                    "a ZIP64 record although the end record can hold every value".to_owned(),
                ));
            }
            if u64_at(&record64, 24) != u64_at(&record64, 32) {
                disks.push(1);
            }
        }
    } else {
        if wants64 && (size == u64::from(u32::MAX) || offset == u64::from(u32::MAX)) {
            issues.push((
                rule::ZIP64,
                position,
                "the end record refers to a ZIP64 record that is not there".to_owned(),
            ));
        }
        if here != entries {
            disks.push(1);
        }
    }
    if disks
        .iter()
        .any(|&disk| disk != 0 && disk != u32::from(u16::MAX) && disk != u32::MAX)
    {
        issues.push((
            rule::ZIP_MULTI_DISK,
            position,
            "it says that it is one of several volumes".to_owned(),
        ));
    }
    place(input, position, limit, entries, size, offset, issues)
}

/// The ZIP64 record and its offset: where the locator says, else right before the locator.
fn record64(
    input: &mut Input<'_>,
    locator: u64,
    stated: u64,
    issues: &mut Vec<Issue>,
) -> io::Result<Option<(u64, [u8; RECORD64 as usize])>> {
    let mut found = None;
    for at in [Some(stated), locator.checked_sub(RECORD64)]
        .into_iter()
        .flatten()
    {
        if at.checked_add(RECORD64).is_none_or(|end| end > locator) {
            continue;
        }
        let record = input.array_at::<{ RECORD64 as usize }>(at)?;
        if let Some(record) = record.filter(|record| record.starts_with(b"PK\x06\x06")) {
            found = Some((at, record));
            break;
        }
    }
    let Some((at, record)) = found else {
        issues.push((
            rule::ZIP64,
            locator,
            format!("the ZIP64 locator points at byte {stated}, where no ZIP64 record stands"),
        ));
        return Ok(None);
    };
    if at != stated {
        issues.push((
            rule::ZIP64,
            locator,
            format!("the ZIP64 locator points at byte {stated}; the record stands at {at}"),
        ));
    }
    let end = at.saturating_add(12).saturating_add(u64_at(&record, 4));
    if end != locator {
        issues.push((
            rule::ZIP64,
            at,
            format!("the ZIP64 record ends at byte {end}, the locator begins at {locator}"),
        ));
    }
    Ok(Some((at, record)))
}

/// Decides where the directory really is: where it is said to be, or right before the end.
fn place(
    input: &mut Input<'_>,
    position: u64,
    limit: u64,
    entries: u64,
    size: u64,
    offset: u64,
    issues: &mut Vec<Issue>,
) -> io::Result<End> {
    let mut end = End {
        position,
        entries,
        directory: offset,
        directory_size: size,
        base: 0,
        comment: Vec::new(),
    };
    let Some(before) = limit.checked_sub(size) else {
        issues.push((
            rule::ZIP_DIRECTORY,
            position,
            format!(
                "its central directory of {size} bytes is longer than what stands before its end"
            ),
        ));
        end.directory = offset.min(limit);
        end.directory_size = limit - end.directory;
        return Ok(end);
    };
    if before == offset {
        return Ok(end);
    }
    let mut stands_at = |at: u64| -> io::Result<bool> {
        Ok(size == 0
            || input
                .array_at::<4>(at)?
                .is_some_and(|sig| &sig == b"PK\x01\x02"))
    };
    if before > offset && stands_at(before)? && !(size > 0 && stands_at(offset)?) {
        end.directory = before;
        end.base = before - offset;
    } else {
        issues.push((
            rule::ZIP_DIRECTORY,
            position,
            format!("its central directory is said to be at byte {offset}; by its size it would be at {before}"),
        ));
        end.directory = offset.min(limit);
        end.directory_size = size.min(limit - end.directory);
    }
    Ok(end)
}
