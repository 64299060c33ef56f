// SPDX-License-Identifier: Apache-2.0
//! Embeds rules and schemas.
//!
//! Rule files are TOML for people; parsing hundreds of them at every start would cost more than
//! many scans. So they become one JSON document here (parsed ten times faster), and a syntax
//! error in a rule file fails the build with its place.

#![allow(clippy::unwrap_used, reason = "a build script reports by failing")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=schemas");

    let mut packs = Vec::new();
    for pack in sorted(&root.join("rules")) {
        // A folder without a manifest holds other data.
        if !pack.join("pack.toml").is_file() {
            continue;
        }
        let manifest = parse(&pack.join("pack.toml"));
        let mut files = Vec::new();
        for file in sorted(&pack) {
            if file.extension().is_some_and(|e| e == "toml") && !file.ends_with("pack.toml") {
                let name = file
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                files.push(json!({ "file": name, "content": parse(&file) }));
            }
        }
        packs.push(json!({ "manifest": manifest, "files": files }));
    }
    let profiles = parse(&root.join("rules/profiles.toml"));
    let embedded = json!({ "packs": packs, "profiles": profiles });
    fs::write(out.join("rules.json"), embedded.to_string()).unwrap();

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
