// SPDX-License-Identifier: Apache-2.0
//! What an organisation calls things: document kinds, vocabularies, notices, statements, stages,
//! failure classes. The embedded profile follows the specification; a project's own file changes
//! what it names (tables are merged, lists replaced).

mod evidence;
mod gates;
mod planning;
mod work;

pub use evidence::*;
pub use gates::*;
pub use planning::*;
pub use work::*;

use serde::Deserialize;

/// The whole profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    pub id: String,
    /// The planning tree.
    pub planning: Planning,
    /// Runs.
    pub evidence: Evidence,
    /// Stages, admissions, approvals.
    pub gates: Gates,
}

/// The embedded parts.
const EMBEDDED: [&str; 5] = [
    include_str!("../../../rules/governance-profile/planning.toml"),
    include_str!("../../../rules/governance-profile/statements.toml"),
    include_str!("../../../rules/governance-profile/evidence.toml"),
    include_str!("../../../rules/governance-profile/gates.toml"),
    include_str!("../../../rules/governance-profile/work.toml"),
];

impl Profile {
    /// The embedded profile.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn embedded() -> Self {
        Self::with(None).expect("the embedded profile is read by a test")
    }

    /// The embedded profile with a project's own text laid over it.
    ///
    /// # Errors
    /// The text is no TOML, or names what a profile does not have.
    pub fn with(own: Option<&str>) -> Result<Self, String> {
        let mut merged = toml::Table::new();
        for part in EMBEDDED.into_iter().chain(own) {
            let table: toml::Table = toml::from_str(part).map_err(|error| error.to_string())?;
            merge(&mut merged, table);
        }
        let profile: Self = merged
            .try_into()
            .map_err(|error: toml::de::Error| error.to_string())?;
        // The embedded profile alone is checked by a test; its patterns are compiled when needed.
        if own.is_some() {
            profile.check()?;
        }
        Ok(profile)
    }

    /// Whether every pattern compiles.
    fn check(&self) -> Result<(), String> {
        self.planning.check()?;
        self.gates.check()
    }
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(new)) => merge(known, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_profile_is_read_and_a_project_changes_what_it_names() {
        let embedded = Profile::embedded();
        assert_eq!(embedded.id, "cto");
        embedded.check().unwrap();
        let own = Profile::with(Some("[planning]\nowners = [\"ana\"]\n")).unwrap();
        assert_eq!(own.planning.owners, ["ana"]);
        assert_eq!(own.planning.kinds.len(), embedded.planning.kinds.len());
        assert!(Profile::with(Some("[planning]\nowner = 1\n")).is_err());
    }
}
