//! Each attribute of docs/verbs.md that is "done" changes what a call does, and where its effect shows.
//!
//! Each row is a document with and without the attribute, run by the same obliging world: whatever the machine asks for is there, whoever is
//! called answers, keys are pressed, and at last the caller hangs up. What the machine wants done in the two runs must differ, by
//! what the row says.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use flexio_markup::{Dialect, Key, Kind};
use flexio_voice::*;
use jiff::Timestamp;

use crate::{Counting, document, inbound};

/// Element, attribute with a value, a document that has `%` in its place, and what is in the actions with it alone.
type Row = (&'static str, &'static str, &'static str, &'static str);

const NOUNS: [&str; 3] = ["Number", "Client", "Sip"];

/// Rows that hold for each noun of `<Dial>` that is called; `~` stands for its start tag up to the attribute.
const OF_NOUNS: &[(&str, &str, &str)] = &[
    ("amdStatusCallback='/amd'", "~ machineDetection='Enable' %", "https://app.test/amd"),
    ("amdStatusCallbackMethod='GET'", "~ machineDetection='Enable' amdStatusCallback='/amd' %", "Get"),
    ("callReason='Levering'", "~ %", "(\"Subject\", \"Levering\")"),
    ("machineDetection='DetectMessageEnd'", "~ %", "message_end: true"),
    ("machineDetectionSilenceTimeout='2500'", "~ machineDetection='Enable' %", "silence_timeout_ms: 2500"),
    (
        "machineDetectionSpeechEndThreshold='900'",
        "~ machineDetection='Enable' %",
        "speech_end_threshold_ms: 900",
    ),
    ("machineDetectionSpeechThreshold='1900'", "~ machineDetection='Enable' %", "speech_threshold_ms: 1900"),
    ("machineDetectionTimeout='11'", "~ machineDetection='Enable' %", "timeout_s: 11"),
    ("method='GET'", "~ url='/screen' %", "method: Get"),
    ("sendDigits='1w2'", "~ %", "Digits(\"1w2\")"),
    ("statusCallback='/leg'", "~ %", "https://app.test/leg"),
    ("statusCallbackEvent='ringing'", "~ statusCallback='/leg' %", "(\"CallStatus\", \"ringing\")"),
    ("statusCallbackMethod='GET'", "~ statusCallback='/leg' %", "method: Get"),
    ("timeout='7'", "~ url='/slow' %", ""),
    ("url='/screen'", "~ %", "https://app.test/screen"),
];

