// SPDX-License-Identifier: Apache-2.0
//! The rule ids that anomalies carry. Each has a table under `rules/archive/`; a test compares
//! the two in both directions.

macro_rules! ids {
    ($($name:ident = $id:literal;)+) => {
        $(pub(super) const $name: &str = $id;)+
        /// Every id that [`super::walk`] may report.
        pub const ANOMALY_RULES: &[&str] = &[$($id),+];
    };
}

ids! {
    BUDGET_DEPTH = "archive-budget-depth";
    BUDGET_ENTRIES = "archive-budget-entries";
    BUDGET_ENTRY_BYTES = "archive-budget-entry-bytes";
    BUDGET_RATIO = "archive-budget-ratio";
    BUDGET_TOTAL_BYTES = "archive-budget-total-bytes";
    CHECKSUM = "archive-checksum";
    CONTENT_IN_NON_FILE = "archive-content-in-non-file";
    DUPLICATE_NAME = "archive-duplicate-name";
    DUPLICATE_NAME_CASE = "archive-duplicate-name-case";
    DUPLICATE_NAME_NORMALISED = "archive-duplicate-name-normalised";
    ENCRYPTED = "archive-encrypted";
    LEADING_BYTES = "archive-leading-bytes";
    LINK = "archive-link";
    LINK_ESCAPES = "archive-link-escapes";
    LINK_WITH_ENTRY_BELOW = "archive-link-with-entry-below";
    NAME_BACKSLASH = "archive-name-backslash";
    NAME_ENCODING = "archive-name-encoding";
    NAME_ESCAPES = "archive-name-escapes";
    NAME_RESERVED = "archive-name-reserved";
    NAME_UNSAFE = "archive-name-unsafe";
    SETUID = "archive-setuid";
    SIZE_MISMATCH = "archive-size-mismatch";
    SPECIAL_FILE = "archive-special-file";
    TAR_HEADER = "archive-tar-header";
    TAR_NO_END = "archive-tar-no-end";
    TAR_NUMBER = "archive-tar-number";
    TAR_OVERRIDE = "archive-tar-override";
    TAR_SPARSE = "archive-tar-sparse";
    TRAILING_BYTES = "archive-trailing-bytes";
    TRUNCATED = "archive-truncated";
    UNREADABLE = "archive-unreadable";
    UNRECOGNISED = "archive-unrecognised";
    UNSUPPORTED_METHOD = "archive-unsupported-method";
    ZIP_DIRECTORY = "archive-zip-directory";
    ZIP_GAP = "archive-zip-gap";
    ZIP_HEADER_MISMATCH = "archive-zip-header-mismatch";
    ZIP_HIDDEN_ENTRY = "archive-zip-hidden-entry";
    ZIP_MANY_ENDS = "archive-zip-many-ends";
    ZIP_MISSING_LOCAL = "archive-zip-missing-local";
    ZIP_MULTI_DISK = "archive-zip-multi-disk";
    ZIP_OVERLAP = "archive-zip-overlap";
    ZIP_SYMLINK = "archive-zip-symlink";
    ZIP_UNICODE_PATH = "archive-zip-unicode-path";
    ZIP64 = "archive-zip64";
    ZIP64_NEEDLESS = "archive-zip64-needless";
}

/// Whether what an anomaly tells ends the reading of the whole outermost container.
pub fn spends_budget(rule: &str) -> bool {
    [BUDGET_ENTRIES, BUDGET_TOTAL_BYTES].contains(&rule)
}

/// Whether what an anomaly tells may leave members of its container unlisted.
pub fn cuts_listing(rule: &str) -> bool {
    [
        BUDGET_RATIO,
        TRUNCATED,
        UNREADABLE,
        ZIP_DIRECTORY,
        ZIP_MULTI_DISK,
    ]
    .contains(&rule)
}
