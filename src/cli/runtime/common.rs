// SPDX-License-Identifier: Apache-2.0
//! What the runtime's commands share as typed: who acts, and paths.

use crate::runtime::roles::Actor;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::path::{Component, Path, PathBuf};

/// Who acts, where the reference's command does not ask.
#[derive(Debug, Args)]
pub(in crate::cli) struct ActorArgs {
    /// Who acts
    #[arg(long)]
    agent: Option<String>,
    /// In which role of the agent manifest
    #[arg(long)]
    role: Option<String>,
}

impl ActorArgs {
    pub(super) fn actor(&self) -> Actor<'_> {
        Actor {
            agent: self.agent.as_deref(),
            role: self.role.as_deref(),
        }
    }
}

/// Who acts.
#[derive(Debug, Args)]
pub(in crate::cli) struct SignedArgs {
    /// Who acts
    #[arg(long)]
    agent: String,
    /// In which role of the agent manifest
    #[arg(long)]
    role: String,
}

impl SignedArgs {
    pub(super) fn actor(&self) -> Actor<'_> {
        Actor {
            agent: Some(&self.agent),
            role: Some(&self.role),
        }
    }
}

/// A path as the reference names it in its answers: without `./` and doubled slashes.
pub(super) fn plain_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(|text| {
        let parts = Path::new(&text).components();
        let plain: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
        if plain.as_os_str().is_empty() && !text.is_empty() {
            return PathBuf::from(".");
        }
        plain
    })
}
