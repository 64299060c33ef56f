// SPDX-License-Identifier: Apache-2.0
//! How much a sentence is worded like a claim. Patterns find the claims that their author thought of;
//! the same proposition in other words shares single words and pairs of words with many claims, and
//! these tell together what none tells alone.
//!
//! Each word, its stem, and each pair of neighbours has a weight for claims of any kind and one for each kind; what
//! is denied counts as another word. The sum of a sentence's weights over the root of their number is the logarithm of the odds that it is such
//! a claim, as far as the sentences tell that the weights were learned from:
//! `fixtures/claim-wording/sentences.tsv` against ordinary text. Its likeness adds the odds for any kind and
//! those for the likeliest kind, up to a bound: friendly talk is a little like every kind, a claim much like one.
//! `weights.bin` holds them (the test `learn::regenerate` makes it anew). What stands around the
//! sentence (denials, headings, quotations) is judged elsewhere, as for every claim.

mod around;
mod denial;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod learn;
mod weights;
mod words;

pub(super) use around::{admitted, everywhere};
pub(super) use denial::{clause, denies, goes_on_denied, supposes};
pub(super) use weights::{OF_READERS, OF_TITLES, Phrases, phrases, without};
