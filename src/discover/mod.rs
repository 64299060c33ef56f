// SPDX-License-Identifier: Apache-2.0
//! Turns arguments into inputs: which files of a repository would be published, which were named.
//! Opens files, but no archive, and judges nothing.

mod input;
mod open;
mod tree;
mod walk;

pub use input::{Input, InputKind, LinkFate, Place, Stat, Tree, TreeOptions};
pub use open::{Opener, look, look_at};
pub use tree::tree;

use std::path::Path;

/// A path as it is shown: relative parts with `/`, odd bytes escaped.
pub fn show(path: &Path) -> String {
    use std::path::Component;
    let mut out = String::new();
    for component in path.components() {
        let part = match component {
            Component::RootDir => {
                out.push('/');
                continue;
            }
            Component::CurDir => continue,
            other => other.as_os_str().as_encoded_bytes(),
        };
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&crate::model::EntryPath::escape(part));
    }
    if out.is_empty() { ".".to_owned() } else { out }
}
