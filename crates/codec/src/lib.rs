//! Audio arithmetic at 8 000 Hz.
pub mod g711;
mod tone;

pub use g711::G711;
pub use tone::Tone;
