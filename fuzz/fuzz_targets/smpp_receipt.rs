//! Any text as a receipt: no panic, and each field is a piece of the text.
#![no_main]

use flexio_smpp::{IdFormat, ReceiptState, receipt::parse_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let r = parse_text(text);
    for field in [r.id, r.sub, r.dlvrd, r.submit_date, r.done_date, r.stat, r.err, r.text].into_iter().flatten() {
        assert!(text.contains(field));
    }
    let _ = r.stat.map(ReceiptState::from_text);
    for format in [IdFormat::Text, IdFormat::Hex, IdFormat::Decimal] {
        let once = r.id.and_then(|id| format.canonical(id));
        assert_eq!(once, r.id.and_then(|id| format.canonical(id)));
    }
});
