//! How a trunk stands at one node, told to the others.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A trunk as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkReport {
    /// The node.
    pub node: String,
    /// Name of the trunk in the configuration.
    pub trunk: String,
    /// When it was so.
    pub at: Timestamp,
    /// Whether any of its addresses answers; `None` when nothing is known of it.
    pub answers: Option<bool>,
    /// Legs it carries at that node, in both directions.
    pub calls: u32,
    /// The most it may there; 0 is no limit.
    pub calls_max: u32,
    /// What is wrong, the gravest first.
    pub faults: Vec<TrunkFault>,
}

/// Something that is wrong with a trunk, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkFault {
    /// Which kind, as docs/trunks.md spells it.
    pub kind: String,
    /// What was found.
    pub what: String,
    /// What to do.
    pub cure: String,
}
