// SPDX-License-Identifier: Apache-2.0
//! `ccr.toml` of a repository: policy, limits, waivers.
#![no_main]

use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder for one file"));
    std::fs::write(folder.path().join("ccr.toml"), data).expect("the input is written");
    let _ = ccr::config::load(folder.path(), None);
});
