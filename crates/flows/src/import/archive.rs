//! Zip archives of the classic designer: the project's state is read, and the sound files it names; names of entries are compared, never
//! written anywhere.

use std::io::{Cursor, Read as _};

/// Entries of an archive, at most.
const ENTRIES_MAX: usize = 200;
/// Bytes of an archive, at most: its list of entries is read whole before it can be counted.
const ARCHIVE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of the project's state, at most.
const STATE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of one sound file, at most.
const SOUND_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How many times larger an entry may be than what it was packed into.
const RATIO_MAX: u64 = 100;

/// The text of the project in an archive: the entry called `state`, or one that ends in `.json`, `.yaml` or `.yml`.
///
/// # Errors
/// A sentence: the archive is broken, too large or holds no project.
pub fn project(bytes: &[u8]) -> Result<String, String> {
    let mut archive = opened(bytes)?;
    let names: Vec<String> =
        archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect();
    let is_text = |name: &str| [".json", ".yaml", ".yml"].iter().any(|suffix| name.ends_with(suffix));
    let state =
        names.iter().find(|name| last(name) == "state").or_else(|| names.iter().find(|name| is_text(name)));
    let state = state.ok_or_else(|| "The archive holds no project.".to_owned())?;
    let text = contents(&mut archive, state, STATE_BYTES_MAX)?;
    String::from_utf8(text).map_err(|_| "The project in the archive is not text.".to_owned())
}

/// The sound file of this name in an archive, wherever it lies in there.
///
/// # Errors
/// A sentence: there is none, or it is damaged or too large.
pub fn sound(bytes: &[u8], file: &str) -> Result<Vec<u8>, String> {
    let mut archive = opened(bytes)?;
    let names: Vec<String> =
        archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect();
    let name = names.iter().find(|name| last(name) == last(file));
    let name = name.ok_or_else(|| "The archive does not hold it.".to_owned())?;
    contents(&mut archive, name, SOUND_BYTES_MAX)
}

type Archive<'b> = zip::ZipArchive<Cursor<&'b [u8]>>;

fn opened(bytes: &[u8]) -> Result<Archive<'_>, String> {
    if bytes.len() > ARCHIVE_BYTES_MAX {
        return Err(format!("The archive has more than {ARCHIVE_BYTES_MAX} bytes."));
    }
    let archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| "The archive cannot be read.".to_owned())?;
    if archive.len() > ENTRIES_MAX {
        return Err(format!("The archive has more than {ENTRIES_MAX} entries."));
    }
    Ok(archive)
}

/// The last part of a name, whichever way its folders are divided.
fn last(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or("")
}

/// An entry, of at most so many bytes.
fn contents(archive: &mut Archive<'_>, name: &str, most: u64) -> Result<Vec<u8>, String> {
    let entry = archive.by_name(name).map_err(|_| "The project in the archive cannot be read.".to_owned())?;
    // What a link leads to is no part of the archive.
    if entry.is_symlink() || entry.is_dir() {
        return Err("The project in the archive is a link or a folder.".to_owned());
    }
    let most = most.min(entry.compressed_size().saturating_mul(RATIO_MAX).max(64 * 1024));
    let mut bytes = Vec::new();
    // The sizes an archive declares are claims: what comes out is counted.
    let read = entry.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|_| "The project in the archive is damaged.".to_owned())?;
    if bytes.len() as u64 > most {
        return Err("The project in the archive is too large, or packed more than a hundredfold.".to_owned());
    }
    Ok(bytes)
}
