//! What a running flexio holds: counted before and after calls, so that nothing is kept that was lent.

use std::time::{Duration, Instant};

use crate::PATIENCE;
use crate::flexio::Flexio;

/// Gauges of `/metrics` that are back where they were some time after the last call.
const GAUGES: [&str; 7] = [
    "voice_calls_running",
    "voice_conferences_running",
    "voice_conference_calls",
    "media_streams_running",
    "media_sessions",
    "sip_legs",
    "runtime_tasks",
];

/// A count of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Files and sockets that the process has open.
    pub files: usize,
    /// Of those, sockets of UDP: one for each port of media, and some for good.
    pub ports: usize,
    /// Programs it has started and that have not ended.
    pub programs: usize,
    /// Each gauge of the metrics that counts what is held, with its name.
    pub gauges: Vec<(&'static str, u64)>,
}

/// `name 3` of a page of metrics, with or without labels; a gauge nobody has touched yet counts 0.
fn gauge(page: &str, name: &str) -> u64 {
    let value = |line: &str| {
        let rest = line.strip_prefix(name)?.strip_prefix(' ')?;
        rest.trim().parse::<f64>().ok()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    page.lines().find_map(value).map_or(0, |value| value as u64)
}

/// Inodes of this system's UDP sockets.
fn udp_inodes() -> Vec<String> {
    let tables =
        ["/proc/net/udp", "/proc/net/udp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let inode = |line: &str| line.split_whitespace().nth(9).map(ToOwned::to_owned);
    tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(inode).collect()
}

/// Processes whose parent it is. (Not every kernel lists children with the parent.)
fn children(parent: u32) -> Vec<u32> {
    let is_child = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name in brackets may hold anything; state and parent follow it (proc(5)).
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(1).is_some_and(|id| id == parent.to_string())
    };
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child).collect()
}

impl Flexio {
    /// Programs it has started and that run.
    pub fn programs(&self) -> Vec<u32> {
        children(self.id())
    }

    /// Counts what it holds while nothing but this counting goes on: the most of some looks, for each look is a request of its own.
    pub async fn held_at_rest(&self) -> Held {
        let mut most = self.held().await;
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let now = self.held().await;
            most.files = most.files.max(now.files);
            most.ports = most.ports.max(now.ports);
            for ((_, most), (_, now)) in most.gauges.iter_mut().zip(now.gauges) {
                *most = now.max(*most);
            }
        }
        most
    }

    /// Counts what it holds now.
    pub async fn held(&self) -> Held {
        let page = self.rest.get_at("/metrics").await.text();
        let links: Vec<String> = std::fs::read_dir(format!("/proc/{}/fd", self.id()))
            .expect("it runs")
            .flatten()
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .map(|link| link.display().to_string())
            .collect();
        let udp = udp_inodes();
        let is_udp = |link: &&String| {
            let inode = link.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            inode.is_some_and(|inode| udp.iter().any(|one| one == inode))
        };
        Held {
            files: links.len(),
            ports: links.iter().filter(is_udp).count(),
            programs: self.programs().len(),
            gauges: GAUGES.map(|name| (name, gauge(&page, name))).to_vec(),
        }
    }

    /// Waits until a gauge of its metrics reads this.
    pub async fn counts(&self, name: &str, value: u64) {
        crate::eventually(&format!("{name} is {value}"), || async {
            let page = self.rest.get_at("/metrics").await.text();
            (gauge(&page, name) == value).then_some(())
        })
        .await;
    }

    /// Waits until it holds no more than `before` of anything.
    pub async fn gives_back(&self, before: &Held) {
        let until = Instant::now() + PATIENCE;
        loop {
            let now = self.held().await;
            let is_back = now.files <= before.files
                && now.ports <= before.ports
                && now.programs <= before.programs
                && now.gauges.iter().zip(&before.gauges).all(|((_, now), (_, before))| now <= before);
            if is_back {
                return;
            }
            assert!(Instant::now() < until, "still held: {now:?}, before the calls: {before:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::gauge;

    #[test]
    fn a_gauge_is_found_by_its_whole_name() {
        let page = "# TYPE sip_legs gauge\nsip_legs_total 9\nsip_legs 3\n";
        assert_eq!((gauge(page, "sip_legs"), gauge(page, "media_sessions")), (3, 0));
    }
}
