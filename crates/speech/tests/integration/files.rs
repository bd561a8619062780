//! Sound files, good and hostile.

use std::process::Command;
use std::time::{Duration, Instant};

use flexio_speech::{Prompt, PromptError, Speech, SpeechConfig};

/// A 16-bit PCM WAV file.
pub fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// A sine of 1 000 Hz, amplitude 10 000, one channel.
fn sine(rate: u32, seconds: u32) -> Vec<i16> {
    let wave = |n: u32| (f64::from(n) * 1_000.0 * std::f64::consts::TAU / f64::from(rate)).sin() * 10_000.0;
    (0..rate * seconds).map(|n| wave(n) as i16).collect()
}

/// Share of the energy at 1 000 Hz (Goertzel), and the root mean square.
fn tone(prompt: &Prompt) -> (f64, f64) {
    let samples: Vec<f64> = prompt.pcm.iter().map(|sample| f64::from(*sample)).collect();
    let coefficient = 2.0 * (std::f64::consts::TAU / 8.0).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in &samples {
        (one, two) = (sample + coefficient * one - two, one);
    }
    let count = samples.len() as f64;
    let energy: f64 = samples.iter().map(|sample| sample * sample).sum();
    ((one * one + two * two - coefficient * one * two) * 2.0 / count / energy, (energy / count).sqrt())
}

async fn decode(file: Vec<u8>) -> Result<Prompt, PromptError> {
    Speech::new(SpeechConfig::default()).decode(file).await
}

async fn assert_is_the_tone(name: &str, file: Vec<u8>) {
    let prompt = decode(file).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let (share, level) = tone(&prompt);
    assert!((1_950..2_130).contains(&prompt.duration.as_millis()), "{name}: {:?}", prompt.duration);
    assert!(share > 0.95 && (6_000.0..7_500.0).contains(&level), "{name}: share {share}, level {level}");
}

#[tokio::test]
async fn wav_of_each_usual_rate_and_both_shapes_keeps_tone_level_and_length() {
    for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] {
        assert_is_the_tone(&format!("{rate} mono"), wav(rate, 1, &sine(rate, 2))).await;
        let stereo: Vec<i16> = sine(rate, 2).iter().flat_map(|sample| [*sample, *sample]).collect();
        assert_is_the_tone(&format!("{rate} stereo"), wav(rate, 2, &stereo)).await;
    }
    assert_eq!(
        decode(wav(8_000, 1, &sine(8_000, 2))).await.unwrap().pcm[..],
        sine(8_000, 2),
        "nothing to convert"
    );
}

/// The tone as another program encodes it; `None` when that program is not installed.
fn encoded(arguments: &[&str], extension: &str) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("a.wav"), dir.path().join("b").with_extension(extension));
    std::fs::write(&from, wav(44_100, 1, &sine(44_100, 2))).unwrap();
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&from)
        .args(arguments)
        .arg(&to)
        .status()
        .ok()?;
    status.success().then(|| std::fs::read(&to).unwrap())
}

#[tokio::test]
async fn mp3_ogg_and_g711_files_are_decoded() {
    for (arguments, extension) in [
        (&["-c:a", "libmp3lame", "-b:a", "128k"][..], "mp3"),
        (&["-c:a", "libmp3lame", "-q:a", "5", "-ar", "22050"], "mp3"),
        (&["-c:a", "libvorbis"], "ogg"),
        (&["-c:a", "pcm_mulaw", "-ar", "8000"], "wav"),
        (&["-c:a", "pcm_alaw", "-ar", "8000"], "wav"),
        (&["-c:a", "pcm_u8", "-ar", "8000"], "wav"),
        (&["-c:a", "pcm_s24le"], "wav"),
        (&["-c:a", "pcm_f32le"], "wav"),
    ] {
        let Some(file) = encoded(arguments, extension) else {
            eprintln!("ffmpeg or its encoder is absent: {arguments:?} not checked");
            continue;
        };
        assert_is_the_tone(&format!("{arguments:?}"), file).await;
    }
}

