// SPDX-License-Identifier: Apache-2.0
//! Whether a value could be a generated key or a password, from its characters alone.

use super::entropy;

/// How much a value looks like a secret.
pub(super) enum Strength {
    /// None.
    None,
    /// Words and a number, as people make them up: nothing but its place speaks for it.
    Chosen,
    /// A person may have chosen it, or it is short.
    Weak,
    /// Generated.
    Strong,
}

impl Strength {
    /// The greater of two.
    pub(super) fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Strong, _) | (Self::Weak, Self::None | Self::Chosen | Self::Weak) => self,
            (Self::Chosen, Self::None) => self,
            _ => other,
        }
    }
}

/// A generated key: long, of mixed characters, not made of words.
pub(super) fn key_strength(value: &[u8]) -> Strength {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    if value.len() >= 20 && is_scrambled(value) {
        return Strength::Weak;
    }
    // A short hexadecimal value is an id more often than a key.
    let short_hex = value.len() < 16 && value.iter().all(u8::is_ascii_hexdigit);
    let one_kind = digits == 0 || letters == 0;
    if value.len() < 12 || one_kind || short_hex || !entropy::is_random(value) {
        return Strength::None;
    }
    let mixed = digits >= 3 || is_beyond_doubt(value) && turns_often(value);
    if value.len() >= 20 && mixed && entropy::shannon(value) >= 3.2 {
        Strength::Strong
    } else {
        Strength::Weak
    }
}

/// Whether small letters, capitals and digits follow each other as they fall, and not word by word
/// (`heightOfGeoidAboveWGS84Units`).
fn turns_often(value: &[u8]) -> bool {
    let class = |b: u8| (b.is_ascii_digit(), b.is_ascii_uppercase());
    let turns = value
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    turns * 5 >= value.len() * 2
}

/// A password: of several kinds of characters, as a person or a generator makes one.
pub(super) fn password_strength(value: &[u8]) -> Strength {
    let class = |test: fn(&u8) -> bool| u32::from(value.iter().any(test));
    let classes = class(u8::is_ascii_lowercase)
        + class(u8::is_ascii_uppercase)
        + class(u8::is_ascii_digit)
        + class(u8::is_ascii_punctuation);
    let has_digit = value.iter().any(u8::is_ascii_digit);
    if value.len() < 6 || classes < 2 || !has_digit {
        return if is_scrambled(value) {
            Strength::Weak
        } else {
            Strength::None
        };
    }
    if value.len() >= 10 && classes >= 3 && entropy::is_random(value) {
        Strength::Strong
    } else if value.len() >= 8 && (classes >= 3 || !entropy::is_wordy(value)) {
        Strength::Weak
    } else if is_chosen(value) {
        Strength::Chosen
    } else {
        Strength::None
    }
}

/// A password that somebody thought of to be one: eight characters or more, letters and digits among them, and of
/// three kinds or with two digits.
pub(super) fn is_made_up(value: &[u8]) -> bool {
    let class = |test: fn(&u8) -> bool| value.iter().filter(|b| test(b)).count();
    let (upper, lower, digits) = (
        class(u8::is_ascii_uppercase),
        class(u8::is_ascii_lowercase),
        class(u8::is_ascii_digit),
    );
    let marks = class(u8::is_ascii_punctuation);
    let kinds = u8::from(upper > 0) + u8::from(lower > 0) + u8::from(marks > 0);
    value.len() >= 8 && digits > 0 && upper + lower >= 4 && (kinds >= 2 || digits >= 2)
}

/// What the parts of a value are in code and manuals, and not in what people choose: names of
/// algorithms and of fields, and numbers behind them.
const TECHNICAL: &str = "sha md5 hmac aes rsa utf base64 oauth http ssh x509 pbkdf argon bcrypt scrypt ecdsa curve iso \
    windows linux ubuntu debian python java node version release phase level step page line item field value \
    input option param index column user name group role host server client service account";

/// Letters, and two to six digits behind them that are no year of a version: `harborlight482`.
fn is_chosen(value: &[u8]) -> bool {
    let digits = value
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let letters = value[..value.len() - digits].to_ascii_lowercase();
    (2..=6).contains(&digits)
        && letters.len() >= 4
        && letters.iter().all(u8::is_ascii_lowercase)
        && !holds_any(&letters, TECHNICAL)
}

