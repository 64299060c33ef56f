// SPDX-License-Identifier: Apache-2.0
//! What side effects are bound to: runtime bindings and storage structures (specification of the
//! PGS runtime, section 1.7).

use super::{Reader, ShapeFault};
use crate::pgs::fqdn::Fqdn;
use crate::pgs::snapshot::Artifact;
use crate::support::pyjson::ordered::Value;
use indexmap::IndexMap;

/// What one side effect is bound to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bound {
    /// `policy`, with its templates unexpanded; null when absent.
    pub policy: Value,
    /// Name of the host that the original asks for.
    pub host: Option<String>,
}

/// A runtime binding.
#[derive(Debug, Clone, PartialEq)]
pub struct RuntimeBinding {
    /// Its name.
    pub fqdn: Fqdn,
    /// Side effect to what it is bound to.
    pub bindings: IndexMap<String, Bound>,
    /// The storage structure.
    pub storage: Option<String>,
}

impl RuntimeBinding {
    /// Reads a runtime binding.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let core = Reader::new(artifact.core(), "/frontmatter/core");
        let bindings = core.object("bindings", faults).into_iter();
        let bindings = bindings
            .map(|(name, member)| {
                let policy = member.member("policy").map(|policy| policy.value().clone());
                let bound = Bound {
                    policy: policy.unwrap_or_default(),
                    host: member.text("host", faults),
                };
                (name, bound)
            })
            .collect();
        Self {
            fqdn: artifact.fqdn.clone(),
            bindings,
            storage: core.text("storage_structure", faults),
        }
    }
}

/// Where entities are stored, below the data root.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// Its name.
    pub fqdn: Fqdn,
    /// Entity to path.
    pub stores: IndexMap<String, String>,
}

impl Storage {
    /// Reads a storage structure.
    pub fn read(artifact: &Artifact, faults: &mut Vec<ShapeFault>) -> Self {
        let core = Reader::new(artifact.core(), "/frontmatter/core");
        let stores = core.object("entity_stores", faults).into_iter();
        let stores = stores
            .filter_map(|(entity, member)| Some((entity, member.text("path", faults)?)))
            .collect();
        Self {
            fqdn: artifact.fqdn.clone(),
            stores,
        }
    }
}
