// SPDX-License-Identifier: Apache-2.0
//! References that share one file (git-pack-refs(1)).

/// What `packed-refs` says: names in order, what they name, and the commit behind a tag.
pub(super) struct Packed<'t> {
    /// Whether a tag without a commit behind it is known to be none of an object.
    pub(super) peeled: bool,
    pub(super) refs: Vec<(&'t str, &'t str, Option<&'t str>)>,
}

impl<'t> Packed<'t> {
    pub(super) fn parse(text: &'t str) -> Self {
        let mut packed = Self {
            peeled: false,
            refs: Vec::new(),
        };
        for line in text.lines() {
            if let Some(told) = line.strip_prefix('#') {
                packed.peeled |= told.contains(" peeled") || told.contains(" fully-peeled");
            } else if let Some(commit) = line.strip_prefix('^') {
                if let Some(last) = packed.refs.last_mut() {
                    last.2 = Some(commit.trim());
                }
            } else if let Some((id, name)) = line.split_once(' ') {
                packed.refs.push((name.trim(), id, None));
            }
        }
        packed
    }

    pub(super) fn get(&self, name: &str) -> Option<&'t str> {
        let found = self.refs.iter().find(|(known, ..)| *known == name);
        found.map(|(_, id, _)| *id)
    }
}
