//! Carrying out what a room's machine says.

use flexio_domain::{CallSid, RecordingSid};
use flexio_markup::JitterBufferSize;
use flexio_media::{self as media, Depth, MixCommand, MixMember, PlaySource, Record, RecordChannels};
use flexio_store::{Change, RoomChange};
use flexio_voice::room::{Mixed, ParticipantFact, RoomAction, RoomEvent, RoomFact};
use flexio_voice::{
    Fetch, LegId, PromptError, PromptId, PromptSource, RecordingFact, RecordingId, RecordingOutcome,
};

use super::RoomInput;
use super::task::RoomTask;
use crate::documents;
use crate::playing::BEEP_MS;
use crate::recordings;

impl RoomTask {
    pub(super) fn act(&mut self, action: RoomAction) {
        match action {
            RoomAction::Tell { call_sid, leg: _, news } => self.tell(&call_sid, news),
            RoomAction::Text { call_sid, leg: _, text } => {
                let guest = call_sid.parse().ok().and_then(|call: CallSid| self.guests.get(&call));
                if let Some(guest) = guest {
                    guest.sender.show(guest.leg, text);
                }
            }
            RoomAction::Member { call_sid, mixed } => self.member(&call_sid, mixed),
            RoomAction::Play { prompt, source, times } => self.play(prompt, source, times),
            RoomAction::StopPlay => self.mix(MixCommand::StopPlay),
            RoomAction::Fetch { request, target, params } => self.fetch(request, target, params),
            RoomAction::StartRecording { recording, sid, max_length_s, trim } => {
                self.start_recording(recording, &sid, max_length_s, trim);
            }
            RoomAction::PauseRecording { silence } => self.mix(MixCommand::PauseRecord { silence }),
            RoomAction::ResumeRecording => self.mix(MixCommand::ResumeRecord),
            RoomAction::StopRecording => self.mix(MixCommand::StopRecord),
            RoomAction::Fact(fact) => self.fact(&fact),
            RoomAction::Participant(fact) => self.participant(&fact),
            RoomAction::NeverCame { call_sid } => self.never_came(&call_sid),
            RoomAction::RecordingFact(fact) => self.recording_fact(&fact),
            RoomAction::Callback { url, method, params } => {
                self.callbacks += 1;
                let change = flexio_app::legs::conference_callback(
                    &self.node.app,
                    &self.conference,
                    self.callbacks,
                    &url,
                    method.as_str(),
                    &params,
                );
                self.unsaved.push(change);
            }
            RoomAction::Done => {}
        }
    }

    fn mix(&self, command: MixCommand) {
        if let Some(mix) = self.mix {
            let _ = self.node.media.send_mix(mix, command);
        }
    }

    /// The mix, opened when it is first needed.
    fn open_mix(&mut self) -> Option<media::MixId> {
        if self.mix.is_none() {
            self.mix = self.node.media.open_mix(self.token).ok();
        }
        self.mix
    }

    fn member(&mut self, call_sid: &str, mixed: Option<Mixed>) {
        let Some(session) = self.session_of(call_sid) else { return };
        let command = match mixed {
            None => media::Command::LeaveMix,
            Some(mixed) => {
                let Some(mix) = self.open_mix() else {
                    tracing::error!(conference_sid = %self.conference.sid, "no_mix");
                    return;
                };
                let coach = mixed.coaches.as_ref().and_then(|pupil| self.session_of(pupil));
                let (speaks, talk_events) = (mixed.speaks, mixed.talk_events);
                let depth = depth(mixed.jitter_buffer);
                let member = MixMember { speaks, hears: true, coach, talk_events, depth };
                media::Command::JoinMix { mix, member }
            }
        };
        // A session that is gone has left its call's hands too, which tells the room.
        let _ = self.node.media.send(session, command);
    }

    fn play(&mut self, prompt: PromptId, source: PromptSource, times: u16) {
        if matches!(source, PromptSource::Beep) {
            let source = PlaySource::Tone(flexio_codec::Tone::Beep, BEEP_MS);
            self.mix(MixCommand::Play { play_id: u64::from(prompt.0), source, loops: 1 });
            return;
        }
        let (node, sender, account) = (self.node.clone(), self.sender.clone(), self.account);
        tokio::spawn(async move {
            let result = node.prompts.load(account, &source).await;
            sender.send(RoomInput::Prompt { prompt, times, result });
        });
    }

    pub(super) fn prompt_ready(
        &mut self,
        prompt: PromptId,
        times: u16,
        result: Result<media::Prompt, PromptError>,
    ) {
        let played = result.and_then(|audio| {
            let mix = self.mix.ok_or_else(|| no_mix("nobody is in the conference"))?;
            let source = PlaySource::Prompt(audio);
            let command = MixCommand::Play { play_id: u64::from(prompt.0), source, loops: u32::from(times) };
            self.node.media.send_mix(mix, command).map_err(|error| no_mix(&error.to_string()))
        });
        if let Err(error) = played {
            self.found.push_back(RoomEvent::PromptDone { prompt, result: Err(error) });
        }
    }

    fn fetch(
        &self,
        request: flexio_voice::RequestId,
        target: flexio_markup::Target,
        params: Vec<(String, String)>,
    ) {
        let fetch = Fetch {
            request,
            leg: LegId::FIRST,
            url: target.url,
            method: target.method,
            params,
            purpose: flexio_voice::Purpose::Wait,
            kind: flexio_markup::Kind::ConferenceWait,
            dialect: flexio_markup::Dialect::Auto,
        };
        let (node, sender) = (self.node.clone(), self.sender.clone());
        let (signer, cookies) = (self.signer.clone(), self.cookies.clone());
        tokio::spawn(async move {
            let (_, result) = documents::get(&node.outbound, &signer, &cookies, &fetch).await;
            let event = RoomEvent::Document { request: fetch.request, result };
            sender.send(RoomInput::Event(Box::new(event)));
        });
    }

