use std::net::UdpSocket;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use flexio_media::{
    Command, Event, EventSink, Media, MediaConfig, MixMember, PlayMode, PlaySource, Session, SessionOptions,
    Tone,
};
use flexio_sdp::{Codec, Direction};
use flexio_webrtc::{Accepted, Gateway, GatewayConfig, TextReader};
use str0m::media::Direction as RtcDirection;

use crate::browser::Browser;

const CODECS: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu];
const PATIENCE: Duration = Duration::from_secs(20);

struct Bench {
    media: Media,
    gateway: Gateway,
    events: Receiver<Event>,
}

impl Bench {
    fn new() -> Self {
        let (sink, events) = EventSink::channel(10_000);
        let media = Media::start(MediaConfig { threads: 2, ..MediaConfig::default() }, sink).unwrap();
        Self { media, gateway: Gateway::start(GatewayConfig::default()).unwrap(), events }
    }

    /// A browser that calls us.
    fn call(&self, token: u64, browser: &mut Browser) -> (Session, Accepted) {
        let session = self.media.open(token, SessionOptions::default()).unwrap();
        let (accepted, answer) =
            self.gateway.answer(&browser.offer(), &CODECS, session.local_rtp.port()).unwrap();
        browser.accept(&answer);
        self.media.send(session.id, Command::SetRemote(accepted.phone)).unwrap();
        connect(browser);
        (session, accepted)
    }

    fn stop(self) {
        self.gateway.stop();
        self.media.stop();
    }
}

fn connect(browser: &mut Browser) {
    let end = Instant::now() + PATIENCE;
    while !browser.is_up {
        assert!(Instant::now() < end, "no connection");
        browser.live(20);
    }
}

/// Both live at once.
fn live(one: &mut Browser, two: &mut Browser, milliseconds: u64) {
    std::thread::scope(|scope| {
        scope.spawn(|| one.live(milliseconds));
        scope.spawn(|| two.live(milliseconds));
    });
}

/// Amplitude of a frequency (Goertzel).
fn level(samples: &[i16], hz: f64) -> f64 {
    let step = std::f64::consts::TAU * hz / 8_000.0;
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (2.0f64.mul_add(step.cos() * one, f64::from(*sample)) - two, one);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of samples")]
    let length = samples.len().max(1) as f64;
    2.0 * (one * one + two * two - 2.0 * step.cos() * one * two).max(0.0).sqrt() / length
}

#[test]
fn a_browser_hears_a_prompt_in_every_codec() {
    for codec in CODECS {
        let bench = Bench::new();
        let mut browser = Browser::new(codec, 500.0);
        let (session, accepted) = bench.call(1, &mut browser);
        assert_eq!(accepted.phone.codec, codec);
        let source = PlaySource::Tone(Tone::Beep, 5_000);
        let play = Command::Play { play_id: 1, source, loops: 1, mode: PlayMode::Queue };
        bench.media.send(session.id, play).unwrap();
        browser.live(300);
        browser.heard.clear();
        browser.live(1_000);
        assert!(browser.heard.len() > 6_000, "{codec:?}: {} samples", browser.heard.len());
        assert!(level(&browser.heard, 1_000.0) > 3_000.0, "{codec:?}");
        bench.stop();
    }
}

#[test]
fn browsers_of_one_codec_and_of_two_hear_each_other_through_a_bridge_and_in_a_mix() {
    for codecs in [[Codec::Opus, Codec::Opus], [Codec::Opus, Codec::Pcma]] {
        let bench = Bench::new();
        let (mut one, mut two) = (Browser::new(codecs[0], 500.0), Browser::new(codecs[1], 800.0));
        let (a, _) = bench.call(1, &mut one);
        let (b, _) = bench.call(2, &mut two);
        let mix = bench.media.open_mix(9).unwrap();
        for joined in [false, true] {
            if joined {
                for session in [a, b] {
                    let join = Command::JoinMix { mix, member: MixMember::default() };
                    bench.media.send(session.id, join).unwrap();
                }
            } else {
                bench.media.send(a.id, Command::Bridge { peer: b.id, relay_dtmf: true }).unwrap();
            }
            live(&mut one, &mut two, 500);
            one.heard.clear();
            two.heard.clear();
            live(&mut one, &mut two, 1_000);
            let levels = [level(&one.heard, 800.0), level(&two.heard, 500.0)];
            assert!(levels.iter().all(|level| *level > 3_000.0), "{codecs:?} {joined}: {levels:?}");
            let own = [level(&one.heard, 500.0), level(&two.heard, 800.0)];
            assert!(own.iter().all(|level| *level < 600.0), "{codecs:?} {joined}: {own:?}");
        }
        bench.stop();
    }
}

