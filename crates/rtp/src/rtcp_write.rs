//! Writing the compound of a two-party call: report, CNAME, and at the end BYE (RFC 3550 §6.1).

use crate::{ReportBlock, SenderInfo};

/// What one compound says.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Our own SSRC.
    pub ssrc: u32,
    /// Present when we sent audio since the last but one report (§6.4): makes it a sender report.
    pub sender: Option<SenderInfo>,
    /// What we received, if anything.
    pub block: Option<ReportBlock>,
    /// Our canonical name: the same for the whole call, random, no personal data (RFC 7022). At most 255 bytes.
    pub cname: &'a str,
    /// Whether we leave.
    pub bye: bool,
}

/// Writes the compound and returns its length: at most 332 bytes, 96 with a CNAME of up to 22.
/// Writes nothing and returns 0 when `out` is too short.
pub fn write_compound(outgoing: &Outgoing<'_>, out: &mut [u8]) -> usize {
    let mut writer = Writer { out, at: 0 };
    write(outgoing, &mut writer).map_or(0, |()| writer.at)
}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        self.out.get_mut(self.at..self.at + bytes.len())?.copy_from_slice(bytes);
        self.at += bytes.len();
        Some(())
    }

    fn word(&mut self, word: u32) -> Option<()> {
        self.put(&word.to_be_bytes())
    }

    /// The common header; `words` are those after it.
    fn head(&mut self, count: u8, packet_type: u8, words: u16) -> Option<()> {
        let [high, low] = words.to_be_bytes();
        self.put(&[0x80 | count, packet_type, high, low])
    }
}

fn write(outgoing: &Outgoing<'_>, to: &mut Writer<'_>) -> Option<()> {
    let blocks = u8::from(outgoing.block.is_some());
    let block_words = u16::from(blocks) * 6;
    if let Some(sender) = outgoing.sender {
        to.head(blocks, 200, 6 + block_words)?;
        to.word(outgoing.ssrc)?;
        to.put(&sender.ntp.to_be_bytes())?;
        to.word(sender.rtp_timestamp)?;
        to.word(sender.packets)?;
        to.word(sender.bytes)?;
    } else {
        to.head(blocks, 201, 1 + block_words)?;
        to.word(outgoing.ssrc)?;
    }
    if let Some(block) = outgoing.block {
        to.word(block.ssrc)?;
        let lost = block.cumulative_lost.cast_unsigned() & 0x00FF_FFFF;
        to.word((u32::from(block.fraction_lost) << 24) | lost)?;
        to.word(block.highest_sequence)?;
        to.word(block.jitter)?;
        to.word(block.last_report)?;
        to.word(block.delay_since_last_report)?;
    }
    let name = &outgoing.cname.as_bytes()[..outgoing.cname.len().min(255)];
    // SSRC, item header, name, and one to four zero bytes that end the chunk on a word (§6.5).
    let words = (4 + 2 + name.len()) / 4 + 1;
    to.head(1, 202, u16::try_from(words).expect("a name has at most 255 bytes"))?;
    to.word(outgoing.ssrc)?;
    to.put(&[1, u8::try_from(name.len()).expect("cut to 255 above")])?;
    to.put(name)?;
    to.put(&[0; 4][..words * 4 - 6 - name.len()])?;
    if outgoing.bye {
        to.head(1, 203, 1)?;
        to.word(outgoing.ssrc)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RtcpPackets;

    #[test]
    fn every_length_of_name_gives_a_valid_compound() {
        let name = "n".repeat(300);
        for length in 0..=300 {
            let outgoing =
                Outgoing { ssrc: 5, sender: None, block: None, cname: &name[..length], bye: length % 2 == 0 };
            let mut out = [0xEE; 400];
            let written = write_compound(&outgoing, &mut out);
            assert!(RtcpPackets::parse(&out[..written]).is_ok(), "name of {length}");
            assert_eq!(write_compound(&outgoing, &mut out[..written - 1]), 0);
        }
    }
}
