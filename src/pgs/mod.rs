// SPDX-License-Identifier: Apache-2.0
//! Protocol-Governed Systems: behaviour declared as data, executed by traversal, recorded in traces.
//!
//! Flow: [`files`] (bytes, read once) -> [`snapshot`] (names to artifacts) -> [`model`] (typed, with
//! [`expression`]s). What is executed and what is judged ([`checks`], run by [`validate`]) both stand on
//! these.

pub mod checks;
pub mod expression;
pub mod files;
pub mod fqdn;
pub mod limits;
pub mod model;
pub mod snapshot;
pub mod trace;
pub mod validate;
pub mod yaml;
