// SPDX-License-Identifier: Apache-2.0
//! JSON Web Tokens (RFC 7519): three base64url parts, of which the first two are JSON objects.

use super::{Context, Opinion, decode};
use crate::model::{Confidence, Severity};
use serde_json::Value;

/// `jwt`: header with `alg`, payload an object, a signature.
pub(super) fn decodes(context: &Context<'_>) -> Opinion {
    let mut parts = context.secret().split(|&b| b == b'.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Opinion::Acquitted;
    };
    let (Some(header), Some(payload)) = (object(header), object(payload)) else {
        return Opinion::Acquitted;
    };
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or("none");
    if algorithm.eq_ignore_ascii_case("none") || signature.len() < 20 {
        return Opinion::Acquitted;
    }
    if is_specimen(&payload) {
        return Opinion::Acquitted;
    }
    // Supabase's service key is an ordinary token that bypasses every row policy.
    if payload.get("role").and_then(Value::as_str) == Some("service_role") {
        return Opinion::Counts(Severity::High, Confidence::High);
    }
    if payload.get("role").and_then(Value::as_str) == Some("anon") {
        return Opinion::Acquitted;
    }
    Opinion::Plain
}

fn object(part: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(&decode::base64(part)?).ok()?;
    value.is_object().then_some(value)
}

/// The tokens of jwt.io and the RFCs, and others made to be shown.
fn is_specimen(payload: &Value) -> bool {
    let text = payload.to_string().to_ascii_lowercase();
    [
        "john doe",
        "\"1234567890\"",
        "example.",
        "\"joe\"",
        "test",
        "\"foo\"",
        "\"bar\"",
        "hello",
        "\"some\"",
        "dummy",
        "johndoe",
        "jane doe",
    ]
    .iter()
    .any(|mark| text.contains(mark))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::Judge;

    fn encode(text: &str) -> String {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let word = chunk.iter().fold(0u32, |word, &b| word << 8 | u32::from(b))
                << (8 * (3 - chunk.len()));
            for at in 0..=chunk.len() {
                out.push(char::from(ALPHABET[(word >> (18 - 6 * at) & 63) as usize]));
            }
        }
        out
    }

    fn counts(header: &str, payload: &str) -> bool {
        let token = format!(
            "{}.{}.{}",
            encode(header),
            encode(payload),
            "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
        );
        let judge = Judge {
            validators: vec!["jwt".to_owned()],
            ..Judge::default()
        };
        weigh(&judge, &token, &token, "a.py").is_some()
    }

    #[test]
    fn only_signed_objects_that_are_no_specimen_count() {
        let real = r#"{"sub":"u-8812","iss":"https://id.acme.io"}"#;
        assert!(counts(r#"{"alg":"HS256"}"#, real));
        assert!(!counts(r#"{"alg":"none"}"#, real));
        assert!(!counts(r#"{"typ":"JWT"}"#, real));
        assert!(!counts(r#"{"alg":"HS256"}"#, r#"{"sub":"1234567890"}"#));
        assert!(!counts("not json", real));
    }
}
