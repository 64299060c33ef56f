// SPDX-License-Identifier: Apache-2.0
//! Order, parallelism, suppression and verdict: inputs in, one [`Report`](crate::model::Report)
//! out. Knows no single rule and no file format.

mod cells;
mod collect;
mod container;
mod echo;
mod engine;
mod error;
mod examine;
pub mod examples;
pub mod family;
mod finish;
mod grouping;
mod history;
mod hits;
mod inputs;
mod judging;
mod kin;
mod listing;
mod members;
mod messages;
mod objects;
mod pages;
mod pipeline;
mod quiet;
mod reading;
pub mod reference;
pub mod reference_pic;
mod request;
mod resolve;
mod rooms;
mod suppress;
mod tools;
mod turns;
mod wide;

pub use engine::{Engine, Selection};
pub use error::AuditError;
pub use listing::repo_profile;
pub use pipeline::run;
pub use request::{Progress, Request, Target};
