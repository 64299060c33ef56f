// SPDX-License-Identifier: Apache-2.0
//! Compressed streams of a PDF file: the texts of its pages, its links, and objects that later versions
//! keep in streams (ISO 32000-1, 7.3.8, 7.5.7). Images and fonts hold neither, and are left alone.

use crate::model::ByteSpan;
use flate2::bufread::ZlibDecoder;
use memchr::memmem;
use std::io::Read as _;

/// Bytes that are unpacked of one stream and of all together.
const MOST: u64 = 1 << 20;
const MOST_ALL: usize = 16 << 20;
/// Streams that are opened.
const STREAMS: usize = 4096;
/// Bytes in which a stream's dictionary stands before it.
const DICTIONARY: usize = 512;
/// What says that a stream holds no text.
const OTHERS: [&[u8]; 6] = [
    b"/Image",
    b"/Length1",
    b"/FontFile",
    b"/XRef",
    b"/ICCBased",
    b"/Type1C",
];

/// A stream: its text, and where it stands packed.
pub struct PageText {
    /// Unpacked; strings that a page sets in parts are joined.
    pub text: Vec<u8>,
    /// Its bytes in the file, as far as they were read.
    pub span: ByteSpan,
}

/// The streams that may hold text, in order.
pub fn pdf_streams(bytes: &[u8]) -> impl Iterator<Item = PageText> + '_ {
    let mut left = MOST_ALL;
    let starts = memmem::find_iter(bytes, b"stream").filter(|&at| !bytes[..at].ends_with(b"end"));
    starts.take(STREAMS).filter_map(move |at| {
        let before = &bytes[at.saturating_sub(DICTIONARY)..at];
        let object = memmem::rfind(before, b"obj").unwrap_or(0);
        let holds = |word: &[u8]| memmem::find(&before[object..], word).is_some();
        if left == 0 || !holds(b"/FlateDecode") || OTHERS.iter().any(|other| holds(other)) {
            return None;
        }
        let rest = &bytes[at + "stream".len()..];
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        let rest = rest.strip_prefix(b"\n")?;
        let mut decoder = ZlibDecoder::new(rest).take(MOST.min(left as u64));
        let mut text = Vec::new();
        // What was unpacked before a fault counts.
        let _ = decoder.read_to_end(&mut text);
        left = left.saturating_sub(text.len());
        let packed = decoder.get_ref().total_in() as usize;
        let start = bytes.len() - rest.len();
        let span = ByteSpan::new(start, (start + packed).min(bytes.len()));
        (!text.is_empty()).then(|| PageText {
            text: joined(&text),
            span,
        })
    })
}

/// Joins strings that are set in parts: `[(/ho)15(me)] TJ`. A wide step to the left is a space.
fn joined(text: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 12;
    const SPACE: f32 = -200.0;
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        let escaped = text[..at - 1].ends_with(b"\\");
        let rest = &text[at..text.len().min(at + LONGEST)];
        let step = memchr::memchr(b'(', rest).filter(|_| byte == b')' && !escaped);
        let number = step.and_then(|length| {
            let number = std::str::from_utf8(&rest[..length]).ok()?.trim();
            Some((length, number.parse::<f32>().ok()?))
        });
        match number {
            Some((length, step)) => {
                at += length + 1;
                if step < SPACE {
                    out.push(b' ');
                }
            }
            None => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write as _;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn file(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        for (kind, text) in streams {
            file.extend_from_slice(
                format!("4 0 obj\n<< {kind} /Filter /FlateDecode >>\nstream\r\n").as_bytes(),
            );
            file.extend(packed(text));
            file.extend_from_slice(b"\nendstream\nendobj\n");
        }
        file
    }

    #[test]
    fn texts_are_unpacked_and_images_are_not() {
        let file = file(&[
            ("/Subtype /Image", b"pixels"),
            ("", b"[(/us)15(r/li)-20(b)] TJ"),
            ("", b"(a)-333(b\\))1(c)"),
        ]);
        let found: Vec<_> = pdf_streams(&file).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text, b"[(/usr/lib)] TJ");
        assert_eq!(found[1].text, b"(a b\\)c)");
        assert_eq!(
            &file[found[0].span.range()],
            packed(b"[(/us)15(r/li)-20(b)] TJ")
        );
    }

    proptest! {
        #[test]
        fn damaged_streams_are_survived(
            text in prop::collection::vec(any::<u8>(), 0..200),
            places in prop::collection::vec((0usize..400, any::<u8>()), 0..20),
        ) {
            let mut file = file(&[("", &text)]);
            for (at, byte) in places {
                if let Some(own) = file.get_mut(at) {
                    *own = byte;
                }
            }
            for one in pdf_streams(&file) {
                prop_assert!(one.span.end <= file.len());
            }
        }
    }
}