const ROWS: &[Row] = &[
    ("Sip", "username='u'", "<Dial><Sip % password='p'>sip:a@b</Sip></Dial>", "username: Some(\"u\")"),
    ("Sip", "password='p'", "<Dial><Sip username='u' %>sip:a@b</Sip></Dial>", "password: Some(\"p\")"),
    ("Conference", "beep='false'", "<Dial><Conference %>r</Conference></Dial>", "beep: Off"),
    ("Conference", "beepUrl='/b.wav'", "<Dial><Conference %>r</Conference></Dial>", "https://app.test/b.wav"),
    ("Conference", "coach='CA9'", "<Dial><Conference %>r</Conference></Dial>", "coach: Some(\"CA9\")"),
    (
        "Conference",
        "endConferenceOnExit='true'",
        "<Dial><Conference %>r</Conference></Dial>",
        "end_on_exit: true",
    ),
    (
        "Conference",
        "eventCallbackUrl='/ev'",
        "<Dial><Conference record='record-from-start' %>r</Conference></Dial>",
        "https://app.test/ev",
    ),
    (
        "Conference",
        "jitterBufferSize='off'",
        "<Dial><Conference %>r</Conference></Dial>",
        "jitter_buffer: Off",
    ),
    ("Conference", "maxParticipants='3'", "<Dial><Conference %>r</Conference></Dial>", "max_participants: 3"),
    ("Conference", "muted='true'", "<Dial><Conference %>r</Conference></Dial>", "muted: true"),
    (
        "Conference",
        "participantLabel='me'",
        "<Dial><Conference %>r</Conference></Dial>",
        "label: Some(\"me\")",
    ),
    (
        "Conference",
        "record='record-from-start'",
        "<Dial><Conference %>r</Conference></Dial>",
        "record: Some(RoomRecording",
    ),
    (
        "Conference",
        "recordingPurpose='transaction'",
        "<Dial><Conference record='true' %>r</Conference></Dial>",
        "purpose: Some(Transaction)",
    ),
    (
        "Conference",
        "recordingStatusCallback='/rec'",
        "<Dial><Conference record='true' %>r</Conference></Dial>",
        "https://app.test/rec",
    ),
    (
        "Conference",
        "recordingStatusCallbackEvent='in-progress'",
        "<Dial><Conference record='true' recordingStatusCallback='/rec' %>r</Conference></Dial>",
        "in_progress: true",
    ),
    (
        "Conference",
        "recordingStatusCallbackMethod='GET'",
        "<Dial><Conference record='true' recordingStatusCallback='/rec' %>r</Conference></Dial>",
        "method: Get",
    ),
    (
        "Conference",
        "startConferenceOnEnter='false'",
        "<Dial><Conference %>r</Conference></Dial>",
        "start_on_enter: false",
    ),
    (
        "Conference",
        "statusCallback='/cf'",
        "<Dial><Conference %>r</Conference></Dial>",
        "https://app.test/cf",
    ),
    (
        "Conference",
        "statusCallbackEvent='leave'",
        "<Dial><Conference statusCallback='/cf' %>r</Conference></Dial>",
        "leave: true",
    ),
    (
        "Conference",
        "statusCallbackMethod='GET'",
        "<Dial><Conference statusCallback='/cf' %>r</Conference></Dial>",
        "method: Get",
    ),
    (
        "Conference",
        "trim='do-not-trim'",
        "<Dial><Conference record='true' %>r</Conference></Dial>",
        "trim: false",
    ),
    (
        "Conference",
        "waitMethod='GET'",
        "<Dial><Conference waitUrl='/wait' %>r</Conference></Dial>",
        "method: Get",
    ),
    ("Conference", "waitUrl='/wait'", "<Dial><Conference %>r</Conference></Dial>", "https://app.test/wait"),
    ("Connect", "action='/next'", "<Connect %><Stream url='wss://a/b'/></Connect>", "https://app.test/next"),
    (
        "Connect",
        "method='GET'",
        "<Connect action='/next' %><Stream url='wss://a/b'/></Connect>",
        "method: Get",
    ),
    ("Dial", "action='/next'", "<Dial %>+321</Dial>", "https://app.test/next"),
    ("Dial", "answerOnBridge='true'", "<Dial %>+321</Dial>", ""),
    ("Dial", "callerId='+32470999999'", "<Dial %>+321</Dial>", "caller_id_explicit: true"),
    ("Dial", "dialMusic='/m.wav'", "<Dial %>+321</Dial>", "https://app.test/m.wav"),
    ("Dial", "hangupOnStar='true'", "<Dial action='/next' %>+321</Dial>", "https://app.test/next"),
    ("Dial", "method='GET'", "<Dial action='/next' %>+321</Dial>", "method: Get"),
    ("Dial", "record='record-from-answer'", "<Dial %>+321</Dial>", "StartRecording"),
    ("Dial", "recordingPurpose='agreed'", "<Dial record='true' %>+321</Dial>", "purpose: Some(Agreed)"),
    ("Dial", "recordingStatusCallback='/rec'", "<Dial record='true' %>+321</Dial>", "https://app.test/rec"),
    (
        "Dial",
        "recordingStatusCallbackEvent='in-progress'",
        "<Dial record='true' recordingStatusCallback='/rec' %>+321</Dial>",
        "(\"RecordingStatus\", \"in-progress\")",
    ),
    (
        "Dial",
        "recordingStatusCallbackMethod='GET'",
        "<Dial record='true' recordingStatusCallback='/rec' %>+321</Dial>",
        "method: Get",
    ),
    ("Dial", "recordingTrack='inbound'", "<Dial record='true' %>+321</Dial>", "track: Inbound"),
    ("Dial", "referMethod='GET'", "<Dial referUrl='/refer' %>+321</Dial>", "method: Get"),
    ("Dial", "referUrl='/refer'", "<Dial %>+321</Dial>", "https://app.test/refer"),
    ("Dial", "ringTone='fr'", "<Dial %>+321</Dial>", "country: Some(\"fr\")"),
    ("Dial", "sequential='true'", "<Dial %><Number>+321</Number><Number>+322</Number></Dial>", ""),
    ("Dial", "timeLimit='4'", "<Dial %>+321</Dial>", "TimeLimit"),
    ("Dial", "timeout='9'", "<Dial %>+321</Dial>", "timeout_s: 9"),
    ("Dial", "trim='trim-silence'", "<Dial record='true' %>+321</Dial>", "trim: true"),
    ("Email", "action='/next'", "<Email from='a@b' to='c@d' %>x</Email>", "https://app.test/next"),
    ("Email", "attachRecording='true'", "<Email from='a@b' to='c@d' %>x</Email>", ""),
    ("Email", "bcc='e@f'", "<Email from='a@b' to='c@d' %>x</Email>", "e@f"),
    ("Email", "cc='e@f'", "<Email from='a@b' to='c@d' %>x</Email>", "e@f"),
    ("Email", "contentType='text/html'", "<Email from='a@b' to='c@d' %>x</Email>", ""),
    ("Email", "from='z@b'", "<Email % to='c@d'>x</Email>", "z@b"),
    ("Email", "method='GET'", "<Email from='a@b' to='c@d' action='/next' %>x</Email>", "method: Get"),
    ("Email", "statusCallback='/mail'", "<Email from='a@b' to='c@d' %>x</Email>", "https://app.test/mail"),
    (
        "Email",
        "statusCallbackMethod='GET'",
        "<Email from='a@b' to='c@d' statusCallback='/mail' %>x</Email>",
        "method: Get",
    ),
    ("Email", "subject='Dag'", "<Email from='a@b' to='c@d' %>x</Email>", "Dag"),
    ("Email", "to='z@d'", "<Email from='a@b' %>x</Email>", "z@d"),
    ("Enqueue", "action='/next'", "<Enqueue %>q</Enqueue>", "https://app.test/next"),
    ("Enqueue", "joinUrl='/join'", "<Enqueue %>q</Enqueue>", "https://app.test/join"),
    ("Enqueue", "joinUrlMethod='GET'", "<Enqueue joinUrl='/join' %>q</Enqueue>", "method: Get"),
    ("Enqueue", "method='GET'", "<Enqueue action='/next' %>q</Enqueue>", "method: Get"),
    ("Enqueue", "priority='5'", "<Enqueue %>q</Enqueue>", "priority: 5"),
    ("Enqueue", "rejoin='true'", "rcml:<Enqueue %>q</Enqueue>", "rejoin: true"),
    ("Enqueue", "waitUrl='/wait'", "<Enqueue %>q</Enqueue>", "https://app.test/wait"),
    ("Enqueue", "waitUrlMethod='GET'", "<Enqueue waitUrl='/wait' %>q</Enqueue>", "method: Get"),
    ("Gather", "action='/next'", "<Gather %/>", "https://app.test/next"),
    (
        "Gather",
        "actionOnEmptyResult='true'",
        "<Gather timeout='1' action='/next' input='speech' startInputKey='9' %/>",
        "",
    ),
    (
        "Gather",
        "bargeIn='false'",
        "<Gather action='/next' numDigits='1' %><Play>long.wav</Play></Gather>",
        "",
    ),
    ("Gather", "hangupOnEmptyResult='true'", "<Gather timeout='1' startInputKey='9' %/><Say>x</Say>", ""),
    (
        "Gather",
        "dtmfDetection='false'",
        "<Gather input='dtmf speech' language='la' numDigits='2' action='/next' %/>",
        "",
    ),
    ("Gather", "finishOnKey='*'", "<Gather action='/next' %/>", "(\"FinishedOnKey\", \"*\")"),
    ("Gather", "hints='een,twee'", "<Gather input='speech' %/>", "een"),
    ("Gather", "input='speech'", "<Gather %/>", "Listen("),
    ("Gather", "language='nl-BE'", "<Gather input='speech' %/>", "language: \"nl-BE\""),
    ("Gather", "maxSpeechTime='9'", "<Gather input='speech' %/>", "9"),
    ("Gather", "method='GET'", "<Gather action='/next' %/>", "method: Get"),
    ("Gather", "minSpeechLength='1'", "<Gather input='speech' %/>", ""),
    ("Gather", "numDigits='1'", "<Gather action='/next' %/>", ""),
    ("Gather", "partialResultCallback='/part'", "<Gather input='speech' %/>", "https://app.test/part"),
    (
        "Gather",
        "partialResultCallbackMethod='GET'",
        "<Gather input='speech' partialResultCallback='/part' %/>",
        "method: Get",
    ),
    ("Gather", "postTimeout='3'", "<Gather input='speech' %/>", "silence_s: Some(3)"),
    ("Gather", "preTimeout='3'", "<Gather input='speech' language='la' %/>", ""),
    ("Gather", "speechTimeout='4'", "<Gather input='speech' %/>", "silence_s: Some(4)"),
    ("Gather", "startInputKey='2'", "<Gather action='/next' %/>", ""),
    ("Gather", "timeout='13'", "<Gather input='speech' %/>", "13"),
    ("Hold", "action='/next'", "<Hold %/>", "https://app.test/next"),
    ("Hold", "holdMusic='/m.wav'", "<Hold %/>", "https://app.test/m.wav"),
    ("Hold", "method='GET'", "<Hold action='/next' %/>", "method: Get"),
    ("Message", "action='/next'", "<Message %>x</Message>", "https://app.test/next"),
    ("Message", "from='+32470999999'", "<Message %>x</Message>", "+32470999999"),
    ("Message", "method='GET'", "<Message action='/next' %>x</Message>", "method: Get"),
    ("Message", "statusCallback='/sms'", "<Message %>x</Message>", "https://app.test/sms"),
    ("Message", "statusCallbackMethod='GET'", "<Message statusCallback='/sms' %>x</Message>", "method: Get"),
    ("Message", "to='+32470999999'", "<Message %>x</Message>", "+32470999999"),
    ("Pause", "length='5'", "<Pause %/><Redirect>/late</Redirect>", ""),
    ("Play", "digits='1w2'", "<Play %>a.wav</Play>", "Digits(\"1w2\")"),
    ("Play", "loop='3'", "<Play %>a.wav</Play>", "times: 3"),
    ("Queue", "joinUrl='/join'", "<Dial><Queue %>q</Queue></Dial>", "https://app.test/join"),
    ("Queue", "joinUrlMethod='GET'", "<Dial><Queue joinUrl='/join' %>q</Queue></Dial>", "method: Get"),
    ("Queue", "method='GET'", "<Dial><Queue url='/own' %>q</Queue></Dial>", "method: Get"),
    ("Queue", "priority='5'", "<Dial><Queue %>q</Queue></Dial>", "priority: 5"),
    ("Queue", "url='/own'", "<Dial><Queue %>q</Queue></Dial>", "https://app.test/own"),
    ("Queue", "waitUrl='/wait'", "<Dial><Queue %>q</Queue></Dial>", "https://app.test/wait"),
    ("Queue", "waitUrlMethod='GET'", "<Dial><Queue waitUrl='/wait' %>q</Queue></Dial>", "method: Get"),
    ("Record", "action='/next'", "<Record %/>", "https://app.test/next"),
    ("Record", "finishOnKey='9'", "<Record action='/next' %/>", ""),
    ("Record", "maxLength='8'", "<Record %/>", "8"),
    ("Record", "media='video_only'", "<Record %/>", "video is not recorded"),
    ("Record", "method='GET'", "<Record action='/next' %/>", "method: Get"),
    ("Record", "playBeep='false'", "<Record %/>", ""),
    ("Record", "recordingPurpose='quality'", "<Record %/>", "purpose: Some(Quality)"),
    ("Record", "recordingStatusCallback='/rec'", "<Record %/>", "https://app.test/rec"),
    (
        "Record",
        "recordingStatusCallbackEvent='in-progress'",
        "<Record recordingStatusCallback='/rec' %/>",
        "(\"RecordingStatus\", \"in-progress\")",
    ),
    (
        "Record",
        "recordingStatusCallbackMethod='GET'",
        "<Record recordingStatusCallback='/rec' %/>",
        "method: Get",
    ),
    ("Record", "timeout='9'", "<Record %/>", "9"),
    ("Record", "transcribe='true'", "<Record %/>", "Transcribe("),
    ("Record", "transcribeCallback='/text'", "<Record %/>", "https://app.test/text"),
    ("Record", "trim='do-not-trim'", "<Record %/>", "trim: false"),
    ("Redirect", "method='GET'", "<Redirect %>/next</Redirect>", "method: Get"),
    ("Refer", "action='/next'", "<Refer %><Sip>sip:a@b</Sip></Refer>", "https://app.test/next"),
    ("Refer", "method='GET'", "<Refer action='/next' %><Sip>sip:a@b</Sip></Refer>", "method: Get"),
    ("Reject", "reason='busy'", "<Reject %/>", "status: 486"),
    ("Resume", "action='/next'", "<Hold/><Resume %/>", "https://app.test/next"),
    ("Resume", "method='GET'", "<Hold/><Resume action='/next' %/>", "method: Get"),
    ("Say", "language='fr'", "<Say %>x</Say>", "fr"),
    ("Say", "loop='3'", "<Say %>x</Say>", "times: 3"),
    ("Say", "voice='woman'", "<Say %>x</Say>", "Woman"),
    (
        "Start",
        "action='/next'",
        "<Start %><Stream url='wss://a/b'/></Start><Pause length='30'/>",
        "https://app.test/next",
    ),
    (
        "Start",
        "method='GET'",
        "<Start action='/next' %><Stream url='wss://a/b'/></Start><Pause length='30'/>",
        "method: Get",
    ),
    (
        "Stream",
        "name='me'",
        "<Start><Stream url='wss://a/b' %/></Start><Stop><Stream name='me'/></Stop><Pause length='30'/>",
        "StopStream",
    ),
    ("Stream", "statusCallback='/st'", "<Start><Stream url='wss://a/b' %/></Start>", "https://app.test/st"),
    (
        "Stream",
        "statusCallbackMethod='GET'",
        "<Start><Stream url='wss://a/b' statusCallback='/st' %/></Start>",
        "method: Get",
    ),
    ("Stream", "track='outbound_track'", "<Start><Stream url='wss://a/b' %/></Start>", "Outbound"),
    ("Stream", "url='wss://c/d'", "<Start><Stream %/></Start>", "wss://c/d"),
];

