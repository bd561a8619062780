//! RTCP of one session.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use flexio_rtp::{Outgoing, Reception, Report, Rtcp, RtcpPackets, SenderInfo, write_compound};

use crate::outbound::Outbound;

/// Seconds from 1900 (NTP) to 1970 (Unix).
const NTP_UNIX_S: u64 = 2_208_988_800;

/// What is known from and told by reports.
#[derive(Debug)]
pub(crate) struct Reports {
    cname: String,
    /// Middle bits of the last sender report and when it came.
    last_report: Option<(u32, u64)>,
    packets_at_last: u64,
    /// Where RTCP came from when the source was learnt.
    pub learnt: Option<SocketAddr>,
    pub remote_loss_percent: Option<f32>,
    pub round_trip_ms: Option<f32>,
}

impl Reports {
    /// `cname` should be random and short (RFC 7022).
    pub fn new(cname: String) -> Self {
        Self {
            cname,
            last_report: None,
            packets_at_last: 0,
            learnt: None,
            remote_loss_percent: None,
            round_trip_ms: None,
        }
    }

    /// Writes a report, with BYE at the end of the session, and returns its length.
    pub fn write(
        &mut self,
        now_ms: u64,
        out: &Outbound,
        reception: Option<&mut Reception>,
        bye: bool,
        buffer: &mut [u8],
    ) -> usize {
        let has_sent = out.packets > self.packets_at_last;
        self.packets_at_last = out.packets;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the fields are 32 bits and wrap (RFC 3550 §6.4.1)"
        )]
        let sender = has_sent.then(|| SenderInfo {
            ntp: ntp_now(),
            rtp_timestamp: out.clock,
            packets: out.packets as u32,
            bytes: out.bytes as u32,
        });
        let (middle, delay) = self.last_report.map_or((0, 0), |(middle, at_ms)| {
            let delay = now_ms.saturating_sub(at_ms) * 65_536 / 1_000;
            (middle, u32::try_from(delay).unwrap_or(u32::MAX))
        });
        let block = reception.map(|reception| reception.report(middle, delay));
        write_compound(&Outgoing { ssrc: out.ssrc, sender, block, cname: &self.cname, bye }, buffer)
    }

    /// Takes what the accepted source reports; `ssrc` is the one that is believed.
    pub fn read(&mut self, now_ms: u64, datagram: &[u8], ssrc: u32, our_ssrc: u32) -> bool {
        let Ok(packets) = RtcpPackets::parse(datagram) else { return false };
        let mut is_ours = false;
        for packet in packets {
            if let Rtcp::Report(report) = packet
                && report.ssrc == ssrc
            {
                is_ours = true;
                self.report(now_ms, &report, our_ssrc);
            }
        }
        is_ours
    }

    fn report(&mut self, now_ms: u64, report: &Report<'_>, our_ssrc: u32) {
        if let Some(sender) = report.sender {
            self.last_report = Some((middle(sender.ntp), now_ms));
        }
        let Some(block) = report.blocks().find(|block| block.ssrc == our_ssrc) else { return };
        self.remote_loss_percent = Some(f32::from(block.fraction_lost) * 100.0 / 256.0);
        if block.last_report != 0 {
            let trip =
                middle(ntp_now()).wrapping_sub(block.last_report).wrapping_sub(block.delay_since_last_report);
            // More than 8 s is a clock that jumped or a peer that lies.
            if trip < 8 * 65_536 {
                #[expect(clippy::cast_precision_loss, reason = "19 bits")]
                let trip_ms = trip as f32 * 1_000.0 / 65_536.0;
                self.round_trip_ms = Some(trip_ms);
            }
        }
    }
}

fn ntp_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (since.as_secs().wrapping_add(NTP_UNIX_S) << 32) | fraction
}

#[expect(clippy::cast_possible_truncation, reason = "the middle 32 of 64 bits")]
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}
