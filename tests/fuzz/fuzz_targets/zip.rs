// SPDX-License-Identifier: Apache-2.0
//! Zip: the name promises one, so the end record is searched too.
#![no_main]

mod balance;

libfuzzer_sys::fuzz_target!(|data: &[u8]| balance::check("a.zip", data));
