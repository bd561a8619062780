//! Nodes as documents of the call, and documents as nodes.
//!
//! A document is a list: each verb falls through to the next, and where an answer leads is decided by the application that is asked next. So a
//! document says less than a flow. What of nodes no document can say, and what of a document no node can do, is told.

mod paste;
mod verbs;
mod write;

pub use flexio_markup::Dialect;
pub use paste::{LineRemark, Pasted, from_markup};
pub use write::{MarkupDocument, Written, to_markup};

#[cfg(test)]
mod tests;
