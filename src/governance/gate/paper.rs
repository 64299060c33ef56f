// SPDX-License-Identifier: Apache-2.0
//! A file that a command was given or a tree holds, and which record it is.

use super::shape::fits;
use super::sheet::Sheet;
use crate::governance::files::read_bounded;
use crate::governance::json;
use crate::governance::plan::{Document, Plan};
use crate::governance::profile::{Gates, Profile, RecordForm};
use crate::support::hashing;
use crate::support::pyjson::ordered::Value;
use std::path::Path;

/// Bytes of one such file.
const MOST: u64 = 16 << 20;

/// A file: JSON or a document.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its keys and values.
    pub sheet: Sheet,
    /// The JSON value.
    pub value: Option<Value>,
    /// The document.
    pub document: Option<Box<Document>>,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl Paper {
    /// Reads a file: Markdown by its ending, else JSON.
    ///
    /// # Errors
    /// It cannot be read, is larger than any such file, or is neither.
    pub fn read(path: &Path, profile: &Profile) -> Result<Self, String> {
        let shown = path.display().to_string();
        let told = |why: &dyn std::fmt::Display| format!("{shown}: {why}");
        let bytes = read_bounded(path, MOST).map_err(|error| told(&error))?;
        let named = shown.replace('\\', "/");
        Self::of(&named, &bytes, profile).map_err(|why| told(&why))
    }

    /// A file that holds nothing that can be judged: every field of it is missing.
    pub fn empty(path: &Path) -> Self {
        let path = path.display().to_string();
        Self {
            sheet: Sheet::empty(&path),
            value: None,
            document: None,
            sha256: String::new(),
        }
    }

    /// What these bytes hold.
    ///
    /// # Errors
    /// They are no UTF-8, no JSON, or no object.
    pub fn of(path: &str, bytes: &[u8], profile: &Profile) -> Result<Self, String> {
        let sha256 = hashing::sha256_hex(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err("it is no UTF-8".to_owned());
        };
        if path.to_lowercase().ends_with(".md") {
            let document = Document::parse(path, text, &profile.planning);
            return Ok(Self {
                sheet: Sheet::of_document(&document),
                value: None,
                document: Some(Box::new(document)),
                sha256,
            });
        }
        let value = json::parse(bytes)?;
        let Some(sheet) = Sheet::of_json(path, text, &value) else {
            return Err("it is no JSON object".to_owned());
        };
        Ok(Self {
            sheet,
            value: Some(value),
            document: None,
            sha256,
        })
    }

    /// The kind of its record.
    pub fn kind<'g>(&self, gates: &'g Gates) -> Option<&'g str> {
        let form = match &self.document {
            Some(document) => gates
                .records
                .iter()
                .find(|form| is_document(form, document, &self.sheet)),
            None => form_of(gates, &self.sheet),
        };
        form.map(|form| form.kind.as_str())
    }
}

/// The form of a JSON record: by its name, else by its keys.
pub fn form_of<'g>(gates: &'g Gates, sheet: &Sheet) -> Option<&'g RecordForm> {
    let named = |form: &&RecordForm| fits(&form.names, sheet.file());
    let keyed = |form: &&RecordForm| {
        let all = form.keys.iter().all(|key| sheet.values.contains_key(key));
        all && !form.keys.is_empty()
    };
    let mut forms = gates.records.iter();
    forms
        .find(named)
        .or_else(|| gates.records.iter().find(keyed))
}

/// Whether a document carries such a record.
pub fn is_document(form: &RecordForm, document: &Document, sheet: &Sheet) -> bool {
    let Some(kind) = document.kind.as_ref() else {
        return false;
    };
    if !form.documents.contains(kind) {
        return false;
    }
    let keyed = !form.keys.is_empty() && form.keys.iter().all(|key| sheet.get(key).is_some());
    form.stems.is_empty() || fits(&form.stems, &document.stem) || keyed
}

/// Every record of a kind in a tree: JSON files first, then documents, each in order of path.
pub fn of_kind(plan: &Plan<'_>, kind: &str) -> Vec<Sheet> {
    let gates = &plan.profile.gates;
    let Some(form) = gates.record(kind) else {
        return Vec::new();
    };
    let records = plan.records.iter().filter_map(Sheet::of_record);
    let ours = |sheet: &Sheet| form_of(gates, sheet).is_some_and(|found| found.kind == kind);
    let mut found: Vec<Sheet> = records.filter(ours).collect();
    for document in &plan.documents {
        if document
            .kind
            .as_ref()
            .is_some_and(|kind| form.documents.contains(kind))
        {
            let sheet = Sheet::of_document(document);
            if is_document(form, document, &sheet) {
                found.push(sheet);
            }
        }
    }
    found
}
