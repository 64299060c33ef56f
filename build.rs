// SPDX-License-Identifier: Apache-2.0
//! Embeds rules and schemas.
//!
//! Rule files are TOML for people; parsing hundreds of them at every start would cost more than
//! many scans. So each pack becomes a JSON document here (parsed ten times faster), its examples
//! another one, and a syntax error in a rule file fails the build with its place.

#![allow(clippy::unwrap_used, reason = "a build script reports by failing")]

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=schemas");

    let mut list = String::from("&[\n");
    for folder in sorted(&root.join("rules")) {
        // A folder without a manifest holds other data.
        if folder.join("pack.toml").is_file() {
            let pack = Pack::read(&root, &folder);
            let file = out.join(format!("rules-{}.json", pack.id));
            fs::write(&file, pack.rules.to_string()).unwrap();
            let examples = out.join(format!("examples-{}.json", pack.id));
            fs::write(&examples, pack.examples.to_string()).unwrap();
            list.push_str(&format!(
                "Pack {{ id: {:?}, digest: {:?}, rules: include_str!({file:?}), examples: include_str!({examples:?}) }},\n",
                pack.id, pack.digest
            ));
        }
    }
    list.push(']');
    fs::write(out.join("packs.rs"), list).unwrap();
    let profiles = parse(&root.join("rules/profiles.toml"));
    fs::write(out.join("profiles.json"), profiles.to_string()).unwrap();

    let mut list = String::from("&[\n");
    for file in sorted(&root.join("schemas")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        list.push_str(&format!(
            "({name:?}, include_str!({:?})),\n",
            file.to_str().unwrap()
        ));
    }
    list.push(']');
    fs::write(out.join("schemas.rs"), list).unwrap();
}

/// Keys of a rule that no verdict hangs on.
const PROSE: [&str; 8] = [
    "aliases",
    "references",
    "repair",
    "residual",
    "since",
    "status",
    "title",
    "why",
];

/// One pack as two documents: its rules, and their examples, which a scan does not need.
struct Pack {
    id: String,
    /// SHA-256 (hex) of what can change a verdict.
    digest: String,
    rules: Value,
    examples: Value,
}

impl Pack {
    fn read(root: &Path, folder: &Path) -> Self {
        let manifest = parse(&folder.join("pack.toml"));
        let id = manifest["id"].as_str().unwrap().to_owned();
        let mut hash = Sha256::new_with_prefix(manifest["severity"].to_string());
        let mut examples = Map::new();
        let mut files = Vec::new();
        for file in sorted(folder) {
            if file.extension().is_some_and(|e| e == "toml") && !file.ends_with("pack.toml") {
                let name = file.strip_prefix(root).unwrap().to_str().unwrap();
                let mut content = parse(&file);
                let rules = content.get_mut("rule").and_then(Value::as_array_mut);
                for rule in rules.into_iter().flatten() {
                    let rule = rule.as_object_mut().unwrap();
                    let lists = ["match", "no_match"].map(|key| (key.to_owned(), rule.remove(key)));
                    let given = lists
                        .into_iter()
                        .filter_map(|(key, list)| Some((key, list?)));
                    let given = Value::Object(given.collect());
                    let id = rule["id"].as_str().unwrap().to_owned();
                    assert!(examples.insert(id.clone(), given).is_none(), "{id} twice");
                    if rule["status"] != "removed" {
                        let deciding = rule
                            .iter()
                            .filter(|(key, _)| !PROSE.contains(&key.as_str()));
                        let deciding: Map<_, _> = deciding
                            .map(|(key, value)| (key.clone(), value.clone()))
                            .collect();
                        hash.update(Value::Object(deciding).to_string());
                    }
                }
                files.push(json!({ "file": name.replace('\\', "/"), "content": content }));
            }
        }
        Self {
            id,
            digest: hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            rules: json!({ "manifest": manifest, "files": files }),
            examples: Value::Object(examples),
        }
    }
}

/// The folder's entries by name; an absent folder is empty.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A TOML file as a JSON value.
fn parse(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::to_value(table).unwrap()
}
