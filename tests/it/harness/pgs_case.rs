// SPDX-License-Identifier: Apache-2.0
//! A snapshot on disk from `case.toml`: base folders below `fixtures/pgs`, and what differs. An
//! artifact that is changed gets its `## Machine` block and its hash made again, as a compiler
//! would, unless the case says that it was not.

use ccr::pgs::files::Files;
use ccr::pgs::limits::Limits;
use ccr::pgs::seal::{Handed, Seal};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// `case.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    /// Folders below `fixtures/pgs`, laid over each other.
    pub(crate) base: Vec<String>,
    /// Whether changed artifacts are compiled again.
    pub(crate) recompile: bool,
    /// Whether recorded cases are run.
    pub(crate) conformance: bool,
    /// Whether it is compared with its base.
    pub(crate) compare: bool,
    /// A seal is handed in.
    sealed: Option<Sealed>,
    /// Files copied.
    copy: Vec<Pair>,
    /// Files renamed.
    r#move: Vec<Pair>,
    /// Artifacts added, an envelope around them.
    artifact: Vec<Added>,
    /// Members set.
    set: Vec<Set>,
    /// Files or members removed.
    remove: Vec<Remove>,
    /// Sources put in place of the compiled ones.
    source: Vec<Source>,
    /// Files as they are.
    file: Vec<Raw>,
    /// Symbolic links.
    link: Vec<Link>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            base: vec!["base".to_owned()],
            recompile: true,
            conformance: false,
            compare: false,
            sealed: None,
            copy: Vec::new(),
            r#move: Vec::new(),
            artifact: Vec::new(),
            set: Vec::new(),
            remove: Vec::new(),
            source: Vec::new(),
            file: Vec::new(),
            link: Vec::new(),
        }
    }
}

/// What happens to the folder between its seal and its judgement.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sealed {
    /// A file that is changed.
    changed: Option<String>,
    /// A file that is added.
    added: Option<String>,
    /// A file that is removed.
    removed: Option<String>,
    /// Text in place of the seal.
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    file: String,
    /// JSON.
    frontmatter: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    file: String,
    /// JSON pointer; `/-` adds to a list.
    at: String,
    /// The value.
    json: Option<String>,
    /// Or a text in parts, joined, so that no scanner trips over it.
    #[serde(default)]
    parts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    file: String,
    /// The whole file when absent.
    at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    file: String,
    /// The block; a content without one when absent.
    yaml: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    /// Lists inside lists, this many.
    nested: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    name: String,
    target: String,
}

