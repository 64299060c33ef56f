// SPDX-License-Identifier: Apache-2.0
//! Inputs to findings, in parallel, in bounded memory.

use super::container::Listener;
use super::engine::Engine;
use super::examine::{Outcome, examine};
use super::finish;
use super::resolve::{Lines, Pending};
use crate::artifact::{self, EntryKind, Limits, OwnedEntry};
use crate::checks::{Artifact, ArtifactKind, IndexEntry, Release};
use crate::classify::{Classified, Origin};
use crate::config::{Config, InlineWaiver};
use crate::discover::{self, Input, InputKind, LinkFate, TreeOptions};
use crate::matching::{Hit, Scratch};
use crate::model::{Confidence, Draft, EntryPath, Report, Scanned, Severity, Skipped};
use crate::support::hashing;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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
    /// `scan`: files, folders, archives.
    Paths(Vec<PathBuf>),
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

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Something named does not exist or cannot be read at all.
    #[error("{path}: {cause}")]
    Input {
        /// As given.
        path: String,
        /// Cause.
        cause: String,
    },
    /// There is nothing to scan.
    #[error(
        "{0}: nothing to scan; a gate that saw nothing must not pass (--allow-empty lifts this)"
    )]
    Empty(String),
    /// Rules that were needed do not compile, so they did not run: no verdict.
    #[error("a rule could not be run, so there is no verdict:\n{0}")]
    Rules(String),
    /// Threads cannot be started.
    #[error("cannot start worker threads: {0}")]
    Threads(String),
}

/// What all workers share.
pub(super) struct Session<'a> {
    pub(super) engine: &'a Engine,
    /// Whether archives of a dist folder are read: files that are about to be uploaded.
    pub(super) release: bool,
    limits: Limits,
    in_flight: AtomicUsize,
    files: AtomicU64,
    bytes: AtomicU64,
    archives: AtomicU64,
    entries: AtomicU64,
    collected: Mutex<Collected>,
}

/// What they found.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) pending: Vec<Pending>,
    pub(super) waivers: Vec<(EntryPath, InlineWaiver)>,
    by_path: BTreeMap<(usize, EntryPath), (Hit, u64)>,
    notes: Vec<(Option<EntryPath>, &'static str, String, String)>,
    artifacts: Vec<Artifact>,
    tree_kept: BTreeMap<String, (Vec<u8>, [u8; 32])>,
    tree_kept_bytes: usize,
    pub(super) skipped: Vec<Skipped>,
}

/// Bytes of members waiting for a worker beyond which a reader examines them itself.
const IN_FLIGHT: usize = 32 << 20;
/// Content of tree files kept for checks.
const TREE_KEPT: usize = 64 << 20;

thread_local! {
    /// Buffers of one worker, used again for each file.
    static BUFFERS: std::cell::RefCell<(Vec<u8>, Scratch, Vec<Hit>)> =
        std::cell::RefCell::new((Vec::new(), Scratch::default(), Vec::new()));
}

/// Runs one audit.
///
/// # Errors
/// Something named does not exist, or nothing was there to scan. Faults in the input are findings.
pub fn run(request: &Request<'_>) -> Result<Report, AuditError> {
    let session = Session {
        engine: request.engine,
        release: matches!(request.target, Target::Release { .. }),
        limits: request.config.limits,
        in_flight: AtomicUsize::new(0),
        files: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        archives: AtomicU64::new(0),
        entries: AtomicU64::new(0),
        collected: Mutex::new(Collected::default()),
    };
    let mut builder = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = request.jobs {
        builder = builder.num_threads(jobs);
    }
    let pool = builder
        .build()
        .map_err(|e| AuditError::Threads(e.to_string()))?;

    let mut work = Work::default();
    let mut dist = None;
    let mut tree_root = None;
    match &request.target {
        Target::Release { root, dist: named } => {
            let found = list_dist(&session, root, named.as_deref());
            let mut without = vec![found.folder.clone()];
            without.push(root.join("target").join("package"));
            list_folder(request, &session, &mut work, root, "", without)?;
            work.inputs.extend(found.archives);
            dist = Some(found.folder);
            tree_root = Some(String::new());
        }
        Target::Paths(paths) => {
            let single = paths.len() == 1;
            for path in paths {
                list_path(request, &session, &mut work, path, single)?;
            }
            if single && paths[0].is_dir() {
                tree_root = Some(String::new());
            }
        }
        Target::Bytes(bytes) => {
            pool.install(|| {
                rayon::scope(|scope| session.bytes(scope, "-", bytes));
            });
            session.files.fetch_add(1, Ordering::Relaxed);
        }
    }
    let nothing = work.inputs.is_empty() && !matches!(request.target, Target::Bytes(_));
    if nothing && !request.allow_empty {
        return Err(AuditError::Empty(request.root.clone()));
    }

    request.progress.total(work.inputs.len() as u64);
    pool.install(|| {
        rayon::scope(|scope| {
            work.inputs
                .par_iter()
                .with_max_len(8)
                .for_each(|(input, rule_name_from)| {
                    session.input(scope, input, *rule_name_from);
                    request.progress.done();
                });
        });
    });

    let scanned = session.scanned();
    let mut collected = session
        .collected
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    collected.skipped.append(&mut work.skipped);
    let artifacts = artifacts(&mut collected, &work, tree_root.as_deref());
    pool.install(|| judge_artifacts(request.engine, &mut collected, &artifacts));
    group_paths(request.engine, &mut collected);
    request.engine.faults().map_err(AuditError::Rules)?;
    Ok(finish::report(request, collected, scanned, dist))
}

