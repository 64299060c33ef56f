// SPDX-License-Identifier: Apache-2.0
//! What several test modules share.

pub(crate) mod tree_artifact;

pub mod cli;
pub(crate) mod archive;
//! What the integration tests share.

pub(crate) mod artifact;
pub(crate) mod fill;
