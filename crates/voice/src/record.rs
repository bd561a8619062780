//! `<Record>`: beep, record, and hand the result over, even when the caller hung up meanwhile.

use std::time::Duration;

use flexio_markup::{Key, Record, RecordingCallback, Target, resolve};

use crate::actions::{LegId, PromptSource, Purpose, RecordingId, RecordingSource};
use crate::context::{Context, FinishedRecording, RecordingPlan};
use crate::events::RecordingOutcome;
use crate::facts::ApiVersion;
use crate::params;
use crate::prompts::Cues;
use crate::script::{Ending, Input, Outcome};

/// A `<Record>` under way.
#[derive(Debug)]
pub(crate) struct Recorder {
    leg: LegId,
    verb: Record,
    stage: Stage,
    keys: String,
    gone: bool,
    base_url: String,
    line: u32,
}

#[derive(Debug)]
enum Stage {
    Beeping(Cues),
    Recording(RecordingId),
    /// Told to stop; the shell has yet to say what was recorded.
    Stopping(RecordingId),
}

impl Recorder {
    pub fn begin(ctx: &mut Context<'_>, leg: LegId, mut verb: Record, base_url: &str, line: u32) -> Self {
        verb.recording_callback = resolved(ctx, leg, verb.recording_callback, base_url, line);
        let mut cues = Cues::sound(leg, PromptSource::Beep);
        let stage = if verb.play_beep && cues.advance(ctx) {
            Stage::Beeping(cues)
        } else {
            Stage::Recording(start(ctx, leg, &verb, (base_url, line)))
        };
        let base_url = base_url.to_owned();
        Self { leg, verb, stage, keys: String::new(), gone: false, base_url, line }
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        match input {
            Input::Gone => return self.left(ctx),
            Input::Recorded(finished) => return self.recorded(ctx, finished),
            Input::Key { leg, key } if *leg == self.leg => self.key(ctx, *key),
            Input::Prompt { .. } | Input::Tick => {
                if let Stage::Beeping(cues) = &mut self.stage
                    && !cues.on(ctx, input)
                {
                    self.stage =
                        Stage::Recording(start(ctx, self.leg, &self.verb, (&self.base_url, self.line)));
                }
            }
            Input::Key { .. }
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_) => {}
        }
        Outcome::Wait
    }

    fn key(&mut self, ctx: &mut Context<'_>, key: Key) {
        let Stage::Recording(recording) = self.stage else { return };
        ctx.user_acted();
        let finishing = self.verb.finish_on_key.contains(key);
        // Twilio tells the key that ended the recording; the Restcomm manual leaves it out.
        let told = !finishing || ctx.base.facts.api_version == ApiVersion::V2010;
        if told && self.keys.len() < ctx.base.limits.keys {
            self.keys.push(key.as_char());
        }
        if finishing {
            ctx.stop_recording(recording);
            self.stage = Stage::Stopping(recording);
        }
    }

    fn left(&mut self, ctx: &mut Context<'_>) -> Outcome {
        self.gone = true;
        match self.stage {
            Stage::Beeping(_) => Outcome::End(Ending::Finished),
            Stage::Recording(recording) => {
                ctx.stop_recording(recording);
                self.stage = Stage::Stopping(recording);
                Outcome::Wait
            }
            Stage::Stopping(_) => Outcome::Wait,
        }
    }

    fn recorded(&mut self, ctx: &mut Context<'_>, finished: &FinishedRecording) -> Outcome {
        let mine = match self.stage {
            Stage::Recording(id) | Stage::Stopping(id) => id == finished.id,
            Stage::Beeping(_) => false,
        };
        if !mine {
            return Outcome::Wait;
        }
        match finished.outcome {
            RecordingOutcome::Completed { .. } => {
                ctx.user_acted();
                let keys = if self.gone { "hangup" } else { &self.keys };
                Outcome::Goto {
                    reference: self.verb.action.clone(),
                    method: self.verb.method,
                    params: params::record(finished, keys),
                    purpose: Purpose::Action,
                }
            }
            RecordingOutcome::Absent | RecordingOutcome::Failed { .. } if self.gone => {
                Outcome::End(Ending::Finished)
            }
            RecordingOutcome::Absent | RecordingOutcome::Failed { .. } => Outcome::Next,
        }
    }

    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        match &mut self.stage {
            Stage::Beeping(cues) => cues.stop(ctx),
            Stage::Recording(recording) => {
                let recording = *recording;
                ctx.stop_recording(recording);
            }
            Stage::Stopping(_) => {}
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Beeping(cues) => cues.deadline(),
            // The shell's answer is watched where all recordings are.
            Stage::Recording(_) | Stage::Stopping(_) => None,
        }
    }
}

fn start(ctx: &mut Context<'_>, leg: LegId, verb: &Record, (base_url, line): (&str, u32)) -> RecordingId {
    let recording = ctx.record(RecordingPlan {
        leg,
        source: RecordingSource::RecordVerb,
        purpose: verb.purpose,
        channels: 1,
        track: flexio_markup::Track::Inbound,
        max_length_s: verb.max_length_s,
        silence_timeout_s: Some(verb.timeout_s),
        trim: verb.trim,
        callback: verb.recording_callback.clone(),
    });
    if verb.transcribe {
        ctx.transcribe(leg, recording, verb.transcribe_callback.as_deref(), base_url, line);
    }
    recording
}

/// A recording callback with its URL made absolute; one that leads nowhere is reported and dropped.
pub(crate) fn resolved(
    ctx: &mut Context<'_>,
    leg: LegId,
    callback: Option<RecordingCallback>,
    base_url: &str,
    line: u32,
) -> Option<RecordingCallback> {
    let callback = callback?;
    match resolve(base_url, &callback.target.url) {
        Ok(url) => Some(RecordingCallback { target: Target { url, ..callback.target }, ..callback }),
        Err(error) => {
            ctx.warn(leg, line, 11100, format!("recordingStatusCallback: {error}"));
            None
        }
    }
}
