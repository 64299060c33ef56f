// SPDX-License-Identifier: Apache-2.0
//! What governed texts and texts of runs should not hold: secrets and host paths, as the rules of
//! families `secret` and `path` find them, and endpoints, assignments, temporary paths and names of
//! machines, which are data of the profile. Read once; rules report it, and no line shows it.

use super::profile::SensitiveText;
use crate::matching::{Lent, Scratch};
use crate::model::{ByteSpan, Draft, EntryPath};
use crate::support::pyjson::ordered::Value as Json;
use crate::support::{hashing, patterns, patterns::Pattern};
use rayon::prelude::*;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Values by file.
#[derive(Debug, Default)]
pub struct Sensitive {
    /// Values of a file in order of place; a file without any is left out.
    pub files: BTreeMap<String, Vec<Value>>,
}

/// A value that should not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Where it stands in the file.
    pub span: ByteSpan,
    /// What it is.
    pub what: What,
    /// What told it: a rule of another family, the name of a variable, a description.
    pub key: String,
    /// Eight hex digits of a salted digest, which tell equal values from others.
    pub digest: String,
}

/// What a value is; what names it first stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A credential.
    Secret,
    /// A folder of a person or a machine.
    HostPath,
    /// The literal value of a variable that should have a placeholder.
    Assignment,
    /// Where a provider listens.
    Endpoint,
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

/// Finds such values; made once an audit.
#[derive(Debug)]
pub struct Reader<'l> {
    lent: &'l Lent,
    /// Buffers that nobody uses at the moment: what they learned of rules serves the next text.
    idle: Mutex<Vec<Scratch>>,
    placeholders: Vec<Pattern>,
    shapes: [(What, Vec<Pattern>); 4],
}

impl<'l> Reader<'l> {
    /// With the rules that are lent and the profile's patterns.
    pub fn new(lent: &'l Lent, text: &SensitiveText) -> Self {
        let all = |list: &[String]| {
            list.iter()
                .filter_map(|one| patterns::pattern(one).ok())
                .collect()
        };
        Self {
            lent,
            idle: Mutex::default(),
            placeholders: all(&text.placeholders),
            shapes: [
                (What::Assignment, all(&text.assignments)),
                (What::Endpoint, all(&text.endpoints)),
                (What::TempPath, all(&text.temporary)),
                (What::Identity, all(&text.identities)),
            ],
        }
    }

    /// Reads files. What two kinds know is there twice ([`Sensitive::one_kind_each`]).
    pub fn read(&self, files: Vec<(&str, &[u8])>) -> Sensitive {
        let read = files.into_par_iter().map(|(name, bytes)| {
            let mut values = self.known(name, bytes);
            self.shaped(bytes, &mut values);
            values.sort_by_key(|value| (value.span, value.what));
            (name.to_owned(), values)
        });
        Sensitive {
            files: read.filter(|(_, values)| !values.is_empty()).collect(),
        }
    }

    /// Secrets and places of machines in one text, in order.
    pub fn leaks(&self, name: &str, bytes: &[u8]) -> Vec<Value> {
        let mut values = self.known(name, bytes);
        values.sort_by_key(|value| (value.span, value.what));
        values
    }

    /// What the rules of other families find.
    fn known(&self, name: &str, bytes: &[u8]) -> Vec<Value> {
        // Documents and records say what happened: their paths are no illustrations, as those of a
        // manual are, whatever the files are called.
        let governed = name.ends_with(".md") || name.ends_with(".json");
        let path = EntryPath::root(if governed { "record.json" } else { name });
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let lent = idle().pop();
        let mut scratch = lent.unwrap_or_else(|| self.lent.scratch());
        let hits = self.lent.scan(&path, bytes, &mut scratch);
        idle().push(scratch);
        let mut values = Vec::new();
        for (rule, hit) in hits {
            let what = match rule.meta.id.family() {
                "secret" => What::Secret,
                _ => What::HostPath,
            };
            keep(&mut values, bytes, hit.hit, what, rule.meta.id.as_str());
        }
        values
    }

    /// What the profile's patterns find.
    fn shaped(&self, bytes: &[u8], values: &mut Vec<Value>) {
        let text = readable(bytes);
        for (what, list) in &self.shapes {
            for hit in list.iter().flat_map(|shape| shape.captures_iter(&text)) {
                let Some(found) = hit.name("hit").filter(|found| !found.is_empty()) else {
                    continue;
                };
                let bare = found.as_str().trim_matches(['"', '\'', '`']);
                if self.placeholders.iter().any(|one| one.is_match(bare)) {
                    continue;
                }
                let span = ByteSpan::new(found.start(), found.end());
                let key = hit.name("key").map_or("", |key| key.as_str());
                keep(values, bytes, span, *what, key);
            }
        }
    }
}

/// The text; a byte that belongs to none is a question mark, so that places stay where they are.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

/// Adds a value, unless another rule or pattern of its kind knows it.
fn keep(values: &mut Vec<Value>, bytes: &[u8], span: ByteSpan, what: What, key: &str) {
    let told = |known: &Value| known.what == what && touch(known.span, span);
    if !values.iter().any(told) {
        let end = span.end.min(bytes.len());
        values.push(Value {
            span,
            what,
            key: key.to_owned(),
            digest: digest(&bytes[span.start.min(end)..end]),
        });
    }
}

fn touch(one: ByteSpan, other: ByteSpan) -> bool {
    one.start < other.end && other.start < one.end
}

