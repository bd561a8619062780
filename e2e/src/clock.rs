//! A clock of the program that a test sets: `libfaketime`, which is loaded into it. What waits goes on waiting by the real clock.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Where Debian, and others, have it; the one for programs with threads.
const LIBRARIES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];

/// It goes on from where it was set.
#[derive(Debug)]
pub struct Clock {
    folder: TempDir,
}

impl Clock {
    /// Set to a time in UTC, `2026-11-20 12:00:00`.
    pub fn at(time: &str) -> Self {
        let clock = Self { folder: tempfile::tempdir().expect("there is room for temporary files") };
        clock.set(time);
        clock
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Sets it to a time in UTC, for programs that run too, within a second.
    pub fn set(&self, time: &str) {
        // Never seen half written.
        let next = self.folder.path().join("next");
        std::fs::write(&next, format!("@{time}\n")).expect("the folder is ours");
        std::fs::rename(&next, self.file()).expect("the folder is ours");
    }

    /// What a program is started with.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let library = LIBRARIES.iter().find(|path| Path::new(path).exists());
        let library = library.expect("faketime is installed (scripts/setup)");
        let file = self.file().display().to_string();
        [
            ("LD_PRELOAD", *library),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_CACHE_DURATION", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
            ("TZ", "UTC"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}
