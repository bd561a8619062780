//! Any datagrams as SRTP and SRTCP: none is authentic, none changes what is believed, and a true packet is opened after them.
#![no_main]

use flexio_rtp::{SrtpReceiver, SrtpSender};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let master = [7; 30];
    let (mut sender, mut receiver) = (SrtpSender::new(&master, 10), SrtpReceiver::new(&master, 10));
    let mut rest = data;
    while let [length, after @ ..] = rest {
        let (datagram, later) = after.split_at(usize::from(*length).min(after.len()));
        rest = later;
        let mut packet = datagram.to_vec();
        assert!(receiver.open(&mut packet).is_err() && packet == datagram);
        assert!(receiver.open_rtcp(&mut packet).is_err() && packet == datagram);
        let _ = SrtpSender::new(&master, 4).protect(&mut [datagram, &[0; 4]].concat(), datagram.len());
    }
    let mut packet = [&[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5][..], &[1; 40], &[0; 10]].concat();
    let whole = sender.protect(&mut packet, 52).expect("a packet and room for its tag");
    assert_eq!(receiver.open(&mut packet[..whole]), Ok(52));
});
