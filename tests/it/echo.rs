// SPDX-License-Identifier: Apache-2.0
//! A secret that stands twice is shown nowhere.

use crate::harness::cli::ccr;
use std::fs;

#[test]
fn a_secret_that_stands_again_is_redacted_there_too() {
    let dir = tempfile::tempdir().unwrap();
    let secret = ["Tq7Lm2Vx", "9rKdW4"].concat();
    let home = ["/ho", "me/kowalczyk"].concat();
    let text = format!("DB_PASSWORD = \"{secret}\"  # was {secret}\nlog = \"{home}/{secret}/x\"\n");
    fs::write(dir.path().join("settings.py"), text).unwrap();
    for format in ["text", "json", "sarif"] {
        let run = ccr(dir.path(), &["scan", ".", "--format", format]);
        assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("secret-generic"), "{}", run.stdout);
        assert!(run.stdout.contains("path-home-linux"), "{}", run.stdout);
        assert!(!run.stdout.contains(&secret), "{}", run.stdout);
    }
}
