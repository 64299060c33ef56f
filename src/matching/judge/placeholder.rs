// SPDX-License-Identifier: Apache-2.0
//! Values that stand for a secret: example words, template syntax, runs and repetitions; and
//! values that are digests or ids.

use super::uuid::is_uuid;
use super::{Context, Opinion, entropy};

/// Words that nobody's generated secret holds by chance.
const WORDS: &str = "example placehold changeme change_me change-me change_this changethis your insert \
    replace redacted removed dummy sample fake notreal not_real not-real notasecret invalid \
    todo fixme xxxx **** .... ____ ---- foobar foo-bar foo_bar deadbeef cafebabe mysecret \
    my_secret my-secret mytoken my_token my-token mypass my_pass my-pass mykey my_key my-key \
    myapi my_api some_ some- somesecret sometoken default qwerty lorem testing testkey \
    testtoken test_ _test test- -test secret_here key_here token_here supersecret \
    super-secret super_secret topsecret verysecret very-secret verysecure asdf hunter2 \
    s3cr3t secretkey secret-key secret_key secret-token secret_token secrettoken \
    secretpassword password passw0rd p@ssw0rd letmein unused undefined notused unknown \
    disabled ellipsis truncated masked hidden obfuscated demo mock stub none_ abcdefgh \
    01234567 12345678 87654321 1q2w3e qazwsx zaq1 1qaz";

/// Values printed in standards and manuals, as CRC-32: they would trip other scanners here.
const SPECIMENS: &[u32] = &[
    0x2bdd_531a, // RFC 6749, 4.1.4 (refresh token)
    0x9e49_269d, // RFC 6749, 4.1.4 (access token)
    0x1bbf_5538, // RFC 6749, 4.1.2 (code)
    0xe031_8833, // RFC 6749, 2.3.1 (client secret)
    0x269d_4cea, // RFC 6749, 4.1.3 (Basic)
    0x494b_da51, // RFC 6749, 4.1.3 (its password)
    0xb4cb_d586, // Azurite, storage emulator
    0x8770_7360, // Cosmos DB emulator
    0xbd0c_a09b, // Hardhat and Anvil, account 0
    0x70de_103d, // Hardhat and Anvil, account 1
    0x776d_e070, // Stripe's documentation
    0x396d_8142, // Stripe's documentation, before
    0x401f_50a0, // Stripe's documentation, elsewhere
    0xb4a1_ffd1, // Google's documentation of maps
    0x07e1_75bd, // reCAPTCHA's answer to every test
    0x1ea6_1b5f, // X's own page, as its address writes it
    0x8595_27c7, // X's own page, up to its `=`
    // Known as the example of:
    0xab4d_2e47, // Stripe
    0x3def_03d5, // Slack
    0x34bf_1626, // Slack
    0x9088_91f9, // GitHub
    0x8403_652e, // GitHub
    0x5e09_c269, // GitHub
    0x7202_4bff, // Discord
    0x074e_036a, // Discord (clients' documentation)
    0x2831_afe3, // Telegram
    0xb8e7_ad03, // Telegram
    0xd27f_479e, // SendGrid
    0x98bd_00d1, // Google
    0x81d5_1c33, // DigitalOcean
    0xcbfd_5757, // Vault
    0x2d06_6124, // Ganache, account 0
    0xe3d5_effa, // kubeadm
    0x8c0b_a97e, // Docker swarm
    0x5e45_f212, // RFC 8037
    0xcbf4_3f40, // Kubernetes
    0x0793_1460, // X
    0x852b_d8c4, // X
    0x3abd_9b53, // FastAPI
    0xc38f_70f2, // snippets of clients
];

/// Whether the value is one that everybody has read: no rule reports it.
pub(super) fn is_specimen(value: &[u8]) -> bool {
    SPECIMENS.contains(&crc32fast::hash(value.strip_prefix(b"0x").unwrap_or(value)))
}

/// Names that stand right before a digest.
const DIGESTS: &[&[u8]] = &[b"sha256=", b"sha384=", b"sha512=", b"md5=", b"patch_hash="];

