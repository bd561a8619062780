//! Credit for the talk of a call's legs.

use std::time::Duration;

use flexio_voice::{Event, LegId};

use crate::call_task::CallTask;
use crate::input::CallInput;

impl CallTask {
    /// Sets aside what a leg needs that is about to be called. The first leg of a REST call has it since the request.
    pub(crate) async fn reserve(&mut self, id: LegId) -> Result<(), (u32, String)> {
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id).filter(|_| id != LegId::FIRST) else { return Ok(()) };
        let reserved = flexio_app::legs::reserve(&node.app, &mut leg.record).await;
        reserved.map_err(|refusal| (refusal.code, refusal.text))?;
        if let Some(seconds) = leg.record.granted_s {
            leg.dirty = true;
            self.found.push_back(Event::Granted { leg: id, seconds });
        }
        Ok(())
    }

    /// Asks for more talk, beside the call: however long the database takes, the machine ends the leg in time.
    pub(crate) fn ask_credit(&mut self, id: LegId, seconds: u32) {
        let Some(leg) = self.legs.get(&id) else { return };
        let (node, sender, record) = (self.node.clone(), self.sender.clone(), leg.record.clone());
        tokio::spawn(async move {
            let extended = flexio_app::legs::extend(&node.app, &record, seconds).await;
            let seconds = extended.unwrap_or_else(|error| {
                tracing::warn!(call_sid = %record.sid, %error, "credit_not_extended");
                0
            });
            sender.answer(CallInput::Voice(Box::new(Event::Granted { leg: id, seconds }))).await;
        });
    }

    /// Why a recording may not begin, which is charged when it ends.
    pub(crate) async fn recording_unpaid(&self) -> Option<flexio_app::legs::DialRefusal> {
        let first = &self.legs.get(&LegId::FIRST)?.record;
        flexio_app::legs::may_record(&self.node.app, first).await.err()
    }

    /// `longest`, or less where a leg has to be ended for want of credit before.
    pub(crate) fn patience(&self, longest: Duration) -> Duration {
        let left = self.machine.cut_at().map(|at| at.saturating_sub(self.node.now().mono));
        left.map_or(longest, |left| left.min(longest))
    }
}
