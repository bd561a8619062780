//! Asking applications what to do with incoming messages, and doing it.
//!
//! One message is asked about at a time per conversation (sender and number), in the order they came; different conversations run side
//! by side. A conversation keeps its cookies for four hours. After a restart, messages that were not asked about are asked about
//! again, with the same idempotency token: an application may be asked twice, never not at all. What it answers is sent once: the sid of a
//! reply follows from the message and the place of the verb.

mod email;
mod pictures;

use std::{collections::HashMap, sync::Arc, time::Duration};

use flexio_app::{
    App, AppError, CreateMessage,
    delivery::{self, Instructions, Note, Unasked},
    flows::{FlowAt, flow_url_of},
};
use flexio_domain::{
    Address, Dialect, ErrorCode, HttpMethod, Level, Message, MessageDirection, MessageMedia, Pii, Timestamp,
    Webhook,
};
use flexio_markup::{self as markup, Body, Document, Kind, Limits, Target, Verb};
use flexio_outbound::{CookieJar, FetchError, InstructionRequest, Outbound, Signer, WireForm};
use flexio_store::ChangeSet;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, Semaphore, mpsc, watch},
    task::JoinSet,
    time::Instant,
};
use url::form_urlencoded::Serializer;

use crate::{Phase, outbox::signer_of};

/// Redirects of one message.
const REDIRECTS_MAX: u32 = 50;
/// Verbs of one message, over all its documents.
const VERBS_MAX: u32 = 1_000;
/// Conversations remembered; the ones that have rested longest leave.
const CONVERSATIONS_MAX: usize = 10_000;
/// A conversation is forgotten after this rest.
const REST_MAX: Duration = Duration::from_secs(4 * 3_600);
/// Replies in one conversation per minute: two applications that answer each other end here.
const REPLIES_MAX: u32 = 30;
/// Messages asked about again after a restart, read at once.
const UNASKED_READ: u32 = 200;

/// The notification series, where the markup and HTTP layers have no number of their own.
mod code {
    pub const NOT_ALLOWED: u32 = 11_001;
    pub const BAD_URL: u32 = 11_100;
    pub const PARSE: u32 = 12_100;
    pub const CONTENT_TYPE: u32 = 12_300;
    pub const TO: u32 = 14_101;
    pub const FROM: u32 = 14_102;
    pub const BODY: u32 = 14_103;
    pub const VERB: u32 = 14_110;
    pub const REDIRECTS: u32 = 11_215;
    pub const FLOW: u32 = 81_010;
}

/// What lasts from one message of a conversation to the next.
#[derive(Debug, Default)]
struct Conversation {
    cookies: CookieJar,
    /// Start of the present minute of replies, and how many there were.
    replies: Option<(Instant, u32)>,
}

type Conversations = HashMap<(Address, Address), (Instant, Arc<Mutex<Conversation>>)>;

/// The task that asks.
#[derive(Debug)]
pub(crate) struct Asker {
    app: Arc<App>,
    outbound: Outbound,
    asks: mpsc::Receiver<Message>,
    phase: watch::Receiver<Phase>,
    conversations: Conversations,
    places: Arc<Semaphore>,
}

impl Asker {
    pub(crate) fn new(
        app: Arc<App>,
        outbound: Outbound,
        asks: mpsc::Receiver<Message>,
        phase: watch::Receiver<Phase>,
        asking_max: usize,
    ) -> Self {
        let places = Arc::new(Semaphore::new(asking_max.max(1)));
        Self { app, outbound, asks, phase, conversations: HashMap::new(), places }
    }

    /// Runs until told to stop.
    pub(crate) async fn run(mut self) {
        // Ended with this task: what they have not finished is found after the next start.
        let mut sessions = JoinSet::new();
        loop {
            while sessions.try_join_next().is_some() {}
            let message = tokio::select! {
                message = self.asks.recv() => message,
                _ = self.phase.wait_for(|phase| *phase == Phase::Stop) => return,
            };
            let Some(message) = message else { return };
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            let conversation = self.conversation(&message);
            // Waiting here instead of in the task keeps the order of the conversation; a lock that is held only holds up its own.
            let held = Arc::clone(&conversation).try_lock_owned();
            let (app, outbound) = (Arc::clone(&self.app), self.outbound.clone());
            let session = Session { app, outbound, message, media: Vec::new() };
            let order = match held {
                Ok(held) => Turn::Now(held),
                Err(_) => Turn::Later(conversation),
            };
            sessions.spawn(async move {
                let mut held = match order {
                    Turn::Now(held) => held,
                    Turn::Later(conversation) => conversation.lock_owned().await,
                };
                session.run(&mut held).await;
                drop(place);
            });
        }
    }

