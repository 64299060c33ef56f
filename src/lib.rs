// SPDX-License-Identifier: Apache-2.0
//! `ccr`: may this be released, and if not, what exactly must be repaired?
//!
//! Data flows one way: discover -> open -> match -> check -> finding -> report.
//! `docs/architecture.md` says which module may import which.

pub mod artifact;
pub mod checks;
pub mod classify;
pub mod matching;
pub mod model;
pub mod rules;
pub mod schema;
pub mod support;
