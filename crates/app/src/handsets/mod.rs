//! The handsets of the sandbox: every number that nobody rents here is the phone of somebody, which can be read, written on, called with
//! and answered. Only where the sandbox carrier is, and only for the top account: the handsets are of the installation, not of a customer.
//!
//! The carriers of messages and calls tell what happens to a handset ([`Handsets`]); what a handset does goes out through them
//! ([`HandsetNetwork`]), and so by the way that everything from a real carrier takes.

mod book;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use flexio_domain::{
    Account, CallStatus, E164, ErrorCode, HandsetCallSid, HandsetMessageSid, MessageSid, Pii, Timestamp,
};
use tokio::sync::Notify;

use crate::App;
use crate::error::{AppError, refuse};

pub use book::{
    Answering, CALLS_MAX, HANDSETS_MAX, Handset, HandsetCall, HandsetMessage, KEYS_MAX, MESSAGES_MAX,
};

use book::Book;

/// How long a question for messages may wait for one, at most.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
/// Characters of a text written on a handset, at most.
const BODY_CHARS_MAX: usize = 1_600;

/// What whoever has a handset in hand does with its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandsetAct {
    /// Takes the call that rings.
    Answer,
    /// Refuses the call that rings, as busy.
    Decline,
    /// Ends the call, or gives up calling.
    HangUp,
    /// Presses keys: `0-9*#`, `w` waits half a second.
    Keys(String),
    /// Says something, as samples at 8 kHz.
    Say(Vec<i16>),
}

/// Why the network did not do what a handset asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandsetFault {
    /// The number takes no messages now, or the text is none.
    #[error("the message was not taken")]
    NotTaken,
    /// The call is over, or not in a state for this.
    #[error("the call is not in a state for this")]
    WrongState,
    /// There is no speech synthesis that works here.
    #[error("the text could not be spoken")]
    NotSpoken,
    /// The description is none of WebRTC audio, or browsers cannot be served now.
    #[error("no sound was agreed on")]
    NoSound,
}

/// The sandbox carrier, seen from a handset.
#[async_trait]
pub trait HandsetNetwork: Send + Sync + std::fmt::Debug {
    /// Carries a text to a number of the platform. Its sid there, once it is kept.
    async fn send(&self, from: &E164, to: &E164, body: &str) -> Result<MessageSid, HandsetFault>;
    /// Calls a number of the platform; returns at once.
    fn call(&self, sid: HandsetCallSid, from: &E164, to: &E164);
    /// Does something in a call that runs.
    async fn act(&self, sid: HandsetCallSid, act: HandsetAct) -> Result<(), HandsetFault>;
    /// Joins a browser with a call that runs: the SDP it offers, the SDP of the answer.
    async fn join(&self, sid: HandsetCallSid, offer: &str) -> Result<String, HandsetFault>;
    /// A text as speech: samples at 8 kHz.
    async fn speak(&self, text: &str, language: &str) -> Result<Vec<i16>, HandsetFault>;
}

/// What the handsets remember, and the network they are in.
#[derive(Debug, Default)]
pub struct Handsets {
    book: Mutex<Book>,
    happened: Notify,
    network: OnceLock<Arc<dyn HandsetNetwork>>,
}

impl Handsets {
    /// Names the network; the first one stays.
    pub fn connect(&self, network: Arc<dyn HandsetNetwork>) {
        if self.network.set(network).is_err() {
            tracing::warn!("the network of the handsets was set twice; the first stays");
        }
    }

    /// A text came to a handset.
    pub fn received(&self, number: &E164, peer: &str, body: String, now: Timestamp) {
        let message = HandsetMessage {
            sid: HandsetMessageSid::new(),
            incoming: true,
            peer: peer.to_owned(),
            body: Pii(body),
            at: now,
            message_sid: None,
        };
        self.change(|book| book.add_message(number, message));
    }

    /// A handset is called, or calls: from now on the call is in its list.
    pub fn begin_call(&self, number: &E164, sid: HandsetCallSid, incoming: bool, peer: &str, now: Timestamp) {
        let call = HandsetCall {
            sid,
            incoming,
            peer: peer.to_owned(),
            status: if incoming { CallStatus::Ringing } else { CallStatus::Queued },
            began_at: now,
            answered_at: None,
            ended_at: None,
            keys: String::new(),
        };
        self.change(|book| book.add_call(number, call));
    }

    /// The other end rings.
    pub fn call_rings(&self, number: &E164, sid: HandsetCallSid) {
        self.change(|book| book.change_call(number, sid, |call| call.status = CallStatus::Ringing));
    }

