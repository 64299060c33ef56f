// SPDX-License-Identifier: Apache-2.0
//! A configuration of gitleaks as typed. Keys that are not known are refused: one that is passed
//! over could be the one that silences, or the one that finds.

use serde::Deserialize;
use toml::Spanned;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct RawFile {
    /// This and the next two say nothing that counts here.
    title: Option<String>,
    description: Option<String>,
    #[serde(alias = "minversion")]
    min_version: Option<String>,
    pub(super) extend: RawExtend,
    pub(super) rules: Vec<Spanned<RawRule>>,
    pub(super) allowlist: Option<RawAllowlist>,
    pub(super) allowlists: Vec<RawAllowlist>,
}

/// `[extend]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct RawExtend {
    #[serde(alias = "usedefault")]
    pub(super) use_default: bool,
    #[serde(alias = "disabledrules")]
    pub(super) disabled_rules: Vec<String>,
    pub(super) path: Option<String>,
    pub(super) url: Option<String>,
}

/// `[[rules]]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct RawRule {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) regex: Option<Spanned<String>>,
    #[serde(alias = "secretgroup")]
    pub(super) secret_group: Option<usize>,
    pub(super) entropy: Option<f64>,
    pub(super) keywords: Vec<String>,
    pub(super) path: Option<Spanned<String>>,
    /// Labels for reports of gitleaks.
    tags: Vec<String>,
    pub(super) allowlist: Option<RawAllowlist>,
    pub(super) allowlists: Vec<RawAllowlist>,
    #[serde(alias = "skipreport")]
    pub(super) skip_report: bool,
    pub(super) required: Option<toml::Value>,
}

/// `[allowlist]`, `[[allowlists]]`, `[rules.allowlist]`, `[[rules.allowlists]]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct RawAllowlist {
    /// For people.
    #[serde(alias = "id")]
    description: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) commits: Vec<String>,
    pub(super) paths: Vec<Spanned<String>>,
    #[serde(alias = "regextarget")]
    pub(super) regex_target: Option<String>,
    pub(super) regexes: Vec<Spanned<String>>,
    #[serde(alias = "stopwords")]
    pub(super) stop_words: Vec<String>,
    #[serde(alias = "targetrules")]
    pub(super) target_rules: Vec<String>,
}
