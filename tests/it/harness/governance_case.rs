// SPDX-License-Identifier: Apache-2.0
//! Planning trees and runs with edits: what `case.toml` of a rule case and the list of mutations
//! of a sample set both say. Digests, chain and seal are made here a second time, apart from the
//! product's, to test it.
//!
//! A case (`fixtures/rules/<rule-id>/{pass,fail}/<case>/case.toml`):
//!
//! ```toml
//! base   = "runs/20260306T090500Z-shelf-label-3401"   # below fixtures/governance; or "tree"
//! runs   = true        # a tree: audited with the runs beside it; a run: with its siblings
//! reseal = true        # chain, digests and self digest made again, seal.json removed
//! sealed = true        # with reseal: and a new seal.json
//! [[edit]]
//! file = "report.json" # below the base, or below `base` of the edit
//! op   = "json_set"
//! path = ["status"]
//! value = "fail"       # `json = "null"` for what TOML cannot write
//! ```

use super::audits::{engine_of, family_report};
use super::cli::github_token;
use ccr::audit::Engine;
use ccr::audit::family::{Evidence, Governance};
use ccr::governance::audit::{PlanOptions, RunOptions, RunWishes};
use ccr::governance::files::Limits;
use ccr::governance::profile::Profile;
use ccr::model::Report;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

/// `case.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    /// Folder below `fixtures/governance`: `tree`, or `runs/<run id>`.
    pub(crate) base: String,
    /// Whether runs are handed in as well: all of them.
    pub(crate) runs: bool,
    /// Whether chain and digests of the edited runs are made again.
    pub(crate) reseal: bool,
    /// Whether a resealed run gets a seal again.
    pub(crate) sealed: bool,
    /// Day of the audit; 2026-03-15 when empty.
    pub(crate) as_of: String,
    /// A project's own profile, laid over the embedded one.
    pub(crate) profile: Option<String>,
    /// `--stage`
    pub(crate) stage: Option<u64>,
    /// `--contract`, below `fixtures/governance` as staged.
    pub(crate) contract: Option<String>,
    /// `--admission`, likewise.
    pub(crate) admission: Vec<String>,
    /// What differs.
    pub(crate) edit: Vec<Edit>,
}

/// One edit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Edit {
    /// Folder that `file` is below, when it is not the case's.
    pub(crate) base: Option<String>,
    /// The file.
    pub(crate) file: String,
    /// `replace`, `append`, `write`, `delete`, `delete_line`, `swap_lines`, `json_set`,
    /// `json_remove`, `event_set`, `event_remove`, `link`, `rename_run`.
    pub(crate) op: String,
    /// What `replace` looks for.
    pub(crate) find: String,
    /// What it puts there.
    pub(crate) with: String,
    /// What `append` and `write` write; the target of `link`; the name of `rename_run`.
    pub(crate) text: String,
    /// What the line of `delete_line` holds.
    pub(crate) containing: String,
    /// First line of `swap_lines`, from 1.
    pub(crate) a: usize,
    /// Second line.
    pub(crate) b: usize,
    /// Line of an event, from 1.
    pub(crate) line: usize,
    /// Keys and indices.
    pub(crate) path: Vec<Value>,
    /// The value.
    pub(crate) value: Value,
    /// The value as JSON text.
    pub(crate) json: Option<String>,
}

/// Where our own bases are.
pub(crate) fn bases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/governance")
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in walkdir::WalkDir::new(from).sort_by_file_name() {
        let file = file.unwrap();
        let path = to.join(file.path().strip_prefix(from).unwrap());
        if file.file_type().is_dir() {
            std::fs::create_dir_all(&path).unwrap();
        } else {
            std::fs::write(&path, std::fs::read(file.path()).unwrap()).unwrap();
        }
    }
}

/// Puts what no file may hold whole in place of its name.
pub(crate) fn filled(text: &str) -> String {
    let home = format!("/{}/alice/work", ["ho", "me"].concat());
    let url = format!("{}://inference.example.org:8081/v1", ["ht", "tp"].concat());
    text.replace("@@HOME@@", &home)
        .replace("@@URL@@", &url)
        .replace("@@SECRET@@", &github_token())
}

