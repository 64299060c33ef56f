// SPDX-License-Identifier: Apache-2.0
//! `patch.diff`: which files a unified diff touches, as git writes it. The diff comes from a backend
//! that may lie: a hunk is counted by its header, so that its lines cannot pose as headers, and
//! what is neither header nor hunk is told.

use super::patch_name;
use std::collections::BTreeSet;

/// Most faults that are told.
const TOLD: usize = 20;

/// A diff.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    /// Files, in their order.
    pub files: Vec<PatchFile>,
    /// Line (from 1) and what is wrong with it.
    pub faults: Vec<(usize, String)>,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change {
    /// Its content or mode changes.
    #[default]
    Modified,
    /// It is new.
    Added,
    /// It goes.
    Deleted,
    /// It gets another name.
    Renamed,
    /// It is copied.
    Copied,
}

/// One file of a diff.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatchFile {
    /// Name before; nothing when it is new.
    pub old: Option<String>,
    /// Name after; nothing when it goes.
    pub new: Option<String>,
    /// What happens.
    pub change: Change,
    /// Whether its content is binary.
    pub binary: bool,
    /// Whether it becomes, or stays, a symbolic link.
    pub link: bool,
    /// Where such a link leads, as far as the diff tells.
    pub target: Option<String>,
    /// Line of its header, from 1.
    pub line: usize,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
}

impl PatchFile {
    /// The name that `git diff --name-only` prints.
    pub fn name(&self) -> &str {
        let name = self.new.as_deref().or(self.old.as_deref());
        name.unwrap_or_default()
    }

    /// Every name that is written to or goes.
    pub fn touched(&self) -> impl Iterator<Item = &str> {
        let old = self
            .old
            .as_deref()
            .filter(|_| self.change != Change::Copied);
        let new = self.new.as_deref();
        new.into_iter()
            .chain(old.filter(move |old| Some(*old) != new))
    }
}

