//! Promotions: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// What a [`StoreError::Conflict`] says when a promotion was taken as often as it may be, or its budget is used up.
pub const PROMOTION_USED_UP: &str = "the promotion is used up";

/// A step of a transaction about promotions.
#[derive(Debug, Clone)]
pub enum PromotionChange {
    /// Unique: id, and the code in any state.
    Create(Promotion),
    /// Optimistic. How far it was used stays.
    Update(Promotion),
    /// Takes it for a subscription and sets `reserved` of its budget aside. Unique: (account, promotion). `Conflict` with
    /// [`PROMOTION_USED_UP`] where it was taken as often as it may be, or less is left of its budget: the condition reads the row it changes,
    /// so that of several at once no more get it than may.
    Redeem(Redemption),
    /// Notes what an invoice gives by it. Optimistic; `given` is added to what was given before, and to what is spent of the budget where it
    /// was not set aside.
    Give(Redemption, Money),
}

/// Keeper of promotions.
#[async_trait]
pub trait PromotionStore {
    /// Every promotion with how far it was used, newest first.
    async fn promotions(&self, limit: u32) -> Result<Vec<PromotionState>, StoreError>;
    /// One promotion.
    async fn promotion(&self, id: &str) -> Result<Option<PromotionState>, StoreError>;
    /// The promotion of a code.
    async fn promotion_of_code(&self, code: &str) -> Result<Option<PromotionState>, StoreError>;
    /// What an account has taken, oldest first.
    async fn redemptions(&self, account: AccountSid, limit: u32) -> Result<Vec<Redemption>, StoreError>;
}
