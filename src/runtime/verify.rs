// SPDX-License-Identifier: Apache-2.0
//! `ccr verify`: plan, or with `--execute` run, the verification of a packet by PIC.

use super::provider::{self, pic};
use super::store::Draft;
use super::{Answer, Outcome, Reply, Runtime, RuntimeError, layout, residual};
use crate::object;
use crate::support::pyjson::{Value, display, stable_id};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Provider; `pic` alone verifies.
    pub provider: &'a str,
    /// Packet id.
    pub packet: &'a str,
    /// PIC profile.
    pub profile: &'a str,
    /// Really run it.
    pub execute: bool,
    /// Seconds it may take.
    pub timeout: i64,
}

/// Plans the verification, or runs it and stores its report.
///
/// # Errors
/// An unknown provider, packet or profile.
pub fn run(runtime: &Runtime, request: &Request<'_>) -> Answer {
    if request.provider != "pic" {
        return Err(RuntimeError::refusal(
            object! {
                "error" => "unknown verifier provider",
                "ok" => false,
                "provider" => request.provider,
            },
            Outcome::Missing,
        ));
    }
    let packet = provider::find_packet(runtime, request.packet)?;
    pic::known_profile(request.profile)?;
    let subject = pic::Subject::new(&runtime.store, &packet, request.profile);
    let availability = pic::availability();
    if availability.get("available") != Some(&Value::Bool(true)) {
        let plan = subject.plan(runtime.policy());
        return Ok(unavailable(request, &subject, plan, availability));
    }
    if !request.execute {
        return Ok(Reply::done(object! {
            "availability" => availability,
            "ok" => true,
            "plan" => subject.plan(runtime.policy()),
        }));
    }
    // Nothing is locked while the program runs.
    let report = subject.execute(runtime.policy(), request.timeout, &super::now())?;
    let ok = report.get("ok") == Some(&Value::Bool(true));
    if !ok && runtime.policy().compat() {
        return Ok(Reply::ending(report, Outcome::Refused));
    }
    store(runtime, request, report, ok)
}

fn unavailable(
    request: &Request<'_>,
    subject: &pic::Subject,
    plan: Value,
    availability: Value,
) -> Reply {
    let residual = residual::Draft {
        kind: "provider_missing".to_owned(),
        description: "PIC provider is unavailable; verifier execution was not attempted."
            .to_owned(),
        object_type: "packet".to_owned(),
        object_id: request.packet.to_owned(),
        refs: vec![subject.path().to_owned()],
        source: "ccr.verify.pic".to_owned(),
        repair_hint: "Install PIC or import a PIC-compatible verifier report.".to_owned(),
        ..residual::Draft::default()
    };
    let body = object! {
        "availability" => availability,
        "error" => "PIC provider is unavailable; dry-run plan returned without execution.",
        "ok" => false,
        "plan" => plan,
        "residual_ready" => residual.build(&super::now()),
    };
    Reply::ending(body, Outcome::Missing)
}

/// Stores the report of a run; one that failed is stored in the default mode, with a residual.
fn store(runtime: &Runtime, request: &Request<'_>, mut report: Value, ok: bool) -> Answer {
    let report_id = stable_id("pic-report", std::slice::from_ref(&report));
    report.set("report_id", report_id.as_str());
    let relative = format!("reports/pic/{}", layout::file_name(&report_id));
    let path = runtime.store.path(&relative).display().to_string();
    let mut change = runtime.store.begin()?;
    change.put(&relative, &report);
    let mut residuals = Vec::new();
    if !ok {
        let error = report.get("error").map(display).unwrap_or_default();
        let draft = residual::Draft {
            kind: "missing_evidence".to_owned(),
            description: format!("Verification of {} by pic failed: {error}", request.packet),
            object_type: "packet".to_owned(),
            object_id: request.packet.to_owned(),
            source: "ccr.verify.pic".to_owned(),
            repair_hint: "Look at the stored run, mend what it names, verify again.".to_owned(),
            extensions: object! { "report_id" => report_id.as_str() },
            ..residual::Draft::default()
        };
        let id = residual::preserve(&mut change, &draft)?;
        report.set("residual_ready", draft.build(change.now()));
        change.event(Draft {
            action: "residual.add".to_owned(),
            object_type: "residual".to_owned(),
            object_id: id.clone(),
            after: Some("open".to_owned()),
            refs: vec![report_id.clone()],
            residuals: vec![id.clone()],
            ..Draft::default()
        });
        residuals.push(id);
    }
    change.event(Draft {
        action: "verify.pic.execute".to_owned(),
        object_type: "report".to_owned(),
        object_id: report_id,
        after: Some(if ok { "created" } else { "failed" }.to_owned()),
        refs: vec![request.packet.to_owned()],
        residuals: residuals.clone(),
        ..Draft::default()
    });
    change.commit()?;
    if ok {
        return Ok(Reply::done(
            object! { "ok" => true, "path" => path, "report" => report },
        ));
    }
    report.set("path", path);
    report.set("residuals", residuals);
    Ok(Reply::ending(report, Outcome::Refused))
}
