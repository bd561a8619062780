//! Messages sent and changed over REST. How they travel is `messaging`'s and the node's.

use flexio_domain::*;
use flexio_messaging::{Alphabet, Encoding, MessagePlan, PlanError, PlanOptions, address, plan, plan_whole};
use flexio_rating::{Authorised, RefusalReason};
use flexio_store::{Change, ChangeSet, MessageFilter, NumberFilter, Page, StoreError};

use crate::auth::must_be_active;
use crate::error::{AppError, refuse, refuse_because};
use crate::idempotency::Keep;
use crate::reach::Goes;
use crate::{App, callbacks};

/// Numbers looked at to find out whether an account has one that can send.
const NUMBERS_LOOKED_AT: u32 = 1_000;
/// The use of a messaging service whose messages are marketing.
const MARKETING: &str = "marketing";

/// A message to send.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a request")]
pub struct CreateMessage {
    /// Identity that follows from the fact that asks for the message, as [`crate::delivery::reply_sid`]: asked for again, the message is
    /// the one that was made. `None` for a new one each time.
    pub sid: Option<MessageSid>,
    /// Sender as asked for; a messaging service can choose it.
    pub from: Option<Address>,
    /// The messaging service that sends it.
    pub service: Option<MessagingServiceSid>,
    /// When to send it, where that is not at once.
    pub send_at: Option<Timestamp>,
    /// Recipient.
    pub to: Address,
    /// Text, 1 to 1600 characters; it may be empty where there are media.
    pub body: Pii<String>,
    /// Addresses of pictures and files it carries, at most ten.
    pub media: Vec<String>,
    /// Write it in UCS-2 whatever the text.
    pub ucs2: bool,
    /// Shown at once and not kept by the handset.
    pub flash: bool,
    /// Custom headers (`X-…`) for the phone of a client, by name; nobody else gets them.
    pub sip_headers: Vec<(String, String)>,
    /// Replace typographic characters if that alone brings it into the GSM alphabet.
    pub smart: bool,
    /// Told of states.
    pub status_callback: Option<Webhook>,
    /// States it is told of; empty for all.
    pub told_of: Vec<MessageStatus>,
    /// The application that is told instead, where no callback is given.
    pub application_sid: Option<ApplicationSid>,
    /// Seconds it may wait for delivery; `None` for the installation's default.
    pub validity_s: Option<u32>,
    /// Fail instead of costing more.
    pub max_price: Option<Money>,
    /// Replace a sender the account does not hold by the shared one, if the account has no number that can send.
    pub shared_fallback: bool,
    /// API it was made through.
    pub api_version: &'static str,
    /// Who asked: the API, a call's document, or the answer to an incoming message.
    pub direction: MessageDirection,
    /// The customer will say whether its recipient did what it was for: it is watched how often they do.
    pub provide_feedback: bool,
    /// What it is for; `None` for what the messaging service is for, else transactional.
    pub class: Option<MessageClass>,
    /// Whom its cost is shared out to.
    pub labels: UsageLabels,
}

impl CreateMessage {
    /// A message with nothing but the necessary.
    pub fn new(
        from: impl Into<Option<Address>>,
        to: Address,
        body: Pii<String>,
        direction: MessageDirection,
        api_version: &'static str,
    ) -> Self {
        Self {
            sid: None,
            from: from.into(),
            service: None,
            send_at: None,
            provide_feedback: false,
            to,
            body,
            media: Vec::new(),
            ucs2: false,
            flash: false,
            sip_headers: Vec::new(),
            smart: false,
            status_callback: None,
            told_of: Vec::new(),
            application_sid: None,
            validity_s: None,
            max_price: None,
            shared_fallback: false,
            api_version,
            direction,
            class: None,
            labels: UsageLabels::default(),
        }
    }
}

/// What stands in the place of a message that has not left.
#[derive(Debug, Clone)]
pub struct ReplaceMessage {
    /// Its sender, where the request names one: it must be the message's.
    pub from: Option<Address>,
    /// Text, 1 to 1600 characters.
    pub body: Pii<String>,
    /// Seconds it may wait from now on; `None` leaves it.
    pub validity_s: Option<u32>,
    /// Told of states.
    pub status_callback: Option<Webhook>,
    /// States it is told of; empty for all.
    pub told_of: Vec<MessageStatus>,
}