    /// It was answered.
    pub fn call_answered(&self, number: &E164, sid: HandsetCallSid, now: Timestamp) {
        self.change(|book| {
            book.change_call(number, sid, |call| {
                call.status = CallStatus::InProgress;
                call.answered_at = Some(now);
            });
        });
    }

    /// A key was heard.
    pub fn key_heard(&self, number: &E164, sid: HandsetCallSid, key: char) {
        self.change(|book| {
            book.change_call(number, sid, |call| {
                if call.keys.len() < KEYS_MAX {
                    call.keys.push(key);
                }
            });
        });
    }

    /// It is over: `completed` if it was answered, otherwise as given.
    pub fn call_ended(&self, number: &E164, sid: HandsetCallSid, unanswered: CallStatus, now: Timestamp) {
        self.change(|book| {
            book.change_call(number, sid, |call| {
                call.status = call.answered_at.map_or(unanswered, |_| CallStatus::Completed);
                call.ended_at = Some(now);
            });
        });
    }

    /// Who answers calls to a handset.
    pub fn answering(&self, number: &E164) -> Answering {
        self.read(|book| book.answering(number))
    }

    fn read<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.book.lock().expect("no panic while held"))
    }

    fn change(&self, change: impl FnOnce(&mut Book)) {
        change(&mut self.book.lock().expect("no panic while held"));
        self.happened.notify_waiters();
    }

    fn network(&self) -> Result<&Arc<dyn HandsetNetwork>, AppError> {
        self.network.get().ok_or_else(|| ErrorCode::Unavailable.into())
    }
}

