// SPDX-License-Identifier: Apache-2.0
//! Holds what other files of a package say of its licence against what its metadata declares: the manifest
//! that a build read, manifests of other tools, files on how to cite, the section of the README.
//!
//! Such texts are written in free words, so only kinds of licences are compared, and only where both sides
//! name some: a fault is told when no kind that one of them names is named by the other.

use super::package::manifest::{self, License, Manifest};
use super::package::metadata::Metadata;
use super::package::root;
use super::params::draft;
use super::spdx::expression::judge;
use super::spdx::family::{families, named};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{ByteSpan, Draft};
use crate::rules::Rule;
use std::collections::BTreeSet;

/// `check = "spdx-elsewhere"`.
pub(super) struct SpdxElsewhere;

/// Reads what a text states.
type Reader = fn(&str) -> Option<Stated>;

/// Files that state a licence, and how each is read.
const FILES: &[(&str, Reader)] = &[
    ("pyproject.toml", pyproject),
    ("setup.py", setup_py),
    ("setup.cfg", setup_cfg),
    ("bower.json", json),
    ("composer.json", json),
    ("codemeta.json", json),
    ("CITATION.cff", citation),
    ("README.md", readme),
    ("Readme.md", readme),
    ("readme.md", readme),
    ("README.rst", readme),
    ("README.txt", readme),
    ("README", readme),
];

/// Longer fields are whole texts, and longer sections tell of more than one licence.
const FIELD: usize = 100;
const SECTION: usize = 400;

/// Words of a section that speaks of more than the package's own code.
const MORE: &[&str] = &[
    "addition",
    "ancestor",
    "asset",
    "away from",
    "commercial",
    "compatible",
    "content",
    "data",
    "document",
    "dual",
    "except",
    "font",
    "formerly",
    "image",
    "logo",
    "model",
    "not ",
    "other",
    "part of",
    "portion",
    "previous",
    "prior",
    "some ",
    "third",
    "under both",
    "until",
    "vendor",
    "based on",
    "derived",
    "depend",
    "includes ",
    "upstream",
    "weights",
];

/// What a file says: the words, and the bytes that they stand at.
struct Stated {
    text: String,
    span: ByteSpan,
}

impl ArtifactCheck for SpdxElsewhere {
    fn name(&self) -> &'static str {
        "spdx-elsewhere"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        if manifest::keeps(name) {
            return true;
        }
        let (folder, base) = name.rsplit_once('/').unwrap_or(("", name));
        !folder.contains('/') && reader(base).is_some()
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let root = match artifact.kind {
            ArtifactKind::Container(_) | ArtifactKind::Wheel => return,
            _ => root(artifact),
        };
        let manifests = manifest::manifests(artifact);
        // Of a tree, what stands at its top is for one package, whose manifest stands there too.
        let mut own = manifests.iter().filter(|one| one.folder() == root);
        let (Some(manifest), None) = (own.next(), own.next()) else {
            return;
        };
        let Some((declared, kinds)) = declared(artifact, manifest) else {
            return;
        };
        let base = manifest.file.rsplit('/').next().unwrap_or(&manifest.file);
        for (file, read) in FILES.iter().filter(|(file, _)| *file != base) {
            let name = format!("{root}{file}");
            let text = artifact.kept.get(&name);
            let text = text.and_then(|bytes| std::str::from_utf8(bytes).ok());
            let Some(stated) = text.and_then(read) else {
                continue;
            };
            let other = families(&stated.text);
            if other.is_empty() || !other.is_disjoint(&kinds) {
                continue;
            }
            let shown: String = stated.text.chars().take(60).collect();
            let description = format!(
                "`{file}` says that the licence is `{shown}`, `{base}` declares `{declared}`."
            );
            out.push(draft(rule, &artifact.member(&name), description).at(stated.span));
        }
    }
}

fn reader(base: &str) -> Option<Reader> {
    let found = FILES.iter().find(|(file, _)| *file == base);
    found.map(|(_, read)| *read)
}

