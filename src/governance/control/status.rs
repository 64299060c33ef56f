// SPDX-License-Identifier: Apache-2.0
//! How a status looks.

/// The class of a status; words of other profiles look like what is not known.
pub(super) fn class(status: &str) -> &'static str {
    match status {
        "validated" | "pass" | "holds" | "consumed" | "proven" => "good",
        "candidate" | "open" | "granted" | "requested" | "prepared" => "under-way",
        "blocked" | "refused" | "fail" | "invalid" | "denied" | "not_proven" => "bad",
        "draft" => "begun",
        _ => "quiet",
    }
}
