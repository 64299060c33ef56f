// SPDX-License-Identifier: Apache-2.0
//! Gates, admissions, approvals and decisions (specification, sections 3 and 4): each is read from
//! JSON or from a document into one form ([`sheet`]) and judged once, for the rules over a planning
//! tree and for the commands over named files.

pub mod approval;
pub mod approval_answer;
pub mod approval_chain;
mod before;
pub mod binding;
pub mod comparison;
pub mod completion;
pub mod decide;
pub mod degraded;
pub mod eligibility;
pub mod guard;
pub mod ladder;
pub mod licence;
pub mod matrix;
pub mod open;
pub mod packet;
pub mod paper;
pub mod provider;
pub mod refresh;
pub mod repeatability;
pub mod runs;
pub mod shape;
pub mod sheet;
mod shown;
pub mod source;
pub mod stage_proof;
pub mod summary;
pub mod target;
pub mod worktree;

pub use paper::Paper;
pub use shape::Issue;
pub use sheet::Sheet;
