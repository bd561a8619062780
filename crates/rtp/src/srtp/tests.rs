use super::*;
use crate::testing::Random;
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Master key and salt of RFC 3711 Appendix B.3, which libsrtp's vectors use too.
fn master() -> [u8; SRTP_KEY_BYTES] {
    bytes("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6").try_into().unwrap()
}

#[test]
fn session_keys_are_those_of_the_rfc() {
    let keys = SessionKeys::derive(&master(), 0);
    assert_eq!(keys.salt.to_vec(), bytes("30CBBC08863D8C85D49DB34A9AE1"));
    let expected = bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
    let tag = keys.tag(b"abc", &[]).finalize().into_bytes();
    let mut hmac = Hmac::<Sha1>::new_from_slice(&expected).unwrap();
    hmac.update(b"abc");
    assert_eq!(tag, hmac.finalize().into_bytes());
}

#[test]
fn the_key_stream_is_that_of_the_rfc() {
    let key: [u8; 16] = bytes("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap();
    let mut keys = SessionKeys::derive(&master(), 0);
    keys.cipher = Aes128::new(&key.into());
    keys.salt = bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap();
    let mut stream = [0; 32];
    keys.apply(0, 0, &mut stream);
    assert_eq!(stream.to_vec(), bytes("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"));
}

#[test]
fn packets_are_those_of_libsrtp_byte_by_byte() {
    let plain = bytes("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let mut buffer = [&plain[..], &[0; 10]].concat();
    let mut sender = SrtpSender::new(&master(), 10);
    assert_eq!(sender.protect(&mut buffer, plain.len()), Ok(38));
    assert_eq!(
        buffer,
        bytes("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb")
    );
    let mut receiver = SrtpReceiver::new(&master(), 10);
    assert_eq!(receiver.open(&mut buffer), Ok(28));
    assert_eq!(buffer[..28], plain);

    let report = bytes("81c8000b cafebabe abababab abababab abababab abababab");
    let mut buffer = [&report[..], &[0; 14]].concat();
    assert_eq!(sender.protect_rtcp(&mut buffer, report.len()), Ok(38));
    assert_eq!(
        buffer,
        bytes("81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8 80000001 993e08cd 54d6c123 0798")
    );
    assert_eq!(receiver.open_rtcp(&mut buffer), Ok(24));
    assert_eq!(buffer[..24], report);
}

fn packet(sequence: u16, ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut header = [0; crate::HEADER_BYTES];
    crate::Header { marker: false, payload_type: 8, sequence, timestamp: 0, ssrc }.write(&mut header);
    [&header[..], body].concat()
}

fn protected(sender: &mut SrtpSender, sequence: u16, ssrc: u32) -> Vec<u8> {
    let mut buffer = [packet(sequence, ssrc, &[7; 40]), vec![0; 10]].concat();
    let length = buffer.len() - 10;
    let whole = sender.protect(&mut buffer, length).unwrap();
    buffer.truncate(whole);
    buffer
}

#[test]
fn numbers_wrap_packets_are_lost_and_reordered_and_each_is_opened_once() {
    let mut random = Random::new(7);
    let (mut sender, mut receiver) = (SrtpSender::new(&master(), 4), SrtpReceiver::new(&master(), 4));
    let mut held: Vec<Vec<u8>> = vec![];
    let mut opened = 0;
    for number in 0..200_000u32 {
        let sequence = number.wrapping_add(65_000).to_le_bytes();
        let sealed = protected(&mut sender, u16::from_le_bytes([sequence[0], sequence[1]]), 5);
        if random.below(50) != 0 {
            held.push(sealed);
        }
        if held.len() > 8 {
            let mut sealed = held.swap_remove(random.below(8) as usize);
            let mut again = sealed.clone();
            assert!(receiver.open(&mut sealed).is_ok(), "packet {number}");
            assert_eq!(receiver.open(&mut again), Err(SrtpError::Replayed));
            opened += 1;
        }
    }
    assert!(opened > 190_000);
}

#[test]
fn what_is_forged_or_damaged_changes_nothing() {
    let (mut sender, mut receiver) = (SrtpSender::new(&master(), 10), SrtpReceiver::new(&master(), 10));
    let mut stranger = SrtpSender::new(&[9; SRTP_KEY_BYTES], 10);
    for sequence in 0..200 {
        // Far ahead, with many names: were it believed, the true packets would be taken for replays.
        for ssrc in 0..20 {
            let mut forged = protected(&mut stranger, sequence + 20_000, ssrc);
            let before = forged.clone();
            assert_eq!(receiver.open(&mut forged), Err(SrtpError::NotAuthentic));
            assert_eq!(forged, before);
        }
        let mut sealed = protected(&mut sender, sequence, 5);
        let at = usize::from(sequence) % sealed.len();
        sealed[at] ^= 1;
        assert!(receiver.open(&mut sealed.clone()).is_err());
        sealed[at] ^= 1;
        assert!(receiver.open(&mut sealed).is_ok());
    }
    assert_eq!(receiver.streams.iter().flatten().count(), 1);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut packet in proptest::collection::vec(any::<u8>(), 0..200), rtp in any::<bool>()) {
        if rtp && !packet.is_empty() {
            packet[0] = packet[0] & 0x3F | 0x80;
        }
        let mut receiver = SrtpReceiver::new(&master(), 4);
        prop_assert!(receiver.open(&mut packet).is_err());
        prop_assert!(receiver.open_rtcp(&mut packet).is_err());
        let length = packet.len();
        let _ = SrtpSender::new(&master(), 10).protect(&mut packet, length);
    }
}
