// SPDX-License-Identifier: Apache-2.0
//! Baselines of other scanners: what detect-secrets keeps in `.secrets.baseline`, and reports of
//! gitleaks as JSON. A report of gitleaks holds secrets as they are: they are hashed as they are
//! read, and nothing of them is kept.

use crate::model::SecretMark;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One finding that another scanner knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignEntry {
    /// The scanner.
    pub scanner: &'static str,
    /// What it takes the secret for.
    pub kind: String,
    /// Path, with `/`.
    pub path: String,
    /// Line, from 1.
    pub line: Option<u64>,
    /// The secret's mark; none where the report hides the secret.
    pub mark: Option<SecretMark>,
    /// The commit it was found in, whole; none for a file.
    pub commit: Option<String>,
    /// What a person said of it there: `Some(false)` for a false alarm.
    pub is_secret: Option<bool>,
}

impl ForeignEntry {
    /// The reason that an entry of ours gives for it.
    pub fn reason(&self) -> String {
        let said = match self.is_secret {
            Some(true) => "; marked there as a secret",
            Some(false) => "; marked there as a false alarm",
            None => "",
        };
        format!("known to {} as {}{said}", self.scanner, self.kind)
    }

    /// Whether its path is this one. A path that is absolute only has to end with it.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path
            || self.path.starts_with('/')
                && self
                    .path
                    .strip_suffix(path)
                    .is_some_and(|rest| rest.ends_with('/'))
    }
}

/// `.secrets.baseline`
#[derive(Deserialize)]
struct DetectSecrets {
    results: BTreeMap<String, Vec<Potential>>,
}

#[derive(Deserialize)]
struct Potential {
    #[serde(rename = "type")]
    kind: String,
    hashed_secret: String,
    line_number: Option<u64>,
    is_secret: Option<bool>,
}

/// One finding of gitleaks.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Leak {
    #[serde(rename = "RuleID", default)]
    rule_id: String,
    file: String,
    start_line: Option<u64>,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    commit: String,
}

/// Reads a baseline of another scanner; `None` when the text is none.
pub(super) fn parse(text: &str) -> Option<Result<Vec<ForeignEntry>, String>> {
    let first = text.trim_start().as_bytes().first()?;
    if *first == b'[' {
        let leaks: Result<Vec<Leak>, _> = serde_json::from_str(text);
        return Some(match leaks {
            Ok(leaks) => Ok(leaks.into_iter().map(of_leak).collect()),
            Err(error) => Err(format!("as a report of gitleaks: {error}")),
        });
    }
    let value: BTreeMap<String, serde::de::IgnoredAny> = serde_json::from_str(text).ok()?;
    if !value.contains_key("results") || value.contains_key("findings") {
        return None;
    }
    let baseline: Result<DetectSecrets, _> = serde_json::from_str(text);
    Some(match baseline {
        Ok(baseline) => baseline.results.into_iter().flat_map(of_file).collect(),
        Err(error) => Err(format!("as a baseline of detect-secrets: {error}")),
    })
}

fn of_file((file, potentials): (String, Vec<Potential>)) -> Vec<Result<ForeignEntry, String>> {
    let path = path(&file);
    let of_potential = |potential: Potential| {
        let mark = SecretMark::from_hex(&potential.hashed_secret).ok_or_else(|| {
            format!("as a baseline of detect-secrets: `hashed_secret` in {path} is no SHA-1")
        })?;
        Ok(ForeignEntry {
            scanner: "detect-secrets",
            kind: potential.kind,
            path: path.clone(),
            line: potential.line_number,
            mark: Some(mark),
            commit: None,
            is_secret: potential.is_secret,
        })
    };
    potentials.into_iter().map(of_potential).collect()
}

fn of_leak(leak: Leak) -> ForeignEntry {
    // `--redact` leaves a word, or the beginning and three dots.
    let hidden =
        leak.secret.is_empty() || leak.secret.contains("REDACTED") || leak.secret.ends_with("...");
    ForeignEntry {
        scanner: "gitleaks",
        kind: leak.rule_id,
        path: path(&leak.file),
        line: leak.start_line,
        mark: (!hidden).then(|| SecretMark::of(leak.secret.as_bytes())),
        commit: Some(leak.commit).filter(|commit| !commit.is_empty()),
        is_secret: None,
    }
}

fn path(text: &str) -> String {
    let text = text.replace('\\', "/");
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_read_and_ours_is_neither() {
        // SHA-1 of `abc` (FIPS 180-4, the first example).
        let hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
        let theirs = format!(
            r#"{{"version": "1.5.0", "results": {{"./a.py": [{{"type": "Secret Keyword", "filename": "a.py",
            "hashed_secret": "{hash}", "is_verified": false, "line_number": 3, "is_secret": false}}]}}}}"#
        );
        let found = parse(&theirs).unwrap().unwrap();
        assert_eq!(found[0].path, "a.py");
        assert_eq!(found[0].mark, Some(SecretMark::of(b"abc")));
        assert!(found[0].reason().contains("false alarm"));
        let report = r#"[{"RuleID": "r", "File": "a\\b.py", "StartLine": 2, "Secret": "abc", "Match": "x", "Commit": ""},
            {"RuleID": "r", "File": "/w/p/c.py", "Secret": "REDACTED", "Commit": "0a"}]"#;
        let found = parse(report).unwrap().unwrap();
        assert_eq!(
            (found[0].path.as_str(), found[0].mark),
            ("a/b.py", Some(SecretMark::of(b"abc")))
        );
        assert_eq!(
            (found[1].mark, found[1].commit.as_deref()),
            (None, Some("0a"))
        );
        assert!(found[1].is_at("p/c.py") && !found[1].is_at("d/c.py") && !found[0].is_at("b.py"));
        assert!(parse(r#"{"version": 1, "findings": []}"#).is_none());
        assert!(parse(&theirs.replace(hash, "a9")).unwrap().is_err());
        assert!(parse("[1]").unwrap().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
