// SPDX-License-Identifier: Apache-2.0
//! Judges whether what a package offers to run or import is in it: `main`, `bin`, `types` and
//! `exports` of `package.json`, console scripts of a wheel, targets of a crate.

use super::package::{dist_info, manifest, root};
use super::params::draft;
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::classify::Kind;
use crate::model::{Confidence, Draft, Severity};
use crate::rules::Rule;
use serde_json::Value;
use std::collections::BTreeSet;

/// `check = "package-entry"`.
pub(super) struct PackageEntry;

/// Conditions of `exports` that an ordinary consumer meets; others may name what only the
/// project's own tools read.
const CONDITIONS: &[&str] = &[
    "import", "require", "default", "node", "browser", "types", "module",
];

/// Endings that Node tries behind a name without one (Node.js documentation, "Modules").
const ENDINGS: &[&str] = &[
    "",
    ".js",
    ".json",
    ".node",
    ".cjs",
    ".mjs",
    "/index.js",
    "/index.json",
    "/index.node",
];

impl ArtifactCheck for PackageEntry {
    fn name(&self) -> &'static str {
        "package-entry"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        manifest::keeps(name)
            || name.split_once('/').is_some_and(|(top, rest)| {
                top.ends_with(".dist-info") && rest == "entry_points.txt"
            })
    }

    fn needs_all(&self, _fault: &str) -> bool {
        true
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        match artifact.kind {
            ArtifactKind::Npm => npm(rule, artifact, out),
            ArtifactKind::Wheel => wheel(rule, artifact, out),
            ArtifactKind::Crate => krate(rule, artifact, out),
            _ => {}
        }
    }
}

fn npm(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let root = root(artifact);
    let name = format!("{root}package.json");
    let Some(bytes) = artifact.kept.get(&name) else {
        return;
    };
    let Ok(Value::Object(manifest)) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let path = artifact.member(&name);
    let mut told = BTreeSet::new();
    let mut say = |key: &str, target: &str, severity: Severity| {
        if !holds(artifact, &root, target) && told.insert(target.to_owned()) {
            let description = format!("`{key}` names `{target}`, which the package does not hold.");
            out.push(draft(rule, &path, description).severity(severity));
        }
    };
    // With `exports`, `main` is for tools that do not know `exports`.
    let alone = !manifest.contains_key("exports");
    let rank = |key: &str| match key {
        "main" if alone => Severity::High,
        _ => Severity::Medium,
    };
    for key in ["main", "module", "types", "typings"] {
        if let Some(target) = manifest.get(key).and_then(Value::as_str) {
            say(key, target, rank(key));
        }
    }
    match manifest.get("bin") {
        Some(Value::String(target)) => say("bin", target, Severity::High),
        Some(Value::Object(all)) => {
            for target in all.values().filter_map(Value::as_str) {
                say("bin", target, Severity::High);
            }
        }
        _ => {}
    }
    let mut open: Vec<&Value> = manifest.get("exports").into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(target) if target.starts_with("./") => {
                say("exports", target, Severity::Medium);
            }
            Value::Object(all) => open.extend(
                all.iter()
                    .filter(|(key, _)| key.starts_with('.') || CONDITIONS.contains(&key.as_str()))
                    .map(|(_, value)| value),
            ),
            // Of a list the first that is there counts, which is no promise of the others.
            _ => {}
        }
    }
}

/// Whether the package holds what a target of its manifest names.
fn holds(artifact: &Artifact, root: &str, target: &str) -> bool {
    let plain = target.trim_start_matches("./").trim_end_matches('/');
    // Patterns stand for many files, addresses for none of ours, and an empty name for the default.
    if plain.is_empty() || plain == "." || target.contains(['*', ':']) || target.contains("..") {
        return true;
    }
    let base = format!("{root}{plain}");
    let declared = [".d.ts", ".ts", ".d.mts", ".d.cts"];
    let has = |name: &str| artifact.entries.contains_key(name);
    ENDINGS
        .iter()
        .chain(&declared)
        .any(|ending| has(&format!("{base}{ending}")))
        // A folder with a manifest or declarations of its own.
        || has(&format!("{base}/package.json"))
        || has(&format!("{base}/index.d.ts"))
        || ["index.cjs", "index.mjs"].iter().any(|file| has(&format!("{base}/{file}")))
}

/// A crate needs a target: `src/lib.rs`, a program, or what its manifest names.
fn krate(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let root = root(artifact);
    let name = format!("{root}Cargo.toml");
    let text = artifact.kept.get(&name);
    let text = text.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let Some(Ok(manifest)) = text.map(str::parse::<toml::Table>) else {
        return;
    };
    let has = |path: &str| {
        let parts = path.split(['/', '\\']);
        let plain: Vec<&str> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
        path.contains("..")
            || artifact
                .entries
                .contains_key(&format!("{root}{}", plain.join("/")))
    };
    let path = artifact.member(&name);
    let mut say = |text: String| out.push(draft(rule, &path, text));
    let mut named = false;
    let lib = manifest.get("lib").and_then(toml::Value::as_table);
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    let bins = bins.into_iter().flatten().filter_map(toml::Value::as_table);
    for (key, table) in lib
        .map(|table| ("lib", table))
        .into_iter()
        .chain(bins.map(|table| ("bin", table)))
    {
        named = true;
        if let Some(target) = table.get("path").and_then(toml::Value::as_str)
            && !has(target)
        {
            say(format!(
                "`[{key}]` names `{target}`, which the crate does not hold."
            ));
        }
    }
    let programs = format!("{root}src/bin/");
    let mut programs = artifact
        .entries
        .range(programs.clone()..)
        .take_while(|(name, _)| name.starts_with(&programs));
    let found = named || has("src/lib.rs") || has("src/main.rs") || programs.next().is_some();
    if !found && manifest.contains_key("package") {
        say(
            "The crate holds neither `src/lib.rs` nor a program, so there is nothing to build."
                .to_owned(),
        );
    }
}