impl App {
    /// The handsets that something has happened to, the last one first. Sub-accounts have none.
    pub fn handsets(&self, account: &Account) -> Result<Vec<Handset>, AppError> {
        match self.may_hold(account) {
            Ok(()) => Ok(self.handsets.read(Book::handsets)),
            Err(_) if self.config.sandbox => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// One handset; any number that nobody rents is one.
    pub async fn handset(&self, account: &Account, number: &E164) -> Result<Handset, AppError> {
        self.take_in_hand(account, number).await?;
        Ok(self.handsets.read(|book| book.handset(number)))
    }

    /// Decides who answers when the handset is called.
    pub async fn set_answering(
        &self,
        account: &Account,
        number: &E164,
        answering: Answering,
    ) -> Result<Handset, AppError> {
        self.take_in_hand(account, number).await?;
        let now = self.clock.now();
        self.handsets.change(|book| book.set_answering(number, answering, now));
        Ok(self.handsets.read(|book| book.handset(number)))
    }

    /// The handset's messages, the newest first. With a `wait`, at most [`WAIT_MAX`], an answer without any comes only after that time:
    /// those that came after `after` are meant.
    pub async fn handset_messages(
        &self,
        account: &Account,
        number: &E164,
        after: Option<HandsetMessageSid>,
        wait: Duration,
    ) -> Result<Vec<HandsetMessage>, AppError> {
        self.take_in_hand(account, number).await?;
        let until = tokio::time::Instant::now() + wait.min(WAIT_MAX);
        loop {
            let happened = self.handsets.happened.notified();
            tokio::pin!(happened);
            // From here on nothing is missed, whatever happens before it is waited for.
            happened.as_mut().enable();
            let mut found = self.handsets.read(|book| book.messages(number));
            found.retain(|message| after.is_none_or(|after| message.sid > after));
            if !found.is_empty() || tokio::time::timeout_at(until, happened).await.is_err() {
                return Ok(found);
            }
        }
    }

    /// Writes a text on the handset, to a number of the platform.
    pub async fn write_on_handset(
        &self,
        account: &Account,
        number: &E164,
        to: &E164,
        body: &str,
    ) -> Result<HandsetMessage, AppError> {
        self.take_in_hand(account, number).await?;
        self.must_be_ours(to).await?;
        if body.chars().count() > BODY_CHARS_MAX {
            return Err(ErrorCode::BodyTooLong.into());
        }
        let network = self.handsets.network()?;
        let kept = network.send(number, to, body).await;
        let sid = kept.map_err(|_| refuse(ErrorCode::NumberNotCapable, "The number takes no messages."))?;
        let message = HandsetMessage {
            sid: HandsetMessageSid::new(),
            incoming: false,
            peer: to.to_string(),
            body: Pii(body.to_owned()),
            at: self.clock.now(),
            message_sid: Some(sid),
        };
        self.handsets.change(|book| book.add_message(number, message.clone()));
        Ok(message)
    }

    /// The handset's calls, the newest first.
    pub async fn handset_calls(
        &self,
        account: &Account,
        number: &E164,
    ) -> Result<Vec<HandsetCall>, AppError> {
        self.take_in_hand(account, number).await?;
        Ok(self.handsets.read(|book| book.calls(number)))
    }

    /// One call of the handset.
    pub async fn handset_call(
        &self,
        account: &Account,
        number: &E164,
        sid: HandsetCallSid,
    ) -> Result<HandsetCall, AppError> {
        let calls = self.handset_calls(account, number).await?;
        calls.into_iter().find(|call| call.sid == sid).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Calls a number of the platform with the handset.
    pub async fn call_with_handset(
        &self,
        account: &Account,
        number: &E164,
        to: &E164,
    ) -> Result<HandsetCall, AppError> {
        self.take_in_hand(account, number).await?;
        self.must_be_ours(to).await?;
        let network = self.handsets.network()?;
        let sid = HandsetCallSid::new();
        self.handsets.begin_call(number, sid, false, to.as_str(), self.clock.now());
        network.call(sid, number, to);
        self.handset_call(account, number, sid).await
    }

    /// Does something in a call of the handset.
    pub async fn act_on_handset(
        &self,
        account: &Account,
        number: &E164,
        sid: HandsetCallSid,
        act: HandsetAct,
    ) -> Result<HandsetCall, AppError> {
        let call = self.handset_call(account, number, sid).await?;
        let fits = match (&act, call.status) {
            (HandsetAct::Answer | HandsetAct::Decline, CallStatus::Ringing) => call.incoming,
            (HandsetAct::HangUp, _) => call.ended_at.is_none(),
            (HandsetAct::Keys(_) | HandsetAct::Say(_), CallStatus::InProgress) => true,
            _ => false,
        };
        if !fits {
            return Err(ErrorCode::CallStateInvalid.into());
        }
        let acted = self.handsets.network()?.act(sid, act).await;
        acted.map_err(|_| AppError::from(ErrorCode::CallStateInvalid))?;
        self.handset_call(account, number, sid).await
    }

    /// Lets a browser speak and hear in a call that was answered, by WebRTC; the SDP of the answer. Whoever did before is out of it.
    pub async fn join_handset(
        &self,
        account: &Account,
        number: &E164,
        sid: HandsetCallSid,
        offer: &str,
    ) -> Result<String, AppError> {
        let call = self.handset_call(account, number, sid).await?;
        if call.status != CallStatus::InProgress {
            return Err(ErrorCode::CallStateInvalid.into());
        }
        self.handsets.network()?.join(sid, offer).await.map_err(|fault| match fault {
            HandsetFault::NoSound => {
                refuse(ErrorCode::InvalidParameter, "Offer is no description of audio that can be answered.")
            }
            HandsetFault::NotTaken | HandsetFault::WrongState | HandsetFault::NotSpoken => {
                ErrorCode::CallStateInvalid.into()
            }
        })
    }

    /// A text as a handset would say it.
    pub async fn speak_for_handset(&self, text: &str, language: &str) -> Result<Vec<i16>, AppError> {
        if text.chars().count() > BODY_CHARS_MAX {
            return Err(ErrorCode::BodyTooLong.into());
        }
        let spoken = self.handsets.network()?.speak(text, language).await;
        spoken.map_err(|_| refuse(ErrorCode::InvalidParameter, "Say could not be spoken in this language."))
    }

    /// Whether handsets exist, and for this account.
    fn may_hold(&self, account: &Account) -> Result<(), AppError> {
        if self.config.sandbox && account.parent_sid.is_none() {
            return Ok(());
        }
        Err(refuse(ErrorCode::NotFound, "Handsets are the sandbox's, and the top account's."))
    }

    async fn take_in_hand(&self, account: &Account, number: &E164) -> Result<(), AppError> {
        self.may_hold(account)?;
        if self.owner_of(number).await?.is_some() {
            return Err(refuse(
                ErrorCode::NumberInvalid,
                "This number is rented here: it is no handset of the sandbox.",
            ));
        }
        Ok(())
    }

    async fn must_be_ours(&self, to: &E164) -> Result<(), AppError> {
        if self.owner_of(to).await?.is_none() {
            return Err(refuse(ErrorCode::ToInvalid, "To is not a number that is rented here."));
        }
        Ok(())
    }
}