/// What a message would be, had it been sent.
#[derive(Debug, Clone)]
pub struct MessagePreview {
    /// Sender it would leave from.
    pub from: Address,
    /// Alphabet and segments.
    pub plan: MessagePlan,
    /// What it would cost; `None` where it costs nothing.
    pub price: Option<Money>,
    /// The messaging service that sends it.
    pub service: Option<MessagingService>,
    /// What it is for.
    pub class: MessageClass,
}

impl App {
    /// Takes a message: checks it and saves it as `queued`, or `scheduled`. It is sent after this returns.
    pub async fn create_message(
        &self,
        account: &Account,
        mut new: CreateMessage,
        keep: Keep<'_, Message>,
    ) -> Result<Message, AppError> {
        let given = new.sid;
        if let Some(made) = self.made_before(account.sid, given).await? {
            return Ok(made);
        }
        let links = self.with_links(account.sid, &mut new).await?;
        let preview = self.plan_message(account, &new).await?;
        let files = self.fetch_media(&new.media).await?;
        let mut message = self.new_message(account, new, &preview);
        let media = self.keep_media((account.sid, message.sid), files, links).await?;
        if message.application_sid.is_some() {
            self.take_callback_of_application(&mut message).await?;
        }
        let of_service = preview.service.and_then(|service| service.status_callback);
        message.status_callback = message.status_callback.take().or(of_service);
        let mut changes = ChangeSet::new();
        if message.error.is_some() {
            let callback = callbacks::message_status(&mut message);
            changes = callback.map(|callback| Change::QueueCallback(callback).into()).unwrap_or_default();
        }
        // A scheduled one asks for credit when its time has come.
        if message.status == MessageStatus::Queued {
            message.next_attempt_at = Some(self.due_of(account, message.segments)?);
            let id = message.sid.to_string();
            message.is_granted = self.ask_credit(account.sid, &id, preview.price, &mut changes).await?;
            self.note_contact(&message, &mut changes).await?;
            self.spenders.goes_to(account.sid, &message.to.to_string(), self.clock.now());
        }
        Self::watch_conversion(&message, &mut changes);
        changes.push(Change::CreateMessage(message.clone()));
        changes.extend(media);
        match self.commit_creation(changes, &message, keep).await {
            // A twin was quicker: its message is the message.
            Err(AppError::Store(StoreError::Conflict(what))) if given.is_some() => {
                let made = self.made_before(account.sid, given).await?;
                return made.ok_or(AppError::Store(StoreError::Conflict(what)));
            }
            outcome => outcome?,
        }
        self.wake.messages.notify_one();
        Ok(message)
    }

    async fn made_before(
        &self,
        account: AccountSid,
        sid: Option<MessageSid>,
    ) -> Result<Option<Message>, AppError> {
        match sid {
            Some(sid) => Ok(self.store.message(account, sid).await?),
            None => Ok(None),
        }
    }

    /// Everything [`App::create_message`] checks, without sending. Media are not looked at, but links to them are part of the text.
    pub async fn preview_message(
        &self,
        account: &Account,
        new: &CreateMessage,
    ) -> Result<MessagePreview, AppError> {
        if new.media.is_empty() {
            return self.plan_message(account, new).await;
        }
        let mut new = new.clone();
        self.with_links(account.sid, &mut new).await?;
        self.plan_message(account, &new).await
    }

