// SPDX-License-Identifier: Apache-2.0
//! What several test modules share.

pub(crate) mod tree_artifact;

pub mod cli;
pub(crate) mod archive;