/// All rows: element, attribute, document with `%`, expectation.
fn rows() -> Vec<(String, String, String, String)> {
    let own = ROWS.iter().map(|(element, with, text, shows)| {
        ((*element).to_owned(), (*with).to_owned(), (*text).to_owned(), (*shows).to_owned())
    });
    let of_nouns = NOUNS.iter().flat_map(|noun| {
        let address = match *noun {
            "Number" => "+321",
            "Client" => "alice",
            _ => "sip:a@b",
        };
        OF_NOUNS.iter().map(move |(with, text, shows)| {
            let text = format!(
                "<Dial timeout='20'>{}>{address}</{noun}></Dial>",
                text.replace('~', &format!("<{noun}"))
            );
            ((*noun).to_owned(), (*with).to_owned(), text, (*shows).to_owned())
        })
    });
    own.chain(of_nouns).collect()
}

/// A call in an obliging world.
struct Life {
    call: Call,
    sids: Counting,
    now_ms: u64,
    events: VecDeque<Event>,
    wanted: Vec<String>,
    streams: Vec<StreamId>,
}

impl Life {
    fn live(text: &str) -> Vec<String> {
        let call = Call::new(inbound(), Limits::default());
        let mut life = Self {
            call,
            sids: Counting::default(),
            now_ms: 0,
            events: VecDeque::new(),
            wanted: Vec::new(),
            streams: Vec::new(),
        };
        life.happens(Event::Start);
        let first = life.wanted.iter().find(|action| action.contains(" Fetch(")).expect("it asks");
        assert!(first.contains("https://app.test/voice"), "{first}");
        life.events.clear();
        let read = match text.strip_prefix("rcml:") {
            None => document(text),
            Some(text) => rcml(text),
        };
        life.happens(Event::Document { request: RequestId(1), result: Ok(read) });
        life.settle();
        let own = LegId::FIRST;
        // Keys and a transfer, each with what follows; then time passes, and he hangs up.
        for key in ['1', '2', '#', '*'] {
            life.happens(Event::Digit { leg: own, key: Key::from_char(key).expect("a key") });
            life.settle();
        }
        if life.wanted.iter().any(|action| action.contains(" Dial(")) {
            life.happens(Event::Referred { leg: LegId(1), target: "sip:c@d".into() });
            life.settle();
        }
        life.waits();
        for stream in std::mem::take(&mut life.streams) {
            life.happens(Event::StreamEnded { stream, error: None });
            life.settle();
        }
        life.waits();
        life.happens(Event::LegHungUp { leg: own });
        life.settle();
        life.wanted
    }

