//! The file an archive is: tar (POSIX.1-1988 `ustar`) under gzip, sealed as recordings are.

use std::io::{self, Write};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use flexio_domain::{ExportSid, Timestamp};
use sha2::{Digest, Sha256};

use crate::recordings::sealed::{AudioKey, Layout, SealedWriter};

/// Bytes of a header, and what contents are filled up to.
const BLOCK: usize = 512;
/// Characters of a name.
const NAME_MAX: usize = 100;

/// Takes the bytes of the archive, counts and digests them.
struct Sink {
    writer: SealedWriter,
    digest: Sha256,
    bytes: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive that is being written.
pub(super) struct Archive {
    gzip: GzEncoder<Sink>,
    made_at: Timestamp,
    /// Bytes that the file begun last still gets.
    left: u64,
    /// Bytes that fill its last block.
    fill: usize,
}

/// A finished one.
pub(super) struct Finished {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

impl Archive {
    pub(super) fn new(path: PathBuf, key: &AudioKey, sid: ExportSid, made_at: Timestamp) -> Self {
        let writer = SealedWriter::new(path, key, super::sealed_as(sid), Layout::Archive);
        let sink = Sink { writer, digest: Sha256::new(), bytes: 0 };
        Self { gzip: GzEncoder::new(sink, Compression::default()), made_at, left: 0, fill: 0 }
    }

    /// A whole file.
    pub(super) fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.begin(name, content.len() as u64)?;
        self.append(content)
    }

    /// A file whose `bytes` bytes follow by [`Archive::append`].
    pub(super) fn begin(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        if self.left > 0 || name.len() > NAME_MAX {
            return Err(io::Error::other("a file of the archive is too short, or its name too long"));
        }
        self.gzip.write_all(&header(name, bytes, self.made_at))?;
        self.left = bytes;
        self.fill = usize::try_from(bytes.next_multiple_of(BLOCK as u64) - bytes).unwrap_or(0);
        self.ended()
    }

    pub(super) fn append(&mut self, content: &[u8]) -> io::Result<()> {
        let after = self.left.checked_sub(content.len() as u64);
        self.left = after.ok_or_else(|| io::Error::other("a file of the archive is longer than was said"))?;
        self.gzip.write_all(content)?;
        self.ended()
    }

    fn ended(&mut self) -> io::Result<()> {
        if self.left == 0 {
            let fill = std::mem::take(&mut self.fill);
            self.gzip.write_all(&[0; BLOCK][..fill])?;
        }
        Ok(())
    }

    /// The archive is on the disk under its name when this returns.
    pub(super) fn finish(mut self) -> io::Result<Finished> {
        if self.left > 0 {
            return Err(io::Error::other("the last file of the archive is too short"));
        }
        self.gzip.write_all(&[0; 2 * BLOCK])?;
        let sink = self.gzip.finish()?;
        sink.writer.finish()?;
        Ok(Finished { bytes: sink.bytes, sha256: sink.digest.finalize().into() })
    }
}

fn header(name: &str, bytes: u64, made_at: Timestamp) -> [u8; BLOCK] {
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{bytes:011o}\0"));
    put(136, &format!("{:011o}\0", u64::try_from(made_at.as_second()).unwrap_or(0)));
    // The sum is taken over blanks in its own place.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_its_size_and_sum_where_tar_looks_for_them() {
        let header = header("messages/0001.csv", 1_025, Timestamp::from_second(1_700_000_000).unwrap());
        assert_eq!(&header[..18], b"messages/0001.csv\0");
        assert_eq!(&header[124..136], b"00000002001\0");
        assert_eq!(&header[257..265], b"ustar\x0000");
        let sum = u32::from_str_radix(std::str::from_utf8(&header[148..154]).unwrap(), 8).unwrap();
        let blanks: u32 = header[148..156].iter().map(|byte| u32::from(*byte)).sum();
        let whole: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        assert_eq!(sum, whole - blanks + 8 * u32::from(b' '));
    }
}
