use flexio_codec::{G711, render_digit};
use flexio_media::{Command, DtmfVia, Event};
use flexio_rtp::{EventReceiver, EventSender, event_of_digit};

use crate::peer::*;

fn digit(event: &Event) -> Option<(char, DtmfVia)> {
    match event {
        Event::Dtmf { digit, via, .. } => Some((*digit, *via)),
        _ => None,
    }
}

/// Presses a key as RFC 4733 events; `lose` says which packets do not arrive.
pub fn press(phone: &mut Phone, to: std::net::SocketAddr, key: char, lose: impl Fn(usize) -> bool) {
    let mut sender = EventSender::new(event_of_digit(key).unwrap(), phone.header.timestamp, 800);
    let mut count = 0;
    while let Some(packet) = sender.next(160) {
        let mut header = phone.header;
        (header.payload_type, header.marker, header.timestamp) = (101, packet.marker, packet.timestamp);
        if !lose(count) {
            phone.send_raw(to, &header, &packet.payload);
        }
        count += 1;
        phone.step();
        phone.hear_for_a_frame();
    }
}

#[test]
fn keys_are_told_once_even_without_their_end_packets() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    for key in "159#D".chars() {
        press(&mut phone, session.local_rtp, key, |count| key == '5' && count >= 4);
        assert_eq!(bench.wait(digit), (key, DtmfVia::Rfc4733));
    }
    bench.send(session, Command::Close);
    bench.wait(|event| {
        assert_eq!(digit(event), None);
        matches!(event, Event::Closed { .. }).then_some(())
    });
    bench.media.stop();
}

#[test]
fn digits_go_out_as_events_with_their_pauses() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    bench.send(session, Command::SendDtmf { digits: "12w#".into() });
    bench.wait(|event| matches!(event, Event::DtmfSent { token: 1 }).then_some(()));
    phone.hear_one(std::time::Duration::from_millis(100));
    while phone.hear_one(std::time::Duration::from_millis(1)) {}
    let mut receiver = EventReceiver::new(8_000);
    let mut heard = String::new();
    for (index, (header, payload)) in phone.heard.iter().enumerate() {
        if header.payload_type == 101 {
            heard.extend(receiver.packet(index as u64 * 20, header.timestamp, payload).map(|key| key.digit));
        }
    }
    assert_eq!(heard, "12#");
    for pair in phone.heard.windows(2) {
        assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1));
    }
    bench.media.stop();
}

#[test]
fn without_telephone_event_digits_go_out_as_tones() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::MuLaw);
    let session = bench.open(1);
    let mut negotiated = phone.negotiated();
    negotiated.send_telephone_event = None;
    bench.send(session, Command::SetRemote(negotiated));
    bench.send(session, Command::SendDtmf { digits: "7*".into() });
    bench.wait(|event| matches!(event, Event::DtmfSent { .. }).then_some(()));
    phone.hear(25);
    let mut detector = flexio_codec::DtmfDetector::new();
    let heard: String =
        phone.samples().chunks(160).filter_map(|frame| detector.listen(frame)).map(|key| key.digit).collect();
    assert_eq!(heard, "7*");
    bench.media.stop();
}

#[test]
fn tones_in_the_audio_are_told_when_asked_for() {
    let bench = Bench::new(|_| {});
    let mut phone = Phone::new(G711::ALaw);
    let session = bench.call(1, &mut phone);
    bench.send(session, Command::CollectDtmf { inband: true });
    for key in "42#".chars() {
        let samples = render_digit(key, 100, 140).unwrap();
        phone.talk(session.local_rtp, 12, |frame| {
            let at = frame as usize * 160;
            samples[at..at + 160].try_into().unwrap()
        });
        assert_eq!(bench.wait(digit), (key, DtmfVia::Inband));
    }
    bench.media.stop();
}
