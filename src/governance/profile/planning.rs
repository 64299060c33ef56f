// SPDX-License-Identifier: Apache-2.0
//! The planning tree as data (specification, section 1).

use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The planning tree.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planning {
    /// The board's file, at the governance root.
    pub board: String,
    /// Folder whose presence beside the board makes a governance root.
    pub folder: String,
    /// The glossary's file.
    pub glossary: String,
    /// What names of documents begin with: `CTO-`.
    pub document_prefix: String,
    /// What ids of own work items begin with: `CTO-WORK-`.
    pub work_prefix: String,
    /// Fewest digits of an id.
    pub work_digits: usize,
    /// Who may own a document.
    pub owners: Vec<String>,
    /// Route ids.
    pub routes: Vec<String>,
    /// Validators that a closeout must cite.
    #[serde(default)]
    pub required_validators: Vec<String>,
    /// Days after which a document should be reviewed again; kinds may say another number.
    pub max_age_days: i64,
    /// Vocabularies of front matter, by key.
    pub vocabulary: BTreeMap<String, Vec<String>>,
    /// Keys of front matter.
    pub front_matter: FrontMatterKeys,
    /// The notice under the title.
    pub notice: Notice,
    /// Headings that mean the same: name to the names that count as it.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Document kinds.
    #[serde(rename = "kind")]
    pub kinds: Vec<DocumentKind>,
    /// Statements that documents must make.
    #[serde(rename = "statement", default)]
    pub statements: Vec<Statement>,
    /// Patterns that `.gitignore` must cover, as sample paths that must be ignored.
    pub ignored: Vec<String>,
    /// Headings under which nothing is claimed (substring, case-insensitive).
    pub denying_sections: Vec<String>,
    /// Headings of phrase lists, which state nothing.
    pub phrase_sections: Vec<String>,
    /// Work items and what proves them.
    pub work: super::Work,
    /// What documents say of runs.
    pub run_facts: super::RunFacts,
}

/// Keys of front matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontMatterKeys {
    /// In every document.
    pub required: Vec<String>,
    /// Beside `tier`.
    pub with_tier: Vec<String>,
    /// Key sets of the known profiles.
    pub profiles: Vec<Vec<String>>,
}

/// The local notice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Patterns that must all be found (case-insensitive).
    pub assertions: Vec<String>,
    /// In this many lines of the body.
    pub within_lines: usize,
    /// Classes of action that a `Non-Authority Notice` denies: name to patterns, one of which must
    /// be found.
    pub denied: BTreeMap<String, Vec<String>>,
}

/// A document kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKind {
    /// Its name.
    pub id: String,
    /// End of the file stem.
    pub suffix: String,
    /// Required sections: one of each list.
    #[serde(default)]
    pub sections: Vec<Vec<String>>,
    /// Whether the local notice stands under the title.
    #[serde(default = "yes")]
    pub local_notice: bool,
    /// Whether a `Non-Authority Notice` section is needed.
    #[serde(default)]
    pub authority_notice: bool,
    /// Days after which it should be reviewed again.
    pub max_age_days: Option<i64>,
}

fn yes() -> bool {
    true
}

/// Something that documents must state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its name, shown in findings.
    pub id: String,
    /// Kinds that must state it.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Globs of documents that must state it.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Only where the document holds this pattern.
    pub when: Option<String>,
    /// Patterns over sentences, one of which must be found (case-insensitive).
    #[serde(default)]
    pub any_of: Vec<String>,
    /// Facts, one of which must stand.
    #[serde(default)]
    pub facts: Vec<RequiredFact>,
    /// The rule that speaks when it is missing.
    #[serde(default = "default_rule")]
    pub rule: String,
}

/// A fact that must stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredFact {
    /// Normalised key.
    pub key: String,
    /// Value as text; any when absent.
    pub value: Option<String>,
}

fn default_rule() -> String {
    "cto-required-statement-missing".to_owned()
}

impl Planning {
    /// The kind of a file stem: the longest suffix wins.
    pub fn kind_of(&self, stem: &str) -> Option<&DocumentKind> {
        let fits = |kind: &&DocumentKind| stem.ends_with(&kind.suffix);
        self.kinds
            .iter()
            .filter(fits)
            .max_by_key(|kind| kind.suffix.len())
    }

    /// The name under which a heading is known: its own, lower case, or that of its alias.
    pub fn folded(&self, heading: &str) -> String {
        let heading = heading.trim().to_lowercase();
        for (name, same) in &self.aliases {
            if name.to_lowercase() == heading
                || same.iter().any(|other| other.to_lowercase() == heading)
            {
                return name.to_lowercase();
            }
        }
        heading
    }

    /// Whether every pattern compiles.
    pub(super) fn check(&self) -> Result<(), String> {
        let notice = self
            .notice
            .assertions
            .iter()
            .chain(self.notice.denied.values().flatten());
        let stated = self
            .statements
            .iter()
            .flat_map(|one| one.any_of.iter().chain(&one.when));
        for pattern in notice.chain(stated) {
            Regex::new(pattern).map_err(|error| format!("the pattern `{pattern}`: {error}"))?;
        }
        Ok(())
    }
}
