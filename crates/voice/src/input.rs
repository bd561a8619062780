//! What happens, as the verb that runs sees it.

use flexio_markup::{Document, Key, Target};

use crate::actions::{LegId, ListeningId, PromptId, RequestId, RoomNews, Source};
use crate::context::FinishedRecording;
use crate::events::{FetchError, Heard, MessageAccepted, MessageRefused, SipFacts};
use crate::queue::QueueNews;
use crate::referring::ReferNews;
use crate::stream::FinishedStream;

/// An event as verbs see it.
#[derive(Debug)]
pub(crate) enum Input {
    Prompt {
        prompt: PromptId,
    },
    Key {
        leg: LegId,
        key: Key,
    },
    Recorded(FinishedRecording),
    StreamEnded(FinishedStream),
    Heard {
        listening: ListeningId,
        heard: Heard,
    },
    Fetched {
        request: RequestId,
        result: Result<Document, FetchError>,
    },
    Messaged {
        request: RequestId,
        result: Result<MessageAccepted, MessageRefused>,
    },
    /// News of a dialled leg.
    Leg {
        leg: LegId,
        news: LegNews,
    },
    /// News of the conference a leg is in.
    Room {
        leg: LegId,
        news: RoomNews,
    },
    /// News of the queue a leg is in.
    Queue {
        leg: LegId,
        news: QueueNews,
    },
    /// A re-INVITE was answered.
    Held {
        leg: LegId,
        on: bool,
        status: u16,
    },
    /// News of a transfer we asked for.
    Refer(ReferNews),
    /// The script's own leg is over.
    Gone,
    /// Some deadline may have passed.
    Tick,
}

/// What a dialled leg did.
#[derive(Debug)]
pub(crate) enum LegNews {
    Ringing,
    /// Its network sends sound.
    EarlyMedia,
    Answered(SipFacts),
    Failed {
        status: u16,
        sip: SipFacts,
    },
    HungUp,
    Refused {
        code: u32,
        text: String,
    },
    /// It goes on as a call of its own.
    Moved {
        source: Source,
        fallback: Option<Target>,
    },
    /// The talk that was paid for is over.
    Cut,
    /// It asks for a transfer.
    Referred {
        target: String,
    },
    /// Ended by the API, `Status=completed` or `canceled`; both end it the same way here.
    Ended,
}
