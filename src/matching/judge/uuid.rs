// SPDX-License-Identifier: Apache-2.0
//! UUIDs (RFC 9562): names of things more often than secrets.

use super::spread::shannon;

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a UUID stands in braces in it, as Windows writes the name of an interface or a device.
pub(super) fn holds_braced(value: &[u8]) -> bool {
    value
        .windows(38)
        .any(|part| part[0] == b'{' && part[37] == b'}' && is_uuid(&part[1..37]))
}

/// A UUID that was generated, and none of those that manuals print.
pub(super) fn is_random_uuid(value: &[u8]) -> bool {
    const PRINTED: &[&[u8]] = &[
        b"123e4567",
        b"550e8400",
        b"6ba7b81",
        b"f47ac10b",
        b"9b1deb4d",
        b"3fa85f64",
        b"12345678",
        b"00000000",
        b"11111111",
        b"abcdef12",
        b"deadbeef",
        b"a1b2c3d4",
        b"01234567",
    ];
    is_uuid(value)
        && shannon(value) >= 3.2
        && !PRINTED
            .iter()
            .any(|head| value.to_ascii_lowercase().starts_with(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_an_interface_stands_in_braces() {
        assert!(holds_braced(b"_SA_{9b2c1f0e-7d34-4a8b-9c55-e1f2037d6a48}"));
        assert!(!holds_braced(b"9b2c1f0e-7d34-4a8b-9c55-e1f2037d6a48"));
    }

    #[test]
    fn generated_ones_are_told_from_printed_ones() {
        assert!(is_random_uuid(b"9b2c1f0e-7d34-4a8b-9c55-e1f2037d6a48"));
        assert!(!is_random_uuid(b"123e4567-e89b-12d3-a456-426614174000"));
    }
}
