// SPDX-License-Identifier: Apache-2.0
//! Embeds rules and schemas.
//!
//! Rule files are TOML for people; parsing hundreds of them at every start would cost more than
//! many scans. So each pack becomes MessagePack here, rule after rule, what is said about them and
//! their examples apart, and a syntax error in a rule file fails the build with its place.

#![allow(clippy::unwrap_used, reason = "a build script reports by failing")]

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rules/context.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the rest is for those who read what it makes"
)]
mod context;
#[path = "src/rules/keys.rs"]
mod keys;
#[path = "src/config/marker.rs"]
#[allow(unreachable_pub, reason = "the program shows it")]
mod marker;
#[path = "src/matching/reduce/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the rest is for those who read what it makes"
)]
mod reduce;
#[path = "src/matching/tables/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the rest is for those who read what it makes"
)]
mod tables;
#[path = "src/rules/words.rs"]
#[allow(dead_code, reason = "keywords that stand alone are read elsewhere")]
mod words;

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=schemas");
    println!("cargo::rerun-if-changed=src/config/marker.rs");
    println!("cargo::rerun-if-changed=src/matching/reduce");
    println!("cargo::rerun-if-changed=src/matching/tables");
    println!("cargo::rerun-if-changed=src/rules/context.rs");
    println!("cargo::rerun-if-changed=src/rules/keys.rs");
    println!("cargo::rerun-if-changed=src/rules/words.rs");

    let mut list = String::from("&[\n");
    let (mut parts, mut reduced) = (Vec::new(), Reduced::default());
    let mut asked = BTreeMap::new();
    for folder in sorted(&root.join("rules")) {
        // A folder without a manifest holds other data.
        if folder.join("pack.toml").is_file() {
            let pack = Pack::read(&folder, &mut parts, &mut reduced);
            let write = |part: &str, bytes: &[u8]| {
                let file = out.join(format!("{part}-{}.msgpack", pack.id));
                fs::write(&file, bytes).unwrap();
                format!("include_bytes!({file:?})")
            };
            list.push_str(&format!(
                "Pack {{ id: {:?}, digest: {:?}, manifest: {}, count: {}, rules: {}, prose: {}, examples: {} }},\n",
                pack.id,
                pack.digest,
                write("manifest", &packed(&pack.manifest)),
                pack.prose.len(),
                write("rules", &pack.rules),
                write("prose", &packed(&Value::Array(pack.prose))),
                write("examples", &packed(&Value::Object(pack.examples))),
            ));
            asked.insert(pack.id, pack.asked);
        }
    }
    list.push(']');
    fs::write(out.join("packs.rs"), list).unwrap();
    fs::write(out.join("parts.msgpack"), parts).unwrap();
    fs::write(out.join("claims.bin"), reduce::table(&reduced.claims)).unwrap();
    fs::write(out.join("sieves.bin"), reduce::table(&reduced.sieves)).unwrap();
    let profiles = parse(&root.join("rules/profiles.toml"));
    fs::write(out.join("profiles.msgpack"), packed(&profiles)).unwrap();
    let mut list = String::from("&[\n");
    for profile in profiles["profile"].as_array().into_iter().flatten() {
        let id = profile["id"].as_str().unwrap();
        let file = out.join(format!("tables-{id}.bin"));
        let of_packs = texts(&profile["packs"]);
        let rules = of_packs.iter().filter_map(|pack| asked.get(pack)).flatten();
        fs::write(&file, tables_of(rules)).unwrap();
        list.push_str(&format!("({id:?}, &Aligned(*include_bytes!({file:?}))),\n"));
    }
    list.push(']');
    fs::write(out.join("tables.rs"), list).unwrap();

    let mut list = String::from("&[\n");
    for file in sorted(&root.join("schemas")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        list.push_str(&format!(
            "({name:?}, include_str!({:?})),\n",
            file.to_str().unwrap()
        ));
    }
    list.push(']');
    fs::write(out.join("schemas.rs"), list).unwrap();
}

/// Keys of what is said about a rule.
const PROSE: [&str; 7] = [
    "aliases",
    "references",
    "repair",
    "repair_packed",
    "since",
    "title",
    "why",
];
/// Further keys that no verdict hangs on.
const ASIDE: [&str; 2] = ["residual", "status"];

/// Keys of what is read when it is needed, of a rule and of its `statement`.
const LATER: [&str; 5] = ["context", "judge", "keywords", "params", "pattern"];
const LATER_OF_STATEMENT: [&str; 6] =
    ["about", "allow", "any_of", "elsewhere", "keywords", "words"];
/// Lists of patterns among them.
const PATTERNS_OF_STATEMENT: [&str; 4] = ["about", "allow", "any_of", "elsewhere"];

