// SPDX-License-Identifier: Apache-2.0
//! `ccr.toml` as typed. Every doc comment is the key's help.

use crate::model::{Confidence, Severity};
use serde::Deserialize;

/// `ccr.toml`, read as JSON. Unknown keys are refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// Rule profile (`default`, `ccr-1.0`).
    pub profile: Option<String>,
    /// Rule files and pack folders to add, relative to this file.
    pub rules: Vec<String>,
    /// Refuse at this severity instead of at blocking findings.
    pub fail_on: Option<Severity>,
    /// Leave out findings below this confidence.
    pub min_confidence: Option<Confidence>,
    /// Rules or families to run; all when empty.
    pub only: Vec<String>,
    /// Rules or families not to run.
    pub skip: Vec<String>,
    /// Baseline file, relative to this file.
    pub baseline: Option<String>,
    /// Budgets for containers.
    pub limits: RawLimits,
    /// What `audit pic` may do.
    pub pic: RawPic,
    /// What `evidence record` may do.
    pub evidence: RawEvidence,
    /// What `pgs run` may do.
    pub pgs: RawPgs,
    /// Files not to scan, with the reason; listed in the report.
    pub exclude: Vec<RawExclude>,
    /// Findings to silence, with the reason.
    pub waiver: Vec<RawWaiver>,
}

/// `[limits]`: see `artifact::Limits`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Containers inside containers.
    pub max_depth: Option<u32>,
    /// Members of one outermost container.
    pub max_entries: Option<u64>,
    /// Unpacked bytes of one member.
    pub max_entry_bytes: Option<u64>,
    /// Unpacked bytes of one outermost container.
    pub max_total_bytes: Option<u64>,
    /// Unpacked over packed size of one member.
    pub max_ratio: Option<u64>,
}

/// `[pic]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawPic {
    /// `audit pic --run-help` may run the program for its version and help.
    pub run_help: bool,
}

/// `[pgs]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawPgs {
    /// `pgs run --exec-binding` may start the programs that the file pins.
    pub exec_binding: bool,
}

/// `[evidence]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawEvidence {
    /// `evidence record --allow-exec` may start the program and the contract's verification.
    pub exec: bool,
}

/// `[[exclude]]`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawExclude {
    /// Globs over paths relative to the root.
    pub paths: Vec<String>,
    /// Why nothing in them can be a leak.
    pub reason: String,
}

/// `[[waiver]]`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawWaiver {
    /// Rule id.
    pub rule: String,
    /// Globs over the finding's path (the path inside an archive counts too).
    pub paths: Vec<String>,
    /// Last day it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Why the finding is not a fault.
    #[serde(default)]
    pub reason: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod generated {
    use super::RawConfig;
    use serde_json::{Value, json};
    use std::path::Path;

    const FILE: &str = "schemas/ccr-config.schema.json";

    fn schema() -> Value {
        let derived = schemars::schema_for!(RawConfig).to_value();
        let mut schema = json!({
            "$schema": derived["$schema"],
            "$id": "urn:ccr:schema:ccr-config:v1",
            "$comment": "SPDX-License-Identifier: Apache-2.0",
            "title": "Configuration",
        });
        for (key, value) in derived.as_object().unwrap() {
            if key != "title" && key != "$schema" {
                schema[key] = value.clone();
            }
        }
        schema
    }

    /// Here and not beside the other generated files, because the types are known here only.
    #[test]
    fn the_schema_of_the_configuration_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("CCR_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{FILE} is stale: CCR_UPDATE=1 cargo test generated"
        );
    }
}
