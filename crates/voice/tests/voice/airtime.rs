//! Talk that is paid for beforehand.

use flexio_voice::*;
use proptest::prelude::*;

use crate::{Play, answered, inbound, outbound};

/// A REST call whose first leg may talk for `seconds`, answered at 1 s.
fn paid(seconds: u32, warning: CreditWarning, body: &str) -> Play {
    let mut facts = outbound();
    facts.granted_s = Some(seconds);
    facts.credit_warning = warning;
    facts.status_callback = None;
    let mut play = Play::new(facts);
    play.at(0, Event::Start).at(1_000, answered(0)).answer(1_100, body);
    play
}

/// The next deadline, in whole milliseconds.
fn due(play: &Play) -> u64 {
    let at = play.call.deadline().expect("it is not over");
    u64::try_from(at.as_nanos().div_ceil(1_000_000)).expect("within some hours")
}

/// Time passes from `now` to the next deadline.
fn tick(play: &mut Play, now: u64) -> u64 {
    let at = due(play).max(now);
    play.at(at, Event::Timeout);
    at
}

fn granted(seconds: u32) -> Event {
    Event::Granted { leg: LegId::FIRST, seconds }
}

#[test]
fn a_leg_asks_at_half_and_ends_at_the_second_that_is_paid_for() {
    let mut play = paid(60, CreditWarning::Beep, "<Pause length='600'/>");
    play.quiet();
    tick(&mut play, 0);
    play.at(31_050, granted(75));
    tick(&mut play, 0);
    play.at(53_600, granted(75));
    tick(&mut play, 0);
    play.at(66_010, granted(0));
    tick(&mut play, 0);
    insta::assert_snapshot!(play.log, @r#"
    31000 Timeout
          -> AskCredit { leg: LegId(0), seconds: 90 }
    31050 Granted { leg: LegId(0), seconds: 75 }
    53525 Timeout
          -> AskCredit { leg: LegId(0), seconds: 113 }
    53600 Granted { leg: LegId(0), seconds: 75 }
    66000 Timeout
          -> AskCredit { leg: LegId(0), seconds: 125 }
    66010 Granted { leg: LegId(0), seconds: 0 }
    76000 Timeout
          -> Notify Error 20418 the call was ended: the account has no credit left line 0
          -> Hangup { leg: LegId(0), reason: Some((3303, "Insufficient Credit")) }
          -> Status { leg: LegId(0), status: Completed }
          -> Finish leg 0 Completed NoCredit sip=None ring=0 talk=75000
          -> Done
    "#);
    assert!(play.call.is_done());
}

#[test]
fn without_any_answer_it_ends_all_the_same() {
    let mut play = paid(60, CreditWarning::Beep, "<Pause length='600'/>");
    let times: Vec<u64> = std::iter::from_fn(|| (!play.call.is_done()).then(|| tick(&mut play, 0))).collect();
    assert_eq!(times, [31_000, 51_000, 61_000], "asks, warns, ends");
}

#[test]
fn a_cut_that_comes_late_is_not_paid_by_the_customer() {
    let mut play = paid(8, CreditWarning::Off, "<Pause length='600'/>");
    play.quiet().at(14_321, Event::Timeout);
    assert!(play.log.contains("Finish leg 0 Completed NoCredit sip=None ring=0 talk=8000"), "{}", play.log);
    let mut play = paid(8, CreditWarning::Off, "<Pause length='600'/>");
    play.quiet().at(14_321, Event::LegHungUp { leg: LegId::FIRST });
    assert!(play.log.contains("talk=8000"), "{}", play.log);
}

#[test]
fn a_dialled_leg_that_is_cut_lets_the_document_go_on_and_both_sides_are_warned() {
    let mut facts = inbound();
    facts.credit_warning = CreditWarning::Announcement;
    let mut play = Play::new(facts);
    play.at(0, Event::Start).answer(100, "<Dial action='/done'>+32470123456</Dial>");
    play.at(200, Event::Granted { leg: LegId(1), seconds: 12 }).at(1_000, answered(1));
    play.quiet();
    tick(&mut play, 0);
    play.at(7_010, Event::Granted { leg: LegId(1), seconds: 12 });
    while !play.log.contains("Finish") {
        tick(&mut play, 7_010);
    }
    insta::assert_snapshot!(play.log, @r#"
     7000 Timeout
          -> AskCredit { leg: LegId(1), seconds: 66 }
     7010 Granted { leg: LegId(1), seconds: 12 }
     7010 Timeout
          -> Play 3 leg 0 x1 nl-BE "Uw krediet is bijna op. Deze oproep wordt zo dadelijk beëindigd."
          -> Play 4 leg 1 x1 nl-BE "Uw krediet is bijna op. Deze oproep wordt zo dadelijk beëindigd."
          -> AskCredit { leg: LegId(1), seconds: 67 }
    13000 Timeout
          -> Notify Error 20418 the call was ended: the account has no credit left line 0
          -> Hangup { leg: LegId(1), reason: Some((3303, "Insufficient Credit")) }
          -> Status { leg: LegId(1), status: Completed }
          -> Finish leg 1 Completed NoCredit sip=None ring=0 talk=12000
          -> Unbridge { a: LegId(0), b: LegId(1) }
          -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=completed&DialCallSid=CA1&DialCallDuration=12&DialRingDuration=0&DialBridged=true
    "#);
}

#[test]
fn a_party_without_credit_is_a_failed_party() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Dial action='/done'>+32470123456</Dial>").quiet();
    play.at(200, Event::DialRefused { leg: LegId(1), code: 20_418, text: "no credit".into() });
    assert!(play.log.contains("Finish leg 1 Failed NoCredit"), "{}", play.log);
    assert!(play.log.contains("DialCallStatus=failed"), "{}", play.log);
}

#[test]
fn a_leg_that_moves_asks_for_itself() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Dial>+32470123456</Dial>");
    play.at(200, Event::Granted { leg: LegId(1), seconds: 60 }).at(1_000, answered(1));
    tick(&mut play, 0);
    let source = Source::Document(crate::document("<Pause length='600'/>"));
    play.at(35_000, Event::Move { both: true, source, fallback: None });
    let mut moved = play.call.take_detached(LegId(1)).unwrap();
    let mut out = Vec::new();
    let mut at = |ms: u64, event| {
        let mono = std::time::Duration::from_millis(ms);
        let now = Now { mono, wall: jiff::Timestamp::UNIX_EPOCH + mono };
        moved.handle(now, event, &mut crate::Counting::default(), &mut out);
        (moved.deadline(), std::mem::take(&mut out))
    };
    let (deadline, _) = at(35_010, Event::Start);
    assert_eq!(deadline, Some(std::time::Duration::from_secs(31)), "the first call had asked");
    let (_, asked) = at(35_020, Event::Timeout);
    assert!(asked.contains(&Action::AskCredit { leg: LegId::FIRST, seconds: 95 }), "{asked:?}");
    let (_, ended) = at(61_000, Event::Timeout);
    assert!(ended.iter().any(|action| matches!(action, Action::Finish(finish) if finish.talk_ms == 60_000)));
}

