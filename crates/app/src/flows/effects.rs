//! Doing what a node asks for.

use flexio_domain::{
    Account, Address, Dialect, FlowExecution, HttpMethod, Level, MessageDirection, MessageSid, Pii, Webhook,
    WebhookSet,
};
use flexio_flows::{Channel, Effect, Event, HttpOutcome, State};
use flexio_store::{Change, FlowChange};

use super::drive::notice;
use crate::App;
use crate::calls::{CallSource, CreateCall};
use crate::delivery::reply_sid;
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
