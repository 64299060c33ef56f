// SPDX-License-Identifier: Apache-2.0
//! Damage to a trace of our form is always caught, and nothing makes the reader panic.

use super::traced::{self, keys, lines};
use ccr::pgs::examine::{Against, Verify, examine, report};
use ccr::pgs::limits::Limits;
use ccr::pgs::trace::{Format, Profile};
use proptest::prelude::*;
use rayon::prelude::*;

/// A trace of our form; the run that has everything in it.
fn trace(values: bool, signed: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (key, _) = keys(folder.path(), 1);
    let snapshot = traced::snapshot(&traced::snapshot_texts());
    let ground = traced::ground(&snapshot);
    let events = traced::events("ignored", Profile::Advanced, values, ground);
    lines(
        Format::V1,
        Profile::Advanced,
        &events,
        signed.then_some(&key),
    )
}

fn bytes(lines: &[String]) -> Vec<u8> {
    let mut bytes = lines.join("\n").into_bytes();
    bytes.push(b'\n');
    bytes
}

fn is_caught(bytes: &[u8]) -> bool {
    let against = Against::default();
    let found = examine(bytes, &Limits::default(), Verify::Chain, &against).unwrap();
    !found.class.is_good()
}

#[test]
fn a_whole_trace_is_not_accused() {
    for values in [false, true] {
        assert!(!is_caught(&bytes(&trace(values, true))));
    }
}

#[test]
fn every_changed_byte_is_caught() {
    let whole = bytes(&trace(true, false));
    // Three changes at each byte: another digit or letter, a flipped bit, a space.
    let changes = whole.iter().enumerate().flat_map(|(at, &byte)| {
        let others = [byte.wrapping_add(1), byte ^ 0x80, b' '].into_iter();
        let tried = others.filter(move |&other| other != byte && at % 3 == usize::from(other) % 3);
        tried.map(move |other| (at, other))
    });
    let changes: Vec<(usize, u8)> = changes.collect();
    let missed = changes.par_iter().copied().filter(|&(at, other)| {
        let mut changed = whole.clone();
        changed[at] = other;
        !is_caught(&changed)
    });
    let missed: Vec<(usize, u8)> = missed.collect();
    let tried = changes.len();
    eprintln!("{tried} changes of a trace of {} bytes", whole.len());
    assert!(tried > 5_000, "{tried}");
    assert_eq!(missed, []);
}

#[test]
fn every_lost_moved_and_added_line_is_caught() {
    let whole = trace(false, false);
    let mut tried = 0;
    let mut caught = |lines: &[String], what: &str| {
        tried += 1;
        assert!(is_caught(&bytes(lines)), "{what}");
    };
    for at in 0..whole.len() {
        let mut less = whole.clone();
        less.remove(at);
        caught(&less, &format!("line {} dropped", at + 1));
        if at > 0 {
            caught(&whole[..at], &format!("tail from line {} dropped", at + 1));
        }
        for other in at + 1..whole.len() {
            let mut moved = whole.clone();
            moved.swap(at, other);
            caught(
                &moved,
                &format!("lines {} and {} changed places", at + 1, other + 1),
            );
        }
        let mut more = whole.clone();
        more.push(whole[at].clone());
        caught(&more, &format!("line {} appended", at + 1));
        let mut twice = whole.clone();
        twice.insert(at, whole[at].clone());
        caught(&twice, &format!("line {} twice", at + 1));
    }
    assert!(tried > 400, "{tried}");
    let bytes = bytes(&whole);
    for cut in 1..200 {
        assert!(is_caught(&bytes[..bytes.len() - cut]), "{cut} bytes cut");
    }
    for tail in ["\n", " ", "{}", "x"] {
        let longer = [bytes.as_slice(), tail.as_bytes()].concat();
        assert!(is_caught(&longer), "{tail:?} appended");
    }
}

#[test]
fn the_originals_chain_catches_all_but_the_last_line() {
    let snapshot = traced::snapshot(&traced::snapshot_texts());
    let ground = traced::ground(&snapshot);
    let events = traced::events("order", Profile::Advanced, false, ground);
    let whole = bytes(&lines(Format::V0, Profile::Advanced, &events, None));
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap();
    for at in (0..last).step_by(7) {
        let mut changed = whole.clone();
        changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
        assert!(is_caught(&changed), "byte {at}");
    }
}

/// Whatever stands in a file: it is read, judged and reported.
fn survives(bytes: &[u8]) {
    let snapshot = traced::snapshot(&traced::snapshot_texts());
    let folder = tempfile::tempdir().unwrap();
    traced::write_data(folder.path());
    let against = Against {
        snapshot: Some(snapshot),
        data_root: Some(folder.path().to_owned()),
        payload: Some(traced::payload()),
        ..Against::default()
    };
    let found = examine(bytes, &Limits::default(), Verify::All, &against).unwrap();
    let _ = report::text(&found, "trace");
    let _ = report::json(&found, "trace");
    for one in &found.breaks {
        assert!(one.span.end <= bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_reader_never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn the_reader_never_panics_on_mixed_lines(
        picks in proptest::collection::vec((0_usize..200, any::<prop::sample::Index>(), any::<u8>()), 0..40),
    ) {
        let mut all = trace(true, false);
        all.extend(traced::tokenized(true));
        let snapshot = traced::snapshot(&traced::snapshot_texts());
        let events = traced::events("again", Profile::Advanced, false, traced::ground(&snapshot));
        all.extend(lines(Format::V0, Profile::Advanced, &events, None));
        let mut text = Vec::new();
        for (pick, at, byte) in picks {
            let mut line = all[pick % all.len()].clone().into_bytes();
            if pick % 3 == 0 {
                let at = at.index(line.len());
                line[at] = byte;
            }
            text.extend(line);
            text.push(b'\n');
        }
        survives(&text);
    }
}
