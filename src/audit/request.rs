// SPDX-License-Identifier: Apache-2.0
//! What an audit is asked to do, and one file of its work.

use super::engine::Engine;
use super::inputs::Family;
use crate::config::Config;
use crate::discover::Input;
use crate::model::{Confidence, Severity};
use std::path::PathBuf;

/// What to look at.
#[derive(Debug, Clone)]
pub enum Target {
    /// `audit release`: a source tree and its dist folder.
    Release {
        /// The tree.
        root: PathBuf,
        /// `--dist` as given.
        dist: Option<PathBuf>,
    },
    /// `audit repo`: a source tree, as its readers find it.
    Repo {
        /// The tree.
        root: PathBuf,
    },
    /// `scan`: files, folders, archives.
    Paths(Vec<PathBuf>),
    /// `scan --history`: what a repository's references reach.
    History {
        /// The repository, or a folder in it.
        path: PathBuf,
        /// `A..B` or a revision; everything when absent.
        range: Option<String>,
    },
    /// `scan -`: one input that was read from a pipe.
    Bytes(Vec<u8>),
}

/// One audit, resolved.
pub struct Request<'a> {
    /// What to look at.
    pub target: Target,
    /// Root as given, for the report.
    pub root: String,
    /// Rules.
    pub engine: &'a Engine,
    /// Policy.
    pub config: &'a Config,
    /// Take ignored files too.
    pub all_files: bool,
    /// Refuse at this severity; blocking findings decide when absent.
    pub fail_on: Option<Severity>,
    /// Leave out what is less certain.
    pub min_confidence: Confidence,
    /// Worker threads; all cores when absent.
    pub jobs: Option<usize>,
    /// An empty input is not an error.
    pub allow_empty: bool,
    /// Day that waivers' dates are held against.
    pub as_of: String,
    /// Time of the report.
    pub created_at: String,
    /// A family that speaks about the same files.
    pub family: Option<&'a dyn Family>,
    /// Told of each file done.
    pub progress: &'a (dyn Progress + 'a),
}

/// Who is told how far the work is.
pub trait Progress: Sync {
    /// This many files are to be done.
    fn total(&self, files: u64);
    /// One more is done.
    fn done(&self);
}

/// One file or link to be read.
pub(super) struct Task {
    pub(super) input: Input,
    /// Where in its name the part begins that path rules see.
    pub(super) name_from: usize,
}
