//! A message came in: what is kept of it, and who is asked what to do.

use flexio_billing::{Charge, MessageReceived};
use flexio_domain::{
    AccountSid, AccountStatus, Address, ApplicationSid, Dialect, E164, ErrorCode, HttpMethod, Level, Message,
    MessageClass, MessageDirection, MessageSid, MessageStatus, MessagingService, MessagingServiceSid,
    Notification, NotificationSid, Pii, Webhook, WebhookSet,
};
use flexio_store::{Change, ChangeSet, MessageFilter, Order, Page, Scope, StoreError};

use crate::error::AppError;
use crate::masking::MaskRoute;
use crate::usage::booked;
use crate::{App, RETRIES_MAX, callbacks, vault};

/// Bytes of a request or an answer kept with a notification.
const KEPT_BYTES_MAX: usize = 4_096;

/// A message from a carrier or from another account, whole or given up on.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Sender.
    pub from: Address,
    /// Our number, or the sender that all accounts share.
    pub to: Address,
    /// Text of all parts that came.
    pub body: Pii<String>,
    /// Parts it came in, at least 1.
    pub segments: u32,
    /// Route it came by; `None` on-net.
    pub route: Option<String>,
    /// Pictures and files that come with it.
    pub media: u8,
    /// No part is missing.
    pub is_whole: bool,
    /// Custom headers of the SIP MESSAGE it came in as.
    pub sip_headers: Vec<(String, String)>,
}

/// Why a message is not taken. The carrier is answered all the same, except for `Store`: it cannot do better.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Nobody rents the number, or it cannot receive messages.
    #[error("the number is not in service for messages")]
    UnknownNumber,
    /// The account is suspended or closed.
    #[error("the account is not active")]
    AccountInactive,
    /// It could not be read or saved.
    #[error("storage")]
    Store(#[source] AppError),
}

impl From<StoreError> for ReceiveError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// Appends the incoming message, its usage event and posting to `changes`. It exists when those are committed, as `receiving` if an
/// application has to be asked ([`asked`] ends that), else as `received`.
pub async fn receive(
    app: &App,
    incoming: Incoming,
    changes: &mut ChangeSet,
) -> Result<Message, ReceiveError> {
    let receiver = receiver(app, &incoming).await?;
    let account = app.account_now(receiver.account_sid).await.map_err(ReceiveError::Store)?;
    if account.is_none_or(|account| account.status != AccountStatus::Active) {
        return Err(ReceiveError::AccountInactive);
    }
    let now = app.clock.now();
    let mut message = Message {
        sid: MessageSid::new(),
        version: 1,
        account_sid: receiver.account_sid,
        from: incoming.from,
        to: incoming.to,
        body: incoming.body,
        sealed_body: None,
        direction: MessageDirection::Inbound,
        status: MessageStatus::Received,
        segments: incoming.segments.max(1),
        labels: None,
        segment_states: Vec::new(),
        concat_ref: 0,
        api_version: receiver.dialect.api_version().to_owned(),
        application_sid: receiver.application_sid,
        status_callback: None,
        told_of: Vec::new(),
        callback_sequence: 0,
        validity_s: 0,
        route: incoming.route,
        node: None,
        attempts: 0,
        next_attempt_at: None,
        error: (!incoming.is_whole).then_some(ErrorCode::MissingSegment),
        price: None,
        class: MessageClass::Transactional,
        quiet_hours: None,
        is_granted: false,
        feedback: None,
        opt_out: None,
        is_flash: false,
        sip_headers: incoming.sip_headers,
        media: incoming.media,
        messaging_service_sid: receiver.service_sid,
        send_at: None,
        sent_at: Some(now),
        created_at: now,
        updated_at: now,
    };
    message.opt_out = app.read_word(&message, changes).await?;
    if receiver.is_asked || message.opt_out.is_some() {
        message.status = MessageStatus::Receiving;
    }
    let charge = charge_of(app, &message);
    message.price = Some(charge.event.amount);
    if !receiver.has_application {
        tell_receiver(app, &mut message, changes).await?;
    }
    changes.push(Change::CreateMessage(message.clone()));
    changes.extend(booked(charge));
    Ok(message)
}

/// What came in is metered, whatever the plan asks for it.
fn charge_of(app: &App, message: &Message) -> Charge {
    let (from, to) = (message.from.to_string(), message.to.to_string());
    app.meter(message.account_sid).message_received(&MessageReceived {
        message_sid: message.sid,
        account_sid: message.account_sid,
        from: &from,
        to: &to,
        segments: message.segments,
        at: message.created_at,
    })
}

/// Whose message it is, and who answers.
struct Receiver {
    account_sid: AccountSid,
    service_sid: Option<MessagingServiceSid>,
    application_sid: Option<ApplicationSid>,
    dialect: Dialect,
    /// An application or a URL answers.
    has_application: bool,
    /// Something may answer: an application, or a flow that waits for a reply.
    is_asked: bool,
}