/// What the metadata declares, and of which kinds that is: by its field, else by its classifiers.
fn declared(artifact: &Artifact, manifest: &Manifest) -> Option<(String, BTreeSet<&'static str>)> {
    let text = match (&manifest.license, manifest.declared()) {
        (_, Some(value)) => value.text.trim().to_owned(),
        (License::Elsewhere, _) => {
            let metadata = Metadata::parse(artifact.kept.get(&manifest.file)?).ok()?;
            let named = metadata.all("Classifier").filter_map(|field| {
                let (_, last) = field
                    .value
                    .strip_prefix("License ::")?
                    .rsplit_once(" :: ")?;
                Some(last.to_owned())
            });
            named.collect::<Vec<_>>().join(", ")
        }
        _ => return None,
    };
    if text.len() > FIELD {
        return None;
    }
    // Old manifests of Cargo write `MIT/Apache-2.0` for `OR`.
    let kinds = families(&text.replace('/', " OR "));
    (!kinds.is_empty()).then_some((text, kinds))
}

fn pyproject(text: &str) -> Option<Stated> {
    match manifest::read("pyproject.toml", text.as_bytes())?.license {
        // A sound expression is held against the metadata by `spdx-declared-conflict`.
        License::Expression(value) if judge(&value.text).is_sound() => None,
        License::FreeText(value) | License::Expression(value) => {
            let span = value.span.filter(|_| value.text.len() <= FIELD)?;
            Some(Stated {
                text: value.text,
                span,
            })
        }
        _ => None,
    }
}

/// The value of the one argument `license` of a call.
fn setup_py(text: &str) -> Option<Stated> {
    let mut found = text.match_indices("license").filter_map(|(at, word)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at + word.len()..];
        let quoted = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let begin = text.len() - quoted.len() + 1;
        let length = text[begin..].find(quote)?;
        let free = before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ','));
        (free && length > 0 && length <= FIELD).then_some((begin, begin + length))
    });
    let (begin, end) = found.next()?;
    found.next().is_none().then(|| stated(text, begin, end))
}

fn setup_cfg(text: &str) -> Option<Stated> {
    line(text, "license", '=')
}

fn citation(text: &str) -> Option<Stated> {
    line(text, "license", ':')
}

/// The value of a key that a line begins with.
fn line(text: &str, key: &str, sign: char) -> Option<Stated> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix(key).map(str::trim_start);
        if let Some(value) = rest.and_then(|rest| rest.strip_prefix(sign)) {
            let value = value.trim().trim_matches(['"', '\'']);
            let begin = start + line.find(value)?;
            let plain = !value.is_empty() && value.len() <= FIELD && !value.starts_with("file:");
            return plain.then(|| stated(text, begin, begin + value.len()));
        }
        start += line.len();
    }
    None
}

/// The string behind `"license"`, or at the end of the address there.
fn json(text: &str) -> Option<Stated> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let license = value.get("license")?.as_str()?;
    let words = license.trim_start_matches("https://spdx.org/licenses/");
    let literal = serde_json::Value::from(license).to_string();
    let begin = text.find(&literal)? + 1 + (license.len() - words.len());
    (words.len() <= FIELD && !words.contains("://"))
        .then(|| stated(text, begin, begin + words.len()))
}

fn stated(text: &str, begin: usize, end: usize) -> Stated {
    Stated {
        text: text[begin..end].to_owned(),
        span: ByteSpan::new(begin, end),
    }
}

