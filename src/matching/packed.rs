// SPDX-License-Identifier: Apache-2.0
//! Texts that a binary holds deflated: notes of a PNG image (PNG specification, `zTXt` and `iTXt`), and
//! compressed debug sections of ELF (gABI, "Section Compression"), which name the folder of the build.

use super::pages::PageText;
use crate::model::ByteSpan;
use flate2::bufread::ZlibDecoder;
use std::io::Read as _;

/// Bytes that are unpacked of one part and of all together.
const MOST: u64 = 4 << 20;
const MOST_ALL: usize = 16 << 20;
/// Parts that are opened.
const PARTS: usize = 256;
/// Sections that are looked at.
const SECTIONS: usize = 4096;

/// The texts, in order; nothing for other files.
pub fn packed_texts(bytes: &[u8]) -> Vec<PageText> {
    let parts = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        notes_of_png(bytes)
    } else if bytes.starts_with(b"\x7fELF") {
        sections_of_elf(bytes).unwrap_or_default()
    } else {
        return Vec::new();
    };
    let mut left = MOST_ALL;
    let mut found = Vec::new();
    let mut done = 0;
    for span in parts {
        // A part that another holds, as only hostile files have it, is read once.
        let Some(packed) = bytes.get(span.range()).filter(|_| span.start >= done) else {
            continue;
        };
        done = span.end;
        let mut text = Vec::new();
        // What was unpacked before a fault counts.
        let _ = ZlibDecoder::new(packed)
            .take(MOST.min(left as u64))
            .read_to_end(&mut text);
        left -= text.len();
        if !text.is_empty() {
            found.push(PageText { text, span });
        }
    }
    found
}

/// Where deflated notes of an image stand.
fn notes_of_png(bytes: &[u8]) -> Vec<ByteSpan> {
    let mut found = Vec::new();
    let mut at = 8;
    while found.len() < PARTS {
        let Some(head) = bytes.get(at..at + 8) else {
            break;
        };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let start = at + 8;
        let Some(end) = start.checked_add(length).filter(|end| *end <= bytes.len()) else {
            break;
        };
        let content = &bytes[start..end];
        let after = |from: usize| {
            let zero = memchr::memchr(0, content.get(from..)?)?;
            Some(from + zero + 1)
        };
        let packed = match &head[4..] {
            // Keyword, method.
            b"zTXt" => after(0).map(|method| method + 1),
            // Keyword, flag, method, language, translated keyword.
            b"iTXt" => after(0)
                .filter(|flag| content.get(*flag) == Some(&1))
                .and_then(|flag| after(flag + 2))
                .and_then(after),
            _ => None,
        };
        if let Some(packed) = packed.filter(|packed| start + packed <= end) {
            found.push(ByteSpan::new(start + packed, end));
        }
        at = end + 4;
    }
    found
}

