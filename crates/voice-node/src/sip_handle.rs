//! How everyone else gives orders to the SIP task.

use flexio_domain::CallSid;
use flexio_sip::{self as sip, Credentials, InviteRequest, LegId, OpError, OptionsRequest, Secret, Verdict};
use tokio::sync::{mpsc, oneshot};

use crate::input::CallSender;
use crate::ladders::LadderOf;
use crate::sip_shell::Order;
use crate::stream::Entrance;

/// Gives orders to the SIP task.
#[derive(Debug, Clone)]
pub(crate) struct SipHandle {
    pub orders: mpsc::Sender<Order>,
    pub entrance: Entrance,
}

impl SipHandle {
    /// Waits while the queue is full; an order to a task that has ended is lost with it.
    pub(crate) async fn order(&self, order: Order) {
        let _ = self.orders.send(order).await;
    }

    /// Where connections come in that something else has accepted.
    pub(crate) fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    pub(crate) async fn invite(
        &self,
        request: InviteRequest,
        owner: CallSender,
        ladder: Option<LadderOf>,
    ) -> Result<LegId, OpError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Invite { request: Box::new(request), owner, ladder, reply }).await;
        answer.await.unwrap_or(Err(OpError::NoDestination))
    }

    /// Ends all ladders and waits until they are saved.
    pub(crate) async fn finish_ladders(&self) {
        let (done, finished) = oneshot::channel();
        self.order(Order::FinishLadders(done)).await;
        let _ = finished.await;
    }

    /// Status of the answer; `None` when there was none.
    pub(crate) async fn ping(&self, request: OptionsRequest) -> Option<u16> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Ping { request: Box::new(request), reply }).await;
        answer.await.ok().flatten()
    }

    pub(crate) async fn verify(&self, credentials: Credentials, secret: Option<Secret>) -> Verdict {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Verify { credentials: Box::new(credentials), secret, reply }).await;
        answer.await.unwrap_or(Verdict::Wrong)
    }

    /// What the legs of a call have said and heard so far.
    pub(crate) async fn ladders(&self, call: CallSid) -> Vec<(LadderOf, sip::Ladder)> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Ladders { call, reply }).await;
        answer.await.unwrap_or_default()
    }

    pub(crate) async fn stats(&self) -> Option<sip::Stats> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Stats(reply)).await;
        answer.await.ok()
    }
}
