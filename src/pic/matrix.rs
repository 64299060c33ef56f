// SPDX-License-Identifier: Apache-2.0
//! What is known of PIC's versions, as data: `rules/pic-matrix.json`, or the file of
//! `--pic-matrix`. No command, key or version stands in code.

use pep440_rs::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr as _;

/// The built-in matrix.
const EMBEDDED: &str = include_str!("../../rules/pic-matrix.json");

/// The whole matrix.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Version of this data.
    pub matrix_version: String,
    /// Distribution name, normalised.
    pub package: String,
    /// Import package.
    pub module: String,
    /// Console script.
    pub entry_point: EntryPoint,
    /// SPDX id.
    pub licence: String,
    /// File names that a distribution carries.
    pub licence_files: Vec<String>,
    /// Run-time dependencies, normalised.
    pub dependencies: Vec<String>,
    /// Version to what is known of it.
    pub versions: BTreeMap<String, Known>,
    /// Argument lists that CCR runs or proposes.
    pub invokes: Vec<Invocation>,
    /// Commands that CCR names, and the options it passes to them.
    pub named: Vec<Named>,
    /// Leaf commands by the version that brought them.
    pub commands: Vec<Commands>,
    /// Options of the commands that matter.
    pub options: BTreeMap<String, Vec<OptionRow>>,
    /// Commands that do more than read and write files.
    pub effects: Vec<Effect>,
    /// Argument lists that cannot succeed on a CCR packet.
    pub impossible: Vec<Impossible>,
    /// Reports, how to recognise them, and their keys.
    pub reports: Vec<ReportRow>,
    /// `schema_version` literals by the version that brought them.
    pub families: Vec<Families>,
    /// Keys that those families write.
    pub family_keys: Vec<String>,
    /// Keys that CCR's importer reads.
    pub ccr_reads: Vec<Read>,
    /// Keys that carry what must not be lost, by the severity of losing them.
    pub bears: BTreeMap<String, Vec<String>>,
    /// What PIC must say that it does not do.
    pub non_goals: Vec<NonGoal>,
    /// Shipped schemas that describe no record.
    pub not_records: Vec<String>,
}

/// The console script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryPoint {
    /// Its name.
    pub script: String,
    /// `module:object`.
    pub target: String,
}

/// How far CCR goes with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// Held against the published files.
    Supported,
    /// Should work; not all of it was held against files.
    Tolerated,
    /// Something that CCR needs is missing.
    Unsupported,
}

impl Support {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Tolerated => "tolerated",
            Self::Unsupported => "unsupported",
        }
    }
}

/// One published version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Status.
    pub status: Support,
    /// What a user must know of it.
    #[serde(default)]
    pub note: String,
    /// Number of leaf commands.
    pub commands: usize,
    /// Number of record classes.
    pub records: usize,
    /// Number of JSON schemas in its wheel.
    pub schemas: usize,
}

/// An argument list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// What for.
    pub purpose: String,
    /// Program and arguments; capitals stand for values.
    pub argv: Vec<String>,
}

/// A command that CCR names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// `agent check`.
    pub path: String,
    /// Options that CCR passes.
    pub passes: Vec<String>,
}

/// Commands of one version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    /// First version with them.
    pub since: String,
    /// Command paths.
    pub paths: Vec<String>,
}

/// An option.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionRow {
    /// Spellings.
    pub names: Vec<String>,
    /// First version with it, when later than its command.
    #[serde(default)]
    pub since: Option<String>,
    /// Must be given.
    #[serde(default)]
    pub required: bool,
}

/// A command's effect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Command path.
    pub path: String,
    /// `network` or `dispatch`.
    pub effect: String,
    /// In words, after the command.
    pub what: String,
}

/// An argument list that cannot succeed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impossible {
    /// Command path.
    pub path: String,
    /// Option that names the file.
    pub option: String,
    /// Keys that the file must have.
    pub needs: Vec<String>,
    /// Why it fails.
    pub why: String,
    /// What to do instead.
    pub instead: String,
}

/// A report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRow {
    /// Name.
    pub id: String,
    /// Record class or function that makes it.
    #[serde(default)]
    pub built_by: Option<BuiltBy>,
    /// First version that writes it.
    #[serde(default)]
    pub since: Option<String>,
    /// How to tell it by its keys.
    pub recognise: Recognise,
    /// Whether it judges a packet.
    pub packet_verdict: bool,
    /// Key to what it must be.
    pub keys: BTreeMap<String, Key>,
}

/// What in PIC's source makes a report.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuiltBy {
    /// A class of records.
    Record(String),
    /// A function that returns one dictionary.
    Function(String),
}

/// Conditions that must all hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recognise {
    /// Keys that must be there.
    pub all_of: Vec<String>,
    /// Keys that must not.
    pub none_of: Vec<String>,
    /// Key to text.
    pub equals: BTreeMap<String, String>,
    /// Key to the start of its text.
    pub starts: BTreeMap<String, String>,
    /// `schema_version` is `pic.<name>.v1`, and not one that another row names.
    pub family: bool,
}

/// A key of a report.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// `boolean`, `text`, `integer`, `number`, `list`, `object` or `any`.
    #[serde(rename = "type")]
    pub kind: String,
    /// First version with it, when later than its report.
    #[serde(default)]
    pub since: Option<String>,
}

