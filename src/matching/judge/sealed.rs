// SPDX-License-Identifier: Apache-2.0
//! Values that are encrypted, and kept where everybody sees them for that reason: who has the key reads them.

use super::{Context, entropy};

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

/// Less base64 is not even one block.
const FEWEST: usize = 20;

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(byte)
}

/// Whether the hit is such a value: base64 from its mark to the end of the hit, as no token with a mark of its own, no
/// address and no path is.
pub(super) fn is_sealed(context: &Context<'_>) -> bool {
    const REACH: usize = 48;
    let (text, hit) = (context.text, &context.hit);
    let parts = |b: &u8| b.is_ascii_whitespace() || b"\"'`=>".contains(b);
    let before = &text[hit.start.saturating_sub(REACH)..hit.start];
    let start = hit.start - before.iter().rev().take_while(|b| !parts(b)).count();
    let is_packed = |value: &[u8]| {
        let length = value.iter().take_while(|b| is_base64(b)).count();
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

/// Whether the value is what a file keeps sealed: behind `secure:` (Travis, AppVeyor), behind the mark of SOPS, below
/// `encryptedData` or the kind of a `SealedSecret`. What stands in plain beside such a value, or beside a setting that is only
/// called so (`cookie: { secure: true }`), is not.
pub(super) fn is_kept_sealed(context: &Context<'_>) -> bool {
    let before = &context.text[context.around(6).start..context.hit.start];
    let holds = |text: &[u8], mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    if holds(line, b"ENC[AES") {
        return true;
    }
    let value = context.secret();
    let length = value.iter().take_while(|b| is_base64(b)).count();
    if length < FEWEST || !entropy::is_random(&value[..length]) {
        return false;
    }
    // Another document of the same file is sealed for itself.
    let document = memchr::memmem::rfind(before, b"\n---").map_or(before, |at| &before[at..]);
    // Keys and values may be quoted, as all are in JSON.
    let plain = |text: &[u8]| -> Vec<u8> {
        let unquoted = text.iter().filter(|byte| !b"\"'".contains(byte));
        unquoted.copied().collect()
    };
    let document = plain(document);
    // What folds the lines of a YAML string may stand between.
    let between = |b: &&u8| b.is_ascii_whitespace() || b">|-".contains(b);
    let key = &document[..document.len() - document.iter().rev().take_while(between).count()];
    key.ends_with(b"secure:")
        || [&b"encryptedData:"[..], b"kind: SealedSecret"]
            .iter()
            .any(|mark| holds(&document, mark))
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

    #[test]
    fn beside_a_sealed_value_only_it_is_acquitted() {
        let judge = Judge {
            validators: vec!["generic-value".to_owned()],
            ..Judge::default()
        };
        let value = "kQ7vZx2LpW9sYt4Rb8NcHj3mDf5gK2rPwQ==";
        let counts = |text: &str| {
            let text = text.replace("VALUE", value);
            weigh(&judge, &text, value, "app/settings.yml").is_some()
        };
        for text in [
            "api_key:\n  secure: VALUE\n",
            "api_key:\n  secure: \"VALUE\"\n",
            "api_key:\n  secure: >-\n    VALUE\n",
            "kind: SealedSecret\nspec:\n  encryptedData:\n    api_key: VALUE\n",
            "spec:\n  encryptedData:\n    api_key: VALUE\n",
            "{\n\"encryptedData\": {\n\"api_key\": \"VALUE\"\n}\n}\n",
            "kind: \"SealedSecret\"\napi_key: VALUE\n",
            "api_key: ENC[AES256_GCM,data:VALUE,iv:x]\n",
        ] {
            assert!(!counts(text), "{text}");
        }
        for text in [
            "session({ secret: 'VALUE', cookie: { secure: true } })",
            "session({\n  cookie: { secure: process.env.TLS },\n  secret: 'VALUE',\n})",
            "cookie: { secure: false }\nsecret: VALUE\n",
            "token: VALUE\ndeploy:\n  secure: \"VALUE\"\n",
            "# TODO: make this a SealedSecret\napi_key: VALUE\n",
            "kind: SealedSecret\n---\nkind: Secret\nstringData:\n  api_key: VALUE\n",
            "db: ENC[AES256_GCM,data:x,iv:x]\napi_key: VALUE\n",
        ] {
            assert!(counts(text), "{text}");
        }
    }
}
