//! Any octets as an incoming message: no panic, and a text in the GSM alphabet can be planned again.
#![no_main]

use flexio_messaging::{PlanOptions, mo, plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (data_coding, has_udh, octets) = input;
    for default in [mo::DefaultAlphabet::Gsm7, mo::DefaultAlphabet::Gsm7Packed, mo::DefaultAlphabet::Latin1] {
        let text = mo::read(octets, data_coding, has_udh, default).units.to_text();
        if let Ok(planned) = plan(&text, PlanOptions::default()) {
            assert!(!planned.segments.is_empty());
        }
    }
});
