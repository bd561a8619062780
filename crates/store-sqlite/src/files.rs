//! Folder and file of the database, and their permissions.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::OpenError;

fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File { path, source }
}

/// Makes the folder (0700) and the file (0600). SQLite gives its log and index files the permissions of the database.
pub fn prepare(file: &Path) -> Result<(), OpenError> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
    }
    // Made with the right mode from the start: there is no moment in which others could open it.
    OpenOptions::new().create(true).append(true).mode(0o600).open(file).map_err(at(file))?;
    close_to_others(file).map_err(at(file))
}

/// Owner only.
pub fn close_to_others(file: &Path) -> io::Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

/// How the name of a test's folder begins; the process and a number follow.
const SCRATCH: &str = "flexio-test-";

/// Removes the folders of processes that ended without cleaning up: killed, or with the store still in a task.
fn remove_abandoned(above: &Path) {
    let Ok(entries) = fs::read_dir(above) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(SCRATCH)?.split('-').next());
        // Where the system does not say which processes live, all do.
        let alive =
            |process: &str| !Path::new("/proc/self").exists() || Path::new("/proc").join(process).exists();
        if process.is_some_and(|process| !alive(process)) {
            // Another test may be removing it at this moment.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that goes when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// In memory where the system offers it, else among the temporary files.
    pub fn new() -> Result<Self, OpenError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        remove_abandoned(&above);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = above.join(format!("{SCRATCH}{}-{number}", std::process::id()));
        // Of an earlier process that had our number.
        let _ = fs::remove_dir_all(&folder);
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(at(&folder))?;
        Ok(Self(folder))
    }

    /// Where.
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: the system empties both places by itself.
        let _ = fs::remove_dir_all(&self.0);
    }
}
