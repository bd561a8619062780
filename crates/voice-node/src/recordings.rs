//! Recordings of a call: from the order to the sealed file under its own name.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use flexio_app::recordings::sealed::{AudioKey, Layout, SealedWriter};

use flexio_app::{ControlError, RecordingChange};
use flexio_domain::{
    Recording, RecordingOptions, RecordingPurpose, RecordingSid, RecordingStatus, Transcription,
};
use flexio_markup::Track;
use flexio_media::{Command, Record, RecordChannels, RecordSink, Saved, SinkWriter};
use flexio_store::{Change, TranscriptionChange};
use flexio_voice::{
    Event, LegId, Notify, RecordingFact, RecordingId, RecordingOutcome, RecordingSource, StartRecording,
    TranscriptionFact,
};

use crate::call_task::CallTask;
use crate::node::Node;

/// A recording that runs or whose outcome is not saved yet.
#[derive(Debug)]
struct Running {
    sid: RecordingSid,
    leg: flexio_voice::LegId,
    /// The file is complete: nothing more comes from the media threads.
    written: Option<Written>,
}

#[derive(Debug, Clone)]
struct Written {
    outcome: RecordingOutcome,
    bytes: Option<u64>,
}

/// The recordings of one call.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    running: HashMap<RecordingId, Running>,
    records: HashMap<RecordingSid, Recording>,
    /// Of recordings that are noted and not started.
    keys: HashMap<RecordingSid, AudioKey>,
    /// What they are for, by their sids: the text is kept no longer than the audio.
    purposes: HashMap<String, RecordingPurpose>,
    /// Whose text is awaited.
    transcriptions: HashMap<String, Transcription>,
}

/// Seals the samples on their way to the disk.
struct Sealing {
    writer: Option<SealedWriter>,
    path: PathBuf,
}

impl SinkWriter for Sealing {
    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.writer.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write_samples(samples)
    }

    fn finish(&mut self, empty: bool) -> io::Result<Saved> {
        let writer = self.writer.take().ok_or(io::ErrorKind::BrokenPipe)?;
        if empty {
            writer.discard()?;
            return Ok(Saved::Custom);
        }
        let plain = writer.finish()?;
        Ok(Saved::File { path: self.path.clone(), bytes: WAV_HEAD + plain })
    }
}

/// Bytes that a WAV has before its samples.
const WAV_HEAD: u64 = 44;

impl Recordings {
    /// Whether a file is still being written.
    pub(crate) fn is_running(&self) -> bool {
        self.running.values().any(|running| running.written.is_none())
    }
}

impl CallTask {
    pub(crate) async fn start_recording(&mut self, start: &StartRecording) {
        let Ok(sid) = start.sid.parse::<RecordingSid>() else { return };
        if self.legs.values().any(|leg| self.node.app.is_emergency(&leg.record.to)) {
            let text = "emergency calls are not recorded".to_owned();
            self.recordings.running.insert(start.recording, Running { sid, leg: start.leg, written: None });
            return self.settle(start.recording, RecordingOutcome::Failed { text }, None);
        }
        let channels = match (start.source, start.channels, start.track) {
            (RecordingSource::RecordVerb, _, _) | (_, _, Track::Inbound) => RecordChannels::Caller,
            (_, _, Track::Outbound) => RecordChannels::Heard,
            (_, 2, _) => RecordChannels::Dual,
            _ => RecordChannels::Mixed,
        };
        self.recordings.running.insert(start.recording, Running { sid, leg: start.leg, written: None });
        let Some(key) = self.recordings.keys.remove(&sid) else {
            let outcome = RecordingOutcome::Failed { text: "there is no key to seal it with".to_owned() };
            return self.settle(start.recording, outcome, None);
        };
        if let Some(refusal) = self.recording_unpaid().await {
            let notify = Notify {
                leg: start.leg,
                level: flexio_voice::Level::Error,
                code: refusal.code,
                text: refusal.text.clone(),
                url: None,
                line: 0,
            };
            self.note_notification(&notify);
            return self.settle(start.recording, RecordingOutcome::Failed { text: refusal.text }, None);
        }
        let record = Record {
            record_id: u64::from(start.recording.0),
            sink: sealed_sink(&self.node, sid, &key, channels),
            max_ms: start.max_length_s.saturating_mul(1000),
            silence_ms: start.silence_timeout_s.unwrap_or(0).saturating_mul(1000),
            // The machine ends a recording on a key itself: it knows which keys count.
            stop_keys: String::new(),
            beep: false,
            trim: start.trim,
            channels,
        };
        let started = self
            .legs
            .get(&start.leg)
            .is_some_and(|leg| leg.media(&self.node.media, Command::StartRecord(record)));
        if !started {
            let outcome = RecordingOutcome::Failed { text: "the recording could not be started".to_owned() };
            self.settle(start.recording, outcome, None);
        }
    }