    fn conversation(&mut self, message: &Message) -> Arc<Mutex<Conversation>> {
        let now = Instant::now();
        if self.conversations.len() >= CONVERSATIONS_MAX {
            self.conversations.retain(|_, (since, _)| since.elapsed() < REST_MAX);
            if self.conversations.len() >= CONVERSATIONS_MAX {
                let mut ages: Vec<Instant> = self.conversations.values().map(|(since, _)| *since).collect();
                let (_, median, _) = ages.select_nth_unstable(CONVERSATIONS_MAX / 2);
                let median = *median;
                self.conversations.retain(|_, (since, _)| *since > median);
            }
        }
        let key = (message.from.clone(), message.to.clone());
        let entry = self.conversations.entry(key).or_insert_with(|| (now, Arc::default()));
        if entry.0.elapsed() >= REST_MAX {
            entry.1 = Arc::default();
        }
        entry.0 = now;
        Arc::clone(&entry.1)
    }
}

enum Turn {
    Now(OwnedMutexGuard<Conversation>),
    Later(Arc<Mutex<Conversation>>),
}

/// Asks about the messages that a stop left unasked: those from before this call, for which the task need not have begun. What comes in
/// later is asked about by whoever takes it, never a second time from the database.
pub(crate) fn ask_again(app: Arc<App>, asks: mpsc::Sender<Message>) -> impl Future<Output = ()> {
    let started = app.clock.now();
    ask_about_older(app, asks, started)
}

