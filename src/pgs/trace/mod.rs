// SPDX-License-Identifier: Apache-2.0
//! Traces: what a run says, how it is written, and how it is read back.

pub mod event;

pub use event::{Effect, Event, FieldFault, Ground, Profile, Recorder, Registered};
