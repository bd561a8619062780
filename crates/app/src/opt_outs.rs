//! Who gets no messages any more: what people write, what accounts ask for, and what a message may still be sent despite it.
//!
//! An opt-out is of one sender of one account. One-time codes are asked for by the person who gets them, so they go out despite it, unless
//! the word came within an hour of a code, as the answer to it.

use flexio_domain::*;
use flexio_messaging::opt_out::{self, Word};
use flexio_store::{Change, ChangeSet, MessagingChange, OptOutFilter, Page, StoreError};
use jiff::SignedDuration;

use crate::auth::must_be_active;
use crate::delivery::{self, Note, reply_sid};
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::{App, CreateMessage};

/// A word this soon after a code is the answer to it.
const CODE_ANSWERED: SignedDuration = SignedDuration::from_hours(1);
/// A contact is written again when what is kept is older.
const CONTACT_AGE: SignedDuration = SignedDuration::from_mins(10);

impl App {
    /// Refuses a message to somebody who opted out of it (21610).
    pub(crate) async fn must_be_wanted(
        &self,
        account: AccountSid,
        (from, service): (&Address, Option<MessagingServiceSid>),
        to: &Address,
        class: MessageClass,
    ) -> Result<(), AppError> {
        let Some(recipient) = to.number().filter(|_| class != MessageClass::OptOutAnswer) else {
            return Ok(());
        };
        let digest = self.number_digest(account, recipient).await?;
        let opt_outs = self.store.opt_outs_of(account, recipient, &digest).await?;
        if opt_outs.is_empty() {
            return Ok(());
        }
        // A number may be asked for by itself and be in a service that the person left.
        let service = match service {
            Some(sid) => Some(sid),
            None => self.store.service_of_sender(account, from).await?.map(|service| service.sid),
        };
        let senders = [Some(from.to_string()), service.map(|sid| sid.to_string())];
        let blocks = |one: &OptOut| {
            senders.iter().flatten().any(|sender| *sender == one.sender)
                && (class != MessageClass::Otp || one.blocks_codes)
        };
        if opt_outs.iter().any(blocks) { Err(ErrorCode::OptedOut.into()) } else { Ok(()) }
    }

