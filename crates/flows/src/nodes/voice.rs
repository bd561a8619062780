//! Properties of what happens on a call.

use std::collections::BTreeMap;

pub use flexio_domain::RecordingPurpose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Input, Prompt};

properties! {
    /// Speak or play.
    Say {
        /// What, in order.
        prompts: Vec<Prompt>,
        /// How often, 1 to 1000; 0 is 1.
        times: u32,
    }
}
properties! {
    /// Ask for keys or speech.
    Ask {
        /// The question.
        prompts: Vec<Prompt>,
        /// What is listened for.
        input: Input,
        /// Seconds to wait; 0 is 5.
        timeout_s: u32,
        /// Keys that end the input; `#` where absent, none where empty.
        #[serde(skip_serializing_if = "Option::is_none")]
        finish_on_key: Option<String>,
        /// Ends after this many keys.
        #[serde(skip_serializing_if = "Option::is_none")]
        num_digits: Option<u16>,
        /// Words the recogniser should expect.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hints: Vec<String>,
        /// Language of the recogniser; without it the flow's.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// Variable the answer goes into.
        #[serde(skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
        /// Regular expression the whole answer must match.
        #[serde(skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
        /// Values the answer must be one of; templates.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        one_of: Vec<String>,
        /// Heard before the question is asked again.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        invalid: Vec<Prompt>,
        /// How often it is asked, 1 to 10; 0 is 3.
        attempts: u32,
    }
}
properties! {
    /// A choice of a menu.
    Choice {
        /// Port that is left by, unique in the menu.
        port: String,
        /// Keys that choose it, such as `1` or `12`.
        #[serde(skip_serializing_if = "String::is_empty")]
        digits: String,
        /// What may be said for it: words, or a regular expression for the whole.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        phrases: Vec<String>,
    }
}
properties! {
    /// Offer choices.
    Menu {
        /// The question.
        prompts: Vec<Prompt>,
        /// The choices; each is a port.
        choices: Vec<Choice>,
        /// What is listened for.
        input: Input,
        /// Seconds to wait; 0 is 5.
        timeout_s: u32,
        /// Language of the recogniser; without it the flow's.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// Heard before the menu is offered again.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        invalid: Vec<Prompt>,
        /// How often it is offered after a wrong choice, 1 to 10; 0 is 3.
        attempts: u32,
    }
}
/// Whom a call is connected with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A telephone number.
    #[default]
    Number,
    /// A phone or browser that registers.
    Client,
    /// A SIP URI.
    Sip,
}
properties! {
    /// Somebody to call.
    Party {
        /// How it is reached.
        kind: PartyKind,
        /// Template: number, name or URI.
        address: String,
        /// Keys sent after the answer; `w` is half a second.
        #[serde(skip_serializing_if = "Option::is_none")]
        send_digits: Option<String>,
    }
}
properties! {
    /// Connect somebody.
    Dial {
        /// One to ten parties; the first that answers is connected.
        to: Vec<Party>,
        /// Seconds it may ring; 0 is 30.
        timeout_s: u32,
        /// Seconds the conversation may last; 0 is 4 hours.
        time_limit_s: u32,
        /// Template of what the called party sees.
        #[serde(skip_serializing_if = "Option::is_none")]
        caller_id: Option<String>,
        /// Record the conversation.
        record: bool,
        /// What the recording is for.
        #[serde(skip_serializing_if = "Option::is_none")]
        purpose: Option<RecordingPurpose>,
        /// One after the other instead of all at once.
        sequential: bool,
    }
}
properties! {
    /// Join a conference.
    Conference {
        /// Template of its name.
        room: String,
        /// Come in without being heard.
        muted: bool,
        /// No tone when somebody comes or goes.
        silent: bool,
        /// Wait until somebody else begins it.
        wait_for_start: bool,
        /// It ends for all when this party leaves.
        end_on_exit: bool,
        /// Parties at most; 0 is the installation's limit.
        max_participants: u32,
        /// Record it.
        record: bool,
        /// What the recording is for.
        #[serde(skip_serializing_if = "Option::is_none")]
        purpose: Option<RecordingPurpose>,
    }
}
properties! {
    /// Wait in a queue.
    Enqueue {
        /// Template of its name.
        queue: String,
        /// Document that is heard meanwhile.
        #[serde(skip_serializing_if = "Option::is_none")]
        wait_url: Option<String>,
    }
}
properties! {
    /// Take the call that waits longest out of a queue.
    TakeFromQueue {
        /// Template of its name.
        queue: String,
        /// Seconds to wait for one; 0 is 30.
        timeout_s: u32,
    }
}
properties! {
    /// Record the caller.
    Record {
        /// Heard first.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        prompts: Vec<Prompt>,
        /// Seconds of silence that end it; 0 is 5.
        timeout_s: u32,
        /// Seconds at most; 0 is an hour.
        max_length_s: u32,
        /// Keys that end it; any where absent, none where empty.
        #[serde(skip_serializing_if = "Option::is_none")]
        finish_on_key: Option<String>,
        /// No tone before it.
        no_beep: bool,
        /// Remove silence at both ends.
        trim: bool,
        /// Have it written down, where a recogniser is configured.
        transcribe: bool,
        /// What the recording is for.
        #[serde(skip_serializing_if = "Option::is_none")]
        purpose: Option<RecordingPurpose>,
    }
}
properties! {
    /// Put the other party on hold.
    Hold {
        /// What it hears.
        #[serde(skip_serializing_if = "Option::is_none")]
        music: Option<String>,
    }
}
properties! {
    /// Send the caller elsewhere by SIP REFER.
    Transfer {
        /// Template of a SIP URI.
        uri: String,
    }
}
properties! {
    /// Hand the audio to a WebSocket and wait for its end.
    Stream {
        /// Template of a `wss:` URL.
        url: String,
        /// Told at its start; the values are templates.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, String>,
    }
}
properties! {
    /// Refuse the call without answering.
    Reject {
        /// Say that the line is busy.
        busy: bool,
    }
}
properties! {
    /// Wait: silence on a call, time that passes without one.
    Wait {
        /// Seconds, 1 to 604 800; at most 14 400 on a call.
        seconds: u32,
    }
}
properties! {
    /// Hand the call over to another application, by its URL.
    Redirect {
        /// Template of an absolute URL.
        url: String,
        /// Ask it by GET.
        get: bool,
    }
}
