//! Flows: applications that are drawn instead of programmed.
//!
//! Owns: the document and its JSON Schema ([`Flow`], [`schema`]), the kinds of nodes and their ports ([`nodes`]), what is wrong with a
//! document ([`validate`]), running it event by event ([`handle`]), the simulator and its tests ([`simulate`]), reading the projects of
//! other designers ([`import`]), nodes as RCML or TwiML and back ([`markup`]), the ways through a flow and what is used on each ([`ways()`]).
//! Does not own: how flows and executions are kept (`app`, `store`), and who carries out what a flow asks for: documents on calls (the
//! voice node), everything else (`app`, `outbound`).
//!
//! Invariants
//! - No clock, chance, file or socket: time and seed are arguments.
//! - An execution ends: nodes in a row, steps in all, time and memory are limited, and the node at which a limit is reached is named.
//! - A [`State`] that was written out and read back goes on exactly as the one that was not.
//! - A voice node makes an ordinary document, so a flow can do nothing on a call that a document cannot.
//!
//! Start reading at [`document`], then [`machine`]; docs/flows.md is the customer's view.

mod diff;
mod directory;
pub mod document;
pub mod expression;
pub mod import;
pub mod machine;
pub mod markup;
pub mod nodes;
pub mod scenario;
mod schema;
mod simulate;
mod state;
mod templates;
mod text;
mod validate;
mod ways;

pub use diff::{Changed, Diff, diff};
pub use directory::found_in;
pub use document::*;
pub use machine::{handle, is_belgian_holiday, next_run};
pub use scenario::{Environment, Test};
pub use schema::{ports, schema};
pub use simulate::{
    HeardText, Place, Run, SentText, Stopped, compare, differences, recorded, simulate, simulate_until,
};
pub use state::*;
pub use templates::{Template, templates};
pub use text::{ReadError, parse, read, to_value, to_yaml, value_of};
pub use validate::{Problem, Severity, missing_sounds, sounds, validate};
pub use ways::{Assumptions, Use, WAYS_MAX, Way, WayEnd, Ways, ways};
