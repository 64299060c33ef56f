// SPDX-License-Identifier: Apache-2.0
//! One run directory: the report, the events, the patch, the seal, and what they say together
//! (specification, section 2).

mod contract;
mod index;
mod open;
mod wishes;

pub use contract::Contract;
pub use index::{RunIndex, RunSummary};
pub use open::{EventLine, Run, lines};
pub use wishes::RunWishes;
