// SPDX-License-Identifier: Apache-2.0
//! tar, block by block.

use super::{Archive, Entry};
use std::collections::BTreeMap;

pub(super) fn build(archive: &Archive) -> Vec<u8> {
    let mut out = Vec::new();
    if !archive.global_pax.is_empty() {
        extended(
            &mut out,
            b'g',
            "pax_global_header",
            &records(&archive.global_pax),
        );
    }
    for entry in &archive.entries {
        write(&mut out, entry);
    }
    out.resize(out.len() + 512 * archive.end_blocks.unwrap_or(2), 0);
    out.extend(archive.behind.as_bytes());
    out
}

fn write(out: &mut Vec<u8>, entry: &Entry) {
    if !entry.pax.is_empty() {
        extended(out, b'x', "PaxHeaders/x", &records(&entry.pax));
    }
    if let Some(name) = &entry.long_name {
        extended(out, b'L', "././@LongLink", format!("{name}\0").as_bytes());
    }
    let content = entry.content();
    let mut header = [0; 512];
    let name = entry.raw_name();
    let shown = name.len().min(100);
    header[..shown].copy_from_slice(&name[..shown]);
    octal(
        &mut header[100..108],
        u64::from(entry.mode.unwrap_or(0o644)),
    );
    match &entry.uid_bytes {
        Some(bytes) => header[108..108 + bytes.len()].copy_from_slice(bytes),
        None => octal(&mut header[108..116], 0),
    }
    octal(&mut header[116..124], 0);
    match &entry.size_field {
        Some(field) => header[124..124 + field.len()].copy_from_slice(field.as_bytes()),
        None => octal(&mut header[124..136], content.len() as u64),
    }
    octal(&mut header[136..148], 1_700_000_000);
    header[156] = match (&entry.type_flag, entry.kind.as_str()) {
        (Some(flag), _) => flag.as_bytes()[0],
        (None, "dir") => b'5',
        (None, "symlink") => b'2',
        (None, "hardlink") => b'1',
        (None, "fifo") => b'6',
        _ if !entry.sparse.is_empty() => b'S',
        _ => b'0',
    };
    header[157..157 + entry.link.len()].copy_from_slice(entry.link.as_bytes());
    if entry.sparse.is_empty() {
        header[257..265].copy_from_slice(b"ustar\x0000");
    } else {
        header[257..265].copy_from_slice(b"ustar  \0");
        let (real, stretches) = entry.sparse.split_last().unwrap();
        for (field, &number) in header[386..482].chunks_exact_mut(12).zip(stretches) {
            octal(field, number);
        }
        octal(&mut header[483..495], *real);
    }
    header[265..265 + entry.owner.len()].copy_from_slice(entry.owner.as_bytes());
    seal(&mut header);
    if entry.bad_checksum {
        header[148] ^= 1;
    }
    out.extend(header);
    data(out, &content);
}

fn extended(out: &mut Vec<u8>, kind: u8, name: &str, content: &[u8]) {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    octal(&mut header[100..108], 0o644);
    octal(&mut header[124..136], content.len() as u64);
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    seal(&mut header);
    out.extend(header);
    data(out, content);
}

fn data(out: &mut Vec<u8>, content: &[u8]) {
    out.extend(content);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn seal(header: &mut [u8; 512]) {
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|&b| u64::from(b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn octal(field: &mut [u8], value: u64) {
    let width = field.len() - 1;
    field[..width].copy_from_slice(format!("{value:0width$o}").as_bytes());
    field[width] = 0;
}

/// `length key=value\n`, the length counting itself.
fn records(pairs: &BTreeMap<String, String>) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in pairs {
        let rest = key.len() + value.len() + 3;
        let length = (rest + 1..)
            .find(|n| n - rest == n.to_string().len())
            .unwrap();
        out.extend(format!("{length} {key}={value}\n").into_bytes());
    }
    out
}
