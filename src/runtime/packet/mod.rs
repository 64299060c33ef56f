// SPDX-License-Identifier: Apache-2.0
//! Packets: admission and lookup (CCR specification, section 5.1).

mod status;

pub use super::step::Step;
pub use status::{list, step, validate};

use super::admission::{Family, admit};
use super::roles::Actor;
use super::store::{Store, Stored};
use super::{Answer, Outcome, Reply, Runtime, RuntimeError};
use super::{document, known_status, layout, read_input, residual};
use crate::object;
use std::path::Path;

/// The key of a packet's id.
pub(super) const ID: &str = "packet_id";

/// Statuses in which a packet may come; the others need a promotion or an import.
const ADMITTED: [&str; 3] = ["raw", "proposed", "candidate"];

/// A packet wherever it stands, with the folder it stands in.
///
/// # Errors
/// It stands only in a file that cannot be used.
pub fn locate(store: &Store, id: &str) -> Result<Option<(&'static str, Stored)>, RuntimeError> {
    store.locate("packets", &layout::PACKET_STATUSES, ID, id)
}

/// `ccr packet submit`
///
/// # Errors
/// Not valid, there already, or (default mode) in a status that only a gate gives.
pub fn submit(runtime: &Runtime, file: &Path, actor: Actor<'_>) -> Answer {
    let body = read_input(file)?;
    document::require(runtime, "packet", &body, file)?;
    let id = body.text(ID).unwrap_or_default().to_owned();
    let status = body.text("status").unwrap_or("candidate").to_owned();
    known_status(&layout::PACKET_STATUSES, "packet", &status)?;
    if runtime.policy().strict() && !ADMITTED.contains(&status.as_str()) {
        let draft = residual::Draft {
            kind: "authority_gap".to_owned(),
            description: format!("packet {id} was submitted as {status}"),
            blocking: true,
            object_type: "packet".to_owned(),
            object_id: id.clone(),
            refs: vec![file.display().to_string()],
            source: "ccr.packet.submit".to_owned(),
            repair_hint: "Submit the packet as raw, proposed or candidate; `ccr packet promote` \
                          or an imported report moves it on."
                .to_owned(),
            ..residual::Draft::default()
        };
        let why = format!("a packet is submitted as raw, proposed or candidate, not as {status}");
        return Err(residual::refusal(&why, &draft, Outcome::Refused));
    }
    let family = Family {
        kind: "packet",
        folder: "packets",
        id_key: ID,
        statuses: &layout::PACKET_STATUSES,
    };
    admit(runtime, &family, (&id, &status), &body, file, actor)
}

/// `ccr packet show`
///
/// # Errors
/// No such packet.
pub fn show(runtime: &Runtime, id: &str) -> Answer {
    let Some((status, stored)) = locate(&runtime.store, id)? else {
        return Err(RuntimeError::Missing(id.to_owned()));
    };
    Ok(Reply::done(object! {
        "ok" => true,
        "packet" => stored.body,
        "path" => runtime.store.path(&stored.path).display().to_string(),
        "status" => status,
    }))
}
