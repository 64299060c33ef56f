// SPDX-License-Identifier: Apache-2.0
//! Plain data that every stage speaks: findings, rules' metadata, places, reports.
//!
//! No I/O, no rendering, no pattern matching lives here; everything above may import it.

mod draft;
mod finding;
mod fingerprint;
mod judged;
mod location;
mod origin;
pub mod pic_contract;
mod report;
mod residual;
mod rule_meta;
mod severity;

pub use draft::{Draft, Subject};
pub use finding::{Finding, Suppression, SuppressionKind};
pub use fingerprint::{Fingerprint, FingerprintInput};
pub use judged::Judged;
pub use location::{ByteSpan, EntryPath, Place};
pub use origin::{BroughtIn, SecretMark};
pub use report::{Report, Scanned, Skipped, ToolInfo, Totals, Verdict};
pub use residual::Residual;
pub use rule_meta::{Prose, RuleId, RuleMeta, RuleProse, Status};
pub use severity::{Confidence, Severity};
