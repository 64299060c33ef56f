// SPDX-License-Identifier: Apache-2.0
//! What an import changes, in the reference's order: residuals, task hints, the packet.

use super::intake::Verdict;
use crate::object;
use crate::runtime::provider::{hint, normalize};
use crate::runtime::store::{Draft, Transaction};
use crate::runtime::{Runtime, RuntimeError, layout, packet, residual};
use crate::support::pyjson::{Value, canonical, content_hash, display, stable_id};
use std::collections::BTreeMap;

/// A field of a normalized report whose items remain open: its residuals' kind, whether they
/// block, and the words before them.
const OPEN: [(&str, &str, bool, &str); 4] = [
    (
        "candidate_only_reasons",
        "candidate_only_reason",
        false,
        "candidate-only reason",
    ),
    (
        "settled_blockers",
        "settlement_blocker",
        true,
        "settled blocker",
    ),
    (
        "missing_obligations",
        "settlement_blocker",
        true,
        "missing obligation",
    ),
    (
        "cannot_promote_because",
        "settlement_blocker",
        true,
        "cannot promote because",
    ),
];

/// Statuses that an import does not lead out of (default mode).
const HELD: [&str; 5] = [
    "settled",
    "rejected",
    "quarantined",
    "deprecated",
    "expired",
];

/// The effects of one import.
#[derive(Debug)]
pub(super) struct Effects<'a> {
    runtime: &'a Runtime,
    provider: &'a str,
    normalized: &'a Value,
    /// Where the normalized report stands, absolute.
    path: &'a str,
    import_id: String,
    pub(super) residual_ids: Vec<String>,
    blocking_ids: Vec<String>,
    pub(super) hint_ids: Vec<String>,
    pub(super) packet_update: Value,
}

/// One open item of a report.
#[derive(Debug)]
struct Item {
    fields: Vec<&'static str>,
    kind: &'static str,
    blocking: bool,
    description: String,
    raw: Value,
}

impl<'a> Effects<'a> {
    pub(super) fn new(
        runtime: &'a Runtime,
        provider: &'a str,
        normalized: &'a Value,
        path: &'a str,
    ) -> Self {
        Self {
            runtime,
            provider,
            normalized,
            path,
            import_id: normalized.text("import_id").unwrap_or_default().to_owned(),
            residual_ids: Vec::new(),
            blocking_ids: Vec::new(),
            hint_ids: Vec::new(),
            packet_update: Value::Null,
        }
    }

    /// The id of the packet that the report names, if it names one.
    fn packet_id(&self) -> Option<String> {
        let id = self.normalized.get("packet_id")?;
        id.truthy().then(|| display(id))
    }

    fn items(&self) -> Vec<Item> {
        let provider = self.provider;
        let mut items = Vec::new();
        for (field, kind, blocking, words) in OPEN {
            for raw in self.normalized.items(field) {
                items.push(Item {
                    fields: vec![field],
                    kind,
                    blocking,
                    description: format!("{provider} {words}: {}", self.text(raw)),
                    raw: raw.clone(),
                });
            }
        }
        for raw in self.normalized.items("residuals") {
            let blocking = raw.get("blocking").is_some_and(Value::truthy);
            let said = raw.get("description").unwrap_or(raw);
            items.push(Item {
                fields: vec!["residuals"],
                kind: if blocking {
                    "settlement_blocker"
                } else {
                    "other"
                },
                blocking,
                description: format!("{provider} residual: {}", self.text(said)),
                raw: raw.clone(),
            });
        }
        if self.runtime.policy().strict() {
            for raw in self.normalized.items("safe_commands") {
                if hint::class(raw) == hint::Class::Refused {
                    items.push(Item {
                        fields: vec!["safe_commands"],
                        kind: "safe_command_hint",
                        blocking: false,
                        description: format!("{provider} refused command: {}", self.text(raw)),
                        raw: raw.clone(),
                    });
                }
            }
            items = merged(items);
        }
        items
    }

    fn text(&self, value: &Value) -> String {
        let text = display(value);
        if self.runtime.policy().compat() {
            text
        } else {
            normalize::visible(&text)
        }
    }

