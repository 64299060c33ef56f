// SPDX-License-Identifier: Apache-2.0
//! What the SPDX checks share: licence expressions, headers in the head of a file, REUSE
//! metadata, and which files need no header. No rule is judged here.

pub(super) mod bill;
pub(super) mod exempt;
pub(super) mod expression;
pub(super) mod family;
pub(super) mod header;
pub(super) mod notice;
pub(super) mod reuse;
pub(super) mod title;
