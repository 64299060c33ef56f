// SPDX-License-Identifier: Apache-2.0
//! Whether a program called `pic` is the one we mean, and new enough. Others have the same name.

use crate::support::process::{self, Limits, Surroundings};
use crate::support::pyjson::{self, Value};
use std::path::Path;
use std::time::Duration;

/// The first version whose `agent check` exists.
pub(super) const MINIMUM_VERSION: &str = "0.4.2";

/// What a program called `pic` says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// A version alone, as PIC answers.
    Pic(String),
    /// It answers with JSON, as PIC does, but names no version.
    Unknown,
    /// Another program, and how its answer begins.
    Other(String),
}

/// Asks it for its version.
pub(super) fn identify(program: &Path, time: Duration) -> Identity {
    let limits = Limits {
        time,
        bytes: 64 * 1024,
        surroundings: Surroundings::Bare(&[]),
    };
    let done = match process::run(program, &["--version".to_owned()], limits) {
        Ok(done) if !done.timed_out => done,
        Ok(_) => return Identity::Other("nothing in time".to_owned()),
        Err(error) => return Identity::Other(error.to_string()),
    };
    let said = String::from_utf8_lossy(&done.stdout.bytes);
    read_identity(&said)
}

fn read_identity(said: &str) -> Identity {
    let said = said.trim_end();
    let mut parts = said.splitn(3, '.');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let version = number(parts.next())
        && number(parts.next())
        && parts.next().is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains(char::is_whitespace)
        });
    if version {
        return Identity::Pic(said.to_owned());
    }
    if !json_object(said).is_null() {
        return Identity::Unknown;
    }
    let line: String = said
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect();
    Identity::Other(if line.is_empty() {
        "nothing".to_owned()
    } else {
        line.escape_debug().to_string()
    })
}

/// Whether a version comes before the first that can do it.
pub(super) fn older(version: &str) -> bool {
    let key = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit())
            .take(3)
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    key(version) < key(MINIMUM_VERSION)
}

/// The one JSON object that a text is; null when it is anything else.
pub(super) fn json_object(text: &str) -> Value {
    match pyjson::parse(text) {
        Ok(value @ Value::Object(_)) => value,
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_same_name_is_told_apart() {
        assert_eq!(read_identity("1.1.0\n"), Identity::Pic("1.1.0".to_owned()));
        assert_eq!(
            read_identity("0.5.0rc1\n"),
            Identity::Pic("0.5.0rc1".to_owned())
        );
        assert_eq!(read_identity("{\"a\": 1}"), Identity::Unknown);
        for other in ["GNU pic (groff) version 1.22.4", "", "1.2", "1.2.3 of mine"] {
            assert!(
                matches!(read_identity(other), Identity::Other(_)),
                "{other}"
            );
        }
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(older("0.4.1") && older("0.3.10"));
        assert!(!older("0.4.2") && !older("0.10.0") && !older("1.1.0"));
    }
}
