//! Media streams of a call: the WebSocket of each, its tap into the media session, and the task between them.
//!
//! The task looks at the tap every 20 ms. What it sends goes through a bounded queue to a second task that writes, because a client that
//! does not read must hold up nothing: at first it costs media messages, which are dropped, and after [`STALL_MAX`] the stream.

use std::collections::HashMap;
use std::time::Duration;

use flexio_codec::{FRAME_SAMPLES, G711, g711};
use flexio_media::{Tap, TapFrame, TapOptions, TapTrack};
use flexio_outbound::{
    WebSocket, WebSocketEnd, WebSocketMessage, WebSocketRequest, WebSocketSender, WireForm,
};
use flexio_streams::{BadMessage, Conversation, Facts, Next, Received, Track};
use flexio_voice::{Event, LegId, StartStream, StreamError, StreamId};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use crate::call_task::CallTask;
use crate::input::{CallInput, CallSender};

/// How often the tap is looked at.
const PERIOD: Duration = Duration::from_millis(20);
/// Messages that may wait to be written: 5 s of both tracks.
const WRITING: usize = 512;
/// Of those, places only marks, keys and the end may take.
const RESERVED: usize = 64;
/// A client that takes nothing for this long loses the stream.
const STALL_MAX: Duration = Duration::from_secs(10);
/// Messages taken from a client per period; more wait in its connection.
const READS_MAX: u32 = 200;
/// Audio the media thread keeps while this task does not get to run, in ms.
const RING_MS: u32 = 2_000;
/// Keys that may wait for one stream; a further one is lost for it.
const ORDERS: usize = 32;

/// The streams of one call that run.
#[derive(Debug, Default)]
pub(crate) struct Streams(HashMap<StreamId, Running>);

#[derive(Debug)]
struct Running {
    leg: LegId,
    orders: mpsc::Sender<Order>,
}

/// What a stream is told. Without a sender left it stops.
#[derive(Debug)]
enum Order {
    Digit(char),
}

impl CallTask {
    pub(crate) fn start_stream(&mut self, start: StartStream) {
        self.streams.0.retain(|_, running| !running.orders.is_closed());
        let stream = start.stream;
        let options = TapOptions {
            inbound: start.track != flexio_markup::Track::Outbound,
            outbound: start.track != flexio_markup::Track::Inbound,
            playback: start.is_bidirectional,
            ring_ms: RING_MS,
        };
        let Some(leg) = self.legs.get(&start.leg) else { return };
        let tap = leg.media.and_then(|session| self.node.media.tap(session.id, options).ok());
        let Some(tap) = tap else {
            let error = failure(31_920, "the leg has no media");
            self.found.push_back(Event::StreamEnded { stream, error: Some(error) });
            return;
        };
        let (orders, inbox) = mpsc::channel(ORDERS);
        self.streams.0.insert(stream, Running { leg: start.leg, orders });
        let mut tracks = Vec::with_capacity(2);
        tracks.extend(options.inbound.then_some(Track::Inbound));
        tracks.extend(options.outbound.then_some(Track::Outbound));
        let facts = Facts {
            stream_sid: start.sid,
            account_sid: self.account.to_string(),
            call_sid: leg.record.sid.to_string(),
            tracks,
            is_bidirectional: start.is_bidirectional,
            parameters: start.parameters,
        };
        let (outbound, signer, sender) =
            (self.node.outbound.clone(), self.signer.clone(), self.sender.clone());
        tokio::spawn(async move {
            let request = WebSocketRequest {
                url: &start.url,
                signer: &signer,
                // Clients of this protocol know Twilio's signature, whatever the document was written in.
                wire: WireForm::Twiml,
                message_bytes_max: flexio_streams::MESSAGE_BYTES_MAX,
            };
            let mut inbox = inbox;
            let opened = tokio::select! {
                opened = outbound.open_websocket(request) => opened,
                // The call goes on without it.
                () = closed(&mut inbox) => return,
            };
            let ended = match opened {
                Ok(socket) => {
                    metrics::gauge!("media_streams_running").increment(1.0);
                    let ended = Pump::new(stream, sender.clone(), tap, Conversation::new(facts))
                        .run(socket, inbox)
                        .await;
                    metrics::gauge!("media_streams_running").decrement(1.0);
                    ended
                }
                Err(error) => {
                    Some(Some(failure(31_920, &format!("the stream could not be opened: {error}"))))
                }
            };
            if let Some(error) = ended {
                let outcome = if error.is_some() { "error" } else { "stopped" };
                metrics::counter!("media_streams_total", "outcome" => outcome).increment(1);
                tell(&sender, Event::StreamEnded { stream, error }).await;
            }
        });
    }

