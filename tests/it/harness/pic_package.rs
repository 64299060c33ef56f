// SPDX-License-Identifier: Apache-2.0
//! A package that declares what the matrix says a version of PIC declares, in words of our own:
//! the base that the fixtures of the family `pic` change in one place each.

use ccr::pic::matrix::{BuiltBy, Matrix, is_since};
use ccr::pic::package::record_hash;
use pep440_rs::Version;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::str::FromStr as _;

/// Files of a checkout.
pub(crate) fn checkout(matrix: &Matrix, version: &str) -> BTreeMap<String, String> {
    let module = &matrix.module;
    let mut files = BTreeMap::new();
    let mut put = |name: &str, text: String| files.insert(name.to_owned(), text);
    let requires: Vec<String> = matrix
        .dependencies
        .iter()
        .map(|d| format!("\"{d}\""))
        .collect();
    put(
        "pyproject.toml",
        format!(
            "[project]\nname = \"{}\"\nversion = \"{version}\"\nlicense = {{ text = \"{}\" }}\n\
             dependencies = [{}]\n\n[project.scripts]\n{} = \"{}\"\n",
            matrix.package,
            matrix.licence,
            requires.join(", "),
            matrix.entry_point.script,
            matrix.entry_point.target
        ),
    );
    put("PKG-INFO", metadata(matrix, version));
    put(
        "README.md",
        "# A package for tests\n\nIts verdicts settle nothing.\n".to_owned(),
    );
    put(
        "CHANGELOG.md",
        format!("# Changes\n\n## {version} - 2026-01-02\n\n- All of it.\n"),
    );
    for file in &matrix.licence_files {
        put(file, "Words of a licence.\n".to_owned());
    }
    let goals: Vec<String> = matrix
        .non_goals
        .iter()
        .map(|g| format!("\"{}\"", g.name))
        .collect();
    put(
        "agent-manifest.json",
        format!(
            "{{\"non_goals\": [{}], \"machine_contract\": {{\"arbitrary_shell_execution\": false}}}}\n",
            goals.join(", ")
        ),
    );
    put(
        &format!("src/{module}/__init__.py"),
        format!("__version__ = \"{version}\"\n"),
    );
    put(&format!("src/{module}/cli.py"), cli(matrix, version));
    put(
        &format!("src/{module}/records.py"),
        records(matrix, version),
    );
    put(
        "schemas/PhaseGapVector.schema.json",
        schema(matrix, "PhaseGapVector", version),
    );
    files
}

fn metadata(matrix: &Matrix, version: &str) -> String {
    let mut text = format!(
        "Metadata-Version: 2.4\nName: {}\nVersion: {version}\nLicense: {}\n",
        matrix.package, matrix.licence
    );
    for name in &matrix.dependencies {
        let _ = writeln!(text, "Requires-Dist: {name}>=1");
    }
    text.push_str("\nWords.\n");
    text
}

fn due(version: &str, since: &str) -> bool {
    is_since(&Version::from_str(version).unwrap(), since)
}

fn cli(matrix: &Matrix, version: &str) -> String {
    let mut groups: BTreeSet<String> = BTreeSet::new();
    let mut leaves = String::new();
    let variable = |path: &str| match path {
        "" => "app".to_owned(),
        path => format!("{}_app", path.replace([' ', '-'], "_")),
    };
    for row in matrix
        .commands
        .iter()
        .filter(|row| due(version, &row.since))
    {
        for path in &row.paths {
            let (group, leaf) = path.rsplit_once(' ').unwrap_or(("", path));
            for (at, _) in group.match_indices(' ') {
                groups.insert(group[..at].to_owned());
            }
            groups.insert(group.to_owned());
            let name = path.replace([' ', '-'], "_");
            let _ = write!(
                leaves,
                "\n@{}.command(\"{leaf}\")\ndef {name}(\n",
                variable(group)
            );
            for option in matrix.options.get(path).into_iter().flatten() {
                if option
                    .since
                    .as_deref()
                    .is_some_and(|since| !due(version, since))
                {
                    continue;
                }
                let plain = option.names[0].trim_start_matches('-').replace('-', "_");
                let spelled = match option.names.as_slice() {
                    [on, off] if off.starts_with("--") => format!("\"{on}/{off}\""),
                    names => names
                        .iter()
                        .map(|n| format!("\"{n}\""))
                        .collect::<Vec<_>>()
                        .join(", "),
                };
                let default = match plain.as_str() {
                    _ if option.required => String::new(),
                    "allow_live_connectors" if path == "agent check" => " = True".to_owned(),
                    _ => " = None".to_owned(),
                };
                let _ = writeln!(
                    leaves,
                    "    {plain}: Annotated[str, typer.Option({spelled})]{default},"
                );
            }
            leaves.push_str(") -> None:\n    ...\n");
        }
    }
    let mut text = "app = typer.Typer()\n".to_owned();
    for group in groups.iter().filter(|group| !group.is_empty()) {
        let (parent, name) = group.rsplit_once(' ').unwrap_or(("", group));
        let (own, parent) = (variable(group), variable(parent));
        let _ = write!(
            text,
            "{own} = typer.Typer()\n{parent}.add_typer({own}, name=\"{name}\")\n"
        );
    }
    text + &leaves
}