async fn ask_about_older(app: Arc<App>, asks: mpsc::Sender<Message>, started: Timestamp) {
    let mut from = Unasked::START;
    loop {
        match delivery::unasked(&app, from, UNASKED_READ).await {
            Ok((found, next)) => {
                from = next;
                let is_last = found.len() < UNASKED_READ as usize;
                for message in found.into_iter().filter(|message| message.created_at < started) {
                    if asks.send(message).await.is_err() {
                        return;
                    }
                }
                if is_last {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "unasked_messages_not_read");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
    }
}

/// One incoming message and its documents.
struct Session {
    app: Arc<App>,
    outbound: Outbound,
    message: Message,
    /// What it carries.
    media: Vec<MessageMedia>,
}

/// The next document to ask for.
struct Next {
    webhook: Webhook,
    params: Vec<(String, String)>,
}

/// A document, and the URL it came from.
struct Answer {
    document: Document,
    url: String,
}

/// Why there is no document.
struct Failure {
    code: u32,
    text: String,
    body: Option<String>,
}

impl Session {
    async fn run(mut self, conversation: &mut Conversation) {
        self.media = match self.app.media_of(&self.message).await {
            Ok(media) => media,
            // It stays `receiving` and is asked about after the next start.
            Err(error) => return tracing::warn!(%error, "media_not_read"),
        };
        // It stays `receiving` and is answered after the next start.
        if let Err(error) = self.app.answer_word(&self.message).await {
            return tracing::warn!(%error, "opt_out_word_not_answered");
        }
        match Box::pin(delivery::answered_inside(&self.app, &self.message)).await {
            Ok(true) => return self.is_asked().await,
            Ok(false) => {}
            // It stays `receiving` and is asked about after the next start.
            Err(error) => return tracing::warn!(%error, "message_not_answered_inside"),
        }
        match delivery::instructions(&self.app, &self.message).await {
            Ok(Some(instructions)) => self.execute(&instructions, conversation).await,
            Ok(None) => {}
            // It stays `receiving` and is asked about after the next start.
            Err(error) => return tracing::warn!(%error, "instructions_not_read"),
        }
        self.is_asked().await;
    }

    async fn is_asked(&self) {
        if let Err(error) = delivery::asked(&self.app, self.message.account_sid, self.message.sid).await {
            tracing::warn!(%error, "asked_not_kept");
        }
    }

    async fn execute(&self, instructions: &Instructions, conversation: &mut Conversation) {
        let Some(primary) = instructions.source.primary.clone() else { return };
        if let Some(flow) = flow_url_of(&primary.url, &self.app.config.public_base_url) {
            return self.run_flow(flow, conversation).await;
        }
        let signer = match signer_of(&self.app, self.message.account_sid).await {
            Ok(Some(signer)) => signer,
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, "signer_not_read"),
        };
        let mut next = Some(Next { webhook: primary, params: self.params() });
        let (mut redirects, mut verbs) = (0, 0);
        while let Some(request) = next.take() {
            let Some(answer) = self.ask(&request, instructions, &signer, conversation).await else { return };
            next = self.perform(&answer, &mut verbs, conversation).await;
            redirects += 1;
            if redirects > REDIRECTS_MAX || verbs >= VERBS_MAX {
                let text = "the message's documents lead on without end; they were stopped".to_owned();
                return self.note(Level::Error, code::REDIRECTS, text, None, None, None).await;
            }
        }
    }

    /// The application is a flow. One that ends by failing tells its owner itself.
    async fn run_flow(&self, flow: FlowAt, conversation: &mut Conversation) {
        if !conversation.may_reply() {
            let text =
                format!("more than {REPLIES_MAX} messages in a minute from one sender; the flow was not run");
            return self.note(Level::Error, code::NOT_ALLOWED, text, None, None, None).await;
        }
        if let Err(error) = self.app.flow_message(flow, &self.message).await {
            self.note(Level::Error, code::FLOW, format!("the flow was not run: {error}"), None, None, None)
                .await;
        }
    }

    /// Parameters of every request about this message ("Parameters in the request to your application" of Twilio's messaging webhook
    /// documentation, which contain Restcomm's).
    fn params(&self) -> Vec<(String, String)> {
        let message = &self.message;
        let sid = message.sid.to_string();
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let mut params = vec![
            pair("MessageSid", sid.clone()),
            pair("SmsSid", sid.clone()),
            pair("SmsMessageSid", sid),
            pair("AccountSid", message.account_sid.to_string()),
            pair("From", message.from.to_string()),
            pair("To", message.to.to_string()),
            pair("Body", message.body.0.clone()),
            pair("NumMedia", self.media.len().to_string()),
            pair("NumSegments", message.segments.to_string()),
            pair("SmsStatus", "received".to_owned()),
            pair("ApiVersion", message.api_version.clone()),
        ];
        params.extend(pictures::params(&self.app.config.public_base_url, &self.media));
        params.extend(message.messaging_service_sid.map(|sid| pair("MessagingServiceSid", sid.to_string())));
        params.extend(
            message.sip_headers.iter().map(|(name, value)| pair(&format!("SipHeader_{name}"), value.clone())),
        );
        params.extend(message.opt_out.map(|word| pair("OptOutType", word.kind.as_str().to_owned())));
        params
    }

    /// Asks the URL, and on failure once the fallback.
    async fn ask(
        &self,
        next: &Next,
        instructions: &Instructions,
        signer: &Signer,
        conversation: &mut Conversation,
    ) -> Option<Answer> {
        let failure = match self.fetch(next, instructions.dialect, signer, conversation).await {
            Ok(answer) => return Some(answer),
            Err(failure) => failure,
        };
        let (url, code) = (next.webhook.url.clone(), failure.code);
        self.note_failure(next, failure).await;
        let fallback = instructions.source.fallback.clone().filter(|fallback| *fallback != next.webhook)?;
        let mut params = next.params.clone();
        params.push(("ErrorCode".to_owned(), code.to_string()));
        params.push(("ErrorUrl".to_owned(), url));
        let second = Next { webhook: fallback, params };
        match self.fetch(&second, instructions.dialect, signer, conversation).await {
            Ok(answer) => Some(answer),
            Err(failure) => {
                self.note_failure(&second, failure).await;
                None
            }
        }
    }

    async fn fetch(
        &self,
        next: &Next,
        dialect: Dialect,
        signer: &Signer,
        conversation: &mut Conversation,
    ) -> Result<Answer, Failure> {
        let wire = if dialect == Dialect::Rcml { WireForm::Rcml } else { WireForm::Twiml };
        let token = self.message.sid.to_string();
        let request = InstructionRequest {
            url: &next.webhook.url,
            method: next.webhook.method,
            params: &next.params,
            signer,
            cookies: &mut conversation.cookies,
            timeout: None,
            wire,
            idempotency_token: Some(&token),
        };
        let fetched = self.outbound.fetch_instructions(request).await;
        let response = fetched.map_err(|error: FetchError| Failure {
            code: u32::from(error.notification_code(wire)),
            text: error.to_string(),
            body: None,
        })?;
        let body = Body {
            url: &response.final_url,
            content_type: Some(response.content_type.as_str()).filter(|kind| !kind.is_empty()),
            bytes: &response.body,
        };
        let kind = Kind::Messaging;
        let read = markup::interpret(body, kind, markup_dialect(dialect), &Limits::default());
        let document = read.map_err(|error| Failure {
            code: match error {
                markup::InterpretError::ContentType(_) => code::CONTENT_TYPE,
                markup::InterpretError::Parse(_) => code::PARSE,
            },
            text: match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
            body: Some(String::from_utf8_lossy(&response.body).into_owned()),
        })?;
        Ok(Answer { document, url: response.final_url })
    }

    /// Runs one document; the next one, if it leads on.
    async fn perform(
        &self,
        answer: &Answer,
        verbs: &mut u32,
        conversation: &mut Conversation,
    ) -> Option<Next> {
        for warning in &answer.document.warnings {
            let text = format!("{} (line {})", warning.text, warning.line);
            let request = Some((answer.url.clone(), HttpMethod::Get));
            self.note(Level::Warning, warning.code.number(), text, request, None, None).await;
        }
        for step in &answer.document.steps {
            *verbs += 1;
            if *verbs >= VERBS_MAX {
                return None;
            }
            match &step.verb {
                Verb::Message(reply) => {
                    let outcome = self.reply(reply, *verbs, &answer.url, conversation).await;
                    if let Some(action) = &reply.action {
                        return self
                            .lead_on(action, &answer.url, self.outcome_params(outcome.as_ref()))
                            .await;
                    }
                }
                Verb::Redirect(redirect) => {
                    if let Some(url) = &redirect.url {
                        let target = Target { url: url.clone(), method: redirect.method };
                        return self.lead_on(&target, &answer.url, self.params()).await;
                    }
                }
                Verb::Email(email) => {
                    let params = self.email(email, *verbs, &answer.url).await;
                    if let Some(action) = &email.action {
                        return self.lead_on(action, &answer.url, params).await;
                    }
                }
                other => {
                    let text = format!(
                        "<{}> on line {} cannot answer a message; it was skipped",
                        other.name(),
                        step.line
                    );
                    self.note(Level::Warning, code::VERB, text, None, None, None).await;
                }
            }
        }
        None
    }

    async fn lead_on(&self, target: &Target, base: &str, params: Vec<(String, String)>) -> Option<Next> {
        match markup::resolve(base, &target.url) {
            Ok(url) => Some(Next { webhook: Webhook { url, method: http_method(target.method) }, params }),
            Err(error) => {
                self.note(Level::Error, code::BAD_URL, error.to_string(), None, None, None).await;
                None
            }
        }
    }

    /// The parameters with the reply's sid and status in place of the message's own. `None`: it was refused.
    fn outcome_params(&self, reply: Option<&Message>) -> Vec<(String, String)> {
        let (sid, status) = match reply {
            Some(reply) if reply.error.is_none() => (reply.sid.to_string(), "sent"),
            Some(reply) => (reply.sid.to_string(), "failed"),
            None => (String::new(), "failed"),
        };
        let own = ["MessageSid", "SmsSid", "SmsMessageSid", "SmsStatus"];
        let mut params: Vec<_> =
            self.params().into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
        for (name, value) in
            [("MessageSid", sid.as_str()), ("SmsSid", &sid), ("MessageStatus", status), ("SmsStatus", status)]
        {
            params.push((name.to_owned(), value.to_owned()));
        }
        params
    }

    /// Sends a reply; `None` if it was refused, and the owner is told why.
    async fn reply(
        &self,
        reply: &markup::Message,
        verb: u32,
        base: &str,
        conversation: &mut Conversation,
    ) -> Option<Message> {
        if !conversation.may_reply() {
            let text =
                format!("more than {REPLIES_MAX} replies in a minute to one sender; this one was not sent");
            self.note(Level::Error, code::NOT_ALLOWED, text, None, None, None).await;
            return None;
        }
        let (code, text) = match self.create(reply, verb, base).await {
            Ok(message) => return Some(message),
            Err(refused) => refused,
        };
        self.note(Level::Error, code, text, None, None, None).await;
        None
    }

    async fn create(&self, reply: &markup::Message, verb: u32, base: &str) -> Result<Message, (u32, String)> {
        let address = |text: &Option<String>, default: &Address, code: u32| match text {
            Some(text) => text.parse().map_err(|_| (code, "not an address a message can have".to_owned())),
            None => Ok(default.clone()),
        };
        let status_callback = match &reply.status_callback {
            Some(target) => {
                let url = markup::resolve(base, &target.url).map_err(|e| (code::BAD_URL, e.to_string()))?;
                Some(Webhook { url, method: http_method(target.method) })
            }
            None => None,
        };
        let resolved = reply.media.iter().map(|url| markup::resolve(base, url)).collect();
        let media: Result<Vec<String>, _> = resolved;
        let media = media.map_err(|error| (code::BAD_URL, error.to_string()))?;
        let from = address(&reply.from, &self.message.to, code::FROM)?;
        let to = address(&reply.to, &self.message.from, code::TO)?;
        let version = if self.message.api_version == "2012-04-24" { "2012-04-24" } else { "2010-04-01" };
        let (body, direction) = (Pii(reply.body.clone()), MessageDirection::OutboundReply);
        let new = CreateMessage {
            sid: Some(delivery::reply_sid(self.message.sid, verb)),
            media,
            status_callback,
            shared_fallback: true,
            ..CreateMessage::new(from, to, body, direction, version)
        };
        let refused = |error: AppError| (refusal_code(error.code()), error.to_string());
        let account = self.app.account_now(self.message.account_sid).await.map_err(refused)?;
        let account = account.ok_or_else(|| (code::NOT_ALLOWED, "the account is gone".to_owned()))?;
        self.app.create_message(&account, new, &|_| None).await.map_err(refused)
    }

    async fn note_failure(&self, next: &Next, failure: Failure) {
        let request = Some((next.webhook.url.clone(), next.webhook.method));
        let variables = Some(Serializer::new(String::new()).extend_pairs(&next.params).finish());
        self.note(Level::Error, failure.code, failure.text, request, variables, failure.body).await;
    }

    async fn note(
        &self,
        level: Level,
        code: u32,
        text: String,
        request: Option<(String, HttpMethod)>,
        variables: Option<String>,
        body: Option<String>,
    ) {
        let note = Note { level, code, text, request, variables, body };
        let change = delivery::notification(&self.app, &self.message, note);
        if let Err(error) = delivery::save(&self.app, ChangeSet::from(change)).await {
            tracing::warn!(%error, code, "notification_not_kept");
        }
    }
}

impl Conversation {
    /// Counts a reply; false when there are too many.
    fn may_reply(&mut self) -> bool {
        let now = Instant::now();
        let (since, count) = match self.replies {
            Some((since, count)) if now.duration_since(since) < Duration::from_secs(60) => (since, count + 1),
            _ => (now, 1),
        };
        self.replies = Some((since, count));
        count <= REPLIES_MAX
    }
}

fn refusal_code(error: ErrorCode) -> u32 {
    match error {
        ErrorCode::BodyMissing | ErrorCode::BodyTooLong => code::BODY,
        ErrorCode::SenderNotCapable | ErrorCode::MessageFromMissing | ErrorCode::FromInvalid => code::FROM,
        ErrorCode::ToNotMobile | ErrorCode::ToEqualsFrom | ErrorCode::ToInvalid | ErrorCode::NoRoute => {
            code::TO
        }
        ErrorCode::OptedOut | ErrorCode::EmergencyNotOpen => error.number(),
        _ => code::NOT_ALLOWED,
    }
}

const fn markup_dialect(dialect: Dialect) -> markup::Dialect {
    match dialect {
        Dialect::Auto => markup::Dialect::Auto,
        Dialect::Rcml => markup::Dialect::Rcml,
        Dialect::Twiml => markup::Dialect::Twiml,
    }
}

const fn http_method(method: markup::Method) -> HttpMethod {
    match method {
        markup::Method::Get => HttpMethod::Get,
        markup::Method::Post => HttpMethod::Post,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_applications_that_answer_each_other_are_stopped_and_may_go_on_later() {
        let mut conversation = Conversation::default();
        assert!((0..REPLIES_MAX).all(|_| conversation.may_reply()));
        assert!(!conversation.may_reply());
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(conversation.may_reply());
    }
}
