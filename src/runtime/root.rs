// SPDX-License-Identifier: Apache-2.0
//! The root as the reference resolves it: `~` expanded, absolute, links followed where they exist.

use std::path::{Component, Path, PathBuf};

/// Links in a row before they count as a circle.
const LINKS: usize = 40;

/// The absolute path of a root that need not exist.
pub fn resolve(root: &Path) -> PathBuf {
    let expanded = expand(root);
    let absolute = std::path::absolute(&expanded).unwrap_or(expanded);
    // What exists is resolved by the system, the rest by its parts.
    let mut known = PathBuf::new();
    for part in absolute.components() {
        let next = match part {
            Component::ParentDir => {
                known.pop();
                continue;
            }
            Component::CurDir => continue,
            part => known.join(part),
        };
        known = next.canonicalize().unwrap_or_else(|_| follow(next));
    }
    known
}

/// The compatibility version that `ccr.config.json` of a root asks for, if it can be read and does.
pub fn configured_compat(root: &Path) -> Option<String> {
    let bytes = std::fs::read(resolve(root).join(super::layout::CONFIG)).ok()?;
    let config = crate::support::pyjson::parse_bytes(&bytes).ok()?;
    config.text("compat").map(str::to_owned)
}

/// Where a link points whose target does not exist yet.
fn follow(path: PathBuf) -> PathBuf {
    let mut at = path.clone();
    for _ in 0..LINKS {
        let Ok(target) = std::fs::read_link(&at) else {
            return at;
        };
        let folder = at.parent().unwrap_or(Path::new("/"));
        at = folder.join(target);
        at = at.canonicalize().unwrap_or(at);
    }
    path
}

/// `~` and `~/x` with `HOME`.
fn expand(path: &Path) -> PathBuf {
    let Ok(rest) = path.strip_prefix("~") else {
        return path.to_owned();
    };
    match std::env::var_os("HOME") {
        // As a shell joins them: `~/x` is then `/x`.
        Some(home) if home.is_empty() => Path::new("/").join(rest),
        Some(home) => Path::new(&home).join(rest),
        None => path.to_owned(),
    }
}
