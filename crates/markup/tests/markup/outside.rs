//! The documents of the original platform's own tests, when they are at hand.

use std::path::PathBuf;

use flexio_markup::{Dialect, Kind, Limits, Verb, parse, print};

fn folder() -> PathBuf {
    let root = PathBuf::from("../..");
    let shared = std::env::var("FLEXIO_SHARED").map_or_else(|_| PathBuf::from("../shared"), PathBuf::from);
    root.join(shared).join("testdata/rcml")
}

#[test]
fn every_document_of_the_original_platform_reads_and_prints_back() {
    let Ok(entries) = std::fs::read_dir(folder()) else {
        println!("outside vectors absent");
        return;
    };
    let (mut documents, mut verbs, mut others) = (0, 0, 0);
    for entry in entries {
        let path = entry.unwrap().path();
        let body = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = if name.contains("redirect-sms") { Kind::Messaging } else { Kind::Voice };
        let limits = Limits { elements: 5_000, ..Limits::default() };
        match parse(&body, kind, Dialect::Rcml, &limits) {
            Ok(document) => {
                documents += 1;
                verbs += document.steps.len();
                assert!(!document.steps.is_empty(), "{name}: {:?}", document.warnings);
                let again = parse(print(&document).as_bytes(), kind, Dialect::Rcml, &limits).unwrap();
                let plain =
                    |d: &flexio_markup::Document| d.steps.iter().map(|s| s.verb.clone()).collect::<Vec<_>>();
                let strip = |verbs: Vec<Verb>| {
                    verbs.into_iter().map(super::properties::without_lines).collect::<Vec<_>>()
                };
                assert_eq!(strip(plain(&document)), strip(plain(&again)), "{name}");
            }
            // Configuration files of the platform lie among the documents: well-formed XML that is
            // refused for its root, with its place.
            Err(error) => {
                others += 1;
                assert!(error.text.contains("not `<Response>`"), "{name}: {error}");
                assert!(!String::from_utf8_lossy(&body).contains("<Response"), "{name}: {error}");
            }
        }
    }
    println!("{documents} documents, {verbs} verbs, {others} configuration files");
    assert!(documents >= 30 && documents + others == 72, "{documents} + {others}");
}
