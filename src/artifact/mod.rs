// SPDX-License-Identifier: Apache-2.0
//! Bytes out of containers, under a budget, in memory, never onto disk.
//!
//! [`walk`] recognises a container by content, streams its members to a [`Visitor`], opens
//! containers inside it to a set depth, and reports whatever two readers could disagree about
//! as an [`Anomaly`]. It knows nothing of rules beyond the ids that anomalies carry, and
//! nothing of what a member means.

mod compress;
mod formats;
mod git;
mod input;
mod limits;
mod names;
mod rule;
mod sniff;
mod stream;
mod tar;
mod told;
mod walker;
mod zip;

pub use limits::Limits;
pub use rule::{ANOMALY_RULES, cuts_listing, spends_budget};
pub use sniff::{named_like_archive, sniff};
pub use told::{Anomaly, EntryKind, Format, OwnedEntry, Source, Visitor};
pub(crate) use walker::reserve;

pub use crate::git::is_loose_name as named_like_git_object;

use crate::model::EntryPath;
use walker::{Site, Walker};

/// Opens the container behind `source` and tells `visitor` what is in it; containers inside it
/// share its budget. `name` is the file's own name: it helps to recognise what content alone
/// does not show, and names the content of a single compressed file.
///
/// Returns whether it was opened. A file that is no container is not touched by the visitor,
/// except for the anomaly that its name promises one; its bytes are then the caller's to search.
pub fn walk(
    path: &EntryPath,
    name: &str,
    source: &mut dyn Source,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> bool {
    let mut walker = Walker::new(limits, formats::FORMATS, visitor);
    let site = Site::outermost(path);
    match walker.recognise(&site, name, source) {
        Some(format) => {
            walker.open(&site, name, format, source);
            true
        }
        None => false,
    }
}
