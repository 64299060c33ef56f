// SPDX-License-Identifier: Apache-2.0
//! Packets

use super::store::{Store, Stored};
use super::{Answer, Runtime, RuntimeError, layout};
use std::path::Path;

/// The packet with an id and the status whose folder holds it, the lattice searched in order.
///
/// # Errors
/// A file that has the id's name cannot be read.
pub fn locate(store: &Store, id: &str) -> Result<Option<(&'static str, Stored)>, RuntimeError> {
    for status in layout::PACKET_STATUSES {
        if let Some(found) = store.find(&format!("packets/{status}"), "packet_id", id)? {
            return Ok(Some((status, found)));
        }
    }
    Ok(None)
}

fn not_yet() -> Answer {
    Err(RuntimeError::Value("not built yet".to_owned()))
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn submit(_runtime: &Runtime, _file: &Path) -> Answer {
    not_yet()
}

/// To be built.
///
/// # Errors
/// Always, yet.
pub fn show(_runtime: &Runtime, _id: &str) -> Answer {
    not_yet()
}
