// SPDX-License-Identifier: Apache-2.0
//! `ccr`: may this be released, and if not, what exactly must be repaired?
//!
//! Data flows one way: discover -> open -> match -> check -> finding -> report.
//! `docs/architecture.md` says which module may import which.

pub mod artifact;
pub mod audit;
pub mod checks;
pub mod classify;
pub mod cli;
pub mod config;
pub mod discover;
pub mod git;
pub mod governance;
pub mod matching;
pub mod model;
pub mod pgs;
pub mod pic;
pub mod report;
pub mod rules;
pub mod runtime;
pub mod schema;
pub mod support;
