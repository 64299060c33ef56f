// SPDX-License-Identifier: Apache-2.0
//! ZIP, header by header.

use super::{Archive, Entry, turn_over};
use std::io::Write;

const UTF8: u16 = 1 << 11;
const DESCRIPTOR: u16 = 1 << 3;

pub(super) fn build(archive: &Archive) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut count: u16 = 0;
    let mut start = 0;
    for entry in &archive.entries {
        out.extend(entry.gap.as_bytes());
        let member = Member::new(entry);
        if !entry.shared {
            start = out.len();
            if entry.without != "local" {
                member.local(&mut out);
            }
        }
        if entry.without != "central" {
            let offset = if entry.without == "local" {
                out.len() + 7
            } else {
                start
            };
            member.central(&mut directory, offset as u32);
            count += 1;
        }
    }
    let offset = out.len() as u32;
    let size = directory.len() as u32;
    out.extend(directory);
    let count = archive.count.unwrap_or(count);
    let mut stored = (count, offset);
    if let Some(zip64) = &archive.zip64 {
        let at = out.len() as u64;
        if zip64 != "lost" {
            let wide = if zip64 == "wrong" {
                u64::from(count) + 1
            } else {
                u64::from(count)
            };
            out.extend(b"PK\x06\x06");
            out.extend(44u64.to_le_bytes());
            out.extend([45, 0, 45, 0]);
            out.extend([0; 8]);
            out.extend(wide.to_le_bytes());
            out.extend(wide.to_le_bytes());
            out.extend(u64::from(size).to_le_bytes());
            out.extend(u64::from(offset).to_le_bytes());
            out.extend(b"PK\x06\x07");
            out.extend([0; 4]);
            out.extend(at.to_le_bytes());
            out.extend(1u32.to_le_bytes());
        }
        if zip64 == "needed" || zip64 == "lost" {
            stored.1 = u32::MAX;
        }
    }
    let end = |comment: &[u8], length: u16| {
        let mut end = b"PK\x05\x06".to_vec();
        end.extend(archive.disk.to_le_bytes());
        end.extend(archive.disk.to_le_bytes());
        end.extend(stored.0.to_le_bytes());
        end.extend(stored.0.to_le_bytes());
        end.extend(size.to_le_bytes());
        end.extend(stored.1.to_le_bytes());
        end.extend(length.to_le_bytes());
        end.extend(comment);
        end
    };
    let mut comment = archive.comment.clone().into_bytes();
    for _ in 0..archive.more_ends {
        comment = end(&comment, comment.len() as u16);
    }
    out.extend(end(
        &comment,
        archive.comment_length.unwrap_or(comment.len() as u16),
    ));
    out
}

struct Member<'e> {
    entry: &'e Entry,
    method: u16,
    flags: u16,
    crc: u32,
    size: u32,
    data: Vec<u8>,
    packed: u32,
}

impl<'e> Member<'e> {
    fn new(entry: &'e Entry) -> Self {
        let content = if entry.kind == "symlink" {
            entry.link.clone().into_bytes()
        } else {
            entry.content()
        };
        let method = entry.method.unwrap_or(0);
        let mut data = content.clone();
        if method == 8 {
            let mut deflate =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            deflate.write_all(&content).unwrap();
            data = deflate.finish().unwrap();
        }
        turn_over(&mut data, &entry.damage);
        let utf8 = entry.name_bytes.is_none() && !entry.name.is_ascii();
        let mut flags = entry.flags | if utf8 { UTF8 } else { 0 };
        if entry.descriptor {
            flags |= DESCRIPTOR;
        }
        Self {
            entry,
            method,
            flags,
            crc: entry.crc.unwrap_or_else(|| crc32fast::hash(&content)),
            size: entry.size.unwrap_or(content.len() as u32),
            packed: entry.packed.unwrap_or(data.len() as u32),
            data,
        }
    }

    fn local(&self, out: &mut Vec<u8>) {
        let entry = self.entry;
        let name = entry
            .local_name
            .clone()
            .map_or_else(|| entry.raw_name(), String::into_bytes);
        out.extend(b"PK\x03\x04");
        out.extend(20u16.to_le_bytes());
        out.extend(entry.local_flags.unwrap_or(self.flags).to_le_bytes());
        out.extend(entry.local_method.unwrap_or(self.method).to_le_bytes());
        out.extend([0; 4]);
        let later = entry.descriptor;
        for value in [self.crc, self.packed, self.size] {
            out.extend(if later { 0 } else { value }.to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend(0u16.to_le_bytes());
        out.extend(name);
        out.extend(&self.data);
        if later {
            out.extend(b"PK\x07\x08");
            out.extend(entry.descriptor_crc.unwrap_or(self.crc).to_le_bytes());
            out.extend(self.packed.to_le_bytes());
            out.extend(self.size.to_le_bytes());
        }
    }

    fn central(&self, out: &mut Vec<u8>, offset: u32) {
        let entry = self.entry;
        let name = entry.raw_name();
        let mut extra = Vec::new();
        if let Some(path) = &entry.unicode_path {
            extra.extend(0x7075u16.to_le_bytes());
            extra.extend((5 + path.len() as u16).to_le_bytes());
            extra.push(1);
            extra.extend(crc32fast::hash(&name).to_le_bytes());
            extra.extend(path.as_bytes());
        }
        let mut size = self.size;
        match entry.zip64.as_str() {
            "needed" | "needless" => {
                extra.extend([1, 0, 8, 0]);
                extra.extend(u64::from(self.size).to_le_bytes());
                if entry.zip64 == "needed" {
                    size = u32::MAX;
                }
            }
            "missing" => size = u32::MAX,
            _ => {}
        }
        let mode = entry.unix_mode.unwrap_or(match entry.kind.as_str() {
            "symlink" => 0o120_777,
            "dir" => 0o040_755,
            "fifo" => 0o010_644,
            _ => 0o100_000 | entry.mode.unwrap_or(0o644),
        });
        out.extend(b"PK\x01\x02");
        out.extend([20, 3]);
        out.extend(20u16.to_le_bytes());
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.crc.to_le_bytes());
        out.extend(self.packed.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((name.len() as u16).to_le_bytes());
        out.extend((extra.len() as u16).to_le_bytes());
        out.extend(0u16.to_le_bytes());
        out.extend(entry.disk.to_le_bytes());
        out.extend(0u16.to_le_bytes());
        out.extend((mode << 16).to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(name);
        out.extend(extra);
    }
}
