// SPDX-License-Identifier: Apache-2.0
//! What patterns come down to: smaller patterns, bytes and words that they need, places of hits. Of the
//! rules that ship with this program `build.rs` makes it, which compiles this folder too, so nothing
//! here knows of the rest; to parse a pattern and to reduce it takes longer than most files take.

mod claim;
mod lower;
mod needs;
mod pack;
mod plain;
mod required;
mod run;
mod sieve;
pub(crate) mod steps;
mod table;
mod wide;

pub(crate) use claim::{Claim, Part, lower_of, needs_of, packed_claim};
pub(crate) use needs::Need;
pub(crate) use pack::Packed;
pub(crate) use plain::{LOST, gist, gist_of_hit};
pub(crate) use run::Run;
pub(crate) use sieve::{Sieve, Sieved, Wide, packed_sieve, parsed, sieve_name};
pub(crate) use table::{find, table};
pub(crate) use wide::widened;
