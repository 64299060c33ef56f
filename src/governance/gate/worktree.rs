// SPDX-License-Identifier: Apache-2.0
//! The read-only checks of a guard, as far as the files of a git repository tell (section 4.8).
//! Git is not run. What cannot be known counts as blocked, with the reason.

use super::guard;
use super::{Paper, guard::Check};
use crate::discover::{self, TreeOptions};
use crate::git::{Checkout, Index};
use crate::governance::files::read_bounded;
use crate::governance::profile::Profile;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Bytes of a small file of the repository's data.
const SMALL: u64 = 1 << 20;

/// A repository's own data.
struct Git {
    root: PathBuf,
    checkout: Checkout,
}

fn small(path: &Path) -> Option<String> {
    let bytes = read_bounded(path, SMALL).ok()?;
    String::from_utf8(bytes)
        .ok()
        .map(|text| text.trim().to_owned())
}

impl Git {
    fn open(root: &Path) -> Result<Self, String> {
        let checkout = Checkout::at(root).ok_or("the folder is no git worktree")?;
        Ok(Self {
            root: root.to_owned(),
            checkout,
        })
    }

    /// Names of the other worktrees, and whether each is still there.
    fn others(&self) -> Result<Vec<(String, bool)>, String> {
        let folder = self.checkout.common.join("worktrees");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let listing = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
        let mut found = Vec::new();
        for entry in listing {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.canonicalize().ok() == self.checkout.own.canonicalize().ok() {
                continue;
            }
            let name = path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let there = small(&path.join("gitdir")).is_none_or(|gitdir| path.join(gitdir).exists());
            found.push((name, there));
        }
        // Seen from a linked worktree, the main one is another.
        if self.checkout.own.canonicalize().ok() != self.checkout.common.canonicalize().ok() {
            found.push(("main".to_owned(), true));
        }
        found.sort();
        Ok(found)
    }

    fn index(&self) -> Result<Index, String> {
        if !self.checkout.is_sha1() {
            return Err("the repository uses SHA-256, which is not read here".to_owned());
        }
        let index = self.checkout.index()?;
        index.ok_or_else(|| "there is no index".to_owned())
    }

    /// Operations that were begun and not ended.
    fn operations(&self) -> Vec<&'static str> {
        let marks = [
            ("MERGE_HEAD", "a merge"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
            ("rebase-merge", "a rebase"),
            ("rebase-apply", "a rebase"),
            ("BISECT_LOG", "a bisection"),
        ];
        let under_way = marks
            .iter()
            .filter(|(mark, _)| self.checkout.own.join(mark).exists());
        under_way.map(|(_, what)| *what).collect()
    }

    /// Why the worktree is not known to be clean.
    fn unclean(&self) -> Result<(), String> {
        if self.checkout.own.join("index.lock").exists() {
            return Err("another program holds the index".to_owned());
        }
        let index = self.index()?;
        let mut tracked = BTreeSet::new();
        for entry in &index.entries {
            let name = entry.shown();
            if entry.is_submodule() {
                return Err("a submodule's state is not read here".to_owned());
            }
            let Ok(found) = std::fs::symlink_metadata(self.root.join(entry.path())) else {
                return Err(format!("`{name}` is gone"));
            };
            if u64::from(entry.size) != found.len() & 0xffff_ffff {
                return Err(format!("`{name}` was changed"));
            }
            let since = found
                .modified()
                .ok()
                .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            if since.is_none_or(|since| since.as_secs() & 0xffff_ffff != u64::from(entry.mtime)) {
                return Err(format!("`{name}` was written since git last looked at it"));
            }
            tracked.insert(name);
        }
        let listing = discover::tree(&self.root, &TreeOptions::default())
            .map_err(|error| error.to_string())?;
        let stray = listing
            .inputs
            .iter()
            .find(|input| !tracked.contains(&*input.name));
        if let Some(stray) = stray {
            return Err(format!("`{}` is not tracked", stray.name));
        }
        match (index.tree, self.checkout.head_tree()) {
            (Some(staged), Some(committed)) if staged == committed.to_string() => Ok(()),
            (Some(_), Some(_)) | (None, Some(_)) => {
                Err("something is staged, or may be".to_owned())
            }
            (_, None) => Err("the commit that is checked out cannot be read".to_owned()),
        }
    }
}

/// A worktree as git's own files tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The commit that is checked out.
    pub head: Option<String>,
    /// Why it is not known to be clean; nothing when it is.
    pub unclean: Option<String>,
}

/// How a worktree stands; nothing when the folder is none.
pub fn standing(root: &Path) -> Option<Standing> {
    let git = Git::open(root).ok()?;
    Some(Standing {
        head: git.checkout.head(),
        unclean: git.unclean().err(),
    })
}

/// Checks of which files tell.
const TOLD: [&str; 4] = [
    "worktree_list",
    "main_status",
    "active_worktrees",
    "conflicts",
];