/// Help that names all that the package declares, as lines of a framed list.
pub(crate) fn help(matrix: &Matrix, version: &str) -> String {
    let mut words = BTreeSet::new();
    let rows = matrix.commands.iter();
    for path in rows
        .filter(|row| due(version, &row.since))
        .flat_map(|row| &row.paths)
    {
        words.extend(path.split(' ').map(str::to_owned));
        let options = matrix.options.get(path).into_iter().flatten();
        words.extend(options.flat_map(|option| option.names.iter().cloned()));
    }
    let lines: Vec<String> = words
        .iter()
        .map(|word| format!("\u{2502} {word}  Words.  \u{2502}"))
        .collect();
    lines.join("\n")
}

fn python_type(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "boolean" => ("bool", "False"),
        "text" => ("str", "\"\""),
        "integer" => ("int", "0"),
        "number" => ("float", "0.0"),
        "list" => ("list[str]", "[]"),
        "object" => ("dict[str, float]", "{}"),
        _ => ("str | None", "None"),
    }
}

fn records(matrix: &Matrix, version: &str) -> String {
    let mut text = String::new();
    for (number, row) in matrix.reports.iter().enumerate() {
        let since = row.since.as_deref().unwrap_or("0.0.1");
        let Some(built_by) = row.built_by.as_ref().filter(|_| due(version, since)) else {
            continue;
        };
        let class = match built_by {
            BuiltBy::Record(name) => name.clone(),
            BuiltBy::Function(_) => format!("Source{number}"),
        };
        let _ = writeln!(text, "class {class}(BaseModel):");
        for (key, wanted) in &row.keys {
            let (kind, plain) = python_type(&wanted.kind);
            let default = match key.as_str() {
                "protocol_relative_only" => "True",
                _ => plain,
            };
            let _ = writeln!(text, "    {key}: {kind} = {default}");
        }
        if let BuiltBy::Function(name) = built_by {
            let _ = write!(
                text,
                "\n\ndef {name}(report: {class}) -> dict[str, object]:\n    return {{\n"
            );
            for key in row.keys.keys() {
                let _ = writeln!(text, "        \"{key}\": report.{key},");
            }
            text.push_str("    }\n");
        }
        text.push_str("\n\n");
    }
    for row in matrix
        .families
        .iter()
        .filter(|row| due(version, &row.since))
    {
        for name in &row.names {
            let _ = writeln!(text, "FAMILIES.add(\"{name}\")");
        }
    }
    let goals: Vec<String> = matrix
        .non_goals
        .iter()
        .map(|g| format!("\"{}\"", g.name))
        .collect();
    let _ = write!(
        text,
        "\ndef manifest() -> dict[str, object]:\n    return {{\n        \"non_goals\": [{}],\n        \
         \"arbitrary_shell_execution\": False,\n    }}\n",
        goals.join(", ")
    );
    text
}

fn schema(matrix: &Matrix, class: &str, version: &str) -> String {
    let row = matrix
        .reports
        .iter()
        .find(|row| matches!(&row.built_by, Some(BuiltBy::Record(name)) if name == class));
    let keys: Vec<String> = row
        .unwrap()
        .keys
        .iter()
        .filter(|(_, key)| key.since.as_deref().is_none_or(|since| due(version, since)))
        .map(|(name, _)| format!("\"{name}\": {{}}"))
        .collect();
    format!(
        "{{\"type\": \"object\", \"properties\": {{{}}}}}\n",
        keys.join(", ")
    )
}

/// The files of a wheel or an installation.
pub(crate) fn built(
    matrix: &Matrix,
    version: &str,
    source: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let info = format!("{}-{version}.dist-info", matrix.module);
    let mut files = BTreeMap::new();
    for (name, text) in source {
        if let Some(inside) = name.strip_prefix("src/") {
            files.insert(inside.to_owned(), text.clone());
        } else if let Some(schema) = name.strip_prefix("schemas/") {
            let name = format!("{}/data/schemas/{schema}", matrix.module);
            files.insert(name, text.clone());
        } else if matrix.licence_files.contains(name) {
            files.insert(format!("{info}/licenses/{name}"), text.clone());
        } else if name == "PKG-INFO" {
            files.insert(format!("{info}/METADATA"), text.clone());
        }
    }
    let entry = &matrix.entry_point;
    files.insert(
        format!("{info}/entry_points.txt"),
        format!("[console_scripts]\n{} = {}\n", entry.script, entry.target),
    );
    let mut record = String::new();
    for (name, text) in &files {
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let _ = writeln!(record, "{name},{},{}", record_hash(&digest), text.len());
    }
    let _ = writeln!(record, "{info}/RECORD,,");
    files.insert(format!("{info}/RECORD"), record);
    files
}

/// Writes files below a folder.
pub(crate) fn write(folder: &Path, files: &BTreeMap<String, String>) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Writes files as a wheel.
pub(crate) fn wheel(path: &Path, files: &BTreeMap<String, String>) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

/// Writes files as an sdist with one top folder.
pub(crate) fn sdist(path: &Path, top: &str, files: &BTreeMap<String, String>) {
    let packed = flate2::write::GzEncoder::new(
        std::fs::File::create(path).unwrap(),
        flate2::Compression::fast(),
    );
    let mut tar = tar::Builder::new(packed);
    for (name, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{top}/{name}"), text.as_bytes())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}
