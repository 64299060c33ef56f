// SPDX-License-Identifier: Apache-2.0
//! Rules as data: their syntax, where they are loaded from, and what is wrong with a rule file.
//!
//! May check a rule, never runs one: running belongs to `matching` and `audit`.

mod context;
pub mod docs;
mod embedded;
mod error;
mod gitleaks;
#[cfg(test)]
mod keys;
mod later;
mod lint;
mod load;
mod pack;
mod packed;
mod raw;
mod schema;
mod words;

pub use context::ContextRule;
pub use error::RuleError;
pub use later::Later;
pub use lint::{FAMILIES, LintFault, LintLevel, lint};
pub use load::{RuleSet, RuleSource, load, load_only};
pub use pack::Profile;
#[cfg(test)]
pub(crate) use raw::rule_of;
pub use schema::{
    Acquittal, Body, Example, ExampleLists, Examples, FileSet, Judge, OrderRule, Origin, Pattern,
    PatternRule, Rule, Scope, StatementRule, Subject, TextRule, Window,
};
