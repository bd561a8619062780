//! Any datagram as RTCP: what is accepted as a whole must be readable to its end.
#![no_main]

use flexio_rtp::{Rtcp, RtcpPackets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(packets) = RtcpPackets::parse(data) {
        let mut count = 0;
        for packet in packets {
            count += 1;
            if let Rtcp::Report(report) = packet {
                assert!(report.blocks().count() <= 31);
            }
        }
        assert!(count * 4 <= data.len());
    }
});