    /// Everything open goes into the ledger.
    pub(super) fn residuals(&mut self, change: &mut Transaction<'_>) -> Result<(), RuntimeError> {
        let packet_id = self.packet_id();
        for item in self.items() {
            let mut extensions = object! {
                "raw_value" => &item.raw,
                "source_provider_field" => item.fields[0],
            };
            if item.fields.len() > 1 {
                extensions.set("source_provider_fields", item.fields.clone());
            }
            let draft = residual::Draft {
                kind: item.kind.to_owned(),
                description: item.description,
                blocking: item.blocking,
                object_type: self.object_type().to_owned(),
                object_id: packet_id.clone().unwrap_or_else(|| self.import_id.clone()),
                refs: vec![self.import_id.clone()],
                source: format!("ccr.provider.{}", self.provider),
                extensions,
                ..residual::Draft::default()
            };
            self.preserve(change, &draft)?;
        }
        Ok(())
    }

    fn object_type(&self) -> &'static str {
        if self.packet_id().is_some() {
            "packet"
        } else {
            "report"
        }
    }

    fn preserve(
        &mut self,
        change: &mut Transaction<'_>,
        draft: &residual::Draft,
    ) -> Result<(), RuntimeError> {
        let id = residual::preserve(change, draft)?;
        change.event(Draft {
            action: "residual.add".to_owned(),
            object_type: "residual".to_owned(),
            object_id: id.clone(),
            after: Some("open".to_owned()),
            refs: vec![self.import_id.clone()],
            residuals: vec![id.clone()],
            ..Draft::default()
        });
        if draft.blocking {
            self.blocking_ids.push(id.clone());
        }
        self.residual_ids.push(id);
        Ok(())
    }

    /// Commands become tasks for people.
    pub(super) fn hints(&mut self, change: &mut Transaction<'_>) -> Result<(), RuntimeError> {
        let strict = self.runtime.policy().strict();
        for raw in self.normalized.items("safe_commands") {
            if strict && hint::class(raw) != hint::Class::Command {
                continue;
            }
            let id = hint::task_id(self.provider, &self.import_id, raw);
            if self.is_new(change, &id)? {
                let path = self.runtime.store.place("tasks/open", "task_id", &id)?;
                let task = hint::task(self.provider, &self.import_id, raw, change.now());
                change.put(&path, &task);
            }
            change.event(Draft {
                action: "task.hint.create".to_owned(),
                object_type: "task".to_owned(),
                object_id: id.clone(),
                after: Some("open".to_owned()),
                refs: vec![self.import_id.clone()],
                note: "Provider safe command preserved as non-executed task hint.".to_owned(),
                ..Draft::default()
            });
            self.hint_ids.push(id);
        }
        Ok(())
    }

    /// Whether a task is not there yet: in `open` as the reference looks, or anywhere.
    fn is_new(&self, change: &Transaction<'_>, id: &str) -> Result<bool, RuntimeError> {
        let store = &self.runtime.store;
        if change.exists(&store.place("tasks/open", "task_id", id)?) {
            return Ok(false);
        }
        if self.runtime.policy().strict() {
            for status in layout::TASK_STATUSES {
                let folder = format!("tasks/{status}");
                if store.find(&folder, "task_id", id)?.is_some() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The packet takes up the verdict and moves where it leads.
    pub(super) fn packet(
        &mut self,
        change: &mut Transaction<'_>,
        verdict: &Verdict,
    ) -> Result<(), RuntimeError> {
        let Some(id) = self.packet_id() else {
            return Ok(());
        };
        let store = &self.runtime.store;
        let named = self.normalized.get("packet_id").cloned();
        let Some((before, found)) = packet::locate(store, &id)? else {
            self.packet_update = object! { "error" => "packet not found", "packet_id" => named };
            return Ok(());
        };
        let mut after = match self.normalized.text("ccr_status") {
            Some("settled") => "checked",
            Some(status @ ("checked" | "provisional" | "rejected" | "quarantined")) => status,
            _ => "provisional",
        };
        let mut kept = verdict.kept.clone();
        if self.runtime.policy().strict() {
            let led = after;
            if !verdict.moves {
                after = before;
            } else if let Some(reason) = held(before, led) {
                after = before;
                self.refused(change, &id, before, led, &reason)?;
                kept = Some(reason);
            } else if led == "provisional" && before == "checked" {
                after = before;
                kept = Some("a checked packet is not lowered by a provisional verdict".to_owned());
            }
            if !verdict.moves || HELD.contains(&before) {
                self.packet_update = object! {
                    "kept" => kept,
                    "packet_id" => named,
                    "status_after" => before,
                    "status_before" => before,
                };
                return Ok(());
            }
        }
        let mut body = found.body;
        self.append_report(&mut body);
        body.set("status", after);
        body.set("updated_at", change.now());
        let to = if before == after {
            found.path.clone()
        } else {
            store.place(&format!("packets/{after}"), "packet_id", &id)?
        };
        change.relocate(&found.path, &to, &body);
        change.event(Draft {
            action: format!("packet.{}_import", self.provider),
            object_type: "packet".to_owned(),
            object_id: id,
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            refs: vec![self.path.to_owned()],
            residuals: self.residual_ids.clone(),
            note: "Provider import never grants final CCR settlement.".to_owned(),
            ..Draft::default()
        });
        self.packet_update = object! {
            "packet_id" => named,
            "status_after" => after,
            "status_before" => before,
        };
        if let Some(kept) = kept {
            self.packet_update.set("kept", kept);
        }
        Ok(())
    }

    /// A verdict that may not move the packet stays known.
    fn refused(
        &mut self,
        change: &mut Transaction<'_>,
        id: &str,
        before: &str,
        led: &str,
        reason: &str,
    ) -> Result<(), RuntimeError> {
        let draft = residual::Draft {
            kind: "authority_gap".to_owned(),
            description: format!(
                "Import {} would move the packet from {before} to {led}: {reason}",
                self.import_id
            ),
            object_type: "packet".to_owned(),
            object_id: id.to_owned(),
            refs: vec![self.import_id.clone()],
            source: format!("ccr.provider.{}", self.provider),
            repair_hint: "Submit a new packet, or let somebody with the authority decide."
                .to_owned(),
            extensions: object! { "status_asked" => led, "status_kept" => before },
            ..residual::Draft::default()
        };
        self.preserve(change, &draft)
    }

    fn append_report(&self, body: &mut Value) {
        let strict = self.runtime.policy().strict();
        let id = stable_id(
            &format!("verifier-report:{}", self.provider),
            std::slice::from_ref(self.normalized),
        );
        let reference = if strict {
            // Promotion holds the stored report against this.
            format!("{}#sha256={}", self.path, content_hash(self.normalized))
        } else {
            self.path.to_owned()
        };
        let residuals = if strict {
            &self.blocking_ids
        } else {
            &self.residual_ids
        };
        let entry = object! {
            "accepted" => self.normalized.get("accepted").cloned(),
            "blocking_residuals" => residuals.clone(),
            "provider" => self.provider,
            "ref" => reference,
            "report_id" => id.as_str(),
            "settled" => self.normalized.get("settled").cloned(),
        };
        let mut entries = body.items("verifier_reports").to_vec();
        if strict {
            entries.retain(|entry| entry.text("report_id") != Some(id.as_str()));
        }
        entries.push(entry);
        body.set("verifier_reports", entries);
    }
}

/// Why a packet stays where it is, if it does.
fn held(before: &str, led: &str) -> Option<String> {
    if before == led {
        return None;
    }
    if HELD.contains(&before) {
        return Some(format!("an import never leads out of {before}"));
    }
    let favourable = led == "checked" || led == "provisional";
    if favourable && (before == "raw" || before == "proposed") {
        return Some(format!("a {before} packet becomes a candidate first"));
    }
    None
}

/// The same sentence in several lists is one residual that names them all.
fn merged(items: Vec<Item>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    let mut places = BTreeMap::new();
    for item in items {
        let at = *places.entry(canonical(&item.raw)).or_insert(out.len());
        match out.get_mut(at) {
            Some(known) => {
                known.fields.extend(item.fields);
                if item.blocking && !known.blocking {
                    known.blocking = true;
                    known.kind = item.kind;
                }
            }
            None => out.push(item),
        }
    }
    out
}
