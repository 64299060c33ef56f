// SPDX-License-Identifier: Apache-2.0
//! What governed text should not hold: secrets and host paths, as the rules of families `secret`
//! and `path` find them, and endpoints, assignments, temporary paths and names of machines, which
//! are data of the profile. Read once; rules report it, and no line shows it.

use super::tree::Plan;
use crate::artifact::EntryKind;
use crate::classify::{Classified, Origin};
use crate::governance::profile::SensitiveText;
use crate::matching::{Matcher, Scratch};
use crate::model::{ByteSpan, Draft, EntryPath};
use crate::rules::{Body, Rule};
use crate::support::hashing;
use crate::support::patterns;
use rayon::prelude::*;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by file.
#[derive(Debug, Default)]
pub struct Sensitive {
    /// Values of a file in order of place.
    pub files: BTreeMap<String, Vec<Value>>,
}

/// A value that should not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Where it stands in the file's text.
    pub span: ByteSpan,
    /// What it is.
    pub what: What,
    /// What told it: a rule of another family, the name of a variable, a description.
    pub key: String,
    /// Eight hex digits of a salted digest, which tell equal values from others.
    pub digest: String,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A credential.
    Secret,
    /// The literal value of a variable that should have a placeholder.
    Assignment,
    /// Where a provider listens.
    Endpoint,
    /// A folder of a person or a machine.
    HostPath,
    /// A temporary folder.
    TempPath,
    /// The name or private address of a machine.
    Identity,
}

/// Eight hex digits that tell equal values from others and give none away: the digest is salted, so
/// that it is in no table of known values, and cut, so that many values share it.
pub fn digest(value: &[u8]) -> String {
    let salted = [b"ccr.governance.redacted.v1\0".as_slice(), value].concat();
    hashing::sha256_hex(&salted)[..8].to_owned()
}

struct Patterns {
    placeholders: Vec<Regex>,
    data: Vec<(What, Vec<Regex>)>,
}

impl Patterns {
    fn new(text: &SensitiveText) -> Self {
        let all = |list: &[String]| {
            list.iter()
                .filter_map(|one| patterns::pattern(one).ok())
                .collect()
        };
        Self {
            placeholders: all(&text.placeholders),
            data: vec![
                (What::Assignment, all(&text.assignments)),
                (What::Endpoint, all(&text.endpoints)),
                (What::TempPath, all(&text.temporary)),
                (What::Identity, all(&text.identities)),
            ],
        }
    }
}

impl Sensitive {
    /// Reads every governed text of a tree.
    ///
    /// # Errors
    /// The rules hold more keywords than a prefilter can.
    pub fn read(plan: &Plan<'_>, rules: &[Arc<Rule>]) -> Result<Self, String> {
        let borrowed: Vec<Arc<Rule>> = rules
            .iter()
            .filter(|rule| matches!(rule.meta.id.family(), "secret" | "path"))
            .filter(|rule| matches!(rule.body, Body::Pattern(_)))
            .cloned()
            .collect();
        let matcher = Matcher::new(&borrowed)?;
        let patterns = Patterns::new(&plan.profile.planning.sensitive);
        let files: Vec<(&String, &Vec<u8>)> = plan.files.content.iter().collect();
        let read = files
            .into_par_iter()
            .map_init(Scratch::default, |scratch, (name, bytes)| {
                let text = String::from_utf8_lossy(bytes);
                let mut values = foreign(name, &text, &matcher, &borrowed, scratch);
                own(&text, &patterns, &mut values);
                values.sort_by_key(|value| (value.span, value.what));
                (name.clone(), values)
            });
        let files = read.filter(|(_, values)| !values.is_empty()).collect();
        Ok(Self { files })
    }

    /// Takes the values out of what is shown: their bytes in the texts become stars, and where a
    /// description repeats one it is left out.
    pub fn hide(&self, drafts: &mut [Draft], texts: &mut BTreeMap<EntryPath, Vec<u8>>) {
        let mut values: BTreeMap<EntryPath, Vec<String>> = BTreeMap::new();
        for (name, found) in &self.files {
            let path = EntryPath::root(name);
            let Some(text) = texts.get_mut(&path) else {
                continue;
            };
            let known = values.entry(path).or_default();
            for value in found {
                let range = value.span.start.min(text.len())..value.span.end.min(text.len());
                known.push(String::from_utf8_lossy(&text[range]).into_owned());
            }
            for value in found {
                let range = value.span.start.min(text.len())..value.span.end.min(text.len());
                text[range].fill(b'*');
            }
        }
        for draft in drafts {
            let known = values.get(&draft.path);
            for value in known.into_iter().flatten().filter(|value| value.len() > 3) {
                if draft.description.contains(value.as_str()) {
                    draft.description = draft.description.replace(value.as_str(), "…[redacted]");
                }
            }
        }
    }
}

fn value(text: &str, span: ByteSpan, what: What, key: &str) -> Value {
    let bytes = text.as_bytes();
    let end = span.end.min(bytes.len());
    Value {
        span,
        what,
        key: key.to_owned(),
        digest: digest(&bytes[span.start.min(end)..end]),
    }
}

