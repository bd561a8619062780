//! Any payloads through every decoder: at most 60 ms of samples come out of each.
#![no_main]

use flexio_codec::{Decoder, Format, G711, MAX_PACKET_SAMPLES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for format in [Format::G711(G711::ALaw), Format::G711(G711::MuLaw), Format::G722, Format::Opus] {
        let mut decoder = Decoder::new(format).expect("there is memory for one decoder");
        let mut rest = data;
        while let [length, after @ ..] = rest {
            let (payload, later) = after.split_at(usize::from(*length).min(after.len()));
            rest = later;
            let mut samples = [0; MAX_PACKET_SAMPLES];
            if decoder.decode(payload, &mut samples) == 0 {
                let _ = decoder.conceal(&mut samples[..160]);
            }
        }
    }
});
