// SPDX-License-Identifier: Apache-2.0
//! Everything a check may look at, and where it puts what it found.

use super::environment::{Environment, Installed};
use super::help::Help;
use super::input::{Input, Kind};
use super::matrix::Matrix;
use super::model::Model;
use super::package::{Package, Said};
use super::repository::Repository;
use crate::model::{ByteSpan, Draft, EntryPath};
use crate::rules::{Body, Rule};
pub use crate::support::names::some_of;
use pep440_rs::Version;
use serde_json::Value;
use std::path::PathBuf;

/// What checks see.
pub struct Context<'a> {
    /// What is known of PIC.
    pub matrix: &'a Matrix,
    /// The PIC under audit.
    pub input: &'a Input,
    /// What it says of itself.
    pub package: Package,
    /// Its version, when that can be read.
    pub version: Option<Version>,
    /// What its source declares.
    pub model: Model,
    /// The project around.
    pub repository: &'a Repository,
    /// The machine around.
    pub environment: &'a Environment,
    /// The package installed on it.
    pub installed: Option<Installed>,
    /// The first program called `pic`.
    pub program: Option<PathBuf>,
    /// What that program says of itself, when it was asked.
    pub help: Option<Help>,
}

/// What a check needs before it can say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// An input that is a distribution of some kind.
    Distribution,
    /// A version.
    Version,
    /// Readable source of the command line.
    Commands,
    /// Readable records.
    Records,
}

impl Context<'_> {
    /// Why a need is not met.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        let distribution = self.input.kind.is_some_and(|kind| kind != Kind::Reports);
        if need == Need::Nothing {
            return None;
        }
        if !distribution {
            return Some(match self.input.kind {
                Some(_) => "the input holds reports only",
                None => "the input has no known form",
            });
        }
        match need {
            Need::Version if self.version.is_none() => Some("the version cannot be read"),
            Need::Commands if self.model.commands.is_empty() => Some("no command could be read"),
            Need::Records if self.model.records.is_empty() => Some("no record could be read"),
            _ => None,
        }
    }

    /// The text that decides the version.
    pub fn stated_version(&self) -> Option<&Said> {
        self.package
            .versions
            .iter()
            .find(|said| said.file != "CHANGELOG.md")
    }

    /// Whether the input is at least of this version; an unreadable one is taken for the newest.
    pub fn is_since(&self, since: &str) -> bool {
        self.version
            .as_ref()
            .is_none_or(|version| super::matrix::is_since(version, since))
    }

    /// The commands that the input's version has; none when nobody knows the version.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        let has = |since: &str| {
            let version = self.version.as_ref();
            version.is_some_and(|version| super::matrix::is_since(version, since))
        };
        let rows = self.matrix.commands.iter();
        rows.filter(move |row| has(&row.since))
            .flat_map(|row| row.paths.iter().map(String::as_str))
    }

    /// A draft about a file of the input.
    pub fn draft(&self, rule: &Rule, file: &str, span: Option<ByteSpan>, text: String) -> Draft {
        let draft = Draft::new(rule.meta.id.clone(), &self.input.path(file), text);
        match span {
            Some(span) => draft.at(span),
            None => draft,
        }
    }

    /// A draft about a text that the input says of itself.
    pub fn draft_said(&self, rule: &Rule, said: &Said, text: String) -> Draft {
        self.draft(rule, &said.file, said.span, text)
    }

    /// A draft about the input as a whole.
    pub fn draft_whole(&self, rule: &Rule, text: String) -> Draft {
        Draft::new(rule.meta.id.clone(), &self.input.whole(), text)
    }
}

/// A draft about a file of the project.
pub fn here(rule: &Rule, file: &str, span: Option<ByteSpan>, text: String) -> Draft {
    let draft = Draft::new(rule.meta.id.clone(), &Repository::path(file), text);
    match span {
        Some(span) => draft.at(span),
        None => draft,
    }
}

/// A draft about something that is no file: `cli:pic`, `matrix:...`.
pub fn elsewhere(rule: &Rule, place: &str, text: String) -> Draft {
    Draft::new(rule.meta.id.clone(), &EntryPath::root(place), text)
}

/// Texts in a rule's `params`.
pub fn texts<'r>(rule: &'r Rule, key: &str) -> Vec<&'r str> {
    let Body::Check { params, .. } = &rule.body else {
        return Vec::new();
    };
    let list = params.get(key).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
