// SPDX-License-Identifier: Apache-2.0
//! Protocol-Governed Systems: behaviour declared as data, executed by traversal, recorded in traces.
//!
//! Flow: [`files`] (bytes, read once) -> [`snapshot`] (names to artifacts) -> [`model`] (typed, with
//! [`expression`]s). What is executed and what is judged ([`checks`], run by [`validate`]) both stand on
//! these.

pub mod capability;
pub mod checks;
pub mod clock;
pub mod examine;
pub mod execute;
pub mod expression;
pub mod external;
pub mod files;
pub mod fqdn;
pub mod gate;
pub mod limits;
pub mod model;
pub mod picture;
pub mod replay;
pub mod seal;
pub mod snapshot;
pub mod store;
pub mod trace;
pub mod validate;
pub mod yaml;
