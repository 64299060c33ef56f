// SPDX-License-Identifier: Apache-2.0
//! Corners in which the reference answers otherwise than one would guess; each was recorded from it.

use super::world::World;
use serde_json::{Value, json};

fn task(id: &str, priority: Value) -> Value {
    json!({
        "task_id": id, "status": "open", "role": "x", "priority": priority,
        "created_at": "2026-01-01T00:00:00Z", "lease": {"ttl_minutes": 30},
    })
}

#[test]
fn abbreviations_and_odd_values_are_read_as_the_reference_reads_them() {
    let world = World::new();
    let (run, body) = world.compat(&["task", "next", "--r", "-5"]);
    assert_eq!((run.code, &body["role"]), (0, &json!("-5")));
    let (run, body) = world.compat(&["packet", "show", "-1"]);
    assert_eq!(run.code, 2);
    assert_eq!(body["error"], "missing file or object: -1");
    world.packet("packet.a", "candidate");
    let verify = ["verify", "--provider", "pic", "--packet", "packet.a"];
    let (run, body) = world.compat(&[&verify[..], &["--timeout", "\u{663}"]].concat());
    assert_eq!((run.code, &body["ok"]), (2, &json!(false)));
}

#[test]
fn paths_are_named_without_needless_parts() {
    let world = World::new();
    world.write("in/p.json", &json!({}));
    let validate = ["schema", "validate", "--kind", "provider", "--file"];
    for (typed, named) in [
        ("./in/p.json", "in/p.json"),
        ("in//./p.json", "in/p.json"),
        ("in/../in/p.json", "in/../in/p.json"),
    ] {
        let (_, body) = world.compat(&[&validate[..], &[typed]].concat());
        assert_eq!(body["file"], named, "{typed}");
    }
}

#[test]
fn an_empty_option_is_none() {
    let world = World::new();
    let plan = ["provider", "plan", "--provider", "pic", "--action"];
    let tail = ["phase_plan", "--file", "", "--packet", "", "--profile", ""];
    let (run, body) = world.compat(&[&plan[..], &tail].concat());
    assert_eq!(run.code, 0);
    assert_eq!(body["plan"]["recommended_argv"][5], "development");
    let (run, _) = world.compat(&["phase", "certify", "--threshold", ""]);
    assert_eq!(run.code, 0);
    // In a file, `null` is a value.
    world.write("in/f.json", &json!({"packet_id": null}));
    let tail = ["verify_packet", "--file", "in/f.json"];
    let (run, body) = world.compat(&[&plan[..], &tail].concat());
    assert_eq!(run.code, 2);
    assert_eq!(body["error"], "missing file or object: None");
}

#[test]
fn a_root_below_a_file_is_an_empty_one() {
    let world = World::new();
    world.write("file.json", &json!({}));
    for root in ["file.json", "file.json/x"] {
        let mut command = world.command(&["--root", root, "task", "next", "--role", "x"]);
        let (run, body) = super::world::finish(command.env("CCR_COMPAT", "1.0"));
        assert_eq!((run.code, &body["task"]), (0, &Value::Null), "{root}");
        let (run, body) = super::world::finish(&mut world.command(&["--root", root, "init"]));
        assert_eq!((run.code, &body["ok"]), (1, &json!(false)), "{root}");
    }
}

#[cfg(unix)]
#[test]
fn a_root_behind_a_link_to_nothing_is_made_at_its_target() {
    let world = World::new();
    std::os::unix::fs::symlink("later", world.path("link")).unwrap();
    std::os::unix::fs::symlink("circle", world.path("circle")).unwrap();
    let (run, _) = world.ccr(&["--root", "link", "init"]);
    assert_eq!(run.code, 0);
    assert!(world.path("later/ccr.config.json").is_file());
    let (run, _) = world.ccr(&["--root", "circle", "init"]);
    assert!((1..=2).contains(&run.code));
}

#[test]
fn a_report_type_counts_when_it_is_there() {
    let world = World::new();
    for (given, named) in [
        (json!(null), "None"),
        (json!(0), "0"),
        (json!(""), ""),
        (json!({}), "{}"),
    ] {
        world.write("in/r.json", &json!({"report_type": given, "type": "T"}));
        let (_, body) = world.compat(&["integrate", "--report", "in/r.json"]);
        assert_eq!(body["normalized"]["pic_report_type"], named);
    }
}

#[test]
fn priorities_are_whole_numbers() {
    let world = World::new();
    world.write("root/tasks/open/b.json", &task("task.b", json!(50)));
    for (priority, first) in [
        (json!(true), "task.b"),
        (json!("51"), "task.a"),
        (json!(50.9), "task.a"),
        (json!(" 4_9 "), "task.b"),
    ] {
        world.write("root/tasks/open/a.json", &task("task.a", priority.clone()));
        let (_, body) = world.compat(&["task", "next", "--role", "x"]);
        assert_eq!(body["task"]["task_id"], first, "{priority}");
    }
    world.write("root/tasks/open/a.json", &task("task.a", json!("high")));
    let (run, _) = world.compat(&["task", "next", "--role", "x"]);
    assert_eq!(run.code, 1);
    let (run, body) = world.ccr(&["task", "next", "--role", "x"]);
    assert_eq!((run.code, &body["ok"]), (0, &json!(true)));
}

