// SPDX-License-Identifier: Apache-2.0
//! The published snapshot and the recorded runs: read where they stand, beside the checkout or at
//! `CCR_PGS_CORPUS`. Nothing of them is in this repository.

use std::path::{Path, PathBuf};

/// The corpus, or nothing (said on standard error) when it is not here.
pub(super) fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pgs-conformance");
    let folder = std::env::var_os("CCR_PGS_CORPUS").map_or(beside, PathBuf::from);
    let found = folder.join("v02/snapshot/artifacts").is_dir();
    if !found {
        eprintln!("SKIPPED: no corpus of PGS at {}", folder.display());
    }
    found.then_some(folder)
}
