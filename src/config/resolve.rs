// SPDX-License-Identifier: Apache-2.0
//! From what was typed to what it means, with every fault at once.

use super::{Baseline, ConfigError, PathWaiver, RawConfig};
use crate::artifact::Limits;
use crate::model::{Confidence, Severity};
use crate::rules::RuleSource;
use crate::support::edits::distance;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::path::{Path, PathBuf};

/// Resolved policy.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it was read, if anywhere.
    pub path: Option<PathBuf>,
    /// Rule profile.
    pub profile: Option<String>,
    /// Added rules.
    pub rules: Vec<RuleSource>,
    /// Threshold.
    pub fail_on: Option<Severity>,
    /// Noise floor.
    pub min_confidence: Option<Confidence>,
    /// Rules or families to run.
    pub only: Vec<String>,
    /// Rules or families not to run.
    pub skip: Vec<String>,
    /// Known findings, and their file as shown.
    pub baseline: Option<(String, Baseline)>,
    /// Budgets.
    pub limits: Limits,
    /// `audit pic --run-help` may run the program.
    pub pic_run_help: bool,
    /// `evidence record --allow-exec` may start programs.
    pub evidence_exec: bool,
    /// `pgs run --exec-binding` may start programs.
    pub pgs_exec_binding: bool,
    /// Files left out.
    pub exclude: Vec<Exclude>,
    /// Silenced findings.
    pub waivers: Vec<PathWaiver>,
}

/// Files left out, and why.
#[derive(Debug, Clone)]
pub struct Exclude {
    /// Which.
    pub paths: GlobSet,
    /// As typed.
    pub patterns: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Loads `explicit`, else `ccr.toml` in `root` when it is there, else defaults; then
/// `.ccr-baseline.json` in `root` when no other baseline is named.
///
/// # Errors
/// The file named does not exist, or policy is not of its form: all faults of one file together.
pub fn load(root: &Path, explicit: Option<&Path>) -> Result<Config, ConfigError> {
    let default = root.join("ccr.toml");
    let path = match explicit {
        Some(path) => Some(path.to_owned()),
        None => default.is_file().then_some(default),
    };
    let raw = match &path {
        Some(path) => parse(path)?,
        None => RawConfig::default(),
    };
    resolve(raw, root, path)
}

fn parse(path: &Path) -> Result<RawConfig, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read {
        path: path.to_owned(),
        cause,
    })?;
    toml::from_str(&text).map_err(|error| {
        let mut cause = error.to_string();
        if let Some(nearest) = nearest_key(error.message()) {
            cause.push_str(&format!("help: did you mean `{nearest}`?\n"));
        }
        ConfigError::Form {
            path: path.to_owned(),
            cause,
        }
    })
}

fn resolve(raw: RawConfig, root: &Path, path: Option<PathBuf>) -> Result<Config, ConfigError> {
    let mut faults = Vec::new();
    let base = path.as_deref().and_then(Path::parent).unwrap_or(root);
    let mut globs = |patterns: &[String], key: &str| {
        glob_set(patterns).unwrap_or_else(|fault| {
            faults.push(format!("`{key}.paths`: {fault}"));
            GlobSet::empty()
        })
    };
    let exclude: Vec<_> = raw
        .exclude
        .into_iter()
        .map(|e| Exclude {
            paths: globs(&e.paths, "exclude"),
            patterns: e.paths,
            reason: e.reason,
        })
        .collect();
    let waivers: Vec<_> = raw
        .waiver
        .into_iter()
        .map(|w| PathWaiver {
            rule: w.rule,
            paths: globs(&w.paths, "waiver"),
            patterns: w.paths,
            until: w.until,
            reason: w.reason,
        })
        .collect();
    for entry in &exclude {
        if entry.reason.trim().is_empty() {
            faults.push(format!(
                "`exclude` of {:?} has no reason; say why",
                entry.patterns
            ));
        }
    }
    for waiver in &waivers {
        if let Some(until) = &waiver.until
            && until.parse::<jiff::civil::Date>().is_err()
        {
            faults.push(format!(
                "`waiver.until` is `{until}`; write a day as YYYY-MM-DD"
            ));
        }
    }
    let rules = raw
        .rules
        .iter()
        .map(|rule| source(base.join(rule)))
        .collect();
    let baseline_path = match &raw.baseline {
        Some(named) => Some(base.join(named)),
        None => Some(root.join(".ccr-baseline.json")).filter(|path| path.is_file()),
    };
    if !faults.is_empty() {
        return Err(ConfigError::Form {
            path: path.unwrap_or_default(),
            cause: faults.join("\n"),
        });
    }
    let baseline = match baseline_path {
        Some(file) => {
            let shown = file
                .strip_prefix(root)
                .unwrap_or(&file)
                .display()
                .to_string();
            Some((shown, Baseline::read(&file)?))
        }
        None => None,
    };
    let limits = Limits::default();
    let limits = Limits {
        depth: raw.limits.max_depth.unwrap_or(limits.depth),
        entries: raw.limits.max_entries.unwrap_or(limits.entries),
        entry_bytes: raw.limits.max_entry_bytes.unwrap_or(limits.entry_bytes),
        total_bytes: raw.limits.max_total_bytes.unwrap_or(limits.total_bytes),
        ratio: raw.limits.max_ratio.unwrap_or(limits.ratio),
        ratio_floor: limits.ratio_floor,
    };
    Ok(Config {
        path,
        profile: raw.profile,
        rules,
        fail_on: raw.fail_on,
        min_confidence: raw.min_confidence,
        only: raw.only,
        skip: raw.skip,
        baseline,
        limits,
        pic_run_help: raw.pic.run_help,
        evidence_exec: raw.evidence.exec,
        pgs_exec_binding: raw.pgs.exec_binding,
        exclude,
        waivers,
    })
}

/// A rule file or a pack folder, by what is on disk.
pub fn source(path: PathBuf) -> RuleSource {
    if path.is_dir() {
        RuleSource::Pack(path)
    } else {
        RuleSource::File(path)
    }
}

/// Globs in which `*` stays inside one path component.
pub(crate) fn glob_set(patterns: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(
            GlobBuilder::new(pattern)
                .literal_separator(true)
                .build()
                .map_err(|e| e.to_string())?,
        );
    }
    set.build().map_err(|e| e.to_string())
}

/// The known key nearest to an unknown one, out of serde's message.
fn nearest_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (typed, known) = rest.split_once('`')?;
    known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|key| (distance(typed.as_bytes(), key.as_bytes()), key))
        .min()
        .filter(|(steps, key)| *steps <= key.len().max(3) / 2)
        .map(|(_, key)| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ccr.toml"), text).unwrap();
        load(dir.path(), None).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_refused_with_place_and_nearest_name() {
        let text = fault("profil = \"default\"\n");
        assert!(
            text.contains("line 1") && text.contains("did you mean `profile`"),
            "{text}"
        );
    }

    #[test]
    fn all_faults_of_a_file_come_together() {
        let text = fault(
            "[[waiver]]\nrule='x-y'\npaths=['[']\nuntil='soon'\n[[exclude]]\npaths=['a']\nreason=''\n",
        );
        assert!(
            text.contains("waiver.paths") && text.contains("soon") && text.contains("no reason"),
            "{text}"
        );
    }
}
