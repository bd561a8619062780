//! Listening to what somebody says: a tap into the leg's audio, a recogniser, and the ear between them that knows when an utterance
//! begins and ends.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use flexio_codec::{FRAME_SAMPLES, VoiceActivity};
use flexio_media::{Tap, TapOptions};
use flexio_speech::{RecogniseError, RecogniseRequest, Recognised, Recognition};
use flexio_voice::{Event, Heard, Listen, ListeningId, Transcribe, Utterance};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};

use crate::call_task::CallTask;
use crate::input::{CallInput, CallSender};

const PERIOD: Duration = Duration::from_millis(20);
/// Voice in the last half second that counts as speech where the recogniser tells no words meanwhile: 240 of 500 ms.
const BEGIN_FRAMES: usize = 12;
const BEGIN_WINDOW: usize = 25;
/// Audio before the beginning that is recognised too: the first sounds are soft.
const LEAD_FRAMES: usize = 40;
/// Silence that ends an utterance where nobody says how long, in ms.
const SILENCE_MS: u32 = 1_000;
/// Longest utterance, in ms.
const UTTERANCE_MS: u32 = 60_000;
/// Longest wait for the last words; a recogniser has its own, shorter time.
const ANSWER_MAX: Duration = Duration::from_secs(80);
/// Audio kept while this task does not get to run, in ms.
const RING_MS: u32 = 5_000;

/// The listenings of one call that run. Dropping one ends it.
#[derive(Debug, Default)]
pub(crate) struct Listenings(HashMap<ListeningId, oneshot::Sender<Order>>);

/// What a listening is told; without a sender it stops.
#[derive(Debug)]
enum Order {
    /// No more audio comes: the text is due.
    Finish,
}

impl CallTask {
    pub(crate) fn listen(&mut self, listen: &Listen) {
        self.listenings.0.retain(|_, running| !running.is_closed());
        let id = listen.listening;
        let options = TapOptions { inbound: true, outbound: false, playback: false, ring_ms: RING_MS };
        let session = self.legs.get(&listen.leg).and_then(|leg| leg.media);
        let tap = session.and_then(|session| self.node.media.tap(session.id, options).ok());
        let request = RecogniseRequest { language: &listen.language, hints: &listen.hints };
        let opened = self.node.recognisers.open(request);
        let recognition = match (tap, opened) {
            (Some(tap), Ok(recognition)) => (tap, recognition),
            (None, Ok(_)) => return self.not_heard(id, "the leg has no media"),
            (_, Err(error)) => return self.not_heard(id, &error.to_string()),
        };
        let (running, stopped) = oneshot::channel();
        self.listenings.0.insert(id, running);
        let (tap, recognition) = recognition;
        let mut ear = Ear::new(id, self.sender.clone(), recognition, (listen.silence_s, listen.longest_s));
        ear.shortest_ms = listen.shortest_s.map_or(0, |seconds| seconds.saturating_mul(1_000));
        let hears = async move {
            tokio::select! {
                biased;
                _ = stopped => {}
                () = ear.run(tap) => {}
            }
        };
        tokio::spawn(watched(id, self.sender.clone(), hears));
    }

    /// Listens to a whole recording.
    pub(crate) fn transcribe(&mut self, transcribe: &Transcribe) {
        self.listenings.0.retain(|_, running| !running.is_closed());
        let id = transcribe.listening;
        let options = TapOptions { inbound: true, outbound: false, playback: false, ring_ms: RING_MS };
        let session = self.legs.get(&transcribe.leg).and_then(|leg| leg.media);
        let tap = session.and_then(|session| self.node.media.tap(session.id, options).ok());
        let request = RecogniseRequest { language: &transcribe.language, hints: &[] };
        let (tap, recognition) = match (tap, self.node.recognisers.open(request)) {
            (Some(tap), Ok(recognition)) => (tap, recognition),
            (None, Ok(_)) => return self.not_heard(id, "the leg has no media"),
            (_, Err(error)) => return self.not_heard(id, &error.to_string()),
        };
        let (running, order) = oneshot::channel();
        self.listenings.0.insert(id, running);
        let mut ear = Ear::new(id, self.sender.clone(), recognition, (None, None));
        let takes_down = async move {
            let heard = match ear.take_down(tap, order).await {
                Some(Ok(utterance)) => Heard::Done(utterance),
                Some(Err(error)) => Heard::Failed { text: error.to_string() },
                None => return,
            };
            ear.tell(heard).await;
        };
        tokio::spawn(watched(id, self.sender.clone(), takes_down));
    }

    pub(crate) fn finish_transcription(&mut self, listening: ListeningId) {
        if let Some(running) = self.listenings.0.remove(&listening) {
            // One that is over has told its text already.
            let _ = running.send(Order::Finish);
        }
    }

