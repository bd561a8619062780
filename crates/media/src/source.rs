//! Who is believed to be the sender of a stream.
//!
//! The address in the SDP is authoritative: its first packet locks at once. Behind NAT the true address is
//! another one; it may be learnt for a short time after signalling, from five packets in a row that fit
//! together. After that the address never changes without new signalling, whoever sends what: media cannot
//! be stolen by spraying ports ("RTP bleed"), and nobody else's packets are heard.
//!
//! The locked address may go on with another SSRC (RFC 3550 §8.2 allows a source to change it, and gateways
//! do so between announcement and talk), but only by five fitting packets after the old one has fallen silent.

use std::net::SocketAddr;

use flexio_rtp::Header;

/// Packets in a row that make a source credible.
const CONSISTENT_PACKETS: u8 = 5;
/// Numbers that may be missing between two of them.
const MAX_GAP: u16 = 3;
/// How far behind a packet may come: a jittery path overtakes itself. Such a packet, or a repeated one, neither counts nor breaks the row.
const MAX_LATE: u16 = 8;
/// Silence of the locked SSRC after which another of the same address may take over, in ms.
const SSRC_SILENCE_MS: u64 = 200;
/// Sources observed at one time; a newcomer takes the place of the one heard least recently.
const CANDIDATES: usize = 4;

#[derive(Debug, Clone, Copy)]
struct Candidate {
    address: SocketAddr,
    ssrc: u32,
    next: u16,
    count: u8,
    heard_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Locked {
    address: SocketAddr,
    ssrc: u32,
    heard_ms: u64,
}

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is from the source.
    Accept,
    /// As `Accept`, and this SSRC is new: forget what was known of the stream.
    AcceptNew,
    /// It is not, or not yet.
    Drop,
}

/// The source of one session.
#[derive(Debug)]
pub(crate) struct Source {
    strict: bool,
    window_ms: u64,
    signalled: Option<SocketAddr>,
    learn_until_ms: u64,
    locked: Option<Locked>,
    candidates: [Option<Candidate>; CANDIDATES],
}

impl Source {
    pub fn new(strict: bool, window_ms: u32) -> Self {
        Self {
            strict,
            window_ms: window_ms.into(),
            signalled: None,
            learn_until_ms: 0,
            locked: None,
            candidates: [None; CANDIDATES],
        }
    }

    /// New signalling. With the address of before, a lock that exists is kept: a session refresh must not
    /// open a door.
    pub fn signal(&mut self, now_ms: u64, address: SocketAddr) {
        let address = canonical(address);
        if self.signalled == Some(address) && self.locked.is_some() {
            return;
        }
        self.signalled = Some(address);
        self.locked = None;
        self.candidates = [None; CANDIDATES];
        self.learn_until_ms = now_ms + self.window_ms;
    }

    /// Where media goes: to the signalled address, or to the locked one, which has sent valid media.
    pub fn target(&self) -> Option<SocketAddr> {
        self.locked.map(|locked| locked.address).or(self.signalled)
    }

    /// Whether the lock is on another address than the signalled one.
    pub fn is_learnt(&self) -> bool {
        self.locked.is_some_and(|locked| Some(locked.address) != self.signalled)
    }

    /// The SSRC that is believed, once there is one.
    pub fn ssrc(&self) -> Option<u32> {
        self.locked.map(|locked| locked.ssrc)
    }

    /// Judges a valid packet of a negotiated payload type.
    pub fn judge(&mut self, now_ms: u64, from: SocketAddr, header: &Header) -> Verdict {
        let Some(signalled) = self.signalled else { return Verdict::Drop };
        let from = canonical(from);
        if let Some(locked) = &mut self.locked {
            if locked.address == from && locked.ssrc == header.ssrc {
                locked.heard_ms = now_ms;
                return Verdict::Accept;
            }
            if locked.address == from {
                return self.another_ssrc(now_ms, from, header);
            }
            // The authority itself speaks up while learning is open: it wins over what was learnt.
            if from == signalled && now_ms < self.learn_until_ms {
                return self.lock(now_ms, from, header);
            }
            return Verdict::Drop;
        }
        if from == signalled {
            return self.lock(now_ms, from, header);
        }
        if self.strict || now_ms >= self.learn_until_ms || !self.is_credible(now_ms, from, header) {
            return Verdict::Drop;
        }
        self.lock(now_ms, from, header)
    }