    /// The task sends `stop` and closes.
    pub(crate) fn stop_stream(&mut self, stream: StreamId) {
        self.streams.0.remove(&stream);
    }

    /// A key of a leg, for its bidirectional streams.
    pub(crate) fn stream_digit(&self, leg: LegId, digit: char) {
        for running in self.streams.0.values().filter(|running| running.leg == leg) {
            // A stream that is this far behind is about to end as stalled.
            let _ = running.orders.try_send(Order::Digit(digit));
        }
    }
}

async fn tell(sender: &CallSender, event: Event) {
    sender.answer(CallInput::Voice(Box::new(event))).await;
}

fn failure(code: u32, text: &str) -> StreamError {
    StreamError { code, text: text.to_owned() }
}

/// Until the call has no use for the stream any more; keys meanwhile have no listener.
async fn closed(inbox: &mut mpsc::Receiver<Order>) {
    while inbox.recv().await.is_some() {}
}

/// Why a stream ended: `None` = it was stopped from our side; else what is to be told of the application.
type Ended = Option<Option<StreamError>>;

/// The task of one stream.
struct Pump {
    stream: StreamId,
    sender: CallSender,
    tap: Tap,
    conversation: Conversation,
    /// Since when the queue to the writer has been full.
    stalled: Option<Instant>,
    warned: bool,
}

impl Pump {
    fn new(stream: StreamId, sender: CallSender, tap: Tap, conversation: Conversation) -> Self {
        Self { stream, sender, tap, conversation, stalled: None, warned: false }
    }

    async fn run(mut self, socket: WebSocket, mut inbox: mpsc::Receiver<Order>) -> Ended {
        let WebSocket { mut receiver, sender } = socket;
        let (out, queue) = mpsc::channel(WRITING);
        let writer = tokio::spawn(write(sender, queue));
        let begin = self.conversation.begin();
        send_all(&out, begin);
        tell(&self.sender, Event::StreamStarted { stream: self.stream }).await;
        let mut clock = tokio::time::interval(PERIOD);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut reads = READS_MAX;
        let ended = loop {
            tokio::select! {
                biased;
                order = inbox.recv() => match order {
                    Some(Order::Digit(digit)) => {
                        let message = self.conversation.digit(digit);
                        send_all(&out, message);
                    }
                    None => break None,
                },
                _ = clock.tick() => {
                    reads = READS_MAX;
                    self.tick(&out);
                    if let Some(ended) = self.is_over(&out) {
                        break ended;
                    }
                }
                message = receiver.read(), if reads > 0 => {
                    reads -= 1;
                    match message {
                        Ok(WebSocketMessage::Text(text)) => self.received(&text, &out).await,
                        Ok(WebSocketMessage::Binary(_)) => self.warn(BadMessage::Malformed).await,
                        Err(WebSocketEnd::Closed) => break Some(None),
                        Err(end @ WebSocketEnd::Lost) => break Some(Some(failure(31_921, &end.to_string()))),
                        Err(end @ WebSocketEnd::Protocol) => break Some(Some(failure(31_924, &end.to_string()))),
                    }
                }
            }
        };
        let stop = self.conversation.stop();
        send_all(&out, [stop]);
        drop(out);
        // The writer closes in good order, or after a second by force.
        let abort = writer.abort_handle();
        if tokio::time::timeout(Duration::from_secs(1), writer).await.is_err() {
            abort.abort();
        }
        ended
    }

    /// What the call said since the last look, and room for what is to be played.
    fn tick(&mut self, out: &mpsc::Sender<String>) {
        while let Some(frame) = self.tap.reader.read() {
            if out.capacity() <= RESERVED {
                metrics::counter!("media_stream_frames_dropped_total").increment(1);
                continue;
            }
            let message = self.media(&frame);
            send_all(out, [message]);
        }
        self.stalled = (out.capacity() <= RESERVED).then(|| self.stalled.unwrap_or_else(Instant::now));
        let Some(player) = &mut self.tap.player else { return };
        let reached = player.reached();
        let told = self.conversation.reached(reached);
        send_all(out, told);
        self.feed();
    }

