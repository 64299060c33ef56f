// SPDX-License-Identifier: Apache-2.0
//! Conditions taken together that acquit a hit.

use super::{Context, compile};
use crate::rules::Acquittal;
use aho_corasick::AhoCorasick;
use regex_automata::meta::Regex;

/// An [`Acquittal`], ready to run.
#[derive(Debug)]
pub(super) struct Acquit {
    paths: Vec<Regex>,
    hit: Vec<Regex>,
    whole: Vec<Regex>,
    line: Vec<Regex>,
    words: Option<AhoCorasick>,
    /// It hangs on a commit too, which is not known here.
    commits: bool,
    all: bool,
}

impl Acquit {
    pub(super) fn new(table: &Acquittal) -> Result<Self, String> {
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(table.words.iter().filter(|word| !word.is_empty()))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            paths: compile(&table.paths)?,
            hit: compile(&table.hit)?,
            whole: compile(&table.whole)?,
            line: compile(&table.line)?,
            words: (words.patterns_len() > 0).then_some(words),
            commits: !table.commits.is_empty(),
            all: table.all,
        })
    }

    /// Whether it acquits the match.
    pub(super) fn acquits(&self, context: &Context<'_>) -> bool {
        let secret = context.secret();
        let whole = &context.text[context.whole.range()];
        let among = |list: &[Regex], text: &[u8]| {
            (!list.is_empty()).then(|| list.iter().any(|regex| regex.is_match(text)))
        };
        let parts = [
            among(&self.paths, context.path.as_bytes()),
            among(&self.hit, secret),
            among(&self.whole, whole),
            among(&self.line, context.line()),
            self.words.as_ref().map(|words| words.is_match(secret)),
        ];
        let mut given = parts.into_iter().flatten();
        if self.all {
            // One that hangs on a commit as well cannot be said to hold.
            let first = given.next().unwrap_or(false);
            !self.commits && first && given.all(|holds| holds)
        } else {
            given.any(|holds| holds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::weigh;
    use crate::rules::{Acquittal, Judge};

    #[test]
    fn parts_acquit_alone_or_together() {
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let mut table = Acquittal {
            paths: list(&["^docs/"]),
            words: list(&["ABC"]),
            ..Acquittal::default()
        };
        let acquitted = |table: &Acquittal, path: &str, secret: &str| {
            let judge = Judge {
                acquit: vec![table.clone()],
                ..Judge::default()
            };
            weigh(&judge, &format!("x = {secret}"), secret, path).is_none()
        };
        assert!(acquitted(&table, "docs/a", "zzz") && acquitted(&table, "src/a", "zabcz"));
        assert!(!acquitted(&table, "src/a", "zzz"));
        table.all = true;
        assert!(!acquitted(&table, "docs/a", "zzz") && acquitted(&table, "docs/a", "zabcz"));
        assert!(!acquitted(
            &Acquittal {
                all: true,
                ..Acquittal::default()
            },
            "a",
            "b"
        ));
        let commits = Acquittal {
            commits: list(&["0a"]),
            ..table.clone()
        };
        assert!(!acquitted(&commits, "docs/a", "zabcz"));
        let line = Acquittal {
            line: list(&["^x ="]),
            ..Acquittal::default()
        };
        assert!(acquitted(&line, "a", "b"));
    }

    #[test]
    fn a_pattern_on_the_name_limits_a_rule() {
        let judge = Judge {
            path: Some(r"\.env$".to_owned()),
            ..Judge::default()
        };
        assert!(weigh(&judge, "x = abc", "abc", "a/.env").is_some());
        assert!(weigh(&judge, "x = abc", "abc", "a/env.py").is_none());
    }
}
