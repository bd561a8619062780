//! Claims whose commit may or may not have happened.
//!
//! A database that falls between doing a commit and saying so leaves a message saved as submitted of which nothing was handed to a
//! carrier: what is handed over is handed over after the answer. Nobody else would look at it before its validity is over. So what a
//! claim that was not confirmed would have done is remembered here, and when the message is next read, what turns out to have been
//! saved is taken back, or carried on. It is lost with the process: after a start, what is submitted is of unknown outcome.

use flexio_app::App;
use flexio_domain::{AccountSid, Message, MessageSid, MessageStatus, message::SegmentState};
use flexio_messaging::lifecycle::Event;
use flexio_store::StoreError;

use super::Dispatcher;
use crate::{
    book::Remembered,
    work::{Step, Turn, Work},
};

/// What a claim would have done.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    pub(super) account: AccountSid,
    /// Segments that were to be handed over, and were not.
    segments: Vec<usize>,
    /// The incoming message that it was to become on the platform, whose application was not asked.
    inside: Option<(AccountSid, MessageSid)>,
}

impl Doubt {
    pub(super) fn of(work: &Work) -> Self {
        let segments = work.departure.iter().flat_map(|it| it.segments.iter().map(|(segment, _)| *segment));
        let inside = work.inside.as_ref().map(|received| (received.account_sid, received.sid));
        Self { account: work.message().account_sid, segments: segments.collect(), inside }
    }

    /// Whether `message`, of which nothing flies, is as this claim left it.
    fn is_saved_in(&self, message: &Message, node: &str) -> bool {
        let is_submitted =
            |at: &usize| message.segment_states.get(*at).is_some_and(|it| *it == SegmentState::Submitted);
        message.node.as_deref() == Some(node) && self.segments.iter().any(is_submitted)
    }
}

impl Dispatcher {
    /// What to do first with a message that is read after a claim that was not confirmed. `Some` gives it back: there was nothing to mend.
    pub(super) async fn mend(
        &mut self,
        remembered: Remembered,
        turn: &mut Turn,
    ) -> Result<Option<Remembered>, StoreError> {
        let sid = remembered.message.sid;
        let Some(doubt) = self.state.doubts.get(&sid) else { return Ok(Some(remembered)) };
        if let Some((account, received)) = doubt.inside {
            let received = waiting_for_answer(&self.app, account, received).await?;
            if received.is_some_and(|received| self.asks.try_send(received).is_err()) {
                // It stays `receiving` and is asked about after the next start, at the latest.
                tracing::warn!("asking_queue_full");
            }
        }
        let Some(doubt) = self.state.doubts.remove(&sid) else { return Ok(Some(remembered)) };
        if self.book.flies(sid) || !doubt.is_saved_in(&remembered.message, &self.node) {
            return Ok(Some(remembered));
        }
        tracing::info!(message_sid = %sid, "claim_taken_back");
        let mut work = Work::new(remembered);
        for segment in doubt.segments {
            work.event(&self.app, Event::Returned { segment });
        }
        work.step(&self.app, Step::Wait { until: turn.now, is_try: false });
        turn.works.insert(sid, work);
        Ok(None)
    }
}

/// The incoming message, if it is there and nobody has asked about it.
async fn waiting_for_answer(
    app: &App,
    account: AccountSid,
    sid: MessageSid,
) -> Result<Option<Message>, StoreError> {
    let message = app.store.message(account, sid).await?;
    Ok(message.filter(|message| message.status == MessageStatus::Receiving))
}
