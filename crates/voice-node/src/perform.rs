//! Carrying out the machine's actions, in their order.
//!
//! What is charged or told is saved before it happens where a crash in between would lose it ([`must_be_saved_first`]); everything else
//! happens first and is saved right after, so that a slow disk is not heard.

use flexio_media::Command;
use flexio_sdp::Direction;
use flexio_sip::{ExtraHeaders, NameAddr, Reason, ReferRequest, Uri};
use tokio::sync::mpsc;

use flexio_voice::{
    Action, EnterQueue, Event, Fetch, JoinRoom, LegId, QueueNews, RoomNews, SendEmail, SendMessage,
};

use crate::call_task::{CallTask, must_be_saved_first};
use crate::documents;
use crate::input::{CallInput, CallSender, INBOX};
use crate::queues::Entering;
use crate::rooms::Joining;
use crate::sip_shell::Order;

/// Name of our codes in a Reason header.
pub(crate) const REASON_PROTOCOL: &str = "CPaaS";

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
        // The last ones are saved by the end of the task, with what comes then.
        if self.has_urgent_changes() && !self.machine.is_done() {
            self.save_all(false).await;
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Fetch(fetch) => self.fetch(fetch),
            Action::Ring { leg } => {
                self.order_leg(leg, |sip| Order::Ring { leg: sip, status: 180, sdp: None }).await;
            }
            Action::EarlyMedia { leg } => self.early_media(leg).await,
            Action::Answer { leg } => self.answer(leg).await,
            Action::Reject { leg, status, reason } => {
                let headers = reason_header(reason);
                self.order_leg(leg, |sip| Order::Reject { leg: sip, status, headers }).await;
            }
            // What is large and rare has a place of its own: the task of every call is as large as the largest of these.
            Action::Dial(dial) => Box::pin(self.dial(*dial)).await,
            Action::Detach { leg } => Box::pin(self.detach(leg)).await,
            Action::Hangup { leg, reason } => self.hang_up(leg, reason).await,
            Action::Play(play) => self.play(play),
            Action::StopPrompt { prompt } => self.stop_prompt(prompt),
            Action::Bridge { a, b } => self.bridge(a, b),
            Action::Unbridge { a, .. } => self.media(a, Command::Unbridge),
            Action::StartRecording(start) => Box::pin(self.start_recording(&start)).await,
            Action::StopRecording { recording } => self.stop_recording(recording),
            Action::DetectMachine(detect) => self.detect_machine(detect),
            Action::Transcribe(transcribe) => self.transcribe(&transcribe),
            Action::FinishTranscription { listening } => self.finish_transcription(listening),
            Action::Listen(listen) => self.listen(&listen),
            Action::StopListening { listening } => self.stop_listening(listening),
            Action::StartStream(start) => self.start_stream(start),
            Action::StopStream { stream } => self.stop_stream(stream),
            Action::SendMessage(message) => self.send_message(message),
            Action::AskCredit { leg, seconds } => self.ask_credit(leg, seconds),
            Action::SendEmail(email) => self.send_email(*email),
            Action::Hold { leg, on } => self.hold(leg, on).await,
            Action::Refer { leg, uri } => self.refer(leg, &uri).await,
            Action::UserMessage { leg, content } => self.send_user_message(leg, content).await,
            Action::SendElsewhere { call_sid, target, params } => {
                self.send_elsewhere(&call_sid, Event::SentElsewhere { target, params });
            }
            Action::AnswerRefer { leg, status } => self.answer_refer(leg, status).await,
            Action::NotifyRefer { leg, status } => {
                self.order_leg(leg, |sip| Order::NotifyRefer { leg: sip, status }).await;
            }
            Action::JoinRoom(join) => self.join_room(*join),
            Action::EnterQueue(enter) => self.enter_queue(*enter),
            Action::QueueReady { leg } => {
                if let Some(slot) = self.slots.get(&leg) {
                    slot.ready();
                }
            }
            // A slot that is dropped leaves.
            Action::LeaveQueue { leg } => drop(self.slots.remove(&leg)),
            Action::LeaveRoom { leg, reason } => {
                if let Some(seat) = self.seats.remove(&leg) {
                    seat.leave(reason);
                }
            }
            // Records, kept by `note`.
            Action::Callback(_)
            | Action::AnsweredBy { .. }
            | Action::Status { .. }
            | Action::RecordingFact(_)
            | Action::TranscriptionFact(_)
            | Action::Finish(_)
            | Action::VerbRan(_)
            | Action::Notify(_)
            | Action::Trace(_)
            | Action::Done => {}
        }
    }

    async fn send_user_message(&self, leg: LegId, content: String) {
        self.order_leg(leg, |sip| Order::Info { leg: sip, body: content.into_bytes() }).await;
    }

    /// One that is over, or hopelessly behind, goes nowhere.
    fn send_elsewhere(&self, call_sid: &str, event: Event) {
        let call = call_sid.parse().ok().and_then(|sid| self.node.calls().get(&sid).cloned());
        if !call.is_some_and(|call| call.tell(CallInput::Voice(Box::new(event)))) {
            tracing::warn!(call_sid = %self.sid, "nobody_to_send_elsewhere");
        }
    }

    async fn answer_refer(&self, leg: LegId, status: u16) {
        self.order_leg(leg, |sip| match status {
            200..300 => Order::AcceptRefer { leg: sip },
            _ => Order::RejectRefer { leg: sip, status },
        })
        .await;
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
        let (account, call) = (self.account, self.sid);
        self.runs_flow |= documents::is_flow(&node.app, &fetch.url);
        tokio::spawn(async move {
            let by = (&node.outbound, &*signer, &cookies);
            let begun = tokio::time::Instant::now();
            let answered = documents::get_for(&node.app, account, by, &fetch).await;
            let facts = documents::facts(&fetch, begun.elapsed(), &answered);
            let asked = documents::asked(&node.app, call, &fetch);
            let (_, result) = answered;
            metrics::counter!("voice_fetches_total", "ok" => if result.is_ok() { "true" } else { "false" })
                .increment(1);
            if let Ok(document) = &result {
                node.prompts.prepare(account, document, &fetch.url, &node.config.calls.language);
            }
            let event = Box::new(Event::Document { request: fetch.request, result });
            sender.answer(CallInput::Fetched { leg: fetch.leg, facts, asked, event }).await;
        });
    }

    /// 183 with the answer to the caller's offer. Without an offer, or without a common codec, the caller goes on hearing its own network.
    async fn early_media(&mut self, id: LegId) {
        let options = self.session_options(id, None);
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(offer) = leg.offer.clone() else { return };
        if let Ok(sdp) = leg.answer_offer(&node.media, &offer, &options) {
            leg.early_answer = Some(sdp.clone());
            self.order_leg(id, |sip| Order::Ring { leg: sip, status: 183, sdp: Some(sdp) }).await;
        }
    }

    async fn answer(&mut self, id: LegId) {
        let options = self.session_options(id, None);
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let sdp = match (leg.early_answer.take(), leg.offer.take()) {
            // The answer must be the one already given (RFC 3261 §13.3.1.4).
            (Some(sdp), _) => Ok(sdp),
            (None, Some(offer)) => leg.answer_offer(&node.media, &offer, &options),
            (None, None) => leg.make_offer(&node.media, &options),
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

    /// A dialled leg becomes a call of its own, with a task of its own.
    async fn detach(&mut self, id: LegId) {
        let Some(machine) = self.machine.take_detached(id) else { return };
        // What is known of the leg is on disk before somebody else writes it: its versions go on.
        self.save_all(true).await;
        let Some(leg) = self.legs.remove(&id) else { return };
        let (sender, inbox) = mpsc::channel(INBOX);
        let sender = CallSender(sender);
        let (sid, token) = (leg.record.sid, leg.token);
        if let Some(sip) = leg.sip {
            self.node.sip().order(Order::Own { leg: sip, owner: sender.clone() }).await;
            self.moved.push((sip, sender.clone()));
        }
        self.node.give_token(token, &sender);
        leg.give_text(&sender);
        let node = self.node.clone();
        let mut task = Self::with(node, (self.account, sid), machine, sender.clone(), inbox).await;
        if let Some(cookies) = self.cookies.remove(&id) {
            task.cookies.insert(LegId::FIRST, cookies);
        }
        task.legs.insert(LegId::FIRST, leg);
        self.node.run(sid, sender, task);
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        let peer = self.legs.get(&b).and_then(|leg| leg.media).map(|session| session.id);
        if let Some(peer) = peer {
            self.media(a, Command::Tone(None));
            self.media(a, Command::Bridge { peer, relay_dtmf: true });
        }
    }

    /// Asks the room; a leg without media is refused here.
    fn join_room(&mut self, join: JoinRoom) {
        let leg = join.leg;
        let session = self.legs.get(&leg).and_then(|leg| Some((leg.media?.id, leg.record.clone())));
        let Some((session, record)) = session else {
            self.found.push_back(Event::Room { leg, news: RoomNews::Refused { full: false } });
            return;
        };
        let version = record.api_version.clone();
        let (call, sender) = (record.sid, self.sender.clone());
        let seat = self.node.join_room(Joining { join, call, record, sender, session }, &version);
        self.seats.insert(leg, seat);
    }

    fn enter_queue(&mut self, enter: EnterQueue) {
        let leg = enter.leg;
        let session = self
            .legs
            .get(&leg)
            .and_then(|leg| Some((leg.media?.id, leg.record.sid, flexio_app::legs::labels(&leg.record))));
        let Some((session, call, labels)) = session else {
            self.found.push_back(Event::Queue { leg, news: QueueNews::Closed });
            return;
        };
        let (account, sender) = (self.account, self.sender.clone());
        let slot = self.node.enter_queue(Entering { enter, account, call, sender, session, labels });
        self.slots.insert(leg, slot);
    }

    /// The room asked was ending; a call that still wants in asks the next one.
    pub(crate) fn join_again(&mut self, join: JoinRoom) {
        if let Some(seat) = self.seats.remove(&join.leg) {
            seat.forget();
            self.join_room(join);
        }
    }

    /// The room or queue has said that the leg is out: there is no place to give up any more.
    pub(crate) fn out_of_the_room(&mut self, event: &Event) {
        match event {
            Event::Room {
                leg,
                news: RoomNews::Left | RoomNews::Refused { .. } | RoomNews::Unpaid { .. },
            } => {
                if let Some(seat) = self.seats.remove(leg) {
                    seat.forget();
                }
            }
            Event::Queue { leg, news } if news.is_last() => {
                if let Some(slot) = self.slots.remove(leg) {
                    slot.forget();
                }
            }
            _ => {}
        }
    }

    /// The party on hold hears us, and we do not hear it (RFC 3264 §8.4).
    async fn hold(&mut self, id: LegId, on: bool) {
        let direction = if on { Direction::SendOnly } else { Direction::SendRecv };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.hold_asked = Some(on);
        }
        if !self.set_direction(id, direction).await {
            self.found.push_back(Event::Held { leg: id, on, status: 481 });
        }
    }

    async fn refer(&mut self, id: LegId, uri: &str) {
        let sip = self.legs.get(&id).and_then(|leg| leg.sip);
        match (sip, Uri::parse(uri.as_bytes())) {
            (Some(leg), Ok(uri)) => {
                let request = Box::new(ReferRequest::new(NameAddr::new(uri)));
                self.node.sip().order(Order::Refer { leg, request }).await;
            }
            (sip, _) => {
                let status = if sip.is_some() { 400 } else { 481 };
                self.found.push_back(Event::ReferAnswered { leg: id, status, watched: false });
            }
        }
    }

    fn send_email(&self, email: SendEmail) {
        let (node, sender) = (self.node.clone(), self.sender.clone());
        let Some(record) = self.legs.get(&LegId::FIRST).map(|leg| leg.record.clone()) else { return };
        tokio::spawn(async move {
            let result = flexio_app::legs::send_email(&node.app, &record, &email).await;
            let event = Event::MessageDone { request: email.request, result };
            sender.answer(CallInput::Voice(Box::new(event))).await;
        });
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
