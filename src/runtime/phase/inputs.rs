// SPDX-License-Identifier: Apache-2.0
//! What a phase is formed from: every packet, every open residual, the configuration. Each file is
//! read once, in parallel, and cut down to what the phase needs, so that memory hangs on ids and
//! summaries and not on whole documents.

use super::{eligibility::Packet, evidence::Evidence, shown};
use crate::runtime::store::read_document;
use crate::runtime::{Runtime, RuntimeError, layout};
use crate::support::pyjson::{Object, Value};
use rayon::prelude::*;
use std::collections::HashMap;

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

/// An open residual, as far as a phase needs it.
#[derive(Debug)]
pub(super) struct Open {
    /// Its id; `None`, as Python shows it, when it has none.
    pub(super) id: String,
    /// The same where packets name it: empty when it has none.
    link_id: String,
    /// Its kind.
    pub(super) kind: String,
    /// Whether it blocks.
    pub(super) blocking: bool,
    /// What to do.
    pub(super) hint: String,
}

/// The open residuals, with an index over what they are about.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In order of file name.
    pub(super) open: Vec<Open>,
    /// Blocking ones by object id and by reference.
    links: HashMap<String, Vec<usize>>,
}

impl Ledger {
    fn add(&mut self, entry: Entry) {
        let at = self.open.len();
        for id in entry.links {
            let known = self.links.entry(id).or_default();
            // Named as object and as reference: once.
            if known.last() != Some(&at) {
                known.push(at);
            }
        }
        self.open.push(entry.open);
    }

    /// Ids of the blocking residuals about an object, in order of file name.
    pub(super) fn blockers<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let about = self.links.get(id).map(Vec::as_slice).unwrap_or_default();
        about.iter().map(|at| self.open[*at].link_id.as_str())
    }

    /// Those that block.
    pub(super) fn blocking(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().filter(|residual| residual.blocking)
    }
}

struct Entry {
    open: Open,
    links: Vec<String>,
}

impl Entry {
    fn new(residual: &Value) -> Self {
        let blocking = residual.get("blocking").is_some_and(Value::truthy);
        let mut links = Vec::new();
        if blocking {
            links.extend(residual.text("object_id").map(str::to_owned));
            let refs = residual.items("refs").iter().filter_map(Value::as_str);
            links.extend(refs.map(str::to_owned));
        }
        Self {
            open: Open {
                id: shown(residual, "residual_id", "None"),
                link_id: shown(residual, "residual_id", ""),
                kind: shown(residual, "kind", ""),
                blocking,
                hint: shown(residual, "repair_hint", "Resolve residual."),
            },
            links,
        }
    }
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
            each(runtime, &folder, &mut packets, |body| {
                Packet::new(status, body, evidence.as_ref())
            })?;
        }
        let mut entries = Vec::new();
        each(runtime, "residuals/open", &mut entries, Entry::new)?;
        let mut ledger = Ledger::default();
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

/// Reads the documents of a folder in parallel and keeps their order.
pub(super) fn each<T: Send>(
    runtime: &Runtime,
    folder: &str,
    into: &mut Vec<T>,
    cut: impl Fn(&Value) -> T + Sync,
) -> Result<(), RuntimeError> {
    let root = runtime.root();
    let names = runtime.store.names(folder)?;
    let read: Vec<Result<Option<T>, (String, String)>> = names
        .par_iter()
        .map(|name| {
            let path = format!("{folder}/{name}");
            match read_document(root, &path) {
                Ok(body) => Ok(body.map(|body| cut(&body))),
                Err(error) => Err((path, error.to_string())),
            }
        })
        .collect();
    for document in read {
        match document {
            Ok(document) => into.extend(document),
            Err((path, reason)) => runtime.store.skip(&path, reason),
        }
    }
    Ok(())
}
