// SPDX-License-Identifier: Apache-2.0
//! The order in which tasks are offered.

use super::{RuntimeError, lease_time};
use crate::support::pyjson::{Value, display};

/// Priority of a task that names none.
const DEFAULT_PRIORITY: f64 = 50.0;

/// Higher priority first, then the older, then the smaller id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rank {
    pub(super) priority: f64,
    pub(super) created_at: String,
    pub(super) id: String,
}

impl Rank {
    /// The rank; a priority that is no number ranks as one that is not named.
    pub(super) fn of(task: &Value) -> Self {
        Self::checked(task).unwrap_or_else(|_| Self::middle(task))
    }

    /// # Errors
    /// The priority is no number.
    pub(super) fn checked(task: &Value) -> Result<Self, RuntimeError> {
        let mut rank = Self::middle(task);
        if let Some(priority) = task.get("priority") {
            rank.priority = lease_time::whole(priority)?;
        }
        Ok(rank)
    }

    /// With the priority of a task that names none.
    fn middle(task: &Value) -> Self {
        let text = |key: &str| task.get(key).map(display).unwrap_or_default();
        Self {
            priority: DEFAULT_PRIORITY,
            created_at: text("created_at"),
            id: text("task_id"),
        }
    }

    pub(super) fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other
            .priority
            .total_cmp(&self.priority)
            .then_with(|| self.created_at.cmp(&other.created_at))
            .then_with(|| self.id.cmp(&other.id))
    }
}
