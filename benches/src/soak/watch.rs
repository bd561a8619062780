//! What a process holds: memory over time, descriptors and ports now.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result};

use super::mean;
use crate::process::resident_kib;
use crate::table::float;

/// Between two samples.
const EVERY: Duration = Duration::from_secs(5);
/// Before that memory may grow: a fifth of a short run, and never more than five minutes.
const WARM_UP_MAX: Duration = Duration::from_secs(300);
/// A slope of less is noise.
const SAMPLES_MIN: usize = 24;

/// What is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    /// Descriptors of any kind.
    pub descriptors: usize,
    /// Sockets of UDP.
    pub ports: usize,
}

impl Open {
    /// Of this process, now.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let folder = std::fs::read_dir(format!("/proc/{pid}/fd")).context("the measured process is gone")?;
        let open: Vec<String> = folder
            .flatten()
            .filter_map(|entry| Some(std::fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
            .collect();
        let udp = inodes(pid, "udp") + &inodes(pid, "udp6");
        let known: HashSet<&str> = udp.lines().collect();
        let inode =
            |link: &String| link.strip_prefix("socket:[").map(|rest| rest.trim_end_matches(']').to_owned());
        let ports = open.iter().filter_map(inode).filter(|inode| known.contains(inode.as_str())).count();
        Ok(Self { descriptors: open.len(), ports })
    }
}

/// Inodes of the sockets in a table of the network, a line each (proc(5): the tenth field).
fn inodes(pid: u32, table: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
    let field = |line: &str| line.split_whitespace().nth(9).map(|inode| format!("{inode}\n"));
    text.lines().skip(1).filter_map(field).collect()
}

/// Memory over time.
#[derive(Debug)]
pub(crate) struct Watch {
    pid: u32,
    /// Seconds since the beginning, and KiB resident.
    samples: Vec<(u64, u64)>,
}

impl Watch {
    /// Nothing was seen yet.
    pub(crate) fn new(pid: u32) -> Self {
        Self { pid, samples: Vec::new() }
    }

    /// Takes a sample, if one is due.
    pub(crate) fn look(&mut self, elapsed: Duration) {
        let second = elapsed.as_secs();
        if self.samples.last().is_none_or(|(last, _)| second >= last + EVERY.as_secs()) {
            let kib = resident_kib(self.pid);
            if self.samples.len().is_multiple_of(12) {
                eprintln!("  {second} s: {} MB resident", kib / 1_024);
            }
            self.samples.push((second, kib));
        }
    }

    /// The most that was resident, in MB.
    pub(crate) fn most_mb(&self) -> u64 {
        self.samples.iter().map(|(_, kib)| kib / 1_024).max().unwrap_or(0)
    }

    /// Growth in MB an hour after the warm-up, by least squares; `None` of too few samples.
    pub(crate) fn slope_mb_per_hour(&self) -> Option<f64> {
        let length = self.samples.last()?.0;
        let warm = (length / 5).min(WARM_UP_MAX.as_secs());
        let samples: Vec<(u64, u64)> =
            self.samples.iter().copied().filter(|(second, _)| *second >= warm).collect();
        if samples.len() < SAMPLES_MIN {
            return None;
        }
        let (middle, level) = (mean(samples.iter().map(|(s, _)| *s)), mean(samples.iter().map(|(_, k)| *k)));
        let off = |(second, kib): &(u64, u64)| (float(*second) - middle, float(*kib) - level);
        let together: f64 = samples.iter().map(off).map(|(x, y)| x * y).sum();
        let alone: f64 = samples.iter().map(off).map(|(x, _)| x * x).sum();
        (alone > 0.0).then(|| together / alone * 3_600.0 / 1_024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_after_the_warm_up_and_not_from_too_few_samples() {
        let mut watch = Watch::new(1);
        watch.samples = (0..200).map(|n| (n * 5, if n < 40 { n * 1_000 } else { 40_000 + n * 5 })).collect();
        // A KiB a second is 3 600 KiB an hour.
        let slope = watch.slope_mb_per_hour().unwrap();
        assert!((slope - 3_600.0 / 1_024.0).abs() < 0.01, "{slope}");
        watch.samples.truncate(25);
        assert_eq!(watch.slope_mb_per_hour(), None);
    }

    #[test]
    fn a_socket_of_this_process_is_a_descriptor_and_a_port() {
        let pid = std::process::id();
        let before = Open::of(pid).unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let with = Open::of(pid).unwrap();
        assert!(with.ports > before.ports.saturating_sub(1) && with.descriptors > 0, "{before:?} {with:?}");
        drop(socket);
    }
}
