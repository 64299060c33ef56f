// SPDX-License-Identifier: Apache-2.0
//! Runs compiled patterns over bytes: one prefilter over all keywords decides which pattern runs
//! on which window. Knows nothing of policy or of files.

mod behind;
mod caches;
mod cells;
mod claim_pattern;
mod claim_rule;
mod claimed;
mod compile;
mod docstring;
mod engine;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod engine_tests;
mod further;
mod gist;
mod hit;
mod judge;
mod judgement;
mod lent;
mod lexicon;
mod lint;
mod listed;
mod nearby;
mod ours;
mod outline;
mod overlap;
mod packed;
mod pages;
mod paragraph;
mod path_context;
mod path_judge;
mod path_plain;
mod path_root;
mod path_words;
mod prefilter;
mod prepared;
mod program;
mod reach;
mod redact;
#[allow(dead_code, unused_imports, reason = "what packs is for `build.rs`")]
mod reduce;
mod required;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod samples;
mod scope;
mod scratch;
mod search;
mod sentence;
mod simd;
mod source_map;
mod spoken;
mod statement;
mod stops;
mod subject;
#[allow(dead_code, unused_imports, reason = "what packs is for `build.rs`")]
mod tables;
mod tags;
mod weight;
mod wide;
mod window;
mod wording;

pub use cells::{Cells, Records, sqlite_values};
pub use compile::check_pattern;
pub use engine::Matcher;
pub use hit::Hit;
pub(crate) use judge::share;
pub use judge::validators;
pub use lent::Lent;
pub use lint::lint;
pub use packed::packed_texts;
pub use pages::{PageText, pdf_streams};
pub use redact::{beside, redact_line, snippet_part};
pub use required::missing;
pub use scratch::{Mark, Scratch};
pub use source_map::{is_on_machine, sources};
pub use statement::StatementMatcher;
pub use tables::keyword_cost;
pub use wide::{WideStrings, wide_strings};

/// Gives up what this worker keeps besides its [`Scratch`]; it is made anew where needed.
pub(crate) fn forget() {
    claim_pattern::forget();
    judge::forget();
}
