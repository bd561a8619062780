//! Recordings of a call: from the order to the file under its own name.

use std::collections::HashMap;
use std::path::Path;

use flexio_domain::{Recording, RecordingSid, RecordingStatus};
use flexio_markup::Track;
use flexio_media::{Command, Record, RecordChannels, RecordSink, Saved};
use flexio_store::Change;
use flexio_voice::{Event, RecordingFact, RecordingId, RecordingOutcome, RecordingSource, StartRecording};

use crate::call_task::CallTask;

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
}

impl Recordings {
    /// Whether a file is still being written.
    pub(crate) fn is_running(&self) -> bool {
        self.running.values().any(|running| running.written.is_none())
    }
}

impl CallTask {
    pub(crate) fn start_recording(&mut self, start: &StartRecording) {
        let Ok(sid) = start.sid.parse::<RecordingSid>() else { return };
        let channels = match (start.source, start.channels, start.track) {
            (RecordingSource::RecordVerb, _, _) | (_, _, Track::Inbound) => RecordChannels::Caller,
            (_, 2, _) => RecordChannels::Dual,
            _ => RecordChannels::Mixed,
        };
        let record = Record {
            record_id: u64::from(start.recording.0),
            sink: RecordSink::Wav { dir: self.node.config.recordings.clone() },
            max_ms: start.max_length_s.saturating_mul(1000),
            silence_ms: start.silence_timeout_s.unwrap_or(0).saturating_mul(1000),
            // The machine ends a recording on a key itself: it knows which keys count.
            stop_keys: String::new(),
            beep: false,
            trim: start.trim,
            channels,
        };
        self.recordings.running.insert(start.recording, Running { sid, leg: start.leg, written: None });
        let started = self
            .legs
            .get(&start.leg)
            .is_some_and(|leg| leg.media(&self.node.media, Command::StartRecord(record)));
        if !started {
            let outcome = RecordingOutcome::Failed { text: "the recording could not be started".to_owned() };
            self.settle(start.recording, outcome, None);
        }
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
        if lost_ms > 0 {
            metrics::counter!("recording_lost_ms_total").increment(u64::from(lost_ms));
            tracing::warn!(call_sid = %self.sid, lost_ms, "recording_lost_audio");
        }
        let (outcome, bytes) = match saved {
            Ok(Saved::File { path, .. }) if empty => {
                let _ = std::fs::remove_file(path);
                (RecordingOutcome::Absent, None)
            }
            Ok(Saved::File { path, bytes }) => {
                match put_under_its_name(
                    &path,
                    &self.node.config.recordings,
                    &self.node.app.recording_path(sid),
                ) {
                    Ok(()) => (self.completed(sid, duration_ms), Some(bytes)),
                    Err(error) => (RecordingOutcome::Failed { text: error.to_string() }, None),
                }
            }
            Ok(Saved::Custom) => (RecordingOutcome::Failed { text: "no file".to_owned() }, None),
            Err(text) => {
                tracing::error!(call_sid = %self.sid, error = text, "recording_failed");
                (RecordingOutcome::Failed { text: "the recording could not be written".to_owned() }, None)
            }
        };
        self.settle(recording, outcome, bytes);
    }

    fn completed(&self, sid: RecordingSid, duration_ms: u32) -> RecordingOutcome {
        let account = self
            .legs
            .get(&flexio_voice::LegId::FIRST)
            .map(|leg| (leg.record.account_sid, leg.record.api_version.clone()));
        let (url, public_url) = account.map_or((String::new(), None), |(account, api_version)| {
            flexio_app::legs::recording_urls(&self.node.app, account, sid, &api_version)
        });
        RecordingOutcome::Completed { duration_ms: u64::from(duration_ms), url, public_url }
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
            let record = flexio_app::legs::recording(&first.record, sid, fact, now);
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
            if record.status == RecordingStatus::InProgress {
                let changes =
                    flexio_app::legs::recorded(&self.node.app, &call, &mut record, &outcome, bytes, now);
                for change in changes {
                    self.unsaved.push(change);
                }
            }
        }
    }
}

fn put_under_its_name(from: &Path, recordings: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)?;
    // The new name must survive a power failure like the bytes do.
    std::fs::File::open(recordings)?.sync_all()
}
