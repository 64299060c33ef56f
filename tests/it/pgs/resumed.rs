// SPDX-License-Identifier: Apache-2.0
//! Runs that end in the middle, and data roots that grow.

use super::lending::{files, options, payload, plan, snapshot};
use ccr::pgs::execute::run;
use ccr::pgs::store::Store;
use ccr::pgs::trace::{Event, Ground, Recorder};
use std::io;

/// Takes so many events and then no more: the run stops where it is.
struct Short(usize, Vec<Event>);

impl Recorder for Short {
    fn record(&mut self, event: Event) -> io::Result<()> {
        if self.1.len() == self.0 {
            return Err(io::Error::other("full"));
        }
        self.1.push(event);
        Ok(())
    }
}

#[test]
fn wherever_a_run_stops_the_next_one_finishes_it() {
    let snapshot = snapshot();
    let plan = plan(&snapshot, "WF_BORROW_V0");
    let folder = tempfile::tempdir().unwrap();
    let go = |root: &str, most: usize| {
        let mut store = Store::open(&folder.path().join(root)).unwrap();
        let mut events = Short(most, Vec::new());
        let ground = Ground::default();
        let end = run(
            &plan,
            payload("borrow"),
            &mut store,
            options(),
            ground,
            &mut events,
        );
        (end, events.1)
    };
    let (whole, events) = go("whole", usize::MAX);
    let whole = whole.unwrap();
    let expected = files(&folder.path().join("whole"));
    let mut resumed = 0;
    for most in 0..events.len() {
        let root = most.to_string();
        let (stopped, _) = go(&root, most);
        assert!(stopped.is_err());
        let (end, again) = go(&root, usize::MAX);
        let end = end.unwrap();
        assert_eq!(end.path, whole.path, "stopped at {most}");
        assert_eq!(end.effects_committed, 3, "stopped at {most}");
        assert_eq!(again, events, "stopped at {most}");
        assert_eq!(
            files(&folder.path().join(&root)),
            expected,
            "stopped at {most}"
        );
        resumed += end.resumed;
    }
    assert!(resumed > 0);
}

/// Bytes that this thread has read and written so far, as Linux counts them.
fn moved() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/io").ok()?;
    let counts = told
        .lines()
        .take(2)
        .map(|line| line.split(": ").nth(1)?.parse::<u64>().ok());
    counts.sum()
}

/// What each of `count` runs of the lending workflow over one data root moves, with a book of its own.
fn costs(count: usize) -> Option<Vec<u64>> {
    let snapshot = snapshot();
    let plan = plan(&snapshot, "WF_BORROW_V0");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let one = |at: usize| {
        let mut payload = payload("borrow");
        let members = payload.as_object_mut().unwrap();
        members.insert("book_id".to_owned(), format!("B{at}").into());
        let before = moved()?;
        let mut store = Store::open(&root).unwrap();
        let ground = Ground {
            state_digest_before: plan.state_digest(&mut store).unwrap(),
            ..Ground::default()
        };
        let end = run(
            &plan,
            payload,
            &mut store,
            options(),
            ground,
            &mut Vec::new(),
        )
        .unwrap();
        assert!(end.ending.success, "{:?}", end.message);
        Some(moved()? - before)
    };
    let costs = (0..count).map(one).collect::<Option<Vec<_>>>()?;
    let text = std::fs::read_to_string(root.join("events/loans.jsonl")).unwrap();
    assert_eq!(text.lines().count(), count);
    Some(costs)
}

fn median(costs: &[u64]) -> u64 {
    let mut costs = costs.to_vec();
    costs.sort_unstable();
    costs[costs.len() / 2]
}

#[test]
fn the_cost_of_a_run_does_not_grow_with_the_data() {
    let count = std::env::var("CCR_PGS_RUNS")
        .ok()
        .and_then(|n| n.parse().ok());
    let Some(costs) = costs(count.unwrap_or(400)) else {
        println!("what a run reads and writes is not counted here");
        return;
    };
    let (early, late) = (median(&costs[..100]), median(&costs[costs.len() - 100..]));
    for part in costs.chunks(costs.len().div_ceil(10)) {
        println!("{} bytes", median(part));
    }
    assert!(early > 0 && late < early * 2, "{early} then {late} bytes");
}
