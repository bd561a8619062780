//! Why nothing can be spoken or played.

/// Why a text cannot be spoken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SayError {
    /// No voice for this language.
    #[error("the language `{0}` is not supported")]
    UnknownLanguage(String),
    /// More characters than allowed.
    #[error("the text has more than {max} characters")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// The text-to-speech program is not there.
    #[error("`{program}` was not found; install the Debian package espeak-ng")]
    ProgramMissing {
        /// As configured.
        program: String,
    },
    /// Not done in time.
    #[error("speech synthesis took too long")]
    TimedOut,
    /// Too many texts wait already.
    #[error("too many texts wait for speech synthesis")]
    Busy,
    /// The engine failed.
    #[error("speech synthesis failed: {0}")]
    Engine(String),
}

impl SayError {
    /// Number for the notification log. 13512 follows the Restcomm numbers of `Say` (13510 loop, 13511 voice); 13520 is Twilio's
    /// "Say: invalid text".
    pub fn notification_code(&self) -> u16 {
        match self {
            Self::UnknownLanguage(_) => 13_512,
            Self::TooLong { .. } => 13_520,
            Self::ProgramMissing { .. } | Self::TimedOut | Self::Busy | Self::Engine(_) => 11_200,
        }
    }
}

/// Why a sound file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// By its first bytes neither WAV nor MP3 nor OGG/Vorbis.
    #[error("the file is not WAV, MP3 or OGG/Vorbis")]
    UnknownFormat,
    /// Of a known format, but broken or with an encoding we do not have.
    #[error("the sound cannot be decoded")]
    Unreadable,
    /// A sampling rate beyond 8 000–48 000 Hz or more than two channels.
    #[error("the sound must have 8 to 48 kHz and one or two channels")]
    UnsupportedShape,
    /// Longer than allowed.
    #[error("the sound is longer than {max_s} s")]
    TooLong {
        /// The limit.
        max_s: u32,
    },
    /// No sample in it.
    #[error("the sound is empty")]
    Empty,
    /// Decoding took longer than its time.
    #[error("decoding took too long")]
    TimedOut,
    /// Too many files wait already.
    #[error("too many sounds wait for decoding")]
    Busy,
}

/// Why a URL could not be fetched, in the words of the fetcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct FetchFailure {
    /// Number for the notification log.
    pub code: u16,
    /// May be shown to the user.
    pub text: String,
}

/// Why a URL cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    /// Not fetched.
    #[error("the sound could not be fetched")]
    Fetch(#[source] FetchFailure),
    /// Fetched, but not usable.
    #[error("the sound could not be used")]
    Prompt(#[source] PromptError),
}

impl PlayError {
    /// Number for the notification log; a file of the wrong kind is 12300, "invalid content type".
    pub fn notification_code(&self) -> u16 {
        match self {
            Self::Fetch(failure) => failure.code,
            Self::Prompt(_) => 12_300,
        }
    }
}