#[tokio::test]
async fn eleven_minutes_are_too_long_and_ten_are_not() {
    let too_long = Err(PromptError::TooLong { max_s: 600 });
    assert_eq!(decode(wav(8_000, 1, &vec![0; 660 * 8_000])).await, too_long);
    assert_eq!(decode(wav(8_000, 1, &vec![0; 600 * 8_000 + 1])).await, too_long);
    assert_eq!(
        decode(wav(8_000, 1, &vec![0; 600 * 8_000])).await.unwrap().duration,
        Duration::from_secs(600)
    );
    if let Some(mp3) =
        encoded(&["-c:a", "libmp3lame", "-b:a", "8k", "-ar", "8000", "-af", "apad=whole_dur=660"], "mp3")
    {
        assert!(mp3.len() < 1_000_000);
        assert_eq!(decode(mp3).await, too_long);
    }
}

#[tokio::test]
async fn a_header_that_lies_about_its_size_gives_what_is_there() {
    let honest = wav(8_000, 1, &sine(8_000, 2));
    for claim in [0x7fff_f000_u32, u32::MAX, 2_000_000_000, 64_000] {
        let mut file = honest.clone();
        file[4..8].copy_from_slice(&claim.to_le_bytes());
        file[40..44].copy_from_slice(&claim.to_le_bytes());
        let prompt = decode(file).await.unwrap();
        assert!((1_900..=2_000).contains(&prompt.duration.as_millis()), "{claim}: {:?}", prompt.duration);
    }
    let mut shape = honest;
    shape[22..24].copy_from_slice(&60_000_u16.to_le_bytes());
    assert!(decode(shape).await.is_err(), "sixty thousand channels");
}

#[tokio::test]
async fn too_many_channels_and_odd_rates_are_refused() {
    assert_eq!(decode(wav(8_000, 3, &[0; 3_000])).await, Err(PromptError::UnsupportedShape));
    assert_eq!(decode(wav(96_000, 1, &[0; 3_000])).await, Err(PromptError::UnsupportedShape));
    assert_eq!(decode(wav(4_000, 1, &[0; 3_000])).await, Err(PromptError::UnsupportedShape));
    assert_eq!(decode(wav(8_000, 1, &[])).await, Err(PromptError::Empty));
}

#[tokio::test]
async fn what_is_no_sound_is_refused_by_its_content() {
    for file in [
        &b""[..],
        b"<html>404</html>",
        b"\x7fELF\x02\x01\x01",
        b"PK\x03\x04zip",
        b"fLaC\0\0\0\x22",
        b"RIFF\0\0\0\0AVI LIST",
        b"\xff",
    ] {
        assert_eq!(decode(file.to_vec()).await, Err(PromptError::UnknownFormat), "{file:?}");
    }
    for file in [&b"ID3"[..], b"OggS", b"RIFF\0\0\0\0WAVE", b"\xff\xfb\x90\x00"] {
        assert!(decode(file.to_vec()).await.is_err(), "{file:?}");
    }
}

/// xorshift64*: repeatable noise.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn garbage_in_known_clothes_ends_in_time_and_within_limits() {
    let speech = Speech::new(SpeechConfig::default());
    let heads: [&[u8]; 4] = [
        b"\xff\xfb\x90\x00",
        b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x00",
        b"OggS\0\x02",
        b"RIFF\xff\xff\xff\x7fWAVEfmt ",
    ];
    let started = Instant::now();
    for seed in 0..40 {
        for head in heads {
            let file = [head, &noise(seed, 50_000)].concat();
            if let Ok(prompt) = speech.decode(file).await {
                assert!(prompt.duration <= Duration::from_secs(600));
            }
        }
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[tokio::test]
async fn flipped_bytes_in_good_files_never_break_the_service() {
    let speech = Speech::new(SpeechConfig::default());
    let good = [
        Some(wav(22_050, 2, &sine(22_050, 1))),
        encoded(&["-c:a", "libmp3lame", "-b:a", "64k"], "mp3"),
        encoded(&["-c:a", "libvorbis"], "ogg"),
    ];
    for file in good.into_iter().flatten() {
        for seed in 0..60 {
            let mut bad = file.clone();
            let picks = noise(seed, 60);
            for pick in picks.chunks_exact(3) {
                // Half of them in the first kilobyte, where the headers are.
                let span = if pick[0] & 1 == 0 { bad.len().min(1_024) } else { bad.len() };
                let at = (usize::from(pick[0]) << 8 | usize::from(pick[1])) % span;
                bad[at] ^= pick[2];
            }
            let _ = speech.decode(bad).await; // any answer is right; a panic or hang is not
        }
        assert!(speech.decode(file).await.is_ok());
    }
}
