//! No answer of a STUN server may make its reader panic, and none is believed that is not to our request.
#![no_main]

use flexio_rtp::{stun_mapped, stun_request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let id = [7; 12];
    // Most inputs would not get past the head: they are read behind a good one, too.
    let mut answer = stun_request(&id).to_vec();
    answer[..2].copy_from_slice(&[1, 1]);
    answer[2..4].copy_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    answer.extend_from_slice(data);
    let _ = stun_mapped(&answer, &id);
    assert!(stun_mapped(&answer, &[8; 12]).is_none());
    if let Some(seen) = stun_mapped(data, &id) {
        assert!(data.len() >= 20 + 12 && data[8..20] == id, "{seen}");
    }
});