impl Patch {
    /// Reads a diff.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader::default();
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        if lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        for (index, line) in lines.into_iter().enumerate() {
            reader.line(index + 1, line);
        }
        reader.finish()
    }

    /// Names as `git diff --name-only` prints them.
    pub fn names(&self) -> BTreeSet<&str> {
        self.files.iter().map(PatchFile::name).collect()
    }

    /// Every name that is written to or goes.
    pub fn touched(&self) -> BTreeSet<&str> {
        self.files.iter().flat_map(PatchFile::touched).collect()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[derive(Default)]
struct Reader {
    patch: Patch,
    file: Option<PatchFile>,
    /// Lines that the hunk at hand still owes: of the old side, of the new side.
    owed: (u64, u64),
    /// Within the data of a binary patch.
    data: bool,
    /// Names of the `---` and `+++` lines of the file at hand.
    sides: (Option<Option<String>>, Option<Option<String>>),
    hunks: bool,
}

impl Reader {
    fn fault(&mut self, line: usize, why: impl Into<String>) {
        if self.patch.faults.len() < TOLD {
            self.patch.faults.push((line, why.into()));
        }
    }

    fn line(&mut self, number: usize, line: &[u8]) {
        if self.owed != (0, 0) {
            return self.hunk_line(number, line);
        }
        if let Some(rest) = line.strip_prefix(b"diff --git ") {
            self.close(number);
            self.data = false;
            let file = PatchFile {
                line: number,
                ..PatchFile::default()
            };
            let Some((old, new)) = patch_name::header(rest) else {
                self.file = Some(file);
                return self.fault(number, "the names of this header cannot be told apart");
            };
            self.file = Some(PatchFile {
                old: Some(old),
                new: Some(new),
                ..file
            });
        } else if line.starts_with(b"@@ ") {
            self.hunk(number, line);
        } else if self.data && is_data(line) {
        } else if line.starts_with(b"--- ") {
            self.side(number, line, false);
        } else if line.starts_with(b"+++ ") {
            self.side(number, line, true);
        } else if line.starts_with(b"\\ ") {
            // "\ No newline at end of file"
        } else if self.file.is_some() && self.extended(line) {
        } else if !line.trim_ascii().is_empty() {
            self.fault(number, "this line belongs to no file of the diff");
        }
    }

    fn hunk_line(&mut self, number: usize, line: &[u8]) {
        let (old, new) = &mut self.owed;
        let (takes_old, takes_new) = match line.first() {
            Some(b' ') | None => (1, 1),
            Some(b'-') => (1, 0),
            Some(b'+') => (0, 1),
            Some(b'\\') => return,
            Some(_) => {
                self.owed = (0, 0);
                self.fault(number, "the hunk ends before its header says so");
                return self.line(number, line);
            }
        };
        if *old < takes_old || *new < takes_new {
            self.owed = (0, 0);
            return self.fault(number, "the hunk holds more than its header says");
        }
        *old -= takes_old;
        *new -= takes_new;
        if let Some(file) = &mut self.file {
            if file.link && takes_old == 0 && file.target.is_none() {
                file.target = Some(String::from_utf8_lossy(&line[1..]).into_owned());
            }
            file.added += u64::from(takes_old == 0);
            file.removed += u64::from(takes_new == 0);
        }
    }

    fn hunk(&mut self, number: usize, line: &[u8]) {
        let counts = std::str::from_utf8(line).ok().and_then(counts).or_else(|| {
            // The function name behind the second `@@` may be in any encoding.
            counts(&String::from_utf8_lossy(line))
        });
        if self.data {
            self.fault(number, "this hunk follows binary data");
        }
        match (counts, self.file.is_some()) {
            (Some(counts), true) => {
                self.hunks = true;
                self.owed = counts;
            }
            (None, _) => self.fault(number, "the header of this hunk cannot be read"),
            (_, false) => self.fault(number, "this hunk belongs to no file"),
        }
    }

    /// `--- a/name` and `+++ b/name`.
    fn side(&mut self, number: usize, line: &[u8], new: bool) {
        if std::mem::take(&mut self.data) {
            // What follows binary data without git's header is a diff of its own.
            self.close(number);
        }
        let name = patch_name::side(&line[4..], if new { b"b/" } else { b"a/" });
        if !new && (self.file.is_none() || self.hunks) {
            // A diff without git's header begins here.
            self.close(number);
            self.file = Some(PatchFile {
                line: number,
                ..PatchFile::default()
            });
        }
        let Some(file) = &mut self.file else {
            return self.fault(number, "this line belongs to no file of the diff");
        };
        let (said, kept) = if new {
            (&mut file.new, &mut self.sides.1)
        } else {
            (&mut file.old, &mut self.sides.0)
        };
        let agrees = match (&said, &name) {
            (Some(said), Some(name)) => said == name,
            _ => true,
        };
        if said.is_none() {
            said.clone_from(&name);
        }
        *kept = Some(name.clone());
        if !agrees {
            // Both are held against what is allowed.
            let other = PatchFile {
                old: None,
                new: name,
                line: number,
                ..PatchFile::default()
            };
            self.patch.files.push(other);
            self.fault(
                number,
                "this name differs from the one in the file's header",
            );
        }
    }

    /// Lines between the header and the first hunk.
    fn extended(&mut self, line: &[u8]) -> bool {
        let Some(file) = &mut self.file else {
            return false;
        };
        let name = |rest: &[u8]| Some(patch_name::unquoted(rest.trim_ascii_end()));
        let link = |mode: &[u8]| mode.trim_ascii() == b"120000";
        if let Some(mode) = line.strip_prefix(b"new file mode ") {
            file.change = Change::Added;
            file.link |= link(mode);
            file.old = None;
        } else if line.starts_with(b"deleted file mode ") {
            file.change = Change::Deleted;
            file.new = None;
        } else if let Some(mode) = line.strip_prefix(b"new mode ") {
            file.link |= link(mode);
        } else if let Some(index) = line.strip_prefix(b"index ") {
            // The mode stands here when it does not change.
            file.link |= index.rsplit(|byte| *byte == b' ').next().is_some_and(link);
        } else if let Some(from) = line.strip_prefix(b"rename from ") {
            file.change = Change::Renamed;
            file.old = name(from);
        } else if let Some(to) = line.strip_prefix(b"rename to ") {
            file.change = Change::Renamed;
            file.new = name(to);
        } else if let Some(from) = line.strip_prefix(b"copy from ") {
            file.change = Change::Copied;
            file.old = name(from);
        } else if let Some(to) = line.strip_prefix(b"copy to ") {
            file.change = Change::Copied;
            file.new = name(to);
        } else if line.starts_with(b"Binary files ") {
            file.binary = true;
        } else if line == b"GIT binary patch" {
            file.binary = true;
            self.data = true;
        } else {
            let known: [&[u8]; 4] = [
                b"old mode ",
                b"similarity index ",
                b"dissimilarity index ",
                b"mode ",
            ];
            return known.iter().any(|known| line.starts_with(known));
        }
        true
    }

    fn close(&mut self, number: usize) {
        let sides = std::mem::take(&mut self.sides);
        self.hunks = false;
        let Some(mut file) = self.file.take() else {
            return;
        };
        // `/dev/null` on a side: the file is new, or goes.
        if sides.0 == Some(None) && file.change == Change::Modified {
            file.change = Change::Added;
            file.old = None;
        }
        if sides.1 == Some(None) && file.change == Change::Modified {
            file.change = Change::Deleted;
            file.new = None;
        }
        if file.old.is_none() && file.new.is_none() {
            self.fault(number, "a file of the diff has no name");
        } else {
            self.patch.files.push(file);
        }
    }

    fn finish(mut self) -> Patch {
        let last = self.file.as_ref().map_or(1, |file| file.line);
        if self.owed != (0, 0) {
            self.fault(last, "the diff ends within a hunk");
        }
        self.close(last);
        self.patch
    }
}

/// Whether a line may stand in a binary patch: a length, base85 (which has neither spaces nor
/// slashes), or the blank line that ends it.
fn is_data(line: &[u8]) -> bool {
    let sized = line.starts_with(b"literal ") || line.starts_with(b"delta ");
    let coded = |byte: &u8| byte.is_ascii_graphic() && !b"/\\\"'.,:[]".contains(byte);
    sized || line.iter().all(coded)
}

/// Lines that a hunk's header announces: `@@ -1,5 +1,7 @@`.
fn counts(line: &str) -> Option<(u64, u64)> {
    let rest = line.strip_prefix("@@ -")?;
    let (old, rest) = rest.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let count = |range: &str| -> Option<u64> {
        let (start, count) = range.split_once(',').unwrap_or((range, "1"));
        start.parse::<u64>().ok()?;
        count.parse().ok()
    };
    Some((count(old)?, count(new)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<String> {
        let patch = Patch::read(text.as_bytes());
        assert_eq!(patch.faults, [], "{text}");
        patch.touched().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn renames_deletions_binaries_and_quoted_names_are_read() {
        let text = "diff --git a/old name.py b/new name.py\nsimilarity index 90%\nrename from old name.py\nrename to new name.py\n\
            diff --git a/gone b/gone\ndeleted file mode 100644\nindex 1..0\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
            diff --git \"a/caf\\303\\251\" \"b/caf\\303\\251\"\nnew file mode 100644\n--- /dev/null\n+++ \"b/caf\\303\\251\"\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n\
            diff --git a/p.png b/p.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQzWM\n\nliteral 0\nHcmV?d00001\n\n";
        assert_eq!(
            names(text),
            ["café", "gone", "new name.py", "old name.py", "p.png"]
        );
        let patch = Patch::read(text.as_bytes());
        assert_eq!(patch.names().len(), 4);
        assert!(patch.files[3].binary);
        assert_eq!((patch.files[1].removed, patch.files[2].added), (1, 1));
    }

    #[test]
    fn lines_of_a_hunk_do_not_pose_as_headers() {
        let text = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n x\n--- a/evil\n+++ b/evil\n+diff --git a/z b/z\n";
        assert_eq!(names(text), ["a"]);
    }

    #[test]
    fn a_header_that_names_one_file_and_a_side_that_names_another_touch_both() {
        let text = "diff --git a/a b/a\n--- a/a\n+++ b/deploy/x\n@@ -1 +1 @@\n-x\n+y\n";
        let patch = Patch::read(text.as_bytes());
        assert!(patch.touched().contains("deploy/x") && patch.touched().contains("a"));
        assert_eq!(patch.faults.len(), 1);
    }

    #[test]
    fn binary_data_hides_no_diff_behind_it() {
        let data = "diff --git a/p.png b/p.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQzWM\n\nliteral 0\nHcmV?d00001\n\n";
        let behind = format!("{data}--- a/deploy/x\n+++ b/deploy/x\n@@ -1 +1 @@\n-x\n+y\n");
        assert_eq!(names(&behind), ["deploy/x", "p.png"]);
        let hunk = format!("{data}@@ -1 +1 @@\n-x\n+y\n");
        assert_eq!(Patch::read(hunk.as_bytes()).faults.len(), 1);
    }

    #[test]
    fn links_tell_where_they_lead() {
        let read = |text: &str| {
            let patch = Patch::read(text.as_bytes());
            let file = &patch.files[0];
            (file.link, file.target.clone())
        };
        let made = "diff --git a/l b/l\nnew file mode 120000\nindex 0..1\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+../x\n\\ No newline at end of file\n";
        assert_eq!(read(made), (true, Some("../x".to_owned())));
        let moved =
            "diff --git a/l b/l\nindex 0..1 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-x\n+y\n";
        assert_eq!(read(moved), (true, Some("y".to_owned())));
        let became = "diff --git a/l b/l\nold mode 100644\nnew mode 120000\n";
        assert_eq!(read(became), (true, None));
        let plain =
            "diff --git a/l b/l\nindex 0..1 100644\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-x\n+y\n";
        assert_eq!(read(plain), (false, None));
    }

    #[test]
    fn what_is_no_diff_is_told() {
        for text in [
            "nothing of the sort\n",
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,9 +1,9 @@\n x\n",
            "@@ -1 +1 @@\n-x\n+y\n",
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n+more\n",
        ] {
            assert!(!Patch::read(text.as_bytes()).faults.is_empty(), "{text}");
        }
        assert_eq!(Patch::read(b""), Patch::default());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Patch::read(&bytes);
        }

        #[test]
        fn never_panics_on_what_looks_like_one(text in "(diff --git |a/|b/|--- |\\+\\+\\+ |@@ -1,2 \\+1 @@|\"|\\\\3|rename from |\n| ){0,60}") {
            let _ = Patch::read(text.as_bytes());
        }
    }
}
