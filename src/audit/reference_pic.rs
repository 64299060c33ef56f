// SPDX-License-Identifier: Apache-2.0
//! `audit pic` in profile `ccr-1.0`: what the Python reference 1.0.0 says of a PIC source folder
//! (CCR specification, section 8.3), out of `rules/ccr-1.0/pic.toml`. It searches for texts in
//! files; what the rules of the family `pic` judge, it does not see.

use super::reference::{self, Frame, ReferenceError};
use crate::model::{Finding, Report, Scanned, pic_contract};
use crate::rules::{Body, Rule, RuleSet};
use crate::support::json::stable_id;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// What the reference would have found out before it looks at files.
#[derive(Debug)]
pub struct PicRequest<'a> {
    /// Root of this project, resolved.
    pub root: &'a Path,
    /// The PIC folder, spelled as Python's `pathlib` spells it.
    pub pic_root: &'a str,
    /// Version of the installed package.
    pub package: Option<String>,
    /// The program `pic` on `PATH`.
    pub program: Option<String>,
    /// Time of the report.
    pub created_at: &'a str,
}

/// `params` of the pack's rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    step: String,
    description: String,
    #[serde(default)]
    files: Vec<Needles>,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    texts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Needles {
    path: String,
    texts: Vec<String>,
}

struct Walk<'a> {
    rules: Vec<(Arc<Rule>, Params)>,
    created_at: &'a str,
    findings: Vec<Finding>,
    scanned: Scanned,
}

/// Audits as the reference does.
///
/// # Errors
/// A file that the reference could not decode or read ends its audit, and this one.
pub fn audit(set: &RuleSet, request: &PicRequest<'_>) -> Result<Report, ReferenceError> {
    let mut rules = Vec::new();
    for rule in &set.rules {
        if let Body::Check { name, params } = &rule.body
            && name == "reference-pic"
        {
            let params =
                Params::deserialize(&**params).map_err(|e| ReferenceError::Pack(e.to_string()))?;
            rules.push((Arc::clone(rule), params));
        }
    }
    let mut walk = Walk {
        rules,
        created_at: request.created_at,
        findings: Vec::new(),
        scanned: Scanned::default(),
    };
    let version = walk.all(request)?;
    let findings = walk.findings;
    let ids: Vec<Value> = findings.iter().map(|f| json!(f.finding_id)).collect();
    let report_id = stable_id(
        "pic-compat-audit",
        &[
            json!(request.pic_root),
            json!(version),
            json!(request.package),
            Value::Array(ids),
        ],
    );
    let mut facts = Map::new();
    facts.insert(
        "expected_pic_commands".to_owned(),
        json!(pic_contract::COMMANDS),
    );
    facts.insert(
        "installed_package_version".to_owned(),
        json!(request.package),
    );
    facts.insert(
        "pic_cli".to_owned(),
        json!({ "available": request.program.is_some(), "path": request.program }),
    );
    facts.insert("pic_repo_version".to_owned(), json!(version));
    facts.insert("pic_root".to_owned(), json!(request.pic_root));
    facts.insert(
        "supported_import_fields".to_owned(),
        json!(pic_contract::FIELDS),
    );
    let frame = Frame {
        source: "ccr.audit.pic",
        root: request.root.to_string_lossy().into_owned(),
        dist: None,
        report_id,
        created_at: request.created_at,
        facts,
    };
    Ok(reference::close(set, frame, findings, walk.scanned))
}