    fn is_over(&self, out: &mpsc::Sender<String>) -> Option<Ended> {
        if self.tap.reader.is_closed() {
            return Some(None);
        }
        if out.is_closed() {
            return Some(Some(Some(failure(31_921, "the connection was lost"))));
        }
        let stalled = self.stalled.is_some_and(|since| since.elapsed() >= STALL_MAX);
        stalled.then(|| Some(Some(failure(31_921, "the application does not read its stream"))))
    }

    fn media(&mut self, frame: &TapFrame) -> String {
        let mut payload = [0; FRAME_SAMPLES];
        g711::encode(G711::MuLaw, &frame.samples, &mut payload);
        let track = match frame.track {
            TapTrack::Inbound => Track::Inbound,
            TapTrack::Outbound => Track::Outbound,
        };
        self.conversation.media(track, frame.at_ms, &payload)
    }

    /// Hands what waits to the media thread, as far as that has room.
    fn feed(&mut self) {
        let Some(player) = &mut self.tap.player else { return };
        while player.room() > 0 {
            match self.conversation.next(FRAME_SAMPLES) {
                Some(Next::Audio(bytes)) => {
                    let mut samples = [0; FRAME_SAMPLES];
                    g711::decode(G711::MuLaw, &bytes, &mut samples[..bytes.len()]);
                    player.play(&samples[..bytes.len()]);
                }
                Some(Next::Mark(number)) => {
                    player.mark(number);
                }
                None => return,
            }
        }
    }

    async fn received(&mut self, text: &str, out: &mpsc::Sender<String>) {
        match self.conversation.receive(text) {
            Ok(Received::Queued) => self.feed(),
            Ok(Received::Clear) => {
                if let Some(player) = &mut self.tap.player {
                    player.clear();
                }
                let told = self.conversation.cleared();
                send_all(out, told);
            }
            Err(error) => self.warn(error).await,
        }
    }

    /// Told once: a client that errs does so fifty times a second.
    async fn warn(&mut self, error: BadMessage) {
        if !std::mem::replace(&mut self.warned, true) {
            let warning = failure(31_951, &error.to_string());
            tell(&self.sender, Event::StreamWarning { stream: self.stream, warning }).await;
        }
    }
}

/// What does not fit is lost; `stalled` ends the stream soon then.
fn send_all(out: &mpsc::Sender<String>, messages: impl IntoIterator<Item = String>) {
    for message in messages {
        let _ = out.try_send(message);
    }
}

async fn write(mut socket: WebSocketSender, mut queue: mpsc::Receiver<String>) {
    while let Some(message) = queue.recv().await {
        if socket.text(message).await.is_err() {
            return;
        }
    }
    socket.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_media::{EventSink, Media, MediaConfig, SessionOptions};

    #[tokio::test]
    async fn a_client_that_takes_nothing_loses_frames_at_first_and_then_the_stream() {
        let (sink, _events) = EventSink::channel(100);
        let config = MediaConfig { threads: 1, max_sessions: 4, ..MediaConfig::default() };
        let media = Media::start(config, sink).unwrap();
        let session = media.open(1, SessionOptions::default()).unwrap();
        let options = TapOptions { inbound: true, outbound: false, playback: false, ring_ms: RING_MS };
        let tap = media.tap(session.id, options).unwrap();
        let facts = Facts {
            stream_sid: "MZ1".into(),
            account_sid: "AC1".into(),
            call_sid: "CA1".into(),
            tracks: vec![Track::Inbound],
            is_bidirectional: true,
            parameters: vec![],
        };
        let sender = CallSender(mpsc::channel(1).0);
        let mut pump = Pump::new(StreamId(1), sender, tap, Conversation::new(facts));
        let (out, mut queue) = mpsc::channel(WRITING);
        while out.capacity() > RESERVED {
            out.try_send(String::new()).unwrap();
        }
        tokio::time::pause();
        pump.tick(&out);
        assert_eq!(pump.is_over(&out), None);
        tokio::time::advance(STALL_MAX).await;
        pump.tick(&out);
        let error = pump.is_over(&out).flatten().flatten().unwrap();
        assert_eq!((error.code, out.capacity()), (31_921, RESERVED));
        // Once it reads again, all is well.
        while queue.try_recv().is_ok() {}
        pump.tick(&out);
        assert_eq!(pump.is_over(&out), None);
        tokio::time::resume();
        media.stop();
    }
}
