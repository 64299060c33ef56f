// SPDX-License-Identifier: Apache-2.0
//! Account names in tar headers: one finding for an archive, however many members carry one.

use super::{Artifact, ArtifactCheck};
use crate::classify::Kind;
use crate::model::Draft;
use crate::rules::Rule;
use std::collections::BTreeMap;

/// Emits at most one finding per archive.
pub(super) struct TarOwner;

impl ArtifactCheck for TarOwner {
    fn name(&self) -> &'static str {
        "tar-owner"
    }

    fn keeps(&self, _name: &str, _kind: Kind) -> bool {
        false
    }

    fn check(&self, rule: &Rule, artifact: &Artifact, out: &mut Vec<Draft>) {
        let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in artifact.entries.values() {
            if let Some(owner) = entry.owner.as_deref().filter(|owner| is_personal(owner)) {
                *owners.entry(owner).or_default() += 1;
            }
        }
        let count: usize = owners.values().sum();
        if count == 0 {
            return;
        }
        let entries = if count == 1 {
            "entry carries"
        } else {
            "entries carry"
        };
        let names: Vec<_> = owners
            .keys()
            .take(3)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match owners.len() {
            0..=3 => String::new(),
            all => format!(" and {} more", all - 3),
        };
        let description = format!(
            "{count} {entries} the account name {}{more} in the header.",
            names.join(", ")
        );
        out.push(Draft::new(
            rule.meta.id.clone(),
            &artifact.path,
            description,
        ));
    }
}

/// Names of roles, machines and build services: every archive made there has them.
const IMPERSONAL: &[&str] = &[
    "root",
    "admin",
    "administrator",
    "nobody",
    "nogroup",
    "daemon",
    "bin",
    "user",
    "users",
    "runner",
    "runneradmin",
    "travis",
    "circleci",
    "vsts",
    "vsts_azpcontainer",
    "jenkins",
    "gitlab-runner",
    "buildkite-agent",
    "appveyor",
    "distiller",
    "ubuntu",
    "debian",
    "ec2-user",
    "vagrant",
    "docker",
    "build",
    "builder",
    "mockbuild",
    "nixbld",
    "conda",
    "node",
    "npm",
    "app",
    "appuser",
    "jovyan",
    "vscode",
    "codespace",
    "gitpod",
    "github",
    "ci",
    "semaphore",
    "wheel",
    "staff",
    "default",
    "none",
    "www-data",
    "containeradministrator",
];

fn is_personal(owner: &str) -> bool {
    let owner = owner.trim().trim_end_matches('\0').to_ascii_lowercase();
    // `DOMAIN\name` and `DOMAIN+name` as Cygwin and Windows write them.
    let name = owner.rsplit(['\\', '+']).next().unwrap_or(&owner);
    !name.is_empty() && !name.bytes().all(|b| b.is_ascii_digit()) && !IMPERSONAL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_from_machines() {
        for owner in ["kowalczyk", "CORP\\kowalczyk", "anna.k"] {
            assert!(is_personal(owner), "{owner}");
        }
        for owner in [
            "",
            "root",
            "1000",
            "runner",
            "NT AUTHORITY\\Administrator",
            "vsts",
        ] {
            assert!(!is_personal(owner), "{owner}");
        }
    }
}
