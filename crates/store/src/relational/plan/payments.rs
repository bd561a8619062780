//! Payments through a provider.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{PaymentChange, StoreError};

const TOLD: &str = "the event was noted before";

/// The step of a change.
pub fn plan(change: PaymentChange) -> Result<Step, StoreError> {
    Ok(match change {
        PaymentChange::Create(intent) => Step::one(Write::PaymentIntentInsert, row(&intent)?, TAKEN),
        PaymentChange::Update(mut intent) => {
            intent.version += 1;
            Step::one(Write::PaymentIntentUpdate, row(&intent)?, MOVED)
        }
        PaymentChange::Note(event) => {
            let intent = optional_sid(event.intent_sid.map(PaymentIntentSid::as_u128));
            let row = vec![text(&event.provider), text(&event.id), intent, doc(&event)?];
            Step::one(Write::PaymentEventInsert, row, TOLD)
        }
    })
}

fn row(intent: &PaymentIntent) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(intent.sid.as_u128()),
        sid(intent.account_sid.as_u128()),
        Value::Int(intent.version.into()),
        text(&intent.provider),
        optional_text(intent.provider_id.as_deref()),
        flag(intent.state == PaymentState::Open),
        optional_time(intent.look_at),
        doc(intent)?,
    ])
}
