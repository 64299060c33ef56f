// SPDX-License-Identifier: Apache-2.0
//! One run directory: the report, the events, the patch, the seal, and what they say together
//! (specification, section 2).

pub mod beside;
mod contract;
mod derived;
pub mod diff;
mod index;
pub mod judge;
pub mod locate;
mod open;
pub mod patch;
mod patch_name;
pub mod replay;
pub mod verify;
mod wishes;

pub use contract::Contract;
pub use derived::{Reason, Replay};
pub use index::{RunIndex, RunSummary};
pub use open::{
    EVENTS, EventLine, NAMESPACE, REPORT, Run, SEAL, SEAL_SCHEMA, SIGNATURE, Told, ZEROS, lines,
};
pub use patch::Patch;
pub use wishes::RunWishes;
