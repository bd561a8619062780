//! Audio at rest: encrypted in chunks, so that any part of it is read by itself, and that a crash costs half a second at most.
//!
//! A file is a head of 12 bytes and chunks of [`CHUNK`] bytes, the last one shorter, each sealed with AES-256-GCM as in the STREAM
//! construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, §7): the nonce is the prefix of the file, the number of the chunk and whether
//! it is the last. So chunks cannot be exchanged, left out or cut off. The sid of the recording and the head are authenticated with each
//! chunk: a file put in the place of another is refused.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce};
use flexio_domain::RecordingSid;

/// Plain bytes of a chunk: half a second of one channel.
pub const CHUNK: usize = 8 * 1024;
const TAG: usize = 16;
/// Bytes of a whole chunk in the file.
pub const SEALED_CHUNK: usize = CHUNK + TAG;
/// Bytes before the first chunk.
pub const HEAD: usize = 12;
const MAGIC: &[u8; 4] = b"FXA1";
const PREFIX: usize = 7;
/// RIFF lengths have 32 bits: 74 hours of one channel.
const PLAIN_MAX: u64 = u32::MAX as u64 - 1_024;

/// What the plain bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Samples of 16 bits, little-endian, 8 000 a second, of one or two channels that alternate.
    Pcm {
        /// 1 or 2.
        channels: u8,
    },
    /// A file of MPEG layer III.
    Mp3,
    /// An archive of an account, which is no audio and lies the same way.
    Archive,
}

impl Layout {
    const fn byte(self) -> u8 {
        match self {
            Self::Pcm { channels } => channels,
            Self::Mp3 => 0x10,
            Self::Archive => 0x20,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 | 2 => Some(Self::Pcm { channels: byte }),
            0x10 => Some(Self::Mp3),
            0x20 => Some(Self::Archive),
            _ => None,
        }
    }
}

/// The key of one recording's audio.
#[derive(Clone)]
pub struct AudioKey(pub(super) [u8; 32]);

impl fmt::Debug for AudioKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AudioKey(…)")
    }
}

/// Why audio cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// It does not begin as such a file does, or its length is none that it could have.
    #[error("not a sealed recording")]
    Form,
    /// A chunk was altered, cut, or belongs to something else.
    #[error("the audio was altered or belongs to another recording")]
    Refused,
}

impl From<SealedError> for io::Error {
    fn from(error: SealedError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Seals and opens the chunks of one file.
struct Chunks {
    cipher: Aes256Gcm,
    prefix: [u8; PREFIX],
    associated: Vec<u8>,
}

impl Chunks {
    fn new(key: &AudioKey, sid: RecordingSid, head: &[u8; HEAD]) -> Self {
        let cipher = Aes256Gcm::new_from_slice(&key.0).expect("the key has the 32 bytes of AES-256");
        let prefix = head[HEAD - PREFIX..].try_into().expect("the head ends with the prefix");
        let associated = [&head[..], sid.to_string().as_bytes()].concat();
        Self { cipher, prefix, associated }
    }

    fn nonce(&self, number: u32, is_last: bool) -> Nonce<Aes256Gcm> {
        let mut nonce = [0; 12];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = u8::from(is_last);
        Nonce::<Aes256Gcm>::from(nonce)
    }

    fn seal(&self, number: u32, is_last: bool, chunk: &mut Vec<u8>) {
        let nonce = self.nonce(number, is_last);
        self.cipher
            .encrypt_in_place(&nonce, &self.associated, chunk)
            .expect("a chunk is far below the 64 GiB of GCM");
    }

    fn open(&self, number: u32, is_last: bool, chunk: &mut Vec<u8>) -> Result<(), SealedError> {
        let nonce = self.nonce(number, is_last);
        self.cipher.decrypt_in_place(&nonce, &self.associated, chunk).map_err(|_| SealedError::Refused)
    }
}

fn new_head(layout: Layout) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(MAGIC);
    head[4] = layout.byte();
    getrandom::fill(&mut head[HEAD - PREFIX..])
        .expect("the operating system gives random numbers from boot on");
    head
}

/// Writes a sealed file; it is there under its name once [`SealedWriter::finish`] has returned, synced to the disk.
pub struct SealedWriter {
    /// Where it is written.
    partial: PathBuf,
    /// Its name in the end.
    path: PathBuf,
    head: [u8; HEAD],
    chunks: Chunks,
    file: Option<File>,
    number: u32,
    pending: Vec<u8>,
    plain: u64,
}

impl fmt::Debug for SealedWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SealedWriter {
    /// A file of `key` for the recording `sid`. Nothing is on the disk before the first write, which may block.
    pub fn new(path: PathBuf, key: &AudioKey, sid: RecordingSid, layout: Layout) -> Self {
        let head = new_head(layout);
        Self {
            partial: partial_name(&path),
            path,
            head,
            chunks: Chunks::new(key, sid, &head),
            file: None,
            number: 0,
            pending: Vec::with_capacity(SEALED_CHUNK),
            plain: 0,
        }
    }

