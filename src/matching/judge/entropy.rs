// SPDX-License-Identifier: Apache-2.0
//! How random a value looks.

pub(super) use super::spread::shannon;
use super::{Context, Opinion};

/// `letters-and-digits`: a generated token of some length holds both.
pub(super) fn letters_and_digits(context: &Context<'_>) -> Opinion {
    let secret = context.secret();
    let letters = secret.iter().any(u8::is_ascii_alphabetic);
    let digits = secret.iter().any(u8::is_ascii_digit);
    if letters && digits {
        Opinion::Plain
    } else {
        Opinion::Acquitted
    }
}

/// `random`: generated, not written by a person.
pub(super) fn random(context: &Context<'_>) -> Opinion {
    if is_random(context.secret()) {
        Opinion::Plain
    } else {
        Opinion::Acquitted
    }
}

/// `letters-at-random`: small letters alone, which follow each other as in no word.
pub(super) fn letters_at_random(context: &Context<'_>) -> Opinion {
    let letters: Vec<u8> = context
        .secret()
        .iter()
        .copied()
        .filter(u8::is_ascii_alphabetic)
        .collect();
    let (common, pairs) = letter_pairs(&letters);
    let mut kinds = letters.clone();
    kinds.sort_unstable();
    kinds.dedup();
    if common * 5 < pairs * 2 && kinds.len() >= 8 {
        Opinion::Plain
    } else {
        Opinion::Acquitted
    }
}

/// Whether the value has the spread of a generated one for its alphabet and length.
pub(super) fn is_random(value: &[u8]) -> bool {
    if value.windows(36).any(super::uuid::is_random_uuid) {
        return true;
    }
    // A prefix (`sk-`, `0x`) or a version in front is not what was generated.
    let longest = value
        .split(|b| matches!(b, b'-' | b'_' | b'.' | b':'))
        .max_by_key(|part| part.len());
    let value = longest.filter(|part| part.len() >= 16).unwrap_or(value);
    let value = value.strip_prefix(b"0x").unwrap_or(value);
    let value = behind_letters(value);
    // A generated value of n symbols stays a little below log2(min(n, alphabet)).
    let length = (value.len() as f64).log2();
    if value.iter().all(u8::is_ascii_hexdigit) {
        // Sixteen digits repeat some by chance; and letters in a row make no words here.
        let short = value.len() < 24 && value.iter().any(u8::is_ascii_alphabetic);
        return shannon(value) >= length.min(4.0) * if short { 0.7 } else { 0.78 };
    }
    // Base32 and base36 know one case.
    let one_case = value.iter().all(u8::is_ascii_alphanumeric)
        && !(value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase));
    let alphabet = if one_case { 36_f64.log2() } else { 6.0 };
    shannon(value) >= length.min(alphabet) * 0.78 && !is_words(value)
}

/// The hexadecimal digits of a value behind the few letters that a provider marks it with, without a sign between
/// (`EZAK` and 54 digits); what has none is left as it is.
fn behind_letters(value: &[u8]) -> &[u8] {
    let one_case = |test: fn(&u8) -> bool| {
        let digit = |b: &&u8| b.is_ascii_digit() || b.is_ascii_hexdigit() && test(b);
        value.iter().rev().take_while(digit).count()
    };
    let digits = one_case(u8::is_ascii_lowercase).max(one_case(u8::is_ascii_uppercase));
    let mark = &value[..value.len() - digits];
    if digits >= 40 && (2..=8).contains(&mark.len()) && mark.iter().all(u8::is_ascii_alphabetic) {
        &value[mark.len()..]
    } else {
        value
    }
}

/// For each letter those that mostly follow it in English: half of all pairs of a text, a fifth
/// of random ones.
const FOLLOWERS: [&[u8]; 26] = [
    b"ntlrsdc",
    b"eloyua",
    b"ohaetkr",
    b"eiao",
    b"rnsdaltcm",
    b"oier",
    b"ehra",
    b"eaio",
    b"nstcole",
    b"uo",
    b"ei",
    b"eliaoy",
    b"eaiop",
    b"dgtesoc",
    b"nrufmtlw",
    b"eroal",
    b"u",
    b"eoiaty",
    b"tesihou",
    b"heioras",
    b"rtnsl",
    b"ei",
    b"aiho",
    b"pt",
    b"os",
    b"e",
];

