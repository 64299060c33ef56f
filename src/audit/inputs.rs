// SPDX-License-Identifier: Apache-2.0
//! Who speaks about inputs of its own.

use super::error::AuditError;
use crate::matching::Lent;
use crate::model::Judged;

/// A family with inputs of its own.
pub trait Family: Sync {
    /// First word of its rule ids.
    fn id(&self) -> &'static str;
    /// Key under which its facts stand in the report of a scan.
    fn name(&self) -> &'static str {
        self.id()
    }
    /// Source of its residuals and, by its last word, prefix of its report's id.
    fn source(&self) -> &'static str;
    /// Judges. Gets the active rules, those of other families included, and the search for secrets
    /// and paths: a family may let another engine speak about its files, never hold a second copy
    /// of it.
    ///
    /// # Errors
    /// Something named does not exist, or a rule does not compile: what did not run leaves no
    /// verdict. A fault *in* the input is a draft.
    fn judge(&self, lent: &Lent) -> Result<Judged, AuditError>;
}
