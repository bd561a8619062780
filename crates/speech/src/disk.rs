//! Synthesised speech on disk, as ordinary WAV files named by hash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::cache::Key;
use crate::prompt::RATE_HZ;

const HEADER_BYTES: usize = 44;

/// A bounded folder. All methods block; a file that cannot be read or written costs a synthesis, never a call.
#[derive(Debug)]
pub(crate) struct DiskCache {
    dir: PathBuf,
    bytes_max: u64,
    /// Bytes in the folder, counted at first use.
    bytes: Mutex<Option<u64>>,
}

impl DiskCache {
    pub(crate) fn new(dir: PathBuf, bytes_max: u64) -> Self {
        Self { dir, bytes_max, bytes: Mutex::new(None) }
    }

    /// The samples kept under `key`. A file that is not what we write is removed.
    pub(crate) fn get(&self, key: &Key) -> Option<Vec<i16>> {
        let path = self.path(key);
        let mut file = File::open(&path).ok()?;
        let mut bytes = Vec::new();
        // Twice the longest prompt: nothing of ours is larger.
        let read = io::Read::by_ref(&mut file).take(20 * 60 * u64::from(RATE_HZ) * 2).read_to_end(&mut bytes);
        let samples = read.ok().and_then(|_| from_wav(&bytes));
        if samples.is_some() {
            let _ = file.set_modified(SystemTime::now()); // only makes eviction less clever
        } else {
            tracing::warn!(file = %path.display(), "speech cache file damaged");
            let _ = fs::remove_file(&path); // it is overwritten by the next put anyway
        }
        samples
    }

    /// Keeps `samples`, whole or not at all, and makes room for them.
    pub(crate) fn put(&self, key: &Key, samples: &[i16]) {
        if let Err(error) = self.try_put(key, samples) {
            tracing::warn!(%error, dir = %self.dir.display(), "speech cache not written");
        }
    }

    fn try_put(&self, key: &Key, samples: &[i16]) -> io::Result<()> {
        let mut total = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(&self.dir)?;
        let before = match *total {
            Some(bytes) => bytes,
            None => files(&self.dir)?.iter().map(|(_, _, bytes)| bytes).sum(),
        };
        let wav = to_wav(samples);
        if wav.len() as u64 > self.bytes_max {
            return Ok(());
        }
        let (path, part) = (self.path(key), self.path(key).with_extension("part"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(&wav)?;
        fs::rename(&part, &path)?;
        let after = before + wav.len() as u64;
        *total = Some(if after > self.bytes_max { evict(&self.dir, self.bytes_max)? } else { after });
        Ok(())
    }

    fn path(&self, key: &Key) -> PathBuf {
        let (high, low) = key.split_at(16);
        let number = |half: &[u8]| half.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        self.dir.join(format!("{:032x}{:032x}", number(high), number(low))).with_extension("wav")
    }
}

/// Regular files of the folder: path, time of last use, bytes.
fn files(dir: &Path) -> io::Result<Vec<(PathBuf, SystemTime, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        if meta.is_file() {
            found.push((entry.path(), meta.modified()?, meta.len()));
        }
    }
    Ok(found)
}

/// Removes the longest unused files down to nine tenths, so that it does not happen at each write. Returns what is left.
fn evict(dir: &Path, bytes_max: u64) -> io::Result<u64> {
    let mut files = files(dir)?;
    files.sort_by_key(|(_, used, _)| *used);
    let mut total: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
    for (path, _, bytes) in files {
        if total <= bytes_max / 10 * 9 {
            break;
        }
        fs::remove_file(path)?;
        total -= bytes;
    }
    Ok(total)
}

pub(crate) fn to_wav(samples: &[i16]) -> Vec<u8> {
    let data = u32::try_from(samples.len() * 2).expect("prompts are minutes long, not days");
    let mut wav = Vec::with_capacity(HEADER_BYTES + samples.len() * 2);
    wav.extend(b"RIFF");
    wav.extend((data + 36).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1_u16, 1].map(u16::to_le_bytes).concat()); // PCM, mono
    wav.extend([RATE_HZ, RATE_HZ * 2].map(u32::to_le_bytes).concat());
    wav.extend([2_u16, 16].map(u16::to_le_bytes).concat()); // bytes per frame, bits per sample
    wav.extend(b"data");
    wav.extend(data.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

/// The samples of a file written by [`to_wav`] and no other.
fn from_wav(bytes: &[u8]) -> Option<Vec<i16>> {
    let samples: Vec<i16> = bytes
        .get(HEADER_BYTES..)?
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let is_ours = to_wav(&samples)[..HEADER_BYTES] == bytes[..HEADER_BYTES] && bytes.len().is_multiple_of(2);
    (is_ours && !samples.is_empty()).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_survive_and_damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(dir.path().join("cache/tts"), 1_000_000);
        assert_eq!(cache.get(&[1; 32]), None);
        cache.put(&[1; 32], &[1, -2, i16::MIN]);
        assert_eq!(cache.get(&[1; 32]), Some(vec![1, -2, i16::MIN]));
        let path = cache.path(&[1; 32]);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 2]).unwrap();
        assert_eq!(cache.get(&[1; 32]), None);
        assert!(!path.exists());
    }

    #[test]
    fn the_folder_stays_within_its_size_and_loses_the_longest_unused() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(dir.path().to_owned(), 10_000);
        for n in 0..20_u8 {
            cache.put(&[n; 32], &[0; 1_000]);
            let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(n));
            File::open(cache.path(&[n; 32])).and_then(|file| file.set_modified(old)).unwrap();
        }
        let total: u64 = files(dir.path()).unwrap().iter().map(|(_, _, bytes)| bytes).sum();
        assert!(total <= 10_000, "{total}");
        assert!(cache.get(&[19; 32]).is_some() && cache.get(&[0; 32]).is_none());
        let reopened = DiskCache::new(dir.path().to_owned(), 10_000);
        (30..40).for_each(|n| reopened.put(&[n; 32], &[0; 1_000]));
        assert!(files(dir.path()).unwrap().iter().map(|(_, _, bytes)| bytes).sum::<u64>() <= 10_000);
    }
}
