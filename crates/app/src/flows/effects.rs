//! Doing what a node asks for.

use flexio_domain::{
    Account, AccountSid, Address, Dialect, EmailSid, FlowExecution, HttpMethod, Level, MessageDirection,
    MessageSid, Pii, RecordingSid, Webhook, WebhookSet,
};
use flexio_flows::{self as engine, Channel, Effect, Entry, Event, HttpOutcome, State};
use flexio_store::{CallerIdFilter, Change, FlowChange, NumberFilter, Page};

use super::drive::notice;
use crate::App;
use crate::calls::{CallSource, CreateCall};
use crate::delivery::reply_sid;
use crate::emails::{CreateEmail, EmailOrigin};
use crate::error::AppError;
use crate::messages::CreateMessage;

/// A notification's code: an alert of a flow.
const ALERT: u32 = 81_011;

impl App {
    pub(super) async fn perform_effect(
        &self,
        execution: &FlowExecution,
        state: &State,
        effect: Effect,
    ) -> Result<Event, AppError> {
        let account = execution.account_sid;
        Ok(match effect {
            Effect::Http(request) => {
                let token = format!("{}-{}", execution.sid, state.steps);
                Event::Http(match self.flow_http.get() {
                    Some(http) => http.exchange(&request, &token).await,
                    None => HttpOutcome::Failed("this process makes no web requests".to_owned()),
                })
            }
            Effect::Send { to, from, body } => {
                Event::Sent(self.send_for_flow(execution, state, (&to, &from), body).await?)
            }
            Effect::Email(letter) => Event::Sent(self.mail_for_flow(execution, state, *letter).await?),
            Effect::Find(query) => Event::Found(engine::found_in(&self.directory(account).await?, &query)),
            Effect::CallOut { to, from, url, timeout_s, record } => {
                let new = CreateCall {
                    source: CallSource::Url(WebhookSet {
                        primary: Some(Webhook { url, method: HttpMethod::Post }),
                        fallback: None,
                    }),
                    ring_timeout_s: timeout_s,
                    record,
                    dialect: Dialect::Twiml,
                    ..CreateCall::default()
                };
                Event::Placed(self.call_for_flow(execution, (&to, &from), new).await?)
            }
            Effect::Read(key) => Event::Stored(self.store.flow_value(account, &key).await?),
            Effect::Write(key, value) => {
                self.store.commit(Change::from(FlowChange::SetValue(account, key, value)).into()).await?;
                Event::Stored(None)
            }
            Effect::Forget(key) => {
                self.store.commit(Change::from(FlowChange::ForgetValue(account, key)).into()).await?;
                Event::Stored(None)
            }
            Effect::Alert { text, error } => {
                let level = if error { Level::Error } else { Level::Warning };
                self.store.commit(notice(execution, level, ALERT, &text, self.clock.now()).into()).await?;
                Event::Done
            }
        })
    }

    async fn owner_of_flow(
        &self,
        execution: &FlowExecution,
    ) -> Result<Result<std::sync::Arc<Account>, String>, AppError> {
        let account = self.account_now(execution.account_sid).await?;
        Ok(account.ok_or_else(|| "the account is gone".to_owned()))
    }

    /// Sends a message whose sid follows from the step: asked for again after a crash, it is the one that was made.
    async fn send_for_flow(
        &self,
        execution: &FlowExecution,
        state: &State,
        (to, from): (&str, &str),
        body: String,
    ) -> Result<Result<String, String>, AppError> {
        let (Ok(to), Ok(from)) = (to.parse::<Address>(), from.parse::<Address>()) else {
            return Ok(Err("the receiver or the sender is no address a message can have".to_owned()));
        };
        let account = match self.owner_of_flow(execution).await? {
            Ok(account) => account,
            Err(error) => return Ok(Err(error)),
        };
        let reply = state.channel == Channel::Message;
        let direction = if reply { MessageDirection::OutboundReply } else { MessageDirection::OutboundApi };
        let new = CreateMessage {
            sid: Some(reply_sid(MessageSid::from_u128(execution.sid.as_u128()), state.steps)),
            shared_fallback: true,
            ..CreateMessage::new(from, to, Pii(body), direction, "2010-04-01")
        };
        refused(self.create_message(&account, new, &|_| None).await.map(|message| message.sid.to_string()))
    }

