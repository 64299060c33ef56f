// SPDX-License-Identifier: Apache-2.0
//! What a path says about the purpose of a file.

/// Words in folder names that mean: what lies below is input of tests.
const TEST_WORDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "testsuite",
    "unittests",
    "fixture",
    "fixtures",
    "corpus",
    "fuzz",
    "mock",
    "mocks",
    "snapshots",
    "cassettes",
];

/// Whether a folder of `path` says that its content is input of tests: libraries that read
/// archives ship broken ones on purpose.
pub fn is_test_material(path: &str) -> bool {
    let Some((folders, _)) = path.rsplit_once('/') else {
        return false;
    };
    folders
        .split(['/', '_', '-', '.'])
        .any(|word| TEST_WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_test_material;

    #[test]
    fn folders_speak_and_file_names_do_not() {
        assert!(is_test_material("pkg/tests/data/x.zip"));
        assert!(is_test_material("src/test_data/x.zip"));
        assert!(!is_test_material("tests.zip"));
        assert!(!is_test_material("pkg/contest/x.zip"));
    }
}