/// Whether the value is part of what its name calls a digest, and what is as long as one, as in `RECORD` of a wheel or in
/// the paths of pnpm: one in some ten thousand has the form of a token.
pub(super) fn is_called_digest(context: &Context<'_>) -> bool {
    const LONGEST: usize = 128;
    let text = context.text;
    let digit = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let before = &text[context.hit.start.saturating_sub(LONGEST)..context.hit.start];
    let start = context.hit.start - before.iter().rev().take_while(digit).count();
    let name = &text[start.saturating_sub(16)..start];
    if !DIGESTS.iter().any(|known| name.ends_with(known)) {
        return false;
    }
    let after = &text[start..text.len().min(start + LONGEST + 1)];
    let run = &after[..after.iter().take_while(digit).count()];
    let hex = run.iter().all(u8::is_ascii_hexdigit);
    // In hexadecimal digits, in base64 with or without padding, in the base32 of pnpm.
    hex && matches!(run.len(), 32 | 40 | 64 | 96 | 128)
        || matches!(run.len(), 43 | 64 | 86)
        || run.len() == 26
            && run
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Marks of a template, a reference or a call in place of a value.
const MARKS: &[&str] = &[
    "${", "$(", "{{", "}}", "<%", "%>", "#{", "%{", "%(", "{%", "@@", "[[", "]]", "{0}", "{1}",
    "{}", "...", "\u{2026}",
];

/// `not-placeholder`: no stand-in, and nothing that its own name calls public.
pub(super) fn not_placeholder(context: &Context<'_>) -> Opinion {
    let value = context.secret();
    if is_placeholder(value) || is_prose(value) || super::name::is_public(context.before()) {
        Opinion::Acquitted
    } else {
        Opinion::Plain
    }
}

/// Whether the value is base64 of a sentence, and not of a user and a password.
fn is_prose(value: &[u8]) -> bool {
    super::decode::readable(value).is_some_and(|plain| {
        let spaces = plain.iter().filter(|b| **b == b' ').count();
        spaces >= 2 && !plain.contains(&b':')
    })
}

/// `not-hash`: digests, UUIDs and SRI values are public by nature.
pub(super) fn not_hash(context: &Context<'_>) -> Opinion {
    if is_hash(context.secret()) {
        Opinion::Acquitted
    } else {
        Opinion::Plain
    }
}

/// Of [`WORDS`] those that real values hold as well, where providers tell keys of a sandbox.
const MODES: &str = "test_ _test test- -test";

/// Whether the value stands for a secret rather than being one.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    // Beside a part that was generated beyond doubt a mode or two underscores say nothing.
    let generated = holds_generated(value);
    let holds = |word: &str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
    let test_word = || {
        lower.split(|b| !b.is_ascii_alphanumeric()).any(|part| {
            matches!(
                part,
                b"test" | b"tests" | b"foo" | b"bar" | b"baz" | b"xxx" | b"abc"
            )
        })
    };
    // A short word may stand in a long random value by chance.
    let mode = |word: &str| MODES.split(' ').any(|known| known == word);
    let telling = |word: &&str| (word.len() > 4 || lower.len() < 40) && !(generated && mode(word));
    WORDS.split_ascii_whitespace().filter(telling).any(&holds)
        || MARKS.iter().any(|mark| holds(mark))
        || is_format(value)
        || !generated && test_word()
        || !generated && is_dunder(value)
        || is_bracketed(value)
        || is_counted(value)
        || is_specimen(value)
        || is_made_of_words(&lower)
        || has_run(value, if generated { 8 } else { 6 })
        || is_periodic(&lower)
        || distinct(&lower) * 6 < lower.len().min(36)
        || distinct(&lower) < 4
}

