// SPDX-License-Identifier: Apache-2.0
//! Private keys in DER, told by their structure: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017), and the
//! form of elliptic curves (RFC 5915). No password stands between such a file and its use.

use super::EntryCheck;
use super::params::key_file;
use crate::classify::Classified;
use crate::model::Draft;
use crate::rules::Rule;

/// `check = "private-key-der"`.
pub(super) struct PrivateKeyDer;

/// Longer files are something else: RSA of 16,384 bits takes less than 10 KiB.
const LONGEST: usize = 16 << 10;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

impl EntryCheck for PrivateKeyDer {
    fn name(&self) -> &'static str {
        "private-key-der"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        entry.bytes.first() == Some(&SEQUENCE) && entry.bytes.len() <= LONGEST
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let Some(form) = form(entry.bytes) else {
            return;
        };
        let description = format!("The file is a private key in DER ({form}), without a password.");
        out.push(key_file(rule, entry, description));
    }
}

/// Tag, content and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 3 || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        (
            digits
                .iter()
                .fold(0, |all, &digit| (all << 8) | usize::from(digit)),
            rest,
        )
    };
    (rest.len() >= length).then(|| {
        let (content, rest) = rest.split_at(length);
        (tag, content, rest)
    })
}

/// Which private key the whole file is.
fn form(bytes: &[u8]) -> Option<&'static str> {
    let (SEQUENCE, body, []) = element(bytes)? else {
        return None;
    };
    let (INTEGER, [version], rest) = element(body)? else {
        return None;
    };
    let (tag, content, rest) = element(rest)?;
    match (version, tag) {
        (0 | 1, SEQUENCE) => {
            let (OBJECT, ..) = element(content)? else {
                return None;
            };
            let (OCTETS, key, _) = element(rest)? else {
                return None;
            };
            (key.len() >= 32).then_some("PKCS #8")
        }
        (0, INTEGER) => {
            // The modulus, and seven integers more.
            let mut rest = rest;
            for _ in 0..7 {
                let (INTEGER, _, behind) = element(rest)? else {
                    return None;
                };
                rest = behind;
            }
            (content.len() >= 64 && rest.is_empty()).then_some("PKCS #1")
        }
        (1, OCTETS) => (matches!(content.len(), 20..=72)
            && rest.first().is_none_or(|tag| tag & 0xe0 == 0xa0))
        .then_some("SEC 1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        if content.len() < 0x80 {
            out.push(u8::try_from(content.len()).unwrap());
        } else {
            out.push(0x82);
            out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        }
        out.extend(content);
        out
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        der(SEQUENCE, &parts.concat())
    }

    #[test]
    fn keys_are_told_by_structure() {
        let zero = || der(INTEGER, &[0]);
        let algorithm = sequence(&[der(OBJECT, &[42, 3])]);
        let pkcs8 = sequence(&[zero(), algorithm.clone(), der(OCTETS, &[7; 48])]);
        assert_eq!(form(&pkcs8), Some("PKCS #8"));
        let mut integers = vec![zero(), der(INTEGER, &[9; 256])];
        integers.extend((0..7).map(|_| der(INTEGER, &[5; 4])));
        assert_eq!(form(&sequence(&integers)), Some("PKCS #1"));
        let curve = sequence(&[der(INTEGER, &[1]), der(OCTETS, &[3; 32]), der(0xa0, &[1])]);
        assert_eq!(form(&curve), Some("SEC 1"));
    }

    #[test]
    fn public_keys_certificates_and_stumps_are_none() {
        let public = sequence(&[sequence(&[der(OBJECT, &[42, 3])]), der(3, &[7; 48])]);
        assert_eq!(form(&public), None);
        let two = sequence(&[der(INTEGER, &[9; 128]), der(INTEGER, &[1, 0, 1])]);
        assert_eq!(form(&two), None);
        assert_eq!(form(b"0123456789"), None);
        assert_eq!(form(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(0u8..=255, 0..64)) {
            let mut bytes = bytes;
            bytes.insert(0, SEQUENCE);
            let _ = form(&bytes);
        }
    }
}
