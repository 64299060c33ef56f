// SPDX-License-Identifier: Apache-2.0
//! gzip, xz, bzip2 and zstd, told by their content; a tar inside is walked too.
#![no_main]

mod balance;

libfuzzer_sys::fuzz_target!(|data: &[u8]| balance::check("a.tar.gz", data));