    async fn plan_message(&self, account: &Account, new: &CreateMessage) -> Result<MessagePreview, AppError> {
        must_be_active(account)?;
        self.must_be_ahead(new.send_at)?;
        let service = self.named_service(account.sid, new.service).await?;
        let options = PlanOptions {
            alphabet: if new.ucs2 { Alphabet::Ucs2 } else { Alphabet::Auto },
            smart: new.smart || service.as_ref().is_some_and(|service| service.smart_encoding),
            national: self.config.language_tables.to(&new.to.to_string()),
            ..PlanOptions::default()
        };
        // Pictures without words are one segment, as if a blank went with them.
        let is_wordless = new.body.0.is_empty() && !new.media.is_empty();
        let text = if is_wordless { " " } else { &new.body.0 };
        let plan = planned(&new.to, text, options)?;
        let from = match (&service, &new.from) {
            (Some(service), asked) => self.sender_of_service(service, asked.as_ref(), &new.to).await?,
            (None, Some(asked)) => self.sender(account.sid, asked, new.shared_fallback).await?,
            (None, None) => return Err(ErrorCode::MessageFromMissing.into()),
        };
        address::check_recipient(&from, &new.to)?;
        if self.is_emergency(&new.to) {
            return Err(ErrorCode::EmergencyNotOpen.into());
        }
        let ends = (&from, service.as_ref().map(|service| service.sid));
        let of_service = service.as_ref().filter(|service| service.usecase == MARKETING);
        let class = new.class.or(of_service.map(|_| MessageClass::Marketing)).unwrap_or_default();
        self.must_be_wanted(account.sid, ends, &new.to, class).await?;
        let ends = (&from, &new.to);
        let price = self.message_price(account.sid, ends, plan.segments.len(), class).await?;
        Ok(MessagePreview { from, plan, price, service, class })
    }

    /// The sender a message leaves from: an own number that can send, the shared short number, or a name that is
    /// everybody's or was approved for the account.
    pub(crate) async fn sender(
        &self,
        account: AccountSid,
        asked: &Address,
        fallback: bool,
    ) -> Result<Address, AppError> {
        if *asked == self.config.shared_sender || self.config.sender_names.contains(asked) {
            return Ok(asked.clone());
        }
        if matches!(asked, Address::Alphanumeric(_)) && self.holds_name(account, asked).await? {
            return Ok(asked.clone());
        }
        if let Address::Number(number) = asked
            && let Some(owned) = self.owner_of(number).await?
            && owned.account_sid == account
        {
            let able = owned.capabilities.sms.then(|| asked.clone());
            return able.ok_or_else(|| ErrorCode::SenderNotCapable.into());
        }
        if fallback && !self.can_send(account).await? {
            return Ok(self.config.shared_sender.clone());
        }
        Err(ErrorCode::SenderNotCapable.into())
    }

    async fn can_send(&self, account: AccountSid) -> Result<bool, AppError> {
        let now = self.clock.now();
        if let Some(known) = self.has_sender.get(&account, now) {
            return Ok(known);
        }
        let ticket = self.has_sender.ticket();
        let page = Page { limit: NUMBERS_LOOKED_AT, ..Page::default() };
        let numbers = self.store.numbers(account, &NumberFilter::default(), &page).await?;
        let known = numbers.iter().any(|number| number.capabilities.sms);
        self.has_sender.put(ticket, account, known, now);
        Ok(known)
    }

    pub(crate) async fn message_price(
        &self,
        account: AccountSid,
        (from, to): (&Address, &Address),
        segments: usize,
        class: MessageClass,
    ) -> Result<Option<Money>, AppError> {
        let (from, dialled) = (from.to_string(), to.to_string());
        let (meter, now) = (self.meter(account), self.clock.now());
        match meter.authorise(UsageKind::SmsOut, &from, &dialled, now) {
            Ok(Authorised::Priced(priced)) => {
                let (price, reached) = (priced.cost_of(segments as u64), priced.class.to_owned());
                Box::pin(self.must_reach(account, to, &reached, Goes::Messages)).await?;
                // What brings a code may be in the price of the code's request.
                let is_included = class == MessageClass::Otp && meter.includes_delivery(now);
                Ok((!is_included).then_some(price))
            }
            Ok(Authorised::Free { .. }) => Ok(None),
            Err(refusal) => {
                // A number of the platform that can receive is reached on-net, whatever its class says of carriers.
                if let Some(number) = to.number()
                    && self.owner_of(number).await?.is_some_and(|owned| owned.capabilities.sms)
                {
                    return Ok(None);
                }
                Err(match refusal.reason {
                    RefusalReason::NumberNotInPlan => ErrorCode::ToInvalid.into(),
                    RefusalReason::NotForMessages => ErrorCode::ToNotMobile.into(),
                    RefusalReason::ClassRefused | RefusalReason::ServiceRefused(_) => refuse_because(
                        ErrorCode::DestinationNotPermitted,
                        2201,
                        "Dial Destination Not Allowed",
                    ),
                })
            }
        }
    }

