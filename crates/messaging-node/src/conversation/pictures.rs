//! What a message carries, as its application is told.

use flexio_domain::MessageMedia;

/// `MediaUrl0`, `MediaContentType0` and so on.
pub(super) fn params(base: &str, media: &[MessageMedia]) -> Vec<(String, String)> {
    let one = |(at, media): (usize, &MessageMedia)| {
        let place =
            format!("{base}/2010-04-01/Accounts/{}/Messages/{}", media.account_sid, media.message_sid);
        [
            (format!("MediaUrl{at}"), format!("{place}/Media/{}", media.sid)),
            (format!("MediaContentType{at}"), media.content_type.clone()),
        ]
    };
    media.iter().enumerate().flat_map(one).collect()
}
