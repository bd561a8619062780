//! Opt-outs, contacts, messaging services: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{KeptMedia, Page, Scope, StoreError};

/// How many messages of an account are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Whose.
    pub account: AccountSid,
    /// How many.
    pub messages: u64,
}

/// A step of a transaction about who may write to whom.
#[derive(Debug, Clone)]
pub enum MessagingChange {
    /// Unique: (account, recipient, sender); one that is there already is left as it is. `Conflict` on a taken sid.
    OptOut(OptOut),
    /// `Conflict` if it is not there.
    EndOptOut(AccountSid, OptOutSid),
    /// Replaces the one of this sender and recipient.
    SaveContact(Contact),
    /// Unique: sid.
    CreateService(MessagingService),
    /// Optimistic.
    UpdateService(MessagingService),
    /// With its senders. `Conflict` if it is not there.
    DeleteService(AccountSid, MessagingServiceSid),
    /// Unique: sid within the service; account and address, of numbers and short codes.
    AddSender(ServiceSender),
    /// `Conflict` if it is not there.
    RemoveSender(AccountSid, MessagingServiceSid, SenderSid),
    /// A number leaves the service it is in, if any.
    DropNumber(NumberSid),
    /// Unique: sid.
    CreateShortCode(ShortCode),
    /// Optimistic.
    UpdateShortCode(ShortCode),
    /// Unique: sid; name; the account it receives the messages of.
    CreateSmppUser(SmppUser),
    /// Optimistic; unique as above.
    UpdateSmppUser(SmppUser),
    /// `Conflict` if it is not there.
    DeleteSmppUser(AccountSid, SmppUserSid),
    /// Unique: sid; account and name.
    CreateSenderName(SenderName),
    /// Optimistic. Unique: the name, of those that are approved.
    UpdateSenderName(SenderName),
    /// `Conflict` if it is not there.
    DeleteSenderName(AccountSid, SenderNameSid),
    /// Unique: sid; word.
    CreateKeyword(Keyword),
    /// Optimistic.
    UpdateKeyword(Keyword),
    /// `Conflict` if it is not there.
    DeleteKeyword(AccountSid, KeywordSid),
    /// Unique: sid, link.
    AddMedia(Box<KeptMedia>),
    /// `Conflict` if it is not there.
    DeleteMedia(AccountSid, MessageSid, MediaSid),
    /// Everything a message carries.
    DropMediaOf(AccountSid, MessageSid),
}

/// Opt-outs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptOutFilter {
    /// Equal.
    pub sender: Option<String>,
    /// Equal.
    pub recipient: Option<String>,
}

/// Sender names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SenderNameFilter {
    /// Whose.
    pub scope: Scope,
    /// Equal.
    pub state: Option<SenderNameState>,
}

/// Keeper of opt-outs, contacts and messaging services.
#[async_trait]
pub trait MessagingStore {
    /// One opt-out.
    async fn opt_out(&self, account: AccountSid, sid: OptOutSid) -> Result<Option<OptOut>, StoreError>;
    /// Opt-outs. Newest first.
    async fn opt_outs(
        &self,
        account: AccountSid,
        filter: &OptOutFilter,
        page: &Page,
    ) -> Result<Vec<OptOut>, StoreError>;
    /// How many match.
    async fn count_opt_outs(&self, account: AccountSid, filter: &OptOutFilter) -> Result<u64, StoreError>;
    /// Every opt-out of a person from the account's senders, at most 1000: one for each number, code, name or service.
    /// `digest` is that of the number, under which an opt-out of one that was erased is kept.
    async fn opt_outs_of(
        &self,
        account: AccountSid,
        recipient: &E164,
        digest: &str,
    ) -> Result<Vec<OptOut>, StoreError>;
    /// Opt-outs of all accounts behind this sid, which sorts by creation, oldest first: whom messages that wait may have lost.
    async fn opt_outs_behind(&self, after: OptOutSid, limit: u32) -> Result<Vec<OptOut>, StoreError>;
    /// Who wrote last to somebody from a shared sender, whoever asks.
    async fn contact(&self, sender: &str, recipient: &str) -> Result<Option<Contact>, StoreError>;
    /// One service.
    async fn messaging_service(
        &self,
        account: AccountSid,
        sid: MessagingServiceSid,
    ) -> Result<Option<MessagingService>, StoreError>;
    /// Services. Newest first.
    async fn messaging_services(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<MessagingService>, StoreError>;
    /// How many services the account has.
    async fn count_messaging_services(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// Senders of a service, of one kind ([`SenderSid::kind`]) or all. Newest first.
    async fn service_senders(
        &self,
        account: AccountSid,
        service: MessagingServiceSid,
        kind: Option<&str>,
        page: &Page,
    ) -> Result<Vec<ServiceSender>, StoreError>;
    /// How many senders the service has.
    async fn count_service_senders(
        &self,
        account: AccountSid,
        service: MessagingServiceSid,
    ) -> Result<u64, StoreError>;
    /// The service a number or short code of the account is in.
    async fn service_of_sender(
        &self,
        account: AccountSid,
        address: &Address,
    ) -> Result<Option<MessagingService>, StoreError>;
    /// What the account has set for a short code; `None` where it has set nothing.
    async fn short_code(
        &self,
        account: AccountSid,
        sid: ShortCodeSid,
    ) -> Result<Option<ShortCode>, StoreError>;
    /// One program.
    async fn smpp_user(&self, account: AccountSid, sid: SmppUserSid) -> Result<Option<SmppUser>, StoreError>;
    /// The program that binds under this name, whoever asks: the sign-in of the SMPP server.
    async fn smpp_user_by_name(&self, system_id: &str) -> Result<Option<SmppUser>, StoreError>;
    /// The program that receives the messages of the account.
    async fn smpp_receiver(&self, account: AccountSid) -> Result<Option<SmppUser>, StoreError>;
    /// Programs. Newest first.
    async fn smpp_users(&self, account: AccountSid, page: &Page) -> Result<Vec<SmppUser>, StoreError>;
    /// How many programs the account has.
    async fn count_smpp_users(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// One keyword.
    async fn keyword(&self, account: AccountSid, sid: KeywordSid) -> Result<Option<Keyword>, StoreError>;
    /// Whose this word is, as a keyword is kept, whoever asks: where a message to the shared sender goes.
    async fn keyword_by_word(&self, word: &str) -> Result<Option<Keyword>, StoreError>;
    /// Keywords. Newest first.
    async fn keywords(&self, account: AccountSid, page: &Page) -> Result<Vec<Keyword>, StoreError>;
    /// How many keywords the account has.
    async fn count_keywords(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// One sender name.
    async fn sender_name(
        &self,
        account: AccountSid,
        sid: SenderNameSid,
    ) -> Result<Option<SenderName>, StoreError>;
    /// Who holds this name, by its [`SenderName::key`], whoever asks.
    async fn held_name(&self, key: &str) -> Result<Option<SenderName>, StoreError>;
    /// Sender names. Newest first.
    async fn sender_names(
        &self,
        account: AccountSid,
        filter: &SenderNameFilter,
        page: &Page,
    ) -> Result<Vec<SenderName>, StoreError>;
    /// How many match.
    async fn count_sender_names(
        &self,
        account: AccountSid,
        filter: &SenderNameFilter,
    ) -> Result<u64, StoreError>;
    /// Forgets contacts from before `before`, at most `limit`.
    async fn sweep_contacts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
