// SPDX-License-Identifier: Apache-2.0
//! What PIC's source declares: commands, records, report builders, families, literals.

use super::input::{Input, Kind};
use super::matrix::{BuiltBy, Matrix};
use super::python::commands::{Command, commands};
use super::python::records::{self, Builder, Field, Literal, Record};
use super::python::{self, Token};
use crate::model::ByteSpan;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Flags whose value matters wherever it is written.
pub const FLAGS: &[&str] = &[
    "arbitrary_shell_execution",
    "executed",
    "executed_command_count",
    "execution_authority_granted",
    "network_call_performed",
    "physical_dispatch_ready",
    "protocol_relative_only",
    "provider_dispatch_ready",
    "proves_physical_or_oracle_truth",
    "proves_real_asi",
    "settled",
];

/// Something and the file it stands in.
#[derive(Debug, Clone)]
pub struct In<T> {
    /// File of the input.
    pub file: String,
    /// The thing.
    pub what: T,
}

/// Everything that was read out of the package's source.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// File of the command line.
    pub cli: Option<String>,
    /// Command path to command.
    pub commands: BTreeMap<String, Command>,
    /// Record classes.
    pub records: Vec<In<Record>>,
    /// Functions that return a report as a dictionary.
    pub builders: BTreeMap<String, In<Builder>>,
    /// `pic.<name>.v<n>` to where it first stands.
    pub families: BTreeMap<String, In<ByteSpan>>,
    /// Flags with a literal value.
    pub literals: Vec<In<Literal>>,
    /// Lists called `non_goals`.
    pub non_goals: Vec<In<(Vec<String>, ByteSpan)>>,
    /// Files that could not be read, and why.
    pub unreadable: Vec<(String, String)>,
}

/// What one file gave.
#[derive(Default)]
struct Part {
    commands: BTreeMap<String, Command>,
    records: Vec<Record>,
    builders: BTreeMap<String, Builder>,
    families: Vec<(String, ByteSpan)>,
    literals: Vec<Literal>,
    non_goals: Vec<(Vec<String>, ByteSpan)>,
}

impl Model {
    /// Reads every source file of the package.
    pub fn read(input: &Input, matrix: &Matrix) -> Self {
        let mut model = Self::default();
        if input.kind.is_none_or(|kind| kind == Kind::Reports) {
            return model;
        }
        let package = input.package(&matrix.module);
        let cli = format!("{package}cli.py");
        let names: Vec<&String> = input
            .files
            .keys()
            .filter(|name| name.starts_with(&package) && name.ends_with(".py"))
            .collect();
        let parts: Vec<(&String, Result<Part, String>)> = names
            .par_iter()
            .map(|name| (*name, part(input, name, **name == cli, matrix)))
            .collect();
        for (name, part) in parts {
            let put = |file: &str| file.to_owned();
            match part {
                Err(why) => model.unreadable.push((name.clone(), why)),
                Ok(part) => {
                    if *name == cli {
                        model.commands = part.commands;
                        model.cli = Some(name.clone());
                    }
                    let all = part.records.into_iter();
                    model.records.extend(all.map(|what| In {
                        file: put(name),
                        what,
                    }));
                    for (function, what) in part.builders {
                        let file = put(name);
                        model.builders.insert(function, In { file, what });
                    }
                    for (family, what) in part.families {
                        let file = put(name);
                        model.families.entry(family).or_insert(In { file, what });
                    }
                    let all = part.literals.into_iter();
                    model.literals.extend(all.map(|what| In {
                        file: put(name),
                        what,
                    }));
                    let all = part.non_goals.into_iter();
                    model.non_goals.extend(all.map(|what| In {
                        file: put(name),
                        what,
                    }));
                }
            }
        }
        model
    }

    /// The first class of this name.
    pub fn record(&self, name: &str) -> Option<&In<Record>> {
        self.records.iter().find(|record| record.what.name == name)
    }

    /// Number of classes that are records themselves.
    pub fn record_count(&self) -> usize {
        let is_record = |record: &&In<Record>| record.what.bases.iter().any(|b| b == "BaseModel");
        self.records.iter().filter(is_record).count()
    }

