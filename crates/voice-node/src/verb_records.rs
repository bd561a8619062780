//! Records of what was said and played, kept when it is over (`Says`, `Plays`). The text itself is never part of one.

use std::collections::HashMap;

use flexio_domain::{Timestamp, VerbKind, VerbRecord, VerbRecordId};
use flexio_store::Change;
use flexio_voice::{LegId, PromptError, PromptId, PromptSource};

use crate::call_task::CallTask;

/// Records of one call; what is said beyond is not recorded, as a document that loops could fill the disk.
const RECORDS_MAX: u32 = 1_000;

/// Prompts that run and will leave a record.
#[derive(Debug, Default)]
pub(crate) struct Verbs {
    running: HashMap<PromptId, VerbRecord>,
    made: u32,
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
        let Some(leg) = self.legs.get(&leg).filter(|_| self.verbs.made < RECORDS_MAX) else { return };
        self.verbs.made += 1;
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
        self.verbs.running.insert(prompt, record);
    }

    /// A prompt is over: it ended, was stopped, or could not be played.
    pub(crate) fn verb_ends(&mut self, prompt: PromptId, failed: Option<&PromptError>) {
        let Some(mut record) = self.verbs.running.remove(&prompt) else { return };
        record.duration_s = Some(seconds_between(record.created_at, self.node.wall()));
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

/// Whole seconds, rounded up; none if the clock was set back.
fn seconds_between(from: Timestamp, to: Timestamp) -> u32 {
    let ms = (to.as_millisecond() - from.as_millisecond()).max(0);
    u32::try_from((ms + 999) / 1_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begun_seconds_count() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        assert_eq!(seconds_between(at(0), at(1)), 1);
        assert_eq!(seconds_between(at(0), at(2_000)), 2);
        assert_eq!(seconds_between(at(2_000), at(0)), 0);
    }
}
