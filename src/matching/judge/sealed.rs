// SPDX-License-Identifier: Apache-2.0
//! Values that are encrypted, and kept where everybody sees them for that reason: who has the key reads them.

use super::Context;

/// How programs begin what they have encrypted. Forms that only look so (`{xor}`, `$9$`, `$8$` of routers) are none of these.
const HEADS: &[&[u8]] = &[
    b"encrypted:",
    b"encrypted(",
    b"{encrypted}",
    b"enc(",
    b"enc[pkcs7,",
    b"{cipher}",
    b"{aes}",
    b"{aes256}",
    b"{3des}",
    b"vault:v1:",
    b"vault:v2:",
    b"vault:v3:",
    b"ej[1:",
    b"![",
];

/// Their first bytes, of Jenkins, Windows (DPAPI as base64 and as digits), OpenSSL, Fernet and KMS.
const BEGINNINGS: &[&[u8]] = &[
    b"{AQAAAB",
    b"AQAAANCMnd8BFdERjHoA",
    b"01000000d08c9ddf0115d1118c7a00c04fc297eb",
    b"U2FsdGVkX1",
    b"gAAAAAB",
    b"AQICAH",
];

/// Whether the hit is such a value: base64 from its mark to the end of the hit, as no token with a mark of its own, no
/// address and no path is.
pub(super) fn is_sealed(context: &Context<'_>) -> bool {
    const REACH: usize = 48;
    // Less is not even one block.
    const FEWEST: usize = 20;
    let (text, hit) = (context.text, &context.hit);
    let parts = |b: &u8| b.is_ascii_whitespace() || b"\"'`=>".contains(b);
    let before = &text[hit.start.saturating_sub(REACH)..hit.start];
    let start = hit.start - before.iter().rev().take_while(|b| !parts(b)).count();
    let is_packed = |value: &[u8]| {
        let packed = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
        let length = value.iter().take_while(|b| packed(b)).count();
        let closed = value[length..].iter().all(|b| b")]}".contains(b));
        length >= FEWEST && closed && !value.starts_with(b"/")
    };
    let is_marked = |value: &[u8]| {
        let behind = |head: &&[u8]| {
            let own = value.get(..head.len())?;
            own.eq_ignore_ascii_case(head).then(|| &value[head.len()..])
        };
        HEADS.iter().filter_map(behind).any(is_packed)
            || BEGINNINGS.iter().any(|begin| value.starts_with(begin))
    };
    is_marked(&text[start..hit.end]) || is_marked(context.secret())
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
        for head in [
            "",
            "sk_live_",
            "{xor}",
            "unencrypted:",
            "x-encrypted: ",
            "kms:",
            "secure:",
        ] {
            assert!(counts(head), "{head}");
        }
        // What has a mark, a host or a place of its own is not encrypted.
        for head in [
            "![build](https://ci:",
            "enc(glpat-",
            "vault:",
            "ENC(/home/mk/",
        ] {
            assert!(counts(head), "{head}");
        }
    }
}
