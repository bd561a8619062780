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
        Some(Pdu::SubmitMulti(sm)) => sm.tlvs(),
        Some(Pdu::SubmitSmResp(resp)) => resp.tlvs(),
        Some(Pdu::DeliverSmResp(resp)) => resp.tlvs(),
        Some(Pdu::DataSmResp(resp)) => resp.tlvs(),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusmpp::{CommandStatus, pdus::DeliverSm, tlvs::MessageDeliveryRequestTlvValue as Req};

    use super::*;

    fn all(src: &mut BytesMut) -> Result<Vec<Frame>, FrameError> {
        let mut out = vec![];
        while let Some(frame) = decode(src)? {
            out.push(frame);
        }
        Ok(out)
    }

    fn deliver(tlvs: usize) -> Command {
        let tlvs = (0..tlvs).map(|_| Req::UserResponseCode(1)).collect();
        Command::new(CommandStatus::EsmeRok, 5, DeliverSm::builder().tlvs(tlvs).build())
    }

    #[test]
    fn lengths_outside_the_limits_end_the_stream() {
        for length in [0u32, 4, 15, 65_537, u32::MAX] {
            let mut src = BytesMut::from(&length.to_be_bytes()[..]);
            assert_eq!(decode(&mut src), Err(FrameError::Length(length)));
            assert_eq!(src.len(), 4, "nothing is taken");
        }
    }

    #[test]
    fn a_hundred_optional_parameters_pass_and_one_more_does_not() {
        let mut wire = BytesMut::new();
        encode(&deliver(TLVS_MAX), &mut wire);
        encode(&deliver(TLVS_MAX + 1), &mut wire);
        let frames = all(&mut wire).unwrap();
        assert!(matches!(frames[0], Frame::Command(_)));
        let header = Header { command_id: 5, command_status: 0, sequence_number: 5 };
        assert_eq!(frames[1], Frame::Malformed(header));
    }

    #[test]
    fn a_body_that_makes_no_sense_costs_only_its_own_pdu() {
        let mut wire = BytesMut::new();
        let bad = [&24u32.to_be_bytes()[..], &5u32.to_be_bytes(), &[0; 4], &9u32.to_be_bytes(), &[0xff; 8]]
            .concat();
        wire.extend_from_slice(&bad);
        encode(&Command::new(CommandStatus::EsmeRok, 10, Pdu::EnquireLink), &mut wire);
        let frames = all(&mut wire).unwrap();
        assert!(matches!(frames[0], Frame::Malformed(Header { sequence_number: 9, .. })));
        assert!(matches!(&frames[1], Frame::Command(c) if c.sequence_number() == 10));
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic_and_it_always_gets_on(
            bodies in prop::collection::vec(
                (prop::sample::select(vec![1u32, 2, 4, 5, 6, 9, 0x15, 0x103, 0x8000_0004, 0x8000_0009, 0x8000_0005, 0x8000_0103, 0x112, 0x21, 0x102, 77]),
                 prop::collection::vec(any::<u8>(), 0..120)), 1..6),
        ) {
            let mut wire = BytesMut::new();
            for (id, body) in &bodies {
                let length = u32::try_from(HEADER_LEN + body.len()).unwrap();
                for word in [length, *id, 0, 1] {
                    wire.extend_from_slice(&word.to_be_bytes());
                }
                wire.extend_from_slice(body);
            }
            prop_assert_eq!(all(&mut wire).unwrap().len(), bodies.len());
            prop_assert!(wire.is_empty());
        }

        #[test]
        fn random_streams_do_not_panic(octets in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = all(&mut BytesMut::from(&octets[..]));
        }

        #[test]
        fn cutting_the_stream_anywhere_changes_nothing(cuts in prop::collection::vec(1usize..40, 1..40)) {
            let mut wire = BytesMut::new();
            for sequence in 1..20 {
                let mut command = deliver(usize::from(sequence % 4 == 0));
                command.sequence_number = sequence;
                encode(&command, &mut wire);
            }
            let whole = all(&mut wire.clone()).unwrap();
            let (mut buffer, mut frames) = (BytesMut::new(), vec![]);
            let mut rest = &wire[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                buffer.extend_from_slice(now);
                frames.extend(all(&mut buffer).unwrap());
                rest = later;
            }
            prop_assert_eq!(frames, whole);
        }
    }
}
