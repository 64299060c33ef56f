// SPDX-License-Identifier: Apache-2.0
//! Names of artifacts: `<namespace>::<CODE>` (specification of the PGS runtime, section 1.2). A name
//! becomes a file name, so a hostile one is refused before anything is opened.

use std::fmt;

/// What an artifact is, by the first words of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `AC_`: an actor.
    Actor,
    /// `ASSERT_`
    Assertion,
    /// `CC_`: a pipeline of steps with a closed set of outcomes.
    CapabilityContract,
    /// `CONSTITUTION_`
    Constitution,
    /// `CS_`: a side effect.
    SideEffect,
    /// `CT_`: a pure transform.
    Transform,
    /// `EV_`: an event.
    Event,
    /// `IN_`: an intent.
    Intent,
    /// `INVARIANT_`
    Invariant,
    /// `RB_`: what side effects are bound to.
    RuntimeBinding,
    /// `STRUCTURE_`
    Structure,
    /// `SURFACE_CONTRACT_`: the legal outcomes of a step.
    SurfaceContract,
    /// `TEST_DATA_`
    TestData,
    /// `TE_`: transport egress.
    TransportEgress,
    /// `TI_`: transport ingress.
    TransportIngress,
    /// `VOCAB_`: a vocabulary.
    Vocabulary,
    /// `WF_`: a workflow.
    Workflow,
}

impl Kind {
    /// Every kind: how its codes begin, the tag in `artifact_type`, the folder it stands in.
    const ALL: [(Kind, &'static str, &'static str, &'static str); 17] = [
        (
            Kind::SurfaceContract,
            "SURFACE_CONTRACT_",
            "SURFACE_CONTRACT",
            "surface_contracts",
        ),
        (
            Kind::Constitution,
            "CONSTITUTION_",
            "CONSTITUTION",
            "constitutions",
        ),
        (Kind::Invariant, "INVARIANT_", "INVARIANT", "invariants"),
        (Kind::Structure, "STRUCTURE_", "STRUCTURE", "structures"),
        (Kind::TestData, "TEST_DATA_", "TEST_DATA", "test_data"),
        (Kind::Assertion, "ASSERT_", "ASSERT", "assertions"),
        (Kind::Vocabulary, "VOCAB_", "VOCAB", "vocabulary"),
        (Kind::Actor, "AC_", "AC", "actors"),
        (
            Kind::CapabilityContract,
            "CC_",
            "CC",
            "capability_contracts",
        ),
        (Kind::SideEffect, "CS_", "CS", "capability_side_effects"),
        (Kind::Transform, "CT_", "CT", "capability_transforms"),
        (Kind::Event, "EV_", "EV", "events"),
        (Kind::Intent, "IN_", "IN", "intents"),
        (Kind::RuntimeBinding, "RB_", "RB", "runtime_bindings"),
        (Kind::TransportEgress, "TE_", "TE", "transport_egress"),
        (Kind::TransportIngress, "TI_", "TI", "ingress_intents"),
        (Kind::Workflow, "WF_", "WF", "workflows"),
    ];

    /// The kind of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, prefix, ..)| code.starts_with(prefix))
            .map(|(kind, ..)| *kind)
    }

    /// The tag in `artifact_type`.
    pub fn tag(self) -> &'static str {
        self.row().2
    }

    /// The folder below `artifacts/` (or `governance/artifacts/`).
    pub fn folder(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static (Kind, &'static str, &'static str, &'static str) {
        Self::ALL
            .iter()
            .find(|(kind, ..)| *kind == self)
            .expect("every kind stands in the table")
    }
}

/// Why a text names no artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FqdnError {
    /// No `::`, or more than one.
    #[error("{0:?} is no name of an artifact: write <namespace>::<CODE>")]
    Form(String),
    /// A character that has no place in a name.
    #[error("{0:?} is no name of an artifact: it holds {1:?}")]
    Character(String, char),
    /// A code of no known kind.
    #[error("{0:?} names no known kind of artifact")]
    Kind(String),
}

/// The full name of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fqdn {
    text: String,
    at: usize,
    kind: Kind,
}

impl Fqdn {
    /// Reads `<namespace>::<CODE>`.
    ///
    /// # Errors
    /// See [`FqdnError`].
    pub fn parse(text: &str) -> Result<Self, FqdnError> {
        let form = || FqdnError::Form(text.to_owned());
        let (namespace, code) = text.split_once("::").ok_or_else(form)?;
        if namespace.is_empty() || code.is_empty() || code.contains(':') {
            return Err(form());
        }
        let strange = |c: &char, upper: bool| {
            let letter = if upper {
                c.is_ascii_uppercase()
            } else {
                c.is_ascii_lowercase()
            };
            !(letter || c.is_ascii_digit() || *c == '_' || (!upper && *c == '.'))
        };
        let wrong = namespace
            .chars()
            .find(|c| strange(c, false))
            .or_else(|| code.chars().find(|c| strange(c, true)));
        if let Some(c) = wrong {
            return Err(FqdnError::Character(text.to_owned(), c));
        }
        if namespace.split('.').any(str::is_empty) {
            return Err(form());
        }
        let kind = Kind::of_code(code).ok_or_else(|| FqdnError::Kind(text.to_owned()))?;
        Ok(Self {
            text: text.to_owned(),
            at: namespace.len(),
            kind,
        })
    }

    /// A name, or a short code within `namespace`.
    ///
    /// # Errors
    /// See [`FqdnError`].
    pub fn parse_within(text: &str, namespace: &str) -> Result<Self, FqdnError> {
        if text.contains("::") {
            Self::parse(text)
        } else {
            Self::parse(&format!("{namespace}::{text}"))
        }
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before `::`.
    pub fn namespace(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands behind `::`.
    pub fn code(&self) -> &str {
        &self.text[self.at + 2..]
    }

    /// What it names.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{}__{}.json", self.namespace(), self.code())
    }
}

impl fmt::Display for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_tells_kind_and_file() {
        let name = Fqdn::parse("a.b_c::CC_STORE_V0").unwrap();
        assert_eq!(name.kind(), Kind::CapabilityContract);
        assert_eq!(name.file_name(), "a.b_c__CC_STORE_V0.json");
        assert_eq!((name.namespace(), name.code()), ("a.b_c", "CC_STORE_V0"));
    }

    #[test]
    fn hostile_names_are_refused() {
        for text in [
            "a::CC_X::CC_Y",
            "a/b::CC_X",
            "..::CC_X",
            "a::CC_../X",
            "a::CC_\0",
            "a\\b::CC_X",
            "CC_X",
            "::CC_X",
            "a::",
            "a::XX_Y",
            "A::CC_X",
        ] {
            assert!(Fqdn::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_file_name_has_one_part(text in "\\PC{0,40}") {
            if let Ok(name) = Fqdn::parse(&text) {
                prop_assert!(!name.file_name().contains(['/', '\\']));
                prop_assert!(!name.file_name().starts_with('.'));
            }
        }
    }
}
