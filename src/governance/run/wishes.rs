// SPDX-License-Identifier: Apache-2.0
//! What is handed in beside runs: a contract, admissions, a stage.

use super::contract::Contract;
use crate::governance::files::read_bounded;
use crate::governance::json;
use crate::support::pyjson::ordered::Value;
use std::path::Path;

/// Most bytes of a contract or an admission.
const MOST: u64 = 4 << 20;

/// What is handed in beside runs.
#[derive(Debug, Clone, Default)]
pub struct RunWishes {
    /// Task contract in place of the run's own copy.
    pub contract: Option<Contract>,
    /// Admission of the target repository.
    pub target: Option<Value>,
    /// Admission of the model.
    pub model: Option<Value>,
    /// Stage to prove.
    pub stage: Option<u64>,
    /// Whether modification times are looked at.
    pub check_mtime: bool,
}

impl RunWishes {
    /// Reads a contract.
    ///
    /// # Errors
    /// It cannot be read, or is no task contract.
    pub fn read_contract(&mut self, path: &Path) -> Result<(), String> {
        let value = object(path)?;
        let contract = Contract::of(&value);
        if contract.task_id.is_none() && contract.allowed_paths.is_none() {
            return Err(format!("{}: it is no task contract", path.display()));
        }
        self.contract = Some(contract);
        Ok(())
    }

    /// Reads an admission; its members tell which of the two it is.
    ///
    /// # Errors
    /// It cannot be read, or is neither.
    pub fn read_admission(&mut self, path: &Path) -> Result<(), String> {
        let value = object(path)?;
        let slot = if value.get("admission_status").is_some() {
            &mut self.target
        } else if value.get("provider").is_some() || value.get("model").is_some() {
            &mut self.model
        } else {
            let text = "it is neither an admission of a target (`admission_status`) nor of a model (`provider`, `model`)";
            return Err(format!("{}: {text}", path.display()));
        };
        if slot.replace(value).is_some() {
            return Err(format!(
                "{}: a second admission of this sort",
                path.display()
            ));
        }
        Ok(())
    }
}

fn object(path: &Path) -> Result<Value, String> {
    let told = |cause: String| format!("{}: {cause}", path.display());
    let bytes = read_bounded(path, MOST).map_err(|error| told(error.to_string()))?;
    let value = json::parse(&bytes).map_err(told)?;
    if value.as_object().is_none() {
        return Err(told("it is no JSON object".to_owned()));
    }
    Ok(value)
}
