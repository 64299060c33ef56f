// SPDX-License-Identifier: Apache-2.0
//! Protocol state on disk: packets, tasks, residuals, events, providers, phase formation.
//!
//! Flow: a command reads documents from the [`store::Store`], decides, and hands every change to
//! one [`store::Transaction`]. Nothing here scans, prints or knows a flag.

mod admission;
mod answer;
pub mod baseline;
pub mod database;
pub mod doctor;
pub mod document;
pub mod draft;
mod error;
pub mod event;
pub mod explain;
pub mod import;
pub mod index;
pub mod init;
pub mod layout;
mod lease_time;
mod made_task;
mod opened;
pub mod packet;
pub mod phase;
mod policy;
pub mod preserve;
pub mod promote;
pub mod provider;
mod rank;
pub mod report;
pub mod residual;
pub mod roles;
mod root;
pub mod row;
mod scan;
pub mod step;
pub mod store;
pub mod task;
pub mod verifier;
pub mod verify;

pub use answer::{Answer, Reply, known_status, now, read_input};
pub use error::{Outcome, RuntimeError};
pub use opened::Runtime;
pub use policy::Policy;
pub use root::{configured_compat, resolve as resolve_root};
