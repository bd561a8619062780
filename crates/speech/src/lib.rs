//! Speech and prompts: text or a sound file in, 8 kHz mono samples out, and the other way round.
//!
//! **Owns**: text-to-speech providers ([`TtsProvider`], [`Espeak`], servers by [`TtsConfig`]), languages and voices ([`Voice`]), decoding of foreign sound files,
//! and the caches of both ([`Speech`]); speech recognisers ([`Recognisers`]).
//!
//! **Does not own**: fetching (a [`MediaFetcher`] is handed in, so that every URL goes through the platform's guarded client), playing
//! (the media threads do), nor which verb asked.
//!
//! Invariants
//! * Everything that comes from outside is bounded: characters, seconds, bytes, processes, decoded length, both caches.
//! * Text never reaches a command line, and of SSML only listed tags and attributes reach the synthesiser (see `ssml.rs` for why).
//! * Decoding and synthesis never run on the async threads.
//! * Equal requests at the same time cost one synthesis or one fetch.
//!
//! Start reading at [`Speech::say`], [`Speech::play`] and [`Recognisers::open`].

mod cache;
mod config;
mod decode;
mod disk;
mod error;
mod espeak;
mod flight;
mod language;
mod play;
mod prompt;
mod recognise;
mod resample;
mod say;
mod ssml;
mod voices;

pub use config::SpeechConfig;
pub use error::{FetchFailure, PlayError, PromptError, SayError};
pub use espeak::Espeak;
pub use language::{Substitution, Voice};
pub use play::{FetchedMedia, MediaFetcher, MediaVersion};
pub use prompt::Prompt;
pub use recognise::{
    RecogniseError, RecogniseRequest, Recognised, RecogniserConfig, RecogniserKind, Recognisers, Recognition,
    Transcript,
};
pub use say::{Keep, SayRequest, Speech, Spoken, SynthesisRequest, TtsProvider};
pub use voices::{TtsConfig, TtsKind};