fn filled_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(filled(text)),
        Value::Array(items) => items.iter().map(filled_value).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .map(|(name, value)| (filled(name), filled_value(value)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn write_json(path: &Path, value: &Value) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    std::fs::write(path, text).unwrap();
}

/// The value that holds the last key of a path; objects on the way are made.
fn holder<'v>(mut value: &'v mut Value, path: &[Value]) -> &'v mut Value {
    for key in &path[..path.len() - 1] {
        value = match key {
            Value::String(key) => {
                let members = value.as_object_mut().expect("an object on the way");
                members.entry(key.clone()).or_insert_with(|| json!({}))
            }
            index => &mut value[usize::try_from(index.as_u64().unwrap()).unwrap()],
        };
    }
    value
}

fn set(value: &mut Value, path: &[Value], new: Value) {
    let holder = holder(value, path);
    match path.last().expect("a path") {
        Value::String(key) => {
            holder
                .as_object_mut()
                .expect("an object")
                .insert(key.clone(), new);
        }
        index => {
            let index = usize::try_from(index.as_u64().unwrap()).unwrap();
            let items = holder.as_array_mut().expect("a list");
            if index == items.len() {
                items.push(new);
            } else {
                items[index] = new;
            }
        }
    }
}

fn remove(value: &mut Value, path: &[Value]) {
    let holder = holder(value, path);
    match path.last().expect("a path") {
        Value::String(key) => {
            let gone = holder.as_object_mut().expect("an object").remove(key);
            assert!(gone.is_some(), "{key} is not there to be removed");
        }
        index => {
            let index = usize::try_from(index.as_u64().unwrap()).unwrap();
            holder.as_array_mut().expect("a list").remove(index);
        }
    }
}

impl Edit {
    fn new_value(&self) -> Value {
        let given = self.json.as_ref();
        let value = given.map_or_else(
            || self.value.clone(),
            |text| serde_json::from_str(text).unwrap(),
        );
        filled_value(&value)
    }

    /// Applies it below `folder`.
    pub(crate) fn apply(&self, folder: &Path) {
        let path = folder.join(&self.file);
        let text = || {
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", self.file))
        };
        let lines = || text().lines().map(str::to_owned).collect::<Vec<_>>();
        let put = |lines: Vec<String>| std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        match self.op.as_str() {
            "replace" => {
                let find = filled(&self.find);
                let old = text();
                assert!(old.contains(&find), "{} has no `{find}`", self.file);
                std::fs::write(&path, old.replacen(&find, &filled(&self.with), 1)).unwrap();
            }
            "append" => std::fs::write(&path, text() + &filled(&self.text)).unwrap(),
            "write" => {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, filled(&self.text)).unwrap();
            }
            "delete" if path.is_dir() => std::fs::remove_dir_all(&path).unwrap(),
            "delete" => std::fs::remove_file(&path).unwrap(),
            "delete_line" => {
                let mut lines = lines();
                let at = lines
                    .iter()
                    .position(|line| line.contains(&self.containing));
                lines.remove(at.unwrap_or_else(|| panic!("no line holds `{}`", self.containing)));
                put(lines);
            }
            "swap_lines" => {
                let mut lines = lines();
                lines.swap(self.a - 1, self.b - 1);
                put(lines);
            }
            "json_set" => {
                let mut value = json_of(&path);
                set(&mut value, &self.path, self.new_value());
                write_json(&path, &value);
            }
            "json_remove" => {
                let mut value = json_of(&path);
                remove(&mut value, &self.path);
                write_json(&path, &value);
            }
            "event_set" | "event_remove" => {
                let mut lines = lines();
                let line = &mut lines[self.line - 1];
                let mut event: Value = serde_json::from_str(line).unwrap();
                if self.op == "event_set" {
                    set(&mut event, &self.path, self.new_value());
                } else {
                    remove(&mut event, &self.path);
                }
                *line = event.to_string();
                put(lines);
            }
            #[cfg(unix)]
            "link" => {
                let _ = std::fs::remove_file(&path);
                std::os::unix::fs::symlink(&self.text, &path).unwrap();
            }
            "rename_run" => {
                let to = folder.parent().unwrap().join(&self.text);
                std::fs::rename(folder, to).unwrap();
            }
            other => panic!("no operation is called `{other}`"),
        }
    }
}

