// SPDX-License-Identifier: Apache-2.0
//! The runtime's commands, in process, in both modes.

mod lifecycle;
