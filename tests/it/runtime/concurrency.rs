// SPDX-License-Identifier: Apache-2.0
//! Many processes at one runtime: nothing is leased twice, no event is lost.

use super::world::{World, finish};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn slow() -> bool {
    std::env::var_os("CCR_SLOW_TESTS").is_some()
}

fn open_task(world: &World, number: usize) -> String {
    let id = format!("task.{number:04}");
    let body = json!({
        "task_id": id, "status": "open", "role": "generator", "priority": number % 7,
        "created_at": "2026-01-01T00:00:00Z", "title": "One of many",
    });
    world.write(&format!("root/tasks/open/{id}.json"), &body);
    id
}

/// Events of an action, by object.
fn events(world: &World, action: &str) -> BTreeMap<String, usize> {
    let log = std::fs::read_to_string(world.path("root/blackboard/events.jsonl")).unwrap();
    let mut found = BTreeMap::new();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).expect("every line of the log is whole");
        if event["action"] == action {
            let object = event["object_id"].as_str().unwrap().to_owned();
            *found.entry(object).or_default() += 1;
        }
    }
    found
}

fn assert_sound(world: &World) {
    let (run, body) = world.ccr(&["event", "verify"]);
    assert_eq!(run.code, 0, "{body}");
    let (run, body) = world.ccr(&["doctor"]);
    assert_eq!(run.code, 0, "{body}");
}

#[test]
fn no_task_is_leased_twice() {
    let (agents, tasks) = if slow() { (64, 2000) } else { (16, 48) };
    let world = World::new();
    let (run, body) = world.ccr(&["init"]);
    assert_eq!(run.code, 0, "{body}");
    let ids: Vec<_> = (0..tasks).map(|number| open_task(&world, number)).collect();
    // Each agent goes through the tasks from a place of its own and tries neighbours of another's.
    let taken: Vec<(String, Vec<String>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..agents)
            .map(|number| {
                let (world, ids) = (&world, &ids);
                scope.spawn(move || {
                    let agent = format!("agent.{number}");
                    let mut mine = Vec::new();
                    let share = 2 * ids.len().div_ceil(agents);
                    for at in 0..share {
                        let id = &ids[(number * share / 2 + at) % ids.len()];
                        let args = ["task", "lease", id, "--ttl", "30m", "--agent", &agent];
                        let (run, body) = finish(&mut world.command(&args));
                        match run.code {
                            0 => mine.push(id.clone()),
                            1 => assert_eq!(body["error"], "task lease is active", "{body}"),
                            code => panic!("exit {code}: {body}"),
                        }
                    }
                    (agent, mine)
                })
            })
            .collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let mut holders = BTreeMap::new();
    for (agent, mine) in &taken {
        for id in mine {
            assert_eq!(
                holders.insert(id.clone(), agent.clone()),
                None,
                "{id} twice"
            );
        }
    }
    let all: BTreeSet<_> = ids.iter().cloned().collect();
    assert_eq!(holders.keys().cloned().collect::<BTreeSet<_>>(), all);
    let leases = events(&world, "task.lease");
    assert_eq!(leases.len(), tasks);
    assert!(leases.values().all(|count| *count == 1));
    for (id, agent) in &holders {
        let stored = world.stored(&format!("tasks/leased/{id}.json"));
        assert_eq!(stored["lease"]["leased_by"], agent.as_str());
    }
    assert!(world.names("tasks/open").is_empty());
    assert_sound(&world);
}

#[test]
fn agents_that_ask_what_is_next_share_the_queue() {
    let (agents, tasks) = if slow() { (16, 200) } else { (4, 12) };
    let world = World::new();
    world.ccr(&["init"]);
    for number in 0..tasks {
        open_task(&world, number);
    }
    let taken: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..agents)
            .map(|number| {
                let world = &world;
                scope.spawn(move || {
                    let agent = format!("agent.{number}");
                    let mut mine = 0;
                    loop {
                        let (run, body) = world.ccr(&["task", "next", "--role", "generator"]);
                        assert_eq!(run.code, 0, "{body}");
                        let Some(id) = body["task"]["task_id"].as_str() else {
                            return mine;
                        };
                        let args = ["task", "lease", id, "--ttl", "30m", "--agent", &agent];
                        mine += usize::from(world.ccr(&args).0.code == 0);
                    }
                })
            })
            .collect();
        workers.into_iter().map(|w| w.join().unwrap()).sum()
    });
    assert_eq!(taken, tasks);
    assert_eq!(events(&world, "task.lease").len(), tasks);
    assert_sound(&world);
}