/// Where the deflated contents of debug sections stand that hold names.
fn sections_of_elf(bytes: &[u8]) -> Option<Vec<ByteSpan>> {
    const COMPRESSED: u64 = 0x800;
    const ZLIB: u64 = 1;
    const NAMES: [&[u8]; 3] = [b".debug_str", b".debug_line_str", b".debug_line"];
    let is_wide = *bytes.get(4)? == 2;
    let is_little = *bytes.get(5)? == 1;
    let number = |at: usize, size: usize| -> Option<u64> {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let digit = |all: u64, byte: &u8| all << 8 | u64::from(*byte);
        Some(match is_little {
            true => field.iter().rev().fold(0, digit),
            false => field.iter().fold(0, digit),
        })
    };
    let word = if is_wide { 8 } else { 4 };
    let place = |at: usize, size: usize| usize::try_from(number(at, size)?).ok();
    let table = place(if is_wide { 40 } else { 32 }, word)?;
    let tail = if is_wide { 58 } else { 46 };
    let (size, count, names) = (place(tail, 2)?, place(tail + 2, 2)?, place(tail + 4, 2)?);
    // What a section's header has at least; a smaller one would have all of them at one place.
    if size < if is_wide { 64 } else { 40 } {
        return None;
    }
    let header = |index: usize| table.checked_add(index.checked_mul(size)?);
    // Fields of a section's header: flags, offset, size.
    let (flags, offset, length) = if is_wide { (8, 24, 32) } else { (8, 16, 20) };
    let names = place(header(names)?.checked_add(offset)?, word)?;
    let mut found = Vec::new();
    for index in 0..count.min(SECTIONS) {
        let at = header(index)?;
        if number(at.checked_add(flags)?, word)? & COMPRESSED == 0 || found.len() == PARTS {
            continue;
        }
        let name = names.checked_add(place(at, 4)?)?;
        let name = bytes.get(name..)?;
        let is_wanted = NAMES.iter().any(|known| {
            name.strip_prefix(*known)
                .is_some_and(|rest| rest.first() == Some(&0))
        });
        let start = place(at + offset, word)?;
        let end = start.checked_add(place(at + length, word)?)?;
        // The header of what is packed: its form, and how large it was.
        let packed = start.checked_add(if is_wide { 24 } else { 12 })?;
        if is_wanted && number(start, 4)? == ZLIB && packed < end && end <= bytes.len() {
            found.push(ByteSpan::new(packed, end));
        }
    }
    found.sort_unstable();
    Some(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write as _;

    fn deflated(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn png(chunks: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, content) in chunks {
            file.extend((content.len() as u32).to_be_bytes());
            file.extend_from_slice(kind);
            file.extend(content);
            file.extend([0; 4]);
        }
        file
    }

    /// An object of one section, and the table of names.
    fn elf(text: &[u8]) -> Vec<u8> {
        let names = b"\0.debug_line_str\0";
        let mut body = Vec::new();
        body.extend(1u32.to_le_bytes());
        body.extend([0; 4]);
        body.extend((text.len() as u64).to_le_bytes());
        body.extend(1u64.to_le_bytes());
        body.extend(deflated(text));
        let mut file = b"\x7fELF\x02\x01".to_vec();
        file.resize(64, 0);
        let place = file.len();
        file.extend(&body);
        let strings = file.len();
        file.extend(names);
        let table = file.len();
        for (name, flags, at, size) in [
            (1u32, 0x800u64, place, body.len()),
            (0, 0, strings, names.len()),
        ] {
            file.extend(name.to_le_bytes());
            file.extend([0; 4]);
            file.extend(flags.to_le_bytes());
            file.extend([0; 8]);
            file.extend((at as u64).to_le_bytes());
            file.extend((size as u64).to_le_bytes());
            file.extend([0; 24]);
        }
        file[40..48].copy_from_slice(&(table as u64).to_le_bytes());
        file[58..60].copy_from_slice(&64u16.to_le_bytes());
        file[60..62].copy_from_slice(&2u16.to_le_bytes());
        file[62..64].copy_from_slice(&1u16.to_le_bytes());
        file
    }

    fn texts(file: &[u8]) -> Vec<String> {
        let found = packed_texts(file).into_iter();
        found
            .map(|one| String::from_utf8_lossy(&one.text).into_owned())
            .collect()
    }

    #[test]
    fn notes_of_images_are_unpacked() {
        let old = [b"Comment\0\0".to_vec(), deflated(b"one")].concat();
        let new = [b"XML\0\x01\0en\0t\0".to_vec(), deflated(b"two")].concat();
        let plain = b"XML\0\0\0en\0t\0three".to_vec();
        let file = png(&[
            (b"IHDR", vec![0; 13]),
            (b"zTXt", old),
            (b"iTXt", new),
            (b"iTXt", plain),
        ]);
        assert_eq!(texts(&file), ["one", "two"]);
        assert_eq!(texts(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffzTXt"), [""; 0]);
    }

    #[test]
    fn debug_sections_are_unpacked() {
        assert_eq!(texts(&elf(b"a folder")), ["a folder"]);
        assert_eq!(texts(b"\x7fELF\x02\x01"), [""; 0]);
        // All headers at one place.
        let mut file = elf(b"a folder");
        file[58..60].copy_from_slice(&0u16.to_le_bytes());
        assert_eq!(texts(&file), [""; 0]);
        // A second section with the same content.
        let mut file = elf(b"a folder");
        let table = file.len() - 128;
        let first = file[table..table + 64].to_vec();
        let second = file.split_off(table + 64);
        file.extend(&first);
        file.extend(second);
        file[60..62].copy_from_slice(&3u16.to_le_bytes());
        file[62..64].copy_from_slice(&2u16.to_le_bytes());
        assert_eq!(texts(&file), ["a folder"]);
    }

    proptest! {
        #[test]
        fn damaged_files_are_survived(
            text in prop::collection::vec(any::<u8>(), 0..100),
            places in prop::collection::vec((0usize..300, any::<u8>()), 0..20),
        ) {
            for mut file in [elf(&text), png(&[(b"zTXt", text.clone())])] {
                for (at, byte) in &places {
                    if let Some(own) = file.get_mut(*at) {
                        *own = *byte;
                    }
                }
                for one in packed_texts(&file) {
                    prop_assert!(one.span.end <= file.len());
                }
            }
        }
    }
}
