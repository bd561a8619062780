//! Any bytes as a description: printing and reading again changes nothing, and an answer fits its offer.
#![no_main]

use flexio_sdp::{LocalMedia, accept_answer, answer, offer, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(sdp) = parse(data) else { return };
    let text = sdp.to_string();
    if text.len() <= flexio_sdp::MAX_BYTES {
        assert_eq!(parse(text.as_bytes()).as_ref(), Ok(&sdp));
    }
    let local = LocalMedia::new(1, ([192, 0, 2, 1], 30_000).into());
    if let Ok((ours, _)) = answer(&sdp, &local) {
        assert_eq!(ours.media.len(), sdp.media.len());
    }
    let _ = accept_answer(&offer(&local), &sdp, &local);
});
