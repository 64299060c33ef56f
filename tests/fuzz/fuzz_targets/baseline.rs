// SPDX-License-Identifier: Apache-2.0
//! `.ccr-baseline.json`, and waivers in comments.
#![no_main]

use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder for one file"));
    std::fs::write(folder.path().join(".ccr-baseline.json"), data).expect("the input is written");
    let _ = ccr::config::load(folder.path(), None);
    let _ = ccr::config::inline_waivers(data);
});
