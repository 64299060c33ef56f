// SPDX-License-Identifier: Apache-2.0
//! One 512-byte header block: ustar (POSIX.1-1988), with what GNU added.

/// A header or data block.
pub(in crate::artifact) const BLOCK: usize = 512;

/// Size beyond which a number is nonsense: no member has an exbibyte.
const HUGE: i128 = 1 << 60;

/// A header block, fields as stored.
pub(super) struct Header<'b>(pub(super) &'b [u8; BLOCK]);

/// What a numeric field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Nothing but spaces and NULs.
    Blank,
    /// A value, octal or base-256.
    Value(u64),
    /// Negative (base-256 only).
    Negative,
    /// Above any real value.
    Huge,
    /// Neither octal digits nor base-256.
    Malformed,
}

impl Number {
    /// The value; 0 for what is none.
    pub(super) fn or_zero(self) -> u64 {
        match self {
            Self::Value(value) => value,
            _ => 0,
        }
    }

    /// What is wrong with it.
    pub(super) fn fault(self) -> Option<&'static str> {
        match self {
            Self::Blank | Self::Value(_) => None,
            Self::Negative => Some("is negative"),
            Self::Huge => Some("is huge"),
            Self::Malformed => Some("is not a number"),
        }
    }
}

impl<'b> Header<'b> {
    /// The name field alone.
    pub(super) fn short_name(&self) -> &'b [u8] {
        until_nul(&self.0[..100])
    }

    /// Name with the ustar prefix in front.
    pub(super) fn name(&self) -> Vec<u8> {
        let mut name = Vec::new();
        if self.is_posix() {
            let prefix = until_nul(&self.0[345..500]);
            if !prefix.is_empty() {
                name.extend_from_slice(prefix);
                name.push(b'/');
            }
        }
        name.extend_from_slice(self.short_name());
        name
    }

    pub(super) fn mode(&self) -> Number {
        number(&self.0[100..108])
    }

    pub(super) fn uid(&self) -> Number {
        number(&self.0[108..116])
    }

    pub(super) fn gid(&self) -> Number {
        number(&self.0[116..124])
    }

    pub(super) fn size(&self) -> Number {
        number(&self.0[124..136])
    }

    pub(super) fn mtime(&self) -> Number {
        number(&self.0[136..148])
    }

    pub(super) fn kind(&self) -> u8 {
        self.0[156]
    }

    pub(super) fn link(&self) -> &'b [u8] {
        until_nul(&self.0[157..257])
    }

    /// Owner name; only ustar and GNU headers have one.
    pub(super) fn owner(&self) -> &'b [u8] {
        if &self.0[257..262] == b"ustar" {
            until_nul(&self.0[265..297])
        } else {
            b""
        }
    }

    /// POSIX magic: the prefix field is one (GNU keeps times and sparse maps there).
    fn is_posix(&self) -> bool {
        &self.0[257..263] == b"ustar\0"
    }
}

/// Bytes before the first NUL.
fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&b| b == 0).next().unwrap_or(field)
}

/// Whether the checksum holds, signed or unsigned: old writers summed signed bytes.
pub(in crate::artifact) fn checksum_holds(block: &[u8; BLOCK]) -> bool {
    let Number::Value(stored) = number(&block[148..156]) else {
        return false;
    };
    let (mut unsigned, mut signed) = (8 * u64::from(b' '), 8 * i64::from(b' '));
    for &byte in block[..148].iter().chain(&block[156..]) {
        unsigned += u64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    stored == unsigned || i64::try_from(stored).is_ok_and(|stored| stored == signed)
}

/// A numeric field: octal digits between spaces and NULs, or base-256 where the top bit is set.
pub(super) fn number(field: &[u8]) -> Number {
    let first = field.first().copied().unwrap_or(0);
    if first & 0x80 != 0 {
        // Two's complement over all bits below the marker.
        let negative = first & 0x40 != 0;
        let mut value: i128 = i128::from(first & 0x3f) - if negative { 0x40 } else { 0 };
        for &byte in &field[1..] {
            value = value * 256 + i128::from(byte);
        }
        return match value {
            v if v < 0 => Number::Negative,
            v if v >= HUGE => Number::Huge,
            v => u64::try_from(v).map_or(Number::Huge, Number::Value),
        };
    }
    let digits: &[u8] = field
        .split(|&b| b == 0)
        .next()
        .unwrap_or(field)
        .trim_ascii();
    if digits.is_empty() {
        return Number::Blank;
    }
    let mut value: u64 = 0;
    for &digit in digits {
        if !(b'0'..=b'7').contains(&digit) {
            return if digits.first() == Some(&b'-') {
                Number::Negative
            } else {
                Number::Malformed
            };
        }
        value = value * 8 + u64::from(digit - b'0');
    }
    Number::Value(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_every_notation() {
        assert_eq!(number(b"0000644\0"), Number::Value(0o644));
        assert_eq!(number(b" 644 \0\0\0"), Number::Value(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0"), Number::Blank);
        assert_eq!(number(b"77777777777\0"), Number::Value(0o77_777_777_777));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\0"), Number::Value(256));
        assert_eq!(
            number(b"\xff\xff\xff\xff\xff\xff\xff\xff"),
            Number::Negative
        );
        assert_eq!(
            number(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
            Number::Huge
        );
        assert_eq!(number(b"12x4567\0"), Number::Malformed);
        assert_eq!(number(b"-000001\0"), Number::Negative);
    }
}