/// What is to be read, in order of name.
#[derive(Default)]
struct Work {
    /// Input, and where in its name the part begins that path rules see.
    inputs: Vec<(Input, usize)>,
    skipped: Vec<Skipped>,
}

/// The dist folder and the archives in it.
struct Dist {
    folder: PathBuf,
    archives: Vec<(Input, usize)>,
}

/// Lists what is about to be uploaded. A folder that is missing or empty is a finding: a release
/// without files is not a release that may pass.
fn list_dist(
    session: &Session<'_>,
    root: &std::path::Path,
    named: Option<&std::path::Path>,
) -> Dist {
    let folder = root.join(named.unwrap_or_else(|| std::path::Path::new("dist")));
    let mut archives = Vec::new();
    let mut add = |folder: &std::path::Path, only: Option<&str>| -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let disk = entry.path();
            let wanted = only.is_none_or(|ending| disk.extension().is_some_and(|e| e == ending));
            if let (true, Ok(meta)) = (wanted, disk.metadata())
                && meta.is_file()
            {
                let shown = discover::show(disk.strip_prefix(root).unwrap_or(&disk));
                let from = shown.rfind('/').map_or(0, |slash| slash + 1);
                let kind = InputKind::File {
                    size: meta.len(),
                    mode: None,
                };
                archives.push((
                    Input {
                        name: shown,
                        disk,
                        kind,
                    },
                    from,
                ));
            }
        }
        Ok(())
    };
    let dist = add(&folder, None);
    if named.is_none() && root.join("Cargo.toml").is_file() {
        // `cargo package` puts its archive here; absent is fine, `dist` decides then.
        let _ = add(&root.join("target").join("package"), Some("crate"));
    }
    archives.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    let is_archive = |input: &Input| {
        artifact::named_like_archive(&input.name)
            || head(&input.disk).is_some_and(|h| artifact::sniff(&h).is_some())
    };
    if !archives.iter().any(|(input, _)| is_archive(input)) {
        let path = EntryPath::root(&discover::show(
            folder.strip_prefix(root).unwrap_or(&folder),
        ));
        let (rule, what) = match dist {
            Err(error) => (
                "artifact-dist-missing",
                format!("The distribution folder cannot be read: {error}."),
            ),
            Ok(()) => (
                "artifact-dist-empty",
                "The distribution folder holds no archive.".to_owned(),
            ),
        };
        session.draft(Draft::new(rule, &path, what));
    }
    Dist { folder, archives }
}

fn head(disk: &std::path::Path) -> Option<Vec<u8>> {
    let mut head = Vec::with_capacity(1024);
    File::open(disk)
        .ok()?
        .take(1024)
        .read_to_end(&mut head)
        .ok()?;
    Some(head)
}

/// Adds a named path: a folder's files, or the file itself.
fn list_path(
    request: &Request<'_>,
    session: &Session<'_>,
    work: &mut Work,
    path: &std::path::Path,
    single: bool,
) -> Result<(), AuditError> {
    let fault = |cause: std::io::Error| AuditError::Input {
        path: path.display().to_string(),
        cause: cause.to_string(),
    };
    let meta = path.metadata().map_err(fault)?;
    if meta.is_dir() {
        let prefix = if single {
            String::new()
        } else {
            format!("{}/", discover::show(path))
        };
        return list_folder(request, session, work, path, &prefix, Vec::new());
    }
    let name = discover::show(path);
    let from = name.rfind('/').map_or(0, |slash| slash + 1);
    let kind = InputKind::File {
        size: meta.len(),
        mode: None,
    };
    work.inputs.push((
        Input {
            name,
            disk: path.to_owned(),
            kind,
        },
        from,
    ));
    Ok(())
}

