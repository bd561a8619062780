//! [`MediaStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query};
use super::store::{count, list, one};
use super::{Database, rows};
use crate::{MediaFilter, MediaStore, Page, StoreError};

fn question<D: Database>(
    name: &'static str,
    (account, message, media): (AccountSid, MessageSid, MediaSid),
) -> Query {
    let values = vec![sid(account.as_u128()), sid(message.as_u128()), sid(media.as_u128())];
    Query::point(D::DIALECT, name, values)
}

fn medias(account: AccountSid, filter: &MediaFilter) -> Builder {
    Builder::new("message_media")
        .value("account", sid(account.as_u128()))
        .optional("message", filter.message.map(|message| sid(message.as_u128())))
        .span("created_from", "created_until", filter.created)
}

#[async_trait]
impl<D: Database> MediaStore for D {
    async fn media(
        &self,
        account: AccountSid,
        message: MessageSid,
        key: MediaSid,
    ) -> Result<Option<MessageMedia>, StoreError> {
        one(self, question::<D>("message_media_one", (account, message, key)), rows::doc).await
    }

    async fn media_content(
        &self,
        account: AccountSid,
        message: MessageSid,
        key: MediaSid,
    ) -> Result<Option<Sealed>, StoreError> {
        let asked = question::<D>("message_media_content", (account, message, key));
        Ok(one(self, asked, rows::content).await?.map(Sealed))
    }

    async fn media_by_link(&self, link: &str) -> Result<Option<MessageMedia>, StoreError> {
        one(self, Query::point(D::DIALECT, "message_media_by_link", vec![text(link)]), rows::doc).await
    }

    async fn medias(
        &self,
        account: AccountSid,
        filter: &MediaFilter,
        page: &Page,
    ) -> Result<Vec<MessageMedia>, StoreError> {
        list(self, medias(account, filter), page, rows::doc).await
    }

    async fn count_medias(&self, account: AccountSid, filter: &MediaFilter) -> Result<u64, StoreError> {
        count(self, medias(account, filter)).await
    }
}