    /// Appends samples.
    pub fn write_samples(&mut self, samples: &[i16]) -> io::Result<()> {
        // Half a chunk at a time, so that no buffer is needed beside the chunk's own.
        for part in samples.chunks(CHUNK / 4) {
            let bytes: Vec<u8> = part.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            self.write(&bytes)?;
        }
        Ok(())
    }

    /// Appends bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.plain + bytes.len() as u64 > PLAIN_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a recording holds 4 GiB"));
        }
        self.plain += bytes.len() as u64;
        while !bytes.is_empty() {
            // A full chunk waits for the next byte: it might be the last one, which is sealed otherwise.
            if self.pending.len() == CHUNK {
                self.put(false)?;
            }
            let (now, rest) = bytes.split_at(bytes.len().min(CHUNK - self.pending.len()));
            self.pending.extend_from_slice(now);
            bytes = rest;
        }
        Ok(())
    }

    fn put(&mut self, is_last: bool) -> io::Result<()> {
        self.chunks.seal(self.number, is_last, &mut self.pending);
        if self.file.is_none() {
            let file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.partial)?;
            self.file.insert(file).write_all(&self.head)?;
        }
        self.file.as_mut().expect("it was opened above").write_all(&self.pending)?;
        self.pending.clear();
        self.number += 1;
        Ok(())
    }

    /// Ends the file: it and its name are on the disk. Returns its plain bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        self.put(true)?;
        self.file.take().expect("a chunk was put").sync_all()?;
        publish(&self.partial, &self.path)?;
        Ok(self.plain)
    }

    /// Drops what was written.
    pub fn discard(self) -> io::Result<()> {
        match std::fs::remove_file(&self.partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Where a file is while it is written.
pub fn partial_name(path: &Path) -> PathBuf {
    path.with_extension("part")
}

/// The new name must survive a power failure like the bytes do.
fn publish(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes a whole file of what a crash left at `path`'s partial name: the chunks that are complete. Returns its plain bytes; `None` if
/// nothing was left. Doing it again finds the finished file.
pub fn salvage(path: &Path, key: &AudioKey, sid: RecordingSid) -> io::Result<Option<u64>> {
    let partial = partial_name(path);
    let mut file = match OpenOptions::new().read(true).write(true).open(&partial) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match std::fs::metadata(path) {
                Ok(metadata) => Ok(Some(Sizes::of(metadata.len())?.plain)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            };
        }
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let mut head = [0; HEAD];
    let is_headed = file.read_exact(&mut head).is_ok();
    let chunks = Chunks::new(key, sid, &head);
    // The crash may have come after the end was written and before the name was.
    if let Some(sizes) = Sizes::of(length).ok().filter(|_| is_headed)
        && chunks.open(sizes.last, true, &mut chunk_at(&mut file, sizes.last)?).is_ok()
    {
        file.sync_all()?;
        publish(&partial, path)?;
        return Ok(Some(sizes.plain));
    }
    let whole = length.saturating_sub(HEAD as u64) / SEALED_CHUNK as u64;
    if whole == 0 {
        std::fs::remove_file(&partial)?;
        return Ok(None);
    }
    // The last whole chunk proves the key.
    let number = u32::try_from(whole - 1).map_err(|_| SealedError::Form)?;
    chunks.open(number, false, &mut chunk_at(&mut file, number)?)?;
    file.set_len(HEAD as u64 + whole * SEALED_CHUNK as u64)?;
    let mut end = Vec::new();
    chunks.seal(number + 1, true, &mut end);
    file.seek(SeekFrom::End(0))?;
    file.write_all(&end)?;
    file.sync_all()?;
    publish(&partial, path)?;
    Ok(Some(whole * CHUNK as u64))
}

/// A sealed chunk, shorter at the end of the file.
fn chunk_at(file: &mut File, number: u32) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(HEAD as u64 + u64::from(number) * SEALED_CHUNK as u64))?;
    let mut chunk = Vec::with_capacity(SEALED_CHUNK);
    file.take(SEALED_CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

/// What the length of a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sizes {
    plain: u64,
    /// Number of the last chunk.
    last: u32,
}

impl Sizes {
    fn of(length: u64) -> Result<Self, SealedError> {
        let body = length.checked_sub((HEAD + TAG) as u64).ok_or(SealedError::Form)? + TAG as u64;
        let chunks = body.div_ceil(SEALED_CHUNK as u64);
        let rest = body - (chunks - 1) * SEALED_CHUNK as u64;
        if rest < TAG as u64 {
            return Err(SealedError::Form);
        }
        let last = u32::try_from(chunks - 1).map_err(|_| SealedError::Form)?;
        Ok(Self { plain: body - chunks * TAG as u64, last })
    }
}

/// A sealed file that can be read in parts; the bytes come from wherever it lies.
pub struct SealedReader {
    chunks: Chunks,
    layout: Layout,
    sizes: Sizes,
}

impl fmt::Debug for SealedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedReader").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl SealedReader {
    /// From the first [`HEAD`] bytes and the length of the file.
    pub fn new(key: &AudioKey, sid: RecordingSid, head: &[u8], length: u64) -> Result<Self, SealedError> {
        let head: &[u8; HEAD] = head.try_into().map_err(|_| SealedError::Form)?;
        if head[..4] != MAGIC[..] {
            return Err(SealedError::Form);
        }
        let layout = Layout::from_byte(head[4]).ok_or(SealedError::Form)?;
        Ok(Self { chunks: Chunks::new(key, sid, head), layout, sizes: Sizes::of(length)? })
    }

    /// What the plain bytes are.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How many there are.
    pub fn plain_bytes(&self) -> u64 {
        self.sizes.plain
    }

    /// The span of the file that holds these plain bytes: whole chunks, the short last one included.
    pub fn span(&self, plain: &std::ops::Range<u64>) -> std::ops::Range<u64> {
        let chunk = CHUNK as u64;
        let end = plain.end.min(self.sizes.plain).div_ceil(chunk);
        let at = |number: u64| HEAD as u64 + number * SEALED_CHUNK as u64;
        let file_end = at(u64::from(self.sizes.last)) + self.sizes.plain - u64::from(self.sizes.last) * chunk
            + TAG as u64;
        at(plain.start / chunk)..at(end).min(file_end)
    }

    /// The plain bytes of `plain`, out of `sealed`, the bytes of its [`SealedReader::span`].
    pub fn open(&self, plain: &std::ops::Range<u64>, sealed: &[u8]) -> Result<Vec<u8>, SealedError> {
        let first = plain.start / CHUNK as u64;
        let mut out = Vec::with_capacity(sealed.len());
        for (number, chunk) in (first..).zip(sealed.chunks(SEALED_CHUNK)) {
            let number = u32::try_from(number).map_err(|_| SealedError::Form)?;
            let mut chunk = chunk.to_vec();
            self.chunks.open(number, number == self.sizes.last, &mut chunk)?;
            out.extend_from_slice(&chunk);
        }
        let skip = usize::try_from(plain.start - first * CHUNK as u64).map_err(|_| SealedError::Form)?;
        let wanted = usize::try_from(plain.end.min(self.sizes.plain).saturating_sub(plain.start));
        out.drain(..skip.min(out.len()));
        out.truncate(wanted.map_err(|_| SealedError::Form)?);
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
