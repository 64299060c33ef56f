// SPDX-License-Identifier: Apache-2.0
//! `ccr scan --history` on repositories that git itself makes. Where git is not installed, nothing
//! can be made and the tests say so.

use crate::harness::cli::{Run, ccr, github_token, json};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs git in a world of its own; `None` when it is not installed.
fn try_git(dir: &Path, args: &[&str], day: u32) -> Option<String> {
    let date = format!("2026-01-{day:02}T00:00:00Z");
    let done = Command::new("git")
        .args([
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.org",
            "-c",
            "commit.gpgsign=false",
        ])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "protocol.file.allow=always",
            "-c",
            "gc.auto=0",
        ])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("HOME", dir)
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "git {args:?}: {text}");
    Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

fn git(dir: &Path, args: &[&str]) -> String {
    try_git(dir, args, 1).expect("git was there a moment ago")
}

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn commit(dir: &Path, day: u32) -> String {
    git(dir, &["add", "-A"]);
    try_git(dir, &["commit", "-qm", "a change"], day).unwrap();
    git(dir, &["rev-parse", "HEAD"])
}

fn config(token: &str, note: &str) -> String {
    format!("# {note}\nkey = \"{token}\"\n")
}

/// A repository in which a token came and went: the commits that added, kept and removed it.
fn leaky() -> Option<(tempfile::TempDir, [String; 3])> {
    let dir = tempfile::tempdir().unwrap();
    if try_git(dir.path(), &["init", "-q"], 1).is_none() {
        eprintln!("git is not installed: nothing tried");
        return None;
    }
    write(dir.path(), "README.md", "# demo\n\nAdds numbers.\n");
    commit(dir.path(), 1);
    write(
        dir.path(),
        "src/config.py",
        &config(&github_token(), "first"),
    );
    let added = commit(dir.path(), 2);
    write(
        dir.path(),
        "src/config.py",
        &config(&github_token(), "second"),
    );
    let kept = commit(dir.path(), 3);
    write(dir.path(), "src/config.py", "key = None\n");
    let removed = commit(dir.path(), 4);
    Some((dir, [added, kept, removed]))
}

fn history(dir: &Path, more: &[&str]) -> (Run, Value) {
    let args = [&["scan", "--json", "--history"][..], more].concat();
    let run = ccr(dir, &args);
    let value = json(&run.stdout);
    (run, value)
}

fn tokens(report: &Value) -> Vec<&Value> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|f| f["rule_id"].as_str().unwrap().starts_with("secret-github"))
        .collect()
}

#[test]
fn a_secret_that_was_removed_is_found_once_with_the_commit_that_brought_it_in() {
    let Some((dir, [added, kept, _])) = leaky() else {
        return;
    };
    assert_eq!(ccr(dir.path(), &["scan", "."]).code, 0);
    let (run, report) = history(dir.path(), &["."]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let found = tokens(&report);
    assert_eq!(found.len(), 1, "{}", run.stdout);
    let origin = &found[0]["brought_in"];
    assert_eq!(origin["commit"], added.as_str());
    assert_eq!(origin["path"], "src/config.py");
    assert_eq!(origin["authored_at"], "2026-01-02T00:00:00Z");
    assert_eq!(origin["repeated"], 1);
    assert_eq!(
        found[0]["location"],
        format!("git:{added}!/src/config.py:2:8")
    );
    assert!(found[0]["description"].as_str().unwrap().contains(&added));
    assert!(!run.stdout.contains(&github_token()[4..]));
    // A range sees what it brought in, and no more.
    let since = format!("{added}..HEAD");
    let (_, report) = history(dir.path(), &[&since, "."]);
    let found = tokens(&report);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["brought_in"]["commit"], kept.as_str());
    let (run, _) = history(dir.path(), &["HEAD~1..HEAD"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let args = ["scan", "--json", "--history=HEAD~1", "."];
    assert_eq!(tokens(&json(&ccr(dir.path(), &args).stdout)).len(), 1);
}

#[test]
fn packs_and_threads_change_nothing() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    for number in 0..40 {
        let text = format!("{}{}\n", "a line of text\n".repeat(60), number);
        write(dir.path(), &format!("src/part{}.txt", number % 3), &text);
        write(
            dir.path(),
            &format!("src/k{number}.py"),
            &config(&github_token(), &format!("more {number}")),
        );
        commit(dir.path(), 5 + number % 20);
    }
    let loose = history(dir.path(), &["."]).1;
    assert!(tokens(&loose).len() > 40);
    git(dir.path(), &["gc", "-q", "--aggressive"]);
    for jobs in ["1", "2", "7"] {
        assert_eq!(
            history(dir.path(), &[".", "--jobs", jobs]).1,
            loose,
            "{jobs}"
        );
    }
    // The first index version, and names for bases instead of offsets.
    git(
        dir.path(),
        &[
            "-c",
            "pack.indexVersion=1",
            "-c",
            "repack.useDeltaBaseOffset=false",
            "repack",
            "-adfq",
        ],
    );
    assert_eq!(history(dir.path(), &["."]).1, loose);
}

#[test]
fn fingerprints_are_those_of_a_scan_of_the_files() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    write(
        dir.path(),
        "src/config.py",
        &config(&github_token(), "again"),
    );
    commit(dir.path(), 9);
    let scan = json(&ccr(dir.path(), &["scan", ".", "--json"]).stdout);
    let history = history(dir.path(), &["."]).1;
    assert_eq!(
        tokens(&scan)[0]["fingerprint"],
        tokens(&history)[0]["fingerprint"]
    );
}

