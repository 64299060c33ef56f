// SPDX-License-Identifier: Apache-2.0
//! What a phase is formed from: every packet, every open residual, the configuration. Each file is
//! read once, in parallel, and cut down to what the phase needs, so that memory hangs on ids and
//! summaries and not on whole documents.

use super::ledger::{Entry, Ledger};
use super::{eligibility::Packet, evidence::Evidence, shown};
use crate::runtime::{Runtime, RuntimeError, layout};
use crate::support::pyjson::{Object, Value};

/// Everything a phase is formed from.
#[derive(Debug)]
pub(super) struct Inputs {
    /// In order of folder (the lattice's), then of file name.
    pub(super) packets: Vec<Packet>,
    /// Open residuals.
    pub(super) ledger: Ledger,
    /// `created_at` of the configuration: documents carry it as their time.
    pub(super) generated_at: String,
    /// `resource_envelope` of the configuration.
    pub(super) envelope: Value,
}

impl Inputs {
    /// Reads them. A file that is no JSON object is named and passed over.
    ///
    /// # Errors
    /// A folder cannot be listed.
    pub(super) fn load(runtime: &Runtime) -> Result<Self, RuntimeError> {
        let strict = runtime.policy().strict();
        let evidence = strict.then(|| Evidence::load(runtime)).transpose()?;
        let mut packets = Vec::new();
        for status in layout::PACKET_STATUSES {
            let folder = format!("packets/{status}");
            packets.extend(runtime.store.map(&folder, |_, body| {
                Packet::new(status, &body, evidence.as_ref())
            })?);
        }
        let mut ledger = Ledger::default();
        let entries = runtime
            .store
            .map("residuals/open", |_, body| Entry::new(&body))?;
        for entry in entries {
            ledger.add(entry);
        }
        let config = runtime.sound_config()?;
        Ok(Self {
            packets,
            ledger,
            generated_at: shown(&config, "created_at", "1970-01-01T00:00:00Z"),
            envelope: config
                .get("resource_envelope")
                .cloned()
                .unwrap_or_else(|| Value::Object(Object::new())),
        })
    }
}
