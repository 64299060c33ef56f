// SPDX-License-Identifier: Apache-2.0
//! Values that are encrypted, and kept where everybody sees them for that reason: who has the key reads them.

use super::Context;

/// How programs begin what they have encrypted. Forms that only look so (`{xor}`, `$9$`, `$8$` of routers) are none of these.
const HEADS: &[&[u8]] = &[
    b"encrypted:",
    b"encrypted(",
    b"{encrypted}",
    b"enc(",
    b"enc[",
    b"enc:",
    b"{cipher}",
    b"{aes",
    b"{3des}",
    b"secure:",
    b"kms:",
    b"$kms{",
    b"vault:v",
    b"$ansible_vault",
    b"ej[1:",
    b"![",
    // Of Jenkins, Windows (DPAPI as base64 and as digits), OpenSSL, Fernet and KMS: their first bytes.
    b"{aqaaab",
    b"aqaaancmnd8bfderjhoa",
    b"01000000d08c9ddf0115d1118c7a00c04fc297eb",
    b"u2fsdgvkx1",
    b"gaaaaab",
    b"aqicah",
];

/// Whether the hit is such a value or stands in one, on its line and not farther in than a mark is long.
pub(super) fn is_sealed(context: &Context<'_>) -> bool {
    const REACH: usize = 48;
    let text = context.text;
    let parts = |b: &u8| b.is_ascii_whitespace() || b"\"'`=>".contains(b);
    let before = &text[context.hit.start.saturating_sub(REACH)..context.hit.start];
    let start = context.hit.start - before.iter().rev().take_while(|b| !parts(b)).count();
    let value = &text[start..text.len().min(start + REACH).max(context.hit.start)];
    begins(value) || begins(context.secret())
}

fn begins(value: &[u8]) -> bool {
    let held = |head: &&&[u8]| {
        value
            .get(..head.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(head))
    };
    HEADS.iter().any(|head| held(&head))
}

/// The lines around say that what stands here is sealed (SealedSecret, Travis, SOPS).
pub(super) fn is_among_sealed(context: &Context<'_>) -> bool {
    let around = &context.text[context.around(6).range()];
    [
        &b"encryptedData:"[..],
        b"SealedSecret",
        b"ENC[AES",
        b"secure:",
    ]
    .iter()
    .any(|mark| memchr::memmem::find(around, mark).is_some())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::Judge;

    #[test]
    fn what_is_encrypted_is_no_finding() {
        let value = "kQ7vZx2LpW9sYt4Rb8NcHj3mDf5gK2rPwQ";
        let counts = |before: &str| {
            let text = format!("token = {before}{value}\n");
            weigh(&Judge::default(), &text, value, "app/.env").is_some()
        };
        for head in [
            "encrypted:",
            "'{cipher}",
            "\"{AES256}",
            "ENC(",
            "ENC[PKCS7,",
            "vault:v1:",
            "{AQAAABAAAAAQ",
            "U2FsdGVkX1",
        ] {
            assert!(!counts(head), "{head}");
        }
        for head in ["", "sk_live_", "{xor}", "unencrypted:", "x-encrypted: "] {
            assert!(counts(head), "{head}");
        }
    }
}
