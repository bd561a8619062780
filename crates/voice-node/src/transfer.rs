//! Attended transfer (RFC 5589 §7) and calls that take the place of others (RFC 3891): the far ends of two calls are joined, and who asked
//! for it is out.
//!
//! The far ends are led into a room of their own, each by a document in place of the one it had: they become calls of their own with their
//! records, callbacks and charges, and whoever hangs up ends the other. The room itself costs nothing. Both calls must be of one account
//! and of this node.

use std::time::Duration;

use flexio_domain::{AccountSid, CallSid};
use flexio_markup::{Dialect, Document, Kind, Limits, parse};
use flexio_sip as sip;
use flexio_voice::{Event, LegId, Source};
use tokio::sync::oneshot;

use crate::call_task::CallTask;
use crate::input::CallInput;
use crate::node::Node;
use crate::sip_shell::Order;

/// How long the other call may take to say whether it lets its far end go. It does so at once, or is gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// No such dialog, as far as who asks may know (RFC 3891 §3).
const UNKNOWN: u16 = 481;
/// The dialog is one that cannot be replaced, or is over.
const DECLINED: u16 = 603;

/// What a call is asked for: whether the far end of a leg can go elsewhere, or that it does.
pub(crate) struct Replacement {
    /// Who asks: nobody else's calls can be replaced.
    account: AccountSid,
    /// Where the far end is to go; `None` only asks.
    document: Option<Document>,
    /// Told who the far end is, or with which status it is refused.
    reply: oneshot::Sender<Result<CallSid, u16>>,
}

fn own(text: &str) -> Document {
    parse(text.as_bytes(), Kind::Voice, Dialect::Twiml, &Limits::default()).expect("the text is our own")
}

impl Node {
    /// A document for a room for two, named for one transfer alone.
    fn transfer_room(&self) -> Document {
        let name = format!("transfer-{}", CallSid::new());
        let document = own(&format!(
            "<Response><Dial><Conference beep=\"false\" endConferenceOnExit=\"true\" waitUrl=\"\" \
             maxParticipants=\"2\">{name}</Conference></Dial></Response>"
        ));
        self.rooms.expect_transfer(name);
        document
    }

    /// Asks the call of `leg` to let its far end go to `document`, or whether it would; who that is, or the status of its refusal.
    async fn replace(
        &self,
        leg: sip::LegId,
        account: AccountSid,
        document: Option<Document>,
    ) -> Result<CallSid, u16> {
        let (reply, answer) = oneshot::channel();
        let asked = Box::new(Replacement { account, document, reply });
        self.sip().order(Order::Replace { leg, asked }).await;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(DECLINED),
        }
    }

    /// Whether a call of `account` may take the place of `leg`; else the status it is refused with.
    pub(crate) async fn may_replace(&self, leg: sip::LegId, account: AccountSid) -> Result<(), u16> {
        self.replace(leg, account, None).await.map(drop)
    }

    /// The document of a call that takes the place of `leg`: to where its far end is led, or a refusal.
    pub(crate) async fn take_place(&self, leg: sip::LegId, account: AccountSid) -> Document {
        let room = self.transfer_room();
        match self.replace(leg, account, Some(room.clone())).await {
            Ok(_) => room,
            Err(_) => own("<Response><Reject/></Response>"),
        }
    }
}

impl CallTask {
    /// The party on `leg` asks for its far end to be joined with that of another call it has here.
    pub(crate) async fn attended_transfer(
        &mut self,
        leg: LegId,
        sip: sip::LegId,
        replaced: Option<sip::LegId>,
    ) {
        let other = replaced.filter(|other| self.leg_of_sip(*other).is_none());
        let (Some(other), Some(_)) = (other, self.machine.far_end(leg)) else {
            return self.decline_transfer(leg, sip).await;
        };
        let (node, sender, account) = (self.node.clone(), self.sender.clone(), self.account);
        // Beside the call: two calls that ask each other must not wait for each other.
        tokio::spawn(async move {
            let document = node.transfer_room();
            let with = node.replace(other, account, Some(document.clone())).await.ok();
            sender.answer(CallInput::Transferred { leg, sip, document: Box::new(document), with }).await;
        });
    }

    /// The other call has led its far end away, or cannot.
    pub(crate) async fn transferred(
        &mut self,
        leg: LegId,
        sip: sip::LegId,
        document: Document,
        with: Option<CallSid>,
    ) {
        let Some(with) = with else { return self.decline_transfer(leg, sip).await };
        if self.machine.far_end(leg).is_none() {
            // Ours has hung up meanwhile: nobody would come to meet the other.
            let other = self.node.calls().get(&with).cloned();
            if let Some(other) = other {
                other.tell(CallInput::Voice(Box::new(Event::Complete { leg: LegId::FIRST })));
            }
            return self.decline_transfer(leg, sip).await;
        }
        self.trace(leg, "transfer", &with.to_string());
        self.node.sip().order(Order::AcceptRefer { leg: sip }).await;
        self.node.sip().order(Order::NotifyRefer { leg: sip, status: 200 }).await;
        self.let_go(leg, document);
    }

    async fn decline_transfer(&mut self, leg: LegId, sip: sip::LegId) {
        self.trace(leg, "refer-declined", "");
        self.node.sip().order(Order::RejectRefer { leg: sip, status: DECLINED }).await;
    }

    /// Another call, or a new one, takes the place of the party on this leg, who talks or only rings.
    pub(crate) async fn replaced(&mut self, sip: sip::LegId, asked: Replacement) {
        let Replacement { account, document, reply } = asked;
        let found = match self.leg_of_sip(sip).filter(|_| account == self.account) {
            // Whose it is does not show.
            None => Err(UNKNOWN),
            Some(leg) if self.machine.rings(leg) => Ok(self.picked_up(leg, document).await),
            Some(leg) => match document {
                None => self.far_end(leg).map(|(_, sid)| sid).ok_or(DECLINED),
                Some(document) => self.let_go(leg, document).ok_or(DECLINED),
            },
        };
        // The asker may have given up: the far end then waits in the room until it hangs up.
        let _ = reply.send(found);
    }

    /// Another call takes this one, which rings on a leg, or asks whether it might; who calls.
    async fn picked_up(&mut self, leg: LegId, document: Option<Document>) -> CallSid {
        if let Some(document) = document {
            self.cancel_all_that_ring().await;
            self.found.push_back(Event::PickedUp { leg, document });
        }
        self.sid
    }

    fn far_end(&self, leg: LegId) -> Option<(LegId, CallSid)> {
        let far = self.machine.far_end(leg)?;
        Some((far, self.legs.get(&far)?.record.sid))
    }

    /// Gives the far end of a leg another document, and ends the leg; who the far end is.
    fn let_go(&mut self, leg: LegId, document: Document) -> Option<CallSid> {
        let (far, sid) = self.far_end(leg)?;
        self.trace(leg, "replaced", "");
        if far == LegId::FIRST {
            // The leg is a dialled one: it goes with the document that dialled it.
            self.found.push_back(Event::NewDocument { document });
        } else {
            let source = Source::Document(document);
            self.found.push_back(Event::Move { both: false, source, fallback: None });
            self.found.push_back(Event::Complete { leg });
        }
        Some(sid)
    }
}
