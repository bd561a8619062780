//! Documents in, trees and warnings out.

mod content;
mod hostile;
mod outside;
mod properties;
mod verbs;

use flexio_markup::{Dialect, Document, Kind, Limits, ParseError, parse};

pub fn read_as(text: &str, kind: Kind, dialect: Dialect) -> Result<Document, ParseError> {
    parse(text.as_bytes(), kind, dialect, &Limits::default())
}

pub fn read(text: &str) -> Document {
    read_as(text, Kind::Voice, Dialect::Auto).expect("the document parses")
}

/// One line per verb and warning, for snapshots.
pub fn show(document: &Document) -> String {
    let mut lines: Vec<String> = document.steps.iter().map(|s| format!("{}: {:?}", s.line, s.verb)).collect();
    lines.extend(document.warnings.iter().map(|w| format!("! {w}")));
    lines.join("\n")
}
