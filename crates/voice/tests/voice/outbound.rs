//! Calls made over REST.

use flexio_voice::*;

use crate::{Play, answered, failed, outbound};

#[test]
fn a_rest_call_is_made_answered_recorded_and_reported() {
    let mut facts = outbound();
    let originate = facts.originate.as_mut().unwrap();
    originate.send_digits = Some("ww12#".into());
    originate.time_limit_s = Some(60);
    originate.record =
        Some(RecordCall { channels: 2, track: flexio_markup::Track::Both, trim: false, callback: None });
    let mut play = Play::new(facts);
    play.at(0, Event::Start).at(1_000, Event::LegRinging { leg: LegId::FIRST }).at(4_000, answered(0));
    let recording = play.recording();
    play.played(6_000).answer(6_100, "<Play>long.wav</Play>").at(64_000, Event::Timeout);
    play.recorded(64_500, recording, 60_000);
    insta::assert_snapshot!(play.log, @"");
    assert!(play.call.is_done());
}

#[test]
fn sip_failures_become_the_right_status() {
    let cases = [
        (486, "Busy"),
        (600, "Busy"),
        (480, "NoAnswer"),
        (408, "NoAnswer"),
        (404, "Failed"),
        (503, "Failed"),
    ];
    for (status, expected) in cases {
        let mut play = Play::new(outbound());
        play.at(0, Event::Start).at(1_000, failed(0, status));
        assert!(
            play.log.contains(&format!("Finish leg 0 {expected} FarEnd sip=Some({status})")),
            "{}",
            play.log
        );
        assert!(play.call.is_done());
    }
}

#[test]
fn nobody_answers_in_time() {
    let mut play = Play::new(outbound());
    play.at(0, Event::Start).at(1_000, Event::LegRinging { leg: LegId::FIRST }).at(60_000, Event::Timeout);
    play.at(60_001, answered(0));
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_call_canceled_before_the_answer_is_canceled() {
    let mut play = Play::new(outbound());
    play.at(0, Event::Start).quiet().at(1_000, Event::Cancel { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_destination_that_is_not_allowed_fails() {
    let mut play = Play::new(outbound());
    let refused = Event::DialRefused { leg: LegId::FIRST, code: 13227, text: "not allowed".into() };
    play.at(0, Event::Start).quiet().at(5, refused);
    insta::assert_snapshot!(play.log, @"");
}
