//! Carrying out the machine's actions, in their order.
//!
//! What is charged or told is saved before it happens where a crash in between would lose it ([`must_be_saved_first`]); everything else
//! happens first and is saved right after, so that a slow disk is not heard.

use flexio_media::Command;
use flexio_sip::{ExtraHeaders, Reason};
use flexio_voice::{Action, Event, Fetch, LegId, SendMessage};

use crate::call_task::{CallTask, must_be_saved_first};
use crate::documents;
use crate::input::CallInput;
use crate::sip_shell::Order;

/// Name of our codes in a Reason header.
const REASON_PROTOCOL: &str = "CPaaS";

impl CallTask {
    /// Carries out and empties `actions`.
    pub(crate) async fn perform(&mut self, actions: &mut Vec<Action>) {
        let save_first = actions.iter().any(must_be_saved_first);
        for action in &*actions {
            self.note(action);
        }
        if save_first {
            self.save_all(true).await;
        }
        for action in actions.drain(..) {
            self.act(action).await;
        }
        if self.has_urgent_changes() {
            self.save_all(false).await;
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Fetch(fetch) => self.fetch(fetch),
            Action::Ring { leg } => {
                self.order_leg(leg, |sip| Order::Ring { leg: sip, status: 180, sdp: None }).await;
            }
            Action::Answer { leg } => self.answer(leg).await,
            Action::Reject { leg, status, reason } => {
                let headers = reason_header(reason);
                self.order_leg(leg, |sip| Order::Reject { leg: sip, status, headers }).await;
            }
            Action::Dial(dial) => self.dial(*dial).await,
            Action::Hangup { leg, reason } => self.hang_up(leg, reason).await,
            Action::Play(play) => self.play(play),
            Action::StopPrompt { prompt } => self.stop_prompt(prompt),
            Action::Bridge { a, b } => self.bridge(a, b),
            Action::Unbridge { a, .. } => self.media(a, Command::Unbridge),
            Action::StartRecording(start) => self.start_recording(&start),
            Action::StopRecording { recording } => self.stop_recording(recording),
            Action::DetectMachine(detect) => self.detect_machine(detect),
            Action::Transcribe(transcribe) => self.transcribe(&transcribe),
            Action::FinishTranscription { listening } => self.finish_transcription(listening),
            Action::Listen(listen) => self.listen(&listen),
            Action::StopListening { listening } => self.stop_listening(listening),
            Action::StartStream(start) => self.start_stream(start),
            Action::StopStream { stream } => self.stop_stream(stream),
            Action::SendMessage(message) => self.send_message(message),
            // Records, kept by `note`.
            Action::Callback(_)
            | Action::AnsweredBy { .. }
            | Action::Status { .. }
            | Action::RecordingFact(_)
            | Action::Finish(_)
            | Action::Notify(_)
            | Action::Trace(_)
            | Action::Done => {}
        }
    }

    pub(crate) fn media(&self, leg: LegId, command: Command) {
        if let Some(leg) = self.legs.get(&leg) {
            leg.media(&self.node.media, command);
        }
    }

    async fn order_leg(&self, leg: LegId, order: impl FnOnce(flexio_sip::LegId) -> Order) {
        if let Some(sip) = self.legs.get(&leg).and_then(|leg| leg.sip) {
            self.node.sip().order(order(sip)).await;
        }
    }

    fn fetch(&mut self, fetch: Fetch) {
        let (node, sender, signer) = (self.node.clone(), self.sender.clone(), self.signer.clone());
        let cookies = self.cookies_of(fetch.leg);
        let account = self.account;
        tokio::spawn(async move {
            let result = documents::get(&node.outbound, &signer, &cookies, &fetch).await;
            metrics::counter!("voice_fetches_total", "ok" => if result.is_ok() { "true" } else { "false" })
                .increment(1);
            if let Ok(document) = &result {
                node.prompts.prepare(account, document, &fetch.url, &node.config.calls.language);
            }
            let event = Event::Document { request: fetch.request, result };
            sender.answer(CallInput::Voice(Box::new(event))).await;
        });
    }

    async fn answer(&mut self, id: LegId) {
        let options = self.session_options(id, None);
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let sdp = match leg.offer.take() {
            Some(offer) => leg.answer_offer(&node.media, &offer, &options),
            None => leg.make_offer(&node.media, &options),
        };
        match sdp {
            Ok(sdp) => {
                leg.answered = true;
                let Some(sip) = leg.sip else { return };
                node.sip().order(Order::Answer { leg: sip, sdp, headers: ExtraHeaders::new() }).await;
            }
            Err(error) => {
                tracing::warn!(call_sid = %self.sid, error = &error as &dyn std::error::Error, "no_media");
                self.order_leg(id, |sip| Order::Reject {
                    leg: sip,
                    status: 503,
                    headers: ExtraHeaders::new(),
                })
                .await;
                self.found.push_back(Event::LegHungUp { leg: id });
            }
        }
    }

    async fn hang_up(&mut self, id: LegId, reason: Option<(u16, &'static str)>) {
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.attempts = None;
        leg.close_media(&node.media);
        for fork in std::mem::take(&mut leg.forks) {
            node.sip().order(Order::Bye { leg: fork, reason: None }).await;
        }
        match leg.sip.take() {
            Some(sip) => {
                let reason = reason.map(|(code, text)| Reason {
                    protocol: REASON_PROTOCOL.to_owned(),
                    cause: Some(code),
                    text: Some(text.to_owned()),
                });
                node.sip().order(Order::Bye { leg: sip, reason }).await;
            }
            None => leg.hangup_wanted = true,
        }
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        let peer = self.legs.get(&b).and_then(|leg| leg.media).map(|session| session.id);
        if let Some(peer) = peer {
            self.media(a, Command::Tone(None));
            self.media(a, Command::Bridge { peer, relay_dtmf: true });
        }
    }

    fn send_message(&self, message: SendMessage) {
        let (node, sender) = (self.node.clone(), self.sender.clone());
        let Some(record) = self.legs.get(&LegId::FIRST).map(|leg| leg.record.clone()) else { return };
        tokio::spawn(async move {
            let result = flexio_app::legs::send_message(&node.app, &record, &message).await;
            let event = Event::MessageDone { request: message.request, result };
            sender.answer(CallInput::Voice(Box::new(event))).await;
        });
    }
}

fn reason_header(reason: Option<(u16, &'static str)>) -> ExtraHeaders {
    let mut headers = ExtraHeaders::new();
    if let Some((code, text)) = reason {
        let _ = headers.push("Reason", &format!("{REASON_PROTOCOL};cause={code};text=\"{text}\""));
    }
    headers
}
