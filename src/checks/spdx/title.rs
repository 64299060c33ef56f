// SPDX-License-Identifier: Apache-2.0
//! Whether a licence text stands under the title of another licence.

use super::notice;

/// Titles of licences, and words that a text of each holds beside its title.
const TITLES: &[(&str, &str, &[&str])] = &[
    (
        "Apache",
        "apache license",
        &[
            "terms and conditions for use",
            "licensed under the apache license",
        ],
    ),
    ("MIT", "mit license", &["permission is hereby granted"]),
    ("BSD", "bsd license", &["redistribution"]),
    ("BSD", "bsd 2-clause", &["redistribution"]),
    ("BSD", "bsd 3-clause", &["redistribution"]),
    (
        "ISC",
        "isc license",
        &["permission to use, copy", "permission is hereby granted"],
    ),
    (
        "MPL",
        "mozilla public license",
        &["covered software", "covered code", "mozilla.org/mpl"],
    ),
    (
        "GPL",
        "gnu general public license",
        &["preamble", "redistribute", "gnu.org/licenses"],
    ),
];

/// A text that is headed by the title of one licence and is that of another: `told` are the licences that it
/// is told to be by what it says.
pub(in crate::checks) fn misheaded(bytes: &[u8], told: &[&str]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let first = first
        .trim()
        .trim_start_matches(['#', '*', '=', ' '])
        .to_ascii_lowercase();
    let first = first.strip_prefix("the ").unwrap_or(&first);
    let (title, _, own) = TITLES
        .iter()
        .find(|(_, words, _)| first.starts_with(words))?;
    let [name] = told else {
        return None;
    };
    // A file that names several in its title, or goes on after the text, may hold more than one.
    let folded = notice::fold(&text);
    let alone = name != title
        && first.len() < 60
        && folded.len() < 4000
        && !own.iter().any(|words| folded.contains(words));
    alone.then(|| {
        format!("The text is headed as the licence {title}, and is that of the licence {name}.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_that_of_its_text() {
        const MIT: &str =
            "Permission is hereby granted, free of charge, to any person obtaining a copy of it.";
        let of = |text: String| misheaded(text.as_bytes(), &["MIT"]);
        assert!(
            of(format!(
                "Apache License\nVersion 2.0, January 2004\n\n{MIT}\n"
            ))
            .is_some()
        );
        assert!(of(format!("# BSD 3-Clause License\n\n{MIT}\n")).is_some());
        assert_eq!(of(format!("The MIT License (MIT)\n\n{MIT}\n")), None);
        assert_eq!(of(format!("ISC License\n\n{MIT}\n")), None);
        assert_eq!(
            of(format!(
                "Apache License or MIT\n\nLicensed under the Apache License.\n{MIT}\n"
            )),
            None
        );
    }
}
