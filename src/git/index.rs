// SPDX-License-Identifier: Apache-2.0
//! Which object stands where in a pack: `.idx` files of version 1 and 2 (gitformat-pack(5)).

use super::id::{LENGTH, ObjectId};

/// An index, held as it stands on disk: 24 to 32 bytes an object.
pub(super) struct PackIndex {
    bytes: Vec<u8>,
    count: usize,
    /// Where names begin, and how far one is from the next.
    names: (usize, usize),
    /// Where offsets begin, and how far one is from the next.
    offsets: (usize, usize),
    /// Where offsets of eight bytes begin; version 2 only.
    large: Option<usize>,
    /// Where the counts by first byte begin.
    fan: usize,
}

impl PackIndex {
    /// Takes the bytes of an index.
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, String> {
        const FAN: usize = 256 * 4;
        let second = bytes.starts_with(b"\xfftOc");
        let fan = if second { 8 } else { 0 };
        if second && number(&bytes, 4) != Some(2) {
            return Err("its index is of a version that is not known".to_owned());
        }
        let cut = || "its index is cut".to_owned();
        let mut last = 0;
        for slot in 0..256 {
            let count = number(&bytes, fan + 4 * slot).ok_or_else(cut)?;
            if count < last {
                return Err("its index is not in order".to_owned());
            }
            last = count;
        }
        let count = last as usize;
        let start = fan + FAN;
        let (names, offsets, large, end) = if second {
            let offsets = start + count * (LENGTH + 4);
            let large = offsets + count * 4;
            ((start, LENGTH), (offsets, 4), Some(large), large)
        } else {
            let step = LENGTH + 4;
            ((start + 4, step), (start, step), None, start + count * step)
        };
        if bytes.len() < end {
            return Err(cut());
        }
        Ok(Self {
            bytes,
            count,
            names,
            offsets,
            large,
            fan,
        })
    }

    /// Objects in the pack.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The name of the object at this place in the order of names.
    pub(super) fn id(&self, place: usize) -> Option<ObjectId> {
        let at = self.names.0 + place * self.names.1;
        ObjectId::from_bytes(self.bytes.get(at..at + LENGTH)?)
    }

    /// The place of an object in the order of names.
    pub(super) fn place(&self, id: &ObjectId) -> Option<usize> {
        let range = self.with_first_byte(id.as_bytes()[0]);
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id(middle)?.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The places of objects whose name begins with this byte.
    pub(super) fn with_first_byte(&self, first: u8) -> std::ops::Range<usize> {
        let upto = |slot: usize| number(&self.bytes, self.fan + 4 * slot).unwrap_or(0) as usize;
        let first = usize::from(first);
        let start = if first == 0 { 0 } else { upto(first - 1) };
        start..upto(first).min(self.count)
    }

    /// Where in the pack the object at this place begins.
    pub(super) fn offset(&self, place: usize) -> Option<u64> {
        let small = number(&self.bytes, self.offsets.0 + place * self.offsets.1)?;
        match self.large {
            Some(large) if small >> 31 == 1 => {
                let at = large + 8 * (small & 0x7fff_ffff) as usize;
                let eight: [u8; 8] = self.bytes.get(at..at + 8)?.try_into().ok()?;
                Some(u64::from_be_bytes(eight))
            }
            _ => Some(u64::from(small)),
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(four))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(first: u8, last: u8) -> ObjectId {
        let mut bytes = [first; LENGTH];
        bytes[LENGTH - 1] = last;
        ObjectId::from_bytes(&bytes).unwrap()
    }

    fn fan(names: &[ObjectId]) -> Vec<u8> {
        (0..=255u8)
            .flat_map(|first| {
                let upto = names.iter().filter(|id| id.as_bytes()[0] <= first);
                (upto.count() as u32).to_be_bytes()
            })
            .collect()
    }

    #[test]
    fn both_versions_tell_where_objects_are() {
        let names = [name(0, 1), name(7, 1), name(7, 2), name(255, 9)];
        let mut first = fan(&names);
        let mut second = [b"\xfftOc\0\0\0\x02".to_vec(), fan(&names)].concat();
        for (place, id) in names.iter().enumerate() {
            first.extend((10 + place as u32).to_be_bytes());
            first.extend(id.as_bytes());
            second.extend(id.as_bytes());
        }
        second.extend([0; 16]);
        for place in 0..4u32 {
            second.extend(if place == 3 { 1 << 31 } else { 10 + place }.to_be_bytes());
        }
        second.extend((5u64 << 32).to_be_bytes());
        for (bytes, last) in [(first, 13), (second, 5 << 32)] {
            let index = PackIndex::new(bytes.clone()).unwrap();
            let offset = |id: &ObjectId| index.offset(index.place(id)?);
            assert_eq!(offset(&names[0]), Some(10));
            assert_eq!(offset(&names[2]), Some(12));
            assert_eq!(offset(&names[3]), Some(last));
            assert_eq!(offset(&name(7, 3)), None);
            assert_eq!(index.len(), 4);
            assert!(PackIndex::new(bytes[..1100].to_vec()).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(tail in proptest::collection::vec(any::<u8>(), 0..200), count in 0u32..9) {
            let mut bytes = b"\xfftOc\0\0\0\x02".to_vec();
            for _ in 0..256 {
                bytes.extend(count.to_be_bytes());
            }
            bytes.extend(tail);
            if let Ok(index) = PackIndex::new(bytes) {
                for place in 0..index.len() {
                    let _ = index.offset(place);
                }
                let _ = index.place(&name(0, 0));
            }
        }
    }
}
