//! What a call costs: CPU of the media threads per call-second, beside the raw limit of the sockets.
//!
//! `cargo run --release -p flexio-media --example media_cost -- [CALLS] [SECONDS] [RUN] [ROOM]` (default 200, 5, all runs, and one room for all)
//!
//! Five runs with the same plain senders, which send each session a packet every 20 ms and read what comes:
//! `raw` receives and sends once per call and 20 ms without any media logic, on one thread, by the same
//! 5 ms clock; `prompt` plays to each caller; `bridge` joins callers in pairs; `prompt+record` also writes what
//! each caller says to a WAV file; `conference` puts callers into rooms of ROOM, one mix each, where they all talk. CPU is user and system time of the threads from /proc, disk threads included.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program, run by hand")]

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use flexio_media::{
    Command, EventSink, Media, MediaConfig, MixMember, PlayMode, PlaySource, Prompt, Record, RecordChannels,
    RecordSink, Session, SessionOptions,
};
use flexio_sdp::{Codec, Direction, Negotiated};

#[derive(Clone, Copy, PartialEq)]
enum Work {
    Prompt,
    Bridge,
    PromptAndRecord,
    Conference,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let calls = arguments.next().unwrap_or(200).next_multiple_of(2);
    let seconds = Duration::from_secs(arguments.next().unwrap_or(5) as u64);
    let room = std::env::args().nth(4).and_then(|text| text.parse().ok()).unwrap_or(calls).max(1);
    println!("{calls} calls for {seconds:?}; ms of CPU per call-second");
    let raw = run_raw(calls, seconds);
    println!("raw            {raw:.3}");
    for (name, work) in [
        ("prompt", Work::Prompt),
        ("bridge", Work::Bridge),
        ("prompt+record", Work::PromptAndRecord),
        ("conference", Work::Conference),
    ] {
        if std::env::args().nth(3).is_some_and(|only| only != name) {
            continue;
        }
        let (cpu, delivered) = run_media(calls, seconds, work, room);
        println!("{name:<14} {cpu:.3}   {:.2} x raw, {:.2} % of the packets delivered", cpu / raw, delivered);
    }
}

