// SPDX-License-Identifier: Apache-2.0
//! What several test modules share.

pub(crate) mod archive;
pub(crate) mod audits;
pub(crate) mod cli;
pub(crate) mod fill;
pub(crate) mod governance_case;
pub(crate) mod pgs_case;
pub(crate) mod pic_package;
pub(crate) mod repository;
pub(crate) mod rule_cases;
pub(crate) mod tree_artifact;
