// SPDX-License-Identifier: Apache-2.0
//! Files made from the program are what the program would make now. `CCR_UPDATE=1 cargo test
//! generated` rewrites them.

use std::path::Path;

#[test]
fn rule_pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let set = ccr::rules::load(ccr::rules::docs::PROFILE, &[]).unwrap();
    let rules: Vec<_> = set.rules.iter().map(|rule| &**rule).collect();
    let pages = ccr::rules::docs::pages(&rules);
    if std::env::var_os("CCR_UPDATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &pages {
        let committed = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            &committed == text,
            "docs/rules/{name} is stale: CCR_UPDATE=1 cargo test generated"
        );
    }
    let on_disk = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(
        on_disk,
        pages.len(),
        "docs/rules holds a page of a family that is gone"
    );
}

#[test]
fn the_command_line_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let text = ccr::cli::reference();
    if std::env::var_os("CCR_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/cli.md is stale: CCR_UPDATE=1 cargo test generated"
    );
}
