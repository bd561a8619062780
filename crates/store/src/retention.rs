//! Terms that end by night: what may be written, what may be asked.

use std::borrow::Cow;

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// A step of a transaction about terms.
#[derive(Debug, Clone)]
pub enum RetentionChange {
    /// How far a class has come in an account: a day, or the sid of a row.
    Mark(AccountSid, Cow<'static, str>, String),
    /// Rows of a class that went on a day; they add up.
    Count {
        /// `2026-12-01`.
        day: String,
        /// Such as `bodies`.
        class: &'static str,
        /// How many.
        gone: u64,
    },
}

/// What went of a class on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionCount {
    /// `2026-12-01`.
    pub day: String,
    /// Such as `bodies`.
    pub class: String,
    /// How many.
    pub gone: u64,
}

/// Keeper of terms.
#[async_trait]
pub trait RetentionStore {
    /// How far a class has come in an account.
    async fn retention_mark(&self, account: AccountSid, class: &str) -> Result<Option<String>, StoreError>;
    /// What went since a day, newest first.
    async fn retention_counts(&self, since: &str, limit: u32) -> Result<Vec<RetentionCount>, StoreError>;
    /// The first day (UTC) after one on which the account used something.
    async fn usage_day_after(&self, account: AccountSid, day: &str) -> Result<Option<String>, StoreError>;
    /// What the account used on a day (UTC), behind source and id.
    async fn usage_of_day(
        &self,
        account: AccountSid,
        day: &str,
        behind: (&str, &str),
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError>;
}
