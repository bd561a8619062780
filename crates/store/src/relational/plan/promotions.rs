//! Promotions and who has taken them.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write, unreadable};
use crate::{PROMOTION_USED_UP, PromotionChange, StoreError};

pub fn plan(change: PromotionChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    match change {
        PromotionChange::Create(promotion) => {
            let row = vec![
                text(&promotion.id),
                optional_text(promotion.code.as_deref()),
                Value::Int(promotion.version.into()),
                optional_int(promotion.cap.map(i64::from)),
                optional_int(promotion.budget.map(Money::micros)),
                time(promotion.created_at),
                doc(&promotion)?,
            ];
            steps.push(Step::one(Write::PromotionInsert, row, TAKEN));
        }
        PromotionChange::Update(mut promotion) => {
            promotion.version += 1;
            let row = vec![text(&promotion.id), Value::Int(promotion.version.into()), doc(&promotion)?];
            steps.push(Step::one(Write::PromotionUpdate, row, MOVED));
        }
        PromotionChange::Redeem(redemption) => {
            // Whoever has it is told so, even where it is used up.
            let row = vec![
                sid(redemption.sid.as_u128()),
                sid(redemption.account_sid.as_u128()),
                sid(redemption.subscription_sid.as_u128()),
                text(&redemption.promotion.id),
                Value::Int(redemption.version.into()),
                doc(&redemption)?,
            ];
            steps.push(Step::one(Write::RedemptionInsert, row, TAKEN));
            let values = vec![text(&redemption.promotion.id), Value::Int(redemption.reserved.micros())];
            steps.push(Step::one(Write::PromotionRedeem, values, PROMOTION_USED_UP));
        }
        PromotionChange::Give(mut redemption, given) => {
            redemption.version += 1;
            redemption.given = redemption.given.checked_add(given).map_err(unreadable)?;
            let row = vec![
                sid(redemption.sid.as_u128()),
                sid(redemption.account_sid.as_u128()),
                Value::Int(redemption.version.into()),
                doc(&redemption)?,
            ];
            steps.push(Step::one(Write::RedemptionUpdate, row, MOVED));
            if redemption.reserved == Money::ZERO {
                let values = vec![text(&redemption.promotion.id), Value::Int(given.micros())];
                steps.push(Step::any(Write::PromotionSpend, values));
            }
        }
    }
    Ok(())
}