/// What the files tell of each check; nothing where they tell nothing.
fn told(root: &Path, name: &str) -> Option<Result<String, String>> {
    if !TOLD.contains(&name) {
        return None;
    }
    let git = match Git::open(root) {
        Ok(git) => git,
        Err(why) => return Some(Err(why)),
    };
    let answer = match name {
        "worktree_list" => git
            .others()
            .map(|others| format!("{} beside this one", others.len())),
        "main_status" => git.unclean().map(|()| "clean".to_owned()),
        "active_worktrees" => git.others().and_then(|others| {
            let active: Vec<String> = others
                .into_iter()
                .filter(|(_, there)| *there)
                .map(|(name, _)| name)
                .collect();
            if active.is_empty() {
                Ok("none".to_owned())
            } else {
                Err(format!(
                    "{} may be in use by others",
                    super::shape::and(&active)
                ))
            }
        }),
        "conflicts" => {
            let under_way = git.operations();
            if !under_way.is_empty() {
                return Some(Err(format!("{} is under way", under_way.join(", "))));
            }
            git.index().and_then(|index| {
                let open = index.entries.iter().find(|entry| entry.stage != 0);
                open.map_or(Ok("none".to_owned()), |entry| {
                    Err(format!("`{}` is in conflict", entry.shown()))
                })
            })
        }
        _ => return None,
    };
    Some(answer)
}

/// Makes a guard's record. `recorded` is a guard that states the results of what files cannot tell.
pub fn guard(root: &Path, recorded: Option<&Paper>, profile: &Profile) -> serde_json::Value {
    let stated: Vec<Check> = recorded.map_or_else(Vec::new, |paper| {
        guard::checks(&paper.sheet, paper.document.as_deref(), profile)
    });
    let mut checks = Vec::new();
    let mut reasons = Vec::new();
    for name in profile.gates.guard.checks.keys() {
        let from_record = || {
            let check = stated
                .iter()
                .find(|check| check.name == *name && check.recorded == Some(true))?;
            let path = recorded.map_or("", |paper| paper.sheet.path.as_str());
            Some(Ok(format!("{} ({path})", check.said)))
        };
        let answer = told(root, name).or_else(from_record).unwrap_or_else(|| {
            Err(
                "files do not tell; record the result in a guard and name it with --record"
                    .to_owned(),
            )
        });
        let (status, said) = match answer {
            Ok(said) => ("passed", said),
            Err(why) => {
                reasons.push(format!("{name}: {why}"));
                ("blocked", why)
            }
        };
        checks.push(json!({"check": name, "status": status, "reason": said}));
    }
    let passed = reasons.is_empty();
    json!({
        "schema_version": "cto.core_route_guard.v1",
        "core_route_admission_status": "not_admitted",
        "guard_status": if passed { "passed" } else { "blocked" },
        "blocked_reason": reasons.join("; "),
        "do_not_touch_other_agent_work": true,
        "ready_for_core_route_review": passed,
        "next_allowed_action": if passed { "ask for the review of the route" } else { "resolve what blocks, then look again" },
        "idle_governed_core_route_required": true,
        "no_active_conflicting_core_worktree_required": true,
        "checks": checks,
        "reserves": "nothing",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_known_is_blocked() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::embedded();
        let made = guard(dir.path(), None, &profile);
        assert_eq!(made["guard_status"], "blocked");
        let text = made["blocked_reason"].as_str().unwrap();
        assert!(
            text.contains("main_status: the folder is no git worktree"),
            "{text}"
        );
        assert!(text.contains("sequence_route: files do not tell"), "{text}");
    }

    #[test]
    fn worktrees_conflicts_and_locks_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let git = dir.path().join(".git");
        std::fs::create_dir_all(git.join("worktrees/other")).unwrap();
        std::fs::create_dir(git.join("objects")).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(
            git.join("worktrees/other/gitdir"),
            dir.path().join("HEAD").to_str().unwrap(),
        )
        .unwrap();
        std::fs::write(dir.path().join("HEAD"), "x").unwrap();
        std::fs::write(git.join("MERGE_HEAD"), "0").unwrap();
        std::fs::write(git.join("index.lock"), "").unwrap();
        let told = |name: &str| told(dir.path(), name).unwrap();
        assert_eq!(told("worktree_list"), Ok("1 beside this one".to_owned()));
        assert_eq!(
            told("active_worktrees"),
            Err("`other` may be in use by others".to_owned())
        );
        assert_eq!(told("conflicts"), Err("a merge is under way".to_owned()));
        assert_eq!(
            told("main_status"),
            Err("another program holds the index".to_owned())
        );
        std::fs::remove_file(dir.path().join("HEAD")).unwrap();
        assert_eq!(
            self::told(dir.path(), "active_worktrees").unwrap(),
            Ok("none".to_owned())
        );
    }
}
