// SPDX-License-Identifier: Apache-2.0
//! The mark of a waiver in a file; `build.rs` reads it here too.

/// The marker. Written in two parts so that this file is not a waiver itself.
pub const MARKER: &str = concat!("ccr:", "allow");