    fn not_heard(&mut self, listening: ListeningId, text: &str) {
        metrics::counter!("speech_recognitions_total", "outcome" => "refused").increment(1);
        let heard = Heard::Failed { text: text.to_owned() };
        self.found.push_back(Event::Heard { listening, heard });
    }

    pub(crate) fn stop_listening(&mut self, listening: ListeningId) {
        self.listenings.0.remove(&listening);
    }
}

/// A panic is a bug in one listening: whoever waits for its words is told that there are none.
async fn watched(listening: ListeningId, sender: CallSender, hears: impl Future<Output = ()>) {
    if AssertUnwindSafe(hears).catch_unwind().await.is_err() {
        tracing::error!(listening = listening.0, "listening_task_panicked");
        metrics::counter!("speech_recognitions_total", "outcome" => "failed").increment(1);
        let heard = Heard::Failed { text: RecogniseError::Broken.to_string() };
        sender.answer(CallInput::Voice(Box::new(Event::Heard { listening, heard }))).await;
    }
}

/// One utterance being heard.
struct Ear {
    id: ListeningId,
    sender: CallSender,
    recognition: Recognition,
    activity: VoiceActivity,
    /// Whether the last frames held voice.
    recent: VecDeque<bool>,
    /// Frames before the beginning.
    lead: VecDeque<[i16; FRAME_SAMPLES]>,
    has_begun: bool,
    silence_ms: u32,
    spoken_ms: u32,
    /// Of that, and of what was before it was known for speech, with voice.
    voiced_ms: u32,
    /// With less voice it was no utterance.
    shortest_ms: u32,
    /// It is over then.
    longest_ms: u32,
    /// Silence that ends it; `None` leaves that to a live recogniser.
    end_after_ms: Option<u32>,
    stable: Vec<String>,
    confidences: Vec<f32>,
    told: (String, String),
}

impl Ear {
    fn new(
        id: ListeningId,
        sender: CallSender,
        recognition: Recognition,
        (silence_s, longest_s): (Option<u32>, Option<u32>),
    ) -> Self {
        let asked = silence_s.map(|seconds| seconds.saturating_mul(1_000));
        let end_after_ms = if recognition.is_live { asked } else { Some(asked.unwrap_or(SILENCE_MS)) };
        Self {
            id,
            sender,
            recognition,
            activity: VoiceActivity::new(),
            recent: VecDeque::with_capacity(BEGIN_WINDOW),
            lead: VecDeque::with_capacity(LEAD_FRAMES),
            has_begun: false,
            silence_ms: 0,
            spoken_ms: 0,
            voiced_ms: 0,
            shortest_ms: 0,
            longest_ms: longest_s
                .map_or(UTTERANCE_MS, |seconds| seconds.saturating_mul(1_000).min(UTTERANCE_MS)),
            end_after_ms,
            stable: Vec::new(),
            confidences: Vec::new(),
            told: (String::new(), String::new()),
        }
    }

    async fn tell(&self, heard: Heard) {
        let event = Event::Heard { listening: self.id, heard };
        self.sender.answer(CallInput::Voice(Box::new(event))).await;
    }

    async fn run(mut self, mut tap: Tap) {
        let outcome = self.hear(&mut tap).await;
        let (name, heard) = match outcome {
            Ok(Some(heard)) => (if heard == Heard::TooShort { "too_short" } else { "heard" }, heard),
            // The leg is gone: nobody waits for an answer.
            Ok(None) => return,
            Err(error) => ("failed", Heard::Failed { text: error.to_string() }),
        };
        metrics::counter!("speech_recognitions_total", "outcome" => name).increment(1);
        self.tell(heard).await;
    }

