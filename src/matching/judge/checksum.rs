// SPDX-License-Identifier: Apache-2.0
//! Provider checksums, verified offline. Of keys that anybody can make on their own machine a checksum
//! proves the form and not the use: tests are full of them.

use super::{Context, Opinion, decode};
use sha2::{Digest, Sha256};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `crc32-base62`: the last six characters are the CRC-32 of the part between the last `_` and
/// them, in base 62 (GitHub since 2021-04, npm since 2021-09).
pub(super) fn crc32_base62(context: &Context<'_>) -> Opinion {
    let secret = context.secret();
    let body = secret
        .iter()
        .rposition(|&b| b == b'_')
        .map_or(0, |at| at + 1);
    let Some(split) = secret.len().checked_sub(6).filter(|split| *split > body) else {
        return Opinion::Doubtful;
    };
    if base62(crc32fast::hash(&secret[body..split])) == secret[split..] {
        Opinion::Verified
    } else {
        // Invented for a test, mistyped, or of a form we do not know yet.
        Opinion::Doubtful
    }
}

fn base62(mut value: u32) -> [u8; 6] {
    let mut out = [b'0'; 6];
    for digit in out.iter_mut().rev() {
        *digit = BASE62[(value % 62) as usize];
        value /= 62;
    }
    out
}

/// `base58check`: the last four bytes are the start of the doubled SHA-256 of the others (keys of
/// Bitcoin: WIF, BIP-32).
pub(super) fn base58check(context: &Context<'_>) -> Opinion {
    let Some(bytes) = base58(context.secret()) else {
        return Opinion::Acquitted;
    };
    let Some(split) = bytes.len().checked_sub(4).filter(|split| *split >= 20) else {
        return Opinion::Acquitted;
    };
    let sum = Sha256::digest(Sha256::digest(&bytes[..split]));
    if bytes[split..] == sum[..4] {
        Opinion::Sure
    } else {
        Opinion::Acquitted
    }
}

/// Decodes base 58 of at most 128 digits.
fn base58(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if text.len() > 128 {
        return None;
    }
    let mut out: Vec<u8> = Vec::new();
    for byte in text {
        let mut carry = ALPHABET.iter().position(|known| known == byte)?;
        for digit in out.iter_mut().rev() {
            carry += usize::from(*digit) * 58;
            *digit = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            out.insert(0, (carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    let zeros = text.iter().take_while(|&&b| b == b'1').count();
    out.splice(0..0, std::iter::repeat_n(0, zeros));
    Some(out)
}

/// `bech32`: BIP-173 (and BIP-350) checksum over human-readable part and data, case folded.
pub(super) fn bech32(context: &Context<'_>) -> Opinion {
    const DATA: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let secret = context.secret().to_ascii_lowercase();
    let Some(one) = secret.iter().rposition(|&b| b == b'1') else {
        return Opinion::Acquitted;
    };
    let (name, data) = (&secret[..one], &secret[one + 1..]);
    let mut sum: u32 = 1;
    let mut feed = |value: u32| {
        let top = sum >> 25;
        sum = (sum & 0x01ff_ffff) << 5 ^ value;
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    name.iter().for_each(|&b| feed(u32::from(b) >> 5));
    feed(0);
    name.iter().for_each(|&b| feed(u32::from(b) & 31));
    for byte in data {
        match DATA.iter().position(|known| known == byte) {
            Some(value) => feed(value as u32),
            None => return Opinion::Acquitted,
        }
    }
    if sum == 1 || sum == 0x2bc8_30a3 {
        Opinion::Sure
    } else {
        Opinion::Doubtful
    }
}

/// `pypi-macaroon`: after `pypi-` a binary macaroon, version 2: packets for location and
/// identifier, caveats, and a signature of 32 bytes at the very end.
pub(super) fn pypi_macaroon(context: &Context<'_>) -> Opinion {
    let secret = context.secret();
    let body = secret.strip_prefix(b"pypi-").unwrap_or(secret);
    let holds = decode::base64(body).is_some_and(|bytes| macaroon_v2(&bytes).is_some());
    if holds {
        Opinion::Sure
    } else {
        Opinion::Doubtful
    }
}

fn macaroon_v2(bytes: &[u8]) -> Option<()> {
    let (&version, mut rest) = bytes.split_first()?;
    if version != 2 {
        return None;
    }
    let mut signature = None;
    while let Some((&field, tail)) = rest.split_first() {
        if field == 0 {
            rest = tail;
            continue;
        }
        let (length, tail) = varint(tail)?;
        let value = tail.get(..length)?;
        rest = &tail[length..];
        signature = (field == 6).then_some(value);
    }
    (signature?.len() == 32).then_some(())
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (at, &byte) in bytes.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
pub(super) mod tests {
    use super::super::tests::confidence;
    use super::{Digest, Sha256};
    use crate::model::Confidence;

    /// A checksum as tokens carry it.
    pub(in super::super) fn digits(sum: u32) -> String {
        String::from_utf8(super::base62(sum).to_vec()).unwrap()
    }

    #[test]
    fn crc32_in_base62_tells_real_from_invented() {
        let body = "T4kQ7vZx2LpW9sYt4Rb8NcHj3mDf5g";
        let sum = digits(crc32fast::hash(body.as_bytes()));
        let real = format!("{}{body}{sum}", "ghp_");
        assert_eq!(confidence("crc32-base62", &real), Some(Confidence::High));
        let wrong = format!("{}{body}000000", "ghp_");
        assert_eq!(confidence("crc32-base62", &wrong), Some(Confidence::Low));
        assert_eq!(confidence("crc32-base62", "x"), Some(Confidence::Low));
    }

    #[test]
    fn base58_with_its_checksum() {
        const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        let mut bytes = vec![0x80];
        bytes.extend((0..32).map(|at| at * 7 + 3));
        bytes.push(1);
        let sum = Sha256::digest(Sha256::digest(&bytes));
        bytes.extend(&sum[..4]);
        let mut text = String::new();
        while bytes.iter().any(|&b| b != 0) {
            let mut rest = 0;
            for byte in &mut bytes {
                let value = rest << 8 | usize::from(*byte);
                *byte = (value / 58) as u8;
                rest = value % 58;
            }
            text.insert(0, char::from(ALPHABET[rest]));
        }
        assert_eq!(confidence("base58check", &text), Some(Confidence::High));
        let last = if text.ends_with('2') { "3" } else { "2" };
        let wrong = format!("{}{last}", &text[..text.len() - 1]);
        assert_eq!(confidence("base58check", &wrong), None);
        assert_eq!(confidence("base58check", "0OIl"), None);
    }

    #[test]
    fn bech32_checksum() {
        // The identity in age-keygen(1), taken apart.
        let real = [
            "AGE-SECRET-KEY-",
            "1N9JEPW6DWJ0ZQUDX63F5A03GX8QUW7PX",
            "DE39N8UYF82VZ9PC8UFS3M7XA9",
        ]
        .concat();
        assert_eq!(confidence("bech32", &real), Some(Confidence::High));
        let wrong = real.replace("N9JE", "N9JF");
        assert_eq!(confidence("bech32", &wrong), Some(Confidence::Low));
        let other = real.replace("N9JE", "NBJE");
        assert_eq!(
            confidence("bech32", &other),
            None,
            "B is no bech32 character"
        );
    }
}
