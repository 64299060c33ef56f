// SPDX-License-Identifier: Apache-2.0
//! Sparse members: GNU's old header form, and the three forms in pax records.

use super::header::{Number, number};

/// Data stretches of a sparse member, in order: offset in the file, length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) stretches: Vec<(u64, u64)>,
    pub(super) real_size: u64,
}

/// More stretches than this are not read: the map itself becomes the bomb.
pub(super) const MOST_STRETCHES: usize = 100_000;

impl Map {
    /// From numbers in turn: offset, length, offset, length, ...
    pub(super) fn from_numbers(numbers: &[u64], real_size: u64) -> Self {
        Self {
            stretches: numbers
                .chunks_exact(2)
                .map(|pair| (pair[0], pair[1]))
                .collect(),
            real_size,
        }
    }

    /// Adds the 24-byte stretches of a GNU header or of its continuation block.
    pub(super) fn extend_gnu(&mut self, table: &[u8]) {
        for field in table.chunks_exact(24) {
            if let (Number::Value(offset), Number::Value(length)) =
                (number(&field[..12]), number(&field[12..]))
            {
                self.stretches.push((offset, length));
            }
        }
    }

    /// Bytes of data the stretches need.
    pub(super) fn stored(&self) -> u64 {
        self.stretches
            .iter()
            .fold(0, |sum: u64, (_, length)| sum.saturating_add(*length))
    }

    /// Whether stretches are in order, apart, and inside the file.
    pub(super) fn is_sound(&self) -> bool {
        let mut end: u64 = 0;
        self.stretches.iter().all(|&(offset, length)| {
            let sound = offset >= end;
            end = offset.saturating_add(length);
            sound && end <= self.real_size
        })
    }

    /// The file with its holes, for a sound map.
    pub(super) fn expand(&self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut from = 0;
        for &(offset, length) in &self.stretches {
            let length = usize::try_from(length).unwrap_or(0);
            let Some(stretch) = data.get(from..from + length) else {
                break;
            };
            out.resize(
                usize::try_from(offset).unwrap_or(out.len()).max(out.len()),
                0,
            );
            out.extend_from_slice(stretch);
            from += length;
        }
        out.resize(
            usize::try_from(self.real_size)
                .unwrap_or(out.len())
                .max(out.len()),
            0,
        );
        out
    }
}

/// The map of form 1.0, which stands as decimal lines in front of the data, padded to a block.
/// Returns the numbers and the bytes the map takes.
pub(super) fn map_in_front(data: &[u8]) -> Option<(Vec<u64>, usize)> {
    let mut at = 0;
    let mut next = || -> Option<u64> {
        let line = data.get(at..)?.iter().take(21).position(|&b| b == b'\n')?;
        let value = std::str::from_utf8(&data[at..at + line])
            .ok()?
            .parse()
            .ok()?;
        at += line + 1;
        Some(value)
    };
    let count = usize::try_from(next()?).ok()?;
    if count > MOST_STRETCHES {
        return None;
    }
    let numbers: Option<Vec<u64>> = (0..count * 2).map(|_| next()).collect();
    Some((numbers?, at.next_multiple_of(super::header::BLOCK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_come_back() {
        let map = Map::from_numbers(&[2, 3, 8, 1], 10);
        assert!(map.is_sound());
        assert_eq!(map.expand(b"abcd"), b"\0\0abc\0\0\0d\0");
        assert!(!Map::from_numbers(&[2, 3, 4, 1], 10).is_sound());
        assert!(!Map::from_numbers(&[u64::MAX, 3], 10).is_sound());
    }

    #[test]
    fn the_map_in_front_of_the_data_is_read() {
        let mut data = b"1\n5\n2\n".to_vec();
        data.resize(512, 0);
        assert_eq!(map_in_front(&data), Some((vec![5, 2], 512)));
        assert_eq!(map_in_front(b"9999999999\n"), None);
    }
}