#[test]
fn a_lease_counts_its_minutes_in_whole_numbers() {
    let world = World::new();
    let lease = ["task", "lease", "task.a", "--ttl", "5m", "--agent", "b"];
    for (ttl, code) in [
        (json!("9_999_999"), 1),
        (json!("soon"), 1),
        (json!(true), 0),
    ] {
        let mut body = task("task.a", json!(1));
        body["status"] = json!("leased");
        body["lease"] = json!({
            "leased_at": "2026-01-01T00:00:00Z", "leased_by": "a", "ttl_minutes": ttl,
        });
        world.write("root/tasks/leased/task.a.json", &body);
        let (run, _) = world.compat(&lease);
        assert_eq!(run.code, code, "{ttl}");
    }
}

#[test]
fn a_promotion_goes_by_the_name_asked_and_the_status_in_the_body() {
    let world = World::new();
    world.packet("packet.a", "candidate");
    let path = "root/packets/candidate/packet.a.json";
    let mut body = world.stored("packets/candidate/packet.a.json");
    body["packet_id"] = json!(7);
    world.write(path, &body);
    let promote = ["packet", "promote", "packet.a", "--target", "checked"];
    let (run, answer) = world.compat(&promote);
    assert_eq!((run.code, &answer["packet_id"]), (1, &json!("packet.a")));
    body["status"] = json!(null);
    world.write(path, &body);
    let (run, answer) = world.compat(&promote);
    assert_eq!(run.code, 1);
    assert_eq!(answer["error"], "unknown packet status: None");
}

#[test]
fn a_local_schema_is_an_object() {
    let world = World::new();
    world.write("root/schemas/packet.schema.json", &json!([]));
    world.write("in/p.json", &json!({}));
    let validate = [
        "schema",
        "validate",
        "--kind",
        "packet",
        "--file",
        "in/p.json",
    ];
    let (run, body) = world.compat(&validate);
    assert_eq!(run.code, 1);
    let said = body["error"].as_str().unwrap();
    assert!(said.ends_with("packet.schema.json must contain a JSON object"));
    let (run, _) = world.ccr(&["schema", "validate", "--kind", "x", "--file", "in/p.json"]);
    assert_eq!(run.code, 1);
}

#[test]
fn a_stored_lone_surrogate_is_named_and_stays_as_it_is() {
    let world = World::new();
    let text = r#"{"task_id": "t.bad", "status": "open", "role": "x", "title": "\ud800"}"#;
    world.write("root/tasks/open/t.good.json", &task("t.good", json!(5)));
    std::fs::write(world.path("root/tasks/open/t.bad.json"), text).unwrap();
    let next = ["task", "next", "--role", "x"];
    for indexed in [false, true] {
        if indexed {
            assert_eq!(world.ccr(&["init"]).0.code, 0);
        }
        for (run, body) in [world.compat(&next), world.ccr(&next)] {
            assert_eq!(run.code, 0);
            assert_eq!(body["task"]["task_id"], "t.good");
            assert_eq!(body["skipped"][0]["path"], "tasks/open/t.bad.json");
        }
        let kept = std::fs::read_to_string(world.path("root/tasks/open/t.bad.json")).unwrap();
        assert_eq!(kept, text);
    }
}

#[test]
fn every_local_schema_is_read_in_the_newest_draft() {
    let world = World::new();
    let schema = |dialect: &str| {
        json!({"$schema": dialect, "properties": {"a": {"$ref": "#/$defs/n", "minimum": 9}},
            "$defs": {"n": {"type": "integer"}}})
    };
    world.write("in/t.json", &json!({"a": 1}));
    for dialect in [
        "http://json-schema.org/draft-07/schema#",
        "https://example.org/own",
    ] {
        world.write("root/schemas/task.schema.json", &schema(dialect));
        let validate = [
            "schema",
            "validate",
            "--kind",
            "task",
            "--file",
            "in/t.json",
        ];
        let (run, body) = world.compat(&validate);
        assert_eq!(run.code, 1, "{dialect}");
        assert_eq!(body["errors"][0]["validator"], "minimum", "{dialect}");
    }
}

#[test]
fn event_verify_names_a_torn_last_line() {
    use std::io::Write as _;
    let world = World::new();
    let verify = ["event", "verify", "--json"];
    assert_eq!(world.ccr(&["init"]).0.code, 0);
    world.packet("packet.a", "candidate");
    let (_, body) = world.ccr(&verify);
    assert_eq!((&body["ok"], &body["torn"]), (&json!(true), &Value::Null));
    let log = world.path("root/blackboard/events.jsonl");
    let mut file = std::fs::File::options().append(true).open(log).unwrap();
    file.write_all(b"{\"event_id\": \"ev").unwrap();
    let (_, body) = world.ccr(&verify);
    let lines = body["lines"].as_i64().unwrap();
    assert_eq!(body["torn"]["line"], lines);
    let _ = world.ccr(&["doctor", "--repair", "--json"]);
    let (_, body) = world.ccr(&verify);
    assert_eq!(body["torn"], Value::Null);
}
