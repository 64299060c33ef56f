// SPDX-License-Identifier: Apache-2.0
//! Values assigned to a secret-like name, when no provider's form says what they are.
//!
//! The name tells what to expect (a person's password or a generated key), the value whether it
//! can be one, the file whether it is used or shown.

use super::code::is_qualified;
use super::no_value::{is_address, is_no_value, speaks_of_digests};
use super::strength::{Strength, key_strength, password_strength};
use super::{
    Context, Opinion, decode, encoded, entropy, joined, list, name, place, placeholder, sealed,
    shown, strength, uuid,
};
use crate::model::{Confidence, Severity};

/// `generic-value`: the match starts at the name and the hit is the value.
pub(super) fn value(context: &Context<'_>) -> Opinion {
    weigh(context, &name::of(context.before()))
}

/// The same for a value whose name stands elsewhere (a table's head).
pub(super) fn weigh(context: &Context<'_>, name: &[u8]) -> Opinion {
    let pieces = joined::whole(context);
    let value = pieces.as_deref().unwrap_or(context.secret());
    if name::holds_none(name) || is_no_value(name, value) || list::are_neighbours(context) {
        return Opinion::Acquitted;
    }
    // The name of a session that a manual went through is over.
    if [&b"sessionkey"[..], b"sessionid"]
        .iter()
        .any(|end| name.ends_with(end))
        && place::is_illustration(context)
    {
        return Opinion::Acquitted;
    }
    // The search of a site asks with a key that may do nothing else.
    let line = context.line();
    if memchr::memmem::find(line, b"docsearch").is_some()
        || memchr::memmem::find(line, b"indexName").is_some()
    {
        return Opinion::Acquitted;
    }
    // Base64 of something readable is judged by what it says.
    let plain = decode::readable(value);
    if let Some(plain) = &plain
        && (plain.contains(&b' ') || is_no_value(name, plain))
    {
        return Opinion::Acquitted;
    }
    let password = name::is_password(name);
    let digest = placeholder::is_hash(value);
    if placeholder::is_sri(value)
        || !password && is_address(value)
        || digest && speaks_of_digests(context)
        || uuid::is_uuid(value) && !(name::calls_key(name) && uuid::is_random_uuid(value))
        || password && (uuid::is_uuid(value) || placeholder::is_digest_of_nothing(value))
        || sealed::is_kept_sealed(context)
    {
        return Opinion::Acquitted;
    }
    let strength = match &plain {
        // Ids have this form as well, and passwords are kept as digests.
        _ if uuid::is_uuid(value) || digest && password => Strength::Weak,
        Some(plain) => password_strength(plain),
        None if password => password_strength(value),
        // "secret" may call either.
        None if name.ends_with(b"secret") && has_mark(value) => {
            Strength::Weak.or(key_strength(value))
        }
        None => key_strength(value),
    };
    // A value on a line of its own needs more than a name above it.
    let short = value.len() < 20 && matches!(strength, Strength::Chosen | Strength::Weak);
    if short && context.before().contains(&b'\n') && !is_marked_value(context.before()) {
        return Opinion::Acquitted;
    }
    if matches!(strength, Strength::Chosen) && !name::ends_in_password(name) {
        return Opinion::Acquitted;
    }
    let told = !name.is_empty() && name::ends_in_password(name);
    rate(context, strength, told)
}

/// Whether the line that the value stands on says itself that it is one: `<string>`, `value: `.
fn is_marked_value(before: &[u8]) -> bool {
    let from = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let line = before[from..].trim_ascii().to_ascii_lowercase();
    let line = line.strip_suffix(b"\"").unwrap_or(&line);
    let line = line.strip_suffix(b"'").unwrap_or(line).trim_ascii_end();
    [
        &b"<string>"[..],
        b"value:",
        b"value\":",
        b"default:",
        b"defaultvalue:",
    ]
    .iter()
    .any(|mark| line.ends_with(mark))
}

/// `chosen-words`: a password of words alone, where its name and its place leave no doubt what it is.
pub(super) fn chosen_words(context: &Context<'_>) -> Opinion {
    let value = context.secret();
    let stand_in =
        placeholder::is_placeholder(value) || encoded::is_common(value) || is_repeated(context);
    if stand_in || !strength::is_joined_words(value) {
        return Opinion::Acquitted;
    }
    // Without a digit none of them is made up.
    rate(context, Strength::Chosen, false)
}

