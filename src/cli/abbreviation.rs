// SPDX-License-Identifier: Apache-2.0
//! Words as the reference's command line reads them.
//!
//! Options of ours beside the reference's must not make its abbreviations ambiguous (`--r` for
//! `--role`, though there is `--root`), and a value or an id may look like a number below zero or
//! hold a space (`--role -5`).

use std::ffi::OsString;

/// The reference's commands with their options; `=` marks those that take a value.
const COMMANDS: &[(&str, &str)] = &[
    ("init", "force"),
    ("agent explain", "json"),
    ("schema validate", "kind= file="),
    ("audit repo", "json"),
    ("audit pic", "pic-root= json"),
    ("audit release", "dist= json"),
    ("task submit", "file="),
    ("task next", "role= json"),
    ("task lease", "ttl= agent= json"),
    ("task release", "reason= json"),
    ("packet submit", "file= json"),
    ("packet show", "json"),
    ("packet promote", "target= json"),
    ("residual add", "file= json"),
    ("verify", "provider= packet= profile= execute timeout= json"),
    ("integrate", "report= json"),
    ("provider list", "json"),
    ("provider health", "provider= json"),
    (
        "provider plan",
        "provider= action= file= packet= profile= json",
    ),
    (
        "provider execute",
        "provider= action= config= file= packet= profile= execute json",
    ),
    ("provider import", "provider= report= json"),
    ("phase graph", "json"),
    ("phase observe", "json"),
    ("phase threshold", "file= observation= json"),
    ("phase compare", "baseline= candidate= json"),
    ("phase form", "profile= json"),
    ("phase certify", "threshold= json"),
    ("phase plan", "provider= profile= json"),
    ("phase report", "json"),
    ("report", "format="),
];
/// Options before the command.
const GLOBAL: &str = "root= compat= json";

/// The words with the reference's abbreviations written out and odd values bound to their option.
pub(super) fn expand(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut out: Vec<OsString> = words.next().into_iter().collect();
    let mut command = String::new();
    let mut trailing = Vec::new();
    let mut closed = false;
    let mut loose = false;
    while let Some(word) = words.next() {
        let Some(text) = word.to_str().filter(|_| !closed) else {
            out.push(word);
            continue;
        };
        let options = COMMANDS.iter().find(|(name, _)| *name == command);
        let known = match options {
            Some((_, options)) => options,
            None if command.is_empty() => GLOBAL,
            // Of a command of ours, or half a name: nothing is the reference's to shorten.
            None => "",
        };
        // The value of an option that the reference does not know stays where it is.
        let after_unknown = std::mem::take(&mut loose);
        if text == "--" {
            closed = true;
            out.push(word);
        } else if is_odd(text) && !after_unknown {
            match options {
                Some(_) => trailing.push(word),
                None => out.push(word),
            }
        } else if let Some(rest) = text.strip_prefix("--") {
            let (name, value) = rest
                .split_once('=')
                .map_or((rest, None), |(name, value)| (name, Some(value)));
            let Some((name, takes_value)) = resolve(name, known) else {
                loose = value.is_none();
                out.push(word);
                continue;
            };
            let mut full = format!("--{name}");
            if let Some(value) = value {
                full.push('=');
                full.push_str(value);
                out.push(full.into());
            } else if takes_value {
                match words.next() {
                    Some(next) if next.to_str().is_some_and(is_odd) => {
                        let mut bound = OsString::from(full + "=");
                        bound.push(next);
                        out.push(bound);
                    }
                    next => {
                        out.push(full.into());
                        out.extend(next);
                    }
                }
            } else {
                out.push(full.into());
            }
        } else {
            if options.is_none() && !text.starts_with('-') {
                if !command.is_empty() {
                    command.push(' ');
                }
                command.push_str(text);
            }
            out.push(word);
        }
    }
    if !trailing.is_empty() {
        if !closed {
            out.push("--".into());
        }
        out.append(&mut trailing);
    }
    out
}

/// The option that a name or the start of one means, and whether it takes a value.
fn resolve<'a>(name: &str, known: &'a str) -> Option<(&'a str, bool)> {
    let split = |option: &'a str| {
        option
            .strip_suffix('=')
            .map_or((option, false), |plain| (plain, true))
    };
    let all = || known.split(' ').chain(GLOBAL.split(' ')).map(split);
    if let Some(exact) = all().find(|(option, _)| *option == name) {
        return Some(exact);
    }
    let mut fitting = known
        .split(' ')
        .map(split)
        .filter(|(option, _)| !name.is_empty() && option.starts_with(name));
    let first = fitting.next()?;
    let help = "help".starts_with(name);
    (fitting.next().is_none() && !help).then_some(first)
}

/// A word with a dash in front that is none the less a value: a number, or a text with a space.
fn is_odd(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else {
        return false;
    };
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let number = match rest.split_once('.') {
        Some((whole, part)) => digits(whole) && !part.is_empty() && digits(part),
        None => !rest.is_empty() && digits(rest),
    };
    number || (rest.contains(' ') && !rest.contains('='))
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn words(line: &[&str]) -> Vec<String> {
        let line = std::iter::once("ccr").chain(line.iter().copied());
        expand(line.map(Into::into))
            .into_iter()
            .skip(1)
            .map(|word| word.into_string().unwrap())
            .collect()
    }

    #[test]
    fn the_references_abbreviations_keep_their_meaning() {
        for (typed, meant) in [
            (
                &["task", "next", "--r", "x"][..],
                &["task", "next", "--role", "x"][..],
            ),
            (
                &["phase", "compare", "--c=a"],
                &["phase", "compare", "--candidate=a"],
            ),
            (
                &["--ro", "a", "task", "next"],
                &["--root", "a", "task", "next"],
            ),
            // Ambiguous in the reference, unknown to it, or not its command.
            (&["verify", "--p", "pic"], &["verify", "--p", "pic"]),
            (&["phase", "form", "--dry"], &["phase", "form", "--dry"]),
            (&["task", "list", "--r", "x"], &["task", "list", "--r", "x"]),
            (
                &["packet", "show", "--", "--js"],
                &["packet", "show", "--", "--js"],
            ),
        ] {
            assert_eq!(words(typed), meant, "{typed:?}");
        }
    }

    #[test]
    fn a_number_below_zero_is_a_value_and_an_id() {
        assert_eq!(
            words(&["task", "next", "--role", "-5"]),
            ["task", "next", "--role=-5"]
        );
        assert_eq!(
            words(&["packet", "show", "-1.5", "--json"]),
            ["packet", "show", "--json", "--", "-1.5"]
        );
        assert_eq!(
            words(&["task", "release", "t", "--reason", "-a"]),
            ["task", "release", "t", "--reason", "-a"]
        );
    }
}