fn list_folder(
    request: &Request<'_>,
    session: &Session<'_>,
    work: &mut Work,
    root: &std::path::Path,
    prefix: &str,
    without: Vec<PathBuf>,
) -> Result<(), AuditError> {
    let options = TreeOptions {
        all_files: request.all_files,
        without,
    };
    let tree = discover::tree(root, &options).map_err(|cause| AuditError::Input {
        path: root.display().to_string(),
        cause: cause.to_string(),
    })?;
    for (name, cause) in tree.unreadable {
        let path = EntryPath::root(&format!("{prefix}{name}"));
        session.draft(Draft::new(
            "text-unreadable",
            &path,
            format!("It cannot be read: {cause}."),
        ));
    }
    for mut input in tree.inputs {
        let excluded = request
            .config
            .exclude
            .iter()
            .find(|e| e.paths.is_match(&input.name));
        input.name.insert_str(0, prefix);
        match excluded {
            Some(exclude) => {
                work.skipped.push(Skipped {
                    path: input.name,
                    reason: exclude.reason.clone(),
                });
            }
            None => work.inputs.push((input, prefix.len())),
        }
    }
    Ok(())
}

impl<'a> Session<'a> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Collected> {
        // A worker that panicked has lost its own result only; what the others found still counts.
        self.collected
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn count(&self, more: Scanned) {
        self.bytes.fetch_add(more.bytes, Ordering::Relaxed);
        self.archives.fetch_add(more.archives, Ordering::Relaxed);
        self.entries.fetch_add(more.entries, Ordering::Relaxed);
        self.files.fetch_add(more.files, Ordering::Relaxed);
    }

    fn scanned(&self) -> Scanned {
        Scanned {
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            archives: self.archives.load(Ordering::Relaxed),
            entries: self.entries.load(Ordering::Relaxed),
        }
    }

    /// Takes a judgement that needs no text.
    pub(super) fn draft(&self, draft: Draft) {
        if let Some((_, rule)) = self.engine.rule(draft.rule.as_str()) {
            let pending = Pending::of_draft(rule, draft, None);
            self.lock().pending.push(pending);
        }
    }

    /// Takes a container that is read to its end.
    pub(super) fn finished(&self, artifact: Artifact) {
        self.lock().artifacts.push(artifact);
    }

    fn take(&self, outcome: Outcome) {
        if outcome.is_empty() {
            return;
        }
        let mut collected = self.lock();
        collected.pending.extend(outcome.pending);
        collected.waivers.extend(outcome.waivers);
        collected.notes.extend(outcome.notes);
        for (hit, path) in outcome.by_path {
            let rank = |hit: &Hit| (hit.severity, hit.confidence);
            let seen = collected
                .by_path
                .entry((hit.rule, path))
                .or_insert_with(|| (hit.clone(), 0));
            seen.1 += 1;
            if rank(&hit) > rank(&seen.0) {
                seen.0 = hit;
            }
        }
    }

    /// One file or link of the tree, or one named file.
    fn input<'s>(&'s self, scope: &rayon::Scope<'s>, input: &Input, name_from: usize)
    where
        'a: 's,
    {
        let path = EntryPath::root(&input.name);
        match &input.kind {
            InputKind::Symlink { target, fate } => {
                let what = match fate {
                    LinkFate::Inside => None,
                    LinkFate::Outside => Some(("artifact-link-outside", "outside the root")),
                    LinkFate::Dangling => Some(("artifact-link-dangling", "at nothing")),
                };
                if let Some((rule, ends)) = what {
                    self.draft(Draft::new(
                        rule,
                        &path,
                        format!("The symbolic link to `{target}` ends {ends}."),
                    ));
                }
            }
            InputKind::File { size, .. } => {
                self.files.fetch_add(1, Ordering::Relaxed);
                if let Err(error) = self.file(scope, input, &path, *size, name_from) {
                    self.draft(Draft::new(
                        "text-unreadable",
                        &path,
                        format!("It cannot be read: {error}."),
                    ));
                }
            }
        }
    }

