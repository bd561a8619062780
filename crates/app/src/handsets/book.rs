//! What the handsets of the sandbox remember. In memory, like the carrier they belong to: the phones of a carrier that exists only while
//! the process runs, and a place where codes may be read that are kept nowhere else.

use std::collections::{HashMap, VecDeque};

use flexio_domain::{CallStatus, E164, HandsetCallSid, HandsetMessageSid, MessageSid, Pii, Timestamp};

/// Handsets that are remembered; beyond that the one that nothing happened to for longest is forgotten.
pub const HANDSETS_MAX: usize = 1_000;
/// Messages of one handset; beyond that the oldest is forgotten.
pub const MESSAGES_MAX: usize = 100;
/// Calls of one handset; beyond that the oldest is forgotten.
pub const CALLS_MAX: usize = 50;
/// Keys that are remembered of one call.
pub const KEYS_MAX: usize = 200;

/// Who answers when a handset is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answering {
    /// The handset itself, as its number says (docs/sandbox.md).
    #[default]
    ByItself,
    /// Whoever has it in hand; until then it rings.
    ByHand,
}

/// A message on a handset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandsetMessage {
    /// Its sid on the handset.
    pub sid: HandsetMessageSid,
    /// Came in; written on the handset otherwise.
    pub incoming: bool,
    /// Who wrote it, or to whom: a number, a short code or a name.
    pub peer: String,
    /// The text, its parts joined.
    pub body: Pii<String>,
    /// When it came or was sent.
    pub at: Timestamp,
    /// The platform's record of a message that was written here.
    pub message_sid: Option<MessageSid>,
}

/// A call of a handset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandsetCall {
    /// Its sid on the handset.
    pub sid: HandsetCallSid,
    /// The handset was called; it calls otherwise.
    pub incoming: bool,
    /// Who is at the other end.
    pub peer: String,
    /// As the handset sees it: `NoAnswer` is a call that was missed.
    pub status: CallStatus,
    /// When it began to ring or to be placed.
    pub began_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Keys that were heard, at most [`KEYS_MAX`].
    pub keys: String,
}

/// A handset as shown in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handset {
    /// Its number.
    pub number: E164,
    /// Who answers.
    pub answering: Answering,
    /// Messages it has.
    pub messages: usize,
    /// Calls it has.
    pub calls: usize,
    /// When something happened to it last.
    pub used_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Memory {
    answering: Answering,
    messages: VecDeque<HandsetMessage>,
    calls: VecDeque<HandsetCall>,
    /// Order in which something happened.
    turn: u64,
    used_at: Option<Timestamp>,
}

/// All handsets.
#[derive(Debug, Default)]
pub(super) struct Book {
    handsets: HashMap<E164, Memory>,
    turn: u64,
}

impl Book {
    fn touch(&mut self, number: &E164, now: Timestamp) -> &mut Memory {
        self.turn += 1;
        if !self.handsets.contains_key(number) && self.handsets.len() >= HANDSETS_MAX {
            let idle = self.handsets.iter().min_by_key(|(_, memory)| memory.turn);
            if let Some(idle) = idle.map(|(number, _)| number.clone()) {
                self.handsets.remove(&idle);
            }
        }
        let memory = self.handsets.entry(number.clone()).or_default();
        memory.turn = self.turn;
        memory.used_at = Some(now);
        memory
    }

    pub(super) fn answering(&self, number: &E164) -> Answering {
        self.handsets.get(number).map_or(Answering::default(), |memory| memory.answering)
    }

    pub(super) fn set_answering(&mut self, number: &E164, answering: Answering, now: Timestamp) {
        self.touch(number, now).answering = answering;
    }

    pub(super) fn add_message(&mut self, number: &E164, message: HandsetMessage) {
        let messages = &mut self.touch(number, message.at).messages;
        if messages.len() >= MESSAGES_MAX {
            messages.pop_front();
        }
        messages.push_back(message);
    }

    pub(super) fn add_call(&mut self, number: &E164, call: HandsetCall) {
        let calls = &mut self.touch(number, call.began_at).calls;
        if calls.len() >= CALLS_MAX {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// Changes a call that is still remembered and not over.
    pub(super) fn change_call(
        &mut self,
        number: &E164,
        sid: HandsetCallSid,
        change: impl FnOnce(&mut HandsetCall),
    ) {
        let calls = self.handsets.get_mut(number).map(|memory| &mut memory.calls);
        let call = calls.and_then(|calls| calls.iter_mut().rev().find(|call| call.sid == sid));
        if let Some(call) = call.filter(|call| call.ended_at.is_none()) {
            change(call);
        }
    }

    /// The one used last first.
    pub(super) fn handsets(&self) -> Vec<Handset> {
        let mut all: Vec<(u64, Handset)> =
            self.handsets.iter().map(|(number, memory)| (memory.turn, shown(number, memory))).collect();
        all.sort_by_key(|(turn, _)| std::cmp::Reverse(*turn));
        all.into_iter().map(|(_, handset)| handset).collect()
    }

    /// Of a number nothing has happened to, an empty one.
    pub(super) fn handset(&self, number: &E164) -> Handset {
        match self.handsets.get(number) {
            Some(memory) => shown(number, memory),
            None => shown(number, &Memory::default()),
        }
    }

    /// The newest first.
    pub(super) fn messages(&self, number: &E164) -> Vec<HandsetMessage> {
        let messages = self.handsets.get(number).map(|memory| &memory.messages);
        messages.map(|messages| messages.iter().rev().cloned().collect()).unwrap_or_default()
    }

    /// The newest first.
    pub(super) fn calls(&self, number: &E164) -> Vec<HandsetCall> {
        let calls = self.handsets.get(number).map(|memory| &memory.calls);
        calls.map(|calls| calls.iter().rev().cloned().collect()).unwrap_or_default()
    }
}

fn shown(number: &E164, memory: &Memory) -> Handset {
    Handset {
        number: number.clone(),
        answering: memory.answering,
        messages: memory.messages.len(),
        calls: memory.calls.len(),
        used_at: memory.used_at,
    }
}
