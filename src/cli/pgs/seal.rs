// SPDX-License-Identifier: Apache-2.0
//! `ccr pgs seal` and `ccr pgs verify`.

use super::super::args::{Cli, any_path};
use super::super::exit::{Exit, UsageError};
use super::super::sink;
use crate::pgs::capability::manifest;
use crate::pgs::external::Bindings;
use crate::pgs::files::{Files, read_bounded};
use crate::pgs::gate::default_seal;
use crate::pgs::limits::Limits;
use crate::pgs::seal::Seal;
use crate::record;
use crate::support::pyjson::ordered::Value;
use crate::support::signing::{SigningKey, VerifyingKey};
use crate::support::{atomic, clock};
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// `ccr pgs seal SNAPSHOT`
#[derive(Debug, Args)]
pub(in crate::cli) struct SealArgs {
    /// The snapshot's folder, or the workspace that holds its protocol_snapshot
    #[arg(value_name = "SNAPSHOT", value_parser = any_path())]
    snapshot: PathBuf,
    /// Where to write the seal [default: snapshot.seal.json beside the folder]
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    seal: Option<PathBuf>,
    /// OpenSSH private key (Ed25519, without passphrase) to sign with
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    key: Option<PathBuf>,
    /// Pin this file of external bindings in the seal
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    exec_binding: Option<PathBuf>,
    /// Pin the built-in capabilities of this program in the seal: one whose table is another, or that
    /// implements it in another version, refuses to run the snapshot
    #[arg(long)]
    pin_capabilities: bool,
}

/// `ccr pgs verify SNAPSHOT`
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The snapshot's folder, or the workspace that holds its protocol_snapshot
    #[arg(value_name = "SNAPSHOT", value_parser = any_path())]
    snapshot: PathBuf,
    /// The seal [default: snapshot.seal.json beside the folder]
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    seal: Option<PathBuf>,
    /// OpenSSH key (public, or private) that must have signed it
    #[arg(long, value_name = "FILE", value_parser = any_path())]
    key: Option<PathBuf>,
}

/// The folder that is sealed: a workspace's snapshot, or the folder itself.
pub(super) fn folder(given: &Path) -> PathBuf {
    let inside = given.join("protocol_snapshot");
    if inside.is_dir() {
        inside
    } else {
        given.to_owned()
    }
}

fn read(folder: &Path) -> Result<Files, UsageError> {
    Files::read(folder, &Limits::default())
        .map_err(|error| UsageError(format!("{}: {error}", folder.display())))
}

/// Seals a snapshot.
pub(in crate::cli) fn seal(cli: &Cli, args: &SealArgs) -> anyhow::Result<Exit> {
    let folder = folder(&args.snapshot);
    let path = args.seal.clone().unwrap_or_else(|| default_seal(&folder));
    let files = read(&folder)?;
    if within(&path, &folder) {
        let text = format!(
            "{}: a seal cannot stand inside the folder it seals; name another place with --seal",
            path.display()
        );
        return Err(UsageError(text).into());
    }
    let created = clock::rfc3339(clock::report_time().map_err(UsageError)?);
    let mut seal = match Seal::of(&files, &created) {
        Ok(seal) => seal,
        Err(error) => {
            let shown = format!("{}: {error}", folder.display());
            let answer = record! { "ok" => false, "sealed" => false, "error" => &shown };
            sink::answer(cli.json, &answer, &format!("not sealed: {shown}\n"))?;
            return Ok(Exit::Refused);
        }
    };
    if let Some(binding) = &args.exec_binding {
        let bindings = Bindings::read(binding).map_err(|error| UsageError(error.to_string()))?;
        seal.exec_binding_hash = Some(bindings.digest);
    }
    if args.pin_capabilities {
        seal.capability_manifest_hash = Some(manifest::digest());
    }
    if let Some(key) = &args.key {
        let key = SigningKey::read(key).map_err(|error| UsageError(error.to_string()))?;
        seal.sign(&key);
    }
    atomic::write(&path, seal.to_text().as_bytes())
        .map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    let signed: Vec<Value> = seal
        .signatures
        .iter()
        .map(|one| Value::from(&one.key_id))
        .collect();
    let answer = record! {
        "ok" => true,
        "sealed" => true,
        "seal" => path.display().to_string(),
        "root_hash" => &seal.root_hash,
        "files" => seal.files.len(),
        "signed_by" => signed,
    };
    let mut text = format!(
        "sealed: {} files, root {}\n",
        seal.files.len(),
        seal.root_hash
    );
    for signature in &seal.signatures {
        let _ = writeln!(text, "signed by {}", signature.key_id);
    }
    let _ = writeln!(text, "written to {}", path.display());
    sink::answer(cli.json, &answer, &text)?;
    Ok(Exit::Accepted)
}

