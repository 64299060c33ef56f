// SPDX-License-Identifier: Apache-2.0
//! P-SEAL: is this the folder that was sealed?

use super::context::{Context, Found};
use crate::pgs::files::Files;
use crate::pgs::seal::Seal;
use crate::rules::Rule;

/// P-SEAL.
pub(super) fn seal(context: &Context<'_>, rule: &Rule, found: &mut Found) {
    let Some(handed) = context.seal else {
        return;
    };
    let seal = match Seal::parse(&handed.bytes) {
        Ok(seal) => seal,
        Err(error) => {
            let text = format!("`{}` is no seal: {error}.", handed.path);
            found.drafts.push(context.file(rule, ".", text));
            return;
        }
    };
    let prefix = context
        .snapshot
        .as_ref()
        .map_or("", |snapshot| &snapshot.prefix);
    for difference in seal.differences(&below(context.files, prefix)) {
        let path = format!("{prefix}{}", difference.path());
        found
            .drafts
            .push(context.file(rule, &path, format!("{difference}.")));
    }
}

/// The files of the sealed folder, which may be one of the folder that is judged.
fn below(files: &Files, prefix: &str) -> Files {
    let named = |path: &str| path.strip_prefix(prefix).map(str::to_owned);
    Files {
        root: files.root.join(prefix),
        files: files
            .files
            .iter()
            .filter_map(|(path, file)| Some((named(path)?, file.clone())))
            .collect(),
        faults: files
            .faults
            .iter()
            .filter_map(|fault| {
                let mut fault = fault.clone();
                fault.path = named(&fault.path)?;
                Some(fault)
            })
            .collect(),
    }
}
