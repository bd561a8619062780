//! Transcription of a `<Record>`: a recogniser listens while it is made; its text is kept, and goes to `transcribeCallback`.

use std::time::Duration;

use flexio_markup::{Method, resolve};

use crate::actions::{
    Action, Callback, CallbackKind, LegId, ListeningId, RecordingId, Transcribe, TranscriptionFact,
    TranscriptionOutcome,
};
use crate::context::{Context, FinishedRecording};
use crate::events::{Heard, RecordingOutcome};
use crate::params;

/// A transcription whose text or recording is awaited.
#[derive(Debug)]
pub(crate) struct LiveTranscription {
    pub id: ListeningId,
    pub sid: String,
    pub leg: LegId,
    recording: RecordingId,
    /// Told of the text.
    callback: Option<String>,
    /// The recording, once it exists.
    finished: Option<FinishedRecording>,
    /// What was understood, once that is known.
    heard: Option<Heard>,
    /// The text must be there by then; set when the recording is.
    pub until: Option<Duration>,
}

impl LiveTranscription {
    /// What is to be saved of it, once its recording exists.
    fn fact(&self, outcome: Option<TranscriptionOutcome>) -> Option<TranscriptionFact> {
        let recording = self.finished.as_ref()?;
        let RecordingOutcome::Completed { duration_ms, .. } = recording.outcome else { return None };
        let (sid, recording_sid) = (self.sid.clone(), recording.sid.clone());
        Some(TranscriptionFact { sid, leg: self.leg, recording_sid, duration_ms, outcome })
    }
}

impl Context<'_> {
    /// Listens to a recording that has just begun.
    pub fn transcribe(
        &mut self,
        leg: LegId,
        recording: RecordingId,
        callback: Option<&str>,
        base_url: &str,
        line: u32,
    ) {
        let callback = match callback.map(|url| resolve(base_url, url)).transpose() {
            Ok(url) => url,
            Err(error) => {
                // The text is kept all the same.
                self.warn(leg, line, 11_100, format!("transcribeCallback: {error}"));
                None
            }
        };
        let id = ListeningId(self.number());
        let sid = self.sids.transcription();
        let language = self.base.facts.language.clone();
        self.push(Action::Transcribe(Transcribe { listening: id, leg, language }));
        let (finished, heard, until) = (None, None, None);
        let live = LiveTranscription { id, sid, leg, recording, callback, finished, heard, until };
        self.base.transcriptions.push(live);
    }

    /// A recording ended: its text is due, or of no use.
    pub fn transcription_due(&mut self, recording: &FinishedRecording) {
        let Some(at) = self.base.transcriptions.iter().position(|live| live.recording == recording.id) else {
            return;
        };
        let until = self.after(self.base.limits.transcribe_s);
        let live = &mut self.base.transcriptions[at];
        let (id, is_heard) = (live.id, live.heard.is_some());
        if matches!(recording.outcome, RecordingOutcome::Completed { .. }) {
            live.finished = Some(recording.clone());
            live.until = Some(until);
            let begun = live.fact(None);
            self.out.extend(begun.map(Action::TranscriptionFact));
            if !is_heard {
                self.push(Action::FinishTranscription { listening: id });
            }
            return self.tell_transcription(id);
        }
        self.base.transcriptions.remove(at);
        if !is_heard {
            self.push(Action::StopListening { listening: id });
        }
    }

    /// The recogniser has done its work; false when this is no transcription.
    pub fn transcribed(&mut self, id: ListeningId, heard: Heard) -> bool {
        let Some(live) = self.base.transcriptions.iter_mut().find(|live| live.id == id) else { return false };
        if matches!(heard, Heard::Done(_) | Heard::Failed { .. }) && live.heard.is_none() {
            live.heard = Some(heard);
            self.tell_transcription(id);
        }
        true
    }

    /// Transcriptions whose text is overdue fail.
    pub fn give_up_transcriptions(&mut self) {
        let overdue = |live: &&LiveTranscription| self.passed(live.until);
        let overdue: Vec<_> = self.base.transcriptions.iter().filter(overdue).map(|live| live.id).collect();
        for listening in overdue {
            self.push(Action::StopListening { listening });
            let text = "the speech recogniser takes too long".to_owned();
            self.transcribed(listening, Heard::Failed { text });
        }
    }

    /// Drops all: the node stops.
    pub fn drop_transcriptions(&mut self) {
        for live in std::mem::take(&mut self.base.transcriptions) {
            let lost = live.fact(Some(TranscriptionOutcome::Failed));
            self.out.extend(lost.map(Action::TranscriptionFact));
            if live.heard.is_none() {
                self.push(Action::StopListening { listening: live.id });
            }
        }
    }

    /// Tells what is known once both halves are.
    fn tell_transcription(&mut self, id: ListeningId) {
        let is_whole =
            |live: &LiveTranscription| live.id == id && live.finished.is_some() && live.heard.is_some();
        let Some(at) = self.base.transcriptions.iter().position(is_whole) else { return };
        let mut live = self.base.transcriptions.remove(at);
        let leg = live.leg;
        let text = match live.heard.take() {
            Some(Heard::Done(utterance)) => Some(utterance.text),
            Some(Heard::Failed { text }) => {
                self.warn(leg, 0, 11_001, format!("{text}; the recording was not transcribed"));
                None
            }
            Some(Heard::Begun | Heard::Partial { .. } | Heard::TooShort) | None => None,
        };
        let outcome = match &text {
            Some(text) => TranscriptionOutcome::Completed { text: text.clone() },
            None => TranscriptionOutcome::Failed,
        };
        let fact = live.fact(Some(outcome));
        self.out.extend(fact.map(Action::TranscriptionFact));
        let (Some(url), Some(recording)) = (live.callback, live.finished) else { return };
        let params = params::transcription(self.base, leg, &live.sid, text.as_deref(), &recording);
        let kind = CallbackKind::Transcription;
        self.push(Action::Callback(Callback { leg, kind, url, method: Method::Post, params }));
    }
}