#[test]
fn every_kind_of_repository_is_read() {
    let Some((dir, [added, ..])) = leaky() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let source = dir.path().to_str().unwrap();
    git(place.path(), &["clone", "-q", "--bare", source, "bare.git"]);
    git(place.path(), &["clone", "-q", "--shared", source, "shared"]);
    git(
        dir.path(),
        &[
            "worktree",
            "add",
            "-q",
            place.path().join("tree").to_str().unwrap(),
            "HEAD~1",
        ],
    );
    git(dir.path(), &["tag", "-a", "-m", "x", "v1", &added]);
    for name in ["bare.git", "shared", "tree"] {
        let report = history(place.path(), &[name]).1;
        let found = tokens(&report);
        assert_eq!(found[0]["brought_in"]["commit"], added.as_str(), "{name}");
    }
    // A branch that nobody merged, and a tag, are references too.
    for range in ["--history=v1", "--history=refs/heads/main"] {
        let args = ["scan", "--json", range, "."];
        assert_eq!(
            tokens(&json(&ccr(dir.path(), &args).stdout)).len(),
            1,
            "{range}"
        );
    }
    let short = format!("--history={}", &added[..10]);
    assert_eq!(
        tokens(&json(
            &ccr(dir.path(), &["scan", "--json", &short, "."]).stdout
        ))
        .len(),
        1
    );
    git(dir.path(), &["checkout", "-q", "--orphan", "side"]);
    write(dir.path(), "src/side.py", &config(&github_token(), "side"));
    commit(dir.path(), 7);
    git(dir.path(), &["checkout", "-q", "main"]);
    assert_eq!(tokens(&history(dir.path(), &["."]).1).len(), 2);
}

