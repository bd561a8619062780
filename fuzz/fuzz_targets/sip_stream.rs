//! Any bytes as a stream, cut anywhere: no panic, and the cut does not change which messages come out.
#![no_main]

use flexio_sip::{Frame, StreamFramer};
use libfuzzer_sys::fuzz_target;

/// Messages in order, and whether framing was lost; keep-alives depend on the cut and are left out.
fn read(pieces: &[&[u8]]) -> (Vec<Option<Vec<u8>>>, bool) {
    let mut framer = StreamFramer::new();
    let (mut messages, mut lost) = (Vec::new(), false);
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.next_frame() {
            match frame {
                Frame::Message(message) => messages.push(Some(message.to_bytes())),
                Frame::Malformed(_) => messages.push(None),
                Frame::Lost(_) => lost = true,
                Frame::KeepAlive => {}
            }
        }
    }
    (messages, lost)
}

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    // Beyond the limit of headers the loss is seen earlier or later, as the pieces fall.
    if bytes.len() < 30_000 {
        let (a, b) = bytes.split_at(usize::from(cut).min(bytes.len()));
        assert_eq!(read(&[bytes]), read(&[a, b]));
    }
});
