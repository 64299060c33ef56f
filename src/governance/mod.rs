// SPDX-License-Identifier: Apache-2.0
//! Governed change: plans, approvals and run evidence that teams keep in a repository, and whether
//! they hold (specification of the governed change harness).
//!
//! Flow: [`files`] (bytes of a folder or archive, bounded) -> [`run`] (one run directory) and [`plan`]
//! (the planning tree) -> [`checks`] (one function a rule) -> [`audit`]. What a document kind, a
//! stage, a failure class or a notice is, is data: [`profile`].

pub mod audit;
pub mod checks;
pub mod control;
pub mod files;
pub mod gate;
pub mod jcs;
pub mod json;
pub mod make;
pub mod paths;
pub mod plan;
pub mod profile;
pub mod run;
pub mod sensitive;
pub mod stamp;
