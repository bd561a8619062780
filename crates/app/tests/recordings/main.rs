//! Recordings at rest: sealed on disk and in the bucket of a real S3 server, through outages, crashes, rotation and deletion.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod platform;
mod s3;

use flexio_app::recordings::sealed::{Layout, SealedWriter};
use flexio_app::{Format, MasterKey, Vault};
use flexio_domain::{ErrorCode, RecordingStatus};

use platform::{Platform, marker};
use s3::S3;

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_goes_to_the_bucket_sealed_and_is_heard_from_there() {
    let s3 = S3::start();
    let platform = Platform::new();
    platform.app.set_object_store(s3.client());
    let long = marker().repeat(700_000);
    let (recording, plain) = platform.record(&long).await;
    assert_eq!(platform.app.upload_recordings("node-1").await.unwrap(), 1);
    assert!(!platform.app.recording_path(recording.sid).exists(), "the spool is empty again");
    assert!(!s3.holds(marker().as_bytes()), "plain audio in the bucket");
    assert!(s3.bytes() > plain, "{} bytes", s3.bytes());
    assert_eq!(platform.app.upload_recordings("node-1").await.unwrap(), 0);

    let heard = platform.hear(recording.sid, Format::Wav).await.unwrap();
    assert_eq!(heard.bytes(), 44 + plain);
    for (from, to) in [(0, 44), (40, 60), (8_000, 9_000), (44 + plain - 3, 44 + plain)] {
        let part = heard.read(from..to).await.unwrap();
        let whole = [&platform::wav_head(plain)[..], long.as_bytes()].concat();
        let at = |byte: u64| usize::try_from(byte).unwrap();
        assert_eq!(part, whole[at(from)..at(to)], "{from}..{to}");
    }
    platform.app.delete_recording(&platform.account, recording.sid).await.unwrap();
    assert_eq!(s3.bytes(), 0, "the object is gone");
    assert!(heard.read(0..100).await.is_err());
    assert_eq!(platform.hear(recording.sid, Format::Wav).await.unwrap_err().code(), ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_bucket_is_away_recordings_wait_and_are_heard_and_none_is_lost() {
    let mut s3 = S3::start();
    let platform = Platform::new();
    platform.app.set_object_store(s3.client());
    s3.stop();
    let mut made = Vec::new();
    for number in 0..20 {
        made.push(platform.record(&format!("{number:04}{}", marker())).await.0);
    }
    assert!(platform.app.upload_recordings("node-1").await.is_err());
    for recording in &made {
        assert!(platform.hear(recording.sid, Format::Wav).await.unwrap().read(0..60).await.is_ok());
    }
    // One that was deleted meanwhile never gets there.
    platform.app.delete_recording(&platform.account, made[7].sid).await.unwrap();
    s3.restart();
    assert_eq!(platform.app.upload_recordings("node-1").await.unwrap(), 19);
    assert_eq!(platform.spooled_files(), 0);
    for (number, recording) in made.iter().enumerate().filter(|(number, _)| *number != 7) {
        let audio = platform.hear(recording.sid, Format::Wav).await.unwrap();
        assert_eq!(audio.read(44..48).await.unwrap(), format!("{number:04}").as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_stalls_holds_recordings_up_and_loses_none() {
    let s3 = S3::start();
    let platform = Platform::new();
    platform.app.set_object_store(s3.client());
    s3.stall(true);
    let (first, _) = platform.record(marker()).await;
    let app = std::sync::Arc::clone(&platform.app);
    let uploading = tokio::spawn(async move { app.upload_recordings("node-1").await });
    // While it waits, recordings are made and heard as ever.
    let (second, _) = platform.record(marker()).await;
    let started = std::time::Instant::now();
    for recording in [first.sid, second.sid] {
        assert!(platform.hear(recording, Format::Wav).await.unwrap().read(0..60).await.is_ok());
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(1) && !uploading.is_finished());
    assert!(uploading.await.unwrap().is_err(), "it is given up after the patience of the client");
    assert_eq!(platform.spooled_files(), 2);
    s3.stall(false);
    assert_eq!(platform.app.upload_recordings("node-1").await.unwrap(), 2);
    assert_eq!(platform.spooled_files(), 0);
    for recording in [first.sid, second.sid] {
        let audio = platform.hear(recording, Format::Wav).await.unwrap();
        assert_eq!(audio.read(44..48).await.unwrap(), &marker().as_bytes()[..4]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_deleted_while_the_bucket_was_away_is_unreadable_at_once_and_removed_later() {
    let mut s3 = S3::start();
    let platform = Platform::new();
    platform.app.set_object_store(s3.client());
    let (recording, _) = platform.record(marker()).await;
    assert_eq!(platform.app.upload_recordings("node-1").await.unwrap(), 1);
    s3.stop();
    platform.app.delete_recording(&platform.account, recording.sid).await.unwrap();
    let gone = platform.app.recording(platform.account.sid, recording.sid).await.unwrap();
    assert_eq!((gone.status, gone.key), (RecordingStatus::Deleted, None), "the key is destroyed");
    s3.restart();
    assert!(s3.bytes() > 0);
    platform.clock.advance(3_601);
    platform.app.sweep_recordings().await.unwrap();
    assert_eq!(s3.bytes(), 0);
    platform.clock.advance(3_601);
    assert_eq!(platform.app.sweep_recordings().await.unwrap(), 0, "and that is all");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_disk_says_what_was_said() {
    let platform = Platform::new();
    let (recording, _) = platform.record(&marker().repeat(9_000)).await;
    platform.hear(recording.sid, Format::Mp3).await.expect("lame: run scripts/setup");
    assert_eq!(platform.spooled_files(), 2, "the recording and its MP3");
    assert!(!platform.folder_holds(marker().as_bytes()) && !platform.folder_holds(b"RIFF"));
    // The first bytes of every frame of MPEG 2.5 layer III without checksum.
    assert!(!platform.folder_holds(&[0xFF, 0xE3, 0x38, 0xC4]));
    platform.app.delete_recording(&platform.account, recording.sid).await.unwrap();
    assert_eq!(platform.spooled_files(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_leaves_a_recording_as_far_as_it_came() {
    let platform = Platform::new();
    let (recording, key) = platform.begin().await;
    let path = platform.app.recording_path(recording.sid);
    let mut writer = SealedWriter::new(path, &key, recording.sid, Layout::Pcm { channels: 1 });
    // Two seconds and a bit, of which the bit was in memory.
    writer.write_samples(&vec![1_000; 16_384 + 100]).unwrap();
    drop(writer);
    // Another node's recordings go on.
    let (other, _) = platform.begin_on("node-2").await;
    let recovered = flexio_app::legs::recover(&platform.app, "node-1").await.unwrap();
    assert_eq!(recovered.recordings, 1);
    let kept = platform.app.recording(platform.account.sid, recording.sid).await.unwrap();
    assert_eq!((kept.status, kept.duration_ms), (RecordingStatus::Completed, Some(2_048)));
    assert!(kept.price.is_some(), "it is charged like any other");
    let audio = platform.hear(recording.sid, Format::Wav).await.unwrap();
    assert_eq!(audio.read(44..46).await.unwrap(), 1_000_i16.to_le_bytes());
    let untouched = platform.app.recording(platform.account.sid, other.sid).await.unwrap();
    assert_eq!(untouched.status, RecordingStatus::InProgress);
    let again = flexio_app::legs::recover(&platform.app, "node-1").await.unwrap();
    assert_eq!(again.recordings, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_of_the_master_key_audio_is_heard_and_the_old_key_can_go() {
    let (old, new) = (MasterKey::from_bytes(1, [1; 32]), MasterKey::from_bytes(2, [2; 32]));
    let platform = Platform::with_vault(Vault::new(&old, &[]));
    let (recording, _) = platform.record(marker()).await;
    let rotating = platform.restarted(Vault::new(&new, &[old]));
    assert_eq!(rotating.app.reseal_account_keys().await.unwrap(), 1);
    assert_eq!(rotating.app.reseal_account_keys().await.unwrap(), 0);
    let rotated = rotating.restarted(Vault::new(&new, &[]));
    let audio = rotated.hear(recording.sid, Format::Wav).await.unwrap();
    assert_eq!(audio.read(44..52).await.unwrap(), marker().as_bytes()[..8]);
    rotated.app.destroy_account_key(rotated.account.sid).await.unwrap();
    assert_eq!(rotated.hear(recording.sid, Format::Wav).await.unwrap_err().code(), ErrorCode::NotFound);
}
