//! A WAV file that is complete and durable once finished.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::{Saved, SinkWriter};

const HEADER_BYTES: u32 = 44;
/// RIFF lengths are 32 bits: 37 hours of stereo.
const MAX_DATA_BYTES: u64 = u32::MAX as u64 - 1_024;

/// Writes 16-bit PCM at 8 000 Hz under a random name.
pub(crate) struct WavFile {
    file: File,
    dir: PathBuf,
    path: PathBuf,
    channels: u16,
    data_bytes: u64,
    buffer: Vec<u8>,
}

impl WavFile {
    /// Makes the file: 128 random bits for a name, never an existing file, never through a link.
    pub fn create(dir: &Path, channels: u16) -> io::Result<Self> {
        let name = format!("{:032x}.wav", crate::random::number128()?);
        let path = dir.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let dir = dir.to_owned();
        let mut wav = Self { file, dir, path, channels, data_bytes: 0, buffer: Vec::new() };
        wav.write_header()?;
        Ok(wav)
    }

    fn write_header(&mut self) -> io::Result<()> {
        let data = u32::try_from(self.data_bytes).expect("write refuses more than 32 bits");
        let rate = flexio_codec::SAMPLE_RATE_HZ;
        let block = self.channels * 2;
        let mut header = Vec::with_capacity(HEADER_BYTES as usize);
        header.extend(b"RIFF");
        header.extend((HEADER_BYTES - 8 + data).to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(16u32.to_le_bytes());
        header.extend(1u16.to_le_bytes());
        header.extend(self.channels.to_le_bytes());
        header.extend(rate.to_le_bytes());
        header.extend((rate * u32::from(block)).to_le_bytes());
        header.extend(block.to_le_bytes());
        header.extend(16u16.to_le_bytes());
        header.extend(b"data");
        header.extend(data.to_le_bytes());
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header)
    }
}

impl SinkWriter for WavFile {
    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        if self.data_bytes + samples.len() as u64 * 2 > MAX_DATA_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file holds 4 GiB"));
        }
        self.buffer.clear();
        self.buffer.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.file.write_all(&self.buffer)?;
        self.data_bytes += self.buffer.len() as u64;
        Ok(())
    }

    /// The header gets the true lengths, then file and directory entry go to the disk.
    fn finish(&mut self, _empty: bool) -> io::Result<Saved> {
        self.write_header()?;
        self.file.sync_all()?;
        File::open(&self.dir)?.sync_all()?;
        Ok(Saved::File { path: self.path.clone(), bytes: u64::from(HEADER_BYTES) + self.data_bytes })
    }
}
