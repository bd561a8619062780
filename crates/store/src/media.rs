//! Pictures and files of messages: what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Span, StoreError};

/// A picture or file with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMedia {
    /// Its facts.
    pub media: MessageMedia,
    /// Its bytes; whoever sealed them can open them.
    pub content: Sealed,
}

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaFilter {
    /// Of this message.
    pub message: Option<MessageSid>,
    /// When they were made.
    pub created: Span,
}

/// Keeper of pictures and files. They are written with [`MessagingChange::AddMedia`](crate::MessagingChange::AddMedia), and deleted with
/// their message.
#[async_trait]
pub trait MediaStore {
    /// One of a message.
    async fn media(
        &self,
        account: AccountSid,
        message: MessageSid,
        sid: MediaSid,
    ) -> Result<Option<MessageMedia>, StoreError>;
    /// Its bytes, as they were given.
    async fn media_content(
        &self,
        account: AccountSid,
        message: MessageSid,
        sid: MediaSid,
    ) -> Result<Option<Sealed>, StoreError>;
    /// The one behind a link, whoever asks.
    async fn media_by_link(&self, link: &str) -> Result<Option<MessageMedia>, StoreError>;
    /// Those of an account. Newest first.
    async fn medias(
        &self,
        account: AccountSid,
        filter: &MediaFilter,
        page: &Page,
    ) -> Result<Vec<MessageMedia>, StoreError>;
    /// How many match.
    async fn count_medias(&self, account: AccountSid, filter: &MediaFilter) -> Result<u64, StoreError>;
}
