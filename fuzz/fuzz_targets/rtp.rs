//! Any datagram as RTP, and on through the jitter buffer and the receiver of digits.
#![no_main]

use flexio_rtp::{EventReceiver, JitterBuffer, JitterOptions, Packet, Reception, is_rtcp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut buffer = JitterBuffer::new(JitterOptions::default());
    let mut digits = EventReceiver::new(8_000);
    let mut reception = Reception::new(0, 0);
    // The input is a sequence of datagrams, each behind one byte of length.
    let mut rest = data;
    let mut now = 0u32;
    while let [length, after @ ..] = rest {
        let (datagram, later) = after.split_at(usize::from(*length).min(after.len()));
        rest = later;
        now = now.wrapping_add(160);
        let _ = is_rtcp(datagram);
        if let Ok(packet) = Packet::parse(datagram) {
            reception.packet(packet.header.sequence);
            reception.timing(packet.header.timestamp, now);
            buffer.push(now, &packet.header, packet.payload);
            digits.packet(u64::from(now / 8), packet.header.timestamp, packet.payload);
        }
        buffer.pop();
        digits.tick(u64::from(now / 8));
    }
    let _ = reception.report(0, 0);
});