    /// A record's fields, those of its bases included.
    pub fn fields<'m>(&'m self, record: &'m Record) -> BTreeMap<&'m str, &'m Field> {
        let mut fields = BTreeMap::new();
        let mut waiting = vec![(record, 0)];
        while let Some((record, depth)) = waiting.pop() {
            for (name, field) in &record.fields {
                fields.entry(name.as_str()).or_insert(field);
            }
            // A ring of bases must not turn for ever.
            if depth < 8 {
                let bases = record.bases.iter().filter_map(|base| self.record(base));
                waiting.extend(bases.map(|base| (&base.what, depth + 1)));
            }
        }
        fields
    }

    /// Key to declared type of a report; the type is empty where source does not say it.
    pub fn report_keys(&self, built_by: &BuiltBy) -> Option<ReportKeys<'_>> {
        match built_by {
            BuiltBy::Record(name) => {
                let record = self.record(name)?;
                let keys = self.fields(&record.what);
                Some(ReportKeys {
                    file: &record.file,
                    span: record.what.span,
                    keys: keys
                        .into_iter()
                        .map(|(key, field)| (key.to_owned(), (field.kind.clone(), field.span)))
                        .collect(),
                })
            }
            BuiltBy::Function(name) => {
                let builder = self.builders.get(name)?;
                let keys = builder.what.keys.iter().map(|(key, value)| {
                    let kind = self.kind_of(&builder.what, value).unwrap_or_default();
                    (key.clone(), (kind, builder.what.span))
                });
                Some(ReportKeys {
                    file: &builder.file,
                    span: builder.what.span,
                    keys: keys.collect(),
                })
            }
        }
    }

    /// Type of `parameter.field`, when the parameter is a record; of a literal otherwise.
    fn kind_of(&self, builder: &Builder, value: &str) -> Option<String> {
        if matches!(value, "True" | "False") {
            return Some("bool".to_owned());
        }
        if value.starts_with(['"', '\'']) && !value.contains('(') {
            return Some("str".to_owned());
        }
        let (parameter, field) = value.split_once('.')?;
        let record = self.record(builder.parameters.get(parameter)?)?;
        let fields = self.fields(&record.what);
        fields.get(field).map(|field| field.kind.clone())
    }
}

/// Keys of one report as declared.
pub struct ReportKeys<'m> {
    /// File.
    pub file: &'m str,
    /// Where the record or builder stands.
    pub span: ByteSpan,
    /// Key to type text and place.
    pub keys: BTreeMap<String, (String, ByteSpan)>,
}

fn part(input: &Input, name: &str, cli: bool, matrix: &Matrix) -> Result<Part, String> {
    let Some(bytes) = input.bytes(name) else {
        return Err("its content was not read".to_owned());
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 at byte {}", error.valid_up_to()))?;
    let tokens = python::tokens(text)?;
    let lines = python::statements(&tokens);
    let wanted = |function: &str| {
        function.ends_with("compact_payload")
            || matrix.reports.iter().any(
                |row| matches!(&row.built_by, Some(BuiltBy::Function(name)) if name == function),
            )
    };
    Ok(Part {
        commands: if cli {
            commands(&lines)
        } else {
            BTreeMap::new()
        },
        records: records::records(&lines),
        builders: records::builders(&lines, wanted),
        families: tokens.iter().filter_map(family).collect(),
        literals: records::literals(&tokens, FLAGS),
        non_goals: records::lists(&tokens, "non_goals"),
    })
}

fn family(token: &Token<'_>) -> Option<(String, ByteSpan)> {
    let text = token.string()?;
    is_family(text).then(|| (text.to_owned(), token.span))
}

/// Whether a text is `pic.<name>.v<n>`.
pub fn is_family(text: &str) -> bool {
    let name = text
        .strip_prefix("pic.")
        .and_then(|rest| rest.rsplit_once(".v"))
        .filter(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    name.is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    })
}
