// SPDX-License-Identifier: Apache-2.0
//! The planning tree as data (specification, section 1).

use crate::support::patterns;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

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
    /// Headings and the names under which they are known, once they were asked for.
    #[serde(skip)]
    folds: OnceLock<HashMap<String, Arc<str>>>,
    /// Document kinds.
    #[serde(rename = "kind")]
    pub kinds: Vec<DocumentKind>,
    /// Statements that documents must make.
    #[serde(rename = "statement", default)]
    pub statements: Vec<Statement>,
    /// Statements that a workspace adds to these, without repeating them.
    #[serde(rename = "own_statement", default)]
    pub own_statements: Vec<Statement>,
    /// What patterns of claims mean by `{name}`: patterns, one of which fits.
    pub terms: BTreeMap<String, Vec<String>>,
    /// Values of one fact that exclude each other.
    pub opposite_values: Vec<[String; 2]>,
    /// Statements that exclude each other in one document.
    #[serde(rename = "opposite", default)]
    pub opposites: Vec<Opposite>,
    /// What paths below the root begin with that documents cite.
    pub cited_folders: Vec<String>,
    /// Names of folders in which runs are kept.
    pub run_roots: Vec<String>,
    /// Patterns that `.gitignore` must cover, as sample paths that must be ignored.
    pub ignored: Vec<String>,
    /// What governed text should not hold.
    pub sensitive: SensitiveText,
    /// Headings under which nothing is claimed (substring, case-insensitive).
    pub denying_sections: Vec<String>,
    /// Headings of phrase lists, which state nothing.
    pub phrase_sections: Vec<String>,
    /// Work items and what proves them.
    pub work: super::Work,
    /// What documents say of runs.
    pub run_facts: super::RunFacts,
}

/// Patterns of what governed text should not hold; the group `hit` is the value, `key` what it
/// belongs to. Secrets and home folders are known by the rules of families `secret` and `path`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensitiveText {
    /// Values that give nothing away.
    pub placeholders: Vec<String>,
    /// Variables with a literal value.
    pub assignments: Vec<String>,
    /// Addresses of providers.
    pub endpoints: Vec<String>,
    /// Paths in temporary folders.
    pub temporary: Vec<String>,
    /// Names and private addresses of machines.
    pub identities: Vec<String>,
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
    /// Required sections: one of each list; `*` stands for any text.
    #[serde(default)]
    pub sections: Vec<Vec<String>>,
    /// Sections that hold a table; `*` for any.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Whether it defines at least one work item.
    #[serde(default)]
    pub items: bool,
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
    /// Its name.
    pub id: String,
    /// What is stated, as a finding says it: "that …".
    pub says: Option<String>,
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
    /// Key of the front matter whose value must fit, in place of facts and sentences.
    pub key: Option<String>,
    /// The rule that speaks when it is missing.
    #[serde(default = "default_rule")]
    pub rule: String,
}

impl Statement {
    /// What is stated, for a finding.
    pub fn says(&self) -> String {
        let says = self.says.as_deref();
        says.map_or_else(|| format!("`{}`", self.id), str::to_owned)
    }
}

/// Two statements that cannot both hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opposite {
    /// What is contradicted, shown in findings.
    pub id: String,
    /// Patterns over sentences and facts (`key: value`) of the one side.
    pub any_of: Vec<String>,
    /// The same of the other.
    pub against: Vec<String>,
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
        match self.alias(heading) {
            Some(name) => name.to_string(),
            None => heading.trim().to_lowercase(),
        }
    }

    /// The name under which a heading is known that has one.
    pub fn alias(&self, heading: &str) -> Option<Arc<str>> {
        let names = self.folds.get_or_init(|| {
            let mut names = HashMap::new();
            for (name, same) in &self.aliases {
                let known: Arc<str> = name.to_lowercase().into();
                for one in std::iter::once(name).chain(same) {
                    let kept = names.entry(one.to_lowercase());
                    kept.or_insert_with(|| Arc::clone(&known));
                }
            }
            names
        });
        names.get(&heading.trim().to_lowercase()).cloned()
    }

    /// Headings under which nothing is claimed, as parts of a heading: aliases of a single word are
    /// left to [`Planning::folded`], for a title may hold them by chance.
    pub fn denying(&self) -> Vec<String> {
        let denies = |name: &String| {
            let name = name.to_lowercase();
            self.denying_sections
                .iter()
                .any(|one| one.to_lowercase() == name)
        };
        let same = self.aliases.iter().filter(|(name, _)| denies(name));
        let phrases = same
            .flat_map(|(_, others)| others)
            .filter(|one| one.contains(' '));
        self.denying_sections
            .iter()
            .chain(phrases)
            .cloned()
            .collect()
    }

    /// A pattern with each `{name}` of [`Planning::terms`] filled in.
    pub fn filled(&self, pattern: &str) -> String {
        let mut filled = pattern.to_owned();
        for (name, any_of) in &self.terms {
            filled = filled.replace(&format!("{{{name}}}"), &format!("(?:{})", any_of.join("|")));
        }
        filled
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
            .chain(&self.own_statements)
            .flat_map(|one| one.any_of.iter().chain(&one.when));
        let opposed = self
            .opposites
            .iter()
            .flat_map(|one| one.any_of.iter().chain(&one.against));
        let terms = self.terms.values().flatten();
        let text = &self.sensitive;
        let sensitive = [
            &text.placeholders,
            &text.assignments,
            &text.endpoints,
            &text.temporary,
            &text.identities,
        ];
        let sensitive = sensitive.into_iter().flatten();
        for pattern in notice
            .chain(stated)
            .chain(opposed)
            .chain(terms)
            .chain(sensitive)
        {
            patterns::pattern(pattern)
                .map_err(|error| format!("the pattern `{pattern}`: {error}"))?;
        }
        for path in self
            .statements
            .iter()
            .chain(&self.own_statements)
            .flat_map(|one| &one.paths)
        {
            globset::Glob::new(path).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
