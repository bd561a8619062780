//! What each verb reads, and which warning a bad value leaves.

use flexio_markup::{
    Code, DialTo, Dialect, Document, Endpoint, KeySet, Kind, ProgressEvents, QueueSide, Verb,
};

use crate::{read, read_as, show};

fn codes(document: &Document) -> Vec<u32> {
    document.warnings.iter().map(|w| w.code.number()).collect()
}

fn warned(body: &str) -> Vec<u32> {
    codes(&read(&format!("<Response>{body}</Response>")))
}

#[test]
fn a_bad_value_warns_with_its_own_code() {
    let cases: &[(&str, &[u32])] = &[
        ("<Say loop='x'>a</Say>", &[13510]),
        ("<Say voice='!?'>a</Say>", &[13511]),
        ("<Say language='klingon please'>a</Say>", &[12200]),
        ("<Say>  </Say>", &[]),
        ("<Play loop='-1'>a.wav</Play>", &[13410]),
        ("<Play/>", &[13420]),
        ("<Play digits='1x'>a.wav</Play>", &[13420]),
        ("<Pause length='0'/>", &[13910]),
        ("<Gather finishOnKey='x'/>", &[13310]),
        ("<Gather timeout='0'/>", &[13313]),
        ("<Gather numDigits='many'/>", &[13314]),
        ("<Gather startInputKey='%'/>", &[13315]),
        ("<Gather method='PUT'/>", &[14104]),
        ("<Gather><Say voice='!'>a</Say></Gather>", &[13321]),
        ("<Gather><Play loop='x'>a</Play></Gather>", &[13322]),
        ("<Gather><Play/></Gather>", &[13325]),
        ("<Gather><Dial>1</Dial></Gather>", &[12200]),
        ("<Gather partialResultCallback=''/>", &[11101]),
        ("<Record method='HEAD'/>", &[13610]),
        ("<Record maxLength='1'/>", &[13612]),
        ("<Record timeout='x'/>", &[13612]),
        ("<Record media='video_only'/>", &[13612]),
        ("<Record finishOnKey='abc!'/>", &[13613]),
        ("<Dial method='x'>1</Dial>", &[13210]),
        ("<Dial timeout='soon'>1</Dial>", &[13212]),
        ("<Dial timeout='1000000'>1</Dial>", &[13212]),
        ("<Dial timeLimit='100000'>1</Dial>", &[13216]),
        ("<Dial/>", &[13224]),
        ("<Dial><Number>1</Number><Queue>q</Queue></Dial>", &[13224]),
        ("<Dial><Sip/></Dial>", &[13224, 13224]),
        ("<Dial><Uri>sip:a@b</Uri></Dial>", &[12200]),
        ("<Dial><Client>a<Video/></Client></Dial>", &[15001]),
        ("<Dial><Conference maxParticipants='0'>r</Conference></Dial>", &[13233]),
        ("<Dial><Conference waitMethod='x'>r</Conference></Dial>", &[13234]),
        ("<Redirect method='x'>a</Redirect>", &[13710]),
        ("<Sms/>", &[14103]),
        ("<Fax>a</Fax><UssdCollect/><Geolocation/><Pay/>", &[12200, 12200, 12200, 12200]),
        ("<Hangup why='x'/>", &[12200]),
        ("<Connect><VirtualAgent/></Connect>", &[12200]),
        ("<Refer><Sip>tel:1</Sip></Refer>", &[13224]),
        ("<Email from='a@b'>x</Email>", &[12200]),
        ("loose text", &[12200]),
    ];
    for (body, expected) in cases {
        assert_eq!(warned(body), *expected, "{body}");
    }
}

