// SPDX-License-Identifier: Apache-2.0
//! Local headers and data descriptors, held against the central directory.

use super::directory::{Record, extra_fields};
use super::{u16_at, u32_at, u64_at};
use crate::artifact::input::Input;
use crate::model::EntryPath;
use std::io;

/// A header without name and extra field.
const FIXED: u64 = 30;

/// General purpose bit 3: sizes and CRC stand behind the data.
const DESCRIPTOR: u16 = 1 << 3;

/// Flag bits that only tell how hard the deflater tried.
const EFFORT: u16 = 0b110;

/// A local header.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) unpacked: u64,
    pub(super) is_zip64: bool,
    extra: u64,
}

impl Local {
    /// The header at `at`, or `None` when none stands there.
    pub(super) fn read(input: &mut Input<'_>, at: u64) -> io::Result<Option<Self>> {
        let Some(fixed) = input.array_at::<{ FIXED as usize }>(at)? else {
            return Ok(None);
        };
        if !fixed.starts_with(b"PK\x03\x04") {
            return Ok(None);
        }
        let (name, extra) = (u16_at(&fixed, 26), u16_at(&fixed, 28));
        let variable = input.bytes_at(at + FIXED, u64::from(name) + u64::from(extra))?;
        let Some((name, extra)) = variable.split_at_checked(usize::from(name)) else {
            return Ok(None);
        };
        let mut local = Self {
            name: name.to_vec(),
            flags: u16_at(&fixed, 6),
            method: u16_at(&fixed, 8),
            crc: u32_at(&fixed, 14),
            packed: u64::from(u32_at(&fixed, 18)),
            unpacked: u64::from(u32_at(&fixed, 22)),
            is_zip64: false,
            extra: extra.len() as u64,
        };
        let (fields, _) = extra_fields(extra);
        if let Some((_, wide)) = fields.into_iter().find(|(id, _)| *id == 0x0001) {
            local.is_zip64 = true;
            let mut from = 0;
            for value in [&mut local.unpacked, &mut local.packed] {
                if *value == u64::from(u32::MAX) && wide.len() >= from + 8 {
                    *value = u64_at(wide, from);
                    from += 8;
                }
            }
        }
        Ok(Some(local))
    }

    /// Bytes of the header, name and extra field.
    pub(super) fn length(&self) -> u64 {
        FIXED + self.name.len() as u64 + self.extra
    }

    /// Whether a data descriptor follows the data.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & DESCRIPTOR != 0
    }

    /// What this header says otherwise than the central record.
    pub(super) fn differences(&self, record: &Record) -> Vec<String> {
        let mut out = Vec::new();
        if self.name != record.name {
            out.push(format!(
                "its local header names it `{}`",
                EntryPath::escape(&self.name)
            ));
        }
        if self.method != record.method {
            out.push(format!(
                "its method is {} in the local header, {} in the central directory",
                self.method, record.method
            ));
        }
        if (self.flags ^ record.flags) & !EFFORT != 0 {
            out.push(format!(
                "its flags are {:#06x} in the local header, {:#06x} in the central directory",
                self.flags, record.flags
            ));
        }
        for (what, local, central) in [
            ("CRC", u64::from(self.crc), u64::from(record.crc)),
            ("packed size", self.packed, record.packed),
            ("size", self.unpacked, record.unpacked),
        ] {
            // A streaming writer leaves zeros here and says it behind the data.
            let later = self.has_descriptor() && (local == 0 || local == u64::from(u32::MAX));
            if local != central && !later {
                out.push(format!(
                    "its {what} is {local} in the local header, {central} in the central directory"
                ));
            }
        }
        out
    }
}

/// Length of the descriptor that `bytes` begin with, and whether it says what the central
/// record says. The signature is optional, and sizes have four or eight bytes.
pub(super) fn descriptor(bytes: &[u8], record: &Record, is_zip64: bool) -> (u64, bool) {
    let signed = bytes.starts_with(b"PK\x07\x08");
    for (skip, wide) in [(4, is_zip64), (4, !is_zip64), (0, is_zip64), (0, !is_zip64)] {
        let length = skip + if wide { 20 } else { 12 };
        if (skip == 4 && !signed) || bytes.len() < length {
            continue;
        }
        let size = |index: usize| {
            if wide {
                u64_at(bytes, skip + 4 + 8 * index)
            } else {
                u64::from(u32_at(bytes, skip + 4 + 4 * index))
            }
        };
        if u32_at(bytes, skip) == record.crc
            && size(0) == record.packed
            && size(1) == record.unpacked
        {
            return (length as u64, true);
        }
    }
    // Wrong or missing: what follows tells how long it is.
    let is_header = |at: usize| {
        bytes
            .get(at..at + 4)
            .is_some_and(|sig| sig == b"PK\x03\x04" || sig == b"PK\x01\x02")
    };
    let length = [0, 12, 16, 20, 24].into_iter().find(|&at| is_header(at));
    let guess = if signed { 16 } else { 0 };
    (length.unwrap_or(guess) as u64, false)
}
