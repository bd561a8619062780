//! Calls that were refused before they became one: kept with what was said, as far as somebody is concerned.

use std::sync::{Arc, Mutex};

use flexio_app::legs::{RefusedLeg, keep_refused};
use flexio_sip as sip;

use crate::ladders::LadderOf;
use crate::node::Node;
use crate::sip_shell::Order;

/// Refused calls kept in a minute, on one node: they cost who sends them nothing, so there may be any number.
const KEPT_PER_MINUTE: u32 = 300;

/// How many were kept in this minute.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<(u64, u32)>);

impl Refusals {
    /// Whether one more is kept, `minute` minutes after the start.
    fn admits(&self, minute: u64) -> bool {
        let mut kept = self.0.lock().expect("no panic while held");
        if kept.0 != minute {
            *kept = (minute, 0);
        }
        kept.1 += 1;
        kept.1 <= KEPT_PER_MINUTE
    }
}

/// Keeps a call that has just been refused, and says whose its messages are.
pub(crate) async fn keep(node: &Arc<Node>, leg: sip::LegId, refused: RefusedLeg) {
    if !node.refusals.admits(node.epoch.elapsed().as_secs() / 60) {
        metrics::counter!("voice_refused_not_kept_total").increment(1);
        return;
    }
    match keep_refused(&node.app, refused).await {
        Ok(Some(call)) => {
            let of = LadderOf { account: call.account_sid, call: call.sid, root: call.sid };
            node.sip().order(Order::Name { leg, of }).await;
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "refused_call_not_kept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_are_kept_in_a_minute() {
        let refusals = Refusals::default();
        assert!((0..KEPT_PER_MINUTE).all(|_| refusals.admits(7)));
        assert!(!refusals.admits(7) && refusals.admits(8));
    }
}
