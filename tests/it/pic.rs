// SPDX-License-Identifier: Apache-2.0
//! `audit pic`: each rule of the family over its fixtures, the base package over all versions and
//! forms, and the published packages where they are at hand.
//!
//! A case is `fixtures/rules/<rule-id>/{pass,fail}/<case>/pic.toml`: what differs from a package
//! that declares all that the matrix expects, and what stands in the project around it.

use crate::harness::audits::{DAY, engine_of, family_report};
use crate::harness::cli::{ccr, json};
use crate::harness::pic_package as package;
use crate::harness::rule_cases::{assert_residuals_fit, count, faults_of};
use ccr::audit::Engine;
use ccr::audit::family::Pic;
use ccr::model::{Report, RuleId};
use ccr::pic::environment::Environment;
use ccr::pic::matrix::Matrix;
use ccr::pic::{self, Options};
use ccr::rules;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// `pic.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    /// Version of the base package; 0.5.0 when absent.
    version: String,
    /// `checkout` (when absent), `sdist`, `wheel`, `installed`, or `empty` for no package at all.
    form: String,
    /// File name of the archive, when it is not the honest one.
    name: String,
    /// Files of the base that are left out.
    remove: Vec<String>,
    /// Texts exchanged in the base, before it is packed.
    edit: Vec<Edit>,
    /// The same after RECORD was written.
    tamper: Vec<Edit>,
    /// Files added to the input.
    file: Vec<Added>,
    /// Files of the project.
    root: Vec<Added>,
    /// A program called `pic` on PATH, with this text; `@@HELP@@` stands for all that the base
    /// package declares, as a help page shows it.
    program: Option<String>,
    /// Whether that program may be asked.
    run_help: bool,
    /// Version of a package installed on the machine.
    installed: String,
    /// Values put into the matrix, by JSON pointer.
    matrix: BTreeMap<String, toml::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    name: String,
    text: String,
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_of(&["pic", "policy"]))
}

fn judge(options: Options) -> Report {
    let nowhere = tempfile::tempdir().unwrap();
    family_report(engine(), &Pic(options), DAY, nowhere.path())
}

fn exchange(files: &mut BTreeMap<String, String>, edits: &[Edit]) {
    for edit in edits {
        let text = files
            .get_mut(&edit.file)
            .unwrap_or_else(|| panic!("the base has no {}", edit.file));
        assert!(
            text.contains(&edit.from),
            "{} has no {:?}",
            edit.file,
            edit.from
        );
        *text = text.replace(&edit.from, &edit.to);
    }
}

/// Builds a case on disk and audits it.
fn run(case: &Case) -> Report {
    let disk = tempfile::tempdir().unwrap();
    let here = |name: &str| {
        let path = disk.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let embedded = Matrix::embedded();
    let version = match case.version.as_str() {
        "" => "0.5.0",
        version => version,
    };
    let mut files = package::checkout(&embedded, version);
    exchange(&mut files, &case.edit);
    for name in &case.remove {
        assert!(files.remove(name).is_some(), "the base has no {name}");
    }
    let stem = format!("{}-{version}", embedded.module);
    let (whole, input) = (here("whole"), here("input"));
    let named = |honest: String| {
        whole.join(if case.name.is_empty() {
            &honest
        } else {
            &case.name
        })
    };
    let mut built = package::built(&embedded, version, &files);
    exchange(
        &mut built,
        &case.tamper.iter().map(copy).collect::<Vec<_>>(),
    );
    let pic_root = match case.form.as_str() {
        "" | "checkout" => {
            package::write(&input, &files);
            input.clone()
        }
        "installed" => {
            package::write(&input, &built);
            input.clone()
        }
        "wheel" => {
            let path = named(format!("{stem}-py3-none-any.whl"));
            package::wheel(&path, &built);
            path
        }
        "sdist" => {
            let path = named(format!("{stem}.tar.gz"));
            package::sdist(&path, &stem, &files);
            path
        }
        "empty" => input.clone(),
        other => panic!("no form is called {other}"),
    };
    let added = |list: &[Added]| -> BTreeMap<String, String> {
        list.iter()
            .map(|a| (a.name.clone(), a.text.clone()))
            .collect()
    };
    package::write(&input, &added(&case.file));
    let root = here("root");
    package::write(&root, &added(&case.root));
    let mut environment = Environment::default();
    if let Some(text) = &case.program {
        let bin = here("bin");
        let program = bin.join(if cfg!(windows) { "pic.exe" } else { "pic" });
        let text = text.replace("@@HELP@@", &package::help(&embedded, version));
        std::fs::write(&program, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&program, mode).unwrap();
        }
        environment.path.push(bin);
    }
    if !case.installed.is_empty() {
        let folder = here("site-packages");
        let source = package::checkout(&embedded, &case.installed);
        package::write(
            &folder,
            &package::built(&embedded, &case.installed, &source),
        );
        environment.python_path.push(folder);
    }
    judge(Options {
        pic_root,
        root,
        matrix: matrix(&case.matrix),
        environment,
        python_env: Vec::new(),
        limits: ccr::artifact::Limits::default(),
        run_help: case.run_help,
    })
}

