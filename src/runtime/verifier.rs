// SPDX-License-Identifier: Apache-2.0
//! `ccr verifier report add`: a report of whatever verifier the packet declares, people and CI
//! included, becomes something that promotion can rely on.

use super::roles::{self, Act, Actor};
use super::store::{self, Stored};
use super::{Answer, Outcome, Reply, Runtime, RuntimeError};
use super::{document, packet, promote, read_input, residual};
use crate::object;
use crate::support::pyjson::Value;
use std::path::Path;

const FOLDER: &str = "reports/verifier";
const ID: &str = "report_id";

/// Providers that a packet may declare (the packet schema), and the one that imports add.
const PROVIDERS: [&str; 6] = ["pic", "ccr", "ci", "human", "custom", "http"];

/// `ccr verifier report add`
///
/// # Errors
/// Not valid, there already, of a verifier that the packet does not declare, of one's own packet,
/// or a role that may not do it.
pub fn add(runtime: &Runtime, file: &Path, actor: Actor<'_>) -> Answer {
    let mut body = read_input(file)?;
    document::require(runtime, "verifier-report", &body, file)?;
    let id = body.text(ID).unwrap_or_default().to_owned();
    let provider = body.text("provider").unwrap_or_default().to_owned();
    roles::require(runtime, actor, Act::Report, "report", &id)?;
    let mut change = runtime.store.begin()?;
    if let Some(known) = runtime.store.find(FOLDER, ID, &id)? {
        return Err(residual::duplicate(runtime, "report", &id, &known.path));
    }
    let of = body.text("packet_id").unwrap_or_default().to_owned();
    let packet = match of.as_str() {
        "" => None,
        of => packet::locate(&runtime.store, of)?,
    };
    let declared = match &packet {
        Some((_, stored)) => stored.body.items("verifiers").iter().any(|verifier| {
            verifier.text("provider") == Some(provider.as_str())
                || verifier.text("verifier_id") == Some(id.as_str())
        }),
        None => PROVIDERS.contains(&provider.as_str()),
    };
    if !declared {
        return Err(undeclared(&id, &provider, &of));
    }
    let issuer = packet
        .as_ref()
        .and_then(|(_, stored)| stored.body.at(&["issuer", "actor_id"]));
    if actor.agent.is_some() && issuer.and_then(Value::as_str) == actor.agent {
        return Err(roles::refuse(
            "nobody verifies his own packet",
            actor,
            "packet",
            &of,
        ));
    }
    let digest = promote::digest(&body);
    body.set("content_sha256", digest.as_str());
    let path = runtime.store.place(FOLDER, ID, &id)?;
    change.create(&path, &body)?;
    let accepted = body.get("accepted") == Some(&Value::Bool(true));
    let residuals: Vec<String> = body
        .items("residuals")
        .iter()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    let attached = packet.map(
        |(
            status,
            Stored {
                path: at,
                body: mut of,
            },
        )| {
            let mut entries = of.items("verifier_reports").to_vec();
            entries.push(object! {
                "accepted" => accepted,
                "blocking_residuals" => residuals.clone(),
                "provider" => provider.as_str(),
                "ref" => path.as_str(),
                "report_id" => id.as_str(),
                "settled" => body.get("settled") == Some(&Value::Bool(true)),
            });
            of.set("verifier_reports", entries);
            of.set("updated_at", change.now().to_owned());
            change.put(&at, &of);
            status
        },
    );
    change.event(store::Draft {
        actor: actor.name(),
        action: "verifier.report.add".to_owned(),
        object_type: "verifier".to_owned(),
        object_id: id.clone(),
        after: Some(if accepted { "accepted" } else { "not_accepted" }.to_owned()),
        refs: [path.clone(), format!("sha256:{digest}"), of.clone()]
            .into_iter()
            .filter(|reference| !reference.is_empty())
            .collect(),
        residuals,
        note: format!("verifier report of provider {provider}"),
        ..store::Draft::default()
    });
    change.commit()?;
    Ok(Reply::done(object! {
        "accepted" => accepted,
        "content_sha256" => digest,
        "ok" => true,
        "packet_id" => Some(of).filter(|of| !of.is_empty()),
        "packet_status" => attached,
        "path" => runtime.store.path(&path).display().to_string(),
        "provider" => provider,
        "report_id" => id,
    }))
}

fn undeclared(id: &str, provider: &str, packet: &str) -> RuntimeError {
    let why = if packet.is_empty() {
        format!("provider {provider} is not one a packet can declare")
    } else {
        format!("packet {packet} declares no verifier of provider {provider}")
    };
    let draft = residual::Draft {
        kind: "provider_missing".to_owned(),
        description: format!("Report {id} does not count: {why}"),
        object_type: "report".to_owned(),
        object_id: id.to_owned(),
        refs: vec![packet.to_owned()],
        source: "ccr.verifier.report".to_owned(),
        repair_hint: "Declare the verifier in the packet, or hand in a report of a declared one."
            .to_owned(),
        ..residual::Draft::default()
    };
    residual::refusal(&why, &draft, Outcome::Refused)
}
