// SPDX-License-Identifier: Apache-2.0
//! Packets, tasks, residuals, verifiers and reports that are handed to a runtime root. Whatever
//! comes, it is admitted or refused, and the root stays sound.
#![no_main]

use ccr::runtime::roles::Actor;
use ccr::runtime::{Policy, Runtime, doctor, import, init, packet, residual, task, verifier};
use std::sync::atomic::{AtomicUsize, Ordering};

const NOBODY: Actor<'static> = Actor {
    agent: None,
    role: None,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder for one root");
    let policy = if first & 0x80 == 0 {
        Policy::STRICT
    } else {
        Policy::COMPAT
    };
    let runtime = Runtime::new(folder.path().to_owned(), policy);
    init::run(&runtime, false).expect("a root is made");
    let file = folder.path().join("input.json");
    std::fs::write(&file, rest).expect("the input is written");
    let _ = match first % 6 {
        0 => packet::submit(&runtime, &file, NOBODY),
        1 => task::submit(&runtime, &file, NOBODY),
        2 => residual::add(&runtime, &file, NOBODY),
        3 => verifier::add(&runtime, &file, NOBODY),
        4 => import::integrate(&runtime, &file),
        _ => import::provider_import(&runtime, "pic", &file),
    };
    // Slow, so not after each.
    if RUNS.fetch_add(1, Ordering::Relaxed) % 16 == 0 {
        let _ = doctor::run(&runtime, false);
    }
});