    /// Two minutes pass.
    fn waits(&mut self) {
        let end_ms = self.now_ms + 120_000;
        for _ in 0..20 {
            let due = self.call.deadline().and_then(|deadline| u64::try_from(deadline.as_millis()).ok());
            let Some(due_ms) = due.filter(|due_ms| *due_ms < end_ms) else { break };
            self.now_ms = self.now_ms.max(due_ms);
            self.happens(Event::Timeout);
            self.settle();
        }
    }

    fn settle(&mut self) {
        for _ in 0..200 {
            let Some(event) = self.events.pop_front() else { return };
            self.now_ms += 10;
            self.happens(event);
        }
    }

    fn happens(&mut self, event: Event) {
        let mono = Duration::from_millis(self.now_ms);
        let now = Now { mono, wall: Timestamp::UNIX_EPOCH + mono };
        let mut out = Vec::new();
        self.call.handle(now, event, &mut self.sids, &mut out);
        for action in out {
            if matches!(action, Action::Trace(_)) {
                continue;
            }
            self.wanted.push(format!("{} {action:?}", self.now_ms));
            self.oblige(&action);
        }
    }

    /// Whatever is asked for is there.
    fn oblige(&mut self, action: &Action) {
        let own = |event| VecDeque::from([event]);
        let follows = match action {
            Action::Fetch(fetch) => {
                // The screening that takes too long is never answered.
                let text = if fetch.url.ends_with("/slow") { return } else { "<Pause length='2'/>" };
                own(Event::Document { request: fetch.request, result: Ok(document(text)) })
            }
            Action::Dial(dial) => [
                Event::LegRinging { leg: dial.leg },
                Event::LegAnswered { leg: dial.leg, sip: SipFacts::default() },
            ]
            .into(),
            Action::Play(play) if play.times > 0 && !is_long(&play.source) => {
                own(Event::PromptDone { prompt: play.prompt, result: Ok(()) })
            }
            Action::StopRecording { recording } => own(Event::RecordingDone {
                recording: *recording,
                outcome: RecordingOutcome::Completed {
                    duration_ms: 3_000,
                    url: "/R1".into(),
                    public_url: None,
                },
            }),
            Action::DetectMachine(asked) => {
                own(Event::MachineDetected { leg: asked.leg, verdict: AnsweredBy::Human })
            }
            // Nobody speaks Latin.
            Action::Listen(listen) if listen.language != "la" => {
                let partial = Heard::Partial { stable: "a".into(), unstable: "b".into() };
                [Heard::Begun, partial]
                    .map(|heard| Event::Heard { listening: listen.listening, heard })
                    .into()
            }
            Action::StartStream(start) => {
                self.streams.push(start.stream);
                own(Event::StreamStarted { stream: start.stream })
            }
            Action::StopStream { stream } => own(Event::StreamEnded { stream: *stream, error: None }),
            Action::SendMessage(send) => own(accepted(send.request)),
            Action::SendEmail(send) => own(accepted(send.request)),
            Action::JoinRoom(join) => {
                own(Event::Room { leg: join.leg, news: RoomNews::Joined { conference_sid: "CF1".into() } })
            }
            Action::EnterQueue(enter) => enters(enter),
            Action::QueueReady { leg } => own(Event::Queue { leg: *leg, news: QueueNews::Connected }),
            Action::Hold { leg, on } => own(Event::Held { leg: *leg, on: *on, status: 200 }),
            Action::Refer { leg, .. } => own(Event::ReferAnswered { leg: *leg, status: 202, watched: false }),
            _ => VecDeque::new(),
        };
        self.events.extend(follows);
    }
}

