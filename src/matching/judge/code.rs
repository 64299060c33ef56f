// SPDX-License-Identifier: Apache-2.0
//! Values that are code, names or references: what they stand for is kept elsewhere.

use super::entropy;

/// `x25519.X25519PrivateKey`, `a.b2.c_3`: names of code with marks between.
pub(super) fn is_qualified(value: &[u8]) -> bool {
    let parts = || value.split(|b| *b == b'.');
    let capitals = value.iter().any(u8::is_ascii_uppercase);
    let snake = !capitals && value.split(|b| *b == b'_').count() >= 4;
    let module = !capitals
        && parts().count() >= 3
        && parts()
            .all(|part| part.len() <= 16 && part.first().is_some_and(u8::is_ascii_alphabetic));
    let class = |part: &[u8]| {
        let letters: Vec<u8> = part
            .iter()
            .copied()
            .filter(u8::is_ascii_alphabetic)
            .collect();
        letters.len() >= 8 && entropy::is_wordy(&letters)
    };
    snake || module || parts().count() > 1 && parts().any(class)
}

/// A call, a path of attributes, a format string: the value comes from elsewhere.
pub(super) fn is_code(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let identifier_like = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
            && !part.starts_with(|c: char| c.is_ascii_digit())
    };
    let dotted = text.contains('.')
        && text.split('.').all(identifier_like)
        && !entropy::is_random(value)
        && !is_two_words(value)
        && (entropy::is_wordy(value) || !value.iter().any(u8::is_ascii_digit));
    text.contains("()")
        || text.contains("](")
        || text.contains("].")
        || text.contains(").")
        || text.contains("->")
        || text.contains("::")
        || text.contains("=>")
        || text.contains("&&")
        || text.contains("||")
        || ["(?", "[A-Z", "[a-z", "[0-9", "\\d"]
            .iter()
            .any(|part| text.contains(part))
        || holds_escape(&text)
        || text.contains("\\x")
        || text.starts_with(['(', '[', '{', '\\', ',', ';', ')', '|']) && !is_mixed(value)
        || text.starts_with(['&', '*', '#', '^', '?', '=']) && !is_mixed(value)
        || text.ends_with(['(', '[', '{', '\\', ';', ',', ':'])
        || text.contains("os.environ")
        || text.contains("process.env")
        || text.contains("getenv")
        || [
            "self.",
            "this.",
            "env.",
            "secrets.",
            "vars.",
            "config.",
            "settings.",
            "var.",
            "local.",
            "data.",
            "module.",
        ]
        .iter()
        .any(|head| text.starts_with(head))
        || dotted
}

/// `Harbor6781.light`: two words and a number, as a person makes up a password; no attribute is
/// called so.
fn is_two_words(value: &[u8]) -> bool {
    let mut parts = value.split(|b| *b == b'.');
    let (Some(first), Some(second), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let numbered = |part: &[u8]| {
        let digits = part.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        digits >= 2 && part.len() - digits >= 3
    };
    first.first().is_some_and(u8::is_ascii_uppercase) && (numbered(first) || numbered(second))
}

/// `_private_key_pkcs12`, `my-app-name2`: words joined, at most a number behind.
pub(super) fn is_identifier(value: &[u8]) -> bool {
    let lower = value.iter().all(|b| !b.is_ascii_uppercase());
    let upper = value.iter().all(|b| !b.is_ascii_lowercase());
    let word = |part: &[u8]| {
        let digits = part.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        digits <= 3
            && part[..part.len() - digits]
                .iter()
                .all(u8::is_ascii_alphabetic)
    };
    let parts = || value.split(|b| matches!(b, b'_' | b'-'));
    let title = parts().all(|part| part.iter().skip(1).all(|b| !b.is_ascii_uppercase()));
    let count = parts().count();
    ((lower || upper) && count > 1 || title && count > 3) && parts().all(word)
}

/// `Zr-Tanne-58-kz`: of its parts one is a number, and it is written in both cases.
pub(super) fn is_numbered(value: &[u8]) -> bool {
    let holds = |test: fn(&u8) -> bool| value.iter().any(test);
    let mut parts = value.split(|b| matches!(b, b'_' | b'-'));
    holds(u8::is_ascii_uppercase)
        && holds(u8::is_ascii_lowercase)
        && parts.any(|part| part.len() > 1 && part.iter().all(u8::is_ascii_digit))
}

/// Both cases and two digits in no order: no path, flag or expression looks like it.
fn is_mixed(value: &[u8]) -> bool {
    let count = |test: fn(&u8) -> bool| value.iter().filter(|b| test(b)).count();
    value.len() >= 8
        && count(u8::is_ascii_uppercase) >= 1
        && count(u8::is_ascii_lowercase) >= 1
        && count(u8::is_ascii_digit) >= 2
        && entropy::is_random(value)
}

/// A path, an address, a name in a secret store.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    text.contains("://")
        || text.starts_with(['.', '<', '>'])
        // One in sixty-four values of base64 starts like a path.
        || text.starts_with('/') && !(value.len() >= 20 && is_mixed(value) && !text.contains('.'))
        || text.starts_with(['~', '@', '%', '!', '-', '+', ':']) && !is_mixed(value)
        || text.starts_with("arn:")
        || text.starts_with("vault:")
        || text.starts_with("op:")
        || text.starts_with("ENC[")
        || text.starts_with("ENC(")
        || text.starts_with("secret/")
        || text.starts_with("projects/")
        || text.starts_with("--")
        || text.starts_with("data:")
        || text.starts_with("urn:")
        || text.starts_with("magnet:")
        // A hidden folder of a path: `x/.ssh/id_ed25519`.
        || text.contains("/.")
        || text.contains('@') && text.contains(".com")
        || has_extension(&text)
        || is_address(&text)
}

/// `localhost:22`, `owner/name`.
fn is_address(text: &str) -> bool {
    let name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    let port = text.split_once(':').is_some_and(|(host, port)| {
        name(host) && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())
    });
    let pair = text.len() < 24
        && !is_mixed(text.as_bytes())
        && text
            .split_once('/')
            .is_some_and(|(owner, item)| name(owner) && name(item));
    port || pair
}

fn has_extension(text: &str) -> bool {
    let Some((_, end)) = text.rsplit_once('.') else {
        return false;
    };
    matches!(
        end,
        "py" | "js"
            | "ts"
            | "json"
            | "yaml"
            | "yml"
            | "toml"
            | "txt"
            | "pem"
            | "key"
            | "crt"
            | "cer"
            | "html"
            | "xml"
            | "rs"
            | "go"
            | "java"
            | "rb"
            | "php"
            | "sh"
            | "md"
            | "conf"
            | "cfg"
            | "ini"
            | "com"
            | "org"
            | "net"
            | "io"
            | "dev"
            | "local"
            | "p12"
            | "pfx"
            | "jks"
            | "db"
    )
}

/// Whether a character is written as `\uXXXX`: in words of a language beyond ASCII, where tools keep to ASCII.
fn holds_escape(text: &str) -> bool {
    text.match_indices("\\u").any(|(at, _)| {
        let digits = text.as_bytes().get(at + 2..at + 6);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