    /// Sends an e-mail whose sid follows from the step, as that of a message does.
    async fn mail_for_flow(
        &self,
        execution: &FlowExecution,
        state: &State,
        letter: engine::Letter,
    ) -> Result<Result<String, String>, AppError> {
        let account = match self.owner_of_flow(execution).await? {
            Ok(account) => account,
            Err(error) => return Ok(Err(error)),
        };
        let recording = match letter.recording.as_deref().map(str::parse::<RecordingSid>) {
            None => None,
            Some(Ok(sid)) => Some(sid),
            Some(Err(_)) => return Ok(Err("there is no such recording to attach".to_owned())),
        };
        let sid = reply_sid(MessageSid::from_u128(execution.sid.as_u128()), state.steps);
        let new = CreateEmail {
            sid: Some(EmailSid::from_u128(sid.as_u128())),
            from: letter.from,
            to: letter.to,
            cc: letter.cc,
            bcc: letter.bcc,
            subject: Some(letter.subject),
            body: Pii(letter.body),
            is_html: letter.html,
            recording,
            origin: EmailOrigin { call: execution.call_sid, message: None },
            api_version: "2012-04-24",
            ..CreateEmail::default()
        };
        refused(self.create_email(&account, new, &|_| None).await.map(|email| email.sid.to_string()))
    }

    /// The clients that may register, numbers and caller ids of an account; the last thousand of each.
    async fn directory(&self, account: AccountSid) -> Result<Vec<Entry>, AppError> {
        let page = Page { limit: 1_000, ..Page::default() };
        let clients = self.store.clients(account, None, &page).await?;
        let clients = clients.into_iter().filter(|client| client.enabled).map(|client| Entry {
            kind: "client".to_owned(),
            address: format!("client:{}", client.login),
            name: client.friendly_name,
            key: client.login,
        });
        let number = |kind: &str, name: String, number: String| Entry {
            kind: kind.to_owned(),
            name,
            key: number.clone(),
            address: number,
        };
        let numbers = self.store.numbers(account, &NumberFilter::default(), &page).await?;
        let numbers = numbers.into_iter().map(|it| number("number", it.friendly_name, it.number.to_string()));
        let caller_ids = self.store.caller_ids(account, &CallerIdFilter::default(), &page).await?;
        let caller_ids =
            caller_ids.into_iter().map(|it| number("caller_id", it.friendly_name, it.number.to_string()));
        Ok(clients.chain(numbers).chain(caller_ids).collect())
    }

    async fn call_for_flow(
        &self,
        execution: &FlowExecution,
        (to, from): (&str, &str),
        new: CreateCall,
    ) -> Result<Result<String, String>, AppError> {
        let (Ok(to), Ok(from)) = (to.parse::<Address>(), from.parse::<Address>()) else {
            return Ok(Err("the destination or the caller id is no address a call can have".to_owned()));
        };
        let account = match self.owner_of_flow(execution).await? {
            Ok(account) => account,
            Err(error) => return Ok(Err(error)),
        };
        let new = CreateCall { from, to, ..new };
        refused(self.create_call(&account, new, &|_| None).await.map(|call| call.sid.to_string()))
    }
}

/// A refusal is an outcome of the node; a store that does not answer is not.
fn refused(done: Result<String, AppError>) -> Result<Result<String, String>, AppError> {
    match done {
        Ok(sid) => Ok(Ok(sid)),
        Err(AppError::Store(error)) => Err(AppError::Store(error)),
        Err(error) => Ok(Err(format!("{} ({})", error, error.code().number()))),
    }
}
