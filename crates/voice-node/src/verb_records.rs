//! Records of what was said and played, kept when it is over (`Says`, `Plays`). The text itself is never part of one.

use std::collections::HashMap;

use flexio_domain::{CallSid, Timestamp, VerbKind, VerbRecord, VerbRecordId};
use flexio_store::Change;
use flexio_voice::{LegId, PromptError, PromptId, PromptSource};

use crate::call_task::CallTask;

/// Records of one call; what is said beyond is not recorded, as a document that loops could fill the disk.
const RECORDS_MAX: u32 = 1_000;

/// Prompts that run, and how many of the call's leave a record.
#[derive(Debug, Default)]
pub(crate) struct Verbs {
    running: HashMap<PromptId, Running>,
    made: u32,
    /// Milliseconds each leg was spoken to.
    spoken: HashMap<CallSid, u64>,
}

#[derive(Debug)]
struct Running {
    record: VerbRecord,
    /// Not where there are too many.
    is_kept: bool,
}

impl Verbs {
    /// What the leg was spoken to until it ended.
    pub(crate) fn spoken_ms(&mut self, leg: CallSid, ended_at: Timestamp) -> u64 {
        let is_speech = |record: &&VerbRecord| record.kind == VerbKind::Say && record.call_sid == leg;
        let running = self.running.values().map(|running| &running.record).filter(is_speech);
        let unfinished: u64 = running.map(|record| ms_between(record.created_at, ended_at)).sum();
        self.spoken.remove(&leg).unwrap_or(0) + unfinished
    }
}

impl CallTask {
    /// A prompt begins. Music, beeps, tones and digits leave no record.
    pub(crate) fn verb_begins(&mut self, prompt: PromptId, leg: LegId, source: &PromptSource, times: u16) {
        let fact = |name: &str, value: String| (name.to_owned(), value);
        let looped = fact("loop", times.to_string());
        let (kind, facts) = match source {
            PromptSource::Speech { text, language, .. } => {
                let count = fact("character_count", text.chars().count().to_string());
                (VerbKind::Say, vec![count, fact("language", language.clone()), looped])
            }
            PromptSource::Url(url) => (VerbKind::Play, vec![fact("play_uri", url.clone()), looped]),
            PromptSource::Music(_)
            | PromptSource::HoldMusic
            | PromptSource::Digits(_)
            | PromptSource::Beep
            | PromptSource::Ringback { .. } => return,
        };
        let Some(leg) = self.legs.get(&leg) else { return };
        let is_kept = self.verbs.made < RECORDS_MAX;
        self.verbs.made += u32::from(is_kept);
        let record = VerbRecord {
            id: VerbRecordId::new(),
            kind,
            account_sid: leg.record.account_sid,
            call_sid: leg.record.sid,
            status: "in-progress".to_owned(),
            reason: None,
            duration_s: None,
            facts,
            created_at: self.node.wall(),
        };
        self.verbs.running.insert(prompt, Running { record, is_kept });
    }

    /// A prompt is over: it ended, was stopped, or could not be played.
    pub(crate) fn verb_ends(&mut self, prompt: PromptId, failed: Option<&PromptError>) {
        let Some(Running { mut record, is_kept }) = self.verbs.running.remove(&prompt) else { return };
        let ms = ms_between(record.created_at, self.node.wall());
        if record.kind == VerbKind::Say && failed.is_none() {
            *self.verbs.spoken.entry(record.call_sid).or_default() += ms;
        }
        if !is_kept {
            return;
        }
        record.duration_s = Some(u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX));
        match failed {
            None => "completed".clone_into(&mut record.status),
            Some(error) => {
                "failed".clone_into(&mut record.status);
                record.reason = Some(format!("{} {}", error.code, error.text));
                if record.kind == VerbKind::Play {
                    record.facts.push(("error_code".to_owned(), error.code.to_string()));
                }
            }
        }
        self.unsaved.push(Change::AddVerbRecord(record));
    }
}

/// None if the clock was set back.
fn ms_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}
