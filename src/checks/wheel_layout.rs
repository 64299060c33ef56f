// SPDX-License-Identifier: Apache-2.0
//! Judges the shape of a wheel: its file name, its `.dist-info` folder, and the file `WHEEL`.

use super::package::filename::{self, WheelName};
use super::package::metadata::Metadata;
use super::package::{dist_info, dist_infos, normal_name, same_version};
use super::params::{draft, fault, some_of};
use super::{Artifact, ArtifactCheck, ArtifactKind};
use crate::artifact::EntryKind;
use crate::classify::Kind;
use crate::model::{Draft, Severity};
use crate::rules::Rule;
use std::collections::BTreeSet;

/// `check = "wheel-layout"`, with `fault` = `file-name`, `missing-file`, `dist-info`,
/// `wheel-file`, `tags`, `platform` or `contents`.
pub(super) struct WheelLayout;

impl ArtifactCheck for WheelLayout {
    fn name(&self) -> &'static str {
        "wheel-layout"
    }

    fn keeps(&self, name: &str, _kind: Kind) -> bool {
        name.split_once('/')
            .is_some_and(|(top, rest)| top.ends_with(".dist-info") && rest == "WHEEL")
    }

    fn needs_all(&self, fault: &str) -> bool {
        matches!(fault, "missing-file" | "dist-info" | "contents")
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        if artifact.kind != ArtifactKind::Wheel {
            return;
        }
        let file = artifact.path.file_name();
        // Bytes from standard input or a renamed copy have no name to hold them against.
        let name = file.ends_with(".whl").then(|| filename::wheel(file));
        match (fault(rule), name) {
            ("file-name", Some(Err(problem))) => out.push(draft(
                rule,
                &artifact.path,
                format!("`{file}` is no wheel file name: {problem}."),
            )),
            ("missing-file", _) => missing_file(rule, artifact, out),
            ("dist-info", name) => dist_info_name(rule, artifact, name.and_then(Result::ok), out),
            ("wheel-file", _) => wheel_file(rule, artifact, out),
            ("contents", _) => contents(rule, artifact, out),
            ("tags", Some(Ok(name))) => tags(rule, artifact, &name, out),
            ("platform", Some(Ok(name))) => platform(rule, artifact, &name, out),
            _ => {}
        }
    }
}

fn missing_file(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let Some(info) = dist_info(artifact) else {
        out.push(draft(
            rule,
            &artifact.path,
            "The wheel has no `.dist-info` folder.",
        ));
        return;
    };
    for file in ["METADATA", "WHEEL"] {
        if !artifact.entries.contains_key(&format!("{info}/{file}")) {
            out.push(draft(
                rule,
                &artifact.path,
                format!("The wheel has no `{info}/{file}`."),
            ));
        }
    }
}

fn dist_info_name(rule: &Rule, artifact: &Artifact, name: Option<WheelName>, out: &mut Vec<Draft>) {
    let all = dist_infos(artifact);
    if all.len() > 1 {
        out.push(draft(
            rule,
            &artifact.path,
            format!(
                "The wheel has {} `.dist-info` folders: {}.",
                all.len(),
                some_of(&all, 5)
            ),
        ));
    }
    let (Some(info), Some(name)) = (dist_info(artifact), name) else {
        return;
    };
    let stem = info.trim_end_matches(".dist-info");
    let agrees = stem.rsplit_once('-').is_some_and(|(own, version)| {
        normal_name(own) == normal_name(&name.name) && same_version(version, &name.version)
    });
    if !agrees {
        out.push(draft(
            rule,
            &artifact.member(info),
            format!(
                "`{info}` does not belong to `{}` {}, which the file name names.",
                name.name, name.version
            ),
        ));
    }
}

/// `WHEEL` as kept, and its name.
fn wheel(artifact: &Artifact) -> Option<(String, Result<Metadata, String>)> {
    let name = format!("{}/WHEEL", dist_info(artifact)?);
    let bytes = artifact.kept.get(&name)?;
    Some((name, Metadata::parse(bytes)))
}

