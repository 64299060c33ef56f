// SPDX-License-Identifier: Apache-2.0
//! JSON for machines. Each version is a frozen copy of its own, so that a change inside the
//! program is not a change for users.

pub mod reference;
pub mod v1;
