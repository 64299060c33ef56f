// SPDX-License-Identifier: Apache-2.0
//! What is found in the published snapshot beyond the static observations, and why it is true. Each
//! was read in the artifact.

/// Rule, artifact (`*`: every one of this rule), reason.
pub(super) const FURTHER: &[(&str, &str, &str)] = &[
    (
        "pgs-ref-list",
        "*",
        "the compiler lists neither side effects of steps, nor nodes of workflows, nor workflows of \
         intents, nor storage structures",
    ),
    (
        "pgs-adm",
        "ai_governance::WF_AUTO_RECLAIM_V0",
        "forbids EV_LICENSE_REVOKED_V0 by license_id, and the node that logs it binds license_id only \
         inside `data`, so the record carries it as payload.license_id (recorded run 23); admission \
         also needs employee_id, which IN_RECLAIM_LICENSE_V0 does not declare (recorded run 21)",
    ),
    (
        "pgs-adm",
        "blockchain::WF_CREATE_WALLET_V0",
        "admission needs actor_id at the top level; IN_WALLET_CREATED_V0 declares actor_record, \
         wallet_config and wallet_type",
    ),
    (
        "pgs-adm",
        "blockchain::WF_VERIFY_ACTOR_V0",
        "admission needs actor_id at the top level; IN_ACTOR_VERIFIED_V0 declares actor_record, \
         decision, notes and verifier_id",
    ),
    (
        "pgs-adm",
        "blockchain::WF_SUBMIT_TRANSACTION_V0",
        "requires EV_WALLET_CREATED_V0; the only event about wallets that the snapshot holds is \
         EV_WALLET_CREATION_REQUESTED_V0",
    ),
    (
        "pgs-ct-input",
        "ai_governance::CC_RECLAIM_UNUSED_LICENSE_V0",
        "CT_PURE_EVALUATE_INACTIVITY_V0 declares current_date required without default, the step \
         binds last_active_date and threshold_days only",
    ),
    (
        "pgs-expr-field",
        "pgs_capabilities.registry.name_service.capability_contracts::CC_LOOKUP_NAME_V0",
        "READ of CS_NAME_REGISTRY_V0 declares resource_addresses; the step reads value.resource_addresses",
    ),
    (
        "pgs-expr-field",
        "pgs_capabilities.registry.name_service.capability_contracts::CC_REGISTER_NAME_V0",
        "WRITE of CS_NAME_REGISTRY_V0 declares success; the step reads value.success",
    ),
    (
        "pgs-pure",
        "blockchain::CT_PURE_DERIVE_WALLET_KEYPAIRS_V0",
        "declared pure, entropy_bytes is optional without default: absent, the keys come from chance",
    ),
    (
        "pgs-pure",
        "capability_transforms::CT_PURE_GENERATE_ENTROPY_V0",
        "declared pure, and it gives entropy from nothing but a number of bits",
    ),
];