/// The section on the licence, when it is short and names one licence alone.
fn readme(text: &str) -> Option<Stated> {
    let mut lines = text.split_inclusive('\n').scan(0, |start, line| {
        let begin = *start;
        *start += line.len();
        Some((begin, line))
    });
    let titled = |line: &str| {
        let words = line.trim().trim_matches(['#', '=', '*', ':', ' ']);
        ["license", "licence", "licensing"].contains(&words.to_ascii_lowercase().as_str())
    };
    let (mut from, _) = loop {
        let (begin, line) = lines.next()?;
        let marked = line.starts_with('#') && titled(line);
        let below = text[begin + line.len()..]
            .lines()
            .next()
            .unwrap_or_default();
        if marked || titled(line) && is_rule(below) {
            break (begin + line.len(), line);
        }
    };
    let mut end = text.len();
    let mut seen = false;
    for (begin, line) in lines {
        let below = text[begin + line.len()..]
            .lines()
            .next()
            .unwrap_or_default();
        if is_rule(line) && !seen {
            from = begin + line.len();
        } else if line.starts_with('#') || seen && is_rule(below) || is_rule(line) {
            end = begin;
            break;
        }
        seen |= !line.trim().is_empty() && !is_rule(line);
    }
    let section = text.get(from..end.max(from))?;
    let lower = section.to_ascii_lowercase();
    if section.trim().len() > SECTION || MORE.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let all = named(section);
    let [(at, _)] = all[..] else {
        return None;
    };
    let rest = &section[at..];
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    Some(stated(text, from + at, from + at + length))
}

/// Whether a line underlines the title above it.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3
        && (line.bytes().all(|b| b == b'-')
            || line.bytes().all(|b| b == b'=')
            || line.bytes().all(|b| b == b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, text: &str) -> Option<String> {
        let stated = reader(file).unwrap()(text)?;
        assert_eq!(text[stated.span.range()].trim_matches('"'), stated.text);
        Some(stated.text)
    }

    #[test]
    fn each_file_is_read_in_its_own_way() {
        for (file, text, wanted) in [
            (
                "setup.py",
                "setup(name='x', license=\"GPLv3\", v=1)\n",
                Some("GPLv3"),
            ),
            ("setup.py", "license='A'\nlicense='B'\n", None),
            ("setup.py", "setup(sublicense='A')\n", None),
            ("setup.cfg", "[metadata]\nlicense = BSD\n", Some("BSD")),
            ("setup.cfg", "[metadata]\nlicense = file: LICENSE\n", None),
            ("CITATION.cff", "title: x\nlicense: \"MIT\"\n", Some("MIT")),
            (
                "bower.json",
                "{\"license\": \"GPL-3.0-only\"}",
                Some("GPL-3.0-only"),
            ),
            (
                "codemeta.json",
                "{\"license\":\"https://spdx.org/licenses/GPL-3.0\"}",
                Some("GPL-3.0"),
            ),
            (
                "codemeta.json",
                "{\"license\":\"https://example.org/x\"}",
                None,
            ),
            (
                "README.md",
                "# x\n\n## License\n\nApache-2.0\n\n## More\nMIT\n",
                Some("Apache-2.0"),
            ),
            (
                "README.md",
                "# x\n\n## License\n\nMIT, or Apache-2.0\n",
                None,
            ),
            (
                "README.md",
                "# x\n\n## License\n\nMIT, the data CC0.\n",
                None,
            ),
            ("README.md", "# x\n\nMIT\n", None),
            (
                "README.rst",
                "License\n-------\n\nISC\n\nMore\n----\nMIT\n",
                Some("ISC"),
            ),
            (
                "pyproject.toml",
                "[project]\nname='x'\nlicense = \"BSD 3-Clause\"\n",
                Some("BSD 3-Clause"),
            ),
            (
                "pyproject.toml",
                "[project]\nname='x'\nlicense = { text = \"MIT\" }\n",
                Some("MIT"),
            ),
            (
                "pyproject.toml",
                "[project]\nname='x'\nlicense = \"MIT\"\n",
                None,
            ),
        ] {
            assert_eq!(
                read(file, text)
                    .map(|t| t.trim_matches('"').to_owned())
                    .as_deref(),
                wanted,
                "{text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(license|# License|\n|=|:|\"|'|---|MIT|é|\\{|\\}| |.){0,25}") {
            for (file, _) in FILES {
                let _ = reader(file).unwrap()(&text);
            }
        }
    }
}