/// `argument`: as `credential`, and passwords of words too: a program takes nothing else there.
pub(super) fn argument(context: &Context<'_>) -> Opinion {
    match credential(context) {
        Opinion::Acquitted => chosen_words(context),
        other => other,
    }
}

/// Whether the value stands twice on its line, as the name of what it is the password of.
fn is_repeated(context: &Context<'_>) -> bool {
    memchr::memmem::find_iter(context.line(), context.secret())
        .nth(1)
        .is_some()
}

/// `credential`: a password or key that stands where a program or a function takes one.
pub(super) fn credential(context: &Context<'_>) -> Opinion {
    let value = context.secret();
    if is_no_value(b"", value) || placeholder::is_sri(value) {
        return Opinion::Acquitted;
    }
    if uuid::is_uuid(value) {
        return match uuid::is_random_uuid(value) {
            true => rate(context, Strength::Weak, true),
            false => Opinion::Acquitted,
        };
    }
    // Tokens are taken there too, and are longer than what people make up.
    let strength = password_strength(value).or(key_strength(value));
    match rate(context, strength, true) {
        Opinion::Acquitted if place::is_own_manual(context) && strength::is_made_up(value) => {
            Opinion::Counts(Severity::Low, Confidence::Low)
        }
        other => other,
    }
}

/// `marked-password`: a password of letters of both cases, digits and a mark, where its place alone says
/// what it is.
pub(super) fn marked(context: &Context<'_>) -> Opinion {
    let value = context.secret();
    if is_no_value(b"", value) || !has_mark(value) {
        return Opinion::Acquitted;
    }
    rate(context, password_strength(value), true)
}

/// `encoded-value`: base64 of a password or key, as a Kubernetes Secret keeps whatever it holds.
pub(super) fn encoded(context: &Context<'_>) -> Opinion {
    let Some(plain) = decode::readable(context.secret()) else {
        return Opinion::Acquitted;
    };
    let is_name = |b: &u8| b.is_ascii_lowercase() || matches!(b, b'.' | b'-' | b'_');
    if plain.iter().any(u8::is_ascii_whitespace)
        || plain.iter().all(is_name)
        || plain.len() < 8
        || is_no_value(b"", &plain)
    {
        return Opinion::Acquitted;
    }
    match password_strength(&plain) {
        Strength::Chosen => Opinion::Acquitted,
        strength => rate(context, strength, false),
    }
}

/// Whether the value could be a password or a key at all.
pub(super) fn is_convincing(value: &[u8]) -> bool {
    !matches!(password_strength(value), Strength::None)
        || !matches!(key_strength(value), Strength::None)
}

/// Whether the value is a generated key beyond doubt.
pub(super) fn is_generated(value: &[u8]) -> bool {
    matches!(key_strength(value), Strength::Strong)
}

/// `generated`: a key that was generated, where nothing but its place says that it is one.
pub(super) fn generated(context: &Context<'_>) -> Opinion {
    let value = context.secret();
    let id = uuid::is_uuid(value) && !uuid::is_random_uuid(value);
    if id || placeholder::is_sri(value) || is_no_value(b"", value) || is_qualified(value) {
        return Opinion::Acquitted;
    }
    if uuid::is_uuid(value) {
        // Ids have this form more often than keys.
        rate(context, Strength::Weak, false)
    } else if is_generated(value) {
        rate(context, Strength::Strong, false)
    } else {
        Opinion::Acquitted
    }
}

/// A value in running text, where most words are none: generated beyond doubt.
pub(super) fn noted(context: &Context<'_>, name: &[u8]) -> Opinion {
    let value = context.secret();
    if name::holds_none(name) || is_no_value(name, value) || placeholder::is_sri(value) {
        return Opinion::Acquitted;
    }
    let password = name::is_password(name);
    if placeholder::is_hash(value)
        && !uuid::is_uuid(value)
        && (password || speaks_of_digests(context))
    {
        return Opinion::Acquitted;
    }
    // Where people keep passwords, those that they made up count too.
    let chosen = password
        && matches!(password_strength(value), Strength::Chosen)
        && place::is_working_note(context.path)
        && name::ends_in_password(name);
    let strong = if password {
        let class = |test: fn(&u8) -> bool| value.iter().any(test);
        let mixed = class(u8::is_ascii_uppercase) && class(u8::is_ascii_lowercase)
            || class(|b| b"!#$%^&*+=~?".contains(b));
        let weak = matches!(password_strength(value), Strength::None | Strength::Chosen);
        mixed && !entropy::is_wordy(value) && !weak || has_mark(value)
    } else {
        let strength = key_strength(value);
        uuid::is_uuid(value)
            || matches!(strength, Strength::Strong)
            || value.len() >= 20 && matches!(strength, Strength::Weak)
    };
    match (strong, chosen) {
        (true, _) => rate(context, Strength::Strong, false),
        (_, true) => Opinion::Counts(Severity::Low, Confidence::Low),
        _ => Opinion::Acquitted,
    }
}

