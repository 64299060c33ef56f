// SPDX-License-Identifier: Apache-2.0
//! What the integration tests share.

pub(crate) mod artifact;
pub(crate) mod fill;
