//! Real-time text between phones and with an application (RFC 4103), over a link that loses packets.

use std::collections::HashMap;
use std::time::Duration;

use flexio_sip::{Event, ExtraHeaders, InviteRequest, LegId, NameAddr, Uri};
use flexio_voice_node::config::TextUse;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::phones::{PASSWORD, Phone, SDP, client, login};
use crate::platform::Platform;

/// A text phone of its own making: payload types 96 (text) and 97 (redundancy), two generations.
struct TextPhone {
    socket: UdpSocket,
    to: u16,
    /// Payload types the platform reads: redundancy and text.
    numbers: (u8, u8),
    sequence: u16,
    /// Newest first.
    sent: [String; 2],
    expected: Option<u16>,
    shown: String,
    packets: usize,
}

impl TextPhone {
    async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (sent, shown) = ([String::new(), String::new()], String::new());
        Self { socket, to: 0, numbers: (0, 0), sequence: 65_530, sent, expected: None, shown, packets: 0 }
    }

    fn sdp(&self) -> String {
        let port = self.socket.local_addr().unwrap().port();
        format!(
            "{SDP}m=text {port} RTP/AVP 97 96\r\na=rtpmap:96 t140/1000\r\na=rtpmap:97 red/1000\r\na=fmtp:97 96/96/96\r\n"
        )
    }

    /// Reads where the platform wants text.
    fn learn(&mut self, sdp: &[u8]) {
        let text = String::from_utf8_lossy(sdp).into_owned();
        let line = text.lines().find(|line| line.starts_with("m=text ")).expect("a text stream");
        let words: Vec<u16> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        let number = |at: usize| u8::try_from(words[at]).unwrap();
        (self.to, self.numbers) = (words[0], (number(1), number(2)));
        assert!(self.to != 0, "text was refused: {text}");
        assert!(text.contains("t140/1000") && text.contains("red/1000"), "{text}");
    }

    /// Types, a packet for each word; a packet whose word is marked by `!` is lost on the way.
    async fn types(&mut self, words: &[&str]) {
        for word in words.iter().chain(&["", ""]) {
            let (is_lost, word) = (word.starts_with('!'), word.trim_start_matches('!'));
            let (red, t140) = self.numbers;
            let mut packet = vec![0x80, red];
            packet.extend(self.sequence.to_be_bytes());
            packet.extend([0, 0, 0, 0, 0, 0, 0, 7]);
            for (ages, earlier) in [(2, &self.sent[1]), (1, &self.sent[0])] {
                let fields = (ages * 300_u32) << 10 | u32::try_from(earlier.len()).unwrap();
                packet.push(0x80 | t140);
                packet.extend(&fields.to_be_bytes()[1..]);
            }
            packet.push(t140);
            for text in [&self.sent[1], &self.sent[0], &word.to_owned()] {
                packet.extend(text.as_bytes());
            }
            if !is_lost {
                self.socket.send_to(&packet, ("127.0.0.1", self.to)).await.unwrap();
            }
            self.sequence = self.sequence.wrapping_add(1);
            self.sent.swap(0, 1);
            word.clone_into(&mut self.sent[0]);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Reads until this is shown; packets of these numbers, counted from 0, are lost on the way.
    async fn is_shown(&mut self, wanted: &str, lost: &[usize]) {
        let mut packet = [0; 1_500];
        while !self.shown.contains(wanted) {
            let read = timeout(Duration::from_secs(10), self.socket.recv(&mut packet)).await;
            let length = read.unwrap_or_else(|_| panic!("only {:?} was shown", self.shown)).unwrap();
            let number = self.packets;
            self.packets += 1;
            if !lost.contains(&number) {
                self.show(&packet[..length]);
            }
        }
    }

    fn show(&mut self, packet: &[u8]) {
        assert_eq!((packet[0], packet[1] & 0x7F), (0x80, 97));
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let missing = self.expected.map_or(0, |expected| sequence.wrapping_sub(expected));
        self.expected = Some(sequence.wrapping_add(1));
        let (mut lengths, mut at) = (vec![], 12);
        while packet[at] & 0x80 != 0 {
            assert_eq!(packet[at], 0x80 | 0x60);
            lengths.push(usize::from(u16::from_be_bytes([packet[at + 2] & 3, packet[at + 3]])));
            at += 4;
        }
        assert_eq!((packet[at], lengths.len()), (96, 2));
        at += 1;
        for (generation, length) in (1..=2).rev().zip(lengths) {
            if generation <= missing {
                self.shown.push_str(std::str::from_utf8(&packet[at..at + length]).unwrap());
            }
            at += length;
        }
        self.shown.push_str(std::str::from_utf8(&packet[at..]).unwrap());
    }
}

/// The two are connected: what one types is shown to the other.
async fn reaches(from: &mut TextPhone, to: &mut TextPhone) {
    while to.shown.is_empty() {
        from.types(&["."]).await;
        let _ = timeout(Duration::from_millis(400), to.is_shown(".", &[])).await;
    }
}

async fn phone(platform: &Platform, user: &str, voice: Option<&str>) -> Phone {
    client(platform, user, voice).await;
    let mut phone = Phone::start(None).await;
    assert_eq!(phone.register(platform, user, PASSWORD).await, 200);
    phone
}

async fn calls(
    platform: &Platform,
    phone: &mut Phone,
    text: &mut TextPhone,
    (user, to): (&str, &str),
) -> LegId {
    let from = NameAddr::new(Uri::sip(Some(user), "127.0.0.1", None).unwrap());
    let to = Uri::sip(Some(to), "127.0.0.1", None).unwrap();
    let mut request = InviteRequest::new(to, from, phone.way_to(platform), text.sdp().as_bytes());
    request.login = Some(login(user, PASSWORD));
    phone.invite(request);
    let (leg, sdp) = phone
        .until(|_, _, event| match event {
            Event::Answered { leg, response, .. } => Some((*leg, response.sdp().unwrap().to_vec())),
            _ => None,
        })
        .await;
    text.learn(&sdp);
    leg
}

/// Answers a call that offers text; without a text phone of its own the stream is refused.
async fn answers(phone: &mut Phone, text: Option<&mut TextPhone>) -> (LegId, String) {
    let (leg, offer) = phone
        .until(|_, _, event| match event {
            Event::Incoming(incoming) => Some((incoming.leg, incoming.request.sdp().unwrap().to_vec())),
            _ => None,
        })
        .await;
    let sdp = match text {
        Some(text) => {
            text.learn(&offer);
            text.sdp()
        }
        None => format!("{SDP}m=text 0 RTP/AVP 99 98\r\n"),
    };
    phone.act(|end, now| end.answer(now, leg, sdp.as_bytes(), &ExtraHeaders::new()).unwrap());
    phone.until(|_, _, event| matches!(event, Event::Confirmed { .. }).then_some(())).await;
    (leg, String::from_utf8(offer).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_type_to_each_other_over_links_that_lose_packets_and_the_application_reads() {
    let platform = Platform::start().await;
    let mut alice = phone(&platform, "alice", Some("alice")).await;
    let mut bob = phone(&platform, "bob", None).await;
    platform.answers(
        "alice",
        r#"<Say>Welkom.</Say><Dial><Client statusCallback="/typed" statusCallbackEvent="text">bob</Client></Dial>"#,
    );
    let (mut hers, mut his) = (TextPhone::new().await, TextPhone::new().await);
    let (leg, _) = tokio::join!(
        calls(&platform, &mut alice, &mut hers, ("alice", "600")),
        answers(&mut bob, Some(&mut his)),
    );
    // What is said to her is shown to her.
    hers.is_shown("Welkom.\u{2028}", &[]).await;
    reaches(&mut hers, &mut his).await;
    hers.types(&["Goede", "!mid", "!dag", ", dit ", "is €5"]).await;
    his.is_shown("Goedemiddag, dit is €5", &[]).await;
    for word in ["Dank", " u", " wel", "\u{2028}"] {
        his.types(&[word]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    hers.is_shown("Dank u wel\u{2028}", &[4, 5]).await;
    assert!(!hers.shown.contains('\u{FFFD}') && !his.shown.contains('\u{FFFD}'));
    alice.hang_up(leg).await;
    bob.over().await;
    // It is his leg that asked for text.
    let his_leg = platform.finished_calls().await[1].sid.to_string();
    let told = platform.app.store.callbacks_about(platform.account.sid, &his_leg).await.unwrap();
    let told: Vec<HashMap<_, _>> = told.into_iter().map(|told| told.params.into_iter().collect()).collect();
    let text: String = told.iter().map(|params| params["Text"].as_str()).collect();
    assert_eq!(text, "Dank u wel\u{2028}");
    assert!(
        told.iter().all(|params| params["CallEvent"] == "text" && params["To"] == "client:bob"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_type_is_called_without_text_and_a_phone_that_refuses_it_talks() {
    let platform = Platform::start().await;
    let mut alice = phone(&platform, "alice", None).await;
    let mut bob = phone(&platform, "bob", None).await;
    let (called, (_, offer)) = tokio::join!(alice.call(&platform, "alice", "bob"), answers(&mut bob, None));
    assert!(!offer.contains("m=text"), "{offer}");
    let ((), _) = tokio::join!(alice.hang_up(called.unwrap()), bob.over());
    let mut hers = TextPhone::new().await;
    let (leg, (_, offer)) =
        tokio::join!(calls(&platform, &mut alice, &mut hers, ("alice", "bob")), answers(&mut bob, None),);
    assert!(offer.contains("m=text"), "{offer}");
    // Nobody reads it, which is no fault of the call.
    hers.types(&["Hallo?"]).await;
    let ((), _) = tokio::join!(alice.hang_up(leg), bob.over());
    assert_eq!(platform.finished_calls().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_are_asked_whether_they_type_where_the_operator_says_so_and_nobody_types_where_he_says_no() {
    for (how, asked) in [(TextUse::Offer, true), (TextUse::Off, false)] {
        let platform = Platform::start_with(|config| config.media.real_time_text = how).await;
        let mut alice = phone(&platform, "alice", None).await;
        let mut bob = phone(&platform, "bob", None).await;
        let (called, (_, offer)) =
            tokio::join!(alice.call(&platform, "alice", "bob"), answers(&mut bob, None));
        assert_eq!(offer.contains("m=text"), asked, "{offer}");
        let ((), _) = tokio::join!(alice.hang_up(called.unwrap()), bob.over());
        platform.finished_calls().await;
    }
}

/// Phones of these users, each with a text phone, whose calls are answered by the same document.
async fn typists<const N: usize>(platform: &Platform, users: [&str; N], documents: [&str; N]) -> Vec<Typist> {
    let mut all = Vec::new();
    for (user, document) in users.into_iter().zip(documents) {
        platform.answers(user, document);
        let mut phone = phone(platform, user, Some(user)).await;
        let mut text = TextPhone::new().await;
        let leg = calls(platform, &mut phone, &mut text, (user, "600")).await;
        all.push(Typist { phone, text, leg });
    }
    all
}

struct Typist {
    phone: Phone,
    text: TextPhone,
    leg: LegId,
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_conference_each_reads_the_others_with_their_labels() {
    let platform = Platform::start().await;
    let room =
        |label: &str| format!(r#"<Dial><Conference waitUrl="" beep="false"{label}>team</Conference></Dial>"#);
    let documents = [room(r#" participantLabel="Anna""#), room(""), room("")];
    let mut all =
        typists(&platform, ["anna", "bert", "cleo"], documents.each_ref().map(String::as_str)).await;
    let [anna, bert, cleo] = &mut all[..] else { panic!("three") };
    while !cleo.text.shown.contains("[Anna] .") {
        anna.text.types(&["."]).await;
        let _ = timeout(Duration::from_millis(400), cleo.text.is_shown("[Anna] .", &[])).await;
    }
    anna.text.types(&["Goede", "!mid", "!dag", "\u{2028}"]).await;
    bert.text.types(&["Dag", " Anna"]).await;
    cleo.text.is_shown("Goedemiddag\u{2028}[2] Dag Anna", &[]).await;
    bert.text.is_shown("Goedemiddag\u{2028}", &[]).await;
    anna.text.is_shown("[2] Dag Anna", &[]).await;
    assert!(!anna.text.shown.contains("Goede") && !bert.text.shown.contains("Dag"), "nobody reads himself");
    for Typist { phone, leg, .. } in &mut all {
        phone.hang_up(*leg).await;
    }
    platform.ended_conference().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_served_from_a_queue_and_who_serves_read_each_other() {
    let platform = Platform::start().await;
    let documents = ["<Enqueue waitUrl=\"\">help</Enqueue>", "<Dial><Queue>help</Queue></Dial>"];
    let mut all = typists(&platform, ["anna", "bert"], documents).await;
    let [anna, bert] = &mut all[..] else { panic!("two") };
    reaches(&mut anna.text, &mut bert.text).await;
    bert.text.types(&["Waarmee kan ik helpen?"]).await;
    anna.text.is_shown("Waarmee kan ik helpen?", &[]).await;
    anna.text.types(&["Ik hoor niet."]).await;
    bert.text.is_shown("Ik hoor niet.", &[]).await;
    for Typist { phone, leg, .. } in &mut all {
        phone.hang_up(*leg).await;
    }
    platform.finished_calls().await;
}
