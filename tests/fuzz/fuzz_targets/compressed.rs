// SPDX-License-Identifier: Apache-2.0
//! gzip, xz, bzip2 and zstd, told by their content; a tar inside is walked too. Where no format
//! begins, the first byte chooses one, or nearly every input would be none.
#![no_main]

mod balance;

const BEGINNINGS: [&[u8]; 4] = [b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"BZh9", b"\x28\xb5\x2f\xfd"];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let begun = BEGINNINGS.iter().any(|magic| data.starts_with(magic));
    match data.split_first() {
        Some((&first, rest)) if !begun => {
            let magic = BEGINNINGS[usize::from(first) % BEGINNINGS.len()];
            balance::check("a.tar.gz", &[magic, rest].concat());
        }
        _ => balance::check("a.tar.gz", data),
    }
});
