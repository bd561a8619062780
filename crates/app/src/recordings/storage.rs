//! Where audio lies: in the folder of the node that recorded it, and from there in the object store, if there is one.
//!
//! The folder is both the default home and the spool. While the object store is away recordings gather in the folder and are played from
//! there; nothing is removed before the store has taken it and the record says so. Names are made of sids alone.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use flexio_domain::{ErrorCode, Recording, RecordingSid, RecordingStatus};
use flexio_store::Change;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::io::AsyncWriteExt;

use super::Format;
use super::sealed::{AudioKey, HEAD, Layout, SealedReader};
use crate::App;
use crate::error::AppError;

/// Recordings looked at in one turn of the uploader.
const BATCH: u32 = 100;
/// Bytes of a part of a multipart upload; smaller recordings go in one request.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a WAV head.
const WAV_HEAD: usize = 44;

type Place = (Arc<dyn ObjectStore>, object_store::path::Path);

/// Audio of a recording, as it is served.
#[derive(Debug, Clone)]
pub struct Audio {
    /// Where it lies, best first: it may be brought away while it is heard.
    places: Vec<Place>,
    sealed: Arc<SealedReader>,
    /// What stands before the plain bytes.
    head: Vec<u8>,
}

impl Audio {
    /// Bytes of the whole.
    pub fn bytes(&self) -> u64 {
        self.head.len() as u64 + self.sealed.plain_bytes()
    }

    /// The bytes of `range`, which lies inside and is of a size that fits memory.
    pub async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, AppError> {
        let head = self.head.len() as u64;
        let in_head = |at: u64| usize::try_from(at.min(head)).expect("a head has 44 bytes");
        let mut out = self.head[in_head(range.start)..in_head(range.end)].to_vec();
        let plain = range.start.saturating_sub(head)..range.end.saturating_sub(head);
        if !plain.is_empty() {
            let sealed = self.sealed_bytes(self.sealed.span(&plain)).await?;
            out.extend(self.sealed.open(&plain, &sealed).map_err(|error| {
                tracing::error!(%error, "recording_refused");
                AppError::from(ErrorCode::Internal)
            })?);
        }
        Ok(out)
    }

    async fn sealed_bytes(&self, span: Range<u64>) -> Result<Vec<u8>, AppError> {
        let mut missing = AppError::from(ErrorCode::NotFound);
        for (store, object) in &self.places {
            match store.get_range(object, span.clone()).await.map_err(lost) {
                Ok(bytes) => return Ok(bytes.to_vec()),
                Err(error) => missing = error,
            }
        }
        Err(missing)
    }
}

/// What it means that an object cannot be read.
fn lost(error: object_store::Error) -> AppError {
    match error {
        object_store::Error::NotFound { .. } => ErrorCode::NotFound.into(),
        error => {
            tracing::warn!(%error, "recording_not_read");
            ErrorCode::Unavailable.into()
        }
    }
}

/// 16-bit PCM at 8 000 Hz.
fn wav_head(channels: u8, data: u64) -> Vec<u8> {
    let data = u32::try_from(data).unwrap_or(u32::MAX - 44);
    let block = u16::from(channels) * 2;
    let mut head = Vec::with_capacity(WAV_HEAD);
    head.extend(b"RIFF");
    head.extend((36 + data).to_le_bytes());
    head.extend(b"WAVEfmt ");
    head.extend(16_u32.to_le_bytes());
    head.extend(1_u16.to_le_bytes());
    head.extend(u16::from(channels).to_le_bytes());
    head.extend(8_000_u32.to_le_bytes());
    head.extend((8_000 * u32::from(block)).to_le_bytes());
    head.extend(block.to_le_bytes());
    head.extend(16_u16.to_le_bytes());
    head.extend(b"data");
    head.extend(data.to_le_bytes());
    head
}

fn object_name(recording: &Recording) -> object_store::path::Path {
    format!("{}/{}.rec", recording.account_sid, recording.sid).into()
}

impl App {
    /// Where the audio of a recording lies on the node that made it: the name is the sid alone.
    pub fn recording_path(&self, sid: RecordingSid) -> PathBuf {
        self.config.recordings_dir.join(format!("{sid}.rec"))
    }

    /// Where the MP3 made of it is kept.
    pub(super) fn mp3_path(&self, sid: RecordingSid) -> PathBuf {
        self.config.recordings_dir.join(format!("{sid}.mp3rec"))
    }

    /// Names the object store of finished recordings; the first one stays. Without one they stay in the folder.
    pub fn set_object_store(&self, store: Arc<dyn ObjectStore>) {
        if self.objects.set(store).is_err() {
            tracing::warn!("the object store was set twice; the first stays");
        }
    }

    /// The audio of a finished recording, wherever it lies. `Unavailable` while it lies on another node or the store is away.
    pub(super) async fn audio(&self, recording: &Recording, format: Format) -> Result<Audio, AppError> {
        let path = match format {
            Format::Wav => self.recording_path(recording.sid),
            Format::Mp3 => self.mp3_path(recording.sid),
        };
        let mut places: Vec<Place> = Vec::new();
        let is_local = tokio::fs::try_exists(&path).await.unwrap_or(false);
        if is_local {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let folder = LocalFileSystem::new_with_prefix(&self.config.recordings_dir).map_err(lost)?;
            places.push((Arc::new(folder), (*name).into()));
        }
        if let Some(objects) = self.objects.get()
            && format == Format::Wav
        {
            places.push((Arc::clone(objects), object_name(recording)));
        }
        if !is_local && !recording.is_stored {
            return Err(ErrorCode::Unavailable.into());
        }
        self.open_audio(recording, places).await
    }

