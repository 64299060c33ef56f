// SPDX-License-Identifier: Apache-2.0
//! JSON as Python reads and writes it: what was read and written is read again as the same.
#![no_main]

use ccr::support::pyjson;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(value) = pyjson::parse_bytes(data) else {
        return;
    };
    let canonical = pyjson::canonical(&value);
    for text in [
        pyjson::canonical(&value),
        pyjson::pretty(&value),
        pyjson::ascii(&value),
    ] {
        let again = pyjson::parse(&text).expect("what was written can be read");
        assert_eq!(pyjson::canonical(&again), canonical);
    }
    let _ = pyjson::repr(&value);
    let _ = value.to_serde();
});
