// SPDX-License-Identifier: Apache-2.0
//! Texts that PDF files, images and programs hold deflated: each stands behind bytes of the file, and no byte is unpacked
//! for two of them.
#![no_main]

use ccr::matching::{packed_texts, pdf_streams};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for one in pdf_streams(data) {
        assert!(one.span.end <= data.len());
    }
    let mut done = 0;
    for one in packed_texts(data) {
        assert!(done <= one.span.start && one.span.end <= data.len());
        done = one.span.end;
    }
});
