// SPDX-License-Identifier: Apache-2.0
//! What a check is: of one entry, of one artifact, or of the artifacts of a release.

use super::artifact::{Artifact, Release};
use crate::classify::{Classified, Kind};
use crate::model::Draft;
use crate::rules::Rule;

/// Sees one entry while its bytes are there.
pub trait EntryCheck: Sync {
    /// Name in rule tables.
    fn name(&self) -> &'static str;
    /// Cheap test before [`EntryCheck::check`]. Kinds, paths and origin of the rule's scope were already applied.
    fn wants(&self, entry: &Classified<'_>) -> bool;
    /// Judges the entry for one rule that names this check.
    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>);
}

/// Sees one finished artifact: the tree, or one container of any depth.
pub trait ArtifactCheck: Sync {
    /// Name in rule tables.
    fn name(&self) -> &'static str;
    /// Whether the content of this member must be kept for [`ArtifactCheck::check`].
    fn keeps(&self, name: &str, kind: Kind) -> bool;
    /// A small fact to remember of an entry while its bytes are there, found again in
    /// [`Artifact::notes`]: for checks that need something of every file, whose contents could
    /// never all be kept.
    fn note(&self, _entry: &Classified<'_>) -> Option<String> {
        None
    }
    /// Asked after [`ArtifactCheck::keeps`] said yes, once the bytes are there: whether they are
    /// needed after all. Memory stays flat only when checks keep little.
    fn keeps_content(&self, _name: &str, _bytes: &[u8]) -> bool {
        true
    }
    /// Whether this fault is that something is not there, so that nothing can be said of a container that
    /// was not read to its end.
    fn needs_all(&self, _fault: &str) -> bool {
        false
    }
    /// Checks with the same answer here keep the same contents, so one of them is asked.
    fn keeps_as(&self) -> &'static str {
        self.name()
    }
    /// Judges the artifact for one rule that names this check.
    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>);
}

/// Sees all artifacts of one release side by side: the tree and each archive of the dist folder.
/// Of an archive, only what [`Artifact::thin`] left is there.
pub trait ReleaseCheck: Sync {
    /// Name in rule tables.
    fn name(&self) -> &'static str;
    /// As [`ArtifactCheck::keeps`].
    fn keeps(&self, name: &str, kind: Kind) -> bool;
    /// As [`ArtifactCheck::keeps_content`].
    fn keeps_content(&self, _name: &str, _bytes: &[u8]) -> bool {
        true
    }
    /// Whether the check asks for such a member of what is about to be uploaded by its size and digest.
    fn indexes(&self, _name: &str) -> bool {
        false
    }
    /// Judges the release for one rule that names this check.
    fn check(&self, rule: &Rule, release: &Release<'_>, out: &mut Vec<Draft>);
}
