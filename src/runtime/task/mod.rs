// SPDX-License-Identifier: Apache-2.0
//! Tasks: admission, the queue, leases, and the way from open to integrated
//! (CCR specification, section 5.3).

mod foreign_lock;
mod lease;
mod list;
mod queue;
mod steps;
mod submit;
mod sweep;
mod verify;

pub use super::step::Step;
pub use lease::{Release, lease, release};
pub use list::{list, show};
pub use queue::next;
pub use steps::{Complete, complete, step};
pub use submit::submit;
pub use sweep::{renew, sweep};
pub use verify::{Verify, verify};

use super::store::{Store, Stored};
use super::{RuntimeError, layout};

/// The key of a task's id.
const ID: &str = "task_id";

/// A task wherever it stands, with the folder it stands in.
///
/// # Errors
/// It stands only in a file that cannot be used.
pub fn locate(store: &Store, id: &str) -> Result<Option<(&'static str, Stored)>, RuntimeError> {
    store.locate("tasks", &layout::TASK_STATUSES, ID, id)
}
