//! RCML and TwiML documents as one typed instruction tree, by dialect.
//!
//! Owns: reading a document (XML or another content type) into [`Document`], every verb and
//! attribute of both dialects, the limits that make a hostile document harmless, warnings with
//! their notification codes, printing back to XML, resolving URLs and language codes.
//!
//! Does not own: fetching documents, executing verbs, knowing accounts, numbers or calls.
//!
//! Invariants:
//! - Parsing never panics and takes time and memory bounded by [`Limits`].
//! - A document that parses holds only usable values: bad ones were replaced by their defaults
//!   and left a [`Warning`].
//! - `parse(print(d))` gives `d` again, but for line numbers and warnings.
//! - No DTD, no entity but the five of XML and character references, nothing external.
//!
//! Start reading at [`parse`], then [`verbs::Verb`].

pub mod dial;
pub mod keys;
pub mod language;
pub mod queue;
pub mod verbs;

mod attributes;
mod content;
mod document;
mod element;
mod print;
mod read;
mod read_dial;
mod readable;
mod resolve;
mod speech;
mod vocabulary;
mod warning;

pub use attributes::Word;
pub use content::{Body, InterpretError, interpret};
pub use document::{Dialect, Document, Kind, Limits, parse};
pub use element::ParseError;
pub use keys::{Key, KeySet};
pub use print::print;
pub use readable::{lost, print_readable};
pub use resolve::{ResolveError, resolve, resolve_stream};
pub use verbs::*;
pub use vocabulary::vocabulary;
pub use warning::{Code, Warning};