    fn another_ssrc(&mut self, now_ms: u64, from: SocketAddr, header: &Header) -> Verdict {
        let silent = self.locked.is_none_or(|locked| now_ms - locked.heard_ms >= SSRC_SILENCE_MS);
        if !silent {
            return Verdict::Drop;
        }
        if self.is_credible(now_ms, from, header) { self.lock(now_ms, from, header) } else { Verdict::Drop }
    }

    fn lock(&mut self, now_ms: u64, address: SocketAddr, header: &Header) -> Verdict {
        self.locked = Some(Locked { address, ssrc: header.ssrc, heard_ms: now_ms });
        self.candidates = [None; CANDIDATES];
        Verdict::AcceptNew
    }

    /// Counts the packets in a row of this address and SSRC.
    fn is_credible(&mut self, now_ms: u64, address: SocketAddr, header: &Header) -> bool {
        let fits = |slot: &Option<Candidate>| {
            slot.is_some_and(|known| known.address == address && known.ssrc == header.ssrc)
        };
        let index = self.candidates.iter().position(fits).unwrap_or_else(|| self.least_recent());
        let known =
            self.candidates[index].filter(|known| known.address == address && known.ssrc == header.ssrc);
        if known.is_some_and(|known| (1..=MAX_LATE).contains(&known.next.wrapping_sub(header.sequence))) {
            return false;
        }
        let continues = known.filter(|known| header.sequence.wrapping_sub(known.next) <= MAX_GAP);
        let count = continues.map_or(0, |known| known.count) + 1;
        let next = header.sequence.wrapping_add(1);
        self.candidates[index] =
            Some(Candidate { address, ssrc: header.ssrc, next, count, heard_ms: now_ms });
        count >= CONSISTENT_PACKETS
    }

    fn least_recent(&self) -> usize {
        let age = |index: &usize| self.candidates[*index].map_or(0, |candidate| candidate.heard_ms + 1);
        (0..CANDIDATES).min_by_key(age).unwrap_or(0)
    }
}