#[test]
fn what_is_not_in_a_shallow_clone_is_told() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let source = format!("file://{}", dir.path().display());
    git(
        place.path(),
        &["clone", "-q", "--depth", "1", &source, "shallow"],
    );
    let (run, report) = history(place.path(), &["shallow"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(report["findings"][0]["rule_id"], "archive-git-cut");
}

#[test]
fn broken_objects_are_findings_and_the_rest_is_read() {
    let Some((dir, [added, ..])) = leaky() else {
        return;
    };
    let blob = git(dir.path(), &["rev-parse", "HEAD:README.md"]);
    let object = |id: &str| {
        dir.path()
            .join(".git/objects")
            .join(&id[..2])
            .join(&id[2..])
    };
    let rewrite = |path: &Path, bytes: &[u8]| {
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let sound = fs::read(object(&blob)).unwrap();
    for broken in [&sound[..sound.len() / 2], b"", b"no zlib at all"] {
        rewrite(&object(&blob), broken);
        let (run, report) = history(dir.path(), &["."]);
        assert_eq!(run.code, 1);
        assert_eq!(tokens(&report).len(), 1, "{}", run.stdout);
        assert!(run.stdout.contains("archive-git-object"), "{}", run.stdout);
        assert!(run.stdout.contains("README.md"), "{}", run.stdout);
    }
    // Sound in itself, and not what its name says.
    let other = git(dir.path(), &["rev-parse", "HEAD:src/config.py"]);
    rewrite(&object(&blob), &fs::read(object(&other)).unwrap());
    let (run, _) = history(dir.path(), &["."]);
    assert!(run.stdout.contains("another name"), "{}", run.stdout);
    fs::remove_file(object(&blob)).unwrap();
    assert!(
        history(dir.path(), &["."])
            .0
            .stdout
            .contains("not in the repository")
    );
    fs::write(object(&blob), &sound).unwrap();
    // A commit that is gone takes its ancestors with it, and that is told.
    let parent = git(dir.path(), &["rev-parse", &format!("{added}~1")]);
    fs::remove_file(object(&parent)).unwrap();
    let (run, report) = history(dir.path(), &["."]);
    assert!(run.stdout.contains(&parent), "{}", run.stdout);
    assert_eq!(tokens(&report).len(), 1);
}

#[test]
fn a_damaged_pack_never_panics() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    git(dir.path(), &["gc", "-q"]);
    let folder = dir.path().join(".git/objects/pack");
    let files = || fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
    for ending in ["pack", "idx"] {
        let path = files()
            .find(|p| p.extension().is_some_and(|e| e == ending))
            .unwrap();
        let sound = fs::read(&path).unwrap();
        let rewrite = |bytes: &[u8]| {
            let _ = fs::remove_file(&path);
            fs::write(&path, bytes).unwrap();
        };
        for step in 0..24 {
            let mut bytes = sound.clone();
            let at = 12 + step * (bytes.len() - 12) / 24;
            bytes[at] ^= 0x55;
            rewrite(&bytes);
            let run = ccr(dir.path(), &["scan", "--history", "--json", "."]);
            assert!(
                [0, 1, 2].contains(&run.code),
                "{ending} {at}: {}{}",
                run.stdout,
                run.stderr
            );
        }
        rewrite(&sound[..sound.len() / 2]);
        let run = ccr(dir.path(), &["scan", "--history", "--json", "."]);
        assert!(
            [1, 2].contains(&run.code),
            "{ending}: {}{}",
            run.stdout,
            run.stderr
        );
        rewrite(&sound);
    }
}

#[test]
fn what_cannot_be_meant_is_bad_usage() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    let none = tempfile::tempdir().unwrap();
    for (folder, args) in [
        (none.path(), &["scan", "--history", "."][..]),
        (dir.path(), &["scan", "--history=nothing", "."]),
        (dir.path(), &["scan", "--history=HEAD...main", "."]),
        (dir.path(), &["scan", "--history=HEAD~99", "."]),
        (dir.path(), &["scan", "--history=HEAD..HEAD", "."]),
        (dir.path(), &["scan", "--history", ".", "src"]),
    ] {
        let run = ccr(folder, args);
        assert_eq!(run.code, 2, "{args:?}: {}{}", run.stdout, run.stderr);
    }
    git(none.path(), &["init", "-q", "--object-format=sha256", "."]);
    let run = ccr(none.path(), &["scan", "--history", "."]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("sha256"), "{}", run.stderr);
}