    fn file<'s>(
        &'s self,
        scope: &rayon::Scope<'s>,
        input: &Input,
        path: &EntryPath,
        size: u64,
        name_from: usize,
    ) -> std::io::Result<()>
    where
        'a: 's,
    {
        let mut file = File::open(&input.disk)?;
        BUFFERS.with_borrow_mut(|(buffer, scratch, hits)| {
            buffer.clear();
            let first = size.saturating_add(1).min(256 << 10);
            (&mut file).take(first).read_to_end(buffer)?;
            let name = &input.name[name_from..];
            if artifact::sniff(buffer).is_some() || artifact::named_like_archive(name) {
                file.rewind()?;
                let mut listener = Listener::new(self, scope, name_from);
                if artifact::walk(path, path.name(), &mut file, &self.limits, &mut listener) {
                    return Ok(());
                }
                // No container after all: its bytes are searched like any other file's.
                file.seek(std::io::SeekFrom::Start(buffer.len() as u64))?;
            }
            let rest = self
                .limits
                .entry_bytes
                .saturating_add(1)
                .saturating_sub(buffer.len() as u64);
            (&mut file).take(rest).read_to_end(buffer)?;
            if buffer.len() as u64 > self.limits.entry_bytes {
                self.draft(Draft::new(
                    "archive-budget-entry-bytes",
                    path,
                    format!(
                        "The file is larger than {} bytes and was not searched to its end.",
                        self.limits.entry_bytes
                    ),
                ));
            }
            self.bytes.fetch_add(buffer.len() as u64, Ordering::Relaxed);
            let entry = Classified::new(path, Origin::Tree, &EntryKind::File, buffer);
            let outcome = examine(self.engine, &entry, name, scratch, hits);
            if self.engine.keeps(&input.name, entry.kind, buffer, true) {
                let mut collected = self.lock();
                if collected.tree_kept_bytes + buffer.len() <= TREE_KEPT {
                    collected.tree_kept_bytes += buffer.len();
                    let digest = hashing::sha256(buffer);
                    collected
                        .tree_kept
                        .insert(input.name.clone(), (buffer.clone(), digest));
                }
            }
            self.take(outcome);
            if buffer.capacity() > 8 << 20 {
                // One large file must not make every worker large for the rest of the run.
                *buffer = Vec::new();
            }
            Ok(())
        })
    }

    /// Bytes from a pipe.
    fn bytes<'s>(&'s self, scope: &rayon::Scope<'s>, name: &str, bytes: &[u8])
    where
        'a: 's,
    {
        let path = EntryPath::root(name);
        if artifact::sniff(bytes).is_some() {
            let mut listener = Listener::new(self, scope, 0);
            let mut source = Cursor::new(bytes);
            if artifact::walk(&path, name, &mut source, &self.limits, &mut listener) {
                return;
            }
        }
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let entry = Classified::new(&path, Origin::Tree, &EntryKind::File, bytes);
        let outcome = examine(
            self.engine,
            &entry,
            name,
            &mut Scratch::default(),
            &mut Vec::new(),
        );
        self.take(outcome);
    }

    /// Members of a container: handed to another worker, or examined here when enough wait.
    pub(super) fn examine_batch<'s>(
        &'s self,
        scope: &rayon::Scope<'s>,
        batch: Vec<OwnedEntry>,
        bytes: usize,
    ) where
        'a: 's,
    {
        if self.in_flight.load(Ordering::Relaxed) + bytes > IN_FLIGHT {
            self.members(&batch);
            return;
        }
        self.in_flight.fetch_add(bytes, Ordering::Relaxed);
        scope.spawn(move |_| {
            self.members(&batch);
            drop(batch);
            self.in_flight.fetch_sub(bytes, Ordering::Relaxed);
        });
    }

    fn members(&self, batch: &[OwnedEntry]) {
        let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
        for member in batch {
            let entry = Classified::new(&member.path, Origin::Archive, &member.kind, &member.bytes);
            self.take(examine(
                self.engine,
                &entry,
                member.path.name(),
                &mut scratch,
                &mut hits,
            ));
        }
    }
}