    pub(crate) fn new_message(
        &self,
        account: &Account,
        new: CreateMessage,
        preview: &MessagePreview,
    ) -> Message {
        let (sid, now) = (new.sid.unwrap_or_else(MessageSid::new), self.clock.now());
        let segments = preview.plan.segments.len();
        let service = preview.service.as_ref();
        let validity = new.validity_s.or(service.map(|service| service.validity_s));
        let of_service = service.and_then(|service| service.quiet_hours);
        let quiet_hours = of_service.or(account.quiet_hours).unwrap_or(self.config.quiet_hours);
        let too_dear = matches!((preview.price, new.max_price), (Some(price), Some(max)) if price > max);
        Message {
            sid,
            version: 1,
            account_sid: account.sid,
            from: preview.from.clone(),
            to: new.to,
            body: new.body,
            sealed_body: None,
            direction: new.direction,
            class: preview.class,
            quiet_hours: (preview.class == MessageClass::Marketing).then_some(quiet_hours),
            status: match (too_dear, new.send_at) {
                (true, _) => MessageStatus::Failed,
                (false, Some(_)) => MessageStatus::Scheduled,
                (false, None) => MessageStatus::Queued,
            },
            segments: u32::try_from(segments).expect("a plan has at most 24 segments"),
            segment_states: vec![message::SegmentState::Waiting; segments],
            // The low byte of a UUIDv7 is random (of a reply's, part of a hash), which is what the reference has to be (3GPP TS 23.040 §9.2.3.24.1).
            concat_ref: sid.as_u128().to_be_bytes()[15],
            api_version: new.api_version.to_owned(),
            application_sid: new.application_sid,
            labels: (!new.labels.is_empty()).then(|| Box::new(new.labels)),
            messaging_service_sid: service.map(|service| service.sid),
            send_at: new.send_at,
            status_callback: new.status_callback,
            told_of: new.told_of,
            callback_sequence: 0,
            validity_s: validity.unwrap_or(self.config.message_validity_s),
            route: None,
            node: None,
            attempts: 0,
            next_attempt_at: (!too_dear).then_some(new.send_at.unwrap_or(now)),
            error: too_dear.then_some(ErrorCode::PriceExceeded),
            price: None,
            is_granted: false,
            feedback: new.provide_feedback.then_some(MessageFeedback {
                confirmed: None,
                created_at: now,
                updated_at: now,
            }),
            opt_out: None,
            is_flash: new.flash,
            sip_headers: new.sip_headers,
            media: u8::try_from(new.media.len()).unwrap_or(u8::MAX),
            sent_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    async fn take_callback_of_application(&self, message: &mut Message) -> Result<(), AppError> {
        let Some(sid) = message.application_sid else { return Ok(()) };
        let application = self.store.application(message.account_sid, sid).await?;
        let application = application.ok_or(ErrorCode::ApplicationInvalid)?;
        message.status_callback = message.status_callback.take().or(application.sms_status_callback);
        Ok(())
    }

    /// One message.
    pub async fn message(&self, account: AccountSid, sid: MessageSid) -> Result<Message, AppError> {
        self.store.message(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Messages.
    pub async fn messages(
        &self,
        account: AccountSid,
        filter: &MessageFilter,
        page: &Page,
    ) -> Result<Vec<Message>, AppError> {
        Ok(self.store.messages(account, filter, page).await?)
    }

    /// How many messages match.
    pub async fn count_messages(&self, account: AccountSid, filter: &MessageFilter) -> Result<u64, AppError> {
        Ok(self.store.count_messages(account, filter).await?)
    }

    /// Withdraws a message that has not left.
    pub async fn cancel_message(&self, account: &Account, sid: MessageSid) -> Result<Message, AppError> {
        must_be_active(account)?;
        let canceled = retrying!(self.try_cancel(account.sid, sid))?;
        self.wake.callbacks.notify_one();
        Ok(canceled)
    }

    async fn try_cancel(&self, account: AccountSid, sid: MessageSid) -> Result<Message, AppError> {
        let mut message = self.message(account, sid).await?;
        if !waits(message.status) {
            return Err(ErrorCode::MessageNotCancelable.into());
        }
        message.status = MessageStatus::Canceled;
        message.next_attempt_at = None;
        message.sealed_body = None;
        message.updated_at = self.clock.now();
        let callback = callbacks::message_status(&mut message);
        let mut changes = ChangeSet::new();
        crate::delivery::return_credit(&mut message, &mut changes);
        changes.push(Change::UpdateMessage(message.clone()));
        if let Some(callback) = callback {
            changes.push(Change::QueueCallback(callback));
        }
        self.store.commit(changes).await?;
        message.version += 1;
        Ok(message)
    }

    /// Gives a message that has not left another text, and what else `new` says. `MessageNotCancelable` where it has left, carries a code,
    /// or credit is set aside for another number of segments.
    pub async fn replace_message(
        &self,
        account: &Account,
        sid: MessageSid,
        new: &ReplaceMessage,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut message = self.message(account.sid, sid).await?;
            let national = self.config.language_tables.to(&message.to.to_string());
            let options = PlanOptions { national, ..PlanOptions::default() };
            let segments = planned(&message.to, &new.body.0, options)?.segments.len();
            if new.from.as_ref().is_some_and(|from| *from != message.from) {
                return Err(ErrorCode::FromInvalid.into());
            }
            let is_whole =
                message.segment_states.iter().all(|state| *state == message::SegmentState::Waiting);
            let fits = !message.is_granted || message.segment_states.len() == segments;
            if !waits(message.status) || !is_whole || !fits || message.sealed_body.is_some() {
                return Err(ErrorCode::MessageNotCancelable.into());
            }
            let now = self.clock.now();
            message.body.clone_from(&new.body);
            message.segments = u32::try_from(segments).expect("a plan has at most 24 segments");
            message.segment_states = vec![message::SegmentState::Waiting; segments];
            message.status_callback.clone_from(&new.status_callback);
            message.told_of.clone_from(&new.told_of);
            if let Some(validity_s) = new.validity_s {
                let age = now.duration_since(message.begins_at()).as_secs();
                message.validity_s = u32::try_from(age).unwrap_or(0).saturating_add(validity_s);
            }
            message.updated_at = now;
            self.store.commit(Change::UpdateMessage(message).into()).await?;
            Ok::<_, AppError>(())
        })
    }

    /// Empties the text of a message that has left.
    pub async fn redact_message(&self, account: &Account, sid: MessageSid) -> Result<Message, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut message = self.message(account.sid, sid).await?;
            must_have_left(&message)?;
            message.body = Pii::default();
            message.sip_headers = Vec::new();
            message.updated_at = self.clock.now();
            self.store.commit(Change::UpdateMessage(message.clone()).into()).await?;
            message.version += 1;
            Ok::<_, AppError>(message)
        })
    }

    /// Deletes a message that has left. Its usage stays.
    pub async fn delete_message(&self, account: &Account, sid: MessageSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let message = self.message(account.sid, sid).await?;
        must_have_left(&message)?;
        self.must_not_be_held(account.sid, &[&message.from, &message.to]).await?;
        Ok(self.store.commit(Change::DeleteMessage(account.sid, sid).into()).await?)
    }
}

