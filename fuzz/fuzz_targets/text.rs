//! No stream of packets may make the reader of real-time text panic, nor show text that is not whole characters.
#![no_main]

use flexio_rtp::{Packet, TextReceiver, TextTypes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut receiver = TextReceiver::new(TextTypes { text: 98, red: Some(99) });
    for packet in data.split(|byte| *byte == b'|').filter_map(|bytes| Packet::parse(bytes).ok()) {
        receiver.push(&packet, |piece| assert!(!piece.is_empty() && !piece.contains('\u{FEFF}')));
    }
});