#[test]
fn a_browser_is_called_put_on_hold_by_itself_and_by_us_and_leaves() {
    let bench = Bench::new();
    let mut browser = Browser::new(Codec::Opus, 500.0);
    let session = bench.media.open(1, SessionOptions::default()).unwrap();
    let (offer, text) = bench.gateway.offer(&CODECS, session.local_rtp.port(), false).unwrap();
    assert!(
        text.contains(&format!(
            "m=audio {} UDP/TLS/RTP/SAVPF 111 9 8 0 110 126",
            bench.gateway.address().port()
        )),
        "{text}"
    );
    let accepted = bench.gateway.accept(offer, &browser.answer(&text)).unwrap();
    bench.media.send(session.id, Command::SetRemote(accepted.phone)).unwrap();
    connect(&mut browser);
    browser.live(200);
    let started = |event: &Event| matches!(event, Event::MediaStarted { token: 1, .. });
    assert!(bench.events.iter().any(|event| started(&event)));
    for (asked, agreed) in
        [(RtcDirection::SendOnly, Direction::RecvOnly), (RtcDirection::SendRecv, Direction::SendRecv)]
    {
        let (held, answer) = bench.gateway.reoffer(&accepted, &browser.reoffer(asked), &CODECS).unwrap();
        browser.accept(&answer);
        assert_eq!((held.phone.direction, held.phone.remote), (agreed, accepted.phone.remote));
        browser.live(100);
    }
    for (asked, agreed) in
        [(Direction::SendOnly, Direction::SendOnly), (Direction::SendRecv, Direction::SendRecv)]
    {
        let offer = bench.gateway.change(&accepted, asked).unwrap();
        let answer = browser.answer(&offer);
        let held = bench.gateway.changed(&accepted, &answer, &CODECS).unwrap();
        assert_eq!((held.phone.direction, held.phone.remote), (agreed, accepted.phone.remote));
        browser.live(100);
        assert!(bench.gateway.changed(&accepted, &answer, &CODECS).is_err(), "an answer to no offer");
    }
    assert_eq!(bench.gateway.open_sessions(), 1);
    browser.leave();
    let end = Instant::now() + PATIENCE;
    while bench.gateway.open_sessions() > 0 {
        assert!(Instant::now() < end, "the session did not end with its browser");
        browser.live(20);
    }
    bench.stop();
}

#[test]
fn strangers_are_not_heard_and_nothing_is_left_after_the_end() {
    let bench = Bench::new();
    let mut browser = Browser::new(Codec::Pcma, 500.0);
    let (session, accepted) = bench.call(1, &mut browser);
    browser.live(200);
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let plain = [&[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7][..], &[0x55; 160]].concat();
    let stun = [&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[9; 12]].concat();
    let dtls = [&[22, 0xFE, 0xFD][..], &[1; 60]].concat();
    for bytes in [&plain, &stun, &dtls, &vec![], &vec![0xFF; 1_400]] {
        for to in [bench.gateway.address(), accepted.phone.remote, session.local_rtp] {
            for _ in 0..20 {
                stranger.send_to(bytes, to).unwrap();
            }
        }
    }
    browser.live(500);
    stranger.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(stranger.recv_from(&mut [0; 100]).is_err(), "the stranger got an answer");
    bench.gateway.close(accepted.id);
    bench.media.send(session.id, Command::Close).unwrap();
    let stats = bench.events.iter().find_map(|event| match event {
        Event::Closed { token: 1, stats } => Some(stats),
        _ => None,
    });
    let stats = stats.unwrap();
    assert!(stats.packets_received >= 20 && stats.packets_received <= 60, "{stats:?}");
    let end = Instant::now() + PATIENCE;
    while bench.gateway.open_sessions() > 0 || bench.media.open_sessions() > 0 {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    bench.stop();
}

#[test]
fn what_is_no_offer_for_us_is_refused_and_places_are_limited() {
    let gateway = Gateway::start(GatewayConfig { max_sessions: 1, ..GatewayConfig::default() }).unwrap();
    let media = 4_000;
    for offer in
        ["", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"]
    {
        assert!(gateway.answer(offer, &CODECS, media).is_err(), "{offer}");
    }
    let mut browser = Browser::new(Codec::Opus, 500.0);
    assert!(gateway.answer(&browser.offer(), &[Codec::Pcma], media).is_err());
    let mut browser = Browser::new(Codec::Opus, 500.0);
    gateway.answer(&browser.offer(), &CODECS, media).unwrap();
    let end = Instant::now() + PATIENCE;
    while gateway.open_sessions() < 1 {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    let mut another = Browser::new(Codec::Opus, 500.0);
    assert!(gateway.answer(&another.offer(), &CODECS, media).is_err());
    gateway.stop();
}

#[test]
fn a_browser_types_and_reads_in_a_channel_that_it_or_we_have_opened() {
    for opens in [true, false] {
        let bench = Bench::new();
        let mut browser = Browser::new(Codec::Opus, 500.0);
        browser.types = opens;
        let session = bench.media.open(1, SessionOptions::default()).unwrap();
        let port = session.local_rtp.port();
        let accepted = if opens {
            let (accepted, answer) = bench.gateway.answer(&browser.offer(), &CODECS, port).unwrap();
            browser.accept(&answer);
            accepted
        } else {
            let (offer, text) = bench.gateway.offer(&CODECS, port, true).unwrap();
            bench.gateway.accept(offer, &browser.answer(&text)).unwrap()
        };
        let (typed, told) = std::sync::mpsc::channel();
        bench.gateway.read_text(accepted.id, TextReader::new(move |text| drop(typed.send(text))));
        // Before there is a channel it waits.
        bench.gateway.write_text(accepted.id, "Dag ");
        connect(&mut browser);
        let end = Instant::now() + PATIENCE;
        while browser.read != "Dag " {
            assert!(Instant::now() < end, "nothing is read: {:?}", browser.read);
            browser.live(20);
        }
        browser.type_text("Goede");
        browser.type_text("dag\u{2028}");
        bench.gateway.write_text(accepted.id, "Marie");
        while browser.read != "Dag Marie" {
            assert!(Instant::now() < end, "{:?}", browser.read);
            browser.live(20);
        }
        let read = |longest| {
            let mut read = String::new();
            while let Ok(text) = told.recv_timeout(Duration::from_millis(longest)) {
                read.push_str(&text);
            }
            read
        };
        assert_eq!(read(200), "Goededag\u{2028}");
        // Nobody types so much.
        browser.type_text(&"x".repeat(5_000));
        browser.live(300);
        let flood = read(200);
        assert!(flood.ends_with('\u{FFFD}') && flood.len() < 2_100, "{}", flood.len());
        bench.stop();
    }
}
