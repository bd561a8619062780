//! Shedding: when the node falls behind, some new calls get 503 so that the running ones keep their quality.

use std::sync::Arc;
use std::time::Duration;

use flexio_sip::Shed;
use tokio::time::Instant;

use crate::node::Node;
use crate::sip_shell::Order;

/// How often the delay is measured.
const EVERY: Duration = Duration::from_millis(100);
/// A task that wanted to run and had to wait this long shows a full machine.
const LATE: Duration = Duration::from_millis(20);

/// Share of new calls to refuse, in percent: grows by steps while the node is late, and falls slowly when it is not, so that it
/// settles near the load that can be carried.
pub(crate) fn next_percent(percent: u8, late_by: Duration) -> u8 {
    if late_by > LATE * 5 {
        percent.saturating_add(20).min(95)
    } else if late_by > LATE {
        percent.saturating_add(5).min(95)
    } else {
        percent.saturating_sub(1 + percent / 10)
    }
}

/// What calls hold, for whoever looks for a leak: all of it is given back some time after the last call.
fn show(node: &Node, sizes: &flexio_sip::Stats) {
    #[expect(clippy::cast_precision_loss, reason = "counts of things in memory")]
    let measure = |count: usize| count as f64;
    metrics::gauge!("sip_legs").set(measure(sizes.legs));
    metrics::gauge!("sip_transactions").set(measure(sizes.clients + sizes.servers));
    metrics::gauge!("sip_connections").set(measure(sizes.connections));
    metrics::gauge!("media_sessions").set(measure(node.media.open_sessions()));
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    metrics::gauge!("runtime_tasks").set(measure(tasks));
}

/// Measures and sheds for the life of the node.
pub(crate) fn watch(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        let mut percent = 0;
        loop {
            let wanted = Instant::now() + EVERY;
            tokio::time::sleep_until(wanted).await;
            let Some(node) = weak.upgrade() else { return };
            // The way through the SIP task's queue counts too: it is where new calls wait.
            let sizes = node.sip().stats().await;
            let next = next_percent(percent, wanted.elapsed());
            if next != percent {
                percent = next;
                metrics::gauge!("sip_shed_percent").set(f64::from(percent));
                let retry_after_s = node.config.sip.retry_after_s;
                node.sip().order(Order::Shed(Shed { percent, retry_after_s })).await;
            }
            if let Some(sizes) = sizes {
                show(&node, &sizes);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shedding_rises_while_late_and_ends_within_five_seconds() {
        let mut percent = 0;
        for _ in 0..10 {
            percent = next_percent(percent, Duration::from_millis(500));
        }
        assert_eq!(percent, 95);
        for _ in 0..50 {
            percent = next_percent(percent, Duration::ZERO);
        }
        assert_eq!(percent, 0);
    }
}