#[test]
fn waivers_excludes_and_the_baseline_hold_in_history() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    let id = tokens(&history(dir.path(), &["."]).1)[0]["rule_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let waiver =
        format!("[[waiver]]\nrule = \"{id}\"\npaths = [\"src/**\"]\nreason = \"revoked\"\n");
    fs::write(dir.path().join("ccr.toml"), waiver).unwrap();
    let (run, report) = history(dir.path(), &["."]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(report["suppressed_count"], 1);
    fs::write(
        dir.path().join("ccr.toml"),
        "[[exclude]]\npaths = [\"src/**\"]\nreason = \"old\"\n",
    )
    .unwrap();
    let (_, report) = history(dir.path(), &["."]);
    assert_eq!(report["skipped"][0]["path"], "src/config.py");
    assert_eq!(report["finding_count"], 0, "{report}");
    fs::remove_file(dir.path().join("ccr.toml")).unwrap();
    let args = [
        "baseline", "write", "--of", "history", "--reason", "revoked",
    ];
    let run = ccr(dir.path(), &args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let (run, _) = history(dir.path(), &["."]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn git_objects_in_an_archive_are_opened_and_searched() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let pack = |name: &str| {
        let file = fs::File::create(place.path().join(name)).unwrap();
        let mut tar = tar::Builder::new(file);
        tar.append_dir_all("pkg-1.0/.git/objects", dir.path().join(".git/objects"))
            .unwrap();
        tar.finish().unwrap();
        let run = ccr(place.path(), &["scan", "--json", name]);
        (run.code, json(&run.stdout))
    };
    let (code, loose) = pack("loose.tar");
    assert_eq!(code, 1);
    assert!(
        tokens(&loose)
            .iter()
            .any(|f| f["location"].as_str().unwrap().contains("!/blob:"))
    );
    git(dir.path(), &["gc", "-q"]);
    let (_, packed) = pack("packed.tar");
    let found = tokens(&packed);
    assert_eq!(found.len(), 2, "{packed}");
    assert!(
        found[0]["location"]
            .as_str()
            .unwrap()
            .contains("/src/config.py")
    );
    assert!(packed.to_string().contains("artifact-vcs-folder"));
}

#[test]
fn what_gitleaks_knows_of_a_commit_holds_for_that_commit() {
    let Some((dir, [added, kept, _])) = leaky() else {
        return;
    };
    let args = |more: &[&str]| {
        let all = [&["scan", "--json", "--history=HEAD", "."][..], more].concat();
        let run = ccr(dir.path(), &all);
        (run.code, json(&run.stdout))
    };
    // A list of commits, as a configuration has it.
    for (commit, passed) in [(&added, true), (&kept, false)] {
        let text = format!("[extend]\nuseDefault = true\n[allowlist]\ncommits = [\"{commit}\"]\n");
        fs::write(dir.path().join("gitleaks.toml"), text).unwrap();
        let found = args(&["--rules", "gitleaks.toml"]).1;
        let first = tokens(&found);
        // What a later commit keeps was brought in by it, as far as the list goes.
        assert_eq!(
            first[0]["brought_in"]["commit"] == kept.as_str(),
            passed,
            "{found}"
        );
    }
    // A report that hides the secret, by line and commit.
    for (commit, line, accepted) in [(&added, 2, true), (&kept, 2, false), (&added, 1, false)] {
        let report = serde_json::json!([{
            "RuleID": "github-pat", "StartLine": line, "Secret": "REDACTED", "Match": "REDACTED",
            "File": "src/config.py", "Commit": commit,
        }]);
        fs::write(dir.path().join("report.json"), report.to_string()).unwrap();
        let (code, found) = args(&["--baseline", "report.json"]);
        assert_eq!(code == 0, accepted, "{commit}:{line}: {found}");
    }
}

#[test]
fn messages_of_commits_and_tags_are_read_and_their_authors_are_not() {
    let Some((dir, _)) = leaky() else {
        return;
    };
    let token = github_token();
    let message = format!("Deploy by hand\n\nworks with {token}\nReviewed-by: B <b@example.org>\n");
    let author = format!("--author={token} <a@example.org>");
    let mut made = Vec::new();
    for day in [10, 11] {
        write(dir.path(), "src/day.py", &format!("day = {day}\n"));
        git(dir.path(), &["add", "-A"]);
        try_git(dir.path(), &["commit", "-qm", &message, &author], day).unwrap();
        made.push(git(dir.path(), &["rev-parse", "HEAD"]));
    }
    let note = format!("Release\n\ntoken: {token}\n");
    git(dir.path(), &["tag", "-a", "-m", &note, "v1.0", &made[0]]);
    let run = |args: &[&str]| history(dir.path(), args).1;
    let places = |report: &Value| -> Vec<(String, u64)> {
        let told = |f: &&Value| {
            (
                f["location"].as_str().unwrap().to_owned(),
                f["brought_in"]["repeated"].as_u64().unwrap(),
            )
        };
        let mut all: Vec<_> = tokens(report).iter().map(told).collect();
        all.retain(|(place, _)| !place.contains("/src/"));
        all.sort();
        all
    };
    let report = run(&["."]);
    // One finding for a text that stands in two commits: at the earlier, with a count.
    let mut expected = [
        (format!("git:{}!/.git/COMMIT_EDITMSG:3:12", made[0]), 1),
        (format!("git:{}!/.git/refs/tags/v1.0:3:8", made[0]), 0),
    ];
    expected.sort();
    assert_eq!(places(&report), expected, "{report}");
    assert!(!report.to_string().contains(&token[4..]));
    let later = format!("{}..HEAD", made[0]);
    let place = format!("git:{}!/.git/COMMIT_EDITMSG:3:12", made[1]);
    let since = run(&[&later, "."]);
    assert_eq!(places(&since), [(place, 0)]);
    // The same fingerprint, whichever commit shows it, so that a baseline holds after a rebase.
    let of = |report: &Value| {
        let all = tokens(report).into_iter();
        let mut messages = all.filter(|f| f["location"].as_str().unwrap().contains("COMMIT"));
        messages.next().unwrap()["fingerprint"].clone()
    };
    assert_eq!(of(&report), of(&since));
    git(dir.path(), &["gc", "-q"]);
    assert_eq!(run(&[".", "--jobs", "1"]), report);
    let exclude = "[[exclude]]\npaths = [\".git/**\"]\nreason = \"written long ago\"\n";
    fs::write(dir.path().join("ccr.toml"), exclude).unwrap();
    let report = run(&["."]);
    assert_eq!(places(&report), []);
    assert_eq!(report["skipped"].as_array().unwrap().len(), 2, "{report}");
}
