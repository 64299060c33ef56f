// SPDX-License-Identifier: Apache-2.0
//! Whether a rule applies to an entry. What depends on kind and origin alone is decided once
//! for each pair and kept as a set of rules; globs are compiled and asked only once a keyword
//! of the rule stood in the entry.

use crate::classify::{Kind, Origin};
use crate::rules::{self, Body, Rule, Scope};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A set of rule numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleBits(Vec<u64>);

impl RuleBits {
    /// The rules whose kinds and origin admit such an entry.
    pub(super) fn admitting(rules: &[std::sync::Arc<Rule>], kind: &Kind, origin: Origin) -> Self {
        let admitted = |rule: &std::sync::Arc<Rule>| admits(rule, Some(kind), origin);
        Self::where_so(rules.iter().map(admitted))
    }

    /// The rules of which this is so.
    pub(super) fn where_so(flags: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut bits = vec![0; flags.len().div_ceil(64)];
        for (index, _) in flags.enumerate().filter(|(_, so)| *so) {
            bits[index / 64] |= 1 << (index % 64);
        }
        Self(bits)
    }

    /// Takes out what the other set does not hold.
    pub(super) fn retain(&mut self, other: &Self) {
        for (at, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(at).copied().unwrap_or(0);
        }
    }

    pub(super) fn holds(&self, rule: usize) -> bool {
        self.0
            .get(rule / 64)
            .is_some_and(|word| word >> (rule % 64) & 1 == 1)
    }
}

/// Kinds and origin; without a kind (a path rule, which sees names) only the origin counts.
pub(super) fn admits(rule: &Rule, kind: Option<&Kind>, origin: Origin) -> bool {
    let scope = &rule.scope;
    let here = match scope.origin {
        None => true,
        Some(rules::Origin::Tree) => origin == Origin::Tree,
        Some(rules::Origin::Archive) => origin == Origin::Archive,
    };
    let Some(kind) = kind else {
        return here;
    };
    let wanted = if scope.kinds.is_empty() {
        // What reads content as text must ask for binaries; a structural check knows what it reads.
        kind.is("text") || !matches!(rule.body, Body::Pattern(_) | Body::Statement(_))
    } else {
        scope.kinds.iter().any(|word| kind.is(word))
    };
    here && wanted && !scope.not_kinds.iter().any(|word| kind.is(word))
}

/// Names that are looked at before globs are compiled.
const FEW: u32 = 16;

/// The globs of one rule.
#[derive(Debug, Default)]
pub(super) struct Globs {
    /// Names that were looked at without them.
    asked: AtomicU32,
    compiled: OnceLock<Result<Option<(GlobSet, GlobSet)>, String>>,
}

impl Globs {
    /// Whether the name is in scope. A glob that does not compile limits nothing: a fault must
    /// not hide findings (it is reported by [`super::Matcher::compile_all`]).
    pub(super) fn admit(&self, scope: &Scope, name: &str) -> bool {
        // To compile globs takes longer than to look at a few names, and less than to look at many.
        let is_new =
            || self.compiled.get().is_none() && self.asked.fetch_add(1, Ordering::Relaxed) < FEW;
        if !scope.paths.is_empty()
            && is_new()
            && !scope.paths.iter().any(|glob| may_match(glob, name))
        {
            return false;
        }
        match self.get(scope) {
            Ok(Some((wanted, left_out))) => {
                (scope.paths.is_empty() || wanted.is_match(name)) && !left_out.is_match(name)
            }
            Ok(None) | Err(_) => true,
        }
    }

    /// Compiles them, once.
    pub(super) fn get(&self, scope: &Scope) -> &Result<Option<(GlobSet, GlobSet)>, String> {
        self.compiled.get_or_init(|| {
            if scope.paths.is_empty() && scope.not_paths.is_empty() {
                return Ok(None);
            }
            Ok(Some((set(&scope.paths)?, set(&scope.not_paths)?)))
        })
    }

    /// What went wrong so far.
    pub(super) fn fault(&self) -> Option<&String> {
        self.compiled.get()?.as_ref().err()
    }
}

/// Whether the name holds what the glob says letter for letter. Of globs that say more than `*`
/// and `?`, or that may not compile, nothing is known.
fn may_match(glob: &str, name: &str) -> bool {
    let plain = |part: &str| name.contains(part);
    glob.contains(['[', ']', '{', '}', '\\']) || glob.split(['*', '?', '/']).all(plain)
}

/// `*` and `?` stop at `/`; letters count as they are.
fn set(globs: &[String]) -> Result<GlobSet, String> {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        let glob = GlobBuilder::new(glob)
            .literal_separator(true)
            .build()
            .map_err(|error| error.to_string())?;
        builder.add(glob);
    }
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_case_sensitive_and_stop_at_separators() {
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let scope = Scope {
            paths: list(&["src/*.py", "**/*.lock"]),
            not_paths: list(&["**/tests/**"]),
            ..Scope::default()
        };
        let globs = Globs::default();
        assert!(globs.admit(&scope, "src/a.py"));
        assert!(!globs.admit(&scope, "src/b/a.py"));
        assert!(!globs.admit(&scope, "SRC/a.py"));
        assert!(globs.admit(&scope, "x/y/z.lock"));
        assert!(globs.admit(&scope, "z.lock"));
        assert!(!globs.admit(&scope, "x/tests/z.lock"));
    }

    #[test]
    fn a_name_that_a_glob_matches_may_match() {
        for (glob, name) in [
            ("**/.pgpass", ".pgpass"),
            ("**/conf*/*.key", "a/b/config/master.key"),
            ("src/**/a?.py", "src/ab.py"),
            ("*.{yml,yaml}", "b.yaml"),
            ("[a-c]/\\*", "b/*"),
        ] {
            assert!(set(&[glob.to_owned()]).is_ok_and(|set| set.is_match(name)));
            assert!(may_match(glob, name), "{glob} {name}");
        }
        assert!(!may_match("**/.pgpass", "src/pgpass"));
        assert!(!may_match("**/conf*/*.key", "a/b/master.key"));
    }

    #[test]
    fn a_broken_glob_hides_nothing_and_is_told() {
        let scope = Scope {
            paths: vec!["a[".to_owned()],
            ..Scope::default()
        };
        let globs = Globs::default();
        assert!(globs.admit(&scope, "anything"));
        assert!(globs.fault().is_some());
    }
}
