// SPDX-License-Identifier: Apache-2.0
//! Every document below a root, read once, a batch at a time: what is held does not grow with the
//! number of documents, and files are read while the batch before is taken in.

use super::store::{Stamp, file_stamp, remembers};
use super::{Runtime, RuntimeError};
use crate::support::pyjson::stream::{self, Outline};
use crate::support::pyjson::{self, Value, content_hash};
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;
use std::sync::mpsc;

/// Top folders and the type of the objects below them.
pub(super) const FAMILIES: [(&str, &str); 5] = [
    ("packets", "packet"),
    ("tasks", "task"),
    ("residuals", "residual"),
    ("reports", "report"),
    ("phase", "phase"),
];

/// How many documents are held at a time.
const BATCH: usize = 512;

/// A file of more bytes is read piece by piece: a graph of 100,000 packets has 156 MB, and read whole
/// takes six times as much.
const LARGE: u64 = 1 << 20;

/// Place that is taken for a file before it is read.
const PLACE: usize = 16 << 20;

/// From how many documents on they are read by threads of their own.
const MANY: usize = 64;

/// Relative paths of the JSON files below a folder, in order of path.
pub(super) fn below(runtime: &Runtime, folder: &str) -> Vec<String> {
    let root = runtime.root();
    let mut paths: Vec<_> = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let relative = entry.path().strip_prefix(root).ok()?.to_str()?.to_owned();
            relative.ends_with(".json").then_some(relative)
        })
        .collect();
    paths.sort_unstable_by(|a, b| a.split('/').cmp(b.split('/')));
    paths
}

/// A document and the state of its file from before it was read.
pub(super) struct Read {
    pub(super) stamp: Option<Stamp>,
    /// Without its large lists where the file is large and nothing of it is remembered.
    pub(super) body: Value,
    hash: Option<String>,
}

impl Read {
    /// SHA-256 over the canonical form of the whole.
    pub(super) fn hash(&self) -> String {
        let known = self.hash.clone();
        known.unwrap_or_else(|| content_hash(&self.body))
    }
}

/// Reads documents side by side. `cut` makes of each what is to be kept, or says what is wrong with
/// it; `take` gets that in the order of the paths.
///
/// # Errors
/// Those of `take`, which ends the reading.
pub(super) fn scan<T: Send>(
    root: &Path,
    paths: &[String],
    cut: impl Fn(&str, Read) -> T + Sync,
    mut take: impl FnMut(&str, Result<T, String>) -> Result<(), RuntimeError>,
) -> Result<(), RuntimeError> {
    use rayon::prelude::*;
    let read = |path: &String| one(root, path).map(|read| cut(path, read));
    if paths.len() < MANY {
        return paths.iter().try_for_each(|path| take(path, read(path)));
    }
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Vec<Result<T, String>>>(1);
        let read = &read;
        scope.spawn(move || {
            for batch in paths.chunks(BATCH) {
                // Nobody takes what comes after a fault.
                if sender.send(batch.par_iter().map(read).collect()).is_err() {
                    break;
                }
            }
        });
        let mut paths = paths.iter();
        for batch in receiver {
            for (document, path) in batch.into_iter().zip(paths.by_ref()) {
                take(path, document)?;
            }
        }
        Ok(())
    })
}

fn one(root: &Path, relative: &str) -> Result<Read, String> {
    let path = root.join(relative);
    let stamp = file_stamp(&path);
    let mut file = File::open(&path).map_err(|e| e.to_string())?;
    let size = file.metadata().map_or(0, |meta| meta.len());
    if size > LARGE && !remembers(relative) {
        let read = stream::outline(BufReader::with_capacity(1 << 16, &file));
        if let Some(Outline { body, hash }) = read.map_err(|e| e.to_string())? {
            let hash = Some(hash);
            return Ok(Read { stamp, body, hash });
        }
        // Another form, or a fault that the parser has words for.
        file.rewind().map_err(|e| e.to_string())?;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default().min(PLACE) + 1);
    file.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    match pyjson::parse_bytes(&bytes) {
        Ok(body @ Value::Object(_)) => Ok(Read {
            stamp,
            body,
            hash: None,
        }),
        Ok(_) => Err("not a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
