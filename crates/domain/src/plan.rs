//! Plans as they are published: one file, one version, for ever.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A plan version that was published. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPlan {
    /// Shared by all versions: `flexio-be`.
    pub id: String,
    /// From 1.
    pub version: u32,
    /// SHA-256 of `text`, 64 hexadecimal digits.
    pub sha256: String,
    /// The file.
    pub text: String,
    /// When.
    pub published_at: Timestamp,
}

/// A plan version is offered and sold no more. What was sold stays as it is. Append-only, as the version itself never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRetirement {
    /// The plan's id.
    pub id: String,
    /// The plan's version.
    pub version: u32,
    /// Why: an obvious error, a successor. 1 to 200 characters.
    pub reason: String,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl PublishedPlan {
    /// As kept on events and pins: `flexio-be/1`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }
}