/// An IPv4 address seen through an IPv6 socket is the IPv4 address.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn header(sequence: u16, ssrc: u32) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp: 0, ssrc }
    }

    fn signalled(strict: bool) -> Source {
        let mut source = Source::new(strict, 2_000);
        source.signal(1_000, at(10));
        source
    }

    /// Sends `count` packets in a row and returns the last verdict.
    fn burst(source: &mut Source, now_ms: u64, port: u16, ssrc: u32, count: u16) -> Verdict {
        (0..count).map(|n| source.judge(now_ms, at(port), &header(n, ssrc))).last().unwrap()
    }

    #[test]
    fn nobody_is_heard_before_signalling() {
        let mut source = Source::new(false, 2_000);
        assert_eq!(burst(&mut source, 0, 10, 1, 20), Verdict::Drop);
        assert_eq!(source.target(), None);
    }

    #[test]
    fn the_signalled_address_is_believed_at_its_first_packet_at_any_time() {
        let mut source = signalled(true);
        assert_eq!(source.judge(90_000, at(10), &header(7, 1)), Verdict::AcceptNew);
        assert_eq!(source.judge(90_020, at(10), &header(8, 1)), Verdict::Accept);
    }

    #[test]
    fn another_address_is_learnt_by_five_packets_in_a_row_within_the_window() {
        let mut source = signalled(false);
        assert_eq!(burst(&mut source, 1_100, 20, 1, 4), Verdict::Drop);
        assert_eq!(source.target(), Some(at(10)));
        assert_eq!(source.judge(1_200, at(20), &header(4, 1)), Verdict::AcceptNew);
        assert_eq!(source.target(), Some(at(20)));
        assert!(source.is_learnt());
    }

    #[test]
    fn packets_that_do_not_fit_together_teach_nothing() {
        let mut source = signalled(false);
        for n in 0..100u16 {
            assert_eq!(source.judge(1_100, at(20), &header(n.wrapping_mul(977), 1)), Verdict::Drop);
            assert_eq!(source.judge(1_100, at(21), &header(n, u32::from(n))), Verdict::Drop);
        }
    }

    #[test]
    fn packets_that_overtake_each_other_are_learnt_from_and_repeated_ones_are_not() {
        let mut source = signalled(false);
        for (sequence, verdict) in [
            (2, Verdict::Drop),
            (1, Verdict::Drop),
            (4, Verdict::Drop),
            (3, Verdict::Drop),
            (6, Verdict::Drop),
            (5, Verdict::Drop),
            (9, Verdict::Drop),
            (7, Verdict::Drop),
            (8, Verdict::Drop),
            (10, Verdict::AcceptNew),
        ] {
            assert_eq!(source.judge(1_100, at(20), &header(sequence, 1)), verdict, "{sequence}");
        }
        let mut repeated = signalled(false);
        for _ in 0..100 {
            assert_eq!(repeated.judge(1_100, at(20), &header(7, 1)), Verdict::Drop);
        }
    }

    #[test]
    fn nothing_is_learnt_when_strict_or_late() {
        assert_eq!(burst(&mut signalled(true), 1_100, 20, 1, 50), Verdict::Drop);
        assert_eq!(burst(&mut signalled(false), 3_000, 20, 1, 50), Verdict::Drop);
    }

    #[test]
    fn after_the_lock_no_other_address_is_heard_even_with_the_right_ssrc() {
        let mut source = signalled(false);
        burst(&mut source, 1_100, 20, 1, 5);
        for now in [1_200, 2_900, 60_000] {
            assert_eq!(burst(&mut source, now, 30, 1, 50), Verdict::Drop);
            assert_eq!(burst(&mut source, now, 30, 2, 50), Verdict::Drop);
        }
        assert_eq!(source.target(), Some(at(20)));
    }

    #[test]
    fn the_signalled_address_wins_over_a_learnt_one_while_the_window_is_open() {
        let mut source = signalled(false);
        burst(&mut source, 1_100, 666, 1, 5);
        assert_eq!(source.judge(1_500, at(10), &header(0, 9)), Verdict::AcceptNew);
        assert_eq!(source.target(), Some(at(10)));
        burst(&mut source, 1_600, 666, 1, 50);
        assert_eq!(source.target(), Some(at(10)));
    }

    #[test]
    fn a_refresh_keeps_the_lock_and_a_new_address_opens_it() {
        let mut source = signalled(false);
        burst(&mut source, 1_100, 20, 1, 5);
        source.signal(50_000, at(10));
        assert_eq!(source.target(), Some(at(20)));
        assert_eq!(burst(&mut source, 50_100, 30, 1, 50), Verdict::Drop);
        source.signal(60_000, at(11));
        assert_eq!(source.target(), Some(at(11)));
        assert_eq!(burst(&mut source, 60_100, 40, 1, 5), Verdict::AcceptNew);
    }

    #[test]
    fn the_locked_address_may_change_its_ssrc_after_a_silence_only() {
        let mut source = signalled(false);
        source.judge(1_100, at(10), &header(0, 1));
        assert_eq!(burst(&mut source, 1_200, 10, 2, 50), Verdict::Drop);
        assert_eq!(burst(&mut source, 1_300, 10, 2, 4), Verdict::Drop);
        assert_eq!(source.judge(1_301, at(10), &header(4, 2)), Verdict::AcceptNew);
        assert_eq!(source.ssrc(), Some(2));
    }
}