    /// The audio of a finished recording as it was recorded.
    pub(crate) async fn audio_of(&self, recording: &Recording) -> Result<Audio, AppError> {
        self.audio(recording, Format::Wav).await
    }

    /// A sealed file of this node that is no recording; `Unavailable` where it is not here.
    pub(crate) async fn sealed_file(
        &self,
        path: &std::path::Path,
        key: &AudioKey,
        sid: RecordingSid,
    ) -> Result<Audio, AppError> {
        let folder = path.parent().unwrap_or(std::path::Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !tokio::fs::try_exists(path).await.unwrap_or(false) {
            return Err(ErrorCode::Unavailable.into());
        }
        let place: Place =
            (Arc::new(LocalFileSystem::new_with_prefix(folder).map_err(lost)?), (*name).into());
        let length = place.0.head(&place.1).await.map_err(lost)?.size;
        let head = place.0.get_range(&place.1, 0..HEAD as u64).await.map_err(lost)?;
        let sealed = SealedReader::new(key, sid, &head, length).map_err(|error| {
            tracing::error!(%error, "sealed_file_refused");
            AppError::from(ErrorCode::Internal)
        })?;
        Ok(Audio { places: vec![place], sealed: Arc::new(sealed), head: Vec::new() })
    }

    async fn open_audio(&self, recording: &Recording, places: Vec<Place>) -> Result<Audio, AppError> {
        let key = self.audio_key(recording).await?;
        let (store, object) = places.first().ok_or(ErrorCode::NotFound)?;
        let length = store.head(object).await.map_err(lost)?.size;
        let head = store.get_range(object, 0..HEAD as u64).await.map_err(lost)?;
        let sealed = SealedReader::new(&key, recording.sid, &head, length).map_err(|error| {
            tracing::error!(recording_sid = %recording.sid, %error, "recording_refused");
            AppError::from(ErrorCode::Internal)
        })?;
        let head = match sealed.layout() {
            Layout::Pcm { channels } => wav_head(channels, sealed.plain_bytes()),
            Layout::Mp3 | Layout::Archive => Vec::new(),
        };
        Ok(Audio { places, sealed: Arc::new(sealed), head })
    }

    /// Brings finished recordings of this node into the object store: how many. Stops at the first that cannot be brought, to be asked
    /// again later; nothing is lost meanwhile.
    pub async fn upload_recordings(&self, node: &str) -> Result<u64, AppError> {
        let Some(objects) = self.objects.get() else { return Ok(0) };
        let (mut after, mut uploaded) = (None, 0);
        loop {
            let spooled = self.store.spooled_recordings(node, after, BATCH).await?;
            let Some(last) = spooled.last() else { return Ok(uploaded) };
            after = Some(last.sid);
            for recording in spooled {
                if self.upload(objects, recording).await? {
                    uploaded += 1;
                }
            }
        }
    }

    async fn upload(&self, objects: &Arc<dyn ObjectStore>, recording: Recording) -> Result<bool, AppError> {
        let path = self.recording_path(recording.sid);
        let mut file = match tokio::fs::File::open(&path).await {
            Ok(file) => file,
            Err(error) => {
                tracing::error!(recording_sid = %recording.sid, %error, "recording_not_in_its_folder");
                return Ok(false);
            }
        };
        let mut writer = BufWriter::with_capacity(Arc::clone(objects), object_name(&recording), PART_BYTES)
            .with_max_concurrency(2);
        let copied = tokio::io::copy(&mut file, &mut writer).await;
        let finished = match copied {
            Ok(_) => writer.shutdown().await,
            Err(error) => {
                let _ = writer.abort().await;
                Err(error)
            }
        };
        if let Err(error) = finished {
            tracing::warn!(recording_sid = %recording.sid, %error, "recording_not_uploaded");
            metrics::counter!("recordings_uploaded_total", "ok" => "false").increment(1);
            return Err(ErrorCode::Unavailable.into());
        }
        let sid = recording.sid;
        let kept = retrying!(async {
            let now = self.store.recording(recording.account_sid, sid).await?;
            // Deleted meanwhile: the sweep removes both copies.
            let Some(mut now) = now.filter(|now| now.status == RecordingStatus::Completed) else {
                return Ok(false);
            };
            now.is_stored = true;
            now.updated_at = self.clock.now();
            self.store.commit(Change::UpdateRecording(now).into()).await?;
            Ok::<_, AppError>(true)
        })?;
        if kept {
            metrics::counter!("recordings_uploaded_total", "ok" => "true").increment(1);
            remove_file(path).await;
        } else if let Err(error) = objects.delete(&object_name(&recording)).await {
            tracing::warn!(recording_sid = %sid, %error, "deleted_recording_left_in_the_store");
        }
        Ok(kept)
    }

    /// Removes all copies this node can reach; whether none is left that another has to.
    pub(super) async fn remove_audio(&self, recording: &Recording) -> bool {
        remove_file(self.mp3_path(recording.sid)).await;
        remove_file(super::sealed::partial_name(&self.recording_path(recording.sid))).await;
        let mut is_gone = remove_file(self.recording_path(recording.sid)).await;
        if recording.is_stored {
            is_gone &= match self.objects.get() {
                Some(objects) => match objects.delete(&object_name(recording)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => true,
                    Err(error) => {
                        tracing::warn!(recording_sid = %recording.sid, %error, "recording_not_removed");
                        false
                    }
                },
                None => false,
            };
        }
        is_gone
    }
}

/// Whether the file is not there any more.
async fn remove_file(path: PathBuf) -> bool {
    match tokio::fs::remove_file(&path).await {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            tracing::error!(%error, "recording_file_not_removed");
            false
        }
    }
}
