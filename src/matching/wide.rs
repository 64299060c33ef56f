// SPDX-License-Identifier: Apache-2.0
//! Strings of UTF-16 inside a binary, read as the narrow text that rules search: programs for
//! Windows, .NET assemblies, documents and databases hold their constants so.
//!
//! Only runs of ASCII characters with a NUL byte between them count. Most of a binary is passed over
//! at eight bytes of every sixteen.

/// Characters of the shortest string: shorter ones hold no secret and its mark, and this many always
/// cover one of the words that are looked at.
const SHORTEST: usize = 12;
/// Distance of the words that are looked at.
const STRIDE: usize = 16;
const WORD: usize = 8;
/// Every other byte of a word.
const LOW: u64 = 0x00ff_00ff_00ff_00ff;
/// Narrow text that is handed out at a time.
const PIECE: usize = 1 << 20;
/// How much of a longer string stands in two pieces, so that nothing is cut in both.
const OVERLAP: usize = 8 << 10;

/// Some of the strings, each followed by a NUL byte, and where they stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WideStrings {
    /// The narrow text.
    pub text: Vec<u8>,
    /// Where a string begins in the text, and in the file.
    starts: Vec<(usize, usize)>,
}

impl WideStrings {
    /// The byte of the file at which the character at `at` begins.
    pub fn file_offset(&self, at: usize) -> usize {
        let number = self.starts.partition_point(|(start, _)| *start <= at);
        let Some((start, offset)) = number.checked_sub(1).map(|n| self.starts[n]) else {
            return at;
        };
        offset + 2 * (at - start)
    }
}

/// All strings of UTF-16 in `bytes`, in pieces.
pub fn wide_strings(bytes: &[u8]) -> impl Iterator<Item = WideStrings> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut found = WideStrings::default();
        while found.text.len() < PIECE {
            let Some((start, end)) = next(bytes, at) else {
                at = bytes.len();
                break;
            };
            let room = 2 * (PIECE + OVERLAP);
            let cut = if end - start > room {
                start + room
            } else {
                end
            };
            found.starts.push((found.text.len(), start));
            found.text.extend(bytes[start..cut].iter().step_by(2));
            found.text.push(0);
            at = if cut < end { cut - 2 * OVERLAP } else { end };
        }
        (!found.text.is_empty()).then_some(found)
    })
}

fn is_shown(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r')
}

/// The next string from `from` on: where its first character begins and where its last one ends.
fn next(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while let Some(word) = bytes.get(at..at + WORD) {
        let mut word: [u8; WORD] = word.try_into().ok()?;
        let number = u64::from_le_bytes(word);
        let first = match number {
            0 => None,
            _ if number & !LOW == 0 => Some(at),
            _ if number & LOW == 0 => {
                word.rotate_left(1);
                Some(at + 1)
            }
            _ => None,
        };
        if let Some(first) = first
            && word.iter().step_by(2).all(|byte| is_shown(*byte))
        {
            let (start, end) = around(bytes, from, first);
            if (end - start).div_ceil(2) >= SHORTEST {
                return Some((start, end));
            }
            // What this string covers holds no other.
            at = end.max(at + WORD);
            continue;
        }
        at += STRIDE;
    }
    None
}

/// The whole string of which a character begins at `first`.
fn around(bytes: &[u8], from: usize, first: usize) -> (usize, usize) {
    let unit = |at: usize| is_shown(bytes[at]) && bytes.get(at + 1) == Some(&0);
    let mut start = first;
    while start >= from + 2 && unit(start - 2) {
        start -= 2;
    }
    let mut end = first;
    while end < bytes.len() && unit(end) {
        end += 2;
    }
    // Big endian: the last character has no NUL byte behind it, as the first has one before it.
    let big = start > 0 && bytes[start - 1] == 0;
    if big && end < bytes.len() && is_shown(bytes[end]) {
        end += 1;
    }
    (start, end.min(bytes.len()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wide(text: &str, little: bool) -> Vec<u8> {
        let pair = |unit: u16| match little {
            true => unit.to_le_bytes(),
            false => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(pair).collect()
    }

    fn all(bytes: &[u8]) -> Vec<(usize, String)> {
        let pieces = wide_strings(bytes).flat_map(|piece| {
            let mut strings = Vec::new();
            let mut at = 0;
            for part in piece.text.split_inclusive(|byte| *byte == 0) {
                let text = String::from_utf8_lossy(&part[..part.len() - 1]).into_owned();
                strings.push((piece.file_offset(at), text));
                at += part.len();
            }
            strings
        });
        pieces.collect()
    }

    #[test]
    fn strings_are_found_at_any_offset_and_in_both_orders() {
        for before in 0..40 {
            for little in [true, false] {
                let text = "key = abcdefgh";
                let mut bytes = vec![0x90; before];
                bytes.extend(wide(text, little));
                bytes.extend([0xff; 40]);
                let at = before + usize::from(!little);
                let found = all(&bytes);
                assert_eq!(found, [(at, text.to_owned())], "{before} {little}");
            }
        }
    }

    #[test]
    fn short_strings_numbers_and_narrow_text_are_none() {
        assert_eq!(all(&wide("short", true)), []);
        assert_eq!(all(&vec![0; 4096]), []);
        assert_eq!(all(&b"narrow text ".repeat(50)), []);
        let numbers: Vec<u8> = (0..2000u16).flat_map(u16::to_le_bytes).collect();
        // Those that are characters stand side by side once.
        assert_eq!(all(&numbers).len(), 1);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn neighbours_are_told_apart_and_long_strings_cut_with_an_overlap() {
        let (one, two) = ("first string here", "second string here");
        let bytes = [wide(one, true), vec![0, 0], wide(two, true), vec![0, 0]].concat();
        let found = all(&bytes);
        let second = 2 * one.len() + 2;
        assert_eq!(found, [(0, one.to_owned()), (second, two.to_owned())]);
        let long = "0123456789abcdef".repeat(PIECE / 8);
        let found = all(&wide(&long, true));
        assert!(found.len() >= 2, "{}", found.len());
        let mut reached = 0;
        for (at, text) in &found {
            let at = at / 2;
            assert!(at <= reached, "nothing between {reached} and {at}");
            assert_eq!(&long[at..at + text.len()], text);
            reached = at + text.len();
        }
        assert_eq!(reached, long.len());
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe_and_offsets_are_those_of_the_file(
            bytes in proptest::collection::vec(prop_oneof![Just(0u8), Just(b'a'), any::<u8>()], 0..400),
        ) {
            for piece in wide_strings(&bytes) {
                for (at, byte) in piece.text.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                    prop_assert_eq!(bytes[piece.file_offset(at)], *byte);
                }
            }
        }
    }
}
