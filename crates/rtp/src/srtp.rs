//! SRTP and SRTCP: AES-128 in counter mode with HMAC-SHA1 (RFC 3711), in place.
//!
//! Own rather than a library's: those at hand allocate for each packet, which the media tick must not, and
//! what is here is arithmetic around the primitives of the crates `aes`, `ctr` and `hmac`, checked against the vectors of
//! RFC 3711 Appendix B and of libsrtp.

use std::fmt;

use aes::Aes128;
use ctr::CtrCore;
use ctr::cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::flavors::Ctr128BE;
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// Bytes of master key and master salt together.
pub const SRTP_KEY_BYTES: usize = 30;
/// Bytes that protection adds at most: a tag of 80 bits, and the index of SRTCP.
pub const SRTP_OVERHEAD_BYTES: usize = 14;
/// RTCP is always authenticated by 80 bits (RFC 4568 §6.2).
const RTCP_TAG_BYTES: usize = 10;
const RTP_HEADER_BYTES: usize = 12;
const RTCP_HEADER_BYTES: usize = 8;
/// Streams whose counters are kept at one time: sources change their SSRC now and then, no more.
const STREAMS: usize = 4;
/// Packets behind the newest that are told from replays.
const WINDOW: u64 = 128;

/// Why a packet was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// Too short, or its header is longer than itself.
    #[error("not an SRTP packet")]
    Malformed,
    /// The tag is not that of our key: forged, damaged, or protected by another.
    #[error("the packet is not authentic")]
    NotAuthentic,
    /// It came before, or is too old to know.
    #[error("the packet was seen before")]
    Replayed,
    /// The room behind the packet does not hold the tag.
    #[error("no room for the tag")]
    NoRoom,
    /// The key has protected as many packets as it may (2³¹ of RTCP).
    #[error("the key is used up")]
    UsedUp,
}

/// The keys of RTP, or of RTCP, that one master key gives (§4.3.1).
struct SessionKeys {
    cipher: Aes128,
    salt: [u8; 14],
    hmac: Hmac<Sha1>,
}

impl SessionKeys {
    fn derive(master: &[u8; SRTP_KEY_BYTES], first_label: u8) -> Self {
        let key: [u8; 16] = master[..16].try_into().expect("16 bytes");
        let salt: [u8; 14] = master[16..].try_into().expect("14 bytes");
        let cipher = Aes128::new(&key.into());
        let stream = |label: u8, out: &mut [u8]| {
            let mut start = [0; 16];
            start[..14].copy_from_slice(&salt);
            start[7] ^= label;
            apply_stream(&cipher, start, out);
        };
        let (mut session_key, mut authentication, mut session_salt) = ([0; 16], [0; 20], [0; 14]);
        stream(first_label, &mut session_key);
        stream(first_label + 1, &mut authentication);
        stream(first_label + 2, &mut session_salt);
        Self {
            cipher: Aes128::new(&session_key.into()),
            salt: session_salt,
            hmac: Hmac::new_from_slice(&authentication).expect("any length will do"),
        }
    }

    /// Encrypts or decrypts (§4.1.1).
    fn apply(&self, ssrc: u32, index: u64, data: &mut [u8]) {
        let mut start = [0; 16];
        start[..14].copy_from_slice(&self.salt);
        for (byte, value) in start[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= value;
        }
        for (byte, value) in start[8..14].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *byte ^= value;
        }
        apply_stream(&self.cipher, start, data);
    }

    fn tag(&self, packet: &[u8], more: &[u8]) -> Hmac<Sha1> {
        let mut hmac = self.hmac.clone();
        hmac.update(packet);
        hmac.update(more);
        hmac
    }
}

/// AES in counter mode from this block on.
fn apply_stream(cipher: &Aes128, start: [u8; 16], data: &mut [u8]) {
    let core = CtrCore::<&Aes128, Ctr128BE>::inner_iv_init(cipher, &start.into());
    StreamCipherCoreWrapper::from_core(core).apply_keystream(data);
}

/// The counter of one stream as its receiver follows it.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    newest: Option<u64>,
    /// Bit *n*: the packet *n* before the newest has come.
    seen: u128,
}