/// Words that a stand-in is put together from, and nothing else: `secretpass`, `pass%20pass`,
/// `S3cur1ty`, `correct_master_key_123!`.
fn is_made_of_words(lower: &[u8]) -> bool {
    const PARTS: &[&str] = &[
        "pass",
        "password",
        "passwd",
        "passphrase",
        "pas",
        "word",
        "pw",
        "pwd",
        "secret",
        "secure",
        "security",
        "user",
        "username",
        "name",
        "my",
        "the",
        "your",
        "token",
        "key",
        "api",
        "admin",
        "root",
        "login",
        "db",
        "database",
        "some",
        "new",
        "old",
        "strong",
        "super",
        "top",
        "very",
        "correct",
        "wrong",
        "master",
        "long",
        "random",
        "value",
        "string",
    ];
    if lower.len() > 40 {
        return false;
    }
    let mut plain = Vec::with_capacity(lower.len());
    let mut rest = lower;
    while let [first, tail @ ..] = rest {
        let encoded = *first == b'%' && tail.len() >= 2;
        rest = if encoded { &tail[2..] } else { tail };
        if !encoded {
            plain.push(*first);
        }
    }
    let digits = plain
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_alphabetic())
        .count();
    let stem = &plain[..plain.len() - digits];
    let letters: Vec<u8> = stem
        .iter()
        .copied()
        .filter(u8::is_ascii_alphabetic)
        .collect();
    let read: Vec<u8> = plain
        .iter()
        .map(|b| match b {
            b'4' | b'@' => b'a',
            b'3' => b'e',
            b'1' | b'!' => b'i',
            b'0' => b'o',
            b'5' | b'$' => b's',
            b'7' => b't',
            other => *other,
        })
        .filter(u8::is_ascii_alphabetic)
        .collect();
    digits <= 5 && is_sentence(&letters, PARTS) || is_sentence(&read, PARTS)
}

/// Whether `text` can be cut into `words`.
fn is_sentence(text: &[u8], words: &[&str]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for at in 0..text.len() {
        if reached[at] {
            for word in words
                .iter()
                .filter(|word| text[at..].starts_with(word.as_bytes()))
            {
                reached[at + word.len()] = true;
            }
        }
    }
    text.len() >= 4 && reached[text.len()]
}

/// `user-%s`, `%d`: a mark of printf. In letters and digits of no order it stands by chance.
fn is_format(value: &[u8]) -> bool {
    let marked = value
        .windows(2)
        .any(|pair| pair[0] == b'%' && matches!(pair[1], b's' | b'd' | b'v' | b'S' | b'D' | b'V'));
    let class = |test: fn(&u8) -> bool| value.iter().any(test);
    let mixed = class(u8::is_ascii_uppercase)
        && class(u8::is_ascii_lowercase)
        && class(u8::is_ascii_digit)
        && entropy::is_random(value);
    marked && !mixed
}

fn is_bracketed(value: &[u8]) -> bool {
    matches!(
        (value.first(), value.last()),
        (Some(b'<'), Some(b'>'))
            | (Some(b'{'), Some(b'}'))
            | (Some(b'['), Some(b']'))
            | (Some(b'%'), Some(b'%'))
            | (Some(b'*'), Some(b'*'))
    ) || value.first() == Some(&b'$')
}

/// `__TOKEN__`, as templates mark what they fill.
fn is_dunder(value: &[u8]) -> bool {
    value.starts_with(b"__") || value.ends_with(b"__")
}

/// Parts between dashes that count up from one and come again: `1234-1234-1234`.
fn is_counted(value: &[u8]) -> bool {
    value
        .split(|b| *b == b'-')
        .filter(|part| *part == b"1234")
        .count()
        >= 3
}

/// Whether a part of the value, between marks, is long and of letters and digits in no order.
pub(super) fn holds_generated(value: &[u8]) -> bool {
    value
        .split(|b| !b.is_ascii_alphanumeric())
        .filter(|part| part.len() >= 16)
        .any(|part| {
            let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
            let letters = part.iter().filter(|b| b.is_ascii_alphabetic()).count();
            digits >= 2 && letters >= 2 && entropy::is_random(part)
        })
}

/// `longest` equal characters in a row, or seven that count up or down.
fn has_run(value: &[u8], longest: usize) -> bool {
    let (mut equal, mut up, mut down) = (1, 1, 1);
    for pair in value.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        equal = if a == b { equal + 1 } else { 1 };
        up = if b == a.wrapping_add(1) { up + 1 } else { 1 };
        down = if a == b.wrapping_add(1) { down + 1 } else { 1 };
        if equal >= longest || up >= 7 || down >= 7 {
            return true;
        }
    }
    // A short value may be nothing but a run.
    let short = value.len() <= 12;
    short && (up == value.len() || down == value.len())
}

/// The same few characters again and again: `abc123abc123abc123`.
fn is_periodic(value: &[u8]) -> bool {
    (1..=value.len() / 3)
        .chain(value.len().is_multiple_of(2).then_some(value.len() / 2))
        .any(|period| {
            value
                .iter()
                .zip(&value[period..])
                .all(|(left, right)| left == right)
        })
}

fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in value {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|&&s| s).count()
}

/// Whether the value has the form of a digest or an id.
pub(super) fn is_hash(value: &[u8]) -> bool {
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    (hex && matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128)) || is_uuid(value) || is_sri(value)
}

/// MD5, SHA-1 and SHA-256 of the empty text.
pub(super) fn is_digest_of_nothing(value: &[u8]) -> bool {
    [
        &b"d41d8cd98f00b204"[..],
        b"da39a3ee5e6b4b0d",
        b"e3b0c44298fc1c14",
    ]
    .iter()
    .any(|head| value.to_ascii_lowercase().starts_with(head))
}

/// `sha256-...` and what else names its digest (Subresource Integrity, Go, Nix, PHC strings).
pub(super) fn is_sri(value: &[u8]) -> bool {
    const HEADS: &[&[u8]] = &[
        b"sha1-",
        b"sha256-",
        b"sha384-",
        b"sha512-",
        b"sha256:",
        b"sha1:",
        b"sha512:",
        b"md5:",
        b"sha256=",
        b"h1:",
        b"$2a$",
        b"$2b$",
        b"$2y$",
        b"$argon2",
        b"$pbkdf2",
        b"$scrypt",
        b"$6$",
        b"$5$",
        b"$1$",
        b"pbkdf2_",
        b"pbkdf2:",
        b"scrypt:",
        b"bcrypt",
        b"argon2",
        b"{SSHA",
        b"{SHA}",
        b"{bcrypt}",
        b"SCRAM-SHA",
    ];
    HEADS.iter().any(|head| value.starts_with(head))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::Known;
    use super::*;
    use crate::classify::Kind;
    use crate::model::ByteSpan;

    #[test]
    fn stand_ins_are_recognised() {
        for value in [
            "your-api-key",
            "AKIAIOSFODNN7EXAMPLE",
            "${TOKEN}",
            "{{ token }}",
            "<token>",
            "%s",
            "xxxxxxxxxxxxxxxx",
            "changeme",
            "abc123abc123abc123",
            "0123456789",
            "aaaaaaaaaaaa",
            "$PASSWORD",
            "test-key",
            "__API_TOKEN__",
            "sec_test_key0000",
            "1234567890abcdefgh",
            "secretpass",
            "pass%20pass",
            "S3CuR1Ty",
            "P4$$word",
            "correct_master_key_123!",
            "ya29.google-oauth...",
            "tok-1234-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        for value in [
            "kQ7vZx2LpW9sYt4Rb8Nc",
            "9f86d081884c7d659a2feaa0c55ad015",
            "tR0ub4dor&3",
            "Kingfisher77",
            "g4Ck0%DAzKGQ!",
            "__kQ7vZx2LpW9sYt4Rb8Nc",
            "sec_test_kQ7vZx2LpW9sYt4Rb8Nc",
            "kQ7vZx2LpW9sYt4Rb8Nc-test-eu",
        ] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_a_name_calls_a_digest_must_be_as_long_as_one() {
        let called = |text: &str, value: &str| {
            let at = text.find(value).unwrap();
            is_called_digest(&Context {
                text: text.as_bytes(),
                whole: ByteSpan::new(at, at + value.len()),
                hit: ByteSpan::new(at, at + value.len()),
                path: "a",
                kind: Kind::of("a", text.as_bytes(), false),
                known: &Known::default(),
            })
        };
        let value = "tk_7Zx2LpW9sYt4Rb8NcHj3mDf5gK2rPwQ";
        let padding = "a".repeat(43 - value.len());
        assert!(called(&format!("x.py,sha256={padding}{value},12"), value));
        assert!(!called(&format!("x.py?sha256={value}"), value));
        assert!(!called(&format!("x.py?key={padding}{value}"), value));
        let hash = "7c2f91e04ab85d36".repeat(4);
        assert!(called(&format!("@5.0.6_patch_hash={hash}/x"), &hash));
    }

    #[test]
    fn digests_and_ids_are_recognised() {
        assert!(is_hash(b"d41d8cd98f00b204e9800998ecf8427e"));
        assert!(is_hash(b"123e4567-e89b-12d3-a456-426614174000"));
        assert!(is_hash(b"sha512-abcdef"));
        assert!(!is_hash(b"kQ7vZx2LpW9sYt4Rb8Nc"));
    }
}
