//! A stream as an application sees it.

use flexio_streams::{BadMessage, Conversation, Facts, MARKS_MAX, Next, QUEUE_BYTES_MAX, Received, Track};
use proptest::prelude::*;

fn facts() -> Facts {
    Facts {
        stream_sid: "MZ1".into(),
        account_sid: "AC1".into(),
        call_sid: "CA1".into(),
        tracks: vec![Track::Inbound],
        is_bidirectional: true,
        parameters: vec![("Name".into(), "Jan \"J\" & co".into())],
    }
}

#[test]
fn the_messages_are_those_of_the_documentation() {
    let mut stream = Conversation::new(facts());
    let [connected, start] = stream.begin();
    let media = stream.media(Track::Inbound, 20, &[0xFF, 0x7F, 0x00]);
    let key = stream.digit('5').unwrap();
    stream.receive(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"done"}}"#).unwrap();
    assert_eq!(stream.next(160), Some(Next::Mark(1)));
    let mark = stream.reached(1).remove(0);
    let all = [connected, start, media, key, mark, stream.stop()].join("\n");
    insta::assert_snapshot!(all, @r#"
    {"event":"connected","protocol":"Call","version":"1.0.0"}
    {"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"Name":"Jan \"J\" & co"}},"streamSid":"MZ1"}
    {"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"20","payload":"/38A"},"streamSid":"MZ1"}
    {"event":"dtmf","sequenceNumber":"3","dtmf":{"track":"inbound_track","digit":"5"},"streamSid":"MZ1"}
    {"event":"mark","sequenceNumber":"4","mark":{"name":"done"},"streamSid":"MZ1"}
    {"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC1","callSid":"CA1"},"streamSid":"MZ1"}
    "#);
}

#[test]
fn chunks_count_per_track_and_sequence_numbers_over_all() {
    let mut stream = Conversation::new(Facts { tracks: vec![Track::Inbound, Track::Outbound], ..facts() });
    assert!(stream.begin()[1].contains(r#""tracks":["inbound","outbound"]"#));
    for (track, number, chunk) in
        [(Track::Inbound, 2, 1), (Track::Outbound, 3, 1), (Track::Inbound, 4, 2), (Track::Outbound, 5, 2)]
    {
        let message = stream.media(track, 0, &[]);
        assert!(message.contains(&format!(r#""sequenceNumber":"{number}""#)), "{message}");
        assert!(message.contains(&format!(r#""chunk":"{chunk}""#)), "{message}");
    }
}

fn media(bytes: usize) -> String {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::STANDARD.encode(vec![0xFF; bytes]);
    format!(r#"{{"event":"media","streamSid":"MZ1","media":{{"payload":"{payload}"}}}}"#)
}

#[test]
fn bad_messages_are_named_and_change_nothing() {
    let cases = [
        ("", BadMessage::Malformed),
        ("{}", BadMessage::Malformed),
        ("[1]", BadMessage::Malformed),
        (r#"{"event":"media"}"#, BadMessage::Malformed),
        (r#"{"event":"media","media":{"payload":"?"}}"#, BadMessage::Payload),
        (r#"{"event":"mark","mark":{}}"#, BadMessage::Malformed),
        (r#"{"event":"hangup"}"#, BadMessage::Event),
        (r#"{"event":"clear","streamSid":"MZ2"}"#, BadMessage::Stream),
    ];
    let mut stream = Conversation::new(facts());
    for (text, error) in cases {
        assert_eq!(stream.receive(text), Err(error), "{text}");
    }
    assert_eq!(stream.receive(&"x".repeat(600_000)), Err(BadMessage::TooLong));
    assert_eq!((stream.next(160), stream.cleared()), (None, vec![]));
    let mut one_way = Conversation::new(Facts { is_bidirectional: false, ..facts() });
    assert_eq!((one_way.receive(&media(1)), one_way.digit('1')), (Err(BadMessage::OneWay), None));
}

#[test]
fn the_queue_of_audio_and_of_marks_is_bounded() {
    let mut stream = Conversation::new(facts());
    for _ in 0..QUEUE_BYTES_MAX / 160_000 {
        stream.receive(&media(160_000)).unwrap();
    }
    assert_eq!(stream.receive(&media(160_000)), Err(BadMessage::Full));
    for _ in 0..MARKS_MAX {
        stream.receive(r#"{"event":"mark","mark":{"name":"m"}}"#).unwrap();
    }
    assert_eq!(stream.receive(r#"{"event":"mark","mark":{"name":"m"}}"#), Err(BadMessage::Full));
    assert_eq!(stream.receive(r#"{"event":"clear"}"#), Ok(Received::Clear));
    assert_eq!((stream.cleared().len(), stream.next(160)), (MARKS_MAX, None));
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in "\\PC*") {
        let _ = Conversation::new(facts()).receive(&text);
    }

    /// Random audio, marks, clears, playing and telling: each mark is told once, in order, and never before its audio.
    #[test]
    fn marks_are_told_once_in_order(steps in proptest::collection::vec((0u8..10, 1usize..400), 1..200)) {
        let mut stream = Conversation::new(facts());
        let (mut asked, mut told, mut handed) = (0, vec![], 0);
        for (step, size) in steps {
            match step {
                0..4 => { stream.receive(&media(size)).unwrap(); }
                4..6 => {
                    asked += 1;
                    stream.receive(&format!(r#"{{"event":"mark","mark":{{"name":"{asked}"}}}}"#)).unwrap();
                }
                6..8 => match stream.next(160) {
                    Some(Next::Audio(bytes)) => prop_assert!((1..=160).contains(&bytes.len())),
                    Some(Next::Mark(number)) => { handed = number; }
                    None => {}
                },
                8 => told.extend(stream.reached(handed)),
                _ => told.extend(stream.cleared()),
            }
        }
        told.extend(stream.cleared());
        let names: Vec<u32> = told.iter().map(|message| {
            let value: serde_json::Value = serde_json::from_str(message).unwrap();
            value["mark"]["name"].as_str().unwrap().parse().unwrap()
        }).collect();
        prop_assert_eq!(names, (1..=asked).collect::<Vec<u32>>());
    }
}
