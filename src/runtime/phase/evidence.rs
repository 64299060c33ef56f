// SPDX-License-Identifier: Apache-2.0
//! Whether a packet's required verifiers really accepted it: what a packet says of itself is no
//! evidence, a report that the runtime imported or stored below `reports/` is. Strict mode alone
//! asks.

use crate::runtime::{Runtime, RuntimeError, promote};
use crate::support::pyjson::Value;
use std::collections::HashMap;

/// Folders of reports, and whose they are; in the first the report says it.
const FOLDERS: [(&str, Option<&str>); 4] = [
    ("reports/verifier", None),
    ("reports/pic", Some("pic")),
    ("reports/providers/pic", Some("pic")),
    ("reports/providers/http", Some("http")),
];

/// Who accepted which packet, according to the store.
#[derive(Debug)]
pub(super) struct Evidence {
    reports: HashMap<String, Vec<Report>>,
    /// The configuration, for `verifier_quorum`.
    settings: Value,
}

#[derive(Debug)]
struct Report {
    packet: String,
    provider: String,
    id: String,
}

impl Report {
    /// A report that accepts a packet and is what it was when it came.
    fn new(body: &Value, provider: Option<&str>) -> Option<Self> {
        let accepted = body.get("accepted").and_then(Value::as_bool) == Some(true);
        let packet = body.text("packet_id").filter(|_| accepted)?;
        if let Some(claimed) = body.text("content_sha256")
            && promote::digest(body) != claimed
        {
            return None;
        }
        Some(Self {
            packet: packet.to_owned(),
            provider: provider.or_else(|| body.text("provider"))?.to_owned(),
            id: body.text("report_id").unwrap_or_default().to_owned(),
        })
    }
}

impl Evidence {
    /// Reads every report once.
    ///
    /// # Errors
    /// A folder cannot be listed.
    pub(super) fn load(runtime: &Runtime) -> Result<Self, RuntimeError> {
        let mut found = Vec::new();
        for (folder, provider) in FOLDERS {
            found.extend(
                runtime
                    .store
                    .map(folder, |_, body| Report::new(&body, provider))?,
            );
        }
        Ok(Self::new(found.into_iter().flatten(), runtime.config()))
    }

    fn new(found: impl Iterator<Item = Report>, settings: Value) -> Self {
        let mut reports: HashMap<String, Vec<Report>> = HashMap::new();
        for report in found {
            reports
                .entry(report.packet.clone())
                .or_default()
                .push(report);
        }
        Self { reports, settings }
    }

    /// Whether enough of the packet's required verifiers accepted it: one, unless the
    /// configuration's `verifier_quorum` asks for a number or for `all`.
    pub(super) fn holds(&self, packet: &Value, packet_id: &str) -> bool {
        let Some(reports) = self.reports.get(packet_id) else {
            return false;
        };
        let required: Vec<&Value> = packet
            .items("verifiers")
            .iter()
            .filter(|verifier| verifier.get("required").and_then(Value::as_bool) == Some(true))
            .collect();
        let accepting = required
            .iter()
            .filter(|verifier| {
                reports.iter().any(|report| {
                    verifier.text("provider") == Some(&report.provider)
                        || !report.id.is_empty() && verifier.text("verifier_id") == Some(&report.id)
                })
            })
            .count();
        let needed = promote::quorum(&self.settings, required.len());
        accepting > 0 && accepting >= needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{array, object};

    fn packet() -> Value {
        let verifier = |provider: &str, id: &str| {
            object! { "verifier_id" => id, "provider" => provider, "required" => true }
        };
        object! {
            "verifiers" => array![verifier("human", "v.1"), verifier("ci", "v.2")],
            "verifier_reports" => array![object! {
                "report_id" => "r.1", "provider" => "human", "accepted" => true,
            }],
        }
    }

    fn stored(provider: &str) -> Value {
        object! {
            "accepted" => true, "packet_id" => "p.a", "provider" => provider, "report_id" => "r.1",
        }
    }

    fn evidence(reports: &[Value], quorum: &Value) -> Evidence {
        let found = reports.iter().filter_map(|body| Report::new(body, None));
        Evidence::new(found, object! { "verifier_quorum" => quorum })
    }

    #[test]
    fn a_report_counts_when_the_store_has_it() {
        let packet = packet();
        assert!(
            !evidence(&[], &Value::Null).holds(&packet, "p.a"),
            "its own word"
        );
        let one = evidence(&[stored("human")], &Value::Null);
        assert!(one.holds(&packet, "p.a"));
        assert!(!one.holds(&packet, "p.b"), "a report on another packet");
        assert!(!evidence(&[stored("pic")], &Value::Null).holds(&packet, "p.a"));
    }

    #[test]
    fn a_quorum_asks_for_more() {
        let packet = packet();
        let all = Value::from("all");
        assert!(!evidence(&[stored("human")], &all).holds(&packet, "p.a"));
        assert!(evidence(&[stored("human"), stored("ci")], &all).holds(&packet, "p.a"));
    }

    #[test]
    fn truth_is_a_boolean_and_a_digest_binds() {
        let mut said = stored("human");
        said.set("accepted", "true");
        assert!(Report::new(&said, None).is_none());
        let mut changed = stored("human");
        changed.set("content_sha256", "00");
        assert!(Report::new(&changed, None).is_none());
    }
}
