// SPDX-License-Identifier: Apache-2.0
//! Lines of the event log, which anybody who may write the root may write.
#![no_main]

use ccr::runtime::event::{self, Filter};
use ccr::runtime::{Policy, Runtime, layout};
use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for one root");
        let runtime = Runtime::new(folder.path().to_owned(), Policy::STRICT);
        ccr::runtime::init::run(&runtime, false).expect("a root is made");
        folder
    });
    std::fs::write(folder.path().join(layout::EVENTS), data).expect("the input is written");
    for policy in [Policy::STRICT, Policy::COMPAT] {
        let runtime = Runtime::new(folder.path().to_owned(), policy);
        let _ = event::verify(&runtime);
        let _ = event::list(&runtime, Filter::default());
    }
});
