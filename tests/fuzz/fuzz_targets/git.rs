// SPDX-License-Identifier: Apache-2.0
//! Git packs and loose objects.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ccr::git::unpack_loose(data, 1 << 20);
    let pack = [b"PACK\0\0\0\x02\0\0\0\x09", data].concat();
    let _ = ccr::git::walk_pack(&pack, (1 << 20, 4 << 20), &mut |_, _, _, _| true);
});
