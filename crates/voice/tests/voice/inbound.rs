//! Calls to a number: answering, fallbacks, endings, live modification.

use flexio_markup::{ProgressEvents, StatusCallback};
use flexio_voice::*;

use crate::{Play, document, inbound, target};

#[test]
fn a_call_is_answered_when_a_verb_needs_media_and_hung_up_at_the_end() {
    let mut facts = inbound();
    facts.status_callback =
        Some(StatusCallback { target: target("https://app.test/cdr"), events: ProgressEvents::ALL });
    let mut play = Play::new(facts);
    play.params = true;
    play.at(0, Event::Start).answer(300, "<Pause length='2'/><Say loop='2'>Dag</Say>");
    play.at(2_300, Event::Timeout).played(5_000);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn messages_and_redirects_do_not_answer() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Sms>We call you back</Sms><Redirect>/next</Redirect>");
    play.answer(200, "");
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_rejected_call_is_never_answered() {
    for (reason, expected) in [("busy", "status: 486"), ("rejected", "status: 603")] {
        let mut play = Play::new(inbound());
        play.at(0, Event::Start).answer(100, &format!("<Reject reason='{reason}'/>"));
        assert!(play.log.contains(expected) && !play.log.contains("Answer"), "{}", play.log);
        assert!(play.call.is_done());
    }
}

#[test]
fn a_failing_server_leads_to_the_fallback_and_then_to_an_apology() {
    let mut facts = inbound();
    facts.fallback = Some(target("https://spare.test/f"));
    let mut play = Play::new(facts);
    play.at(0, Event::Start).answer(100, "<Say>Hello</Say><Redirect>/more</Redirect>").played(2_000);
    play.quiet().at(2_000, Event::Timeout);
    let mut again = Play::new({
        let mut facts = inbound();
        facts.fallback = Some(target("https://spare.test/f"));
        facts
    });
    again.at(0, Event::Start).reply(100, Err(FetchError::Status(500)));
    again.answer(200, "<Say>Spare</Say><Redirect>more</Redirect>").played(1_000);
    again.reply(1_100, Err(FetchError::Timeout)).reply(1_200, Err(FetchError::Connect("refused".into())));
    again.played(5_000);
    insta::assert_snapshot!(again.log, @"");
}

#[test]
fn an_unknown_url_without_fallback_is_told_to_the_network() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).reply(100, Err(FetchError::Status(404)));
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    let deadline = u64::try_from(play.call.deadline().unwrap().as_millis()).unwrap();
    play.quiet().at(deadline, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_caller_who_gives_up_while_the_document_is_fetched_is_finished_at_once() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).at(500, Event::LegHungUp { leg: LegId::FIRST });
    assert!(!play.call.is_done());
    play.at(600, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @"");
    assert!(play.call.deadline().is_some());
}

#[test]
fn a_self_redirecting_document_is_stopped() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    for turn in 0..51 {
        play.answer(100 + turn, "<Redirect>/voice</Redirect>");
    }
    assert!(play.call.is_done(), "{}", play.log);
    assert!(play.log.contains("more than 50 redirects without anything done by a person"), "{}", play.log);
    assert_eq!(play.log.matches("Fetch Redirect").count(), 50);
}

#[test]
fn a_live_call_can_be_sent_elsewhere() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Play loop='0'>music.wav</Play>");
    play.quiet().at(5_000, Event::NewUrl { target: target("https://app.test/moved"), fallback: None });
    play.answer(5_100, "<Say>Moved</Say>").at(6_000, Event::NewDocument { document: document("<Hangup/>") });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn status_completed_ends_the_call_and_canceled_only_before_the_answer() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Say>Hello</Say>").quiet();
    play.at(1_000, Event::Cancel { leg: LegId::FIRST }).at(2_000, Event::Complete { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn no_call_is_longer_than_four_hours() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(0, "<Play loop='0'>music.wav</Play>").quiet();
    assert_eq!(play.call.deadline().unwrap().as_secs(), 14_400);
    play.at(14_400_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn shutting_down_ends_everything_at_once() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Record playBeep='false'/>").quiet().at(3_000, Event::Shutdown);
    insta::assert_snapshot!(play.log, @"");
    assert!(play.call.is_done());
}
