// SPDX-License-Identifier: Apache-2.0
//! The decision packet for a promotion.

use super::{Check, Found, recorded};
use crate::governance::gate::guard;
use crate::governance::plan::Plan;
use crate::rules::Rule;

pub(super) const CHECKS: &[Check] = &[Check::plan(guard::PACKET, packet)];

fn packet(plan: &Plan<'_>, rule: &Rule, found: &mut Found) {
    let kind = "decision-packet";
    recorded::each(plan, rule, found, kind, |sheet| {
        guard::packet(sheet, plan.profile)
    });
}
