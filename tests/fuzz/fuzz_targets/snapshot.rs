// SPDX-License-Identifier: Apache-2.0
//! One artifact of a snapshot, of each kind, judged by every rule.
#![no_main]

use ccr::pgs::files::{File, Files};
use ccr::pgs::limits::Limits;
use ccr::pgs::validate::{self, Options};
use std::sync::{Arc, OnceLock};

const KINDS: [(&str, &str); 6] = [
    ("workflows", "WF_X_V0"),
    ("capability_contracts", "CC_X_V0"),
    ("capability_transforms", "CT_X_V0"),
    ("capability_side_effects", "CS_X_V0"),
    ("runtime_bindings", "RB_X_V0"),
    ("intents", "IN_X_V0"),
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static RULES: OnceLock<Vec<Arc<ccr::rules::Rule>>> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        let set = ccr::rules::load("default", &[]).expect("our own rules load");
        set.rules.into_iter().collect()
    });
    for (folder, code) in KINDS {
        let mut files = Files::default();
        let path = format!("artifacts/{folder}/own__{code}.json");
        files.files.insert(path, File::new(data));
        let options = Options {
            snapshot: files.root.clone(),
            limits: Limits::default(),
            seal: None,
            conformance: true,
            external: None,
            compare: None,
            allow_empty: true,
            jobs: Some(1),
        };
        let _ = validate::judge(&files, &options, rules);
    }
});
