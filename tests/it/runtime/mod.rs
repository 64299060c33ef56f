// SPDX-License-Identifier: Apache-2.0
//! Commands on protocol state, in both modes.

mod phase;
