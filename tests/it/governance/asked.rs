// SPDX-License-Identifier: Apache-2.0
//! What is asked of the commands and is not there, or is another thing: exit 2, and the one line
//! that names what was named.

use crate::harness::cli::ccr;
use crate::harness::governance_case::bases;

/// Arguments in the folder of the fixtures, and what the message says of them.
const WRONG: [(&[&str], &str); 12] = [
    (&["audit", "governance", "none"], "none: it is no folder"),
    (
        &["audit", "governance", "tree", "--runs", "none"],
        "none: No such file",
    ),
    (
        &["audit", "governance", "tree", "--runs", "README.md"],
        "README.md: it is neither a folder nor an archive",
    ),
    (&["audit", "evidence", "none"], "none: No such file"),
    (&["audit", "evidence", "runs", "none"], "none: No such file"),
    (
        &["audit", "evidence", "README.md"],
        "README.md: it is neither a folder nor an archive",
    ),
    (
        &["audit", "evidence", "runs", "--stage", "7"],
        "--stage 7: there is no such stage; the profile has 1, 2, 3, 4, 5, 6",
    ),
    (
        &["audit", "evidence", "runs", "--contract", "README.md"],
        "README.md: ",
    ),
    (
        &["gate", "check", "--stage", "0"],
        "--stage 0: there is no such stage",
    ),
    (
        &["control", "summary", "--root", "tree", "--runs", "none"],
        "none: No such file",
    ),
    (
        &["approval", "check", "--packet", "none"],
        "none: No such file",
    ),
    (
        &["fixtures", "failure-matrix", "--out", "README.md"],
        "README.md: ",
    ),
];

#[test]
fn what_cannot_be_read_is_named_once_and_is_no_verdict() {
    for (arguments, says) in WRONG {
        let run = ccr(&bases(), arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        let told = format!("error: {says}");
        assert!(
            run.stderr.starts_with(&told),
            "{arguments:?}: {}",
            run.stderr
        );
    }
}

#[test]
fn a_board_of_aliases_without_end_is_a_finding_and_takes_no_time() {
    let there = tempfile::tempdir().unwrap();
    let tree = there.path().join("tree");
    crate::harness::governance_case::copy(&bases().join("tree"), &tree);
    let mut board = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let again = vec![format!("*a{}", n - 1); 10].join(", ");
        board += &format!("a{n}: &a{n} [{again}]\n");
    }
    board += "items: *a11\n";
    std::fs::write(tree.join("WORKBOARD.yaml"), board).unwrap();
    let run = ccr(
        there.path(),
        &["audit", "governance", "tree", "--as-of", "2026-03-15"],
    );
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(
        run.stdout.starts_with("high[cto-workboard-invalid]"),
        "{}",
        run.stdout
    );
}
