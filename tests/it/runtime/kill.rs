// SPDX-License-Identifier: Apache-2.0
//! A command killed at any instant: the next one opens the store, nothing is lost or doubled. The
//! instants between two writes are gone through one by one in the store's own tests.

use super::world::World;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A command that changes something, killed after a while.
fn killed_after(world: &World, args: &[&str], pause: Duration) -> bool {
    let mut child = world
        .command(args)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(pause);
    let killed = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    killed
}

/// How often each document stands in the folders of its family.
fn count(world: &World, family: &str, statuses: &[&str]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for status in statuses {
        for name in world.names(&format!("{family}/{status}")) {
            if name.starts_with('.') {
                continue;
            }
            let stored = world.stored(&format!("{family}/{status}/{name}"));
            assert_eq!(stored["status"], *status, "{name}");
            *found.entry(name).or_default() += 1;
        }
    }
    found
}

#[test]
fn a_killed_command_loses_and_doubles_nothing() {
    let rounds = if std::env::var_os("CCR_SLOW_TESTS").is_some() {
        400
    } else {
        24
    };
    let world = World::new();
    world.ccr(&["init"]);
    let task = json!({
        "task_id": "task.one", "status": "open", "role": "generator",
        "created_at": "2026-01-01T00:00:00Z", "title": "One",
    });
    world.write("root/tasks/open/task.one.json", &task);
    world.packet("packet.one", "candidate");
    let residual = |number: usize| {
        json!({
            "schema_version": "ccr.residual.v0.1", "residual_id": format!("residual.{number}"),
            "created_at": "2026-01-01T00:00:00Z", "status": "open", "severity": "low",
            "kind": "other", "description": "Something is open.", "blocking": false,
            "object_type": "packet", "object_id": "packet.one", "refs": [], "source": "test",
        })
    };
    let lease = [
        "task",
        "lease",
        "task.one",
        "--ttl",
        "30m",
        "--agent",
        "agent.one",
    ];
    // How long a whole command takes: the kills fall before, in and after it.
    let started = Instant::now();
    assert_eq!(world.ccr(&lease).0.code, 0);
    let whole = started.elapsed();
    let mut killed = 0;
    for round in 0..rounds {
        let file = format!("residual.{round}.json");
        world.write(&file, &residual(round));
        let commands: [&[&str]; 4] = [
            &[
                "task",
                "release",
                "task.one",
                "--reason",
                "done",
                "--agent",
                "agent.one",
            ],
            &lease,
            &["packet", "promote", "packet.one", "--target", "checked"],
            &["residual", "add", "--file", &file],
        ];
        let rounds = u32::try_from(rounds).unwrap();
        let at = u32::try_from(round * 7).unwrap() % rounds;
        killed += usize::from(killed_after(
            &world,
            commands[round % 4],
            whole * (at + 2) / rounds,
        ));
        // The next command opens the store, and finishes what was begun.
        let (run, body) = world.ccr(&["doctor", "--repair"]);
        assert_eq!(run.code, 0, "round {round}: {body}");
        let (run, body) = world.ccr(&["event", "verify"]);
        assert_eq!(run.code, 0, "round {round}: {body}");
        let tasks = count(&world, "tasks", &["open", "leased", "blocked"]);
        assert_eq!(tasks, BTreeMap::from([("task.one.json".to_owned(), 1)]));
        let packets = count(&world, "packets", &["candidate", "checked"]);
        assert_eq!(packets, BTreeMap::from([("packet.one.json".to_owned(), 1)]));
        let residuals = count(&world, "residuals", &["open", "resolved"]);
        assert!(residuals.values().all(|count| *count == 1));
        // What is in the ledger is in the log, and the other way round.
        let log = std::fs::read_to_string(world.path("root/blackboard/events.jsonl")).unwrap();
        let added = log
            .lines()
            .filter(|line| line.contains("\"residual.add\""))
            .count();
        let stored = residuals
            .keys()
            .filter(|name| name.starts_with("residual."))
            .count();
        assert_eq!(added, stored, "round {round}");
    }
    assert!(
        killed > 0,
        "no command was still running when it was killed"
    );
}
