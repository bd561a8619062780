//! What Linux says of processes and of the machine, and children that end with their value.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// User and system time of a process so far, to 10 ms (proc(5), fields 14 and 15 of `stat`; USER_HZ is 100 on every Linux we know).
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the measured process is gone")?;
    parse_cpu(&stat).context("/proc/PID/stat is not as proc(5) says")
}

fn parse_cpu(stat: &str) -> Option<Duration> {
    // The name of the program is in brackets and may hold blanks and brackets.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// A program of this workspace: beside this one.
pub(crate) fn sibling(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(path.exists(), "{} is missing: see scripts/check bench", path.display());
    Ok(path)
}

/// Where databases of a run go: `FLEXIO_BENCH_DIR`, or the system's folder for temporary files. It must be a disk: syncs are measured.
pub(crate) fn scratch() -> Result<tempfile::TempDir> {
    let above = std::env::var_os("FLEXIO_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let made = tempfile::Builder::new().prefix("flexio-bench").tempdir_in(&above);
    made.with_context(|| format!("cannot make a folder in {}", above.display()))
}

/// A child that is killed with its value.
#[derive(Debug)]
pub(crate) struct Guarded(pub Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A raw-limit twin: this program in another process, in a mode that serves and does nothing else.
#[derive(Debug)]
pub(crate) struct Twin {
    child: Guarded,
    /// Where it serves.
    pub address: SocketAddr,
}

impl Twin {
    /// Starts it on a folder of its own; its first line is the address.
    pub(crate) fn start(mode: &str, folder: &Path) -> Result<Self> {
        Self::start_with(mode, folder, &[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(mode: &str, folder: &Path, further: &[&str]) -> Result<Self> {
        let child = Command::new(std::env::current_exe()?)
            .arg(mode)
            .arg(folder)
            .args(further)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut child = Guarded(child);
        let mut line = String::new();
        BufReader::new(child.0.stdout.take().context("it is piped")?).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("{mode} did not start"))?;
        Ok(Self { child, address })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }
}

/// One line that names the machine: no rate means anything without it.
pub(crate) fn machine(folder: &Path) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, value)| value).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory =
        read("/proc/meminfo").split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0);
    format!(
        "{cores} cores, {} (family {}, model {}), {} GiB, Linux {}, sync of 4 KiB {:.2} ms, load before {}",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        memory / 1_048_576,
        read("/proc/sys/kernel/osrelease").trim(),
        sync_time(folder).unwrap_or_default().as_secs_f64() * 1e3,
        read("/proc/loadavg").split(' ').next().unwrap_or_default(),
    )
}

/// Median of a hundred appends of 4 KiB with fdatasync.
fn sync_time(folder: &Path) -> Result<Duration> {
    let mut file = std::fs::File::create(folder.join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let begun = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_process_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 25 13 0 0 20 0 1 0 100 1 1";
        assert_eq!(parse_cpu(stat), Some(Duration::from_millis(380)));
        assert_eq!(parse_cpu("7 (a"), None);
        assert!(cpu(std::process::id()).is_ok());
    }
}
