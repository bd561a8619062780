//! Why a plan or numbering file is refused, in a form its author can act on.

use std::ops::Range;

/// A file that cannot be used: where, what is wrong, what to do.
///
/// Displayed as `offer.toml:12:9: the price is not a string; write it as price = "0.095"`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}; {cure}")]
pub struct FileError {
    /// Name the file was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, naming the key.
    pub problem: String,
    /// What the author should do.
    pub cure: String,
}

/// A file being read: its name and text, to turn byte offsets into lines.
#[derive(Clone, Copy)]
pub(crate) struct Source<'s> {
    pub(crate) name: &'s str,
    pub(crate) text: &'s str,
}

impl Source<'_> {
    /// Refuses the file at a byte range of its text.
    pub(crate) fn refuse(
        self,
        span: &Range<usize>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> FileError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        FileError {
            file: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem: problem.into(),
            cure: cure.into(),
        }
    }

    /// Refuses the file for what the TOML reader says of it. Our own messages are `problem; cure`.
    pub(crate) fn refuse_toml(self, error: &toml::de::Error) -> FileError {
        let message = error.message().replace('\n', " ");
        let (problem, cure) = match message.split_once("; ") {
            Some((problem, cure)) => (problem, cure),
            None if message.starts_with("unknown field") => (
                &*message,
                "correct its spelling or remove it: a key that is not understood would be a price not charged",
            ),
            None if message.starts_with("missing field") => {
                (&*message, "add it; docs/tariff.md lists every key")
            }
            None => (&*message, "docs/tariff.md shows how it is written"),
        };
        self.refuse(&error.span().unwrap_or(0..0), problem, cure)
    }
}
