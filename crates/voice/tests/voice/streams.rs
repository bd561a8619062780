//! Media streams.

use flexio_voice::*;

use crate::{Play, inbound};

const CONNECT: &str = "<Connect action='/after'><Stream url='/audio' name='bot' statusCallback='/news'>\
                       <Parameter name='a' value='1'/></Stream></Connect><Say>unreached</Say>";

fn stream(play: &Play) -> StreamId {
    let started = play.last.iter().find_map(|action| match action {
        Action::StartStream(start) => Some(start.stream),
        _ => None,
    });
    started.expect("a stream was started")
}

fn error() -> StreamError {
    StreamError { code: 31_920, text: "no upgrade".into() }
}

#[test]
fn connect_waits_for_the_end_of_its_stream() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, CONNECT);
    let id = stream(&play);
    play.at(200, Event::StreamStarted { stream: id });
    play.at(9_000, Event::StreamEnded { stream: id, error: None });
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Connect Say]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> StartStream(StartStream { stream: StreamId(2), sid: "MZ1", leg: LegId(0), url: "wss://app.test/audio", track: Inbound, parameters: [("a", "1")], is_bidirectional: true })
     200 StreamStarted { stream: StreamId(2) }
         -> Callback leg 0 Stream https://app.test/news StreamSid=MZ1&StreamName=bot&StreamEvent=stream-started
    9000 StreamEnded { stream: StreamId(2), error: None }
         -> Callback leg 0 Stream https://app.test/news StreamSid=MZ1&StreamName=bot&StreamEvent=stream-stopped
         -> Fetch Action https://app.test/after CallStatus=in-progress&StreamSid=MZ1&StreamName=bot&StreamEvent=stream-stopped
    "#);
}

#[test]
fn a_stream_that_cannot_be_opened_is_told_and_the_document_goes_on() {
    let mut play = Play::new(inbound());
    let body =
        "<Connect><Stream url='wss://app.test/audio' statusCallback='/news'/></Connect><Say>Sorry</Say>";
    play.at(0, Event::Start).answer(100, body);
    let id = stream(&play);
    play.quiet().at(200, Event::StreamEnded { stream: id, error: Some(error()) });
    insta::assert_snapshot!(play.log, @r#"
    200 StreamEnded { stream: StreamId(2), error: Some(StreamError { code: 31920, text: "no upgrade" }) }
        -> Notify Error 31920 no upgrade line 0
        -> Callback leg 0 Stream https://app.test/news StreamSid=MZ1&StreamEvent=stream-error&StreamError=no upgrade
        -> Play 3 leg 0 x1 nl-BE "Sorry"
    "#);
}

#[test]
fn a_stream_whose_beginning_is_never_told_is_given_up() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, CONNECT);
    let deadline = play.call.deadline().expect("something is awaited");
    play.quiet().at(u64::try_from(deadline.as_millis()).expect("soon"), Event::Timeout);
    insta::assert_snapshot!(play.log, @"
    15100 Timeout
          -> StopStream { stream: StreamId(2) }
          -> Notify Error 31920 the stream did not begin in time line 0
          -> Callback leg 0 Stream https://app.test/news StreamSid=MZ1&StreamName=bot&StreamEvent=stream-error&StreamError=the stream did not begin in time
          -> Fetch Action https://app.test/after CallStatus=in-progress&StreamSid=MZ1&StreamName=bot&StreamEvent=stream-error&StreamError=the stream did not begin in time
    ");
}

#[test]
fn a_fork_runs_beside_the_document_until_stopped_or_the_end_of_its_leg() {
    let mut play = Play::new(inbound());
    let body = "<Start><Stream url='wss://app.test/a' name='one' track='both_tracks' statusCallback='/news'/></Start>\
                <Start><Stream url='wss://app.test/b' name='two' statusCallback='/news'/></Start>\
                <Stop><Stream name='one'/></Stop><Stop><Stream name='none'/></Stop><Say>Hello</Say>";
    play.at(0, Event::Start).answer(100, body).at(5_000, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Start Start Stop Stop Say]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> StartStream(StartStream { stream: StreamId(2), sid: "MZ1", leg: LegId(0), url: "wss://app.test/a", track: Both, parameters: [], is_bidirectional: false })
         -> StartStream(StartStream { stream: StreamId(3), sid: "MZ2", leg: LegId(0), url: "wss://app.test/b", track: Inbound, parameters: [], is_bidirectional: false })
         -> StopStream { stream: StreamId(2) }
         -> Callback leg 0 Stream https://app.test/news StreamSid=MZ1&StreamName=one&StreamEvent=stream-stopped
         -> Notify Warning 11001 Stop: no such stream runs line 1
         -> Play 4 leg 0 x1 nl-BE "Hello"
    5000 LegHungUp { leg: LegId(0) }
         -> StopStream { stream: StreamId(3) }
         -> Callback leg 0 Stream https://app.test/news StreamSid=MZ2&StreamName=two&StreamEvent=stream-stopped
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed PartyHungUp sip=None ring=100 talk=4900
         -> Done
    "#);
}