    /// Feeds the recogniser until the recording ends; `None` when nobody wants the text any more.
    async fn take_down(
        &mut self,
        mut tap: Tap,
        mut order: oneshot::Receiver<Order>,
    ) -> Option<Result<Utterance, RecogniseError>> {
        let mut clock = tokio::time::interval(PERIOD);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                told = &mut order => match told {
                    Ok(Order::Finish) => break,
                    Err(_) => return None,
                },
                _ = clock.tick() => {
                    while let Some(frame) = tap.reader.read() {
                        if let Err(error) = self.feed(&frame.samples) {
                            return Some(Err(error));
                        }
                    }
                    // The caller has hung up: all was said.
                    if tap.reader.is_closed() {
                        break;
                    }
                }
                piece = self.recognition.next() => match piece {
                    Some(Ok(Recognised::Text(transcript))) => self.keep(transcript),
                    Some(Ok(Recognised::Partial(_))) => {}
                    Some(Err(error)) => return Some(Err(error)),
                    None => return Some(Err(RecogniseError::Gone)),
                },
            }
        }
        Some(self.last_words().await)
    }

    async fn hear(&mut self, tap: &mut Tap) -> Result<Option<Heard>, RecogniseError> {
        let mut clock = tokio::time::interval(PERIOD);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let is_over = tokio::select! {
                _ = clock.tick() => {
                    if tap.reader.is_closed() {
                        return Ok(None);
                    }
                    let mut is_over = false;
                    while let Some(frame) = tap.reader.read() {
                        is_over |= self.frame(&frame.samples).await?;
                    }
                    is_over
                }
                piece = self.recognition.next() => match piece {
                    Some(piece) => self.piece(piece?).await,
                    None => return Err(RecogniseError::Gone),
                },
            };
            if is_over && self.voiced_ms < self.shortest_ms {
                return Ok(Some(Heard::TooShort));
            }
            if is_over {
                return self.last_words().await.map(|utterance| Some(Heard::Done(utterance)));
            }
        }
    }

    /// Takes 20 ms; true when the utterance is over.
    async fn frame(&mut self, samples: &[i16; FRAME_SAMPLES]) -> Result<bool, RecogniseError> {
        let is_voice = self.activity.is_voice(samples);
        self.voiced_ms += u32::from(is_voice) * 20;
        if self.recent.len() == BEGIN_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(is_voice);
        if self.recognition.is_live || self.has_begun {
            self.feed(samples)?;
        } else {
            if self.lead.len() == LEAD_FRAMES {
                self.lead.pop_front();
            }
            self.lead.push_back(*samples);
            if self.recent.iter().filter(|voice| **voice).count() >= BEGIN_FRAMES {
                for samples in std::mem::take(&mut self.lead) {
                    self.feed(&samples)?;
                }
                self.begin().await;
            }
        }
        if !self.has_begun {
            return Ok(false);
        }
        self.silence_ms = if is_voice { 0 } else { self.silence_ms + 20 };
        self.spoken_ms += 20;
        let is_silent = self.end_after_ms.is_some_and(|limit| self.silence_ms >= limit);
        Ok(is_silent || self.spoken_ms >= self.longest_ms)
    }

    fn feed(&self, samples: &[i16]) -> Result<(), RecogniseError> {
        if self.recognition.feed(samples) { Ok(()) } else { Err(RecogniseError::TimedOut) }
    }

    async fn begin(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.silence_ms = 0;
            self.tell(Heard::Begun).await;
        }
    }

    /// Takes what the recogniser understood; true when it says that the utterance is over.
    async fn piece(&mut self, piece: Recognised) -> bool {
        let (unstable, is_end) = match piece {
            Recognised::Partial(text) => (text, false),
            Recognised::Text(transcript) => {
                let is_end = !transcript.text.is_empty();
                self.keep(transcript);
                (String::new(), is_end && self.end_after_ms.is_none())
            }
        };
        let now = (self.stable.join(" "), unstable);
        if now != self.told && !(now.0.is_empty() && now.1.is_empty()) {
            self.begin().await;
            self.told.clone_from(&now);
            self.tell(Heard::Partial { stable: now.0, unstable: now.1 }).await;
        }
        is_end
    }

    fn keep(&mut self, transcript: flexio_speech::Transcript) {
        if !transcript.text.is_empty() {
            self.stable.push(transcript.text);
            self.confidences.extend(transcript.confidence);
        }
    }

    /// No more audio: what the recogniser still has to say, within its time.
    async fn last_words(&mut self) -> Result<Utterance, RecogniseError> {
        self.recognition.finish();
        let until = Instant::now() + ANSWER_MAX;
        loop {
            let piece = tokio::time::timeout_at(until, self.recognition.next()).await;
            match piece.map_err(|_| RecogniseError::TimedOut)? {
                Some(Ok(Recognised::Text(transcript))) => self.keep(transcript),
                Some(Ok(Recognised::Partial(_))) => {}
                // What was understood before it broke is better than nothing.
                Some(Err(_)) if !self.stable.is_empty() => break,
                Some(Err(error)) => return Err(error),
                None => break,
            }
        }
        let sum: f32 = self.confidences.iter().sum();
        let confidence = (!self.confidences.is_empty()).then(|| sum / self.confidences.len() as f32);
        Ok(Utterance { text: self.stable.join(" "), confidence, language: self.recognition.language.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listening_that_panics_is_told_at_once_as_one_that_failed() {
        let (sender, mut inbox) = tokio::sync::mpsc::channel(1);
        tokio::spawn(watched(ListeningId(3), CallSender(sender), async { panic!("a bug") }));
        let told = tokio::time::timeout(Duration::from_secs(1), inbox.recv()).await.unwrap();
        let Some(CallInput::Voice(event)) = told else { panic!("nothing was told") };
        let failed = Heard::Failed { text: "speech recognition broke off".into() };
        assert_eq!(*event, Event::Heard { listening: ListeningId(3), heard: failed });
    }
}
