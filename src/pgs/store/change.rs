// SPDX-License-Identifier: Apache-2.0
//! Changing files of the data root: under a lock, announced, on the disk, or not at all.

use super::journal::{Announced, Change, Journal, Pending};
use super::{Call, Reply, Store, StorePath, path};
use crate::pgs::trace::Effect;
use crate::support::hashing;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

impl Store {
    /// Begins a run, so that one of the same key that was killed is gone on with. Returns how many
    /// of its steps are remembered.
    ///
    /// # Errors
    /// The folder beside the data root cannot be written.
    pub fn begin(&mut self, key: &str) -> io::Result<usize> {
        if self.is_overlay() {
            return Ok(0);
        }
        let runs = self.state.join("runs");
        let journal = Journal::begin(&runs, key, &mut |pending| {
            let _lock = self.lock_only(&pending.path)?;
            self.settle(pending)
        })?;
        let remembered = journal.remembered();
        self.journal = Some(journal);
        Ok(remembered)
    }

    /// Ends the run that was begun.
    ///
    /// # Errors
    /// Its journal cannot be removed.
    pub fn end(&mut self) -> io::Result<()> {
        self.journal.take().map_or(Ok(()), Journal::end)
    }

    /// Creates an empty file, as the original does when it binds a registry.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn touch(&mut self, path: &StorePath) -> io::Result<()> {
        if self.read(path)?.is_some() {
            return Ok(());
        }
        if let Some(files) = &mut self.overlay {
            files.insert(path.clone(), Vec::new());
            return Ok(());
        }
        let place = self.place(path)?;
        File::options().create(true).append(true).open(place)?;
        Ok(())
    }

    /// Where a file stands, its folder made.
    fn place(&self, path: &StorePath) -> io::Result<PathBuf> {
        let place = path::contained(&self.root, path)?;
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(place)
    }

    fn lock_only(&self, path: &StorePath) -> io::Result<File> {
        let name = &hashing::sha256_hex(path.as_str().as_bytes())[..16];
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.state.join("locks").join(name))?;
        file.lock()?;
        Ok(file)
    }

    /// Holds a file for one operation, with what dead runs announced for it settled; released when
    /// dropped, also when the process dies.
    pub(super) fn locked(&self, path: &StorePath) -> io::Result<Option<File>> {
        if self.is_overlay() {
            return Ok(None);
        }
        let lock = self.lock_only(path)?;
        let runs = self.state.join("runs");
        Journal::settle_for(&runs, self.journal.as_ref(), path, &mut |pending| {
            self.settle(pending)
        })?;
        Ok(Some(lock))
    }

    /// Completes an announced change whose lock is held; says whether it is made. A file that
    /// somebody else has written to meanwhile is left alone.
    fn settle(&self, pending: &Pending) -> io::Result<bool> {
        let place = self.place(&pending.path)?;
        let found = match fs::read(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other?),
        };
        match &pending.change {
            Announced::Replace { after } => {
                Ok(found.is_some_and(|found| hashing::sha256_hex(&found) == *after))
            }
            Announced::Append { from, bytes } => {
                let found = found.unwrap_or_default();
                let from = usize::try_from(*from).unwrap_or(usize::MAX);
                let Some(written) = found.get(from..) else {
                    return Ok(false);
                };
                if written.starts_with(bytes) {
                    return Ok(true);
                }
                let Some(rest) = bytes.strip_prefix(written) else {
                    return Ok(false);
                };
                let mut file = File::options().create(true).append(true).open(&place)?;
                file.write_all(rest)?;
                file.sync_data()?;
                Ok(true)
            }
        }
    }

    /// Makes the change that an answer asks for, and notes the answer.
    pub(super) fn commit(
        &mut self,
        call: &Call<'_>,
        path: &StorePath,
        reply: &Reply,
        change: Option<Change>,
    ) -> io::Result<()> {
        let Some(change) = change else {
            return match &mut self.journal {
                Some(journal) => journal.answer(call.at, reply),
                None => Ok(()),
            };
        };
        debug_assert_ne!(reply.effect, Effect::None, "a change is an effect");
        if self.is_overlay() {
            let whole = match change {
                Change::Replace(bytes) => bytes,
                Change::Append(bytes) => {
                    let mut whole = self.read(path)?.unwrap_or_default();
                    whole.extend_from_slice(&bytes);
                    whole
                }
            };
            let files = self.overlay.get_or_insert_default();
            files.insert(path.clone(), whole);
            return Ok(());
        }
        let place = self.place(path)?;
        let from = place.metadata().map_or(0, |found| found.len());
        if let Some(journal) = &mut self.journal {
            journal.announce(call.at, reply, path, from, &change)?;
        }
        self.point();
        let made = match &change {
            Change::Append(bytes) => self.append(&place, from, bytes),
            Change::Replace(bytes) => self.replace(path, &place, bytes),
        };
        self.point();
        if let Some(journal) = &mut self.journal {
            journal.done(made.is_ok())?;
        }
        made?;
        if let (Some(index), Change::Append(bytes)) = (&mut self.index, &change) {
            index.added(path, call.kind, &place, from, bytes);
        }
        Ok(())
    }

    /// Adds bytes and brings them to the disk; a part that could be written is taken back.
    fn append(&mut self, place: &Path, from: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::options().create(true).append(true).open(place)?;
        let half = bytes.len() / 2;
        let written = file.write_all(&bytes[..half]).and_then(|()| {
            self.point();
            file.write_all(&bytes[half..])?;
            file.sync_data()
        });
        if written.is_err() {
            file.set_len(from)?;
        }
        written
    }

    /// Puts another content in the place of a file. It is prepared beside the data root, so that
    /// nothing is left there by a run that dies.
    fn replace(&mut self, path: &StorePath, place: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = &hashing::sha256_hex(path.as_str().as_bytes())[..16];
        let new = self.state.join("new").join(name);
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.point();
        match fs::rename(&new, place) {
            // The data root is another file system than the folder around it.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                crate::support::atomic::write(place, bytes)
            }
            Err(error) => Err(error),
            Ok(()) => match place.parent() {
                Some(folder) => crate::support::atomic::sync_folder(folder),
                None => Ok(()),
            },
        }
    }

    /// Where a test may kill the run.
    #[cfg(test)]
    fn point(&mut self) {
        self.kill_in = self.kill_in.map(|left| left.wrapping_sub(1));
        assert_ne!(self.kill_in, Some(0), "killed");
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "only tests kill runs")]
    fn point(&self) {}
}

/// The last bytes of a file, at most `most`.
pub(super) fn tail(place: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(place)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
