//! What participants type, and what is announced, as the others read it.

use super::*;

/// What participant `reader` has been shown since it was asked last.
struct Texts(BTreeMap<String, String>);

impl Texts {
    fn read(&mut self, play: &mut Play, ms: u64, event: RoomEvent) {
        play.at(ms, event);
        for action in &play.last {
            if let RoomAction::Text { call_sid, text, .. } = action {
                self.0.entry(call_sid.clone()).or_default().push_str(text);
            }
        }
    }

    fn of(&mut self, call: u32) -> String {
        self.0.remove(&format!("CA{call}")).unwrap_or_default().replace('\u{2028}', "|")
    }
}

fn types(call: u32, text: &str) -> RoomEvent {
    RoomEvent::Text { call_sid: format!("CA{call}"), text: text.replace('|', "\u{2028}") }
}

#[test]
fn what_one_types_is_shown_to_the_others_line_by_line_with_his_label() {
    let mut play = Play::new();
    let mut texts = Texts(BTreeMap::new());
    play.join(0, JoinRoom { label: Some("Anna".into()), ..joins(1) }).join(1, joins(2)).join(2, joins(3));
    texts.read(&mut play, 1_000, types(1, "Dag"));
    // The second waits until she has ended her line.
    texts.read(&mut play, 1_100, types(2, "Ook hal"));
    texts.read(&mut play, 1_200, types(1, "en\u{8}\u{8} allemaal|Hoe"));
    texts.read(&mut play, 1_300, types(2, "lo|"));
    assert_eq!(texts.of(3), "[Anna] Dagen\u{8}\u{8} allemaal|[2] Ook hallo|[Anna] Hoe");
    assert_eq!(texts.of(1), "[2] Ook hallo|");
    assert_eq!(texts.of(2), "[Anna] Dagen\u{8}\u{8} allemaal|Hoe");
    // Nobody erases what another has typed, and who pauses gives way.
    texts.read(&mut play, 1_400, types(3, "\u{8}\u{8}Goed"));
    assert_eq!(play.room.deadline(), Some(Duration::from_millis(3_300)));
    texts.read(&mut play, 3_300, RoomEvent::Timeout);
    assert_eq!(texts.of(1), "[3] Goed");
    assert_eq!(texts.of(2), "|[3] Goed");
}

#[test]
fn nobody_reads_who_is_muted_or_held_and_a_coach_is_read_by_his_pupil_alone() {
    let mut play = Play::new();
    let mut texts = Texts(BTreeMap::new());
    play.join(0, joins(1)).join(1, joins(2)).join(2, JoinRoom { coach: Some("CA1".into()), ..joins(3) });
    texts.read(&mut play, 10, types(3, "Vraag zijn naam|"));
    assert_eq!((texts.of(1), texts.of(2)), ("[3] Vraag zijn naam|".into(), String::new()));
    play.change(20, 2, MemberChange::Mute(true));
    texts.read(&mut play, 30, types(2, "x"));
    play.change(40, 2, MemberChange::Mute(false));
    play.change(50, 1, MemberChange::Hold { on: true, wait: None });
    texts.read(&mut play, 60, types(1, "x"));
    assert_eq!((texts.of(1), texts.of(2), texts.of(3)), (String::new(), String::new(), String::new()));
    texts.read(&mut play, 70, types(2, "Hallo?"));
    assert_eq!((texts.of(1), texts.of(3)), (String::new(), "[2] Hallo?".into()));
}

#[test]
fn text_that_waits_is_limited_and_shown_when_its_typist_goes() {
    let mut play = Play::new();
    let mut texts = Texts(BTreeMap::new());
    play.join(0, joins(1)).join(1, joins(2)).join(2, joins(3));
    texts.read(&mut play, 10, types(1, "Even"));
    texts.read(&mut play, 20, types(2, &"x".repeat(2_000)));
    texts.read(&mut play, 30, types(2, "y"));
    texts.read(&mut play, 40, RoomEvent::Leave { call_sid: "CA2".into(), reason: LeaveReason::HungUp });
    assert_eq!(texts.of(3), format!("[1] Even|[2] {}\u{FFFD}", "x".repeat(1_000)));
    texts.read(&mut play, 50, types(1, " later"));
    assert_eq!(texts.of(3), "|[1]  later");
}

#[test]
fn what_is_announced_is_read_by_all_once_between_their_lines() {
    let mut play = Play::new();
    let mut texts = Texts(BTreeMap::new());
    play.join(0, joins(1)).join(1, joins(2)).join(2, joins(3));
    play.change(5, 3, MemberChange::Hold { on: true, wait: None });
    texts.read(&mut play, 10, types(1, "Ik wou"));
    play.at(20, RoomEvent::Announce { target: target("https://app.test/say") });
    play.answered(30, "<Say loop='2'>Nog vijf minuten</Say><Play>end.wav</Play>");
    for action in &play.last {
        if let RoomAction::Text { call_sid, text, .. } = action {
            texts.0.entry(call_sid.clone()).or_default().push_str(text);
        }
    }
    assert_eq!(texts.of(2), "[1] Ik wou|Nog vijf minuten|");
    assert_eq!(texts.of(1), "Nog vijf minuten|");
    assert_eq!(texts.of(3), "", "who is held does not hear it either");
    play.played(1_000);
    assert!(!play.last.iter().any(|action| matches!(action, RoomAction::Text { .. })), "shown once");
    // He goes on, in a line of his own, and cannot take back what he did not type.
    texts.read(&mut play, 1_040, types(1, "\u{8} zeggen"));
    assert_eq!(texts.of(2), "[1]  zeggen");
}