fn wheel_file(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let Some((name, parsed)) = wheel(artifact) else {
        return;
    };
    let path = artifact.member(&name);
    let mut say = |text: String| out.push(draft(rule, &path, text));
    let metadata = match parsed {
        Ok(metadata) => metadata,
        Err(problem) => {
            say(format!("`WHEEL` cannot be read: {problem}."));
            return;
        }
    };
    match metadata.get("Wheel-Version") {
        None => say("`WHEEL` has no `Wheel-Version`.".to_owned()),
        Some(field) if !field.value.starts_with("1.") => say(format!(
            "`Wheel-Version: {}` is not a version that installers read.",
            field.value
        )),
        _ => {}
    }
    match metadata
        .get("Root-Is-Purelib")
        .map(|field| field.value.to_ascii_lowercase())
    {
        None => say("`WHEEL` has no `Root-Is-Purelib`.".to_owned()),
        Some(value) if value != "true" && value != "false" => {
            say(format!(
                "`Root-Is-Purelib: {value}` is neither true nor false."
            ));
        }
        _ => {}
    }
    if metadata.get("Tag").is_none() {
        say("`WHEEL` has no `Tag`.".to_owned());
    }
    let pure = metadata.get("Root-Is-Purelib");
    if pure.is_some_and(|field| field.value.eq_ignore_ascii_case("true"))
        && let Some(module) = artifact.entries.keys().find(|name| is_extension(name))
    {
        say(format!(
            "`Root-Is-Purelib: true`, though the wheel holds the compiled module `{module}`."
        ));
    }
}

/// An extension module by its name, which tells the interpreter it was compiled for.
fn is_extension(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let installed = !name.contains(".data/") && !name.contains(".dist-info/");
    let tagged = base.contains(".cpython-") || base.contains(".abi3.") || base.contains(".cp3");
    installed && tagged && (base.ends_with(".so") || base.ends_with(".pyd"))
}

/// Folders of a source tree that belong to no package.
const STRAY_FOLDERS: &[&str] = &[
    "benchmarks",
    "doc",
    "docs",
    "example",
    "examples",
    "scripts",
    "src",
    "test",
    "tests",
];

/// Files of a source tree that an installer would put beside all modules.
const STRAY_FILES: &[&str] = &["conftest.py", "noxfile.py", "setup.py"];

/// Texts that no program reads there: every wheel that brings one overwrites that of another.
const STRAY_TEXTS: &[&str] = &[
    "AUTHORS",
    "CHANGELOG",
    "CHANGES",
    "CONTRIBUTING",
    "LICENCE",
    "LICENSE",
    "MANIFEST",
    "Makefile",
    "README",
    "pyproject",
    "requirements",
    "setup",
    "tox",
];

/// What lands in `site-packages` under a name that every other package may use too.
fn contents(rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
    let tops: BTreeSet<&str> = artifact
        .entries
        .keys()
        .map(|name| name.split('/').next().unwrap_or(name))
        .filter(|top| !top.ends_with(".dist-info") && !top.ends_with(".data"))
        .collect();
    let stray = |top: &str| STRAY_FOLDERS.contains(&top) || STRAY_FILES.contains(&top);
    let own = dist_info(artifact)
        .and_then(|info| info.trim_end_matches(".dist-info").rsplit_once('-'))
        .map(|(name, _)| normal_name(name));
    // A wheel of nothing else is what it is called.
    if tops.iter().all(|top| stray(top)) {
        return;
    }
    let texts: Vec<&str> = tops
        .iter()
        .copied()
        .filter(|top| is_stray_text(artifact, top))
        .collect();
    if let Some(first) = texts.first() {
        let text = format!(
            "Texts of the source tree are installed beside the modules of all packages: {}.",
            some_of(&texts, 5)
        );
        let found = draft(rule, &artifact.member(first), text).severity(Severity::Low);
        out.push(found);
    }
    for top in tops {
        if !stray(top) || own.as_deref() == Some(top) {
            continue;
        }
        let below = format!("{top}/");
        let code = |name: &&String| name.starts_with(&below) && name.ends_with(".py");
        let description = if STRAY_FILES.contains(&top) {
            format!("`{top}` of the source tree is installed beside the modules of all packages.")
        } else if let Some(name) = artifact.entries.keys().find(code) {
            format!(
                "The top-level folder `{top}` (`{name}`) is installed under a name that other packages use too."
            )
        } else {
            continue;
        };
        out.push(draft(rule, &artifact.member(top), description));
    }
}

