// SPDX-License-Identifier: Apache-2.0
//! A rule file of somebody else's: refused, or loaded and its examples run.
#![no_main]

use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder for one file"));
    let path = folder.path().join("own.toml");
    std::fs::write(&path, data).expect("the input is written");
    if let Ok(set) = ccr::rules::load_only(&ccr::rules::RuleSource::File(path)) {
        ccr::audit::examples::check(&set);
    }
});
