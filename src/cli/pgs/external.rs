// SPDX-License-Identifier: Apache-2.0
//! Programs that answer for capabilities: a flag names them, and only a project whose configuration
//! allows it starts any.

use crate::cli::args::Cli;
use crate::cli::exit::UsageError;
use crate::config;
use crate::pgs::external::Bindings;
use std::path::Path;

/// Reads the file of bindings, when the configuration allows it.
pub(super) fn allowed(cli: &Cli, path: &Path) -> anyhow::Result<Bindings> {
    if !config::load(&cli.root(), None)?.pgs_exec_binding {
        let text = "--exec-binding starts programs; allow it with `exec_binding = true` under `[pgs]` in ccr.toml";
        return Err(UsageError(text.to_owned()).into());
    }
    Bindings::read(path).map_err(|error| UsageError(error.to_string()).into())
}

/// Why a file of bindings that the seal does not name is not used.
pub(super) fn not_pinned(path: &Path) -> String {
    format!(
        "{} is not pinned: seal the snapshot with --exec-binding",
        path.display()
    )
}
