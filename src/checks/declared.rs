//! x
use super::*;
/// x
pub fn wants(_: &Rule, _: &str) -> bool {
    false
}
/// x
pub fn check(_: &Rule, _: &Artifact, _: &mut Vec<Draft>) {}