/// SHA-256, 64 hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Canonical JSON of what these samples hold: names in ASCII, numbers that are integers.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            let members = sorted.into_iter().map(|(name, value)| {
                format!("{}:{}", Value::from(name.as_str()), canonical(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items = items.iter().map(canonical);
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

fn without(value: &Value, key: &str) -> Value {
    let mut members: Map<String, Value> = value.as_object().unwrap().clone();
    members.remove(key);
    Value::Object(members)
}

/// Names of the files of a run but its seal, in the order of their bytes.
fn listed(run: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for file in walkdir::WalkDir::new(run) {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let name = file.path().strip_prefix(run).unwrap();
            names.push(name.to_str().unwrap().replace('\\', "/"));
        }
    }
    names.retain(|name| name != "seal.json");
    names.sort();
    names
}

/// Makes chain, head, digests and self digest of a run again; `seal.json` is removed, and made
/// again when `sealed`. What cannot be read stays as it is.
pub(crate) fn reseal(run: &Path, sealed: bool) {
    let zeros = "0".repeat(64);
    let _ = std::fs::remove_file(run.join("seal.json"));
    let mut head = zeros.clone();
    let events = run.join("events.normalized.jsonl");
    let text = std::fs::read_to_string(&events).unwrap_or_default();
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Ok(Value::Object(mut event)) = serde_json::from_str(line) else {
            lines.push(line.to_owned());
            continue;
        };
        event.remove("hash");
        event.insert("seq".to_owned(), json!(index + 1));
        event.insert("prev_hash".to_owned(), json!(head));
        head = sha256(canonical(&Value::Object(event.clone())).as_bytes());
        event.insert("hash".to_owned(), json!(head));
        lines.push(canonical(&Value::Object(event)));
    }
    if events.exists() {
        std::fs::write(&events, lines.join("\n") + "\n").unwrap();
    }
    let path = run.join("report.json");
    let read = std::fs::read(&path).unwrap_or_default();
    let Ok(Value::Object(mut report)) = serde_json::from_slice(&read) else {
        return;
    };
    report.insert("events_head".to_owned(), json!(head));
    let digest = |name: &String| {
        let digest = match name.as_str() {
            "report.json" => zeros.clone(),
            name => sha256(&std::fs::read(run.join(name)).unwrap()),
        };
        (name.clone(), Value::from(digest))
    };
    let digests: Map<String, Value> = listed(run).iter().map(digest).collect();
    report.insert("artifact_digests".to_owned(), Value::Object(digests));
    let mut report = Value::Object(report);
    report["artifact_digests"]["report.json"] = json!(sha256(canonical(&report).as_bytes()));
    write_json(&path, &report);
    if sealed {
        let files = listed(run).into_iter().map(|name| {
            let bytes = std::fs::read(run.join(&name)).unwrap();
            json!({ "path": name, "size": bytes.len(), "sha256": sha256(&bytes) })
        });
        let mut seal = json!({
            "schema": "ccr.run_seal.v1",
            "run_id": run.file_name().unwrap().to_str().unwrap(),
            "sealed_at": report["run_finished_at"],
            "files": files.collect::<Vec<_>>(),
            "events_head": head,
            "previous_seal": null,
        });
        seal["root"] = json!(sha256(canonical(&without(&seal, "root")).as_bytes()));
        write_json(&run.join("seal.json"), &seal);
    }
}

/// The rules that the family's audits run.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_of(&["cto", "path", "policy", "secret"]))
}

/// `audit evidence` of runs.
pub(crate) fn audit_runs(runs: &[PathBuf], case: &Case, wishes: RunWishes) -> Report {
    let profile = case.profile();
    let as_of = case.day();
    let family = Evidence(RunOptions {
        runs: runs.to_vec(),
        profile: &profile,
        as_of: as_of.parse().unwrap(),
        limits: Limits::default(),
        wishes,
    });
    let root = tempfile::tempdir().unwrap();
    family_report(engine(), &family, as_of, root.path())
}

/// `audit governance` of a tree.
pub(crate) fn audit_tree(root: &Path, runs: Option<PathBuf>, case: &Case) -> Report {
    let profile = case.profile();
    let as_of = case.day();
    let options = PlanOptions {
        root: root.to_owned(),
        runs,
        profile: &profile,
        as_of: as_of.parse().unwrap(),
        limits: Limits::default(),
    };
    let family = Governance {
        options,
        prefix: String::new(),
    };
    family_report(engine(), &family, as_of, root)
}