async fn receiver(app: &App, incoming: &Incoming) -> Result<Receiver, ReceiveError> {
    let account = receiving_account(app, incoming).await?;
    let account_sid = account.ok_or(ReceiveError::UnknownNumber)?;
    let owned = match &incoming.to {
        Address::Number(number) => app.owner_of(number).await?,
        _ => None,
    };
    if owned.as_ref().is_some_and(|owned| !owned.capabilities.sms) {
        return Err(ReceiveError::UnknownNumber);
    }
    if let (Some(owned), Some(mask)) = (&owned, incoming.to.number())
        && is_mask(app, account_sid, incoming, mask).await?
    {
        // [`super::sent_on`] answers it.
        return Ok(Receiver {
            account_sid,
            service_sid: None,
            application_sid: None,
            dialect: owned.dialect,
            has_application: true,
            is_asked: true,
        });
    }
    let service = app.store.service_of_sender(account_sid, &incoming.to).await?;
    let service_sid = service.as_ref().map(|service| service.sid);
    let is_left = service.as_ref().is_none_or(|service| service.use_inbound_webhook_on_number);
    let text = (&incoming.to, incoming.body.0.as_str());
    let asked = source(app, account_sid, text, service).await.map_err(ReceiveError::Store)?;
    let application_sid = owned.as_ref().and_then(|owned| owned.sms_application_sid).filter(|_| is_left);
    // The shared sender may be answered by a flow that waits for it.
    let is_asked = owned.is_none() || asked.source.primary.is_some() || application_sid.is_some();
    Ok(Receiver {
        account_sid,
        service_sid,
        application_sid,
        dialect: asked.dialect,
        has_application: asked.source.primary.is_some() || application_sid.is_some(),
        is_asked,
    })
}

async fn is_mask(
    app: &App,
    account: AccountSid,
    incoming: &Incoming,
    mask: &E164,
) -> Result<bool, ReceiveError> {
    let route = app.mask_route(account, incoming.from.number(), mask).await.map_err(ReceiveError::Store)?;
    Ok(!matches!(route, MaskRoute::NotMasked))
}

/// Who is asked about messages to a sender: its messaging service, unless that leaves it to the number; the number's application, else its
/// URLs; what the account set for the shared code.
async fn source(
    app: &App,
    account: AccountSid,
    (to, body): (&Address, &str),
    service: Option<MessagingService>,
) -> Result<Instructions, AppError> {
    if let Some(service) = service.filter(|service| !service.use_inbound_webhook_on_number) {
        return Ok(Instructions { source: service.inbound, dialect: Dialect::Twiml });
    }
    let owned = match to.number() {
        Some(number) => app.owner_of(number).await?.filter(|owned| owned.account_sid == account),
        None => None,
    };
    let Some(owned) = owned else {
        let is_shared = *to == app.config.shared_sender;
        let source = if is_shared { shared_source(app, account, body).await? } else { WebhookSet::default() };
        return Ok(Instructions { source, dialect: Dialect::Auto });
    };
    let application = match owned.sms_application_sid {
        Some(sid) => app.store.application(account, sid).await?,
        None => None,
    };
    Ok(match application {
        Some(application) => Instructions { source: application.sms, dialect: application.dialect },
        None => Instructions { source: owned.sms.clone(), dialect: owned.dialect },
    })
}

/// Who is asked about a message to the shared sender: whom its keyword names, else what the account set for the code.
async fn shared_source(app: &App, account: AccountSid, body: &str) -> Result<WebhookSet, AppError> {
    let keyword = app.keyword_in(body).await?.filter(|keyword| keyword.account_sid == account);
    match keyword.map(|keyword| keyword.sms).filter(|sms| sms.primary.is_some()) {
        Some(sms) => Ok(sms),
        None => app.shared_code_source(account).await,
    }
}

/// The account a message belongs to: whoever rents the number; at the shared sender, whose the word is that it begins with, else whoever
/// wrote to the person last.
async fn receiving_account(app: &App, incoming: &Incoming) -> Result<Option<AccountSid>, StoreError> {
    match &incoming.to {
        Address::Number(number) => Ok(app.owner_of(number).await?.map(|owned| owned.account_sid)),
        to if *to == app.config.shared_sender => match app.keyword_in(&incoming.body.0).await? {
            Some(keyword) => Ok(Some(keyword.account_sid)),
            None => app.shared_contact(&incoming.from, &incoming.body.0).await,
        },
        _ => Ok(None),
    }
}

/// The customer's program that is bound over SMPP gets the message that nothing else answers.
async fn tell_receiver(app: &App, message: &mut Message, changes: &mut ChangeSet) -> Result<(), StoreError> {
    let mut configured = app.config.smpp_receivers.iter();
    let name = match configured.find(|(of, _)| *of == message.account_sid) {
        Some((_, name)) => Some(name.clone()),
        None => app.store.smpp_receiver(message.account_sid).await?.map(|user| user.system_id),
    };
    let Some(name) = name else { return Ok(()) };
    let url = format!("{}{name}", super::SMPP);
    message.status_callback = Some(Webhook { url, method: HttpMethod::Post });
    if let Some(callback) = callbacks::message_status(message) {
        changes.push(Change::QueueCallback(callback));
    }
    message.status_callback = None;
    Ok(())
}