/// Platforms of Linux without a word on the libraries that the wheel needs; the index takes those of two
/// small boards, which no standard covers.
fn platform(rule: &Rule, artifact: &Artifact, name: &WheelName, out: &mut Vec<Draft>) {
    let refused = name.tags.iter().find_map(|tag| {
        let (_, platform) = tag.rsplit_once('-')?;
        let plain = platform.starts_with("linux_");
        (plain && !matches!(platform, "linux_armv6l" | "linux_armv7l")).then_some(platform)
    });
    if let Some(platform) = refused {
        let text = format!("The wheel is tagged `{platform}`; PyPI takes no wheel of that tag.");
        out.push(draft(rule, &artifact.path, text));
    }
}

/// Whether a top-level name is that of a text of the source tree.
fn is_stray_text(artifact: &Artifact, top: &str) -> bool {
    let (stem, ending) = top.split_once('.').unwrap_or((top, ""));
    let is_text = matches!(
        ending,
        "" | "md" | "rst" | "txt" | "toml" | "cfg" | "ini" | "in"
    );
    let is_file = artifact
        .entries
        .get(top)
        .is_some_and(|entry| entry.kind == EntryKind::File);
    is_text && is_file && STRAY_TEXTS.contains(&stem)
}

fn tags(rule: &Rule, artifact: &Artifact, name: &WheelName, out: &mut Vec<Draft>) {
    let Some((file, Ok(metadata))) = wheel(artifact) else {
        return;
    };
    let path = artifact.member(&file);
    let mut told = BTreeSet::new();
    for field in metadata.all("Tag") {
        // Some builders write a compressed set on one line; it means the same.
        let parts: Vec<&str> = field.value.split('-').collect();
        if let [pythons, abis, platforms] = parts.as_slice() {
            for python in pythons.split('.') {
                for abi in abis.split('.') {
                    for platform in platforms.split('.') {
                        told.insert(format!("{python}-{abi}-{platform}").to_ascii_lowercase());
                    }
                }
            }
        } else {
            told.insert(field.value.to_ascii_lowercase());
        }
    }
    if !told.is_empty() && told != name.tags {
        let only_name: Vec<_> = name.tags.difference(&told).collect();
        let only_file: Vec<_> = told.difference(&name.tags).collect();
        let mut parts = Vec::new();
        if !only_name.is_empty() {
            parts.push(format!("{} only in the file name", some_of(&only_name, 3)));
        }
        if !only_file.is_empty() {
            parts.push(format!("{} only in `WHEEL`", some_of(&only_file, 3)));
        }
        let found = draft(
            rule,
            &path,
            format!(
                "The tags of the file name and of `WHEEL` differ: {}.",
                parts.join("; ")
            ),
        );
        out.push(match metadata.get("Tag") {
            Some(field) => found.at(field.span),
            None => found,
        });
    }
    let build = metadata
        .get("Build")
        .map(|field| field.value.as_str())
        .filter(|build| !build.is_empty());
    if build != name.build.as_deref() {
        out.push(draft(
            rule,
            &path,
            format!(
                "The file name has build tag `{}`, `WHEEL` has `{}`.",
                name.build.as_deref().unwrap_or("none"),
                build.unwrap_or("none")
            ),
        ));
    }
}