/// [`is_wordy`] for a value that may be short: by chance a random one holds a few pairs of letters
/// that words have, but digits stand anywhere in it, and no words cover it.
fn is_words(value: &[u8]) -> bool {
    if !is_wordy(value) {
        return false;
    }
    let last = value.iter().rposition(u8::is_ascii_alphabetic).unwrap_or(0);
    let inside = value[..last].iter().filter(|b| b.is_ascii_digit()).count();
    if inside < 2 {
        return true;
    }
    let mut covered = 0;
    let mut rest = value;
    while !rest.is_empty() {
        let length = word(rest);
        covered += if length > 2 { length } else { 0 };
        rest = &rest[length.max(1)..];
    }
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    covered * 4 >= letters * 3
}

/// Whether the value is mostly words: runs of letters, as words are written (`word`, `Word`,
/// `WORD`), in which letters follow each other as they do in English.
pub(super) fn is_wordy(value: &[u8]) -> bool {
    let (mut pairs, mut common, mut covered) = (0, 0, 0);
    let mut rest = value;
    while !rest.is_empty() {
        let length = word(rest);
        if length < 2 {
            rest = &rest[1..];
            continue;
        }
        let (run, after) = rest.split_at(length);
        covered += length;
        for pair in run.windows(2) {
            let [first, second] = [pair[0], pair[1]].map(|byte| byte.to_ascii_lowercase());
            pairs += 1;
            common += u32::from(FOLLOWERS[usize::from(first - b'a')].contains(&second));
        }
        rest = after;
    }
    common >= 4 && common * 2 >= pairs && covered * 5 >= value.len() * 3
}

/// Of all pairs of letters in the value those that English has often, and all.
pub(super) fn letter_pairs(value: &[u8]) -> (usize, usize) {
    let letters = |pair: &&[u8]| pair.iter().all(u8::is_ascii_alphabetic);
    let common = |pair: &&[u8]| {
        let [first, second] = [pair[0], pair[1]].map(|byte| byte.to_ascii_lowercase());
        FOLLOWERS[usize::from(first - b'a')].contains(&second)
    };
    let pairs = || value.windows(2).filter(letters);
    (pairs().filter(common).count(), pairs().count())
}

/// Length of the word at the start: small letters after at most one capital, or capitals alone.
fn word(text: &[u8]) -> usize {
    let capitals = text.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let from = capitals.min(1);
    let small = text[from..]
        .iter()
        .take_while(|b| b.is_ascii_lowercase())
        .count();
    if small >= 2 {
        from + small
    } else if capitals >= 3 {
        capitals
    } else {
        0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_known_values() {
        assert_eq!(shannon(b""), 0.0);
        assert_eq!(shannon(b"aaaa"), 0.0);
        assert!((shannon(b"abcd") - 2.0).abs() < 1e-9);
    }

    #[test]
    fn words_are_told_from_generated_values() {
        for words in [
            "authentication-token",
            "correcthorsebatterystaple",
            "my_secret_key_name",
            "DEFAULT_SETTINGS",
        ] {
            assert!(is_wordy(words.as_bytes()), "{words}");
        }
        for random in [
            "kQ7vZx2LpW9sYt4Rb8Nc",
            "9f86d081884c7d659a2feaa0c55ad015",
            "Zk3xQw8vLm1pTy6uRb4n",
        ] {
            assert!(!is_wordy(random.as_bytes()), "{random}");
            assert!(is_random(random.as_bytes()), "{random}");
        }
        assert!(!is_random(b"aaaaaaaaaaaabbbbbbbbbb"));
    }

    #[test]
    fn small_alphabets_are_random_too() {
        // Letter pairs as in words, digits more than once, thirty-two symbols in fifty-eight places.
        for random in [
            "5d60b9d6c6d99268",
            "8fd0116a8a9d8b66",
            "c8f08fecae581476b4780435e1e1305fe8799671",
            "qcz4r0kx7elm3qkz0a7v9e4ps5ukhd8jt3wn2e0dlfr7ceyz4mdqs0k9xe",
            "S5VF1OS3LSU421RRDCJASO0SXPPLDR6ECTTBO5IMDY1LXT3U3F7LBI54FPLX",
        ] {
            assert!(is_random(random.as_bytes()), "{random}");
        }
        for written in [
            "deadbeefdeadbeef",
            "feedfacecafebabe",
            "1111222233334444",
            "TLS1_TXT_DHE_PSK_WITH_AES_256_GCM_SHA384",
            "theconfigurationofthisserviceinproduction",
        ] {
            assert!(!is_random(written.as_bytes()), "{written}");
        }
    }
}
