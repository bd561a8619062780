//! Zip archives of the classic designer: only the project's state is read; names of entries are compared, never written anywhere.

use std::io::{Cursor, Read as _};

/// Entries of an archive, at most.
const ENTRIES_MAX: usize = 200;
/// Bytes of an archive, at most: its list of entries is read whole before it can be counted.
const ARCHIVE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of the project's state, at most.
const STATE_BYTES_MAX: u64 = 1024 * 1024;
/// How many times larger the state may be than what it was packed into.
const RATIO_MAX: u64 = 100;

/// The text of the project in an archive: the entry called `state`, or one that ends in `.json`, `.yaml` or `.yml`.
///
/// # Errors
/// A sentence: the archive is broken, too large or holds no project.
pub fn project(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > ARCHIVE_BYTES_MAX {
        return Err(format!("The archive has more than {ARCHIVE_BYTES_MAX} bytes."));
    }
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| "The archive cannot be read.".to_owned())?;
    if archive.len() > ENTRIES_MAX {
        return Err(format!("The archive has more than {ENTRIES_MAX} entries."));
    }
    let names: Vec<String> =
        archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect();
    let last = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or("").to_owned();
    let is_text = |name: &str| [".json", ".yaml", ".yml"].iter().any(|suffix| name.ends_with(suffix));
    let state =
        names.iter().find(|name| last(name) == "state").or_else(|| names.iter().find(|name| is_text(name)));
    let state = state.ok_or_else(|| "The archive holds no project.".to_owned())?;
    let entry =
        archive.by_name(state).map_err(|_| "The project in the archive cannot be read.".to_owned())?;
    // What a link leads to is no part of the archive.
    if entry.is_symlink() || entry.is_dir() {
        return Err("The project in the archive is a link or a folder.".to_owned());
    }
    let most = STATE_BYTES_MAX.min(entry.compressed_size().saturating_mul(RATIO_MAX).max(64 * 1024));
    let mut text = Vec::new();
    // The sizes an archive declares are claims: what comes out is counted.
    let read = entry.take(most + 1).read_to_end(&mut text);
    read.map_err(|_| "The project in the archive is damaged.".to_owned())?;
    if text.len() as u64 > most {
        return Err("The project in the archive is too large, or packed more than a hundredfold.".to_owned());
    }
    String::from_utf8(text).map_err(|_| "The project in the archive is not text.".to_owned())
}