/// Whether one of `words`, which white space parts, stands anywhere in the text.
fn holds_any(text: &[u8], words: &str) -> bool {
    words
        .split_ascii_whitespace()
        .any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

/// Two or more words in one, of small letters alone (`harborlight`), or joined by hyphens. A single
/// word of the language or of programs is told by its end or by what it holds.
pub(super) fn is_joined_words(value: &[u8]) -> bool {
    const ENDS: &str = "tion tions sion ment ments able ible ness ing ings ed ator ators ition ally ary ory ity ive ives \
        ical ized ised ally ently ous ful less ship word words name names field fields input type text label form \
        reset change file files path value key keys code data list mode view page size time date only here \
        ent ant ance ence ers ors ies ology graphy database server client local host";
    const JOINTS: &str = "the and are but for from has have here into may must not please should than that this \
        was when will with you your enter choose least more most only used";
    const WITHIN: &str = "pass word user admin login auth secret token test example change default require valid confirm \
        current forgot generate encrypt decrypt hash plain clear store vault manage config prompt string object \
        number boolean null undefined function return anonymous guest root public private system service";
    let parts: Vec<&[u8]> = value.split(|b| matches!(b, b'-' | b' ')).collect();
    let small = |part: &&[u8]| part.len() >= 3 && part.iter().all(u8::is_ascii_lowercase);
    let lone = parts.len() == 1 && (9..=28).contains(&value.len());
    // A phrase, and no sentence.
    let joint = |part: &&[u8]| {
        JOINTS
            .split_ascii_whitespace()
            .any(|word| word.as_bytes() == *part)
    };
    let phrase = parts.len() >= 4 && value.len() >= 16 && !parts.iter().any(joint);
    (lone || phrase)
        && parts.iter().all(small)
        && !holds_any(value, TECHNICAL)
        && !ENDS
            .split_ascii_whitespace()
            .any(|end| value.ends_with(end.as_bytes()))
        && !holds_any(value, WITHIN)
}

/// Nobody writes it by hand and no format of ids has it: three kinds of characters, or digits of
/// base 16 or 36, in no order and long.
pub(super) fn is_beyond_doubt(value: &[u8]) -> bool {
    let class = |test: fn(&u8) -> bool| value.iter().filter(|b| test(b)).count();
    let (upper, lower, digits) = (
        class(u8::is_ascii_uppercase),
        class(u8::is_ascii_lowercase),
        class(u8::is_ascii_digit),
    );
    let mixed = upper >= 3 && lower >= 3 && digits >= 2;
    let flat = digits >= 4 && upper.max(lower) >= 4;
    entropy::is_random(value)
        && !entropy::is_wordy(value)
        && (mixed && (value.len() >= 24 || value.len() >= 20 && digits >= 3)
            || flat && value.len() >= 32)
}

/// Letters of both cases in no order: `IPhMLDgrPugvV` is no word, and no name of several words.
fn is_scrambled(value: &[u8]) -> bool {
    let letters = |test: fn(&u8) -> bool| value.iter().filter(|b| test(b)).count();
    let (upper, lower) = (
        letters(u8::is_ascii_uppercase),
        letters(u8::is_ascii_lowercase),
    );
    let mark = |b: &u8| b.is_ascii_alphabetic() || b"-!#$*^%+~@&?".contains(b);
    let run = value
        .split(|b| !b.is_ascii_lowercase())
        .map(<[u8]>::len)
        .max();
    let turns = value
        .windows(2)
        .filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase())
        .count();
    // As names of several words have it, or as no words do.
    let turning = run.is_none_or(|run| run <= 4 || value.len() >= 16 && run <= 7)
        && turns >= 5.max(value.len() / 4);
    let (common, pairs) = entropy::letter_pairs(value);
    let unpronounceable = turns >= 2 && common * 3 < pairs;
    value.len() >= 10
        && value.iter().all(mark)
        && upper >= 2
        && lower >= 2
        && (upper + lower) * 4 >= value.len() * 3
        && (turning || unpronounceable)
        && !entropy::is_wordy(value)
}

#[cfg(test)]
mod tests {
    use super::{
        Strength, is_joined_words, is_made_up, is_scrambled, key_strength, password_strength,
    };

    #[test]
    fn letters_in_no_order_are_told_from_names() {
        for value in [
            "IPhMLDgrPugvV",
            "ifBDNJGUKOOPn",
            "PVQxMkjWzTbq",
            "dKRA-LRMK-SCVb",
            "czWe-QCRj-ygdk",
            "XAKL-RKaU-fqgw",
            "EXkg-nkZk-CnAL",
            "xdaX^FzMjT+MPA",
        ] {
            assert!(is_scrambled(value.as_bytes()), "{value}");
            let strength = password_strength(value.as_bytes());
            assert!(matches!(strength, Strength::Weak), "{value}");
        }
        for value in [
            "getUserPassword",
            "ConvertToSecureString",
            "MAX_PASSWORD",
            "CamelCaseHTMLId",
            "Content-Type-Auth",
            "correcthorse",
        ] {
            assert!(!is_scrambled(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_generated_key_may_have_few_digits() {
        let strong = |value: &str| matches!(key_strength(value.as_bytes()), Strength::Strong);
        assert!(strong("RpzQPCVnHYFes5TLkslBXcwLJ1rzxAgY"));
        assert!(!strong("heightOfGeoidAboveWGS84Units"));
        let mark = ["EZ", "AK"].concat();
        assert!(strong(&format!(
            "{mark}5b0c93e71fa8d2466e0b97c41d35fa8806e2b749d1c05f3a9e6712"
        )));
        assert!(!strong(&format!("{mark}{}", "0a".repeat(27))));
    }

    #[test]
    fn what_is_thought_of_as_a_password_is_told_from_words() {
        for value in [
            "Ostra_kanal-52",
            "h0ltzMarkt7b",
            "pilz,wald;604",
            "Moln.fjord88",
        ] {
            assert!(is_made_up(value.as_bytes()), "{value}");
        }
        for value in ["harborlight4", "Passwort", "a-1-2-3-4", "K4!z"] {
            assert!(!is_made_up(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_people_choose_is_told_from_names_of_code() {
        let strength = |value: &str| password_strength(value.as_bytes());
        for value in ["harborlight48", "Copper2931", "pepper770"] {
            assert!(!matches!(strength(value), Strength::None), "{value}");
        }
        for value in ["base64url", "windows2019", "windows10"] {
            assert!(matches!(strength(value), Strength::None), "{value}");
        }
        for value in [
            "harborlight",
            "quartz-meadow-lemur-thistle",
            "quartz meadow lemur thistle",
        ] {
            assert!(is_joined_words(value.as_bytes()), "{value}");
        }
        for value in [
            "administrator",
            "authentication",
            "passwordfield",
            "required",
            "lower-case-name",
            "must have eight letters",
        ] {
            assert!(!is_joined_words(value.as_bytes()), "{value}");
        }
    }
}