/// One pack, and apart from its rules what a scan does not need of them: prose and examples.
struct Pack {
    id: String,
    /// SHA-256 (hex) of what can change a verdict.
    digest: String,
    manifest: Value,
    /// One after the other, by id.
    rules: Vec<u8>,
    /// In the same order.
    prose: Vec<Value>,
    examples: Map<String, Value>,
    /// What its rules say of when they are run, by their ids; tombstones are never run.
    asked: BTreeMap<String, Option<Asked>>,
}

/// What a rule says of when it is run: [`tables::Asks`], kept.
struct Asked {
    keywords: Vec<String>,
    of_names: bool,
    of_few: bool,
}

impl Asked {
    /// Of rules that keywords may call.
    fn of(rule: &Map<String, Value>) -> Option<Self> {
        let is_pattern = rule.contains_key("pattern") || rule.contains_key("context");
        let lists = match rule.get("statement") {
            Some(statement) => [statement.get("keywords"), statement.get("words")],
            None if is_pattern => [rule.get("keywords"), None],
            None => return None,
        };
        let globs = rule.get("scope").and_then(|scope| scope.get("paths"));
        Some(Self {
            keywords: lists.into_iter().flatten().flat_map(texts).collect(),
            of_names: rule.get("subject").is_some_and(|subject| subject == "path"),
            of_few: globs.is_some_and(|globs| !texts(globs).is_empty()),
        })
    }
}

/// What a matcher of these rules looks up, packed. Rules are named by their place when sorted by id.
fn tables_of<'a>(rules: impl Iterator<Item = (&'a String, &'a Option<Asked>)>) -> Vec<u8> {
    let sorted: BTreeMap<_, _> = rules.collect();
    let asks = sorted.values().map(|asked| {
        asked.as_ref().map(|asked| tables::Asks {
            keywords: asked.keywords.iter().map(String::as_str).collect(),
            of_names: asked.of_names,
            of_few: asked.of_few,
        })
    });
    tables::Tables::of(asks, marker::MARKER).unwrap().packed()
}

impl Pack {
    /// Reads a pack; what its rules need later is added to `parts`, what their patterns come
    /// down to, to `reduced`.
    fn read(folder: &Path, parts: &mut Vec<u8>, reduced: &mut Reduced) -> Self {
        let mut manifest = parse(&folder.join("pack.toml"));
        let shared = groups(&mut manifest);
        let id = manifest["id"].as_str().unwrap().to_owned();
        let mut hash = Sha256::new_with_prefix(manifest["severity"].to_string());
        let (mut examples, mut asked) = (Map::new(), BTreeMap::new());
        // By id: put together, packs are then nearly in order.
        let mut rules_by_id = BTreeMap::new();
        for file in sorted(folder) {
            if file.extension().is_some_and(|e| e == "toml") && !file.ends_with("pack.toml") {
                let mut content = parse(&file);
                let words = words::Words::new(&shared, &groups(&mut content));
                let words = words.unwrap_or_else(|cause| panic!("{}: {cause}", file.display()));
                let known = content.as_object().unwrap().keys().all(|key| key == "rule");
                assert!(
                    known,
                    "{}: only `[words]` and `[[rule]]` are known",
                    file.display()
                );
                let rules = content.get_mut("rule").and_then(Value::as_array_mut);
                for rule in rules.into_iter().flatten() {
                    let rule = rule.as_object_mut().unwrap();
                    let lists = ["match", "no_match"].map(|key| (key.to_owned(), rule.remove(key)));
                    let given = lists
                        .into_iter()
                        .filter_map(|(key, list)| Some((key, list?)));
                    let given = Value::Object(given.collect());
                    let id = rule["id"].as_str().unwrap().to_owned();
                    spell_out(rule, &words)
                        .unwrap_or_else(|cause| panic!("{}: rule `{id}`: {cause}", file.display()));
                    assert!(examples.insert(id.clone(), given).is_none(), "{id} twice");
                    let said = PROSE.iter().filter_map(|key| rule.remove_entry(*key));
                    let said: Map<_, _> = said.collect();
                    let required = said.iter().filter(|(_, value)| value.is_string());
                    let required: Vec<_> = required
                        .map(|(key, _)| (key.clone(), Value::from("")))
                        .collect();
                    if rule["status"] != "removed" {
                        asked.insert(id.clone(), Asked::of(rule));
                        let deciding = rule
                            .iter()
                            .filter(|(key, _)| !ASIDE.contains(&key.as_str()));
                        let deciding: Map<_, _> = deciding
                            .map(|(key, value)| (key.clone(), value.clone()))
                            .collect();
                        hash.update(Value::Object(deciding).to_string());
                    }
                    reduced.add(rule);
                    // What a rule must say stays, but says nothing here.
                    rule.extend(required);
                    rules_by_id.insert(id, (start_of(rule, parts), Value::Object(said)));
                }
            }
        }
        let (packed_rules, prose): (Vec<_>, Vec<_>) = rules_by_id.into_values().unzip();
        Self {
            id,
            digest: hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            manifest,
            rules: packed_rules.concat(),
            prose,
            examples,
            asked,
        }
    }
}

