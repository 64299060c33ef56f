// SPDX-License-Identifier: Apache-2.0
//! What the tasks that commands make have in common.

use crate::object;
use crate::support::pyjson::Value;

/// A lease that nobody holds yet.
pub(super) fn lease(minutes: i64) -> Value {
    object! {
        "lease_required" => true,
        "leased_at" => Value::Null,
        "leased_by" => Value::Null,
        "renewal_allowed" => true,
        "ttl_minutes" => minutes,
    }
}

/// Residuals are kept, and those that block hold settlement up.
pub(super) fn residual_policy() -> Value {
    object! {
        "blocking_residuals_prevent_settlement" => true,
        "minimum_residual_fields" => &["residual_id", "kind", "description", "blocking"][..],
        "preserve_residuals" => true,
        "residual_destination" => "residuals/open",
    }
}