fn touch(one: ByteSpan, other: ByteSpan) -> bool {
    one.start < other.end && other.start < one.end
}

/// What the rules of other families find.
fn foreign(
    name: &str,
    text: &str,
    matcher: &Matcher,
    rules: &[Arc<Rule>],
    scratch: &mut Scratch,
) -> Vec<Value> {
    // Documents and records say what happened: their paths are no illustrations, as those of a
    // manual are, whatever the files are called.
    let governed = name.ends_with(".md") || name.ends_with(".json");
    let path = EntryPath::root(if governed { "record.json" } else { name });
    let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, text.as_bytes());
    let mut hits = Vec::new();
    matcher.scan(&entry, scratch, &mut hits);
    let mut values: Vec<Value> = Vec::new();
    for hit in hits {
        let rule = &rules[hit.rule].meta;
        let what = match rule.id.family() {
            "secret" => What::Secret,
            _ => What::HostPath,
        };
        // Two rules may know one value.
        let told = |known: &Value| known.what == what && touch(known.span, hit.hit);
        if !values.iter().any(told) {
            values.push(value(text, hit.hit, what, rule.id.as_str()));
        }
    }
    values
}

/// What the profile's patterns find. The first kind that knows a value names it; secrets apart,
/// which are one whatever variable holds them.
fn own(text: &str, patterns: &Patterns, values: &mut Vec<Value>) {
    for (what, list) in &patterns.data {
        for hit in list.iter().flat_map(|pattern| pattern.captures_iter(text)) {
            let Some(found) = hit.name("hit").filter(|found| !found.is_empty()) else {
                continue;
            };
            let bare = found.as_str().trim_matches(['"', '\'', '`']);
            if patterns.placeholders.iter().any(|one| one.is_match(bare)) {
                continue;
            }
            let span = ByteSpan::new(found.start(), found.end());
            let told = |known: &Value| {
                let other = known.what != What::Secret || *what != What::Assignment;
                other && touch(known.span, span)
            };
            if let Some(known) = values.iter_mut().find(|known| told(known)) {
                // A temporary folder is known by that name even where a path rule met it first.
                if *what == What::TempPath && known.what == What::HostPath {
                    known.what = What::TempPath;
                }
                continue;
            }
            let key = hit.name("key").map_or("", |key| key.as_str());
            values.push(value(text, span, *what, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::files::Files;
    use crate::governance::profile::Profile;
    use crate::rules::load;
    use jiff::civil::Date;
    use std::path::Path;

    fn read(text: &str) -> Vec<(What, String)> {
        let profile = Profile::embedded();
        let name = ".sot/CTO-X-EVIDENCE.md".to_owned();
        let mut files = Files::default();
        files.content.insert(name.clone(), text.as_bytes().to_vec());
        let plan = Plan::of(Path::new("x"), files, &profile, Date::constant(2026, 3, 15));
        let rules = load("default", &[]).unwrap().rules;
        let sensitive = Sensitive::read(&plan, &rules).unwrap();
        let values = sensitive.files.get(&name).into_iter().flatten();
        values
            .map(|value| (value.what, text[value.span.range()].to_owned()))
            .collect()
    }

    #[test]
    fn each_value_is_told_once_by_its_kind() {
        let home = format!("/ho{}", "me/kowalczyk");
        let lan = format!("192.{}", "168.7.9");
        for (text, what) in [
            (format!("Log: `{home}/run.log`\n"), What::HostPath),
            ("Binary: `/tmp/build-7/case`\n".to_owned(), What::TempPath),
            (
                format!("Set `CASE_BASE_URL=http://{lan}:8080/v1` first\n"),
                What::Assignment,
            ),
            (
                format!("The provider endpoint is http://{lan}:8080/v1.\n"),
                What::Endpoint,
            ),
            (
                format!("\"base_url\": \"http://{lan}:8080/v1\"\n"),
                What::Endpoint,
            ),
            (format!("It answers from {lan} only.\n"), What::Identity),
            (
                "Network class: `tailnet` on `studio-7.ts.net`\n".to_owned(),
                What::Identity,
            ),
        ] {
            let found = read(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].0, what, "{text}");
        }
    }

    #[test]
    fn placeholders_and_names_are_left_alone() {
        for text in [
            "Set `CASE_BASE_URL=<url>` or `CASE_TOKEN=${TOKEN}` or `CASE_KEY=` or `CASE_KEY=missing`",
            "`${HOME}/runs`, `~/runs`, `${RUNS_ROOT}/x/report.json`",
            "Web URL: https://git.example.org/shelf/coder",
            "The endpoint value stays in the environment. Settings live in `settings.local.json`.",
            "A temporary directory below `/tmp` is never admitted.",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn digests_tell_values_apart() {
        assert_eq!(digest(b"a"), digest(b"a"));
        assert_ne!(digest(b"a"), digest(b"b"));
        assert_eq!(digest(b"").len(), 8);
    }
}