/// What patterns come down to, under their names.
#[derive(Default)]
struct Reduced {
    claims: Vec<(String, Vec<u8>)>,
    sieves: Vec<(String, Vec<u8>)>,
}

impl Reduced {
    fn add(&mut self, rule: &Map<String, Value>) {
        let statement = rule.get("statement");
        let lists = PATTERNS_OF_STATEMENT.iter();
        for source in lists
            .filter_map(|list| statement?.get(list))
            .flat_map(texts)
        {
            let packed = reduce::packed_claim(&source);
            self.claims.push((source, packed));
        }
        let context = rule.get("context").map(|context| {
            serde_json::from_value::<context::ContextRule>(context.clone()).unwrap()
        });
        let (name, pattern) = match (context, rule.get("pattern").and_then(Value::as_str)) {
            (Some(context), _) => (context.name(), context.pattern()),
            (None, Some(pattern)) => (pattern.to_owned(), pattern.to_owned()),
            (None, None) => return,
        };
        let keywords = rule.get("keywords").map(texts).unwrap_or_default();
        let validators = rule.get("judge").and_then(|judge| judge.get("validators"));
        let validators = validators.map(texts).unwrap_or_default();
        let sieve = reduce::Sieve::of(&pattern, &keywords, &validators);
        let wide = reduce::Wide::of(&pattern, sieve.run.as_ref());
        let packed = reduce::packed_sieve(&sieve, wide.as_ref());
        self.sieves
            .push((reduce::sieve_name(&name, &keywords, &validators), packed));
    }
}

/// Takes the table `[words]` out of a manifest or a rule file.
fn groups(content: &mut Value) -> words::Table {
    let table = content.as_object_mut().unwrap().remove("words");
    table.map_or_else(words::Table::new, |table| {
        serde_json::from_value(table).unwrap()
    })
}

/// Puts words in place of the groups of words that a rule's statement names, as
/// `RawRule::spell_out` does.
fn spell_out(rule: &mut Map<String, Value>, words: &words::Words) -> Result<(), String> {
    let Some(statement) = rule.get_mut("statement").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    for key in ["any_of", "allow", "about", "elsewhere", "keywords", "words"] {
        let Some(list) = statement.get_mut(key) else {
            continue;
        };
        let mut spelled = Vec::new();
        for text in texts(list) {
            match key {
                "any_of" | "allow" | "about" | "elsewhere" => spelled.push(words.pattern(&text)?),
                _ => spelled.extend(words.keywords(&text)?),
            }
        }
        *list = Value::from(spelled);
    }
    Ok(())
}

/// A list of texts.
fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The folder's entries by name; an absent folder is empty.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A rule as it is read at every start: in place of what is needed later stands where that lies.
fn start_of(rule: &Map<String, Value>, parts: &mut Vec<u8>) -> Vec<u8> {
    let mut out = map_of(rule.len());
    for (key, value) in rule {
        let number = keys::KEYS.iter().position(|known| known == key);
        // Of a key that nobody knows the reader says so.
        let number = number.map_or_else(|| Value::from(key.as_str()), Value::from);
        out.extend(packed(&number));
        if LATER.contains(&key.as_str()) {
            apart(value, parts, &mut out);
        } else if let ("statement", Value::Object(statement)) = (key.as_str(), value) {
            out.extend(map_of(statement.len()));
            for (key, value) in statement {
                out.extend(packed(&Value::from(key.as_str())));
                if LATER_OF_STATEMENT.contains(&key.as_str()) {
                    apart(value, parts, &mut out);
                } else {
                    out.extend(packed(value));
                }
            }
        } else {
            out.extend(packed(value));
        }
    }
    out
}

/// How a map of so many keys begins in MessagePack.
fn map_of(keys: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(keys).unwrap().to_be_bytes();
    vec![0xde, high, low]
}

/// Puts a value among the parts, and its place in its stead.
fn apart(value: &Value, parts: &mut Vec<u8>, out: &mut Vec<u8>) {
    let place = u32::try_from(parts.len()).unwrap();
    // Four raw bytes.
    out.extend([0xc4, 4]);
    out.extend(place.to_le_bytes());
    parts.extend(packed(value));
}

/// A value as this program reads it.
fn packed(value: &Value) -> Vec<u8> {
    rmp_serde::to_vec(value).unwrap()
}

/// A TOML file as a JSON value.
fn parse(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::to_value(table).unwrap()
}
