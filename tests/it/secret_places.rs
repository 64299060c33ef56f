// SPDX-License-Identifier: Apache-2.0
//! Where secrets leave with a release: compiled files, bundles, notebooks, archives in archives, and
//! the source distribution beside a clean wheel.

use crate::harness::archive::build;
use crate::harness::cli::{ccr, github_token, json};
use std::fs;

/// Places of all findings of a rule in `files`, as `location`s without line and column.
fn found(files: &[(&str, &[u8])], rule: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let run = ccr(dir.path(), &["scan", ".", "--json", "--all-files"]);
    let report = json(&run.stdout);
    let token = github_token();
    assert!(!run.stdout.contains(&token[4..20]), "redacted");
    let mut places: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule_id"] == rule)
        .map(|finding| {
            let segments = finding["place"]["segments"].as_array().unwrap();
            let names: Vec<_> = segments.iter().map(|s| s.as_str().unwrap()).collect();
            names.join("!/")
        })
        .collect();
    places.dedup();
    places
}

const TOKEN: &str = "secret-github-token";

#[test]
fn compiled_python_keeps_its_constants() {
    let token = github_token();
    let mut bytes = vec![
        0xcb, 0x0d, b'\r', b'\n', 0, 0, 0, 0, 1, 2, 3, 4, 9, 0, 0, 0, 0xe3, 0,
    ];
    bytes.extend([0xda, token.len() as u8]);
    bytes.extend(token.as_bytes());
    bytes.extend([0xda, 5, b'T', b'O', b'K', b'E', b'N', 0]);
    let name = "app/__pycache__/config.cpython-312.pyc";
    assert_eq!(found(&[(name, &bytes)], TOKEN), [name]);
}

#[test]
fn programs_for_windows_keep_their_strings_as_utf_16() {
    let token = github_token();
    let text = format!("Authorization: token {token}");
    let mut bytes = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    bytes.extend(vec![0xcc; 301]);
    let start = bytes.len();
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes.extend([0, 0, 0xcc, 0xcc]);
    let again = bytes.len();
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    bytes.extend([0, 0, 0xcc]);
    assert_eq!(found(&[("bin/app.exe", &bytes)], TOKEN), ["bin/app.exe"]);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("app.dll"), &bytes).unwrap();
    let run = ccr(
        dir.path(),
        &["scan", "app.dll", "--json", "--only", "secret"],
    );
    let wide: String = token
        .chars()
        .skip(4)
        .take(12)
        .flat_map(|c| [c, '\0'])
        .collect();
    assert!(!run.stdout.contains(&wide) && !run.stdout.contains(&token[4..]));
    let report = json(&run.stdout);
    let findings = report["findings"].as_array().unwrap();
    let mut offsets: Vec<_> = findings
        .iter()
        .map(|f| {
            let place = |key: &str| f["place"][key].as_u64().unwrap() as usize;
            assert_eq!(place("byte_end") - place("byte_start"), 2 * token.len());
            assert!(
                f["snippet"]
                    .as_str()
                    .unwrap()
                    .starts_with("Authorization: token ghp_")
            );
            place("byte_start")
        })
        .collect();
    offsets.sort_unstable();
    let lead = 2 * (text.len() - token.len());
    assert_eq!(offsets, [start + lead, again + 1 + lead], "{report}");
}

#[test]
fn shared_libraries_keep_their_strings() {
    let token = github_token();
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([0, 0xff, 0x80, 0]);
    bytes.extend(token.as_bytes());
    bytes.extend(b"\0.rodata\0");
    assert_eq!(found(&[("app/_core.so", &bytes)], TOKEN), ["app/_core.so"]);
}

#[test]
fn source_maps_embed_their_sources() {
    let source = format!("const token = \\\"{}\\\";\\nrun(token);\\n", github_token());
    let map = format!(
        "{{\"version\":3,\"sources\":[\"a.ts\"],\"sourcesContent\":[\"{source}\"],\"mappings\":\"AAAA\"}}"
    );
    assert_eq!(
        found(&[("dist/app.js.map", map.as_bytes())], TOKEN),
        ["dist/app.js.map"]
    );
    // Also what no provider marks.
    let value = ["FjQjMBbLym6DIR", "stMqow726kCyeFY8am"].concat();
    let map = map
        .replace("const token", "const apiKey")
        .replace(&github_token(), &value);
    let rule = "secret-generic-assignment";
    assert_eq!(
        found(&[("dist/app.js.map", map.as_bytes())], rule),
        ["dist/app.js.map"]
    );
}