/// Where the instructions for an incoming message come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions {
    /// First choice and fallback.
    pub source: WebhookSet,
    /// Language of the documents.
    pub dialect: Dialect,
}

/// Who is asked what to do with an incoming message. `None` if there is nobody any more.
pub async fn instructions(app: &App, message: &Message) -> Result<Option<Instructions>, AppError> {
    let service = match message.messaging_service_sid {
        Some(sid) => app.store.messaging_service(message.account_sid, sid).await?,
        None => None,
    };
    let asked = source(app, message.account_sid, (&message.to, &message.body.0), service).await?;
    Ok(asked.source.primary.is_some().then_some(asked))
}

/// The application was asked, whatever came of it: the message is `received`.
pub async fn asked(app: &App, account: AccountSid, sid: MessageSid) -> Result<(), StoreError> {
    for _ in 0..RETRIES_MAX {
        let Some(mut message) = app.store.message(account, sid).await? else { return Ok(()) };
        if message.status != MessageStatus::Receiving {
            return Ok(());
        }
        message.status = MessageStatus::Received;
        message.updated_at = app.clock.now();
        match app.store.commit(Change::UpdateMessage(message).into()).await {
            Err(StoreError::Conflict(_)) => {}
            done => return done,
        }
    }
    Err(StoreError::Conflict("message"))
}

/// The sid of the message that verb number `verb` of the answers to `incoming` sends. It follows from the two alone, so an application
/// that is asked again after a crash, and answers again, sends nothing twice. It sorts a millisecond behind the message it answers.
pub fn reply_sid(incoming: MessageSid, verb: u32) -> MessageSid {
    let digest = vault::digest_parts(&[b"reply", &incoming.as_u128().to_be_bytes(), &verb.to_be_bytes()]);
    let random = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    // RFC 9562 §5.7: 48 bits of milliseconds, the version, 12 bits that may count, the variant, 62 random bits.
    let millisecond = (incoming.as_u128() >> 80).wrapping_add(1);
    let count = u128::from(verb & 0xFFF);
    MessageSid::from_u128(millisecond << 80 | 7 << 76 | count << 64 | 0b10 << 62 | u128::from(random >> 2))
}

/// Where the search for unasked messages goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unasked(Option<u128>);

impl Unasked {
    /// At the oldest.
    pub const START: Self = Self(None);
}

/// Incoming messages whose application was not asked before the last stop, oldest first, at most `limit`, and where to go on.
pub async fn unasked(app: &App, from: Unasked, limit: u32) -> Result<(Vec<Message>, Unasked), StoreError> {
    let Some(root) = app.store.root_account().await? else { return Ok((Vec::new(), from)) };
    let filter = MessageFilter {
        scope: Scope::Tree,
        status: Some(MessageStatus::Receiving),
        ..MessageFilter::default()
    };
    let page = Page { after: from.0, limit, order: Order::Oldest, ..Page::default() };
    let found = app.store.messages(root.sid, &filter, &page).await?;
    let next = found.last().map_or(from, |last| Unasked(Some(last.sid.as_u128())));
    Ok((found, next))
}

/// Something of a message's document or request that its owner should know.
#[derive(Debug, Clone)]
pub struct Note {
    /// How bad.
    pub level: Level,
    /// A code of the notification series.
    pub code: u32,
    /// One sentence.
    pub text: String,
    /// What was asked, and how.
    pub request: Option<(String, HttpMethod)>,
    /// What was sent, form-encoded.
    pub variables: Option<String>,
    /// What came back, if it can be shown.
    pub body: Option<String>,
}

/// Keeps a note in the account's log.
pub fn notification(app: &App, message: &Message, note: Note) -> Change {
    let (url, method) = note.request.unzip();
    Change::AddNotification(Notification {
        sid: NotificationSid::new(),
        account_sid: message.account_sid,
        call_sid: None,
        message_sid: Some(message.sid),
        level: note.level,
        code: note.code,
        text: note.text,
        request_url: url,
        request_method: method,
        request_variables: note.variables.map(cut),
        response_headers: None,
        response_body: note.body.map(cut),
        api_version: message.api_version.clone(),
        created_at: app.clock.now(),
    })
}

fn cut(mut text: String) -> String {
    let end = (0..=KEPT_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sid_of_a_reply_follows_from_what_it_answers_and_sorts_behind_it() {
        let incoming = MessageSid::new();
        let replies: Vec<MessageSid> = (0..4_000).map(|verb| reply_sid(incoming, verb)).collect();
        assert_eq!(replies[7], reply_sid(incoming, 7));
        assert!(incoming < replies[0] && replies.is_sorted_by(|a, b| a < b));
        assert_ne!(replies[0], reply_sid(MessageSid::new(), 0));
        let parsed: MessageSid = replies[0].to_string().parse().unwrap();
        assert_eq!(parsed.as_u128() >> 76 & 0xF, 7);
        assert_eq!(parsed.as_u128() >> 62 & 3, 0b10);
    }
}
