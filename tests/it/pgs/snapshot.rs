// SPDX-License-Identifier: Apache-2.0
//! The published snapshot is read whole.

use super::corpus::corpus;
use ccr::pgs::files::Files;
use ccr::pgs::fqdn::Kind;
use ccr::pgs::limits::Limits;
use ccr::pgs::model::{Contract, Intent, RuntimeBinding, SideEffect, Storage, Transform, Workflow};
use ccr::pgs::snapshot::{Snapshot, named_by};

#[test]
fn every_artifact_of_the_published_snapshot_is_read_without_a_note() {
    let Some(corpus) = corpus() else { return };
    let limits = Limits::default();
    let files = Files::read(&corpus.join("v02/snapshot"), &limits).unwrap();
    assert_eq!(files.faults, []);
    let snapshot = Snapshot::of(files, limits).unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    for (path, _) in snapshot.artifact_files() {
        let fqdn = named_by(path).unwrap_or_else(|| panic!("{path} names no artifact"));
        let artifact = snapshot.artifact(&fqdn).unwrap();
        count += 1;
        let before = faults.len();
        match fqdn.kind() {
            Kind::Workflow => drop(Workflow::read(&artifact, &mut faults)),
            Kind::Intent | Kind::TransportIngress => drop(Intent::read(&artifact, &mut faults)),
            Kind::CapabilityContract => drop(Contract::read(&artifact, &mut faults)),
            Kind::Transform => drop(Transform::read(&artifact, &mut faults)),
            Kind::SideEffect => drop(SideEffect::read(&artifact, &mut faults)),
            Kind::RuntimeBinding => drop(RuntimeBinding::read(&artifact, &mut faults)),
            Kind::Structure => drop(Storage::read(&artifact, &mut faults)),
            _ => {}
        }
        assert_eq!(faults[before..], [], "{path}");
    }
    assert_eq!(count, 135 + 12);
    assert_eq!(snapshot.conformance_files().count(), 70);
}
