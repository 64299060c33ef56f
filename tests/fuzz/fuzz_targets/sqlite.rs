// SPDX-License-Identifier: Apache-2.0
//! Values of SQLite databases: each stands in the file where it is said to.
#![no_main]

use ccr::matching::sqlite_values;
use ccr::model::ByteSpan;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut handed = 0;
    for records in sqlite_values(data) {
        for piece in [&records.values, &records.named] {
            for (at, byte) in piece.text.iter().enumerate() {
                if let Some(span) = piece.in_file(ByteSpan::new(at, at + 1)) {
                    assert_eq!(data[span.start], *byte);
                }
            }
        }
        let own = 0..records.values.text.len();
        handed += own
            .filter(|at| records.values.in_file(ByteSpan::new(*at, at + 1)).is_some())
            .count();
    }
    // No byte belongs to two values, so a hostile file costs no more than its length.
    assert!(handed <= data.len());
});