impl Sensitive {
    /// Values of a kind: the file and the value, in order.
    pub fn of(&self, what: What) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.files.iter();
        let all = all.flat_map(|(name, values)| values.iter().map(move |one| (name.as_str(), one)));
        all.filter(move |(_, value)| value.what == what)
    }

    /// The first kind that knows a value names it; secrets apart, which are one whatever variable
    /// holds them.
    #[must_use]
    pub fn one_kind_each(mut self) -> Self {
        for values in self.files.values_mut() {
            let mut all = std::mem::take(values);
            all.sort_by_key(|value| (value.what, value.span));
            for value in all {
                let told = |known: &&mut Value| {
                    let other = known.what != What::Secret || value.what != What::Assignment;
                    let rules = known.what <= What::HostPath && value.what <= What::HostPath;
                    other && !rules && touch(known.span, value.span)
                };
                match values.iter_mut().find(told) {
                    // A temporary folder is known by that name even where a path rule met it first.
                    Some(known) if (known.what, value.what) == (What::HostPath, What::TempPath) => {
                        known.what = What::TempPath;
                    }
                    Some(_) => {}
                    None => values.push(value),
                }
            }
            values.sort_by_key(|value| (value.span, value.what));
        }
        self
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

/// `accessToken` and `Access-Token` as `access_token`.
fn snake(key: &str) -> String {
    let mut snake = String::new();
    let mut lower = false;
    for c in key.chars() {
        if c.is_uppercase() && lower {
            snake.push('_');
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        match c {
            '-' | ' ' | '.' => snake.push('_'),
            c => snake.extend(c.to_lowercase()),
        }
    }
    snake
}

/// Whether a member of a record is the place of a credential: by its name, unless it counts
/// something, as `total_tokens` does.
pub fn is_credential(key: &str, value: &Json, names: &[Pattern]) -> bool {
    let named = snake(key);
    let counts = named.ends_with('s') && matches!(value, Json::Number(_));
    !counts && names.iter().any(|one| one.is_match(&named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::profile::Profile;
    use crate::rules::load;
    use std::sync::LazyLock;

    static PROFILE: LazyLock<Profile> = LazyLock::new(Profile::embedded);
    static LENT: LazyLock<Lent> =
        LazyLock::new(|| Lent::of(&load("default", &[]).unwrap().rules).unwrap());

    fn all(text: &[u8]) -> Sensitive {
        let files = vec![("CTO-X-EVIDENCE.md", text)];
        Reader::new(&LENT, &PROFILE.planning.sensitive).read(files)
    }

    fn read(text: &str) -> Vec<(What, String)> {
        let sensitive = all(text.as_bytes()).one_kind_each();
        let values = sensitive.files.into_values().flatten();
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
    fn what_two_kinds_know_is_there_twice_until_one_is_chosen() {
        let lan = format!("192.{}", "168.7.9");
        let text = format!("CASE_BASE_URL=http://{lan}:8080/v1\n");
        let both = all(text.as_bytes());
        for what in [What::Assignment, What::Endpoint, What::Identity] {
            assert_eq!(both.of(what).count(), 1, "{what:?}");
        }
        assert_eq!(read(&text).len(), 1);
    }

    #[test]
    fn places_are_places_in_the_bytes_whatever_these_are() {
        let lan = format!("192.{}", "168.7.9");
        let text = [b"\xff\xfe\xff ".as_slice(), lan.as_bytes(), b" \xff"].concat();
        let found = all(&text);
        let (_, value) = found.of(What::Identity).next().unwrap();
        assert_eq!(&text[value.span.range()], lan.as_bytes());
    }

    #[test]
    fn shapes_are_told_in_all_their_spellings() {
        let url = ["ht", "tp://models.example.org:8081/v1"].concat();
        let count = |text: &str, what| all(text.as_bytes()).of(what).count();
        for text in [
            format!("CASE_LOCAL_BASE_URL={url} first"),
            format!("\"provider_url\": \"{url}\""),
            format!("the endpoint that it was given: {url}"),
            "{\"case_host\":\"models.example.org:8081\"}".to_owned(),
        ] {
            assert_eq!(count(&text, What::Endpoint), 1, "{text}");
        }
        for text in [
            "CASE_LOCAL_BASE_URL=<endpoint>, see docs",
            "- Endpoint class: `loopback-only`",
            "The endpoint was checked at 10:30",
        ] {
            assert_eq!(count(text, What::Endpoint), 0, "{text}");
        }
        let text = "export X_TOKEN=abc Y_KEY=${Y} Z_URL=missing";
        assert_eq!(count(text, What::Assignment), 1);
        let text = format!("Desk.tail1234.TS.net and 192.{}, not 8.8.8.8", "168.1.4");
        assert_eq!(count(&text, What::Identity), 2);
        let text = r#"{"log":"reached \"studio.lan\", then [desk.local]"}"#;
        assert_eq!(count(text, What::Identity), 2);
    }

    #[test]
    fn places_of_credentials_are_known_by_name() {
        let names = [patterns::any_case("(?:^|_)(?:tokens?|api_?key|authorization)$").unwrap()];
        let text = Json::from("x");
        for name in [
            "api_key",
            "case_token",
            "Authorization",
            "accessToken",
            "X-Api-Key",
        ] {
            assert!(is_credential(name, &text, &names), "{name}");
        }
        assert!(!is_credential("token_count", &text, &names));
        assert!(is_credential("tokens", &text, &names));
        assert!(!is_credential("total_tokens", &Json::from(512_i64), &names));
    }

    #[test]
    fn digests_tell_values_apart() {
        assert_eq!(digest(b"a"), digest(b"a"));
        assert_ne!(digest(b"a"), digest(b"b"));
        assert_eq!(digest(b"").len(), 8);
    }
}
