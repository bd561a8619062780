//! How far nightly terms have come, and what went.

use super::Step;
use super::columns::*;
use crate::RetentionChange;
use crate::relational::Write;

/// The step of a change.
pub fn plan(change: &RetentionChange) -> Step {
    match change {
        RetentionChange::Mark(account, class, done) => {
            Step::any(Write::RetentionMarkSave, vec![sid(account.as_u128()), text(class), text(done)])
        }
        RetentionChange::Count { day, class, gone } => {
            Step::any(Write::RetentionCountAdd, vec![text(day), text(class), count(*gone)])
        }
    }
}