impl Walk<'_> {
    fn step(&self, step: &str) -> Result<usize, ReferenceError> {
        self.rules
            .iter()
            .position(|(_, params)| params.step == step)
            .ok_or_else(|| ReferenceError::Pack(format!("no rule speaks at step `{step}`")))
    }

    fn add(&mut self, index: usize, location: &str, missed: &str) {
        let (rule, params) = &self.rules[index];
        let description = params.description.replace("{}", missed);
        self.findings.push(reference::finding(
            &rule.meta,
            location,
            description,
            "ccr.audit.pic",
            self.created_at,
        ));
    }

    /// The steps, in the reference's order; the version line's text.
    fn all(&mut self, request: &PicRequest<'_>) -> Result<Option<String>, ReferenceError> {
        let index = self.step("package")?;
        if request.package.is_none() {
            self.add(index, "python-package:percolation-inversion-compiler", "");
        }
        let index = self.step("program")?;
        if request.program.is_none() {
            self.add(index, "cli:pic", "");
        }

        let pic = Path::new(request.pic_root);
        let (file, marker) = (self.step("file")?, self.step("marker")?);
        let mut wanted = std::mem::take(&mut self.rules[file].1.files);
        for Needles { path, texts } in wanted.drain(..) {
            match self.read(&pic.join(&path))? {
                None => self.add(file, &path, &path),
                Some(content) => {
                    for text in texts.iter().filter(|text| !content.contains(*text)) {
                        self.add(marker, &path, text);
                    }
                }
            }
        }

        let line = Regex::new(r#"(?m)^version\s*=\s*"([^"]+)""#)
            .map_err(|e| ReferenceError::Pack(e.to_string()))?;
        let manifest = self.read(&pic.join("pyproject.toml"))?;
        let version =
            manifest.and_then(|text| line.captures(&text).map(|found| found[1].to_owned()));
        let (missing, unsupported) = (self.step("version-missing")?, self.step("version")?);
        match &version {
            None => self.add(missing, "pyproject.toml", ""),
            Some(version) if !version.starts_with(&self.rules[unsupported].1.prefix) => {
                self.add(unsupported, "pyproject.toml", version);
            }
            Some(_) => {}
        }
        for (step, folder) in [("ccr-boundary", request.root), ("pic-boundary", pic)] {
            let index = self.step(step)?;
            let params = &self.rules[index].1;
            let (paths, texts, location) = (
                params.paths.clone(),
                params.texts.clone(),
                params.location.clone(),
            );
            let mut joined = String::new();
            for path in paths {
                if let Some(text) = self.read(&folder.join(path))? {
                    joined.push_str(&text);
                    joined.push('\n');
                }
            }
            for text in texts.iter().filter(|text| !joined.contains(*text)) {
                self.add(index, &location, text);
            }
        }
        Ok(version)
    }

    /// A file as Python reads text: UTF-8 or an error, line ends unified; `None` when absent.
    fn read(&mut self, path: &Path) -> Result<Option<String>, ReferenceError> {
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(path).map_err(|error| {
            ReferenceError::Unreadable(format!("{}: cannot be read: {error}", path.display()))
        })?;
        self.scanned.files += 1;
        self.scanned.bytes += bytes.len() as u64;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.replace("\r\n", "\n").replace('\r', "\n"))),
            Err(error) => Err(ReferenceError::Unreadable(codec_message(
                error.as_bytes(),
                error.utf8_error(),
            ))),
        }
    }
}

/// What Python's decoder says of these bytes.
fn codec_message(bytes: &[u8], error: std::str::Utf8Error) -> String {
    let at = error.valid_up_to();
    let first = bytes.get(at).copied().unwrap_or_default();
    let (length, why) = match error.error_len() {
        None => (bytes.len() - at, "unexpected end of data"),
        Some(length) if matches!(first, 0x80..=0xc1 | 0xf5..=0xff) => {
            (length, "invalid start byte")
        }
        Some(length) => (length, "invalid continuation byte"),
    };
    if length == 1 {
        format!("'utf-8' codec can't decode byte 0x{first:02x} in position {at}: {why}")
    } else {
        format!(
            "'utf-8' codec can't decode bytes in position {at}-{}: {why}",
            at + length - 1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_message_is_pythons() {
        let message = |bytes: &[u8]| codec_message(bytes, std::str::from_utf8(bytes).unwrap_err());
        assert_eq!(
            message(b"ab\xff"),
            "'utf-8' codec can't decode byte 0xff in position 2: invalid start byte"
        );
        assert_eq!(
            message(b"\xe2\x82"),
            "'utf-8' codec can't decode bytes in position 0-1: unexpected end of data"
        );
        assert_eq!(
            message(b"\xc3("),
            "'utf-8' codec can't decode byte 0xc3 in position 0: invalid continuation byte"
        );
    }
}