impl Case {
    /// Reads one.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Seals what was built, then changes it as the case says.
    pub(crate) fn seal(&self, folder: &Path) -> Option<Handed> {
        let sealed = self.sealed.as_ref()?;
        let files = Files::read(folder, &Limits::default()).unwrap();
        let seal = Seal::of(&files, "2026-01-01T00:00:00Z").unwrap().to_text();
        if let Some(name) = &sealed.changed {
            let mut bytes = std::fs::read(folder.join(name)).unwrap();
            bytes.push(b' ');
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        if let Some(name) = &sealed.added {
            std::fs::write(folder.join(name), b"{}").unwrap();
        }
        if let Some(name) = &sealed.removed {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        Some(Handed {
            path: "snapshot.seal.json".to_owned(),
            bytes: sealed.text.clone().unwrap_or(seal).into_bytes(),
        })
    }

    /// Writes the base that it is compared with, when it is.
    pub(crate) fn before(&self, folder: &Path) -> Option<PathBuf> {
        let base = Self {
            base: self.base.clone(),
            ..Self::default()
        };
        self.compare.then(|| {
            base.build(folder);
            folder.to_owned()
        })
    }

    /// Whether the case needs what this system lacks.
    pub(crate) fn is_for_unix(&self) -> bool {
        !self.link.is_empty()
    }

    /// Writes the snapshot.
    pub(crate) fn build(&self, folder: &Path) {
        let mut files = BTreeMap::new();
        for base in &self.base {
            files.extend(read_tree(&fixtures().join(base)));
        }
        let mut touched = BTreeSet::new();
        for pair in &self.copy {
            files.insert(pair.to.clone(), files[&pair.from].clone());
        }
        for pair in &self.r#move {
            let bytes = files.remove(&pair.from).expect("the base has the file");
            files.insert(pair.to.clone(), bytes);
        }
        for added in &self.artifact {
            let frontmatter: Value = serde_json::from_str(&added.frontmatter).unwrap();
            let body = envelope(&added.file, &frontmatter);
            files.insert(added.file.clone(), pretty(&body));
            touched.insert(added.file.clone());
        }
        for set in &self.set {
            let value = match &set.json {
                Some(text) => serde_json::from_str(text).unwrap(),
                None => Value::String(set.parts.concat()),
            };
            edit(&mut files, &set.file, |body| put(body, &set.at, value));
            touched.insert(set.file.clone());
        }
        for remove in &self.remove {
            match &remove.at {
                None => assert!(files.remove(&remove.file).is_some(), "{}", remove.file),
                Some(at) => {
                    edit(&mut files, &remove.file, |body| take(body, at));
                    touched.insert(remove.file.clone());
                }
            }
        }
        if self.recompile {
            for file in &touched {
                let Some(bytes) = files.get(file).cloned() else {
                    continue;
                };
                let body: Value = serde_json::from_slice(&bytes).unwrap();
                let source = body.get("frontmatter").map(pretty);
                if let Some(source) = source.filter(|_| body.get("content").is_some()) {
                    let source = String::from_utf8(source).unwrap();
                    edit(&mut files, file, |body| {
                        compile(body, Some(&format!("{source}\n")))
                    });
                }
            }
        }
        for source in &self.source {
            edit(&mut files, &source.file, |body| {
                compile(body, source.yaml.as_deref())
            });
        }
        for raw in &self.file {
            let bytes = match (&raw.text, &raw.bytes, raw.nested) {
                (Some(text), None, None) => text.clone().into_bytes(),
                (None, Some(bytes), None) => bytes.clone(),
                (None, None, Some(depth)) => vec![b'['; depth],
                _ => panic!("{}: one of text, bytes, nested", raw.name),
            };
            files.insert(raw.name.clone(), bytes);
        }
        for (name, bytes) in &files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        #[cfg(unix)]
        for link in &self.link {
            std::os::unix::fs::symlink(&link.target, folder.join(&link.name)).unwrap();
        }
    }
}

/// The bases.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pgs")
}

/// Every file below a folder, by path with `/`.
pub(crate) fn read_tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

fn pretty(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap()
}

fn edit(files: &mut BTreeMap<String, Vec<u8>>, file: &str, change: impl FnOnce(&mut Value)) {
    let bytes = files
        .get(file)
        .unwrap_or_else(|| panic!("the base has no {file}"));
    let mut body: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut body);
    files.insert(file.to_owned(), pretty(&body));
}

/// Content and hash of a source.
fn compile(body: &mut Value, yaml: Option<&str>) {
    let content = match yaml {
        Some(yaml) => format!("# Source\n\n## Machine\n\n```yaml\n{yaml}```\n"),
        None => "# Source\n".to_owned(),
    };
    let digest = Sha256::digest(content.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    body["content_hash"] = json!(hex);
    body["content"] = json!(content);
}

fn envelope(file: &str, frontmatter: &Value) -> Value {
    let stem = file
        .rsplit('/')
        .next()
        .unwrap()
        .strip_suffix(".json")
        .unwrap();
    let (namespace, code) = stem.split_once("__").unwrap();
    json!({
        "artifact_code": code,
        "artifact_type": code.split('_').next(),
        "content": "",
        "content_hash": "",
        "fqdn_id": format!("{namespace}::{code}"),
        "frontmatter": frontmatter,
        "layer_code": "LIBRARY",
        "module_path": "library",
        "namespace": namespace,
        "references": [],
        "version": "0",
    })
}

fn parent<'v>(body: &'v mut Value, at: &str) -> (&'v mut Value, String) {
    let (above, last) = at.rsplit_once('/').expect("a JSON pointer");
    let above = body
        .pointer_mut(above)
        .unwrap_or_else(|| panic!("nothing stands at {above}"));
    (above, last.replace("~1", "/").replace("~0", "~"))
}

fn put(body: &mut Value, at: &str, value: Value) {
    let (above, last) = parent(body, at);
    match above {
        Value::Object(members) => {
            members.insert(last, value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        _ => panic!("{at} stands in no collection"),
    }
}

fn take(body: &mut Value, at: &str) {
    let (above, last) = parent(body, at);
    let gone = match above {
        Value::Object(members) => members.remove(&last).is_some(),
        Value::Array(items) => {
            items.remove(last.parse::<usize>().unwrap());
            true
        }
        _ => false,
    };
    assert!(gone, "nothing stands at {at}");
}