/// Finished artifacts, each with its notes: the tree, then containers by depth and path.
fn artifacts(collected: &mut Collected, work: &Work, tree_root: Option<&str>) -> Vec<Artifact> {
    let mut all = Vec::new();
    if let Some(root) = tree_root {
        let mut tree = Artifact {
            path: EntryPath::root(if root.is_empty() { "." } else { root }),
            kind: ArtifactKind::Tree,
            origin: Origin::Tree,
            entries: BTreeMap::new(),
            kept: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        for (input, from) in &work.inputs {
            // Archives of the dist folder are artifacts of their own.
            if *from != 0 {
                continue;
            }
            let (kind, size, mode) = match &input.kind {
                InputKind::File { size, mode } => (EntryKind::File, *size, *mode),
                InputKind::Symlink { target, .. } => (EntryKind::Symlink(target.clone()), 0, None),
            };
            let sha256 = collected
                .tree_kept
                .get(&input.name)
                .map(|(_, digest)| *digest);
            tree.entries.insert(
                input.name.clone(),
                IndexEntry {
                    kind,
                    size,
                    sha256,
                    mode,
                    owner: None,
                },
            );
        }
        tree.kept = std::mem::take(&mut collected.tree_kept)
            .into_iter()
            .filter(|(name, _)| tree.entries.contains_key(name))
            .map(|(name, (bytes, _))| (name, bytes))
            .collect();
        all.push(tree);
    }
    let mut containers = std::mem::take(&mut collected.artifacts);
    containers.sort_by(|a, b| (a.path.depth(), &a.path).cmp(&(b.path.depth(), &b.path)));
    all.append(&mut containers);
    let places: BTreeMap<Option<EntryPath>, usize> = all
        .iter()
        .enumerate()
        .map(|(index, artifact)| {
            (
                (artifact.origin == Origin::Archive).then(|| artifact.path.clone()),
                index,
            )
        })
        .collect();
    for (container, check, name, note) in std::mem::take(&mut collected.notes) {
        if let Some(index) = places.get(&container) {
            all[*index].notes.insert((check, name), note);
        }
    }
    all
}

/// Runs the checks that see finished artifacts.
fn judge_artifacts(engine: &Engine, collected: &mut Collected, artifacts: &[Artifact]) {
    let per_artifact: Vec<Vec<Draft>> = artifacts
        .par_iter()
        .map(|artifact| {
            let mut drafts = Vec::new();
            for (index, check) in &engine.artifact_checks {
                check.check(&engine.rules[*index], artifact, &mut drafts);
            }
            for index in &engine.declared {
                crate::checks::declared::check(&engine.rules[*index], artifact, &mut drafts);
            }
            drafts
        })
        .collect();
    let top = artifacts.iter().take_while(|a| a.path.depth() == 0).count();
    let mut drafts: Vec<Draft> = per_artifact.into_iter().flatten().collect();
    for (index, check) in &engine.release_checks {
        check.check(
            &engine.rules[*index],
            &Release {
                artifacts: &artifacts[..top],
            },
            &mut drafts,
        );
    }
    for draft in drafts {
        if let Some((_, rule)) = engine.rule(draft.rule.as_str()) {
            collected
                .pending
                .push(place_draft(engine, rule, draft, artifacts));
        }
    }
}

/// Places a draft in the content that was kept for it, if any was.
fn place_draft(
    engine: &Engine,
    rule: &std::sync::Arc<crate::rules::Rule>,
    draft: Draft,
    artifacts: &[Artifact],
) -> Pending {
    let home = match draft.path.container() {
        Some(container) => artifacts
            .iter()
            .find(|a| a.origin == Origin::Archive && a.path == container),
        None => artifacts.iter().find(|a| a.origin == Origin::Tree),
    };
    let kept = home.and_then(|artifact| artifact.kept.get(draft.path.name()));
    let Some(bytes) = kept.filter(|_| draft.span.is_some()) else {
        return Pending::of_draft(rule, draft, None);
    };
    let path = draft.path.clone();
    let entry = Classified::new(&path, Origin::Archive, &EntryKind::File, bytes);
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    engine.matcher.scan(&entry, &mut scratch, &mut hits);
    let secrets = hits
        .iter()
        .filter(|hit| engine.rules[hit.rule].meta.id.family() == "secret")
        .map(|hit| hit.hit)
        .collect();
    let mut lines = Lines::new(&entry.text, secrets);
    Pending::of_draft(rule, draft, Some(&mut lines))
}

/// Path rules' hits that share a prefix are one finding.
fn group_paths(engine: &Engine, collected: &mut Collected) {
    for ((index, path), (hit, count)) in std::mem::take(&mut collected.by_path) {
        let rule = &engine.rules[index];
        let description = match count {
            1 => rule.meta.title.clone(),
            n => format!("{} ({n} files)", rule.meta.title.trim_end_matches('.')),
        };
        let mut draft = Draft::new(rule.meta.id.clone(), &path, description);
        draft.severity = hit.severity;
        draft.confidence = hit.confidence;
        collected.pending.push(Pending::of_draft(rule, draft, None));
    }
}
