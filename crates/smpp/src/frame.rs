//! Octets to PDUs and back, with the limits that protect this process from its peer.
//!
//! `rusmpp` decodes; the cutting is ours, because a PDU that cannot be decoded must cost that PDU (answered by
//! its sequence number) and not the session.

use bytes::{Buf, BytesMut};
use rusmpp::{
    Command, Pdu,
    decode::DecodeWithLength,
    encode::{Length, owned::Encode},
    tlvs::Tlv,
};

/// Octets of the longest PDU taken from the wire, header included.
pub const PDU_MAX: usize = 64 * 1024;
/// Optional parameters of one PDU.
pub const TLVS_MAX: usize = 100;
/// Octets of the header (SMPP 3.4 §3.2).
pub const HEADER_LEN: usize = 16;

/// The four integers that start a PDU, without the length (SMPP 3.4 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Kind of PDU; the highest bit marks a response.
    pub command_id: u32,
    /// Result, in responses.
    pub command_status: u32,
    /// Pairs a response with its request.
    pub sequence_number: u32,
}

impl Header {
    /// Whether this PDU answers another one; such a PDU is never answered itself.
    pub fn is_response(self) -> bool {
        self.command_id & 0x8000_0000 != 0
    }
}

/// One PDU cut from the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Decoded. A kind unknown to SMPP is [`Pdu::Other`], a missing body is `None`.
    Command(Box<Command>),
    /// The length was right and the body was not, or it had more than [`TLVS_MAX`] optional parameters.
    Malformed(Header),
}

/// The stream can no longer be cut into PDUs: the connection is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// `command_length` is below 16 or above [`PDU_MAX`].
    #[error("command_length {0} is outside {HEADER_LEN}..={PDU_MAX}")]
    Length(u32),
}

/// Takes the next whole PDU from the front of `src`; `None` when more octets are needed.
///
/// After an error `src` is left as it was; calling again gives the same error.
pub fn decode(src: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
    let Some(prefix) = src.first_chunk::<4>() else { return Ok(None) };
    let announced = u32::from_be_bytes(*prefix);
    let length = usize::try_from(announced).unwrap_or(usize::MAX);
    if !(HEADER_LEN..=PDU_MAX).contains(&length) {
        return Err(FrameError::Length(announced));
    }
    if src.len() < length {
        src.reserve(length - src.len());
        return Ok(None);
    }
    let mut pdu = src.split_to(length);
    let word = |at: usize| u32::from_be_bytes([pdu[at], pdu[at + 1], pdu[at + 2], pdu[at + 3]]);
    let header = Header { command_id: word(4), command_status: word(8), sequence_number: word(12) };
    pdu.advance(4);
    // rusmpp's strings are views into this buffer, so nothing is copied here.
    Ok(Some(match Command::decode(&mut pdu, length - 4) {
        Ok((command, _)) if tlvs(&command).len() <= TLVS_MAX => Frame::Command(Box::new(command)),
        Ok(_) | Err(_) => Frame::Malformed(header),
    }))
}

/// Appends `command` to `dst` as it goes on the wire.
pub fn encode(command: &Command, dst: &mut BytesMut) {
    let length = 4 + command.length();
    dst.reserve(length);
    let announced = u32::try_from(length).expect("every field of a PDU we build is bounded by its type");
    dst.extend_from_slice(&announced.to_be_bytes());
    Encode::encode(command, dst);
}

/// The optional parameters of the PDUs that a peer may send us unasked or in answer.
fn tlvs(command: &Command) -> &[Tlv] {
    match command.pdu() {
        Some(Pdu::DeliverSm(sm)) => sm.tlvs(),
        Some(Pdu::DataSm(sm)) => sm.tlvs(),
        Some(Pdu::SubmitSm(sm)) => sm.tlvs(),
        Some(Pdu::SubmitSmResp(resp)) => resp.tlvs(),
        Some(Pdu::DeliverSmResp(resp)) => resp.tlvs(),
        Some(Pdu::DataSmResp(resp)) => resp.tlvs(),
        _ => &[],
    }
}
