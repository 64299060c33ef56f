// SPDX-License-Identifier: Apache-2.0
//! What must and must not have happened before (specification of the PGS runtime, section 4.3),
//! read from the logs that the binding can reach. A log that cannot be read admits nobody; the
//! original reads every log below the data root and drops what stands behind a broken line.

use super::plan::Plan;
use super::state::Options;
use crate::pgs::model::Admission;
use crate::pgs::store::{Recorded, Store, StorePath};
use crate::support::pyjson::ordered::Value;
use indexmap::IndexMap;
use std::io;

/// Why nobody is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denial {
    /// `ADMISSION_DENIED` or `ADMISSION_BINDING_MISSING_FIELD`.
    pub(super) code: &'static str,
    pub(super) message: String,
    /// What was asked; none when a binding could not be made.
    pub(super) constraint: Option<String>,
}

impl Denial {
    fn of(constraint: String) -> Self {
        Self {
            code: "ADMISSION_DENIED",
            message: format!("Admission denied: {constraint}"),
            constraint: Some(constraint),
        }
    }
}

type Fields<'a> = IndexMap<&'a str, &'a Value>;

pub(super) fn judge(
    plan: &Plan,
    admission: &Admission,
    payload: &Value,
    store: &mut Store,
    options: &Options,
) -> io::Result<Option<Denial>> {
    let mut bound: IndexMap<&str, Fields<'_>> = IndexMap::new();
    for (event, fields) in &admission.bindings {
        for (field, from) in fields {
            let Some(value) = payload.get(from).filter(|value| !value.is_null()) else {
                let message = format!(
                    "Admission binding for '{event}' references payload field '{from}' \
                     which is not present in the payload."
                );
                return Ok(Some(Denial {
                    code: "ADMISSION_BINDING_MISSING_FIELD",
                    message,
                    constraint: None,
                }));
            };
            bound.entry(event).or_default().insert(field, value);
        }
    }
    let logs = if options.compat {
        store.all_logs()?
    } else {
        plan.logs.clone()
    };
    let mut any = |event: &str, fields: &Fields<'_>| -> io::Result<Result<bool, Denial>> {
        for path in &logs {
            match recorded(store, path, event, fields, options.compat)? {
                Ok(true) => return Ok(Ok(true)),
                Ok(false) => {}
                Err(denial) => return Ok(Err(denial)),
            }
        }
        Ok(Ok(false))
    };
    let none = Fields::new();
    for event in &admission.requires {
        let fields = bound.get(event.as_str()).unwrap_or(&none);
        match any(event, fields)? {
            Ok(true) => {}
            Ok(false) => return Ok(Some(Denial::of(format!("requires {event}")))),
            Err(denial) => return Ok(Some(denial)),
        }
    }
    let every: Fields<'_> = bound.values().flatten().map(|(f, v)| (*f, *v)).collect();
    for event in &admission.forbids {
        let fields = bound.get(event.as_str()).unwrap_or(&every);
        match any(event, fields)? {
            Ok(false) => {}
            Ok(true) => return Ok(Some(Denial::of(format!("forbids {event}")))),
            Err(denial) => return Ok(Some(denial)),
        }
    }
    Ok(None)
}

fn recorded(
    store: &mut Store,
    path: &StorePath,
    event: &str,
    fields: &Fields<'_>,
    compat: bool,
) -> io::Result<Result<bool, Denial>> {
    Ok(match store.recorded(path, event, fields)? {
        Recorded::Yes => Ok(true),
        Recorded::No => Ok(false),
        Recorded::Broken { before, .. } if compat => Ok(before),
        Recorded::Broken { fault, .. } => Err(Denial::of(format!("readable log {path}: {fault}"))),
    })
}
