// SPDX-License-Identifier: Apache-2.0
//! One test binary: one link, one shared harness.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests fail by panicking")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests report figures"
)]

mod architecture;
mod archive;
mod archive_audit;
mod baseline;
mod claims;
mod cli;
mod echo;
mod fixtures;
mod generated;
mod gitleaks;
mod governance;
mod harness;
mod history;
mod mutation;
mod path_cases;
mod path_rules;
mod pgs;
mod pic;
mod repo;
mod report;
mod rules;
mod runtime;
mod schema_family;
mod schemas;
mod secret_places;
mod secrets;
mod spdx;