impl Case {
    /// Reads `case.toml`.
    pub(crate) fn read(folder: &Path) -> Self {
        let path = folder.join("case.toml");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The profile; the embedded one is read once for all cases.
    fn profile(&self) -> Cow<'static, Profile> {
        static EMBEDDED: LazyLock<Profile> = LazyLock::new(Profile::embedded);
        match self.profile.as_deref() {
            Some(own) => Cow::Owned(Profile::with(Some(own)).unwrap()),
            None => Cow::Borrowed(&EMBEDDED),
        }
    }

    fn day(&self) -> &str {
        if self.as_of.is_empty() {
            "2026-03-15"
        } else {
            &self.as_of
        }
    }

    /// Whether it is about a run.
    pub(crate) fn is_run(&self) -> bool {
        self.base.starts_with("runs/")
    }

    /// Folders that edits may change: those that they name, and all runs where one of several is
    /// edited that are read together.
    fn staged(&self) -> BTreeSet<&str> {
        let edited = self.edit.iter().filter_map(|edit| edit.base.as_deref());
        let mut all: BTreeSet<&str> = edited.chain([self.base.as_str()]).collect();
        let run = |folder: &&str| folder.starts_with("runs/");
        if all.contains("runs") || self.runs && all.iter().any(run) {
            all.retain(|folder| !run(folder));
            all.insert("runs");
        }
        all
    }

    /// Copies what is edited from `bases` to `to` and applies the edits; gives the folder that is
    /// audited.
    pub(crate) fn stage(&self, bases: &Path, to: &Path) -> PathBuf {
        for folder in self.staged() {
            assert!(bases.join(folder).is_dir(), "no base is called `{folder}`");
            copy(&bases.join(folder), &to.join(folder));
        }
        let mut touched = vec![self.base.clone()];
        let mut audited = to.join(&self.base);
        for edit in &self.edit {
            let base = edit.base.as_ref().unwrap_or(&self.base);
            let folder = if edit.base.is_none() {
                audited.clone()
            } else {
                to.join(base)
            };
            edit.apply(&folder);
            if edit.op == "rename_run" {
                audited = audited.with_file_name(&edit.text);
            } else if base.starts_with("runs/") && !touched.contains(base) {
                touched.push(base.clone());
            }
        }
        if self.reseal {
            for base in touched.iter().filter(|base| base.starts_with("runs/")) {
                let run = if *base == self.base {
                    audited.clone()
                } else {
                    to.join(base)
                };
                reseal(&run, self.sealed);
            }
        }
        audited
    }

    /// Where a file or folder of a staged case is: what was not edited was not copied.
    pub(crate) fn there(bases: &Path, staged: &Path, name: &str) -> PathBuf {
        let copied = staged.join(name);
        if copied.exists() {
            copied
        } else {
            bases.join(name)
        }
    }

    /// What the flags of `audit evidence` ask, for a staged case.
    fn wishes(&self, bases: &Path, staged: &Path) -> RunWishes {
        let there = |name: &String| Self::there(bases, staged, name);
        let admissions: Vec<PathBuf> = self.admission.iter().map(there).collect();
        let mut wishes = RunWishes {
            stage: self.stage,
            ..RunWishes::default()
        };
        if let Some(contract) = &self.contract {
            wishes.read_contract(&there(contract)).unwrap();
        }
        for admission in &admissions {
            wishes.read_admission(admission).unwrap();
        }
        wishes
    }

    /// Stages it beside `bases` and audits it.
    pub(crate) fn audit(&self, bases: &Path) -> Report {
        let staged = tempfile::tempdir().unwrap();
        let audited = self.stage(bases, staged.path());
        let runs = Self::there(bases, staged.path(), "runs");
        if !self.is_run() {
            return audit_tree(&audited, self.runs.then_some(runs), self);
        }
        let wishes = self.wishes(bases, staged.path());
        let what = if self.runs { runs } else { audited };
        audit_runs(&[what], self, wishes)
    }
}

/// `mutations.json` of a sample set.
#[derive(Debug, Deserialize)]
pub(crate) struct Mutation {
    /// Its name.
    pub(crate) id: String,
    /// Folder below the samples.
    base: String,
    /// What differs.
    edits: Vec<Edit>,
    /// As in [`Case`].
    reseal: bool,
    /// Rules that must fire.
    pub(crate) expect: Vec<String>,
}

impl Mutation {
    /// The same as a case; a tree is audited with the runs beside it.
    pub(crate) fn case(&self) -> Case {
        Case {
            base: self.base.clone(),
            runs: self.base == "governance",
            reseal: self.reseal,
            edit: self.edits.clone(),
            ..Case::default()
        }
    }
}
