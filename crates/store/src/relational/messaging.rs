//! [`MessagingStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{exclusive, sid, text, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Builder, Query, limited};
use super::store::{count, list, of_account, one};
use super::{Database, rows};
use crate::{MessagingStore, OptOutFilter, Page, SenderNameFilter, StoreError};

fn of(name: &'static str, account: AccountSid) -> Builder {
    Builder::new(name).value("account", sid(account.as_u128()))
}

fn opt_outs(account: AccountSid, filter: &OptOutFilter) -> Builder {
    of("opt_outs", account)
        .optional("recipient", filter.recipient.as_deref().map(text))
        .optional("sender", filter.sender.as_deref().map(text))
}

fn sender_names(account: AccountSid, filter: SenderNameFilter) -> Builder {
    let names = Builder::new("sender_names").scope(account, filter.scope);
    names.optional("state", filter.state.map(|state| text(state.as_str())))
}

#[async_trait]
impl<D: Database> MessagingStore for D {
    async fn opt_out(&self, account: AccountSid, key: OptOutSid) -> Result<Option<OptOut>, StoreError> {
        one(self, of_account::<D>("opt_out", account, key.as_u128()), rows::doc).await
    }

    async fn opt_outs(
        &self,
        account: AccountSid,
        filter: &OptOutFilter,
        page: &Page,
    ) -> Result<Vec<OptOut>, StoreError> {
        list(self, opt_outs(account, filter), page, rows::doc).await
    }

    async fn count_opt_outs(&self, account: AccountSid, filter: &OptOutFilter) -> Result<u64, StoreError> {
        count(self, opt_outs(account, filter)).await
    }

    async fn opt_outs_of(
        &self,
        account: AccountSid,
        recipient: &E164,
        digest: &str,
    ) -> Result<Vec<OptOut>, StoreError> {
        let values = vec![sid(account.as_u128()), text(recipient.as_str()), text(digest)];
        let mut found: Vec<OptOut> =
            self.fetch(Query::point(D::DIALECT, "opt_outs_of", values), rows::doc).await?;
        found.sort_by(|one, other| one.sender.cmp(&other.sender));
        Ok(found)
    }

    async fn opt_outs_behind(&self, after: OptOutSid, limit: u32) -> Result<Vec<OptOut>, StoreError> {
        let values = vec![sid(after.as_u128()), limited(limit)];
        self.fetch(Query::point(D::DIALECT, "opt_outs_behind", values), rows::doc).await
    }

    async fn contact(&self, sender: &str, recipient: &str) -> Result<Option<Contact>, StoreError> {
        one(self, Query::point(D::DIALECT, "contact", vec![text(sender), text(recipient)]), rows::contact)
            .await
    }

    async fn sweep_contacts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::ContactsSweep, vec![time(before), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }

    async fn messaging_service(
        &self,
        account: AccountSid,
        key: MessagingServiceSid,
    ) -> Result<Option<MessagingService>, StoreError> {
        one(self, of_account::<D>("messaging_service", account, key.as_u128()), rows::doc).await
    }

    async fn messaging_services(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<MessagingService>, StoreError> {
        list(self, of("messaging_services", account), page, rows::doc).await
    }

    async fn count_messaging_services(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, of("messaging_services", account)).await
    }

    async fn service_senders(
        &self,
        account: AccountSid,
        service: MessagingServiceSid,
        kind: Option<&str>,
        page: &Page,
    ) -> Result<Vec<ServiceSender>, StoreError> {
        let senders = of("service_senders", account).value("service", sid(service.as_u128()));
        list(self, senders.optional("kind", kind.map(text)), page, rows::doc).await
    }

    async fn count_service_senders(
        &self,
        account: AccountSid,
        service: MessagingServiceSid,
    ) -> Result<u64, StoreError> {
        count(self, of("service_senders", account).value("service", sid(service.as_u128()))).await
    }

    async fn service_of_sender(
        &self,
        account: AccountSid,
        address: &Address,
    ) -> Result<Option<MessagingService>, StoreError> {
        let values = vec![exclusive(account, address), sid(account.as_u128())];
        one(self, Query::point(D::DIALECT, "service_of_sender", values), rows::doc).await
    }

    async fn short_code(
        &self,
        account: AccountSid,
        key: ShortCodeSid,
    ) -> Result<Option<ShortCode>, StoreError> {
        one(self, of_account::<D>("short_code", account, key.as_u128()), rows::doc).await
    }

    async fn smpp_user(&self, account: AccountSid, key: SmppUserSid) -> Result<Option<SmppUser>, StoreError> {
        one(self, of_account::<D>("smpp_user", account, key.as_u128()), rows::doc).await
    }

    async fn smpp_user_by_name(&self, system_id: &str) -> Result<Option<SmppUser>, StoreError> {
        one(self, Query::point(D::DIALECT, "smpp_user_by_name", vec![text(system_id)]), rows::doc).await
    }

    async fn smpp_receiver(&self, account: AccountSid) -> Result<Option<SmppUser>, StoreError> {
        one(self, Query::point(D::DIALECT, "smpp_receiver", vec![sid(account.as_u128())]), rows::doc).await
    }

    async fn smpp_users(&self, account: AccountSid, page: &Page) -> Result<Vec<SmppUser>, StoreError> {
        list(self, of("smpp_users", account), page, rows::doc).await
    }

    async fn count_smpp_users(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, of("smpp_users", account)).await
    }

    async fn keyword(&self, account: AccountSid, key: KeywordSid) -> Result<Option<Keyword>, StoreError> {
        one(self, of_account::<D>("keyword", account, key.as_u128()), rows::doc).await
    }

    async fn keyword_by_word(&self, word: &str) -> Result<Option<Keyword>, StoreError> {
        one(self, Query::point(D::DIALECT, "keyword_by_word", vec![text(word)]), rows::doc).await
    }

    async fn keywords(&self, account: AccountSid, page: &Page) -> Result<Vec<Keyword>, StoreError> {
        list(self, of("keywords", account), page, rows::doc).await
    }

    async fn count_keywords(&self, account: AccountSid) -> Result<u64, StoreError> {
        count(self, of("keywords", account)).await
    }

    async fn sender_name(
        &self,
        account: AccountSid,
        key: SenderNameSid,
    ) -> Result<Option<SenderName>, StoreError> {
        one(self, of_account::<D>("sender_name", account, key.as_u128()), rows::doc).await
    }

    async fn held_name(&self, key: &str) -> Result<Option<SenderName>, StoreError> {
        one(self, Query::point(D::DIALECT, "held_name", vec![text(key)]), rows::doc).await
    }

    async fn sender_names(
        &self,
        account: AccountSid,
        filter: &SenderNameFilter,
        page: &Page,
    ) -> Result<Vec<SenderName>, StoreError> {
        list(self, sender_names(account, *filter), page, rows::doc).await
    }

    async fn count_sender_names(
        &self,
        account: AccountSid,
        filter: &SenderNameFilter,
    ) -> Result<u64, StoreError> {
        count(self, sender_names(account, *filter)).await
    }
}