    /// Whether the recipient of a message that waits still wants it: asked again before it leaves.
    pub(crate) async fn is_wanted(&self, message: &Message) -> Result<bool, AppError> {
        let ends = (&message.from, message.messaging_service_sid);
        match self.must_be_wanted(message.account_sid, ends, &message.to, message.class).await {
            Ok(()) => Ok(true),
            Err(AppError::Refused(refusal)) if refusal.code == ErrorCode::OptedOut => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Notes who wrote last from the sender that all accounts share, and which sender of a service the recipient knows. Nothing where that
    /// is known.
    pub(crate) async fn note_contact(
        &self,
        message: &Message,
        changes: &mut ChangeSet,
    ) -> Result<(), StoreError> {
        let sender = message.from.to_string();
        if let Some(service) = message.messaging_service_sid {
            self.note_contact_of(message, service.to_string(), Some(sender.clone()), changes).await?;
        }
        if message.from == self.config.shared_sender {
            self.note_contact_of(message, sender, None, changes).await?;
        }
        Ok(())
    }

    async fn note_contact_of(
        &self,
        message: &Message,
        sender: String,
        via: Option<String>,
        changes: &mut ChangeSet,
    ) -> Result<(), StoreError> {
        let (account_sid, at) = (message.account_sid, message.begins_at());
        let recipient = message.to.to_string();
        let known = self.store.contact(&sender, &recipient).await?;
        let is_fresh =
            |known: &Contact| known.account_sid == account_sid && at.duration_since(known.at) < CONTACT_AGE;
        // The first sender of a service is the one that stays.
        let is_known = known.as_ref().is_some_and(is_fresh);
        let via = known.and_then(|known| known.via).or(via);
        if !is_known {
            changes.push(
                MessagingChange::SaveContact(Contact { sender, recipient, account_sid, via, at }).into(),
            );
        }
        Ok(())
    }

    /// The account an answer to the shared sender goes to: the one that wrote last, within the reply window. A word by which people opt
    /// out goes there however long ago that was.
    pub(crate) async fn shared_contact(
        &self,
        from: &Address,
        body: &str,
    ) -> Result<Option<AccountSid>, StoreError> {
        let shared = self.config.shared_sender.to_string();
        let Some(contact) = self.store.contact(&shared, &from.to_string()).await? else { return Ok(None) };
        let hours = i64::from(self.rater().numbering().sender().reply_window_h.get());
        let age = self.clock.now().duration_since(contact.at);
        let is_word = opt_out::read(body).is_some();
        let counts = is_word || age < SignedDuration::from_hours(hours).saturating_add(CONTACT_AGE);
        Ok(counts.then_some(contact.account_sid))
    }

    /// What an incoming message means as a word; the change it makes is in `changes`. `None` for all others, and for a word that asks
    /// for what is so already: it goes to the application like anything else.
    pub(crate) async fn read_word(
        &self,
        message: &Message,
        changes: &mut ChangeSet,
    ) -> Result<Option<OptOutWord>, StoreError> {
        let Some(word) = opt_out::read(&message.body.0) else { return Ok(None) };
        let Some(recipient) = message.from.number() else { return Ok(None) };
        // At one sender of a service it is meant for all of them.
        let own = message.to.to_string();
        let sender = message.messaging_service_sid.map_or_else(|| own.clone(), |sid| sid.to_string());
        let digest =
            self.number_digest(message.account_sid, recipient).await.map_err(|error| match error {
                AppError::Store(error) => error,
                error => StoreError::Broken(error.into()),
            })?;
        let kept = self.store.opt_outs_of(message.account_sid, recipient, &digest).await?;
        let (there, of_number): (Vec<OptOut>, Vec<OptOut>) = kept
            .into_iter()
            .filter(|one| one.sender == sender || one.sender == own)
            .partition(|one| one.sender == sender);
        let there = there.into_iter().next();
        let end = |one: OptOut| MessagingChange::EndOptOut(one.account_sid, one.sid).into();
        let is_answered = match (word.kind, there) {
            (OptOutType::Stop, there) => {
                let wanted = self.opted_out(message, recipient, sender).await?;
                let says_more = there.as_ref().is_none_or(|one| wanted.blocks_codes && !one.blocks_codes);
                if says_more {
                    there.map(end).into_iter().for_each(|change| changes.push(change));
                    changes.push(MessagingChange::OptOut(wanted).into());
                }
                says_more
            }
            (OptOutType::Start, None) if of_number.is_empty() => return Ok(None),
            (OptOutType::Start, there) => {
                there.into_iter().chain(of_number).map(end).for_each(|change| changes.push(change));
                true
            }
            // How to opt out must be told, whatever an application says.
            (OptOutType::Help, _) => true,
        };
        let kind = word.kind;
        metrics::counter!("opt_out_words_total", "type" => kind.as_str()).increment(1);
        Ok(Some(OptOutWord { kind, is_answered }))
    }

    async fn opted_out(
        &self,
        message: &Message,
        recipient: &E164,
        sender: String,
    ) -> Result<OptOut, StoreError> {
        let now = message.created_at;
        let since = now.saturating_sub(CODE_ANSWERED).unwrap_or(now);
        let codes = self.store.count_marks(message.account_sid, &format!("to:{recipient}"), since).await?;
        Ok(OptOut {
            sid: OptOutSid::new(),
            account_sid: message.account_sid,
            sender,
            recipient: recipient.clone(),
            blocks_codes: codes > 0,
            source: OptOutSource::Message,
            message_sid: Some(message.sid),
            erased: None,
            created_at: now,
        })
    }

    /// Answers a word in the person's language, once: the sid of the answer follows from the message. What prevents it, such as credit
    /// that is used up, is told in the account's log; the opt-out is kept all the same.
    pub async fn answer_word(&self, message: &Message) -> Result<(), StoreError> {
        let (Some(found), Some(word)) = (message.opt_out, opt_out::read(&message.body.0)) else {
            return Ok(());
        };
        if !found.is_answered {
            return Ok(());
        }
        match self.send_answer(message, word).await {
            Ok(()) => Ok(()),
            Err(AppError::Store(error)) => Err(error),
            Err(error) => {
                let note = Note {
                    level: Level::Warning,
                    code: error.code().number(),
                    text: format!("{} was obeyed and could not be confirmed: {error}", found.kind.as_str()),
                    request: None,
                    variables: None,
                    body: None,
                };
                self.store.commit(delivery::notification(self, message, note).into()).await
            }
        }
    }

    async fn send_answer(&self, message: &Message, word: Word) -> Result<(), AppError> {
        let Some(account) = self.account_now(message.account_sid).await? else { return Ok(()) };
        let is_shared = message.to == self.config.shared_sender;
        let name = is_shared.then_some(account.friendly_name.as_str());
        let language = word.answer_in(&message.from.to_string());
        let body = Pii(opt_out::answer(word.kind, language, name));
        let version = if message.api_version == "2012-04-24" { "2012-04-24" } else { "2010-04-01" };
        let direction = MessageDirection::OutboundReply;
        let new = CreateMessage {
            sid: Some(reply_sid(message.sid, 0)),
            smart: true,
            class: Some(MessageClass::OptOutAnswer),
            ..CreateMessage::new(message.to.clone(), message.from.clone(), body, direction, version)
        };
        self.create_message(&account, new, &|_| None).await.map(|_| ())
    }

    /// Opts somebody out at the account's wish; one that is there already is the answer.
    pub async fn create_opt_out(
        &self,
        account: &Account,
        sender: &str,
        recipient: E164,
        blocks_codes: bool,
        keep: Keep<'_, OptOut>,
    ) -> Result<OptOut, AppError> {
        must_be_active(account)?;
        let sender = self.opt_out_sender(account.sid, sender).await?;
        let opt_out = OptOut {
            sid: OptOutSid::new(),
            account_sid: account.sid,
            sender: sender.clone(),
            recipient: recipient.clone(),
            blocks_codes,
            source: OptOutSource::Api,
            message_sid: None,
            erased: None,
            created_at: self.clock.now(),
        };
        let digest = self.number_digest(account.sid, &recipient).await?;
        let there = self.store.opt_outs_of(account.sid, &recipient, &digest).await?;
        let (mut changes, opt_out) = match there.into_iter().find(|one| one.sender == sender) {
            Some(one) if one.blocks_codes == blocks_codes => (ChangeSet::new(), one),
            Some(one) => (Change::from(MessagingChange::EndOptOut(account.sid, one.sid)).into(), opt_out),
            None => (ChangeSet::new(), opt_out),
        };
        changes.push(MessagingChange::OptOut(opt_out.clone()).into());
        self.commit_creation(changes, &opt_out, keep).await?;
        Ok(opt_out)
    }

    /// The sender as opt-outs name it: one the account may send from.
    async fn opt_out_sender(&self, account: AccountSid, sender: &str) -> Result<String, AppError> {
        if let Ok(service) = sender.parse::<MessagingServiceSid>() {
            let found = self.named_service(account, Some(service)).await?;
            return Ok(found.map_or_else(String::new, |service| service.sid.to_string()));
        }
        let address: Address = sender.parse().map_err(|_| AppError::from(ErrorCode::FromInvalid))?;
        Ok(self.sender(account, &address, false).await?.to_string())
    }

    /// One opt-out.
    pub async fn opt_out(&self, account: AccountSid, sid: OptOutSid) -> Result<OptOut, AppError> {
        self.store.opt_out(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Opt-outs.
    pub async fn opt_outs(
        &self,
        account: AccountSid,
        filter: &OptOutFilter,
        page: &Page,
    ) -> Result<Vec<OptOut>, AppError> {
        Ok(self.store.opt_outs(account, filter, page).await?)
    }

    /// How many opt-outs match.
    pub async fn count_opt_outs(&self, account: AccountSid, filter: &OptOutFilter) -> Result<u64, AppError> {
        Ok(self.store.count_opt_outs(account, filter).await?)
    }

    /// Lets messages to somebody through again: the person asked for it by other means than a word.
    pub async fn end_opt_out(&self, account: &Account, sid: OptOutSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let ended = self.store.commit(Change::from(MessagingChange::EndOptOut(account.sid, sid)).into());
        match ended.await {
            Err(StoreError::Conflict(_)) => Err(refuse(ErrorCode::NotFound, "There is no such opt-out.")),
            done => Ok(done?),
        }
    }
}
