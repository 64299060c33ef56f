// SPDX-License-Identifier: Apache-2.0
//! What a trace is held against, as it is named on the line.

use crate::cli::exit::UsageError;
use crate::pgs::examine::Against;
use crate::pgs::files::{Files, read_bounded};
use crate::pgs::limits::Limits;
use crate::pgs::seal::{self, Seal};
use crate::pgs::snapshot::Snapshot;
use crate::support::pyjson::ordered;
use crate::support::signing::VerifyingKey;
use clap::Args;
use std::path::{Path, PathBuf};

/// What a trace is held against.
#[derive(Debug, Args)]
pub(super) struct GroundArgs {
    /// Folder of the snapshot that was run [default: protocol_snapshot beside the folder of traces]
    #[arg(long, value_name = "DIR")]
    snapshot: Option<PathBuf>,
    /// Seal of that snapshot
    #[arg(long, value_name = "FILE")]
    seal: Option<PathBuf>,
    /// OpenSSH public key (Ed25519) that the seal must be signed with
    #[arg(long, value_name = "FILE", requires = "seal")]
    seal_key: Option<PathBuf>,
    /// Folder that the run worked on: its files must show each effect
    #[arg(long, visible_alias = "against", value_name = "DIR")]
    data_root: Option<PathBuf>,
    /// Payload that the run was given
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// OpenSSH public key (Ed25519) that the trace must be signed with
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl GroundArgs {
    /// What a replay names.
    pub(super) fn of(snapshot: Option<PathBuf>, payload: Option<PathBuf>) -> Self {
        Self {
            snapshot,
            payload,
            seal: None,
            seal_key: None,
            data_root: None,
            key: None,
        }
    }
}

/// Reads what is named on the line. The key is handed over beside it, because it is borrowed.
pub(super) fn ground<'a>(
    trace: &Path,
    args: &GroundArgs,
    key: Option<&'a VerifyingKey>,
) -> anyhow::Result<Against<'a>> {
    let limits = Limits::default();
    let wrong =
        |path: &Path, why: &dyn std::fmt::Display| UsageError(format!("{}: {why}", path.display()));
    let beside = || {
        // `<workspace>/traces/<id>/<id>.jsonl`, as the original lays it out.
        let workspace = trace.ancestors().nth(3)?;
        let folder = workspace.join("protocol_snapshot");
        folder.is_dir().then_some(folder)
    };
    let mut against = Against {
        data_root: args.data_root.clone(),
        keys: key.map(|key| key as _),
        ..Against::default()
    };
    if let Some(root) = args.data_root.as_ref().filter(|root| !root.is_dir()) {
        return Err(wrong(root, &"there is no such folder").into());
    }
    if let Some(folder) = args.snapshot.clone().or_else(beside) {
        let files = Files::read(&folder, &limits).map_err(|error| wrong(&folder, &error))?;
        against.snapshot_root = Some(seal::root_hash(&files));
        let snapshot = Snapshot::of(files, limits);
        let none = "it holds no `artifacts`, so the way cannot be followed";
        against.snapshot = Some(snapshot.ok_or_else(|| wrong(&folder, &none))?);
    }
    if let Some(path) = &args.seal {
        let bytes =
            read_bounded(path, limits.payload_bytes).map_err(|error| wrong(path, &error))?;
        let seal = Seal::parse(&bytes).map_err(|error| wrong(path, &error))?;
        if let Some(key) = &args.seal_key {
            let key = VerifyingKey::read(key).map_err(|error| UsageError(error.to_string()))?;
            against.seal_signed = Some(seal.is_signed_by(&key));
        }
        against.sealed_root = Some(seal.root_hash);
    }
    if let Some(path) = &args.payload {
        let bytes =
            read_bounded(path, limits.payload_bytes).map_err(|error| wrong(path, &error))?;
        let payload =
            ordered::parse_strict(&bytes, limits.depth).map_err(|error| wrong(path, &error))?;
        against.payload = Some(payload);
    }
    Ok(against)
}

/// The key named on the line.
pub(super) fn key(args: &GroundArgs) -> anyhow::Result<Option<VerifyingKey>> {
    let read = args.key.as_deref().map(VerifyingKey::read).transpose();
    read.map_err(|error| UsageError(error.to_string()).into())
}
