// SPDX-License-Identifier: Apache-2.0
//! Executing a snapshot (specification of the PGS runtime, section 4): load everything a workflow
//! names ([`Plan`]), admit, traverse one token from the start to an exit ([`run`]). What happens is
//! told to a [`Recorder`](super::trace::Recorder); no format is known here.

mod admission;
mod contract;
mod exit;
mod graph;
mod intent;
mod load;
mod plan;
mod reads;
mod run;
mod state;

pub use exit::{Ending, classify};
pub use plan::{Answers, LoadFault, Plan};
pub use run::{End, refuse, run, run_open};
pub use state::Options;
