// SPDX-License-Identifier: Apache-2.0
//! An object told as the changes to another (gitformat-pack(5), "Deltified representation").

use super::object::Fault;

/// A number of seven bits a byte, the lowest first.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0u64, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift > 56 {
            return None;
        }
        value |= u64::from(byte & 127) << shift;
        shift += 7;
        if byte & 128 == 0 {
            return Some(value);
        }
    }
}

/// Applies `delta` to `base`; the result may have `most` bytes.
pub(super) fn apply(base: &[u8], mut delta: &[u8], most: u64) -> Result<Vec<u8>, Fault> {
    let cut = || Fault::broken("a delta that ends too early");
    let from = varint(&mut delta).ok_or_else(cut)?;
    if from != base.len() as u64 {
        return Err(Fault::broken("a delta of another base"));
    }
    let size = varint(&mut delta).ok_or_else(cut)?;
    if size > most {
        return Err(Fault::Large(most));
    }
    let size = usize::try_from(size).map_err(|_| Fault::Large(most))?;
    // What a delta promises is not believed: room for a megabyte, then as it comes.
    let mut out = Vec::with_capacity(size.min(1 << 20));
    while let Some((&code, rest)) = delta.split_first() {
        delta = rest;
        let piece = if code & 128 != 0 {
            let mut number = |bits: std::ops::Range<u32>| {
                let mut value = 0usize;
                for (place, bit) in bits.enumerate() {
                    if code >> bit & 1 == 1 {
                        let (&byte, rest) = delta.split_first()?;
                        delta = rest;
                        value |= usize::from(byte) << (8 * place);
                    }
                }
                Some(value)
            };
            let start = number(0..4).ok_or_else(cut)?;
            let length = match number(4..7).ok_or_else(cut)? {
                0 => 0x10000,
                length => length,
            };
            base.get(start..start.saturating_add(length))
                .ok_or_else(|| Fault::broken("a delta that copies from behind its base"))?
        } else if code > 0 {
            let (piece, rest) = delta.split_at_checked(usize::from(code)).ok_or_else(cut)?;
            delta = rest;
            piece
        } else {
            return Err(Fault::broken("a delta with an instruction nobody knows"));
        };
        if piece.len() > size - out.len() {
            return Err(Fault::broken("a delta that makes more than it says"));
        }
        out.extend_from_slice(piece);
    }
    if out.len() == size {
        Ok(out)
    } else {
        Err(Fault::broken("a delta that makes less than it says"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn copies_and_insertions_make_the_object() {
        // Base of 10, result of 9: copy 4 from 2, insert `xy`, copy 3 from 0.
        let delta = [10, 9, 0x91, 2, 4, 2, b'x', b'y', 0x90, 3];
        assert_eq!(apply(b"0123456789", &delta, 100).unwrap(), b"2345xy012");
        assert_eq!(apply(b"0123456789", &delta, 8), Err(Fault::Large(8)));
        assert!(apply(b"012345678", &delta, 100).is_err());
        assert!(apply(b"0123456789", &delta[..9], 100).is_err());
        assert!(apply(b"0123456789", &[10, 1, 0], 100).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(
            base in proptest::collection::vec(any::<u8>(), 0..120),
            tail in proptest::collection::vec(any::<u8>(), 0..60),
            size in 0u8..127,
        ) {
            let mut delta = vec![base.len() as u8, size];
            delta.extend(tail);
            if let Ok(made) = apply(&base, &delta, 100) {
                prop_assert!(made.len() <= 100);
            }
        }
    }
}
