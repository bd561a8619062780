//! Time as something that is handed in.

use std::fmt;

use jiff::Timestamp;

/// Wall time, read only by nodes, use cases and adapters; engines take `now` as an argument.
pub trait Clock: Send + Sync + fmt::Debug {
    /// UTC.
    fn now(&self) -> Timestamp;
}
