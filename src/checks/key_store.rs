// SPDX-License-Identifier: Apache-2.0
//! Stores of private keys and passwords, told by content, whatever they are called: those of Java
//! (JKS, JCEKS, BKS), PKCS #12 (RFC 7292), KeePass, and secret keys of OpenPGP (RFC 9580) in binary.

use super::EntryCheck;
use super::params::key_file;
use crate::classify::Classified;
use crate::model::Draft;
use crate::rules::Rule;

/// `check = "key-store"`.
pub(super) struct KeyStore;

impl EntryCheck for KeyStore {
    fn name(&self) -> &'static str {
        "key-store"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        entry.bytes.len() >= SHORTEST
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        if let Some(form) = form(entry.bytes) {
            out.push(key_file(rule, entry, format!("The file is {form}.")));
        }
    }
}

/// No store with a key in it is shorter.
const SHORTEST: usize = 64;

/// Which store a file is.
fn form(bytes: &[u8]) -> Option<&'static str> {
    match bytes.first_chunk::<4>()? {
        [0xfe, 0xed, 0xfe, 0xed] => {
            keys_of_java(bytes).then_some("a Java key store (JKS) with a key")
        }
        [0xce, 0xce, 0xce, 0xce] => {
            keys_of_java(bytes).then_some("a Java key store (JCEKS) with a key")
        }
        [0, 0, 0, 1 | 2] => keys_of_bouncy_castle(bytes).then_some("a key store (BKS) with a key"),
        [0x03, 0xd9, 0xa2, 0x9a] => {
            matches!(bytes.get(4..8), Some([0x65..=0x67, 0xfb, 0x4b, 0xb5]))
                .then_some("a password database of KeePass")
        }
        [0x30, ..] => is_pkcs_12(bytes).then_some("a key store in PKCS #12"),
        [0x94 | 0x95 | 0xc5, ..] => is_secret_key(bytes).then_some("a secret key of OpenPGP"),
        _ => None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// Whether the first entry is a key: a store of certificates alone holds no secret.
fn keys_of_java(bytes: &[u8]) -> bool {
    matches!(word(bytes, 4), Some(1 | 2))
        && word(bytes, 8).is_some_and(|count| (1..10_000).contains(&count))
        && matches!(word(bytes, 12), Some(1 | 3))
}

/// Version, salt of twenty bytes, rounds, and the kind of the first entry.
fn keys_of_bouncy_castle(bytes: &[u8]) -> bool {
    word(bytes, 4) == Some(20)
        && word(bytes, 28).is_some_and(|rounds| (256..1 << 20).contains(&rounds))
        && bytes.get(32).is_some_and(|kind| (2..=4).contains(kind))
}

/// A sequence of the number 3 and of content that is authenticated by a password.
fn is_pkcs_12(bytes: &[u8]) -> bool {
    const DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
    // Lengths are of one to four bytes, or open.
    let body = |at: usize| match bytes.get(at + 1) {
        Some(length @ 0x81..=0x84) => Some(at + 2 + usize::from(length & 0x7f)),
        Some(_) => Some(at + 2),
        None => None,
    };
    let Some(version) = body(0) else {
        return false;
    };
    if bytes.get(version..version + 4) != Some(&[0x02, 0x01, 0x03, 0x30]) {
        return false;
    }
    let content = body(version + 3);
    content.is_some_and(|at| bytes.get(at..).is_some_and(|rest| rest.starts_with(DATA)))
}

/// The packet's length, version 4, a time of this century, and an algorithm.
fn is_secret_key(bytes: &[u8]) -> bool {
    let start = match bytes {
        [0x94, ..] => 2,
        [0x95, ..] => 3,
        [0xc5, 0..=191, ..] => 2,
        [0xc5, 192..=223, ..] => 3,
        _ => return false,
    };
    let made = word(bytes, start + 1).unwrap_or_default();
    bytes.get(start) == Some(&4)
        && made > 800_000_000
        && made < 2_500_000_000
        && matches!(bytes.get(start + 5), Some(1..=3 | 16..=19 | 22))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(start: &[u8]) -> Vec<u8> {
        let mut out = start.to_vec();
        out.resize(200, 7);
        out
    }

    #[test]
    fn stores_are_told_by_content() {
        let java = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1];
        assert!(form(&long(&java)).is_some());
        let mut trusted = java;
        trusted[15] = 2;
        assert_eq!(form(&long(&trusted)), None);
        let pkcs_12 = [
            0x30, 0x82, 3, 9, 2, 1, 3, 0x30, 0x82, 2, 200, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
            0x0d, 1, 7, 1,
        ];
        assert_eq!(form(&long(&pkcs_12)), Some("a key store in PKCS #12"));
        let keepass = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];
        assert_eq!(
            form(&long(&keepass)),
            Some("a password database of KeePass")
        );
        let secret = [0x95, 3, 0xbe, 4, 0x5f, 0, 0, 0, 1];
        assert_eq!(form(&long(&secret)), Some("a secret key of OpenPGP"));
        let mut castle = vec![0, 0, 0, 2, 0, 0, 0, 20];
        castle.extend([9; 20]);
        castle.extend([0, 0, 4, 0, 4]);
        assert!(form(&long(&castle)).is_some());
    }

    #[test]
    fn others_are_none() {
        for start in [
            &[0_u8; 8][..],
            b"\x30\x82\x03\x09\x02\x01\x02\x30",
            b"\x95\x01\x02\x04\x00\x00\x00\x00\x01",
        ] {
            assert_eq!(form(&long(start)), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(0u8..=255, 0..80), first in 0usize..6) {
            let starts: [&[u8]; 6] = [&[0xfe, 0xed, 0xfe, 0xed], &[0, 0, 0, 2], &[0x30], &[0x95], &[0xc5], &[3, 0xd9, 0xa2, 0x9a]];
            let mut all = starts[first].to_vec();
            all.extend(bytes);
            let _ = form(&all);
        }
    }
}
