//! One statement of a transaction, and what must come of it.

use super::Write;
use crate::relational::Value;

/// What a step must have done, or the whole set fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Any number of rows.
    Any,
    /// Exactly one row, else `Conflict` with these words.
    One(&'static str),
    /// One new row. Where the row is there already (none was written): if it holds the same fact, this step and the `dependents`
    /// steps behind it are left out; if not, the set fails with `EventConflict`. [`Step::same_fact`] compares.
    NewFact {
        /// Steps that only follow a new row.
        dependents: usize,
    },
}

/// One statement of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub write: Write,
    /// Its values, `?1` first.
    pub values: Vec<Value>,
    /// What must come of it.
    pub expect: Expect,
}

impl Step {
    pub(in crate::relational) fn new(write: Write, values: Vec<Value>, expect: Expect) -> Self {
        Self { write, values, expect }
    }

    pub(super) fn any(write: Write, values: Vec<Value>) -> Self {
        Self::new(write, values, Expect::Any)
    }

    pub(super) fn one(write: Write, values: Vec<Value>, conflict: &'static str) -> Self {
        Self::new(write, values, Expect::One(conflict))
    }

    /// Where this step adds to a kept sum: gives it the shard of the writer.
    pub fn set_shard(&mut self, shard: i64) {
        if let Some(at) = self.write.shard() {
            self.values[at] = Value::Int(shard);
        }
    }
}