#[test]
fn defaults_are_those_of_the_manual() {
    let document = read(
        "<Response><Say>Hi</Say><Gather/><Record/><Dial>+3225550123</Dial><Pause/><Reject/><Redirect/></Response>",
    );
    insta::assert_snapshot!(show(&document), @r#"
    1: Say(Say { text: "Hi", ssml: None, voice: Man, language: None, times: 1 })
    1: Gather(Gather { action: None, method: Post, input: GatherInput { dtmf: true, speech: false }, timeout_s: 5, pre_timeout_s: None, post_timeout: None, max_speech_s: None, min_speech_s: None, finish_on_key: KeySet(2048), start_input_key: KeySet(2047), num_digits: None, action_on_empty_result: false, hangup_on_empty_result: false, partial_result_callback: None, language: None, hints: [], barge_in: true, profanity_filter: true, speech_model: None, enhanced: false, prompts: [] })
    1: Record(Record { action: None, method: Post, timeout_s: 5, finish_on_key: KeySet(4095), max_length_s: 3600, play_beep: true, transcribe: false, transcribe_callback: None, trim: true, track: Both, purpose: None, recording_callback: None })
    1: Dial(Dial { to: Parties([Party { line: 1, endpoint: Number("+3225550123"), headers: [], send_digits: None, screening: None, status_callback: None, machine_detection: None, call_reason: None }]), action: None, timeout_s: 30, time_limit_s: 14400, caller_id: None, record: Off, recording_track: Both, recording_purpose: None, trim: false, recording_callback: None, dial_music: None, ring_tone: None, hangup_on_star: false, answer_on_bridge: None, sequential: false, refer: None })
    1: Pause(Pause { length_s: 1 })
    1: Reject(Rejected)
    1: Redirect(Redirect { url: None, method: Post })
    "#);
}

#[test]
fn a_gather_reads_every_attribute() {
    let document = read(
        "<Response>\n<Gather action='/keuze' method='get' input='dtmf_speech' timeout='7' preTimeout='3' \
         speechTimeout='auto' finishOnKey='*#' startInputKey='12' numDigits='4' actionOnEmptyResult='true' hangupOnEmptyResult='true' \
         partialResultCallback='/p' partialResultCallbackMethod='GET' language='nl-BE' hints='ja, nee ,' \
         bargeIn='false' profanityFilter='false' speechModel='m' enhanced='true'><Say>Kies</Say><Pause/>\
         <Play>a.wav</Play></Gather></Response>",
    );
    insta::assert_snapshot!(show(&document), @r#"
    2: Gather(Gather { action: Some("/keuze"), method: Get, input: GatherInput { dtmf: true, speech: true }, timeout_s: 7, pre_timeout_s: Some(3), post_timeout: Some(Auto), max_speech_s: None, min_speech_s: None, finish_on_key: KeySet(3072), start_input_key: KeySet(6), num_digits: Some(4), action_on_empty_result: true, hangup_on_empty_result: true, partial_result_callback: Some(Target { url: "/p", method: Get }), language: Some("nl-BE"), hints: ["ja", "nee"], barge_in: false, profanity_filter: false, speech_model: Some("m"), enhanced: true, prompts: [Say(Say { text: "Kies", ssml: None, voice: Man, language: None, times: 1 }), Pause(Pause { length_s: 1 }), Play(Play { url: Some("a.wav"), digits: None, times: 1 })] })
    "#);
}

#[test]
fn finish_keys_of_a_recording_follow_the_manual() {
    let keys =
        |attribute: &str| match &read(&format!("<Response><Record {attribute}/></Response>")).steps[0].verb {
            Verb::Record(record) => record.finish_on_key,
            other => panic!("{other:?}"),
        };
    assert_eq!(keys(""), KeySet::ANY);
    assert_eq!(keys("finishOnKey='-1'"), KeySet::NONE);
    assert_eq!(keys("finishOnKey=''"), KeySet::POUND);
    assert_eq!(keys("finishOnKey='?'"), KeySet::POUND);
    assert_eq!(keys("finishOnKey='12'").to_string(), "12");
}

#[test]
fn the_nouns_of_a_dial_are_read_with_their_headers_and_callbacks() {
    let document = read(
        "<Response><Dial record='record-from-ringing-dual' answerOnBridge='true' sequential='true'>\
         <Number sendDigits='ww1' url='/s' timeout='20' statusCallback='/cb' statusCallbackEvent='ringing,answered'>\
         +3225550123?X-Order=77&amp;prio=a%20b</Number>\
         <Client statusCallback='/cb'><Identity>alice</Identity><Parameter name='p' value='v'/></Client>\
         <Sip username='u' password='p'>sip:bob@example.com;transport=tcp?User-to-User=ff</Sip></Dial></Response>",
    );
    insta::assert_snapshot!(show(&document), @r#"
    1: Dial(Dial { to: Parties([Party { line: 1, endpoint: Number("+3225550123"), headers: [("X-Order", "77"), ("X-prio", "a b")], send_digits: Some("ww1"), screening: Some(Screening { target: Target { url: "/s", method: Post }, timeout_s: 20 }), status_callback: Some(StatusCallback { target: Target { url: "/cb", method: Post }, events: ProgressEvents { initiated: false, ringing: true, answered: true, completed: false, text: false } }), machine_detection: None, call_reason: None }, Party { line: 1, endpoint: Client { name: "alice", parameters: [("p", "v")] }, headers: [], send_digits: None, screening: None, status_callback: Some(StatusCallback { target: Target { url: "/cb", method: Post }, events: ProgressEvents { initiated: false, ringing: false, answered: false, completed: true, text: false } }), machine_detection: None, call_reason: None }, Party { line: 1, endpoint: Sip { uri: "sip:bob@example.com;transport=tcp", username: Some("u"), password: Some("p") }, headers: [("User-to-User", "ff")], send_digits: None, screening: None, status_callback: None, machine_detection: None, call_reason: None }]), action: None, timeout_s: 30, time_limit_s: 14400, caller_id: None, record: FromRingingDual, recording_track: Both, recording_purpose: None, trim: false, recording_callback: None, dial_music: None, ring_tone: None, hangup_on_star: false, answer_on_bridge: Some(true), sequential: true, refer: None })
    ! 1:91 12200 headers that do not start with `X-` are sent with that prefix
    "#);
}

#[test]
fn plain_text_in_a_dial_is_a_number_a_client_or_a_sip_uri() {
    let endpoint =
        |text: &str| match &read(&format!("<Response><Dial>{text}</Dial></Response>")).steps[0].verb {
            Verb::Dial(dial) => match &dial.to {
                DialTo::Parties(parties) => parties[0].endpoint.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
    assert_eq!(endpoint(" +3225550123 "), Endpoint::Number("+3225550123".into()));
    assert!(matches!(endpoint("client:bob"), Endpoint::Client { name, .. } if name == "bob"));
    assert!(matches!(endpoint("bob@example.com"), Endpoint::Sip { uri, .. } if uri == "sip:bob@example.com"));
}

#[test]
fn an_eleventh_party_is_dropped() {
    let numbers = "<Number>1</Number>".repeat(11);
    let document = read(&format!("<Response><Dial>{numbers}</Dial></Response>"));
    assert!(
        matches!(&document.steps[0].verb, Verb::Dial(d) if matches!(&d.to, DialTo::Parties(p) if p.len() == 10))
    );
    assert_eq!(codes(&document), [13224]);
}

#[test]
fn status_events_default_by_dialect() {
    let text = "<Response><Dial><Number statusCallback='/c'>1</Number></Dial></Response>";
    for (dialect, expected) in
        [(Dialect::Rcml, ProgressEvents::ALL), (Dialect::Twiml, ProgressEvents::COMPLETED)]
    {
        let document = read_as(text, Kind::Voice, dialect).unwrap();
        let Verb::Dial(dial) = &document.steps[0].verb else { panic!() };
        let DialTo::Parties(parties) = &dial.to else { panic!() };
        assert_eq!(parties[0].status_callback.as_ref().unwrap().events, expected);
    }
}

#[test]
fn the_older_name_of_a_conference_s_recording_callback_gives_way_to_the_newer() {
    let callback = |attributes: &str| {
        let text = format!("<Response><Dial><Conference {attributes}>r</Conference></Dial></Response>");
        let document = read_as(&text, Kind::Voice, Dialect::Twiml).unwrap();
        assert_eq!(codes(&document), [0; 0], "{attributes}");
        let Verb::Dial(dial) = &document.steps[0].verb else { panic!() };
        let DialTo::Conference(conference) = &dial.to else { panic!() };
        conference.recording_callback.clone().map(|callback| (callback.target.url, callback.completed))
    };
    assert_eq!(callback(""), None);
    assert_eq!(callback("eventCallbackUrl='/old'"), Some(("/old".to_owned(), true)));
    let both =
        "eventCallbackUrl='/old' recordingStatusCallback='/new' recordingStatusCallbackEvent='in-progress'";
    assert_eq!(callback(both), Some(("/new".to_owned(), false)));
}

#[test]
fn queues_mean_opposite_sides_in_the_two_dialects() {
    use QueueSide::{Serving, Waiting};
    let sides = |text: &str, dialect| {
        let document = read_as(&format!("<Response>{text}</Response>"), Kind::Voice, dialect).unwrap();
        match &document.steps[0].verb {
            Verb::Enqueue(enqueue) => enqueue.side,
            Verb::Dial(dial) => match &dial.to {
                DialTo::Queue(queue) => queue.side,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let cases = [
        ("<Enqueue>q</Enqueue>", Dialect::Twiml, Waiting),
        ("<Enqueue>q</Enqueue>", Dialect::Rcml, Serving),
        ("<Enqueue>q</Enqueue>", Dialect::Auto, Waiting),
        ("<Enqueue rejoin='true'>q</Enqueue>", Dialect::Auto, Serving),
        ("<Enqueue waitUrl='/w'>q</Enqueue>", Dialect::Auto, Waiting),
        ("<Enqueue waitUrl='/w' joinUrl='/j'>q</Enqueue>", Dialect::Auto, Serving),
        ("<Dial><Queue>q</Queue></Dial>", Dialect::Auto, Serving),
        ("<Dial><Queue url='/u'>q</Queue></Dial>", Dialect::Auto, Serving),
        ("<Dial><Queue waitUrl='/w'>q</Queue></Dial>", Dialect::Auto, Waiting),
        ("<Dial><Queue>q</Queue></Dial>", Dialect::Rcml, Waiting),
    ];
    for (text, dialect, side) in cases {
        assert_eq!(sides(text, dialect), side, "{text} as {dialect:?}");
    }
}

#[test]
fn each_kind_of_document_has_its_own_verbs() {
    let all = "<Response><Say>a</Say><Dial>1</Dial><Sms>a</Sms><Email from='a' to='b'>x</Email><Gather/>\
               <Leave/><Redirect>/x</Redirect><Hangup/></Response>";
    let names = |kind| {
        let document = read_as(all, kind, Dialect::Auto).unwrap();
        let names: Vec<_> = document.steps.iter().map(|s| s.verb.name()).collect();
        (names.join(" "), codes(&document))
    };
    assert_eq!(names(Kind::Voice), ("Say Dial Message Email Gather Leave Redirect Hangup".into(), vec![]));
    assert_eq!(names(Kind::Messaging), ("Message Email Redirect".into(), vec![14110; 5]));
    assert_eq!(
        names(Kind::Screening),
        ("Say Message Email Gather Leave Redirect Hangup".into(), vec![12200])
    );
    assert_eq!(names(Kind::ConferenceWait), ("Say Redirect".into(), vec![13233; 6]));
    assert_eq!(names(Kind::QueueWait), ("Say Gather Leave Redirect Hangup".into(), vec![12200; 3]));
    assert_eq!(Code::MessagingVerb.number(), 14110);
}

#[test]
fn ssml_is_kept_inline_or_whole() {
    let document = read(
        "<Response><Say>Code <say-as interpret-as='digits'>12</say-as>, <break time='1s'/>bye &amp; thanks.</Say>\
         <Say><speak><p>One</p><sub alias='Belgian railways'>SNCB</sub></speak></Say>\
         <Say><speak>plain</speak></Say><Say><b>bold</b></Say></Response>",
    );
    insta::assert_snapshot!(show(&document), @r#"
    1: Say(Say { text: "Code 12, bye & thanks.", ssml: Some("Code <say-as interpret-as=\"digits\">12</say-as>, <break time=\"1s\"/>bye &amp; thanks."), voice: Man, language: None, times: 1 })
    1: Say(Say { text: "One Belgian railways", ssml: Some("<p>One</p><sub alias=\"Belgian railways\">SNCB</sub>"), voice: Man, language: None, times: 1 })
    1: Say(Say { text: "plain", ssml: None, voice: Man, language: None, times: 1 })
    1: Say(Say { text: "bold", ssml: None, voice: Man, language: None, times: 1 })
    ! 1:217 12200 `<b>` is not SSML; only its text is spoken
    "#);
}

#[test]
fn the_other_verbs_are_read_whole() {
    let document = read(
        "<Response><Hold action='/h' holdMusic='http://m/x.wav'/><Resume/><Refer action='/r' method='GET'>\
         <Sip>sip:x@y</Sip></Refer><Message to='+321' statusCallback='/s'><Body>Hi</Body><Media>http://m/1.png</Media>\
         </Message><Email from='a@b' to='c@d' cc='e@f, g@h' subject='S'>Text</Email><Connect action='/c'>\
         <Stream url='wss://x/y'><Parameter name='k' value='v'/></Stream></Connect><Start><Stream name='n' \
         url='wss://x' track='both_tracks'/></Start><Stop><Stream name='n'/></Stop><Reject reason='busy'/>\
         <Dial><Conference beep='onEnter' waitUrl='' record='record-from-start'>Room</Conference></Dial></Response>",
    );
    insta::assert_snapshot!(show(&document), @r#"
    1: Hold(Hold { action: Some(Target { url: "/h", method: Post }), hold_music: Some("http://m/x.wav") })
    1: Resume(Resume { action: None })
    1: Refer(Refer { action: Some(Target { url: "/r", method: Get }), uri: "sip:x@y" })
    1: Message(Message { to: Some("+321"), from: None, body: "Hi", media: ["http://m/1.png"], action: None, status_callback: Some(Target { url: "/s", method: Post }) })
    1: Email(Email { from: "a@b", to: "c@d", cc: ["e@f", "g@h"], bcc: [], subject: Some("S"), body: "Text", content_type: None, attach_recording: None, action: None, status_callback: None })
    1: Connect(Connect { action: Some(Target { url: "/c", method: Post }), stream: Stream { url: "wss://x/y", name: None, track: Inbound, status_callback: None, parameters: [("k", "v")] } })
    1: Start(Start { action: None, stream: Stream { url: "wss://x", name: Some("n"), track: Both, status_callback: None, parameters: [] } })
    1: Stop(StopStream { name: Some("n") })
    1: Reject(Busy)
    1: Dial(Dial { to: Conference(Conference { name: "Room", muted: false, beep: OnEnter, beep_url: None, start_on_enter: true, end_on_exit: false, wait: Some(Target { url: "", method: Post }), max_participants: 40, record: true, recording_purpose: None, trim: true, coach: None, participant_label: None, jitter_buffer: Medium, status_callback: None, status_events: [], recording_callback: None }), action: None, timeout_s: 30, time_limit_s: 14400, caller_id: None, record: Off, recording_track: Both, recording_purpose: None, trim: false, recording_callback: None, dial_music: None, ring_tone: None, hangup_on_star: false, answer_on_bridge: None, sequential: false, refer: None })
    "#);
}

#[test]
fn comments_cdata_and_instructions_are_allowed() {
    let document = read(
        "\u{feff}<?xml version='1.0'?><!-- a -- b --><?pi x?><Response xmlns:x='u' xml:lang='en'>\r\n\
         <Sms><![CDATA[1 < 2 & 3]]> and<!-- no --> more&#x21;</Sms></Response>\n<!-- end -->",
    );
    insta::assert_snapshot!(show(&document), @r#"
    2: Message(Message { to: None, from: None, body: "1 < 2 & 3 and more!", media: [], action: None, status_callback: None })
    "#);
}