proptest! {
    /// Whatever is answered, and whenever: no more talk is told than was granted, and no question is asked twice.
    #[test]
    fn talk_never_passes_what_was_granted(
        first in 1..90_u32,
        answers in prop::collection::vec((0..40_000_u64, 0..200_u32, any::<bool>()), 0..12),
    ) {
        let mut play = paid(first, CreditWarning::Beep, "<Pause length='600'/><Pause length='600'/>");
        let (mut most, mut now, mut asked) = (first, 1_100, 0);
        let mut answers = answers.into_iter();
        let mut talk = None;
        while talk.is_none() {
            let next = answers.next();
            match next {
                Some((wait, seconds, true)) => {
                    now += wait;
                    most = most.max(seconds);
                    play.at(now, granted(seconds));
                    asked = 0;
                }
                Some((wait, _, false)) => {
                    now += wait;
                    play.at(now, Event::Timeout);
                }
                None => {
                    now = due(&play).max(now);
                    play.at(now, Event::Timeout);
                }
            }
            asked += play.last.iter().filter(|action| matches!(action, Action::AskCredit { .. })).count();
            prop_assert!(asked <= 2, "asks without an answer");
            talk = play.last.iter().find_map(|action| match action {
                Action::Finish(finish) => Some(finish.talk_ms),
                _ => None,
            });
        }
        prop_assert!(talk.unwrap() <= u64::from(most) * 1_000);
    }
}
