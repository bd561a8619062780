//! Foreign sound files to 8 kHz mono, within limits.

use std::io::Cursor;
use std::time::{Duration, Instant};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::PromptError;
use crate::prompt::RATE_HZ;
use crate::resample::ToEightKilohertz;

/// Broken packets passed over before a file counts as unreadable: a few are ordinary at the ends of cut MP3 files.
const BROKEN_PACKETS_MAX: u32 = 50;

#[derive(Debug, Clone, Copy)]
pub(crate) struct DecodeLimits {
    /// Longest sound, in seconds.
    pub(crate) max_s: u32,
    /// Longest work.
    pub(crate) time: Duration,
}

/// Decodes a whole file. Blocks; memory is the file, the result and less than a second of sound at its own rate.
pub(crate) fn decode(mut file: Vec<u8>, limits: DecodeLimits) -> Result<Vec<i16>, PromptError> {
    let started = Instant::now();
    if !is_known_format(&file) {
        return Err(PromptError::UnknownFormat);
    }
    correct_wav_sizes(&mut file);
    let (mut format, track, mut decoder) = open(file)?;
    let samples_max = limits.max_s as usize * RATE_HZ as usize;
    let mut sink: Option<Sink> = None;
    let (mut frame, mut broken) = (Vec::<i16>::new(), 0);
    loop {
        if started.elapsed() > limits.time {
            return Err(PromptError::TimedOut);
        }
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A header that promises more than the file holds ends here: what is there is played.
            Ok(None) | Err(Error::IoError(_)) => break,
            Err(_) => return Err(PromptError::Unreadable),
        };
        if packet.track_id != track {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(audio) => {
                let (rate, channels) = (audio.spec().rate(), audio.spec().channels().count());
                let sink = match &mut sink {
                    Some(sink) => sink,
                    None => sink.insert(Sink::new(rate, channels)?),
                };
                audio.copy_to_vec_interleaved(&mut frame);
                sink.push(rate, channels, &frame)?;
                if sink.resampler.len() > samples_max {
                    return Err(PromptError::TooLong { max_s: limits.max_s });
                }
            }
            Err(Error::DecodeError(_) | Error::IoError(_)) if broken < BROKEN_PACKETS_MAX => broken += 1,
            Err(_) => return Err(PromptError::Unreadable),
        }
    }
    let samples = sink.map(|sink| sink.resampler.finish()).unwrap_or_default();
    match (samples.is_empty(), broken) {
        (true, 0) => Err(PromptError::Empty),
        (true, _) => Err(PromptError::Unreadable),
        (false, _) => Ok(samples),
    }
}

/// By the first bytes: names and content types are claims.
fn is_known_format(file: &[u8]) -> bool {
    match file {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'O', b'g', b'g', b'S', ..]
        | [b'I', b'D', b'3', ..] => true,
        // MPEG audio, layer III: eleven bits of sync, not the reserved version, layer 01.
        [0xff, second, ..] => second & 0xe0 == 0xe0 && second & 0x18 != 0x08 && second & 0x06 == 0x02,
        _ => false,
    }
}

/// Brings the sizes in a WAV header down to what is there. Recorders that write to a pipe claim gigabytes, and cut downloads end early;
/// the decoder refuses a data chunk larger than its file.
fn correct_wav_sizes(file: &mut [u8]) {
    if !file.starts_with(b"RIFF") {
        return;
    }
    let length = file.len();
    let fits = |size: usize| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes();
    file[4..8].copy_from_slice(&fits(length - 8));
    let mut at = 12;
    while let Some(head) = file.get(at..at + 8) {
        let claimed = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (is_data, there) = (head.starts_with(b"data"), length - at - 8);
        if is_data && claimed > there {
            file[at + 4..at + 8].copy_from_slice(&fits(there));
        }
        if is_data || claimed > there {
            return;
        }
        at += 8 + claimed + claimed % 2; // chunks are padded to even lengths
    }
}

type Opened = (Box<dyn FormatReader>, u32, Box<dyn AudioDecoder>);

fn open(file: Vec<u8>) -> Result<Opened, PromptError> {
    let source = MediaSourceStream::new(Box::new(Cursor::new(file)), MediaSourceStreamOptions::default());
    let format = symphonia::default::get_probe()
        .probe(&Hint::new(), source, FormatOptions::default(), MetadataOptions::default())
        .map_err(|_| PromptError::Unreadable)?;
    let track = format.default_track(TrackType::Audio).ok_or(PromptError::Unreadable)?;
    let params =
        track.codec_params.as_ref().and_then(|params| params.audio()).ok_or(PromptError::Unreadable)?;
    // Refused before a decoder is made for it: buffers are sized by these.
    let channels = params.channels.as_ref().map_or(1, Channels::count);
    check_shape(params.sample_rate.unwrap_or(RATE_HZ), channels)?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|_| PromptError::Unreadable)?;
    let id = track.id;
    Ok((format, id, decoder))
}

fn check_shape(rate: u32, channels: usize) -> Result<(), PromptError> {
    if (8_000..=48_000).contains(&rate) && (1..=2).contains(&channels) {
        Ok(())
    } else {
        Err(PromptError::UnsupportedShape)
    }
}

/// Mixes to mono and resamples as the packets come.
struct Sink {
    rate: u32,
    channels: usize,
    mono: Vec<i16>,
    resampler: ToEightKilohertz,
}

impl Sink {
    fn new(rate: u32, channels: usize) -> Result<Self, PromptError> {
        check_shape(rate, channels)?;
        Ok(Self { rate, channels, mono: Vec::new(), resampler: ToEightKilohertz::new(rate)? })
    }

    fn push(&mut self, rate: u32, channels: usize, interleaved: &[i16]) -> Result<(), PromptError> {
        if (rate, channels) != (self.rate, self.channels) {
            return Err(PromptError::UnsupportedShape); // changed on the way: no recorder does that
        }
        if channels == 1 {
            self.resampler.push(interleaved);
            return Ok(());
        }
        self.mono.clear();
        let mid = |left: i16, right: i16| i16::midpoint(left, right);
        self.mono.extend(interleaved.chunks_exact(2).map(|pair| mid(pair[0], pair[1])));
        self.resampler.push(&self.mono);
        Ok(())
    }
}
