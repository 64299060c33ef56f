// SPDX-License-Identifier: Apache-2.0
//! Budgets against hostile containers. Defaults are some four times the largest real
//! package seen.

/// How much a container may hold before reading stops with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers inside containers; 1 = members of the outermost only.
    pub depth: u32,
    /// Members of one outermost container, nested ones counted in.
    pub entries: u64,
    /// Unpacked bytes of one member (and of one file on disk that is held whole).
    pub entry_bytes: u64,
    /// Unpacked bytes of one outermost container, nested ones counted in.
    pub total_bytes: u64,
    /// Unpacked size over packed size, once it is above `ratio_floor`: of one zip member or
    /// sparse file, and of a compressed stream as a whole.
    pub ratio: u64,
    /// Unpacked bytes below which the ratio is not looked at.
    pub ratio_floor: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 4,
            entries: 100_000,
            entry_bytes: 1 << 30,
            total_bytes: 8 << 30,
            ratio: 1_000,
            ratio_floor: 1 << 20,
        }
    }
}