    /// A recording of a live leg, asked for over the API.
    pub(crate) fn new_recording(
        &mut self,
        leg: LegId,
        sid: RecordingSid,
        options: &RecordingOptions,
    ) -> Result<(), ControlError> {
        let busy = |running: &Running| running.leg == leg && running.written.is_none();
        if self.recordings.running.values().any(busy) {
            return Err(ControlError::WrongState);
        }
        let record = Box::new(crate::facts::record_call(options));
        self.found.push_back(Event::NewRecording { leg, sid: sid.to_string(), record });
        Ok(())
    }

    /// Pauses, resumes or stops a recording that runs, and keeps what it is now.
    pub(crate) fn change_recording(
        &mut self,
        sid: RecordingSid,
        change: RecordingChange,
    ) -> Result<(), ControlError> {
        let running = self.recordings.running.values().find(|running| running.sid == sid);
        let Some(leg) = running.filter(|running| running.written.is_none()).map(|running| running.leg) else {
            return Err(ControlError::Over);
        };
        let (command, status) = match change {
            RecordingChange::Pause { silence } => (Command::PauseRecord { silence }, RecordingStatus::Paused),
            RecordingChange::Resume => (Command::ResumeRecord, RecordingStatus::InProgress),
            RecordingChange::Stop => (Command::StopRecord, RecordingStatus::Processing),
        };
        self.media(leg, command);
        if let Some(record) = self.recordings.records.get_mut(&sid) {
            record.status = status;
            record.updated_at = self.node.wall();
            self.unsaved.push(Change::UpdateRecording(record.clone()));
            record.version += 1;
        }
        Ok(())
    }

    pub(crate) fn stop_recording(&mut self, recording: RecordingId) {
        if let Some(leg) = self.recordings.running.get(&recording).map(|running| running.leg) {
            self.media(leg, Command::StopRecord);
        }
    }

    pub(crate) fn record_done(
        &mut self,
        record_id: u64,
        duration_ms: u32,
        saved: Result<Saved, String>,
        empty: bool,
        lost_ms: u32,
    ) {
        let Ok(number) = u32::try_from(record_id) else { return };
        let recording = RecordingId(number);
        let Some(sid) = self.recordings.running.get(&recording).map(|running| running.sid) else { return };
        let Some(record) = self.recordings.records.get(&sid) else { return };
        let (outcome, bytes) = keep(&self.node, record, File { duration_ms, saved, empty, lost_ms });
        self.settle(recording, outcome, bytes);
    }

    fn settle(&mut self, recording: RecordingId, outcome: RecordingOutcome, bytes: Option<u64>) {
        if let Some(running) = self.recordings.running.get_mut(&recording) {
            running.written = Some(Written { outcome: outcome.clone(), bytes });
            self.found.push_back(Event::RecordingDone { recording, outcome });
        }
    }

    /// Keeps what the machine says of a recording.
    pub(crate) fn note_recording(&mut self, fact: &RecordingFact) {
        let (Ok(sid), Some(first)) =
            (fact.sid.parse::<RecordingSid>(), self.legs.get(&flexio_voice::LegId::FIRST))
        else {
            return;
        };
        let now = self.node.wall();
        let Some(outcome) = &fact.outcome else {
            let Some(terms) = &self.recording_terms else { return };
            let node = &self.node.app.config.node;
            let (record, key) = flexio_app::legs::recording(&first.record, sid, fact, (terms, node), now);
            self.recordings.keys.insert(sid, key);
            if let Some(purpose) = record.purpose {
                self.recordings.purposes.insert(fact.sid.clone(), purpose);
            }
            self.unsaved.push(Change::CreateRecording(record.clone()));
            self.recordings.records.insert(sid, record);
            return;
        };
        let Some(mut record) = self.recordings.records.remove(&sid) else { return };
        let call = first.record.clone();
        let bytes = self.bytes_of(sid);
        let changes = flexio_app::legs::recorded(&self.node.app, &call, &mut record, outcome, bytes, now);
        for change in changes {
            self.unsaved.push(change);
        }
        self.recordings.running.retain(|_, running| running.sid != sid);
    }

