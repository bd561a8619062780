//! Any octets from an SMSC to a bound session: no panic, every PDU is taken or ends the stream, and the session's
//! deadline always lies ahead.
#![no_main]

use std::time::Instant;

use bytes::BytesMut;
use flexio_smpp::{Action, Answer, Event, Input, Session, SessionConfig, frame};
use libfuzzer_sys::fuzz_target;

/// `bind_transceiver_resp`, sequence number 1, without a body.
const BIND_RESP: [u8; 16] = [0, 0, 0, 16, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];

fuzz_target!(|octets: &[u8]| {
    let now = Instant::now();
    let mut session = Session::new(SessionConfig::default()).expect("the default is valid");
    let mut actions = Vec::new();
    session.handle(now, Input::Start, &mut actions);
    session.handle(now, Input::Connected, &mut actions);
    let mut stream = BytesMut::from(&BIND_RESP[..]);
    stream.extend_from_slice(octets);
    while session.deadline().is_some() {
        let input = match frame::decode(&mut stream) {
            Ok(Some(frame)) => Input::Received(frame),
            Ok(None) => break,
            Err(_) => Input::Garbled,
        };
        let garbled = matches!(input, Input::Garbled);
        session.handle(now, input, &mut actions);
        let answers: Vec<_> = actions
            .drain(..)
            .filter_map(|action| match action {
                Action::Event(Event::Receipt { delivery, .. } | Event::Mo { delivery, .. }) => Some(delivery),
                _ => None,
            })
            .collect();
        for delivery in answers {
            session.handle(now, Input::Answer { delivery, answer: Answer::Accept }, &mut actions);
        }
        assert!(session.deadline().is_some_and(|deadline| deadline > now));
        if garbled {
            break;
        }
    }
});
