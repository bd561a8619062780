//! The files of the tree.

use std::path::{Path, PathBuf};

/// Folders that are built, not written.
const BUILT: [&str; 6] = ["target", "node_modules", ".git", ".local", "corpus", "artifacts"];

pub(crate) fn root() -> PathBuf {
    // Asked at run time: a program from a shared target folder may have been built for another checkout.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&here).parent().expect("xtask is in the tree").to_owned()
}

/// Every file with one of these endings.
pub(crate) fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the tree can be read").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !BUILT.contains(&name.as_str()) {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn nothing_unfinished_or_private_stays_in_the_tree() {
    let here = Path::new(file!()).file_name().expect("this file has a name").to_owned();
    let forbidden =
        ["FIXME", "dbg!(", "todo!(", "unimplemented!(", concat!("/wo", "rk/"), concat!("sub", "agent")];
    for path in files(&[".rs", ".md", ".toml", ".sql", ".py", ".js", ".mjs", ".ts"]) {
        if path.file_name() == Some(&here) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for word in forbidden {
            assert!(!text.contains(word), "{} holds `{word}`", shown(&path));
        }
    }
}

#[test]
fn tests_find_their_files_where_they_run() {
    for path in files(&[".rs"]) {
        let file = shown(&path);
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let baked = concat!("env!(\"", "CARGO_MANIFEST_DIR", "\")");
        assert!(
            !text.contains(baked),
            "{file}: {baked} is where it was built; a kept target folder serves other checkouts"
        );
    }
}

#[test]
fn sql_is_only_in_the_store_crates() {
    for path in files(&[".rs"]) {
        let name = shown(&path);
        if name.contains("crates/store") || name.starts_with("xtask") || name.starts_with("benches") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for statement in ["INSERT INTO ", "DELETE FROM ", "UPDATE calls", "SELECT * "] {
            assert!(!text.contains(statement), "{name} holds SQL");
        }
    }
}

#[test]
fn every_library_says_what_it_owns() {
    for path in files(&["lib.rs"]) {
        let name = shown(&path);
        if !name.starts_with("crates/") || name.contains("/tests/") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default().to_lowercase();
        assert!(text.starts_with("//!"), "{name} does not begin with its documentation");
        assert!(text.contains("own"), "{name} does not say what it owns");
    }
}
