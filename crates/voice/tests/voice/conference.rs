//! A call's part in a conference.

use flexio_voice::*;

use crate::{Play, inbound, target};

fn joining(body: &str) -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, body);
    play
}

fn news(news: RoomNews) -> Event {
    Event::Room { leg: LegId::FIRST, news }
}

fn joined() -> Event {
    news(RoomNews::Joined { conference_sid: "CF1".into() })
}

#[test]
fn a_caller_waits_to_music_talks_and_leaves() {
    let mut play = joining(
        "<Dial action='/done'><Conference muted='true' beep='onEnter' startConferenceOnEnter='false' \
         endConferenceOnExit='true' maxParticipants='7' participantLabel='bob' coach='CA9' beepUrl='b.wav' record='true' \
         statusCallback='/cf' statusCallbackEvent='join leave'>team</Conference></Dial>",
    );
    play.at(200, joined()).at(9_000, news(RoomNews::Talk)).at(60_000, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log);
}

#[test]
fn the_conference_ends_and_the_document_goes_on() {
    let mut play = joining("<Dial><Conference waitUrl=''>team</Conference></Dial><Say>Over</Say>");
    play.quiet().at(200, joined()).at(300, news(RoomNews::Talk)).at(900, news(RoomNews::Left));
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_full_conference_is_skipped() {
    let mut play = joining("<Dial action='/done'><Conference>team</Conference></Dial><Say>Full</Say>");
    play.quiet().at(200, news(RoomNews::Refused { full: true }));
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_conference_that_does_not_answer_is_skipped() {
    let mut play = joining("<Dial><Conference>team</Conference></Dial><Say>Sorry</Say>");
    play.quiet().at(10_100, Event::Timeout);
    insta::assert_snapshot!(play.log);
}

#[test]
fn the_wait_document_is_asked_again_and_told_where_the_caller_is() {
    let mut play = joining("<Dial><Conference waitUrl='/wait' waitMethod='GET'>team</Conference></Dial>");
    play.quiet().at(200, joined()).answer(300, "<Play>one.mp3</Play>").played(5_000);
    // A document with nothing to hear is not asked in a loop.
    play.answer(5_100, "").at(6_099, Event::Timeout).at(6_100, Event::Timeout);
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_wait_document_that_fails_gives_way_to_music() {
    let mut play = joining("<Dial><Conference waitUrl='/wait'>team</Conference></Dial>");
    play.quiet().at(200, joined()).reply(300, Err(FetchError::Status(500)));
    insta::assert_snapshot!(play.log);
}

#[test]
fn held_announced_to_and_taken_back() {
    let mut play = joining("<Dial><Conference>team</Conference></Dial>");
    play.at(200, joined()).at(300, news(RoomNews::Talk)).quiet();
    play.at(400, news(RoomNews::Hold { wait: Some(target("https://app.test/hold")) }));
    play.answer(500, "<Say>Moment</Say>").at(600, news(RoomNews::Talk));
    play.at(700, news(RoomNews::Announce { target: target("https://app.test/a") }))
        .answer(800, "<Say>Psst</Say>");
    play.played(2_000).at(2_100, news(RoomNews::Wait));
    insta::assert_snapshot!(play.log);
}

#[test]
fn the_star_leaves_where_the_document_says_so() {
    let mut play = joining("<Dial hangupOnStar='true' action='/done'><Conference>team</Conference></Dial>");
    play.at(200, joined()).at(300, news(RoomNews::Talk)).quiet().keys(900, "1*");
    insta::assert_snapshot!(play.log);
}

#[test]
fn the_time_limit_counts_from_joining() {
    let mut play = joining("<Dial timeLimit='60'><Conference>team</Conference></Dial><Say>Time</Say>");
    play.at(5_000, joined()).at(6_000, news(RoomNews::Talk)).quiet().at(65_000, Event::Timeout);
    insta::assert_snapshot!(play.log);
}

#[test]
fn another_document_takes_the_caller_out() {
    let mut play = joining("<Dial><Conference>team</Conference></Dial>");
    play.at(200, joined()).quiet();
    play.at(900, Event::NewUrl { target: target("https://app.test/new"), fallback: None });
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_phone_that_asks_for_a_transfer_is_taken_out_of_the_conference_where_a_document_for_that_is_named() {
    let asks = || Event::Referred { leg: LegId::FIRST, target: "sip:carol@example.org".into() };
    let mut play = joining("<Dial referUrl='/to'><Conference>team</Conference></Dial><Say>never</Say>");
    play.at(200, joined()).at(9_000, news(RoomNews::Talk));
    play.quiet().at(12_000, asks());
    insta::assert_snapshot!(play.log, @r#"
    12000 Referred { leg: LegId(0), target: "sip:carol@example.org" }
          -> AnswerRefer { leg: LegId(0), status: 202 }
          -> NotifyRefer { leg: LegId(0), status: 200 }
          -> LeaveRoom { leg: LegId(0), reason: Redirected }
          -> Fetch Action https://app.test/to CallStatus=in-progress&Transferor=+32470000001&Transferee=team&ReferTarget=sip:carol@example.org&ReferTransferTarget=sip:carol@example.org&ConferenceSid=CF1
    "#);
    let mut stays = joining("<Dial><Conference>team</Conference></Dial>");
    stays.at(200, joined()).at(9_000, news(RoomNews::Talk)).at(12_000, asks());
    assert!(stays.last.contains(&Action::AnswerRefer { leg: LegId::FIRST, status: 603 }), "{:?}", stays.last);
}
