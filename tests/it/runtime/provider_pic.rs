// SPDX-License-Identifier: Apache-2.0
//! The PIC provider with stand-ins for the program.

use super::world::World;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const VERIFY: [&str; 6] = [
    "verify",
    "--provider",
    "pic",
    "--packet",
    "packet.a",
    "--execute",
];
const EXECUTE: [&str; 11] = [
    "provider",
    "execute",
    "--provider",
    "pic",
    "--action",
    "verify_packet",
    "--packet",
    "packet.a",
    "--config",
    "c.json",
    "--execute",
];

fn world(version: &str, script: &str) -> World {
    let world = World::new();
    world.packet("packet.a", "candidate");
    world.pic(version, script);
    world.write(
        "c.json",
        &json!({"allow_execute": true, "timeout_seconds": 20}),
    );
    world
}

/// A failed run: stored, with a residual in the ledger; its reason.
fn failed(world: &World, args: &[&str]) -> String {
    let (run, body) = world.ccr(args);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert_eq!(world.names("reports/pic").len(), 1);
    assert_eq!(world.names("residuals/open").len(), 1);
    assert_eq!(body["ok"], false);
    body["reason"].as_str().unwrap().to_owned()
}

#[test]
fn another_program_of_that_name_is_not_run() {
    let world = world(
        "GNU pic (groff) version 1.23.0",
        "/bin/touch ran; echo '{}'",
    );
    assert_eq!(failed(&world, &VERIFY), "not_pic");
    assert!(!world.path("ran").exists());
    let (_, body) = world.ccr(&["provider", "health", "--provider", "pic"]);
    assert_eq!(body["health"]["identity"], "unknown");
}

#[test]
fn a_version_without_the_command_is_refused() {
    assert_eq!(failed(&world("0.4.1", "echo '{}'"), &VERIFY), "pic_too_old");
}

#[test]
fn plans_and_health_run_nothing() {
    let world = world("1.1.0", "");
    world.pic("1.1.0", "/bin/touch ran");
    // Even the question for the version would leave a trace.
    let script = std::fs::read_to_string(world.path("bin/pic")).unwrap();
    std::fs::write(
        world.path("bin/pic"),
        script.replace("exit 0", "/bin/touch ran; exit 0"),
    )
    .unwrap();
    for args in [
        &["provider", "health", "--provider", "pic"][..],
        &["provider", "list"],
        &[
            "provider",
            "plan",
            "--provider",
            "pic",
            "--action",
            "verify_packet",
            "--packet",
            "packet.a",
        ],
        &["verify", "--provider", "pic", "--packet", "packet.a"],
    ] {
        let (run, _) = world.ccr(args);
        assert_eq!(run.code, 0, "{}", run.stdout);
    }
    assert!(!world.path("ran").exists());
    assert!(!world.path("root/ccr.sqlite").exists());
    let plan = [
        "provider",
        "plan",
        "--provider",
        "http",
        "--action",
        "webhook",
        "--write",
    ];
    assert_eq!(world.ccr(&plan).0.code, 0);
    assert!(world.path("root/ccr.sqlite").exists());
}

#[test]
fn execution_needs_a_json_true_in_the_configuration() {
    for allow in [Value::Null, json!("true"), json!(1), json!(false)] {
        let world = world("1.1.0", "echo '{\"accepted\": true}'");
        world.write("c.json", &json!({"allow_execute": allow}));
        let (run, body) = world.ccr(&EXECUTE);
        assert_eq!(run.code, 1);
        assert!(
            body["report"]["error"]
                .as_str()
                .unwrap()
                .contains("allow_execute=true")
        );
        assert_eq!(world.names("residuals/open").len(), 1);
        assert_eq!(world.names("reports/providers/pic").len(), 1);
        // The same failure again is the same residual.
        world.ccr(&EXECUTE);
        assert_eq!(world.names("residuals/open").len(), 1);
        assert_eq!(world.compat(&EXECUTE).0.code, 0);
    }
}

#[test]
fn the_child_sees_no_secrets() {
    let script = "echo \"{\\\"seen\\\": \\\"$DEPLOY_KEY\\\"}\"";
    let world = world("1.1.0", script);
    let seen = |compat: bool| {
        let mut command = world.command(&VERIFY);
        command.env("DEPLOY_KEY", "value-of-it");
        if compat {
            command.env("CCR_COMPAT", "1.0");
        }
        super::world::finish(&mut command).1["report"]["stdout_json"]["seen"].clone()
    };
    assert_eq!(seen(false), "");
    assert_eq!(seen(true), "value-of-it");
}

#[test]
fn what_is_no_report_is_recorded_as_such() {
    for (script, reason) in [
        ("echo text", "stdout_not_json_object"),
        ("echo '[1]'", "stdout_not_json_object"),
        ("printf '\\377'", "stdout_not_utf8"),
        ("echo '{\"a\": NaN}'", "stdout_not_finite"),
        ("echo '{\"accepted\": true}'; exit 3", "exit_code"),
        (
            "i=0; while [ $i -lt 9000 ]; do printf '%0200d' 0; i=$((i+1)); done",
            "stdout_truncated",
        ),
    ] {
        let world = world("1.1.0", script);
        assert_eq!(failed(&world, &VERIFY), reason, "{script}");
        let name = world.names("reports/pic").remove(0);
        let path = format!("root/reports/pic/{name}");
        assert!(std::fs::metadata(world.path(&path)).unwrap().len() < 4 << 20);
        let (run, _) = world.ccr(&["integrate", "--report", &path]);
        assert_eq!(run.code, 1, "a failed run is no report");
    }
}

#[test]
fn the_deadline_ends_the_run_and_is_recorded() {
    let world = world("1.1.0", "/bin/sleep 30 & /bin/sleep 30");
    let began = Instant::now();
    let mut args = VERIFY.to_vec();
    args.extend(["--timeout", "1"]);
    assert_eq!(failed(&world, &args), "timeout");
    let (run, body) = world.compat(&args);
    assert_eq!((run.code, &body["ok"]), (1, &json!(false)));
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_run_of_ours_binds_its_report_to_the_packet() {
    let world = world(
        "1.1.0",
        "echo '{\"accepted\": true, \"report_type\": \"AgentCheckReport\"}'",
    );
    let (run, body) = world.ccr(&VERIFY);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(body["report"]["pic_version"], "1.1.0");
    let path = body["path"].as_str().unwrap();
    let (_, body) = world.ccr(&["integrate", "--report", path]);
    assert_eq!(body["normalized"]["bound"], true);
    assert_eq!(body["packet_update"]["status_after"], "checked");
}

#[test]
fn the_network_is_off_and_the_configuration_may_choose_the_mode() {
    const OFFLINE: &str = "--no-allow-live-connectors";
    let world = World::new();
    world.packet("packet.one", "candidate");
    let plan = || {
        let arguments = ["provider", "plan", "--provider", "pic"];
        let more = ["--action", "verify_packet", "--packet", "packet.one"];
        let (run, _) = world.ccr(&[&arguments[..], &more[..]].concat());
        assert_eq!(run.code, 0, "{}", run.stdout);
        run.stdout
    };
    assert!(plan().contains(OFFLINE));
    world.write("root/ccr.config.json", &json!({"compat": "1.0"}));
    assert!(!plan().contains(OFFLINE), "the reference's arguments");
}