    pub(crate) fn note_transcription(&mut self, fact: &TranscriptionFact) {
        let (Some(terms), Some(leg)) = (&self.recording_terms, self.legs.get(&fact.leg)) else { return };
        let now = self.node.wall();
        match &fact.outcome {
            None => {
                let purpose = self.recordings.purposes.get(&fact.recording_sid).copied();
                let awaited = flexio_app::legs::transcription(&leg.record, fact, (terms, purpose), now);
                if let Some(awaited) = awaited {
                    self.unsaved.push(TranscriptionChange::Create(awaited.clone()).into());
                    self.recordings.transcriptions.insert(fact.sid.clone(), awaited);
                }
            }
            Some(outcome) => {
                if let Some(awaited) = self.recordings.transcriptions.remove(&fact.sid) {
                    self.unsaved.push(flexio_app::legs::transcribed(awaited, outcome, terms, now));
                }
            }
        }
    }

    fn bytes_of(&self, sid: RecordingSid) -> Option<u64> {
        let running = self.recordings.running.values().find(|running| running.sid == sid);
        running.and_then(|running| running.written.as_ref()).and_then(|written| written.bytes)
    }

    /// Recordings whose file was finished after the machine had ended are saved all the same: the audio exists.
    pub(crate) fn save_late_recordings(&mut self) {
        let now = self.node.wall();
        let Some(call) = self.legs.get(&flexio_voice::LegId::FIRST).map(|leg| leg.record.clone()) else {
            return;
        };
        let records: Vec<Recording> = self.recordings.records.drain().map(|(_, record)| record).collect();
        for mut record in records {
            let written = self.recordings.running.values().find(|running| running.sid == record.sid);
            let (outcome, bytes) = written.and_then(|running| running.written.clone()).map_or_else(
                || {
                    (
                        RecordingOutcome::Failed {
                            text: "the call ended before the file was complete".to_owned(),
                        },
                        None,
                    )
                },
                |written| (written.outcome, written.bytes),
            );
            if record.status.is_open() {
                let changes =
                    flexio_app::legs::recorded(&self.node.app, &call, &mut record, &outcome, bytes, now);
                for change in changes {
                    self.unsaved.push(change);
                }
            }
        }
    }
}

/// What the media threads have written.
pub(crate) struct File {
    pub duration_ms: u32,
    pub saved: Result<Saved, String>,
    /// Nobody spoke.
    pub empty: bool,
    pub lost_ms: u32,
}

/// What became of a recording whose file is finished, and its bytes as a WAV.
pub(crate) fn keep(node: &Node, record: &Recording, file: File) -> (RecordingOutcome, Option<u64>) {
    let sid = record.sid;
    if file.lost_ms > 0 {
        metrics::counter!("recording_lost_ms_total").increment(u64::from(file.lost_ms));
        tracing::warn!(recording_sid = %sid, lost_ms = file.lost_ms, "recording_lost_audio");
    }
    let failed = |text: &str| (RecordingOutcome::Failed { text: text.to_owned() }, None);
    match file.saved {
        Ok(_) if file.empty => (RecordingOutcome::Absent, None),
        Ok(Saved::File { bytes, .. }) => {
            let (url, public_url) =
                flexio_app::legs::recording_urls(&node.app, record.account_sid, sid, &record.api_version);
            let duration_ms = u64::from(file.duration_ms);
            (RecordingOutcome::Completed { duration_ms, url, public_url }, Some(bytes))
        }
        Ok(Saved::Custom) => failed("no file"),
        Err(text) => {
            tracing::error!(recording_sid = %sid, error = text, "recording_failed");
            failed("the recording could not be written")
        }
    }
}

/// Where the media threads write a recording: sealed with its key, under its name once it is finished.
pub(crate) fn sealed_sink(
    node: &Node,
    sid: RecordingSid,
    key: &AudioKey,
    channels: RecordChannels,
) -> RecordSink {
    let path = node.app.recording_path(sid);
    let layout = Layout::Pcm { channels: u8::try_from(channels.count()).unwrap_or(1) };
    let writer = Some(SealedWriter::new(path.clone(), key, sid, layout));
    RecordSink::Custom(Box::new(Sealing { writer, path }))
}
