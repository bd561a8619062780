//! Flows: applications that are drawn instead of programmed.
//!
//! Owns: the document and its JSON Schema ([`Flow`], [`schema`]), the kinds of nodes and their ports ([`nodes`]), the form of tests
//! ([`scenario`]).
//! Does not own: how flows and executions are kept (`app`, `store`), who carries out what a flow says (the nodes of the platform).
//!
//! Invariants
//! - No clock, randomness, file or socket: time and chance are arguments.
//!
//! Start reading at [`document`]; docs/flows.md is the customer's view.

pub mod document;
pub mod nodes;
pub mod scenario;
mod schema;

pub use document::*;
pub use schema::{ports, schema};
