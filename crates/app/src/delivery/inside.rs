//! A message between two numbers of the platform: it never leaves it.

use flexio_domain::{AccountSid, Message, message::SegmentState};
use flexio_messaging::lifecycle::Event;
use flexio_store::ChangeSet;

use super::incoming::{Incoming, ReceiveError, receive};
use super::outgoing::{apply, opened};
use crate::App;
use crate::error::AppError;

/// The account that rents the recipient's number, if it can receive messages; a few seconds old at most.
pub async fn recipient(app: &App, message: &Message) -> Result<Option<AccountSid>, AppError> {
    let Some(number) = message.to.number() else { return Ok(None) };
    let owner = app.owner_of(number).await?;
    Ok(owner.filter(|owned| owned.capabilities.sms).map(|owned| owned.account_sid))
}

/// Delivers `message` to the number it is for: sent, delivered, and an incoming message of the other account, all in `changes`.
/// Returns the incoming message.
pub async fn deliver(
    app: &App,
    message: &mut Message,
    changes: &mut ChangeSet,
) -> Result<Message, ReceiveError> {
    let media = app.media_of(message).await.map_err(ReceiveError::Store)?;
    let incoming = Incoming {
        from: message.from.clone(),
        to: message.to.clone(),
        body: opened(app, message).map_err(|error| ReceiveError::Store(error.into()))?,
        segments: message.segments,
        route: None,
        media: u8::try_from(media.len()).unwrap_or(u8::MAX),
        is_whole: true,
        sip_headers: Vec::new(),
    };
    let received = receive(app, incoming, changes).await?;
    let to = (received.account_sid, received.sid);
    changes.extend(app.copies_of_media(media, to).await.map_err(ReceiveError::Store)?);
    let segments = 0..message.segment_states.len();
    for segment in segments.clone() {
        if message.segment_states[segment] == SegmentState::Waiting {
            apply(app, message, &Event::Accepted { segment, carrier_id: String::new() }, changes);
        }
    }
    for segment in segments {
        apply(app, message, &Event::SegmentDelivered { segment }, changes);
    }
    Ok(received)
}