#[test]
fn notebooks_keep_what_their_cells_printed() {
    let notebook = format!(
        "{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [\"!env\"], \"outputs\": [{{\"text\": [\"GH={}\\n\"]}}]}}]}}",
        github_token()
    );
    assert_eq!(
        found(&[("analysis.ipynb", notebook.as_bytes())], TOKEN),
        ["analysis.ipynb"]
    );
}

#[test]
fn archives_in_archives_are_opened() {
    let (_, bytes) = build(&format!(
        "name = 'app-1.0.tar.gz'\n[[entry]]\nname = 'app-1.0/data.zip'\n[entry.archive]\nformat = 'zip'\n[[entry.archive.entry]]\nname = 'inner.tar'\n[entry.archive.entry.archive]\nformat = 'tar'\n[[entry.archive.entry.archive.entry]]\nname = 'deploy.sh'\ntext = 'export GH={}'\n",
        github_token()
    ));
    assert_eq!(
        found(&[("app-1.0.tar.gz", &bytes)], TOKEN),
        ["app-1.0.tar.gz!/app-1.0/data.zip!/inner.tar!/deploy.sh"]
    );
}

#[test]
fn what_left_the_wheel_is_found_in_the_sdist() {
    let (_, wheel) = build(
        "name = 'app-1.0-py3-none-any.whl'\nformat = 'zip'\n[[entry]]\nname = 'app/__init__.py'\ntext = 'x = 1'\n",
    );
    let (_, sdist) = build(&format!(
        "name = 'app-1.0.tar.gz'\n[[entry]]\nname = 'app-1.0/.env'\ntext = 'GH={}'\n[[entry]]\nname = 'app-1.0/app/__init__.py'\ntext = 'x = 1'\n",
        github_token()
    ));
    let files = [
        ("dist/app-1.0-py3-none-any.whl", &wheel[..]),
        ("dist/app-1.0.tar.gz", &sdist[..]),
    ];
    assert_eq!(found(&files, TOKEN), ["dist/app-1.0.tar.gz!/app-1.0/.env"]);
}

#[test]
fn databases_keep_their_values_side_by_side() {
    let token = github_token();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state.db");
    let base = rusqlite::Connection::open(&file).unwrap();
    base.execute_batch("CREATE TABLE account (name TEXT, token TEXT, since TEXT)")
        .unwrap();
    let row = ["nkowalczyk", token.as_str(), "2026-11-22T09:31:00Z"];
    base.execute("INSERT INTO account VALUES (?1, ?2, ?3)", row)
        .unwrap();
    drop(base);
    let bytes = fs::read(&file).unwrap();
    // Letters before it and digits behind it: no word begins or ends there.
    let start = memchr::memmem::find(&bytes, token.as_bytes()).unwrap();
    assert!(bytes[start - 1].is_ascii_alphanumeric() && bytes[start + token.len()] == b'2');
    let run = ccr(
        dir.path(),
        &["scan", "state.db", "--json", "--only", "secret"],
    );
    assert!(!run.stdout.contains(&token[4..20]), "redacted");
    let report = json(&run.stdout);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["rule_id"], TOKEN);
    let place = &findings[0]["place"];
    assert_eq!(place["byte_start"], start);
    assert_eq!(place["byte_end"], start + token.len());
}

#[test]
fn a_proven_token_weighs_the_same_in_an_archive_of_a_test() {
    let rated = |name: &str, bytes: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        let run = ccr(dir.path(), &["scan", ".", "--json", "--only", "secret"]);
        let report = json(&run.stdout);
        let findings = report["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|f| (f["severity"].clone(), f["blocking"].clone()))
            .collect::<Vec<_>>()
    };
    let plain = format!("auth = {}\n", github_token());
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(plain.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    tar.append_data(&mut header, "x/notes.txt", plain.as_bytes())
        .unwrap();
    let archive = tar.into_inner().unwrap();
    let found = rated("tests/a.tar", &archive);
    assert_eq!(found, rated("tests/notes.txt", plain.as_bytes()));
    assert_eq!(found, [("critical".into(), true.into())]);
}