fn copy(edit: &Edit) -> Edit {
    Edit {
        file: edit.file.clone(),
        from: edit.from.clone(),
        to: edit.to.clone(),
    }
}

/// The built-in matrix with values exchanged; a pointer that ends in `/-` adds to a list.
fn matrix(changes: &BTreeMap<String, toml::Value>) -> Matrix {
    let text = std::fs::read_to_string(repository().join("rules/pic-matrix.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (pointer, change) in changes {
        let change = serde_json::to_value(change).unwrap();
        if let Some(list) = pointer.strip_suffix("/-") {
            let list = value.pointer_mut(list).unwrap().as_array_mut().unwrap();
            list.push(change);
        } else {
            *value.pointer_mut(pointer).unwrap() = change;
        }
    }
    Matrix::parse(&value.to_string()).unwrap()
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn ids(report: &Report) -> BTreeSet<String> {
    report
        .findings
        .iter()
        .map(|f| f.rule_id.to_string())
        .collect()
}

#[test]
fn every_rule_holds_against_its_fixtures() {
    let rules = rules::load("default", &[]).unwrap().rules;
    let ours = rules.iter().map(|rule| &rule.meta.id);
    let ours: Vec<&RuleId> = ours.filter(|id| id.family() == "pic").collect();
    let judge = |folder: &Path| {
        let path = folder.join("pic.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let case = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let report = run(&case);
        assert_residuals_fit(&report);
        Some(report)
    };
    let faults = ours.iter().flat_map(|id| faults_of(id.as_str(), judge));
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let cases: usize = ours.iter().map(|id| count(id.as_str())).sum();
    assert!(cases >= 78, "{cases} cases");
}

#[test]
fn what_the_matrix_expects_is_accepted_in_every_version_and_form() {
    // True of this machine, and of versions that lack what CCR runs.
    let about_here = ["pic-absent", "pic-version-support", "pic-version-command"];
    for version in Matrix::embedded().versions.keys() {
        let mut verdicts = BTreeSet::new();
        for form in ["checkout", "sdist", "wheel", "installed"] {
            let report = run(&Case {
                version: version.clone(),
                form: form.to_owned(),
                ..Case::default()
            });
            let mut found = ids(&report);
            found.retain(|id| !about_here.contains(&id.as_str()));
            assert!(found.is_empty(), "{version} {form}: {:#?}", report.findings);
            assert_eq!(
                report.facts["skipped_rules"],
                serde_json::json!([]),
                "{version} {form}"
            );
            verdicts.insert(format!("{:?}", report.verdict));
        }
        assert_eq!(verdicts.len(), 1, "{version}");
    }
}

/// The published packages, where `.ci/run` or a developer put them.
fn published() -> Option<PathBuf> {
    let given = std::env::var_os("CCR_PIC_PACKAGES").map(PathBuf::from);
    let places = [Some(repository().join("target/pic")), given];
    places.into_iter().flatten().find(|folder| folder.is_dir())
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn published_packages_get_the_verdict_that_is_true_of_them() {
    let Some(folder) = published() else {
        eprintln!(
            "NOT RUN: no PIC packages; `pip download percolation-inversion-compiler==0.5.0 --no-deps \
             -d target/pic` (and 1.1.0, and the sdists) brings them"
        );
        return;
    };
    let matrix = Matrix::embedded();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in listed(&folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".whl") && !name.ends_with(".tar.gz") {
            continue;
        }
        let disk = tempfile::tempdir().unwrap();
        let mut forms = vec![path.clone()];
        if name.ends_with(".whl") {
            // An installation has the same files in a folder.
            let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
            zip.extract(disk.path()).unwrap();
        } else {
            let file = flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap());
            tar::Archive::new(file).unpack(disk.path()).unwrap();
        }
        let unpacked = listed(disk.path());
        forms.push(match unpacked.as_slice() {
            [only] => only.clone(),
            _ => disk.path().to_owned(),
        });
        for form in forms {
            let started = std::time::Instant::now();
            let report = judge(Options {
                pic_root: form.clone(),
                root: disk.path().join("nowhere"),
                matrix: matrix.clone(),
                environment: Environment::default(),
                python_env: Vec::new(),
                limits: ccr::artifact::Limits::default(),
                run_help: false,
            });
            let facts = &report.facts;
            let version = facts["input"]["version"].as_str().unwrap().to_owned();
            eprintln!(
                "{name} as {}: {:?}",
                facts["input"]["kind"],
                started.elapsed()
            );
            let known = &matrix.versions[&version];
            assert_eq!(facts["commands"]["declared"], known.commands, "{name}");
            assert_eq!(
                facts["commands"]["missing"],
                serde_json::json!([]),
                "{name}"
            );
            assert_eq!(facts["records"], known.records, "{name}");
            assert_eq!(facts["skipped_rules"], serde_json::json!([]), "{name}");
            let mut found = ids(&report);
            found.remove("pic-absent");
            let verdict = format!("{:?} {found:?}", report.verdict);
            seen.entry(version).or_default().insert(verdict);
        }
    }
    assert!(!seen.is_empty(), "{} holds no package", folder.display());
    for (version, verdicts) in &seen {
        assert_eq!(verdicts.len(), 1, "{version}: {verdicts:?}");
        let verdict = verdicts.first().unwrap();
        if matches!(version.as_str(), "0.5.0" | "1.1.0") {
            assert_eq!(verdict, "Accepted {}", "{version}");
        }
    }
}

#[test]
fn recorded_reports_are_recognised_and_imported_without_loss() {
    let folder = repository().join("../shared/pic-samples");
    if !folder.is_dir() {
        eprintln!("NOT RUN: {} is not here", folder.display());
        return;
    }
    let matrix = Matrix::embedded();
    for version in ["0.5.0", "1.1.0"] {
        let mut read = 0;
        for path in listed(&folder.join(version)) {
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            let value = pic::report::strict(&std::fs::read(&path).unwrap()).unwrap();
            let fitting = pic::report::recognise(&matrix, &value);
            assert!(fitting.is_some(), "{}", path.display());
            let imported = pic::report::import(&matrix, &value).unwrap();
            let again = pic::report::import(&matrix, &imported.stored()).unwrap();
            assert_eq!(again.lists, imported.lists, "{}", path.display());
            assert!(imported.status != Some("settled"));
            read += 1;
        }
        assert!(read > 25, "{version}: {read}");
    }
    for bad in ["01", "06", "09", "10"] {
        let found = listed(&folder.join("bad"));
        let path = found
            .iter()
            .find(|p| p.file_name().unwrap().to_string_lossy().starts_with(bad))
            .unwrap();
        let bytes = std::fs::read(path).unwrap();
        assert!(pic::report::strict(&bytes).is_err(), "{}", path.display());
    }
}

#[test]
fn the_command_line_says_what_is_missing_and_runs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = ccr(
        dir.path(),
        &["audit", "pic", "--pic-root", "nowhere", "--json"],
    );
    assert_eq!(run.code, 2);
    assert_eq!(json(&run.stdout)["error"], "pic root missing");
    assert_eq!(ccr(dir.path(), &["audit", "pic"]).code, 2);

    let files = package::checkout(&Matrix::embedded(), "0.5.0");
    package::write(&dir.path().join("pic"), &files);
    let run = ccr(dir.path(), &["audit", "pic", "--pic-root", "pic", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let report = json(&run.stdout);
    assert_eq!(report["executed"], serde_json::json!([]));
    assert_eq!(report["input"]["kind"], "checkout");
    assert_eq!(report["commands"]["declared"], 155);
    let text = ccr::schema::embedded("audit-report.schema.json").unwrap();
    let documents = ccr::schema::Documents::embedded();
    let schema = ccr::schema::compile(&serde_json::from_str(text).unwrap(), &documents).unwrap();
    assert!(schema.accepts(&report), "{:?}", schema.faults(&report, 3));
    let elsewhere = ccr(
        dir.path(),
        &["audit", "pic", "--pic-root", "./pic", "--json"],
    );
    assert_eq!(json(&elsewhere.stdout)["report_id"], report["report_id"]);
    let sarif = ccr(
        dir.path(),
        &["audit", "pic", "--pic-root", "pic", "--format", "sarif"],
    );
    assert_eq!(json(&sarif.stdout)["version"], "2.1.0");

    // PIC's own checkout as the root: what it says of its commands is no use of them.
    let own = ccr(
        dir.path(),
        &["--root", "pic", "audit", "pic", "--pic-root", "pic"],
    );
    assert_eq!(own.code, 0, "{}", own.stdout);

    // A selection that leaves nothing of the family must not pass.
    let none = ccr(
        dir.path(),
        &["audit", "pic", "--pic-root", "pic", "--only", "path"],
    );
    assert_eq!(none.code, 2, "{}", none.stdout);
    let scan = ccr(dir.path(), &["scan", ".", "--only", "pic-name"]);
    assert_eq!(scan.code, 2, "{}", scan.stdout);
}

#[test]
fn a_waiver_and_a_baseline_silence_findings_of_this_family_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = package::checkout(&Matrix::embedded(), "0.5.0");
    let cli = "src/percolation_inversion_compiler/records.py".to_owned();
    let text = files[&cli].replace("settled: bool = False", "settled: bool = True");
    files.insert(cli, text);
    package::write(&dir.path().join("pic"), &files);
    let args = ["audit", "pic", "--pic-root", "pic", "--json"];
    assert_eq!(ccr(dir.path(), &args).code, 1);
    let waiver =
        "[[waiver]]\nrule = \"pic-settled-true\"\npaths = [\"pic:src/**\"]\nreason = \"a fork\"\n";
    std::fs::write(dir.path().join("ccr.toml"), waiver).unwrap();
    let run = ccr(dir.path(), &args);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(json(&run.stdout)["suppressed_count"].as_u64().unwrap() > 0);
}

/// The program of `PATH`, which leaves a file behind when it runs.
#[cfg(unix)]
#[test]
fn nothing_runs_unless_both_the_flag_and_the_configuration_say_so() {
    let disk = tempfile::tempdir().unwrap();
    let matrix = Matrix::embedded();
    let [input, root, bin] = ["input", "root", "bin"].map(|name| disk.path().join(name));
    for folder in [&root, &bin] {
        std::fs::create_dir_all(folder).unwrap();
    }
    package::write(&input, &package::checkout(&matrix, "0.5.0"));
    let ran = disk.path().join("ran");
    let script = format!(
        "#!/bin/sh\n# {}\n: > '{}'\ncase $1 in --version) echo 0.5.0;; *) cat <<'END'\n{}\nEND\nesac\n",
        matrix.module,
        ran.display(),
        package::help(&matrix, "0.5.0")
    );
    let program = bin.join("pic");
    std::fs::write(&program, script).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let venv = disk.path().display().to_string();
    let pic = input.display().to_string();
    let audit = |flags: &[&str]| {
        let common = [
            "audit",
            "pic",
            "--json",
            "--pic-root",
            &pic,
            "--python-env",
            &venv,
        ];
        let run = ccr(&root, &[&common, flags].concat());
        (
            run.code,
            serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap_or_default(),
        )
    };
    assert_eq!(audit(&[]).1["executed"], serde_json::json!([]));
    assert_eq!(audit(&["--run-help"]).0, 2);
    std::fs::write(root.join("ccr.toml"), "[pic]\nrun_help = true\n").unwrap();
    assert_eq!(audit(&[]).1["executed"], serde_json::json!([]));
    assert_eq!(audit(&["--run-help", "--profile", "ccr-1.0"]).0, 2);
    assert!(!ran.exists());
    let (code, body) = audit(&["--run-help"]);
    assert_eq!(code, 0, "{body}");
    assert!(ran.exists());
    let executed = body["executed"].as_array().unwrap();
    assert_eq!(executed[0][1], "--version");
    let asks = |argv: &serde_json::Value| argv.as_array().unwrap().last().unwrap() == "--help";
    assert!(executed.len() > 10 && executed[1..].iter().all(asks));
    let about: Vec<_> = body["findings"].as_array().unwrap().iter().collect();
    assert!(
        about.iter().all(|f| f["rule_id"] != "pic-help-differs"),
        "{body}"
    );
}
