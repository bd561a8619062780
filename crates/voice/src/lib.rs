//! The voice engine: one pure state machine per call, `(state, now, event) -> actions`.

pub mod actions;
pub mod events;
pub mod facts;

mod call;
mod context;
mod dial;
mod fetch;
mod gather;
mod params;
mod progress;
mod prompts;
mod record;
mod script;

pub use actions::*;
pub use call::Call;
pub use events::*;
pub use facts::*;