/// Letters of both cases, digits, and a mark that no word or version has: `Bodolix482!`.
fn has_mark(value: &[u8]) -> bool {
    let class = |test: fn(&u8) -> bool| value.iter().any(test);
    value.len() >= 8
        && class(u8::is_ascii_uppercase)
        && class(u8::is_ascii_lowercase)
        && class(u8::is_ascii_digit)
        && class(|b| b"!#$%^&*+=~?".contains(b))
}

/// What the value's strength and its place make of it. `told` is that nothing but a password stands there, by
/// its name or by the program that takes it.
fn rate(context: &Context<'_>, strength: Strength, told: bool) -> Opinion {
    if matches!(strength, Strength::None) {
        return Opinion::Acquitted;
    }
    let shown = place::is_illustration(context) && !place::is_working_note(context.path);
    let used = is_configuration(context) && !shown;
    let minified = context.line().len() > 1500;
    match strength {
        Strength::None => Opinion::Acquitted,
        Strength::Chosen if shown || minified => Opinion::Acquitted,
        Strength::Chosen if used => Opinion::Counts(Severity::Medium, Confidence::Low),
        Strength::Chosen if told && strength::is_made_up(context.secret()) => {
            Opinion::Counts(Severity::Medium, Confidence::Low)
        }
        Strength::Chosen => Opinion::Counts(Severity::Low, Confidence::Low),
        // No prose: what a program wrote, and what somebody wrote down beside no documentation.
        Strength::Weak | Strength::Strong
            if shown
                && !place::shows_use(context)
                && (place::is_record(context)
                    || place::is_loose_note(context)
                        && (matches!(strength, Strength::Strong)
                            || has_mark(context.secret()))) =>
        {
            Opinion::Counts(Severity::Low, Confidence::Low)
        }
        // Made up for a reader or a test, as nearly all of these are.
        Strength::Weak if shown && !strength::is_beyond_doubt(context.secret()) => {
            Opinion::Acquitted
        }
        // What a standard prints for everybody who tests against it.
        Strength::Strong if shown && shown::is_vector(context) => Opinion::Acquitted,
        // A name and a value that nobody writes by hand: shown to readers, perhaps in use all the same.
        Strength::Strong if shown && !place::shows_use(context) => {
            if strength::is_beyond_doubt(context.secret()) {
                Opinion::Counts(Severity::Low, Confidence::Low)
            } else {
                Opinion::Acquitted
            }
        }
        Strength::Weak if used => Opinion::Counts(Severity::Medium, Confidence::Medium),
        Strength::Weak if minified => Opinion::Acquitted,
        Strength::Weak
            if told
                && !shown
                && !place::is_aside(context.path)
                && strength::is_made_up(context.secret()) =>
        {
            Opinion::Counts(Severity::Medium, Confidence::Low)
        }
        Strength::Weak => Opinion::Counts(Severity::Low, Confidence::Low),
        Strength::Strong if used => Opinion::Counts(Severity::High, Confidence::Medium),
        Strength::Strong if minified => Opinion::Doubtful,
        Strength::Strong => Opinion::Plain,
    }
}

