//! The voice engine: one pure state machine per call, `(state, now, event) -> actions`.
//!
//! Owns: the life of a call's legs, the execution of RCML and TwiML documents verb by verb, the
//! parameters of every request to an application, progress events, talk time, loop guards and
//! deadlines.
//!
//! Does not own: SIP, RTP, HTTP, storage, prices, the right to call a number, the clock. A *shell*
//! keeps one [`Call`] per call, feeds it [`Event`]s and performs its [`Action`]s.
//!
//! Invariants (each a property test):
//! - every leg finishes exactly once, and its talk time is the time from its answer to its end by the
//!   monotonic clock;
//! - every call ends in bounded time even if the shell never answers anything: within
//!   [`Limits::max_call_s`] for the first leg, then [`Limits::after_hangup_s`] for messages;
//! - statuses of a leg only move forward, each at most once; so do its progress events;
//! - no media or signalling action names a leg that is over; nothing follows [`Action::Done`].
//!
//! # The contract of a shell
//!
//! **Driving.** Make a [`Call`] from [`CallFacts`], give it [`Event::Start`], then every event as it
//! happens. After each [`Call::handle`] perform the actions in order, then wait for the next event or
//! for [`Call::deadline`], whichever is first; at the deadline send [`Event::Timeout`]. Calling
//! with `Timeout` too early is harmless. Stop at [`Action::Done`]. `handle` never blocks and makes
//! no more actions than the limits allow. Give [`Call::handle`] both clocks ([`Now`]): durations come from
//! the monotonic one only.
//!
//! **What answers what.**
//!
//! | action | answered by | if it is not |
//! |---|---|---|
//! | [`Action::Fetch`] | one [`Event::Document`] with its `request` | a failure after [`Limits::fetch_s`] |
//! | [`Action::Dial`] | `LegRinging` (any number), then one of `LegAnswered`, `LegFailed`, `DialRefused` | hung up after its `timeout_s` |
//! | [`Action::Play`] | [`Event::PromptDone`], unless stopped; never for `Ringback` and `Music` | the verb waits, at most to the end of the call |
//! | [`Action::StartRecording`] | one [`Event::RecordingDone`], by its own limits or after `StopRecording` | a failed recording after [`Limits::answer_s`] |
//! | [`Action::DetectMachine`] | one [`Event::MachineDetected`] | `unknown` 5 s after its timeout |
//! | [`Action::Listen`] | [`Event::Heard`], the last `Done` or `Failed` unless it was stopped | the `<Gather>` ends by its timeouts |
//! | [`Action::Transcribe`] | one [`Event::Heard`], `Done` or `Failed`, unless it was stopped | failed after [`Limits::transcribe_s`] |
//! | [`Action::StartStream`] | [`Event::StreamStarted`], then [`Event::StreamEnded`] unless it was stopped | given up after [`Limits::stream_s`] |
//! | [`Action::JoinRoom`] | [`Event::Room`] with `Joined` or `Refused` within [`Limits::answer_s`], then other news until `Left` | the verb is skipped |
//! | [`Action::EnterQueue`] | [`Event::Queue`] within [`Limits::answer_s`], then other news until a last one | the verb is over, with an error |
//! | [`Action::Hold`] | [`Event::Held`] | status 408 after [`Limits::reinvite_s`] |
//! | [`Action::Refer`] | [`Event::ReferAnswered`], then [`Event::ReferProgress`] until it is over | over after [`Limits::refer_s`] |
//! | [`Action::AskCredit`] | [`Event::Granted`] | the leg ends when the talk that is paid for is over |
//! | [`Action::SendMessage`], [`Action::SendEmail`] | [`Event::MessageDone`] | a failure after [`Limits::answer_s`], if the verb has an action |
//! | all others | nothing | |
//!
//! A shell retries a fetch as it sees fit before it answers (connect failures and 5xx once, within
//! 15 s in all); the fallback is the machine's business: it is simply another `Fetch`. A body is
//! made a document by [`flexio_markup::interpret`] with the `kind` and `dialect` of the fetch. A
//! flow is a source too: a URL of a scheme only the shell knows, answered by the same event.
//!
//! **Ids.** [`LegId`] 0 is the call's own leg, the dialled ones follow. The first action that names a new
//! leg is its [`Action::Dial`], which carries its sid and facts; [`Call::leg`] gives them at any time.
//! Prompt, recording and request ids are never reused in a call. An event naming something that is
//! over, or unknown, does nothing: late and repeated events need no care.
//!
//! **Legs.** The inbound caller gets `Ring`, then `Answer` or `Reject`, once. `Hangup` ends any other
//! leg in whatever state it is: CANCEL while ringing, BYE when answered, ACK and BYE when a 200
//! crosses the CANCEL; the machine regards the leg as over at once and wants no event. `LegHungUp`
//! tells of any end not asked for: BYE, the caller's CANCEL, lost media. `Finish` follows each end in
//! the same batch; until `Done` there may still be fetches, callbacks, messages, recording facts
//! and `StopRecording` for legs that are over. An `Answer` counts as answered when the action is
//! emitted; if the 200 cannot be sent, report `LegHungUp`.
//!
//! **Caller ids and destinations.** The machine asks to dial anything. The shell checks the caller id
//! (`caller_id_explicit` tells a written one), the destination, the balance and the registration,
//! and answers [`Event::DialRefused`] with the notification code: 13214 stops the document, any other
//! is a failed party.
//!
//! **Credit.** A leg whose talk has to be paid for beforehand has [`CallFacts::granted_s`], or is given its first seconds by
//! [`Event::Granted`] before it is called. It asks for more by itself and ends, without anybody's help, when what it has is used; its talk time is
//! never told longer than that.
//!
//! **Bridges.** `Bridge` joins the media of leg 0 and a dialled leg; keys of both go on being reported.
//! A `Play` to a leg mixes with nothing: to a bridged leg the machine plays only what the API wants said to it, the music of a hold, and
//! digits. `Unbridge` is
//! emitted when leg 0 goes on alone.
//!
//! **Conferences.** [`Action::JoinRoom`] goes to the [`Room`] of that name in the account, which the shell runs beside its calls, and
//! the room's [`RoomAction::Tell`] comes back as [`Event::Room`]. Who waits or is held hears prompts of his own call; who talks
//! hears the mix, and his call plays to him only what is announced to him alone. A leg that is told [`RoomNews::Left`] or `Refused` is out; any
//! other leaves by [`Action::LeaveRoom`]. A call that vanishes without a word (its task died) is for the shell to report.
//!
//! **Queues.** [`Action::EnterQueue`] goes to the [`Queue`] of that name, whose [`QueueAction::Tell`] comes back as [`Event::Queue`]. The
//! queue says who is connected with whom; the two calls belong to two machines, and the shell joins their media.
//!
//! **Text.** What somebody types reaches the machine as [`Event::Text`]; it tells applications. Passing it on to whom the leg talks with
//! ([`Call::far_end`]) is the shell's, as the media of a bridge is.
//!
//! **Saving.** `Status`, `Finish`, `RecordingFact`, `TranscriptionFact`, `Notify` and `Callback` belong in one transaction per
//! batch, before the batch is performed; `Trace` is the call's timeline and may be lost.
//!
//! **Callbacks** hold absolute URLs and complete parameters in order: sign and queue them. Those of one
//! leg are emitted in the order of its life. With a whole-call recording (`Record` of a REST call) the
//! `completed` callback waits for the recording, so it comes after `Finish`.
//!
//! **Live modification** may come at any time: `NewUrl`, `NewDocument`, `Move`, `NewStatusCallback`,
//! `NewTimeLimit`, `HoldLeg`, `SendDigits`, `Interject`, `PickedUp`, `Complete`, `Cancel`. A dialled leg that is moved becomes a call of its own:
//! [`Action::Detach`], [`Call::take_detached`]. Find the leg by [`Call::leg_by_sid`]; whether the call is still in
//! a state to be modified is told by [`Call::status`].
//!
//! Start reading at [`Call::handle`] in `call.rs`, then `script.rs` (which runs the verbs) and one verb,
//! such as `gather.rs`. `dial.rs` holds legs and screening, `fetch.rs` documents and loop guards,
//! `params.rs` what applications are told, `progress.rs` a leg's life, `context.rs` what all share.

pub mod actions;
pub mod events;
pub mod facts;

mod airtime;
mod allowed;
mod branch;
mod call;
mod conference;
mod context;
mod dial;
mod fetch;
mod gather;
mod holding;
mod input;
mod machine;
mod messaging;
mod params;
mod progress;
mod prompts;
pub mod queue;
mod queueing;
mod ran;
mod record;
mod referring;
pub mod room;
mod script;
mod sending;
mod stream;
mod transcription;
mod typing;
mod wait;

pub use actions::*;
pub use airtime::GRANT_S;
pub use call::Call;
pub use events::*;
pub use facts::*;
pub use prompts::not_in_service;
pub use queue::{EnterQueue, Queue, QueueAction, QueueEvent, QueueFacts, QueueNews};
pub use ran::{RanVerb, VerbRan};
pub use room::{Room, RoomAction, RoomEvent, RoomFacts, RoomLimits};