/// What is still playing when keys are pressed.
fn is_long(source: &PromptSource) -> bool {
    matches!(source, PromptSource::Url(url) if url.ends_with("long.wav"))
}

fn rcml(text: &str) -> flexio_markup::Document {
    let text = format!("<Response>{text}</Response>");
    let limits = flexio_markup::Limits::default();
    let read = flexio_markup::parse(text.as_bytes(), Kind::Voice, Dialect::Rcml, &limits);
    read.expect("it parses")
}

fn accepted(request: RequestId) -> Event {
    Event::MessageDone { request, result: Ok(MessageAccepted { sid: "SM1".into(), status: "queued".into() }) }
}

fn enters(enter: &EnterQueue) -> VecDeque<Event> {
    let place = queue::Place { position: 1, since: Duration::ZERO, average_s: 3, size: 1, max_size: 9 };
    let entered = QueueNews::Entered { queue_sid: "QU1".into(), name: "q".into(), place };
    let matched = QueueNews::Matched { peer: "CA9".into(), join: enter.join.clone(), waited_s: 2 };
    [entered, matched].map(|news| Event::Queue { leg: enter.leg, news }).into()
}

#[test]
fn each_attribute_changes_what_the_call_does() {
    let mut wrong = Vec::new();
    for (element, with, text, shows) in rows() {
        let (with_it, without) = (Life::live(&text.replace('%', &with)), Life::live(&text.replace('%', "")));
        let differs: Vec<&String> = with_it.iter().filter(|action| !without.contains(action)).collect();
        let is_seen = differs.iter().any(|action| action.contains(&shows));
        if !is_seen && (!shows.is_empty() || with_it == without) {
            wrong.push(format!("{element} {with}: {shows:?} is not among {differs:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_attribute_that_is_done_has_a_row() {
    let rows = rows();
    let of = |with: &str| with.split('=').next().unwrap_or_default().to_owned();
    let known: BTreeSet<(String, String)> =
        rows.iter().map(|(element, with, ..)| (element.clone(), of(with))).collect();
    let missing: Vec<_> = flexio_markup::vocabulary()
        .into_iter()
        .filter(|word| word.is_read && !crate::vocabulary::is_without_effect(&word.element, word.attribute))
        .filter(|word| !known.contains(&(word.element.clone(), word.attribute.to_owned())))
        .map(|word| format!("{} {}", word.element, word.attribute))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
