use crate::{classify::Classified, rules::Rule};
use std::sync::Arc;
/// x
#[derive(Debug)]
pub struct StatementMatcher;
impl StatementMatcher {
    /// x
    pub fn new(_: &[Arc<Rule>]) -> Result<Self, String> {
        Ok(Self)
    }
    /// x
    pub fn scan(&self, _: &Classified<'_>, _: &[usize], _: &mut Vec<super::Hit>) {}
}
