// SPDX-License-Identifier: Apache-2.0
//! Text out of bytes: UTF-8, UTF-16 with or without a mark, Latin-1; and the way back from a
//! position in the text to the byte in the file.

use crate::model::ByteSpan;
use std::borrow::Cow;

/// How a text file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, perhaps after a mark.
    Utf8,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// Neither; each byte is read as one code point (ISO 8859-1).
    Latin1,
    /// Not text; searched as bytes.
    Binary,
}

/// The searchable form of an entry. UTF-8, Latin-1 and binaries are borrowed as they are;
/// UTF-16 is transcoded to UTF-8.
#[derive(Debug)]
pub struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    encoding: Encoding,
    /// Bytes of a UTF-16 mark before the first unit.
    mark: usize,
}

/// How far a NUL byte is looked for before a file counts as text.
const SNIFF: usize = 8 << 10;

impl<'a> Text<'a> {
    /// Recognises the encoding and makes the searchable form. A NUL byte in the first 8 KiB that is not
    /// part of UTF-16 makes a file binary, as git decides it.
    pub fn decode(bytes: &'a [u8]) -> Self {
        let borrowed = |encoding| Self {
            bytes: Cow::Borrowed(bytes),
            encoding,
            mark: 0,
        };
        let wide = |encoding: Encoding, mark: usize| {
            let codec = match encoding {
                Encoding::Utf16Le => encoding_rs::UTF_16LE,
                _ => encoding_rs::UTF_16BE,
            };
            let (text, _) = codec.decode_without_bom_handling(&bytes[mark..]);
            Self {
                bytes: Cow::Owned(text.into_owned().into_bytes()),
                encoding,
                mark,
            }
        };
        let head = &bytes[..bytes.len().min(SNIFF)];
        match head {
            [0xff, 0xfe, 0, 0, ..] => return borrowed(Encoding::Binary),
            [0xff, 0xfe, ..] => return wide(Encoding::Utf16Le, 2),
            [0xfe, 0xff, ..] => return wide(Encoding::Utf16Be, 2),
            _ => {}
        }
        if memchr::memchr(0, head).is_some() {
            return match sniff_utf16(head) {
                Some(encoding) => wide(encoding, 0),
                None => borrowed(Encoding::Binary),
            };
        }
        // Whole-file validation is left to those who need `str`; the head decides the name.
        let valid = match std::str::from_utf8(head) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        };
        borrowed(if valid {
            Encoding::Utf8
        } else {
            Encoding::Latin1
        })
    }

    /// Strings of a binary in the form in which they are searched.
    pub fn of_binary(strings: Vec<u8>) -> Text<'static> {
        Text {
            bytes: Cow::Owned(strings),
            encoding: Encoding::Binary,
            mark: 0,
        }
    }

    /// The bytes to search.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoding.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether the entry is not text.
    pub fn is_binary(&self) -> bool {
        self.encoding == Encoding::Binary
    }

    /// The text for a person or a parser; invalid sequences become U+FFFD.
    pub fn to_str(&self) -> Cow<'_, str> {
        match self.encoding {
            Encoding::Latin1 => Cow::Owned(self.bytes.iter().map(|&b| char::from(b)).collect()),
            _ => String::from_utf8_lossy(&self.bytes),
        }
    }

    /// The bytes of the *file* that a span of the text came from.
    pub fn file_span(&self, span: ByteSpan) -> ByteSpan {
        if !matches!(self.encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
            return span;
        }
        let units = |to: usize| {
            let upto = &self.bytes[..to.min(self.bytes.len())];
            String::from_utf8_lossy(upto).encode_utf16().count() * 2
        };
        ByteSpan::new(self.mark + units(span.start), self.mark + units(span.end))
    }

    /// How many code points `part` of this text holds.
    pub fn columns(&self, part: &[u8]) -> u64 {
        let count = match self.encoding {
            Encoding::Latin1 | Encoding::Binary => part.len(),
            _ => String::from_utf8_lossy(part).chars().count(),
        };
        count as u64
    }
}

/// UTF-16 without a mark: nearly every other byte is NUL, and always on the same side.
fn sniff_utf16(head: &[u8]) -> Option<Encoding> {
    if head.len() < 8 {
        return None;
    }
    let pairs = head.chunks_exact(2);
    let total = pairs.len();
    let (mut high, mut low) = (0, 0);
    for pair in pairs {
        high += usize::from(pair[0] == 0 && pair[1] != 0);
        low += usize::from(pair[1] == 0 && pair[0] != 0);
    }
    // Text of Latin script: at least nine of ten units have an empty upper half.
    if low * 10 >= total * 9 {
        Some(Encoding::Utf16Le)
    } else if high * 10 >= total * 9 {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}
