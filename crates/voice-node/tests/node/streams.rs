//! Media streams with a WebSocket server as applications have it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_codec::{G711, g711};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use crate::platform::Platform;

/// One connection of the platform to the server.
struct Client {
    path: String,
    signature: String,
    socket: WebSocketStream<TcpStream>,
}

impl Client {
    async fn read(&mut self) -> Option<Value> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.socket.next()).await.unwrap();
            match next {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(text.as_str()).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message of this kind; those before it are checked to be numbered without a gap and kept.
    async fn read_until(&mut self, event: &str, kept: &mut Vec<Value>) -> Value {
        loop {
            let message = self.read().await.unwrap_or_else(|| panic!("no {event} before the end"));
            kept.push(message.clone());
            if message["event"] == event {
                return message;
            }
        }
    }

    async fn send(&mut self, message: Value) {
        self.socket.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// A tone of 600 Hz in one message.
    async fn play(&mut self, stream: &Value, ms: u32) {
        let samples: Vec<i16> = tone(600.0, ms);
        let mut payload = vec![0; samples.len()];
        g711::encode(G711::MuLaw, &samples, &mut payload);
        let payload = STANDARD.encode(payload);
        self.send(json!({"event": "media", "streamSid": stream, "media": {"payload": payload}})).await;
    }

    async fn mark(&mut self, stream: &Value, name: &str) {
        self.send(json!({"event": "mark", "streamSid": stream, "mark": {"name": name}})).await;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below 2^15")]
fn tone(hz: f64, ms: u32) -> Vec<i16> {
    (0..ms * 8)
        .map(|n| (8_000.0 * (f64::from(n) * hz * std::f64::consts::TAU / 8_000.0).sin()) as i16)
        .collect()
}

fn heard(path: &std::path::Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap();
    bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn voiced_ms(samples: &[i16]) -> usize {
    samples.chunks(80).filter(|chunk| chunk.iter().any(|sample| sample.abs() > 2_000)).count() * 10
}

fn frequency(samples: &[i16]) -> f64 {
    let first = samples.iter().position(|sample| sample.abs() > 2_000).expect("something is heard");
    let last = samples.iter().rposition(|sample| sample.abs() > 2_000).unwrap();
    let crossings = samples[first..=last].windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
    crossings as f64 * 8_000.0 / (last - first) as f64
}

fn samples_of(messages: &[Value], track: &str) -> Vec<i16> {
    let mut samples = Vec::new();
    for message in messages.iter().filter(|message| message["media"]["track"] == track) {
        let payload = STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap();
        assert_eq!(payload.len(), 160);
        let start = samples.len();
        samples.resize(start + payload.len(), 0);
        g711::decode(G711::MuLaw, &payload, &mut samples[start..]);
    }
    samples
}

/// Accepts connections and hands them over.
async fn server() -> (String, mpsc::Receiver<Client>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel(10);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut facts = (String::new(), String::new());
            #[expect(clippy::result_large_err, reason = "the shape of the library's callback")]
            let look = |request: &Request, response: Response| {
                let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
                facts = (request.uri().to_string(), header("x-twilio-signature").unwrap_or_default());
                Ok(response)
            };
            let socket = tokio_tungstenite::accept_hdr_async(stream, look).await.unwrap();
            let (path, signature) = facts;
            let _ = sender.send(Client { path, signature, socket }).await;
        }
    });
    (format!("ws://{address}"), receiver)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_hears_speaks_marks_clears_and_hangs_up_its_stream() {
    let platform = Platform::start().await;
    let (url, mut clients) = server().await;
    let url = format!("{url}/agent");
    platform.answers(
        "voice",
        &format!(
            r#"<Connect action="/after"><Stream url="{url}" name="bot"><Parameter name="Name" value="Jan"/></Stream></Connect>"#
        ),
    );
    platform.answers("after", "<Hangup/>");
    let agent = tokio::spawn(async move {
        let mut client = clients.recv().await.unwrap();
        let mut kept = Vec::new();
        let connected = client.read().await.unwrap();
        assert_eq!(connected, json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}));
        let start = client.read_until("start", &mut kept).await;
        let stream = start["streamSid"].clone();
        client.read_until("media", &mut kept).await;
        // A second of tone in one piece, far faster than it can be played.
        let asked = tokio::time::Instant::now();
        client.play(&stream, 1_000).await;
        client.mark(&stream, "spoken").await;
        let mark = client.read_until("mark", &mut kept).await;
        assert_eq!(mark["mark"]["name"], "spoken");
        let spoken = asked.elapsed();
        let key = client.read_until("dtmf", &mut kept).await;
        client.play(&stream, 20_000).await;
        client.mark(&stream, "never heard").await;
        client.read_until("media", &mut kept).await;
        client.send(json!({"event": "clear", "streamSid": stream})).await;
        let cleared = tokio::time::Instant::now();
        client.read_until("mark", &mut kept).await;
        let cleared = cleared.elapsed();
        client.socket.close(None).await.unwrap();
        (client, start, kept, spoken, cleared, key)
    });
    let report = platform.phone("wwww5").await;
    let (client, start, kept, spoken, cleared, key) = agent.await.unwrap();
    assert_eq!((report.status, report.hung_up_by_platform), (200, true));

    assert_eq!(client.path, "/agent");
    let token = platform.app.auth_token(&platform.account).unwrap();
    assert_eq!(client.signature, flexio_outbound::twilio_signature(&token, &url, &[]));
    let call = platform.finished_calls().await.remove(0);
    assert_eq!(start["start"]["callSid"], call.sid.to_string());
    assert_eq!(start["start"]["accountSid"], platform.account.sid.to_string());
    assert_eq!(start["start"]["customParameters"], json!({"Name": "Jan"}));
    assert_eq!((&start["start"]["tracks"], &start["sequenceNumber"]), (&json!(["inbound"]), &json!("1")));
    assert_eq!(key["dtmf"], json!({"track": "inbound_track", "digit": "5"}));
    for (index, message) in kept.iter().enumerate() {
        assert_eq!(message["sequenceNumber"], (index + 1).to_string(), "{message}");
    }
    assert!(spoken >= Duration::from_millis(950), "a mark comes when its audio was played: {spoken:?}");
    assert!(cleared < Duration::from_millis(500), "a cleared mark comes at once: {cleared:?}");

    let heard = heard(&report.heard.unwrap());
    assert!((frequency(&heard[..16_000]) - 600.0).abs() < 20.0, "{}", frequency(&heard[..16_000]));
    let ms = voiced_ms(&heard);
    assert!((1_000..2_500).contains(&ms), "1 s and the beginning of 20 s that were cleared: {ms} ms");
    let after = platform.asked("after");
    assert_eq!(after[0].params["StreamEvent"], "stream-stopped");
    assert_eq!(after[0].params["StreamName"], "bot");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_of_both_tracks_hears_both_parties_and_ends_with_the_call() {
    let platform = Platform::start().await;
    let (url, mut clients) = server().await;
    platform.answers(
        "voice",
        &format!(
            r#"<Start><Stream url="{url}" track="both_tracks" statusCallback="/news"/></Start><Dial timeLimit="2" action="/dialled"><Number>+32470123456</Number></Dial>"#
        ),
    );
    platform.answers("dialled", "<Hangup/>");
    let listener = tokio::spawn(async move {
        let mut client = clients.recv().await.unwrap();
        let mut kept = Vec::new();
        // Nothing it says counts.
        client.send(json!({"event": "clear"})).await;
        client.read_until("stop", &mut kept).await;
        kept
    });
    assert_eq!(platform.phone("").await.status, 200);
    let kept = listener.await.unwrap();
    let call = platform.finished_calls().await.remove(0);
    let outbound = samples_of(&kept, "outbound");
    // The called party of the sandbox hums at 440 Hz, after ring-back of 425 Hz.
    let hum = &outbound[outbound.len() - 8_000..];
    assert!((frequency(hum) - 440.0).abs() < 15.0, "{}", frequency(hum));
    assert_eq!(samples_of(&kept, "inbound").len(), outbound.len());
    let about = call.sid.to_string();
    let told = platform.app.store.callbacks_about(platform.account.sid, &about).await.unwrap();
    let events: Vec<&str> = told
        .iter()
        .flat_map(|callback| &callback.params)
        .filter(|(name, _)| name == "StreamEvent")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(events, ["stream-started", "stream-stopped"]);
    let page = flexio_store::Page::default();
    let filter = flexio_store::NotificationFilter::default();
    let notes = platform.app.store.notifications(platform.account.sid, &filter, &page).await.unwrap();
    assert!(notes.iter().any(|note| note.code == 31_951), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_stops_the_stream_it_has_named_and_the_call_goes_on() {
    let platform = Platform::start().await;
    let (url, mut clients) = server().await;
    let start = format!(r#"<Start><Stream url="{url}" name="ear"/></Start>"#);
    let stop = r#"<Stop><Stream name="ear"/></Stop>"#;
    let document =
        format!(r#"{start}<Pause length="1"/>{stop}<Pause length="2"/><Redirect>/last</Redirect>"#);
    platform.answers("voice", &document);
    platform.answers("last", "<Hangup/>");
    let listener = async {
        let mut client = clients.recv().await.unwrap();
        let mut kept = Vec::new();
        client.read_until("stop", &mut kept).await;
        assert_eq!(client.read().await, None, "it is closed then");
        (kept, platform.voice.running_calls(), platform.asked("last").len())
    };
    let (report, (kept, running, asked)) = tokio::join!(platform.phone(""), listener);
    assert_eq!((report.hung_up_by_platform, running, asked), (true, 1, 0), "the document is not over");
    let ms = samples_of(&kept, "inbound").len() / 8;
    assert!((800..1_800).contains(&ms), "{ms} ms");
    assert_eq!(platform.asked("last").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_starts_a_stream_beside_the_document_and_ends_it() {
    use flexio_app::{CallChange, NewStream, StreamRef, StreamTrack};
    let platform = Platform::start().await;
    let (url, mut clients) = server().await;
    platform.answers("voice", r#"<Say language="en">Hello</Say><Pause length="20"/>"#);
    let control = platform.voice.call_control();
    let sid = flexio_domain::StreamSid::new();
    let talk = async {
        let call = loop {
            let page = flexio_store::Page::default();
            let filter = flexio_store::CallFilter::default();
            let calls = platform.app.store.calls(platform.account.sid, &filter, &page).await.unwrap();
            match calls.into_iter().find(|call| call.status == flexio_domain::CallStatus::InProgress) {
                Some(call) => break call,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let new = NewStream {
            sid,
            url,
            name: None,
            track: StreamTrack::Both,
            status_callback: None,
            parameters: vec![("who".into(), "api".into())],
        };
        control.modify(call.sid, CallChange::StartStream(Box::new(new))).await.unwrap();
        let mut client = clients.recv().await.unwrap();
        let mut kept = Vec::new();
        client.read_until("media", &mut kept).await;
        control.modify(call.sid, CallChange::EndStream(StreamRef::Sid(sid))).await.unwrap();
        client.read_until("stop", &mut kept).await;
        assert_eq!(client.read().await, None, "it is closed then");
        control.modify(call.sid, CallChange::End(flexio_app::EndCall::Complete)).await.unwrap();
        kept
    };
    let (report, kept) = tokio::join!(platform.phone(""), talk);
    assert!(report.hung_up_by_platform);
    let start = kept.iter().find(|message| message["event"] == "start").unwrap();
    assert_eq!(start["start"]["streamSid"], sid.to_string());
    assert_eq!(start["start"]["customParameters"], json!({"who": "api"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_refused_or_breaks_is_told_and_the_call_goes_on() {
    let platform = Platform::start().await;
    let (url, mut clients) = server().await;
    // The application's web server knows no WebSockets: it answers with something else than 101.
    let wrong = platform.url("no-stream").replace("http:", "ws:");
    platform.answers("voice", &format!(r#"<Connect action="/second"><Stream url="{wrong}"/></Connect>"#));
    platform.answers("second", &format!(r#"<Connect action="/third"><Stream url="{url}"/></Connect>"#));
    platform.answers("third", "<Hangup/>");
    tokio::spawn(async move {
        let mut client = clients.recv().await.unwrap();
        client.read().await.unwrap();
        // Gone without a word.
        drop(client);
    });
    let report = platform.phone("").await;
    assert_eq!((report.status, report.hung_up_by_platform), (200, true));
    for (path, text) in [("second", "the stream could not be opened"), ("third", "the connection was lost")] {
        let asked = platform.asked(path);
        assert_eq!(asked[0].params["StreamEvent"], "stream-error", "{path}");
        assert!(asked[0].params["StreamError"].starts_with(text), "{:?}", asked[0].params);
    }
    platform.finished_calls().await;
}
