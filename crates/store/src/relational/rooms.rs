//! [`RoomStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, of_account, one};
use super::{Database, Value, rows};
use crate::{ConferenceFilter, Page, ParticipantFilter, QueueLoad, RoomStore, StoreError};

fn conferences(account: AccountSid, filter: &ConferenceFilter) -> Builder {
    Builder::new("conferences")
        .value("account", sid(account.as_u128()))
        .optional("friendly_name", filter.friendly_name.as_deref().map(text))
        .optional("status", filter.status.map(|status| text(status.as_str())))
        .span("created_from", "created_until", filter.created)
        .span("updated_from", "updated_until", filter.updated)
}

fn participants(account: AccountSid, conference: ConferenceSid, filter: &ParticipantFilter) -> Builder {
    let is = |flag: Option<bool>| flag.map(|flag| Value::Int(flag.into()));
    Builder::new("participants")
        .value("account", sid(account.as_u128()))
        .value("conference", sid(conference.as_u128()))
        .optional("present", is(filter.present))
        .optional("muted", is(filter.muted))
        .optional("hold", is(filter.hold))
        .optional("coaching", is(filter.coaching))
}

fn named<D: Database>(name: &'static str, account: AccountSid, friendly_name: &str) -> Query {
    Query::point(D::DIALECT, name, vec![sid(account.as_u128()), text(friendly_name)])
}

#[async_trait]
impl<D: Database> RoomStore for D {
    async fn conference(
        &self,
        account: AccountSid,
        key: ConferenceSid,
    ) -> Result<Option<Conference>, StoreError> {
        one(self, of_account::<D>("conference", account, key.as_u128()), rows::doc).await
    }

    async fn live_conference(
        &self,
        account: AccountSid,
        friendly_name: &str,
    ) -> Result<Option<Conference>, StoreError> {
        one(self, named::<D>("live_conference", account, friendly_name), rows::doc).await
    }

    async fn conferences(
        &self,
        account: AccountSid,
        filter: &ConferenceFilter,
        page: &Page,
    ) -> Result<Vec<Conference>, StoreError> {
        list(self, conferences(account, filter), page, rows::doc).await
    }

    async fn count_conferences(
        &self,
        account: AccountSid,
        filter: &ConferenceFilter,
    ) -> Result<u64, StoreError> {
        count(self, conferences(account, filter)).await
    }

    async fn open_conferences(&self, node: &str, limit: u32) -> Result<Vec<Conference>, StoreError> {
        let key = vec![text(node), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "open_conferences", key), rows::doc).await
    }

    async fn participant(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        call: CallSid,
    ) -> Result<Option<Participant>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(conference.as_u128()), sid(call.as_u128())];
        one(self, Query::point(D::DIALECT, "participant", key), rows::doc).await
    }

    async fn participant_by_label(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        label: &str,
    ) -> Result<Option<Participant>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(conference.as_u128()), text(label)];
        one(self, Query::point(D::DIALECT, "participant_by_label", key), rows::doc).await
    }

    async fn participants(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
        page: &Page,
    ) -> Result<Vec<Participant>, StoreError> {
        list(self, participants(account, conference, filter), page, rows::doc).await
    }

    async fn count_participants(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
    ) -> Result<u64, StoreError> {
        count(self, participants(account, conference, filter)).await
    }

    async fn queue(&self, account: AccountSid, key: QueueSid) -> Result<Option<Queue>, StoreError> {
        one(self, of_account::<D>("queue", account, key.as_u128()), rows::doc).await
    }

    async fn queue_by_name(
        &self,
        account: AccountSid,
        friendly_name: &str,
    ) -> Result<Option<Queue>, StoreError> {
        one(self, named::<D>("queue_by_name", account, friendly_name), rows::doc).await
    }

    async fn queues(&self, account: AccountSid, page: &Page) -> Result<Vec<Queue>, StoreError> {
        let builder = Builder::new("queues").value("account", sid(account.as_u128()));
        list(self, builder, page, rows::doc).await
    }

    async fn count_queues(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, Builder::new("queues").value("account", sid(account.as_u128()))).await
    }

    async fn queue_load(&self, account: AccountSid, queue: QueueSid) -> Result<QueueLoad, StoreError> {
        let key = vec![sid(account.as_u128()), sid(queue.as_u128())];
        let load = one(self, Query::point(D::DIALECT, "queue_load", key), rows::queue_load).await?;
        Ok(load.unwrap_or_default())
    }

    async fn queue_members(
        &self,
        account: AccountSid,
        queue: QueueSid,
    ) -> Result<Vec<QueueMember>, StoreError> {
        let key = vec![sid(account.as_u128()), sid(queue.as_u128())];
        self.fetch(Query::many(D::DIALECT, "queue_members", key), rows::doc).await
    }

    async fn queue_members_of_node(&self, node: &str, limit: u32) -> Result<Vec<QueueMember>, StoreError> {
        let key = vec![text(node), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "queue_members_of_node", key), rows::doc).await
    }
}