    fn start_recording(&mut self, recording: RecordingId, sid: &str, max_length_s: u32, trim: bool) {
        let (Some(key), Ok(sid)) = (self.recording_key.take(), sid.parse::<RecordingSid>()) else {
            let outcome = RecordingOutcome::Failed { text: "there is no key to seal it with".to_owned() };
            return self.found.push_back(RoomEvent::RecordingDone { recording, outcome });
        };
        if let Some(refusal) = self.unpaid.take() {
            tracing::info!(account_sid = %self.account, code = refusal.code, "conference_not_recorded");
            let outcome = RecordingOutcome::Failed { text: refusal.text };
            return self.found.push_back(RoomEvent::RecordingDone { recording, outcome });
        }
        let record = Record {
            record_id: u64::from(recording.0),
            sink: recordings::sealed_sink(&self.node, sid, &key, RecordChannels::Mixed),
            max_ms: max_length_s.saturating_mul(1_000),
            silence_ms: 0,
            stop_keys: String::new(),
            beep: false,
            trim,
            channels: RecordChannels::Mixed,
        };
        let mix = self.open_mix();
        let started =
            mix.is_some_and(|mix| self.node.media.send_mix(mix, MixCommand::StartRecord(record)).is_ok());
        if !started {
            let outcome = RecordingOutcome::Failed { text: "the recording could not be started".to_owned() };
            self.found.push_back(RoomEvent::RecordingDone { recording, outcome });
        }
    }

    pub(super) fn media_event(&mut self, event: media::Event) {
        match event {
            media::Event::PlayDone { play_id, .. } => {
                if let Ok(number) = u32::try_from(play_id) {
                    let prompt = PromptId(number);
                    self.found.push_back(RoomEvent::PromptDone { prompt, result: Ok(()) });
                }
            }
            media::Event::RecordDone { record_id, duration_ms, saved, empty, lost_ms, .. } => {
                let (Ok(number), Some(record)) = (u32::try_from(record_id), &self.recording) else { return };
                let file = recordings::File { duration_ms, saved, empty, lost_ms };
                let (outcome, bytes) = recordings::keep(&self.node, record, file);
                self.recorded_bytes = bytes;
                self.found.push_back(RoomEvent::RecordingDone { recording: RecordingId(number), outcome });
            }
            // A mix has no other news.
            _ => {}
        }
    }

    fn fact(&mut self, fact: &RoomFact) {
        flexio_app::legs::conference_entered(&mut self.conference, fact);
        let conference = self.conference.clone();
        let change = if self.stored {
            self.conference.version += 1;
            RoomChange::UpdateConference(conference)
        } else {
            RoomChange::CreateConference(conference)
        };
        self.stored = true;
        self.unsaved.push(Change::Room(change));
    }

    fn participant(&mut self, fact: &ParticipantFact) {
        let Ok(call) = fact.call_sid.parse::<CallSid>() else { return };
        let now = self.node.wall();
        if !std::mem::replace(&mut self.charged, true) {
            for change in
                flexio_app::legs::conference_begun(&self.node.app, &self.conference, self.first.as_ref(), now)
            {
                self.unsaved.push(change);
            }
        }
        let before = self.participants.get(&call);
        let participant = flexio_app::legs::participant(&self.conference, call, before, fact, now);
        self.unsaved.push(Change::Room(RoomChange::SaveParticipant(participant.clone())));
        if participant.left_at.is_some() {
            self.participants.remove(&call);
        } else {
            self.participants.insert(call, participant);
        }
    }

    fn never_came(&self, call_sid: &str) {
        let Ok(call) = call_sid.parse::<CallSid>() else { return };
        let (node, conference) = (self.node.clone(), self.conference.clone());
        tokio::spawn(async move {
            let gone = flexio_app::legs::participant_never_came(&node.app, &conference, call).await;
            if let Ok(Some(change)) = gone
                && let Err(error) = flexio_app::legs::save(&node.app, change.into()).await
            {
                tracing::error!(error = &error as &dyn std::error::Error, "participant_not_saved");
            }
        });
    }

    fn recording_fact(&mut self, fact: &RecordingFact) {
        let now = self.node.wall();
        let Some(call) = &self.first else { return };
        match &fact.outcome {
            None => {
                let (Ok(sid), Some(terms)) = (fact.sid.parse::<RecordingSid>(), &self.recording_terms) else {
                    return;
                };
                let node = &self.node.app.config.node;
                let (mut record, key) = flexio_app::legs::recording(call, sid, fact, (terms, node), now);
                self.recording_key = Some(key);
                record.conference_sid = Some(self.conference.sid);
                self.unsaved.push(Change::CreateRecording(record.clone()));
                self.recording = Some(record);
            }
            Some(outcome) => {
                let Some(mut record) = self.recording.take() else { return };
                let bytes = self.recorded_bytes.take();
                let changes =
                    flexio_app::legs::recorded(&self.node.app, call, &mut record, outcome, bytes, now);
                for change in changes {
                    self.unsaved.push(change);
                }
            }
        }
    }
}

fn no_mix(text: &str) -> PromptError {
    PromptError { code: 12_400, text: text.to_owned() }
}

/// `jitterBufferSize` in milliseconds.
fn depth(size: JitterBufferSize) -> Depth {
    let (least_ms, most_ms) = match size {
        JitterBufferSize::Off => (0, 40),
        JitterBufferSize::Small => (20, 80),
        JitterBufferSize::Medium => return Depth::default(),
        JitterBufferSize::Large => (60, 400),
    };
    Depth { least_ms, most_ms }
}