#[test]
fn a_new_document_ends_the_connected_stream_and_keeps_the_forks() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, &format!("<Start><Stream url='/fork'/></Start>{CONNECT}"));
    play.quiet().at(500, Event::NewDocument { document: crate::document("<Say>Moved</Say>") });
    insta::assert_snapshot!(play.log, @r#"
    500 NewDocument
        -> StopStream { stream: StreamId(3) }
        -> Callback leg 0 Stream https://app.test/news StreamSid=MZ2&StreamName=bot&StreamEvent=stream-stopped
        -> Play 4 leg 0 x1 nl-BE "Moved"
    "#);
}

#[test]
fn the_api_starts_and_ends_one_way_streams() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Say>Hello</Say>").quiet();
    let plan = flexio_markup::Stream {
        url: "wss://app.test/a".into(),
        name: Some("ears".into()),
        track: flexio_markup::Track::Inbound,
        status_callback: None,
        parameters: vec![],
    };
    let leg = LegId::FIRST;
    // The fifth is one too many.
    for n in 0..5 {
        let sid = format!("MZapi{n}");
        play.at(200 + n, Event::NewStream { leg, sid, stream: Box::new(plan.clone()) });
    }
    play.at(300, Event::EndStream { leg, stream: StreamRef::Name("ears".into()) });
    insta::assert_snapshot!(play.log, @r#"
    200 NewStream { leg: LegId(0), sid: "MZapi0", stream: Stream { url: "wss://app.test/a", name: Some("ears"), track: Inbound, status_callback: None, parameters: [] } }
        -> StartStream(StartStream { stream: StreamId(3), sid: "MZapi0", leg: LegId(0), url: "wss://app.test/a", track: Inbound, parameters: [], is_bidirectional: false })
    201 NewStream { leg: LegId(0), sid: "MZapi1", stream: Stream { url: "wss://app.test/a", name: Some("ears"), track: Inbound, status_callback: None, parameters: [] } }
        -> StartStream(StartStream { stream: StreamId(4), sid: "MZapi1", leg: LegId(0), url: "wss://app.test/a", track: Inbound, parameters: [], is_bidirectional: false })
    202 NewStream { leg: LegId(0), sid: "MZapi2", stream: Stream { url: "wss://app.test/a", name: Some("ears"), track: Inbound, status_callback: None, parameters: [] } }
        -> StartStream(StartStream { stream: StreamId(5), sid: "MZapi2", leg: LegId(0), url: "wss://app.test/a", track: Inbound, parameters: [], is_bidirectional: false })
    203 NewStream { leg: LegId(0), sid: "MZapi3", stream: Stream { url: "wss://app.test/a", name: Some("ears"), track: Inbound, status_callback: None, parameters: [] } }
        -> StartStream(StartStream { stream: StreamId(6), sid: "MZapi3", leg: LegId(0), url: "wss://app.test/a", track: Inbound, parameters: [], is_bidirectional: false })
    204 NewStream { leg: LegId(0), sid: "MZapi4", stream: Stream { url: "wss://app.test/a", name: Some("ears"), track: Inbound, status_callback: None, parameters: [] } }
        -> Notify Warning 31941 more than 4 streams of one call line 0
    300 EndStream { leg: LegId(0), stream: Name("ears") }
        -> StopStream { stream: StreamId(3) }
        -> StopStream { stream: StreamId(4) }
        -> StopStream { stream: StreamId(5) }
        -> StopStream { stream: StreamId(6) }
    "#);
}

#[test]
fn the_action_of_start_is_told_when_its_stream_ends_and_the_document_goes_on_meanwhile() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    play.answer(100, "<Start action='/over' method='GET'><Stream url='/audio'/></Start><Pause length='60'/>");
    let id = stream(&play);
    play.quiet().at(200, Event::StreamStarted { stream: id });
    play.at(9_000, Event::StreamEnded { stream: id, error: None });
    insta::assert_snapshot!(play.log, @"
     200 StreamStarted { stream: StreamId(2) }
    9000 StreamEnded { stream: StreamId(2), error: None }
         -> Callback leg 0 Stream https://app.test/over StreamSid=MZ1&StreamEvent=stream-stopped
    ");
    let method = play.last.iter().find_map(|action| match action {
        Action::Callback(callback) => Some(callback.method),
        _ => None,
    });
    assert_eq!(method, Some(flexio_markup::Method::Get));
}
