// SPDX-License-Identifier: Apache-2.0
//! Traces of all three forms, seals, and payloads: whatever the bytes, they are read or refused.
#![no_main]

use ccr::pgs::limits::Limits;
use ccr::pgs::seal::Seal;
use ccr::pgs::trace::chain::{Reading, Trace};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let reading = Reading {
        keep_values: true,
        keys: None,
    };
    let read = Trace::read(data, &Limits::default(), reading);
    read.expect("a slice in memory can be read");
    if let Ok(seal) = Seal::parse(data) {
        assert_eq!(seal.to_text().as_bytes(), data);
    }
});