fn wheel(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let Some(name) = dist_info(artifact).map(|info| format!("{info}/entry_points.txt")) else {
        return;
    };
    let Some(text) = artifact.kept.get(&name) else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let path = artifact.member(&name);
    let mut scripts = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            scripts = matches!(
                section.trim_end_matches(']'),
                "console_scripts" | "gui_scripts"
            );
            continue;
        }
        let Some((script, target)) = line.split_once('=').filter(|_| scripts) else {
            continue;
        };
        if line.starts_with(['#', ';']) {
            continue;
        }
        let module = target
            .split([':', '[', ';'])
            .next()
            .unwrap_or_default()
            .trim();
        if module.is_empty() || imports(artifact, module) {
            continue;
        }
        let (script, top) = (script.trim(), module.split('.').next().unwrap_or(module));
        let mut found = draft(
            rule,
            &path,
            format!("The script `{script}` imports `{module}`, which the wheel does not hold."),
        );
        if !imports(artifact, top) {
            // A dependency may bring the module.
            found = found.severity(Severity::Medium).confidence(Confidence::Low);
        }
        out.push(found);
    }
}

/// Whether the wheel holds a module of this dotted name.
fn imports(artifact: &Artifact, module: &str) -> bool {
    let path = module.replace('.', "/");
    let folder = format!("{path}/");
    let file = format!("{path}.");
    artifact.entries.keys().any(|name| {
        let installed = match name.split_once(".data/") {
            Some((_, rest)) => rest
                .strip_prefix("purelib/")
                .or_else(|| rest.strip_prefix("platlib/"))
                .unwrap_or_default(),
            None => name,
        };
        installed.starts_with(&folder)
            || installed.strip_prefix(&file).is_some_and(|ending| {
                ending == "py"
                    || ending.ends_with("so")
                    || ending.ends_with("pyd")
                    || ending == "pyc"
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_holds_what_its_manifest_names() {
        let told = |files: &[(&str, &str)]| {
            let rule = crate::rules::rule_of(
                "id = \"test-rule\"\ntitle = \"T\"\nseverity = \"high\"\nconfidence = \"high\"\nstatus = \"preview\"\nsince = \"0.1.0\"\nwhy = \"W.\"\nrepair = \"R.\"\ncheck = \"package-entry\"",
            );
            let mut out = Vec::new();
            let artifact = Artifact::of_texts(ArtifactKind::Crate, files);
            PackageEntry.check(&rule, &artifact, &mut out);
            out.len()
        };
        let plain = ("a-1.0.0/Cargo.toml", "[package]\nname = \"a\"\n");
        assert_eq!(told(&[plain, ("a-1.0.0/src/lib.rs", "")]), 0);
        assert_eq!(told(&[plain, ("a-1.0.0/src/bin/a.rs", "")]), 0);
        assert_eq!(told(&[plain, ("a-1.0.0/src/other.rs", "")]), 1);
        let named = (
            "a-1.0.0/Cargo.toml",
            "[package]\nname = \"a\"\n[lib]\npath = \"a.rs\"\n",
        );
        assert_eq!(told(&[named, ("a-1.0.0/a.rs", "")]), 0);
        assert_eq!(told(&[named, ("a-1.0.0/b.rs", "")]), 1);
    }

    #[test]
    fn targets_are_resolved_as_node_does() {
        let package = Artifact::of_texts(
            ArtifactKind::Npm,
            &[
                ("package/lib/index.js", ""),
                ("package/main.cjs", ""),
                ("package/types/a.d.ts", ""),
            ],
        );
        for target in [
            "lib",
            "./lib/",
            "lib/index",
            "main",
            "./types/a",
            "./lib/*.js",
            "",
            "./",
        ] {
            assert!(holds(&package, "package/", target), "{target}");
        }
        for target in ["dist/index.js", "./types/b"] {
            assert!(!holds(&package, "package/", target), "{target}");
        }
    }

    #[test]
    fn modules_are_found_in_any_form() {
        let wheel = Artifact::of_texts(
            ArtifactKind::Wheel,
            &[
                ("a/b.py", ""),
                ("a/c.cpython-311-x86_64-linux-gnu.so", ""),
                ("x-1.data/purelib/d/__init__.py", ""),
            ],
        );
        for module in ["a", "a.b", "a.c", "d"] {
            assert!(imports(&wheel, module), "{module}");
        }
        assert!(!imports(&wheel, "a.d"));
    }
}