/// How the text goes to its recipient: in segments, or to a phone of the platform in one piece.
fn planned(to: &Address, text: &str, options: PlanOptions) -> Result<MessagePlan, ErrorCode> {
    let is_for_phone = matches!(to, Address::Client(_));
    if is_for_phone { plan_whole(text) } else { plan(text, options) }.map_err(unplannable)
}

fn unplannable(error: PlanError) -> ErrorCode {
    match error {
        PlanError::Empty => ErrorCode::BodyMissing,
        PlanError::TooManyCharacters { .. } | PlanError::TooManySegments { .. } => ErrorCode::BodyTooLong,
    }
}

/// Whether the message can still be withdrawn.
const fn waits(status: MessageStatus) -> bool {
    matches!(status, MessageStatus::Accepted | MessageStatus::Scheduled | MessageStatus::Queued)
}

/// The text of a message that may still have to be sent must stay.
fn must_have_left(message: &Message) -> Result<(), AppError> {
    let under_way = matches!(message.status, MessageStatus::Sending | MessageStatus::Receiving);
    if waits(message.status) || under_way {
        return Err(refuse(ErrorCode::MessageNotCancelable, "The message is still under way."));
    }
    Ok(())
}

/// `GSM-7` or `UCS-2`, as on the wire.
pub const fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Gsm7 => "GSM-7",
        Encoding::Ucs2 => "UCS-2",
    }
}
