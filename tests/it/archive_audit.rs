// SPDX-License-Identifier: Apache-2.0
//! Archives from the command line to the report: threads, kinds of packages.

use crate::harness::cli::{ccr, json};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write as _;

/// A gzipped tar of these members.
fn tgz(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn leak(number: usize) -> Vec<u8> {
    let home = ["/ho", "me/carol"].concat();
    format!("# made by a test\nx = 1\npath = \"{home}/u{number}/src\"\n").into_bytes()
}

/// Text that compresses like text, of a size that fills several batches.
fn filler(number: usize, size: usize) -> Vec<u8> {
    let mut text = String::new();
    let mut state = number as u64 + 1;
    while text.len() < size {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        text.push_str(&format!(
            "value_{:x} = load(row, {})\n",
            state >> 40,
            state >> 58
        ));
    }
    text.into_bytes()
}

/// Two archives, one of them larger than a few batches, with nested ones and a finding now and
/// then.
fn two_archives(folder: &std::path::Path) {
    let mut big = Vec::new();
    for n in 0..120 {
        let bytes = match n % 10 {
            3 => leak(n),
            7 => zip(&[("inner.py".to_owned(), leak(n))]),
            _ => filler(n, 150_000),
        };
        let ending = if n % 10 == 7 { "zip" } else { "py" };
        big.push((format!("big-1.0/pkg/m{n}.{ending}"), bytes));
    }
    big.push(("big-1.0/large.py".to_owned(), {
        let mut bytes = filler(999, 9 << 20);
        bytes.extend(leak(999));
        bytes
    }));
    fs::write(folder.join("big-1.0.tar.gz"), tgz(&big)).unwrap();
    let small: Vec<_> = (0..20)
        .map(|n| (format!("small/m{n}.py"), leak(n)))
        .collect();
    fs::write(folder.join("small-1.0-py3-none-any.whl"), zip(&small)).unwrap();
}

#[test]
fn thread_count_changes_nothing_in_archives() {
    let dir = tempfile::tempdir().unwrap();
    two_archives(dir.path());
    let names = ["big-1.0.tar.gz", "small-1.0-py3-none-any.whl"];
    let scan = |jobs: &str| {
        let mut args = vec!["scan", "--json", "--jobs", jobs];
        args.extend(names);
        ccr(dir.path(), &args).stdout
    };
    let one = scan("1");
    for jobs in ["2", "8"] {
        assert_eq!(one, scan(jobs), "--jobs {jobs}");
    }
    let report = json(&one);
    let findings = report["findings"].as_array().unwrap();
    let leaks = findings.iter().filter(|f| f["family"] == "path").count();
    assert_eq!(leaks, 12 + 12 + 1 + 20);
    assert_eq!(report["scanned"]["entries"], 121 + 12 + 20);
    assert_eq!(report["scanned"]["archives"], 2 + 12);
}

#[test]
fn a_content_that_gave_nothing_is_searched_again_where_its_name_counts() {
    let dir = tempfile::tempdir().unwrap();
    // Large enough to be remembered.
    let accounts: String = (0..800)
        .map(|n| ["ops", &n.to_string(), ":ZxnbdrRQ.", "Vkr1\n"].concat())
        .collect();
    let member = |name: &str| (name.to_owned(), accounts.clone().into_bytes());
    let found = |names: &[&str]| {
        let members: Vec<_> = names.iter().map(|name| member(name)).collect();
        fs::write(dir.path().join("a-1.0.tar.gz"), tgz(&members)).unwrap();
        let report = json(&ccr(dir.path(), &["scan", "--json", "a-1.0.tar.gz"]).stdout);
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["rule_id"] == "secret-htpasswd-plain")
            .count()
    };
    let alone = found(&["a/conf/passwd.txt"]);
    assert!(alone > 0);
    assert_eq!(found(&["a/notes.txt", "a/conf/passwd.txt"]), alone);
    assert_eq!(found(&["a/notes.txt", "a/more.txt"]), 0);
}

#[test]
fn an_npm_tarball_may_call_its_folder_as_it_likes() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = br#"{"name": "@types/node", "version": "1.2.0", "license": "MIT"}"#;
    let member = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    for (top, licence, wanted) in [
        ("package", false, true),
        ("node", false, true),
        ("node", true, false),
    ] {
        let mut members = vec![
            member(&format!("{top}/package.json"), manifest),
            member(&format!("{top}/index.d.ts"), b"export {};\n"),
        ];
        if licence {
            members.push(member(&format!("{top}/LICENSE"), b"MIT License\n"));
        }
        fs::write(dir.path().join("node-1.2.0.tgz"), tgz(&members)).unwrap();
        let run = ccr(dir.path(), &["scan", "node-1.2.0.tgz", "--json"]);
        assert_eq!(
            run.stdout.contains("spdx-license-text-missing"),
            wanted,
            "{top}, licence: {licence}: {}",
            run.stdout
        );
    }
}

#[test]
fn a_tree_in_a_tarball_is_no_npm_package() {
    let dir = tempfile::tempdir().unwrap();
    let member = |name: &str| (name.to_owned(), b"{}\n".to_vec());
    let two_tops = tgz(&[member("a/package.json"), member("b/x.json")]);
    fs::write(dir.path().join("two.tgz"), two_tops).unwrap();
    let source = tgz(&[member("src-1.0/package.json"), member("src-1.0/x.json")]);
    fs::write(dir.path().join("src-1.0.tar.gz"), source).unwrap();
    for name in ["two.tgz", "src-1.0.tar.gz"] {
        let run = ccr(dir.path(), &["scan", name, "--json"]);
        assert!(
            !run.stdout.contains("spdx-license-text-missing"),
            "{name}: {}",
            run.stdout
        );
    }
}