/// Families of one version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Families {
    /// First version with them.
    pub since: String,
    /// `pic.<name>.v1`.
    pub names: Vec<String>,
}

/// A key that the importer reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// Key.
    pub key: String,
    /// Other names it is read under.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What becomes of it.
    #[serde(rename = "use")]
    pub purpose: String,
}

/// A thing that PIC says it does not do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonGoal {
    /// Name in messages.
    pub name: String,
    /// Texts of which one must stand in an entry.
    pub any_of: Vec<String>,
}

impl Matrix {
    /// The built-in one.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED).expect("the built-in matrix is read by a test")
    }

    /// A matrix from its JSON.
    ///
    /// # Errors
    /// Not of this form, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Status of a version, and what to know of it.
    pub fn support(&self, version: &Version) -> (Support, String) {
        let known: Vec<(Version, &Known)> = self
            .versions
            .iter()
            .filter_map(|(text, known)| Some((Version::from_str(text).ok()?, known)))
            .collect();
        if let Some((_, known)) = known.iter().find(|(v, _)| v == version) {
            return (known.status, known.note.clone());
        }
        let series = |v: &Version| v.release().iter().take(2).copied().collect::<Vec<_>>();
        let major = |v: &Version| v.release().first().copied().unwrap_or_default();
        let unknown = "it is not among the versions that were held against the matrix";
        if let Some((_, known)) = known.iter().find(|(v, _)| series(v) == series(version)) {
            let status = match known.status {
                Support::Unsupported => Support::Unsupported,
                _ => Support::Tolerated,
            };
            return (status, unknown.to_owned());
        }
        let oldest = known.iter().map(|(v, _)| v).min();
        if oldest.is_some_and(|oldest| version < oldest) {
            return (
                Support::Unsupported,
                "it is older than any known one".to_owned(),
            );
        }
        if known.iter().any(|(v, _)| major(v) == major(version)) {
            return (Support::Tolerated, unknown.to_owned());
        }
        (
            Support::Unsupported,
            "its major version is unknown".to_owned(),
        )
    }

    /// First version with a command.
    pub fn command_since(&self, path: &str) -> Option<&str> {
        self.commands
            .iter()
            .find(|row| row.paths.iter().any(|p| p == path))
            .map(|row| row.since.as_str())
    }

    /// First version with an option of a command; `None` when it is unknown.
    pub fn option_since(&self, path: &str, option: &str) -> Option<&str> {
        let row = self
            .options
            .get(path)?
            .iter()
            .find(|row| row.names.iter().any(|name| name == option))?;
        row.since.as_deref().or_else(|| self.command_since(path))
    }

    /// The longest command path that a list of words begins with.
    pub fn command_of(&self, words: &[&str]) -> Option<String> {
        (1..=words.len().min(4)).rev().find_map(|count| {
            let path = words[..count].join(" ");
            self.command_since(&path).map(|_| path)
        })
    }

    /// Whether a family belongs to a version.
    pub fn knows_family(&self, name: &str, version: Option<&Version>) -> bool {
        self.families.iter().any(|row| {
            row.names.iter().any(|known| known == name)
                && version.is_none_or(|version| is_since(version, &row.since))
        })
    }
}

/// A version, when it is one (PEP 440).
pub fn version(text: &str) -> Option<Version> {
    Version::from_str(text.trim()).ok()
}

/// Whether `version` is `since` or later.
pub fn is_since(version: &Version, since: &str) -> bool {
    Version::from_str(since).is_ok_and(|since| *version >= since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        super::version(text).unwrap()
    }

    #[test]
    fn the_built_in_matrix_is_sound() {
        let matrix = Matrix::embedded();
        for (text, known) in &matrix.versions {
            let version = version(text);
            let commands: usize = matrix
                .commands
                .iter()
                .filter(|row| is_since(&version, &row.since))
                .map(|row| row.paths.len())
                .sum();
            assert_eq!(commands, known.commands, "{text}");
        }
        for named in &matrix.named {
            assert!(
                matrix.command_since(&named.path).is_some(),
                "{}",
                named.path
            );
            for option in &named.passes {
                let known = matrix.option_since(&named.path, option);
                assert!(known.is_some(), "{} {option}", named.path);
            }
        }
        for effect in &matrix.effects {
            assert!(
                matrix.command_since(&effect.path).is_some(),
                "{}",
                effect.path
            );
        }
    }

    #[test]
    fn support_follows_the_series() {
        let matrix = Matrix::embedded();
        let support = |text: &str| matrix.support(&version(text)).0;
        assert_eq!(support("0.5.0"), Support::Supported);
        assert_eq!(support("0.5.7"), Support::Tolerated);
        assert_eq!(support("0.4.2"), Support::Unsupported);
        assert_eq!(support("0.3.9"), Support::Unsupported);
        assert_eq!(support("1.9.0"), Support::Tolerated);
        assert_eq!(support("2.0.0"), Support::Unsupported);
    }

    #[test]
    fn commands_are_found_by_their_longest_path() {
        let matrix = Matrix::embedded();
        let found = matrix.command_of(&["agent", "check", "--compact"]);
        assert_eq!(found.as_deref(), Some("agent check"));
        assert_eq!(matrix.command_of(&["no", "such"]), None);
        assert_eq!(matrix.option_since("phase plan", "--emit"), Some("0.6.0"));
    }
}
