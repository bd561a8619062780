//! The customer's debugging log. Read-only.

use flexio_domain::{AccountSid, ErrorCode, Notification, NotificationSid};
use flexio_store::{NotificationFilter, Page};

use crate::App;
use crate::error::AppError;

impl App {
    /// One entry.
    pub async fn notification(
        &self,
        account: AccountSid,
        sid: NotificationSid,
    ) -> Result<Notification, AppError> {
        self.store.notification(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Entries.
    pub async fn notifications(
        &self,
        account: AccountSid,
        filter: &NotificationFilter,
        page: &Page,
    ) -> Result<Vec<Notification>, AppError> {
        Ok(self.store.notifications(account, filter, page).await?)
    }

    /// How many entries match.
    pub async fn count_notifications(
        &self,
        account: AccountSid,
        filter: &NotificationFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_notifications(account, filter).await?)
    }
}
