// SPDX-License-Identifier: Apache-2.0
//! The runtime's commands, in both modes.

mod concurrency;
mod examples;
mod import;
#[cfg(unix)]
mod kill;
mod lifecycle;
mod nothing_lost;
mod phase;
mod provider_http;
#[cfg(unix)]
mod provider_pic;
mod reference_quirks;
mod world;