impl Window {
    fn is_new(&self, index: u64) -> bool {
        let Some(newest) = self.newest.filter(|newest| index <= *newest) else { return true };
        let behind = newest - index;
        behind < WINDOW && self.seen & (1 << behind) == 0
    }

    fn take(&mut self, index: u64) {
        match self.newest {
            Some(newest) if index <= newest => self.seen |= 1 << (newest - index),
            newest => {
                let ahead = newest.map_or(WINDOW, |newest| index - newest);
                self.seen = if ahead < WINDOW { self.seen << ahead | 1 } else { 1 };
                self.newest = Some(index);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
    used: u64,
}

/// Protects what one side sends.
pub struct SrtpSender {
    rtp: SessionKeys,
    rtcp: SessionKeys,
    tag_bytes: usize,
    /// Roll-over counter and last number of the one stream we send.
    newest: Option<u64>,
    rtcp_index: u32,
}

/// Opens what the other side sends.
pub struct SrtpReceiver {
    rtp: SessionKeys,
    rtcp: SessionKeys,
    tag_bytes: usize,
    streams: [Option<Stream>; STREAMS],
    clock: u64,
}

impl SrtpSender {
    /// A sender with this master key and salt; RTP is authenticated by 4 or 10 bytes.
    pub fn new(master: &[u8; SRTP_KEY_BYTES], tag_bytes: usize) -> Self {
        let tag_bytes = tag_bytes.clamp(4, 10);
        let (rtp, rtcp) = (SessionKeys::derive(master, 0), SessionKeys::derive(master, 3));
        Self { rtp, rtcp, tag_bytes, newest: None, rtcp_index: 0 }
    }

    /// Protects the RTP packet in the first `length` bytes; the tag goes behind it. Returns the new length.
    pub fn protect(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, SrtpError> {
        let packet = buffer.get(..length).ok_or(SrtpError::Malformed)?;
        let (start, sequence, ssrc) = rtp_header(packet)?;
        let whole = length + self.tag_bytes;
        let buffer = buffer.get_mut(..whole).ok_or(SrtpError::NoRoom)?;
        let index = guess(self.newest, sequence);
        self.newest = self.newest.max(Some(index));
        self.rtp.apply(ssrc, index, &mut buffer[start..length]);
        let tag = self.rtp.tag(&buffer[..length], &roll_over(index)).finalize().into_bytes();
        buffer[length..].copy_from_slice(&tag[..self.tag_bytes]);
        Ok(whole)
    }

    /// The same for RTCP.
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, SrtpError> {
        let packet = buffer.get(..length).ok_or(SrtpError::Malformed)?;
        let ssrc = rtcp_ssrc(packet)?;
        let whole = length + 4 + RTCP_TAG_BYTES;
        let buffer = buffer.get_mut(..whole).ok_or(SrtpError::NoRoom)?;
        self.rtcp_index += 1;
        if self.rtcp_index >= 1 << 31 {
            return Err(SrtpError::UsedUp);
        }
        self.rtcp.apply(ssrc, self.rtcp_index.into(), &mut buffer[RTCP_HEADER_BYTES..length]);
        let encrypted_and_index = self.rtcp_index | 1 << 31;
        buffer[length..length + 4].copy_from_slice(&encrypted_and_index.to_be_bytes());
        let tag = self.rtcp.tag(&buffer[..length + 4], &[]).finalize().into_bytes();
        buffer[length + 4..].copy_from_slice(&tag[..RTCP_TAG_BYTES]);
        Ok(whole)
    }
}

impl SrtpReceiver {
    /// A receiver with the other side's master key and salt.
    pub fn new(master: &[u8; SRTP_KEY_BYTES], tag_bytes: usize) -> Self {
        let tag_bytes = tag_bytes.clamp(4, 10);
        let (rtp, rtcp) = (SessionKeys::derive(master, 0), SessionKeys::derive(master, 3));
        Self { rtp, rtcp, tag_bytes, streams: [None; STREAMS], clock: 0 }
    }

    /// Opens a packet in place and returns its length without the tag. Nothing is changed, in the packet or here, by
    /// one that is not authentic.
    pub fn open(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let length = packet.len().checked_sub(self.tag_bytes).ok_or(SrtpError::Malformed)?;
        let (start, sequence, ssrc) = rtp_header(&packet[..length])?;
        let known = self.find(ssrc).map(|stream| stream.rtp).unwrap_or_default();
        let index = guess(known.newest, sequence);
        if !known.is_new(index) {
            return Err(SrtpError::Replayed);
        }
        let tag = self.rtp.tag(&packet[..length], &roll_over(index));
        tag.verify_truncated_left(&packet[length..]).map_err(|_| SrtpError::NotAuthentic)?;
        self.rtp.apply(ssrc, index, &mut packet[start..length]);
        self.stream(ssrc).rtp.take(index);
        Ok(length)
    }

    /// The same for RTCP.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let signed = packet.len().checked_sub(RTCP_TAG_BYTES).ok_or(SrtpError::Malformed)?;
        let length = signed.checked_sub(4).ok_or(SrtpError::Malformed)?;
        let ssrc = rtcp_ssrc(&packet[..length])?;
        let word = u32::from_be_bytes(packet[length..signed].try_into().expect("4 bytes"));
        let index = u64::from(word & !(1 << 31));
        if self.find(ssrc).is_some_and(|stream| !stream.rtcp.is_new(index)) {
            return Err(SrtpError::Replayed);
        }
        let tag = self.rtcp.tag(&packet[..signed], &[]);
        tag.verify_truncated_left(&packet[signed..]).map_err(|_| SrtpError::NotAuthentic)?;
        if word >> 31 == 1 {
            self.rtcp.apply(ssrc, index, &mut packet[RTCP_HEADER_BYTES..length]);
        }
        self.stream(ssrc).rtcp.take(index);
        Ok(length)
    }

    fn find(&self, ssrc: u32) -> Option<&Stream> {
        self.streams.iter().flatten().find(|stream| stream.ssrc == ssrc)
    }

    /// The stream of an authentic packet; the one not heard for longest makes room for a new one.
    fn stream(&mut self, ssrc: u32) -> &mut Stream {
        self.clock += 1;
        let used = self.clock;
        let is_it = |stream: &Option<Stream>| stream.is_some_and(|stream| stream.ssrc == ssrc);
        let at = self.streams.iter().position(is_it).unwrap_or_else(|| {
            let age = |at: &usize| self.streams[*at].map_or(0, |stream| stream.used);
            (0..STREAMS).min_by_key(age).unwrap_or(0)
        });
        if !is_it(&self.streams[at]) {
            self.streams[at] = None;
        }
        let fresh = Stream { ssrc, rtp: Window::default(), rtcp: Window::default(), used };
        let stream = self.streams[at].get_or_insert(fresh);
        stream.used = used;
        stream
    }
}

/// The index a sequence number most likely stands for (§3.3.1): the nearest to the newest known.
fn guess(newest: Option<u64>, sequence: u16) -> u64 {
    let Some(newest) = newest else { return sequence.into() };
    let base = newest & !0xFFFF;
    let candidate = base | u64::from(sequence);
    let ahead = candidate.abs_diff(newest);
    if ahead <= 0x8000 {
        candidate
    } else if candidate < newest {
        candidate + 0x1_0000
    } else {
        candidate.checked_sub(0x1_0000).unwrap_or(candidate)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "32 of the 48 bits of an index")]
fn roll_over(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// Where the payload starts, the sequence number, the SSRC.
fn rtp_header(packet: &[u8]) -> Result<(usize, u16, u32), SrtpError> {
    let fixed: &[u8; RTP_HEADER_BYTES] = packet.first_chunk().ok_or(SrtpError::Malformed)?;
    let mut start = RTP_HEADER_BYTES + 4 * usize::from(fixed[0] & 0x0F);
    if fixed[0] & 0x10 != 0 {
        let extension = packet.get(start..start + 4).ok_or(SrtpError::Malformed)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    if fixed[0] >> 6 != 2 || start > packet.len() {
        return Err(SrtpError::Malformed);
    }
    let sequence = u16::from_be_bytes([fixed[2], fixed[3]]);
    Ok((start, sequence, u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]])))
}

fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    let fixed: &[u8; RTCP_HEADER_BYTES] = packet.first_chunk().ok_or(SrtpError::Malformed)?;
    Ok(u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]))
}

impl fmt::Debug for SrtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpSender")
    }
}

impl fmt::Debug for SrtpReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpReceiver")
    }
}

#[cfg(test)]
mod tests;
