// SPDX-License-Identifier: Apache-2.0
//! Names in sentences, and names of distributions.

/// Each between backticks.
pub fn quoted<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let names = names.iter().map(AsRef::as_ref);
    names.map(|name| format!("`{name}`")).collect()
}

/// `` `a`, `b` ``, or `none`.
pub fn all_or_none<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        quoted(names).join(", ")
    }
}

/// `` `a`, `b` and `c` ``, with any word for the last `and`.
pub fn joined<S: AsRef<str>>(names: &[S], word: &str) -> String {
    let quoted = quoted(names);
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// `` `a`, `b` and 3 more ``.
pub fn some_of<S: AsRef<str>>(names: &[S], shown: usize) -> String {
    let mut text = quoted(&names[..names.len().min(shown)]).join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}

/// A Python name as indexes compare it (PEP 503): lower case, runs of `-`, `_`, `.` as one `-`.
pub fn normal_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(joined(&["a"], "and"), "`a`");
        assert_eq!(joined(&["a", "b", "c"], "and"), "`a`, `b` and `c`");
        assert_eq!(joined::<&str>(&[], "and"), "");
        assert_eq!(all_or_none(&["a", "b"]), "`a`, `b`");
        assert_eq!(all_or_none::<&str>(&[]), "none");
        assert_eq!(some_of(&["a", "b", "c"], 2), "`a`, `b` and 1 more");
        assert_eq!(some_of(&["a"], 2), "`a`");
    }
}