/// Whether a path lies in a folder, links resolved.
fn within(path: &Path, folder: &Path) -> bool {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    match (parent, folder.canonicalize()) {
        (Ok(parent), Ok(folder)) => parent.starts_with(folder),
        _ => path.starts_with(folder),
    }
}

/// Holds a snapshot against its seal.
pub(in crate::cli) fn verify(cli: &Cli, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let folder = folder(&args.snapshot);
    let path = args.seal.clone().unwrap_or_else(|| default_seal(&folder));
    let files = read(&folder)?;
    let bytes = read_bounded(&path, 16 << 20).map_err(|error| {
        let hint = "name the seal with --seal, or make one with ccr pgs seal";
        UsageError(format!("{}: {error}; {hint}", path.display()))
    })?;
    let key = args.key.as_deref().map(VerifyingKey::read).transpose();
    let key = key.map_err(|error| UsageError(error.to_string()))?;
    let seal = match Seal::parse(&bytes) {
        Ok(seal) => seal,
        Err(error) => {
            let shown = format!("{}: {error}", path.display());
            let answer = record! { "ok" => false, "verified" => false, "error" => &shown };
            sink::answer(cli.json, &answer, &format!("not verified: {shown}\n"))?;
            return Ok(Exit::Refused);
        }
    };
    let differences = seal.differences(&files);
    let signed = key.as_ref().map(|key| seal.is_signed_by(key));
    let other = seal.other_capabilities(&manifest::digest());
    let verified = differences.is_empty() && signed != Some(false) && other.is_none();
    let listed: Vec<Value> = differences
        .iter()
        .map(|one| record! { "path" => one.path(), "problem" => one.to_string() })
        .collect();
    let signatures: Vec<Value> = seal
        .signatures
        .iter()
        .map(|one| {
            let checked = key.as_ref().filter(|key| key.id() == one.key_id);
            record! { "key_id" => &one.key_id, "verified" => checked.and(signed) }
        })
        .collect();
    let mut answer = record! {
        "ok" => verified,
        "verified" => verified,
        "seal" => path.display().to_string(),
        "root_hash" => &seal.root_hash,
        "files" => seal.files.len(),
        "differences" => listed,
        "signatures" => signatures,
    };
    if let (Some(pinned), Some(members)) = (&seal.capability_manifest_hash, answer.as_object_mut())
    {
        let pinned = record! { "sealed" => pinned, "verified" => other.is_none() };
        members.insert("capability_manifest_hash".to_owned(), pinned);
    }
    let mut text = String::new();
    for difference in &differences {
        let _ = writeln!(text, "{difference}");
    }
    if let Some(why) = &other {
        let _ = writeln!(text, "{}: {why}", path.display());
    }
    if let (Some(false), Some(key)) = (signed, &key) {
        let _ = writeln!(text, "{}: no signature of {}", path.display(), key.id());
    }
    if key.is_none() {
        for signature in &seal.signatures {
            let id = &signature.key_id;
            let _ = writeln!(text, "signed by {id}; not checked, name its key with --key");
        }
    }
    let word = if verified { "verified" } else { "not verified" };
    let _ = writeln!(
        text,
        "{word}: {} files, root {}",
        seal.files.len(),
        seal.root_hash
    );
    sink::answer(cli.json, &answer, &text)?;
    Ok(Exit::when(verified))
}
