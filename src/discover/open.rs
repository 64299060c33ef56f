// SPDX-License-Identifier: Apache-2.0
//! Opens listed files through their folder: the system then need not find the way to it for each.

use super::input::{Place, Stat};
use std::fs::File;
use std::io;
use std::path::Path;

/// What one worker keeps open: the folder of the file it read last.
#[derive(Debug, Default)]
pub struct Opener {
    #[cfg(target_os = "linux")]
    folder: Option<(std::sync::Arc<Path>, std::os::fd::OwnedFd)>,
}

impl Opener {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// As [`File::open`].
    #[cfg(target_os = "linux")]
    pub fn open(&mut self, place: &Place) -> io::Result<File> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        use std::sync::Arc;
        if place.folder.as_os_str().is_empty() {
            return File::open(&place.file);
        }
        let known = self.folder.as_ref();
        if known.is_none_or(|(folder, _)| !Arc::ptr_eq(folder, &place.folder)) {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            self.folder = openat(CWD, &*place.folder, flags, Mode::empty())
                .ok()
                .map(|handle| (Arc::clone(&place.folder), handle));
        }
        let Some((_, handle)) = &self.folder else {
            return File::open(place.path());
        };
        // What was listed as a file is not to become a link to somewhere else meanwhile.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(
            handle,
            &*place.file,
            flags,
            Mode::empty(),
        )?))
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// As [`File::open`].
    #[cfg(not(target_os = "linux"))]
    pub fn open(&mut self, place: &Place) -> io::Result<File> {
        File::open(place.path())
    }
}

/// Looks at a file that cannot be opened, following no link.
///
/// # Errors
/// As [`Path::symlink_metadata`].
pub fn look_at(path: &Path) -> io::Result<Stat> {
    Ok(Stat::of(&path.symlink_metadata()?))
}

/// Looks at an open file.
///
/// # Errors
/// As [`File::metadata`].
#[cfg(target_os = "linux")]
pub fn look(file: &File) -> io::Result<Stat> {
    let stat = rustix::fs::fstat(file)?;
    Ok(Stat {
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mode: Some(stat.st_mode & 0o7777),
    })
}

/// Looks at an open file.
///
/// # Errors
/// As [`File::metadata`].
#[cfg(not(target_os = "linux"))]
pub fn look(file: &File) -> io::Result<Stat> {
    Ok(Stat::of(&file.metadata()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::sync::Arc;

    #[test]
    fn neighbours_and_single_files_are_opened_and_links_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let folder: Arc<Path> = dir.path().into();
        let at = |file: &str| Place {
            folder: Arc::clone(&folder),
            file: file.into(),
        };
        let mut opener = Opener::default();
        for name in ["a", "b"] {
            let mut text = String::new();
            let mut file = opener.open(&at(name)).unwrap();
            assert_eq!(look(&file).unwrap().size, 1);
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, name);
        }
        assert!(opener.open(&Place::alone(&dir.path().join("a"))).is_ok());
        assert_eq!(
            opener.open(&at("none")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        #[cfg(target_os = "linux")]
        {
            std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
            assert!(opener.open(&at("link")).is_err());
        }
    }
}
