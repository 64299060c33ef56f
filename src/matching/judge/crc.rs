// SPDX-License-Identifier: Apache-2.0
//! Tokens that end in a cyclic redundancy check over what stands before it.

use super::{Context, Opinion};

/// A checksum that holds proves the token; one that does not was invented or mistyped.
fn holds(computed: &[u8], given: &[u8]) -> Opinion {
    if computed == given {
        Opinion::Verified
    } else {
        Opinion::Doubtful
    }
}

/// `crc32-hex`: behind the last `_` stand the four bytes, lowest first, of the CRC-32 of all before
/// it, in hexadecimal digits (service accounts of Grafana).
pub(super) fn crc32_hex(context: &Context<'_>) -> Opinion {
    let secret = context.secret();
    let Some(at) = secret.iter().rposition(|&b| b == b'_') else {
        return Opinion::Doubtful;
    };
    let sum = crc32fast::hash(&secret[..at]).swap_bytes();
    holds(
        format!("{sum:08x}").as_bytes(),
        &secret[at + 1..].to_ascii_lowercase(),
    )
}

/// `crc32-base36`: the last seven characters are the CRC-32 of all before them in base 36 (routable
/// tokens of GitLab, in three parts with dots; older ones carry no checksum).
pub(super) fn crc32_base36(context: &Context<'_>) -> Opinion {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let secret = context.secret();
    let Some(split) = secret.len().checked_sub(7) else {
        return Opinion::Plain;
    };
    if secret.iter().filter(|&&b| b == b'.').count() != 2 {
        return Opinion::Plain;
    }
    holds(
        &digits(crc32fast::hash(&secret[..split]), DIGITS, 7),
        &secret[split..],
    )
}

/// `crc32-base62-whole`: behind the last `_` stands the CRC-32 of all before it, in base 62 (access
/// tokens of Synapse).
pub(super) fn crc32_base62_whole(context: &Context<'_>) -> Opinion {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let secret = context.secret();
    let Some(at) = secret.iter().rposition(|&b| b == b'_') else {
        return Opinion::Doubtful;
    };
    holds(
        &digits(crc32fast::hash(&secret[..at]), DIGITS, 6),
        &secret[at + 1..],
    )
}

/// `crc16-base32`: base 32 of bytes whose last two, lowest first, are the CRC-16 (XMODEM) of the
/// others (seeds of Stellar, SEP-23, and of NATS).
pub(super) fn crc16_base32(context: &Context<'_>) -> Opinion {
    let Some(bytes) = base32(context.secret()) else {
        return Opinion::Acquitted;
    };
    let Some(split) = bytes.len().checked_sub(2) else {
        return Opinion::Acquitted;
    };
    match holds(&crc16(&bytes[..split]).to_le_bytes(), &bytes[split..]) {
        // Whoever writes a test makes a seed for it, and no service gave it out.
        Opinion::Verified => Opinion::Sure,
        other => other,
    }
}

/// `value` in at least `width` digits.
fn digits(mut value: u32, alphabet: &[u8], width: usize) -> Vec<u8> {
    let base = alphabet.len() as u32;
    let mut out = Vec::new();
    while value > 0 || out.len() < width {
        out.push(alphabet[(value % base) as usize]);
        value /= base;
    }
    out.reverse();
    out
}

/// Polynomial 0x1021, highest bit first, from zero.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            let carry = sum & 0x8000 != 0;
            sum << 1 ^ if carry { 0x1021 } else { 0 }
        })
    })
}

/// Base 32 without padding (RFC 4648, 6); bits left over are dropped.
fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0u32, 0);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::confidence;
    use super::{base32, crc16, digits};
    use crate::model::Confidence;

    #[test]
    fn grafana_writes_the_lowest_byte_first() {
        // The invalid token of Grafana's own test, taken apart.
        let real = ["gl", "sa_iNValIdinValiDinvalidinvalidinva", "_5b582697"].concat();
        assert_eq!(confidence("crc32-hex", &real), Some(Confidence::High));
        let wrong = real.replace("_5b", "_5c");
        assert_eq!(confidence("crc32-hex", &wrong), Some(Confidence::Low));
        assert_eq!(confidence("crc32-hex", "x"), Some(Confidence::Low));
    }

    #[test]
    fn gitlab_ends_in_base_36() {
        let body = format!("{}{}", "glpat-", "T4kQ7vZx2LpW9sYt4Rb8NcHj3mDf5g.01.0w");
        let sum = digits(
            crc32fast::hash(body.as_bytes()),
            b"0123456789abcdefghijklmnopqrstuvwxyz",
            7,
        );
        let real = format!("{body}{}", String::from_utf8(sum).unwrap());
        assert_eq!(confidence("crc32-base36", &real), Some(Confidence::High));
        let wrong = format!("{body}0000000");
        assert_eq!(confidence("crc32-base36", &wrong), Some(Confidence::Low));
        let old = format!("{}{}", "glpat-", "T4kQ7vZx2LpW9sYt4Rb8");
        assert_eq!(confidence("crc32-base36", &old), None);
        assert_eq!(confidence("crc32-base36", "x"), None);
    }

    #[test]
    fn synapse_ends_in_base_62() {
        let body = format!("{}{}", "syt_", "b3Bz_kQvZxLpWsYtRbNcHjDf");
        let sum = digits(
            crc32fast::hash(body.as_bytes()),
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            6,
        );
        let real = format!("{body}_{}", String::from_utf8(sum).unwrap());
        let wrong = format!("{body}_000000");
        let of = |secret| confidence("crc32-base62-whole", secret);
        assert_eq!(of(&real), Some(Confidence::High));
        assert_eq!(of(&wrong), Some(Confidence::Low));
    }

    #[test]
    fn seeds_in_base_32_carry_crc16() {
        assert_eq!(crc16(b"123456789"), 0x31c3, "as the catalogue of CRCs says");
        assert_eq!(base32(b"MZXW6YTB").unwrap(), b"fooba", "RFC 4648, 10");
        assert!(base32(b"M1").is_none());
        let mut bytes = vec![18 << 3];
        bytes.extend((0..32).map(|at| at * 7 + 3));
        bytes.extend(crc16(&bytes).to_le_bytes());
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
        let text: String = bits
            .as_bytes()
            .chunks(5)
            .map(|five| {
                let five = std::str::from_utf8(five).unwrap();
                char::from(letters[usize::from_str_radix(five, 2).unwrap()])
            })
            .collect();
        assert!(text.starts_with('S') && text.len() == 56);
        assert_eq!(confidence("crc16-base32", &text), Some(Confidence::High));
        let wrong = format!(
            "{}{}",
            &text[..55],
            if text.ends_with('A') { 'B' } else { 'A' }
        );
        assert_eq!(confidence("crc16-base32", &wrong), Some(Confidence::Low));
        assert_eq!(confidence("crc16-base32", "S1"), None);
    }
}