/// Plain callers: each has a socket, sends to its session every 20 ms and reads what came.
struct Callers {
    sockets: Vec<UdpSocket>,
    heard: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Callers {
    fn new(count: usize) -> Self {
        let sockets = (0..count).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        Self { sockets, heard: Arc::default(), stop: Arc::default() }
    }

    fn start(&self, targets: Vec<SocketAddr>) -> JoinHandle<()> {
        let sockets: Vec<UdpSocket> = self.sockets.iter().map(|socket| socket.try_clone().unwrap()).collect();
        let (heard, stop) = (Arc::clone(&self.heard), Arc::clone(&self.stop));
        for socket in &sockets {
            socket.set_nonblocking(true).unwrap();
        }
        thread::Builder::new()
            .name("callers".into())
            .spawn(move || talk(&sockets, &targets, &heard, &stop))
            .unwrap()
    }
}

fn talk(sockets: &[UdpSocket], targets: &[SocketAddr], heard: &AtomicU64, stop: &AtomicBool) {
    let mut packet = [0x55u8; 172];
    // A loud wave, so that everybody counts as talking.
    for (n, byte) in packet[12..].iter_mut().enumerate() {
        *byte = if n % 16 < 8 { 0xB5 } else { 0x35 };
    }
    packet[..12].copy_from_slice(&[0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let mut buffer = [0; 2_048];
    let start = Instant::now();
    for frame in 0u32.. {
        // Callers are spread over the 20 ms in ten groups.
        for group in 0..10 {
            let due = Duration::from_millis(u64::from(frame) * 20 + group as u64 * 2);
            thread::sleep(due.saturating_sub(start.elapsed()));
            if stop.load(Ordering::Relaxed) {
                return;
            }
            packet[2..4].copy_from_slice(&frame.to_be_bytes()[2..]);
            packet[4..8].copy_from_slice(&(frame * 160).to_be_bytes());
            for caller in (group..sockets.len()).step_by(10) {
                packet[8..12].copy_from_slice(&u32::try_from(caller).unwrap().to_be_bytes());
                let _ = sockets[caller].send_to(&packet, targets[caller]);
                while sockets[caller].recv_from(&mut buffer).is_ok() {
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// The raw limit: the same sockets, one receive and one send per call and 20 ms, nothing else.
fn run_raw(calls: usize, seconds: Duration) -> f64 {
    let callers = Callers::new(calls);
    let sockets: Vec<UdpSocket> = (0..calls).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let targets = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let loop_thread = move || {
        let mut buffer = [0; 2_048];
        for socket in &sockets {
            socket.set_nonblocking(true).unwrap();
        }
        let mut peers: Vec<Option<SocketAddr>> = vec![None; sockets.len()];
        let start = Instant::now();
        for turn in 0u32.. {
            thread::sleep((Duration::from_millis(5) * turn).saturating_sub(start.elapsed()));
            if stopping.load(Ordering::Relaxed) {
                return;
            }
            for index in ((turn % 4) as usize..sockets.len()).step_by(4) {
                if let Ok((_, from)) = sockets[index].recv_from(&mut buffer) {
                    peers[index] = Some(from);
                }
                if let Some(peer) = peers[index] {
                    let _ = sockets[index].send_to(&buffer[..172], peer);
                }
            }
        }
    };
    let raw = thread::Builder::new().name("raw".into()).spawn(loop_thread).unwrap();
    let talking = callers.start(targets);
    let cpu = measure(&["raw"], seconds);
    stop.store(true, Ordering::Relaxed);
    callers.stop.store(true, Ordering::Relaxed);
    raw.join().unwrap();
    talking.join().unwrap();
    per_call_second(cpu, calls, seconds)
}

/// Returns the cost and the share of expected packets the callers heard, in percent.
fn run_media(calls: usize, seconds: Duration, work: Work, room: usize) -> (f64, f64) {
    let callers = Callers::new(calls);
    let config = MediaConfig { max_sessions: calls * 2, ..MediaConfig::default() };
    let media = Media::start(config, EventSink::new(|_| Ok(()))).unwrap();
    let folder = std::env::temp_dir().join(format!("flexio-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let prompt = Prompt::new(
        (0..80_000).map(|n: i32| i16::try_from(n * 7_919 % 9_001 - 4_500).unwrap()).collect::<Vec<_>>(),
    );
    let mixes: Vec<_> = (0..calls.div_ceil(room)).map(|_| media.open_mix(0).unwrap()).collect();
    let mut sessions: Vec<Session> = vec![];
    for caller in 0..calls {
        let near = (work == Work::Bridge && caller % 2 == 1).then(|| sessions[caller - 1].id);
        let session =
            media.open(caller as u64, SessionOptions { near, ..SessionOptions::default() }).unwrap();
        let remote = callers.sockets[caller].local_addr().unwrap();
        media.send(session.id, Command::SetRemote(negotiated(remote))).unwrap();
        match (work, near) {
            (Work::Bridge, Some(peer)) => {
                media.send(session.id, Command::Bridge { peer, relay_dtmf: true }).unwrap();
            }
            (Work::Bridge, None) => {}
            (Work::Conference, _) => {
                let mix = mixes[caller / room];
                media.send(session.id, Command::JoinMix { mix, member: MixMember::default() }).unwrap();
            }
            (Work::Prompt | Work::PromptAndRecord, _) => {
                let source = PlaySource::Prompt(prompt.clone());
                let play = Command::Play { play_id: 1, source, loops: 0, mode: PlayMode::Queue };
                media.send(session.id, play).unwrap();
            }
        }
        if work == Work::PromptAndRecord {
            media.send(session.id, Command::StartRecord(record(folder.clone()))).unwrap();
        }
        sessions.push(session);
    }
    let talking = callers.start(sessions.iter().map(|session| session.local_rtp).collect());
    thread::sleep(Duration::from_millis(500));
    let heard_before = callers.heard.load(Ordering::Relaxed);
    let cpu = measure(&["media-"], seconds);
    let heard = callers.heard.load(Ordering::Relaxed) - heard_before;
    callers.stop.store(true, Ordering::Relaxed);
    talking.join().unwrap();
    media.stop();
    std::fs::remove_dir_all(&folder).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "counts of packets")]
    let delivered = 100.0 * heard as f64 / (calls as f64 * seconds.as_secs_f64() * 50.0);
    (per_call_second(cpu, calls, seconds), delivered)
}

fn negotiated(remote: SocketAddr) -> Negotiated {
    Negotiated {
        remote,
        remote_rtcp: remote,
        rtcp_mux: true,
        codec: Codec::Pcma,
        send_payload_type: 8,
        recv_payload_type: 8,
        send_telephone_event: Some(101),
        recv_telephone_event: Some(101),
        telephone_event_hz: 8_000,
        ptime_ms: 20,
        direction: Direction::SendRecv,
        srtp: None,
    }
}

fn record(dir: std::path::PathBuf) -> Record {
    Record {
        record_id: 1,
        sink: RecordSink::Wav { dir },
        max_ms: 0,
        silence_ms: 0,
        stop_keys: "#".into(),
        beep: false,
        trim: false,
        channels: RecordChannels::Caller,
    }
}

fn per_call_second(cpu: Duration, calls: usize, seconds: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of calls")]
    let call_seconds = calls as f64 * seconds.as_secs_f64();
    cpu.as_secs_f64() * 1_000.0 / call_seconds
}

/// CPU that the threads of these names use while this many seconds pass.
fn measure(names: &[&str], seconds: Duration) -> Duration {
    let before = thread_cpu(names);
    thread::sleep(seconds);
    let after = thread_cpu(names);
    let used =
        |(id, cpu): (&String, &Duration)| cpu.saturating_sub(before.get(id).copied().unwrap_or_default());
    after.iter().map(used).sum()
}

/// CPU time of each thread whose name begins so, in ns from the scheduler (`/proc/self/task/*/schedstat`).
fn thread_cpu(names: &[&str]) -> HashMap<String, Duration> {
    let mut found = HashMap::new();
    for entry in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |file: &str| std::fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        let name = read("comm");
        if names.iter().any(|wanted| name.starts_with(wanted)) {
            let ns = read("schedstat").split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0);
            found.insert(entry.file_name().to_string_lossy().into_owned(), Duration::from_nanos(ns));
        }
    }
    found
}
