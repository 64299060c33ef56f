// SPDX-License-Identifier: Apache-2.0
//! Imports: what may move a packet, and what is kept of the rest.

use super::world::World;
use serde_json::{Value, json};

const CLEAN: &str =
    r#"{"accepted": true, "report_type": "AgentCheckReport", "packet_id": "packet.a"}"#;

fn world(status: &str, report: &str) -> World {
    let world = World::new();
    world.packet("packet.a", status);
    std::fs::write(world.path("r.json"), report).unwrap();
    world
}

fn status(world: &World) -> String {
    let (_, folder) = [
        "raw",
        "candidate",
        "checked",
        "provisional",
        "rejected",
        "quarantined",
        "settled",
    ]
    .iter()
    .map(|status| (world.names(&format!("packets/{status}")), *status))
    .find(|(names, _)| !names.is_empty())
    .unwrap();
    folder.to_owned()
}

#[test]
fn an_import_never_leads_out_of_an_end() {
    for held in ["quarantined", "rejected", "settled"] {
        let strict = world(held, CLEAN);
        let (run, body) = strict.ccr(&["integrate", "--report", "r.json"]);
        assert_eq!(
            (run.code, status(&strict).as_str()),
            (0, held),
            "{}",
            run.stdout
        );
        assert_eq!(body["packet_update"]["status_after"], held);
        let id = body["residuals"][0].as_str().unwrap().replace(':', "_");
        let residual = strict.stored(&format!("residuals/open/{id}.json"));
        let said = residual["description"].as_str().unwrap();
        assert!(
            said.contains(&format!("from {held} to provisional")),
            "{said}"
        );
        // The reference moves it.
        let compat = world(held, CLEAN);
        compat.compat(&["integrate", "--report", "r.json"]);
        assert_eq!(status(&compat), "checked");
    }
}

#[test]
fn a_report_without_a_run_behind_it_is_provisional() {
    let strict = world("candidate", CLEAN);
    let (_, body) = strict.ccr(&["integrate", "--report", "r.json"]);
    assert_eq!(status(&strict), "provisional");
    assert_eq!(body["normalized"]["bound"], false);
    assert_eq!(body["normalized"]["provider"], "pic");
    let packet = strict.stored("packets/provisional/packet.a.json");
    let entry = &packet["verifier_reports"][0];
    assert!(entry["ref"].as_str().unwrap().contains("#sha256="));
    // A second import of the same report adds no second entry.
    strict.ccr(&["integrate", "--report", "r.json"]);
    let packet = strict.stored("packets/provisional/packet.a.json");
    assert_eq!(packet["verifier_reports"].as_array().unwrap().len(), 1);
}

#[test]
fn a_checked_packet_is_not_lowered_and_a_raw_one_not_lifted() {
    for kept in ["checked", "raw"] {
        let world = world(kept, CLEAN);
        let (_, body) = world.ccr(&["integrate", "--report", "r.json"]);
        assert_eq!(status(&world), kept);
        assert!(body["packet_update"]["kept"].is_string());
    }
}

#[test]
fn texts_are_no_booleans_and_nothing_is_written() {
    let report = r#"{"accepted": "false", "packet_id": "packet.a"}"#;
    let strict = world("candidate", report);
    let (run, body) = strict.ccr(&["integrate", "--report", "r.json"]);
    assert_eq!(run.code, 1);
    assert!(
        body["error"]
            .as_str()
            .unwrap()
            .contains("accepted must be a JSON boolean")
    );
    assert_eq!(body["residual_ready"]["kind"], "validation_error");
    assert_eq!(strict.names("reports/pic"), Vec::<String>::new());
    let compat = world("candidate", report);
    compat.compat(&["integrate", "--report", "r.json"]);
    assert_eq!(status(&compat), "checked");
}

#[test]
fn plans_and_unknown_reports_move_nothing() {
    for report in [
        r#"{"accepted": true, "plan_id": "x", "top_bottlenecks": [], "packet_id": "packet.a"}"#,
        r#"{"accepted": true, "report_type": "TotallyNew", "packet_id": "packet.a"}"#,
        r#"{"accepted": true, "settled": true, "packet_id": "packet.a"}"#,
    ] {
        let world = world("candidate", report);
        let (run, body) = world.ccr(&[
            "provider",
            "import",
            "--provider",
            "pic",
            "--report",
            "r.json",
        ]);
        assert_eq!(
            (run.code, status(&world).as_str()),
            (0, "candidate"),
            "{report}"
        );
        assert!(body["packet_update"]["kept"].is_string());
    }
}

#[test]
fn only_commands_become_tasks() {
    let report = json!({
        "accepted": true, "packet_id": "packet.a",
        "safe_commands": ["pic phase plan --compact", "Read the report.", "pic x; rm -rf y"],
        "settled_blockers": ["open", "\u{1b}[2Jtext"],
        "cannot_promote_because": ["open"],
    });
    let world = world("candidate", &report.to_string());
    let (_, body) = world.ccr(&["integrate", "--report", "r.json"]);
    assert_eq!(body["task_hints"].as_array().unwrap().len(), 1);
    assert_eq!(world.names("tasks/open").len(), 1);
    let classes: Vec<&str> = body["normalized"]["hints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hint| hint["class"].as_str().unwrap())
        .collect();
    assert_eq!(classes, ["command", "prose", "refused"]);
    let residuals: Vec<Value> = world
        .names("residuals/open")
        .iter()
        .map(|name| world.stored(&format!("residuals/open/{name}")))
        .collect();
    // The sentence in two lists is one residual; the refused command is kept as one.
    assert_eq!(residuals.len(), 3);
    let said = |text: &str| {
        residuals
            .iter()
            .any(|residual| residual["description"].as_str().unwrap().contains(text))
    };
    assert!(said("refused command: pic x; rm -rf y") && said("\\u001b[2Jtext"));
}

#[test]
fn a_status_code_is_no_verdict() {
    let report = r#"{"ok": true, "response_json": {"packet_id": "packet.a"}}"#;
    let import = [
        "provider",
        "import",
        "--provider",
        "http",
        "--report",
        "r.json",
    ];
    let strict = world("candidate", report);
    let (run, body) = strict.ccr(&import);
    assert_eq!((run.code, status(&strict).as_str()), (0, "candidate"));
    assert_eq!(body["warnings"].as_array().unwrap().len(), 1);
    let compat = world("candidate", report);
    compat.compat(&import);
    assert_eq!(status(&compat), "checked");
}

#[test]
fn a_saved_run_is_taken_out_of_its_envelope() {
    let run = json!({
        "schema_version": "ccr.provider_run.v1", "provider": "http", "ok": true,
        "report": {"ok": true, "http_status": 200, "truncated": false,
                   "response_json": {"accepted": true, "packet_id": "packet.a"}},
    });
    let import = [
        "provider",
        "import",
        "--provider",
        "http",
        "--report",
        "r.json",
    ];
    let world = world("candidate", &run.to_string());
    let (done, _) = world.ccr(&import);
    assert_eq!((done.code, status(&world).as_str()), (0, "checked"));
    let mut failed = run;
    failed["report"]["ok"] = json!(false);
    failed["report"]["error"] = json!("HTTP Error 500");
    world.write("r.json", &failed);
    let (done, body) = world.ccr(&import);
    assert_eq!(done.code, 1);
    assert!(body["error"].as_str().unwrap().contains("HTTP Error 500"));
}
