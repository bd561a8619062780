//! Any bytes as a document: no panic, and what is read prints back to itself.
#![no_main]

use flexio_markup::{Dialect, DialTo, Document, Kind, Limits, Verb, parse, print};
use libfuzzer_sys::fuzz_target;

/// Lines are not printed, so they are not compared.
fn verbs(document: Document) -> Vec<Verb> {
    let unlined = |verb| match verb {
        Verb::Dial(mut dial) => {
            if let DialTo::Parties(parties) = &mut dial.to {
                for party in parties {
                    party.line = 0;
                }
            }
            Verb::Dial(dial)
        }
        other => other,
    };
    document.steps.into_iter().map(|step| unlined(step.verb)).collect()
}

fuzz_target!(|body: &[u8]| {
    // The printed form is longer than what was read: it must not meet the limits of the first reading.
    let roomy = Limits { bytes: 1 << 20, elements: 5_000, ..Limits::default() };
    for kind in [Kind::Voice, Kind::Messaging] {
        if let Ok(document) = parse(body, kind, Dialect::Auto, &Limits::default()) {
            let printed = print(&document);
            let again = parse(printed.as_bytes(), kind, document.dialect, &roomy).expect("what we print, we read");
            assert_eq!(verbs(document), verbs(again), "{printed}");
        }
    }
});
