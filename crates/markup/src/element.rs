//! XML into a small tree with positions.

use crate::document::Limits;
use crate::warning::Warning;

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} (line {line}, column {column})")]
pub struct ParseError {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// One sentence.
    pub text: String,
}

impl ParseError {
    pub(crate) fn limit(what: &str, limit: usize) -> Self {
        Self { line: 1, column: 1, text: format!("the document has more than {limit} {what}") }
    }
}

#[derive(Debug)]
pub(crate) struct Element {}

pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<(Element, Vec<Warning>), ParseError> {
    if body.len() > limits.bytes {
        return Err(ParseError::limit("bytes", limits.bytes));
    }
    Ok((Element {}, Vec::new()))
}
