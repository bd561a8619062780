//! Messages between an application and the phone on a leg, in the dialog of their call.

use std::collections::VecDeque;

use flexio_markup::Target;

use crate::actions::{Action, Callback, CallbackKind, LegId};
use crate::context::Context;
use crate::events::MessagingNews;
use crate::params;

/// Subscriptions of one leg.
const SUBSCRIPTIONS_MAX: usize = 10;
/// Sent messages whose sids are remembered.
const REMEMBERED: usize = 64;
/// Messages of one phone that are told; more are dropped.
const TOLD_MAX: u32 = 10_000;

/// What a leg's application and its phone have to do with each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Messaging {
    subscriptions: Vec<(String, Target)>,
    sent: VecDeque<String>,
    told: u32,
}

impl Messaging {
    pub fn is_subscribed(&self, sid: &str) -> bool {
        self.subscriptions.iter().any(|(known, _)| known == sid)
    }

    pub fn takes_subscription(&self) -> bool {
        self.subscriptions.len() < SUBSCRIPTIONS_MAX
    }

    /// False for one that was sent before.
    fn remember(&mut self, sid: String) -> bool {
        if self.sent.contains(&sid) {
            return false;
        }
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back(sid);
        true
    }
}

impl Context<'_> {
    pub fn messaging(&mut self, leg: LegId, news: MessagingNews) {
        match news {
            MessagingNews::Send { sid, content } => self.send_user_message(leg, sid, content),
            MessagingNews::Received { sid, content } => self.user_message(leg, &sid, &content),
            MessagingNews::Subscribe { sid, target } => self.subscribe(leg, sid, target),
            MessagingNews::Unsubscribe { sid } => self.unsubscribe(leg, &sid),
        }
    }

    /// The API's word to the phone.
    fn send_user_message(&mut self, leg: LegId, sid: String, content: String) {
        if !self.talking(leg) {
            return;
        }
        let Some(state) = self.leg_mut(leg) else { return };
        if state.messaging.remember(sid.clone()) {
            self.trace(leg, "user-message-sent", sid);
            self.push(Action::UserMessage { leg, content });
        }
    }

    /// The phone's word to whoever wants it.
    fn user_message(&mut self, leg: LegId, sid: &str, content: &str) {
        if !self.talking(leg) {
            return;
        }
        self.user_acted();
        let Some(state) = self.leg_mut(leg) else { return };
        let sequence = state.messaging.told;
        let targets: Vec<Target> =
            state.messaging.subscriptions.iter().map(|(_, target)| target.clone()).collect();
        if targets.is_empty() || sequence >= TOLD_MAX {
            return;
        }
        state.messaging.told += 1;
        self.trace(leg, "user-message-received", sid.to_owned());
        for Target { url, method } in targets {
            let params = params::user_message(self.base, leg, sid, content, sequence, self.now);
            self.push(Action::Callback(Callback {
                leg,
                kind: CallbackKind::UserMessage,
                url,
                method,
                params,
            }));
        }
    }

    fn subscribe(&mut self, leg: LegId, sid: String, target: Target) {
        if !self.alive(leg) {
            return;
        }
        let Some(state) = self.leg_mut(leg) else { return };
        if state.messaging.takes_subscription() && !state.messaging.is_subscribed(&sid) {
            state.messaging.subscriptions.push((sid, target));
        }
    }

    fn unsubscribe(&mut self, leg: LegId, sid: &str) {
        if let Some(state) = self.leg_mut(leg) {
            state.messaging.subscriptions.retain(|(known, _)| known != sid);
        }
    }
}