/// Files that a program reads its settings from.
fn is_configuration(context: &Context<'_>) -> bool {
    matches!(context.kind.id, "env" | "ini" | "terraform")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::tests::weigh;
    use crate::model::Severity;
    use crate::rules::Judge;

    fn verdict(text: &str, value: &str, path: &str) -> Option<Option<Severity>> {
        let judge = Judge {
            validators: vec!["generic-value".to_owned()],
            ..Judge::default()
        };
        weigh(&judge, text, value, path).map(|weight| weight.severity)
    }

    fn counts(text: &str, value: &str) -> bool {
        verdict(text, value, "src/app.py").is_some()
    }

    #[test]
    fn generated_values_count() {
        assert!(counts(
            "api_key = \"kQ7vZx2LpW9sYt4Rb8Nc\"",
            "kQ7vZx2LpW9sYt4Rb8Nc"
        ));
        assert!(counts("password: \"tR0ub4dor&3x!\"", "tR0ub4dor&3x!"));
    }

    #[test]
    fn code_words_references_and_digests_do_not() {
        for (name, value) in [
            ("password", "settings.PASSWORD"),
            ("token", "access_token_name"),
            ("secret", "get_secret()"),
            ("password_hash", "kQ7vZx2LpW9sYt4Rb8Nc"),
            ("token", "/run/secrets/token1"),
            ("credentials", "x/.ssh/id_ed25519"),
            ("token", "token1234567"),
            ("credentials", "_private_key_pkcs12"),
            ("password", "d41d8cd98f00b204e9800998ecf8427e"),
            ("secret", "123e4567-e89b-12d3-a456-426614174000"),
            ("password", "correcthorsebattery"),
            ("api_key", "your-api-key-2024-1234"),
        ] {
            assert!(
                !counts(&format!("{name} = \"{value}\""), value),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn an_environment_file_weighs_more_than_code() {
        let value = "kQ7vZx2LpW9sYt4Rb8Nc";
        let text = &format!("API_KEY={value}\n");
        assert_eq!(verdict(text, value, "app/.env"), Some(Some(Severity::High)));
        assert_eq!(verdict(text, value, "app/.env.example"), Some(None));
        assert_eq!(verdict(text, value, "app/run.py"), Some(None));
    }

    #[test]
    fn what_is_nothing_but_a_password_weighs_more_outside_of_manuals() {
        let of = |validator: &str, name: &str, path: &str| {
            let judge = Judge {
                validators: vec![validator.to_owned()],
                ..Judge::default()
            };
            let value = "Ostra_kanal-52";
            weigh(&judge, &format!("{name}'{value}'"), value, path).map(|weight| weight.severity)
        };
        let (medium, low) = (Some(Some(Severity::Medium)), Some(Some(Severity::Low)));
        assert_eq!(of("generic-value", "bind_password = ", "a.lua"), medium);
        assert_eq!(of("generic-value", "credential = ", "a.lua"), low);
        assert_eq!(of("generic-value", "password = ", "tests/a.lua"), None);
        let command = "ldapsearch -w ";
        assert_eq!(of("argument", command, "pull.sh"), medium);
        assert_eq!(of("argument", command, "docs/ops/ldap.rst"), low);
        assert_eq!(of("argument", command, "docs/ldap.rst"), None);
        assert_eq!(of("argument", command, "examples/ops/ldap.rst"), None);
    }

    #[test]
    fn documentation_and_tests_need_more_than_a_name() {
        let value = "kQ7vZx2LpW9sYt4Rb8Nc";
        let text = &format!("API_KEY = '{value}'\n");
        let shown = Some(Some(Severity::Low));
        assert_eq!(verdict(text, value, "docs/config.rst"), shown);
        assert_eq!(verdict(text, value, "tests/test_app.py"), shown);
        let weak = "PASSWORD = 'tR0ub4dor-3x'\n";
        assert_eq!(verdict(weak, "tR0ub4dor-3x", "docs/config.rst"), None);
        let live = &format!("URL = 'https://api.acme.io/v1'\n{text}");
        assert_eq!(verdict(live, value, "tests/test_app.py"), Some(None));
        let session = "kQ7vZx2LpW9sYt4Rb8Nc5dHj";
        let text = &format!("SessionStore(session_key='{session}')\n");
        assert_eq!(verdict(text, session, "docs/sessions.txt"), None);
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let text = &format!("# the sha256 of the key, such as\nkey='{digest}'\n");
        assert_eq!(verdict(text, digest, "app/run.py"), None);
        // A neighbour's digest is its own.
        let key = "c27e5f0a9b3d46188e7fd2a1b0954c63f8ad71e2";
        let text = &format!("image_sha256: {digest}\nnetbox_token: {key}\nsha1: {key}\n");
        assert!(verdict(text, key, "app/run.py").is_some());
    }
}
